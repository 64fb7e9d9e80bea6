"""Whether ink says its text, judged by a network: it is then far likelier with it than with texts of other letters."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import numpy as np

from writemate_jax import strokes
from writemate_jax.checkpoints.models import Model
from writemate_jax.data.own_ink import OwnInk, UnfitInk
from writemate_jax.hands.padding import stacked
from writemate_jax.limits import MAX_CHARACTERS
from writemate_jax.model import mdn
from writemate_jax.model.exact import exact
from writemate_jax.model.networks import Network, text_batch
from writemate_jax.strokes import Rows

# Nats a point. With the embedded network, 240 lines of held-out writers have 0.5 and more with their own text; with
# the text of another line of the same length, 97 in a hundred have less.
LEAST = 0.4
SHIFTS = (5, 11, 17)  # of the letters in the alphabet, for texts of the same words' lengths, capitals and digits
AT_ONCE = 16


class Capacities(NamedTuple):
    """Arrays come in these sizes alone, ascending, so that few programs are compiled."""

    points: Sequence[int]
    characters: Sequence[int]


USUAL = Capacities((128, 256, 512, 1024, 2048, 4096), (32, 64, MAX_CHARACTERS + 2))


def can_tell(model: Model) -> bool:
    """Whether a network can: it has to have a window, and to know lines between rests in x-heights."""
    return bool(model.config.model.window) and model.sized


def check(
    model: Model, ink: OwnInk, capacities: Capacities = USUAL, progress: Callable[[float], None] = lambda nats: None
) -> None:
    """Raises `UnfitInk`, with the line's name, where ink hardly says its text.

    Says nothing where the network is none that `can_tell`, nor of a text without letters and digits.
    """
    if not can_tell(model):
        return
    pairs = list(zip(ink.rows, ink.texts, strict=True))
    for text, name, gain in zip(ink.texts, ink.names, gains(model, pairs, capacities, progress), strict=True):
        if gain < LEAST:
            raise UnfitInk(f"{name}: the ink hardly says {text!r}; give the text that it says, in the order of writing,"
                           " and mark every pen lift", "letters", text)  # fmt: skip


def gains(
    model: Model, lines: Sequence[tuple[Rows, str]], capacities: Capacities = USUAL,
    progress: Callable[[float], None] = lambda nats: None,
) -> np.ndarray:  # fmt: skip
    """Nats a point by which each line's ink is likelier with its text than with others of like shape; inf if none is.

    lines: ink [T, 3] in the network's unit, from the left edge on the baseline, and texts in its alphabet. progress: is
    told after each `AT_ONCE` of ink and text how likely they are, and may end it by an error.
    """
    result = np.full(len(lines), np.inf)
    asked = [(i, said) for i, (_, text) in enumerate(lines) if (said := _others(text, model)) != [text] * len(SHIFTS)]
    rows = [(i, text) for i, others in asked for text in (lines[i][1], *others)]
    network, likely = model.network(), np.zeros(len(rows))
    order = sorted(range(len(rows)), key=lambda k: len(lines[rows[k][0]][0]))
    for first in range(0, len(order), AT_ONCE):
        part = order[first : first + AT_ONCE]
        inks = [strokes.normalise(strokes.add_rests(lines[rows[k][0]][0]), model.mean, model.std) for k in part]
        points = stacked(inks, AT_ONCE, 1 + _capacity(max(map(len, inks)), capacities.points))
        mask = np.zeros(points.shape[:2], np.float32)
        for lane, ink in enumerate(inks):
            mask[lane, 1 : len(ink)] = 1 / (len(ink) - 1)
        codes = [model.alphabet.encode(rows[k][1]) for k in part]
        codes += [codes[0]] * (AT_ONCE - len(part))
        text = text_batch(codes, _capacity(max(map(len, codes)) + 1, capacities.characters))
        likely[part] = np.asarray(_per_point(network, model.params, points, mask, text))[: len(part)]
        progress(float(likely[part].mean()))
    for (i, _), nats in zip(asked, likely.reshape(len(asked), 1 + len(SHIFTS)), strict=True):
        result[i] = nats[0] - nats[1:].mean()
    return result


@functools.partial(jax.jit, static_argnums=0)
@exact
def _per_point(network: Network, params, points: jax.Array, mask: jax.Array, text) -> jax.Array:
    y = network.apply({"params": params}, points[:, :-1], text)
    return (mdn.log_prob(network.mixture(y, mask[:, 1:]), points[:, 1:]) * mask[:, 1:]).sum(axis=1)


def _others(text: str, model: Model) -> list[str]:
    """Texts with other letters and digits in the same places."""
    known = set(model.alphabet.characters)

    def other(character: str, shift: int) -> str:
        for characters in ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"):
            place = characters.find(character)
            if place >= 0:
                moved = characters[(place + shift) % len(characters)]
                return moved if moved in known else character
        return character

    return ["".join(other(c, shift) for c in text) for shift in SHIFTS]


def _capacity(size: int, capacities: Sequence[int]) -> int:
    return next((capacity for capacity in capacities if capacity >= size), size)
