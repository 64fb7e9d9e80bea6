"""A person's style from a few lines of their ink: the style vector that makes these lines likely, what of the hand the
vector leaves over as something added to the network's gates, and a line that writing goes on from.

All weights stay as they are, so that the network still writes the characters that the lines lack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from writemate_jax import strokes
from writemate_jax.checkpoints.models import Model, digest
from writemate_jax.data.own_ink import OwnInk, UnfitInk
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.hands import primers, resemblance
from writemate_jax.hands.padding import LINES_GRAIN, POINTS_GRAIN, stacked, up
from writemate_jax.hands.styles import Style, as_kept
from writemate_jax.model import mdn
from writemate_jax.model.exact import exact
from writemate_jax.model.networks import Network, text_batch
from writemate_jax.model.window import Text
from writemate_jax.strokes import Rows

STEPS, RATE = 15, 0.15  # of Adam; 40 steps make other lines of the same hand no likelier than 10
PULL = 4.0
GATE_STEPS, GATE_RATE, GATE_PULL = 12, 0.02, 40.0  # of Adam, and a precision, both on the scale of `give`
TEXT_GRAIN = 64  # characters that texts are padded to a multiple of


def fit(
    model: Model,
    ink: OwnInk,
    *,
    deep: bool = False,
    steps: int = STEPS,
    progress: Callable[[float], None] = lambda nats: None,
    points_grain: int = POINTS_GRAIN,
) -> Style:
    """The style of some lines by one hand.

    Args:
      model: a network that `check_network` says nothing about.
      ink: 4 lines and more do well.
      deep: whether to `deepen` the style, for half as long again.
      steps: of Adam on the vector alone.
      progress: called with the nats a point after each step; what it raises ends the fit.
      points_grain: arrays are as long as a multiple of it; larger, and fewer programs are compiled.

    Raises:
      UnfitInk: the lines cannot be learned. ValueError: as `check_network`.
    """
    check_network(model)
    rows, texts, _ = ink
    style = fit_rows(model, rows, texts, steps=steps, progress=progress, points_grain=points_grain)
    if deep:
        [style] = deepen(model, rows, texts, [0] * len(rows), [style], progress=progress, points_grain=points_grain)
    return with_ink(model, style, rows, texts, points_grain=points_grain)


def check_network(model: Model) -> None:
    """Raises ValueError for a network that cannot learn a hand: without styles, a text to write, or rests."""
    if not model.config.model.window:
        raise ValueError("this is a prediction network, which writes no text in a hand; adapt a synthesis network")
    if not model.learns_hands:
        raise ValueError("this network has no styles, or lines without rests or in another unit than x-heights; adapt"
                         " one that was trained as configs/open_synthesis.py says")  # fmt: skip


def with_ink(
    model: Model, style: Style, rows: Sequence[Rows], texts: Sequence[str], *, points_grain: int = POINTS_GRAIN
) -> Style:
    """The style with what is kept beside it: the line of ink to go on from, the ink's trait, and its weights."""
    style = as_kept(style)
    chosen = primers.best(model, rows, texts, style.whole, points_grain)
    primer = None if chosen is None else Ink(rows[chosen], texts[chosen])
    trait, weights = resemblance.trait(rows), digest(model.params)
    return as_kept(replace(style, primer=primer, trait=trait, weights=weights))


def fit_rows(
    model: Model,
    rows: Sequence[Rows],
    texts: Sequence[str],
    *,
    steps: int = STEPS,
    progress: Callable[[float], None] = lambda nats: None,
    points_grain: int = POINTS_GRAIN,
) -> Style:
    """`fit` to lines [T, 3] that are like the corpus' already: x-heights, from the left edge on the baseline."""
    hands = [0] * len(rows)
    [style] = fit_hands(model, rows, texts, hands, steps=steps, progress=progress, points_grain=points_grain)
    return style


def fit_hands(
    model: Model,
    rows: Sequence[Rows],
    texts: Sequence[str],
    hands: Sequence[int],
    *,
    steps: int = STEPS,
    progress: Callable[[float], None] = lambda nats: None,
    points_grain: int = POINTS_GRAIN,
) -> list[Style]:
    """`fit_rows` for several hands side by side, each as if it were alone; a step costs little more than for one.

    hands: whose each line is, 0 to n - 1, all of them there. progress: called with their mean nats a point.
    Raises ValueError for less than 0 steps, `UnfitInk` where no step has a loss that is a number.
    """
    if steps < 0:
        raise ValueError(f"{steps} steps; expected 0 or more")
    import optax  # here: whoever writes without a hand of their own need not wait for it

    lines = _side_by_side(model, rows, texts, hands, points_grain)
    count = max(hands) + 1
    network, pull = model.network().clone(styles=count), _pull(model)
    unknown = jnp.asarray(model.params["styles"][0])
    vectors = jnp.tile(unknown, (count, 1))
    rule = optax.adam(RATE)
    state = rule.init(vectors)
    tried = []  # loss [n], nats a point [n], vectors [n, s]
    for step in range(steps + 1):
        (_, (loss, nats)), gradient = _loss(network, model.params, vectors, unknown, pull, lines)
        tried.append(jax.device_get((loss, nats, vectors)))
        if step < steps:
            updates, state = rule.update(gradient, state)
            vectors = vectors + updates
            progress(float(nats.mean()))
    losses, nats, vectors = map(np.stack, zip(*tried, strict=True))
    losses = np.where(np.isfinite(losses), losses, np.inf)
    if np.isinf(losses.min(axis=0)).any():
        raise UnfitInk("the network has no finite loss for these lines; expected ink in x-heights, as of a person")
    points = np.bincount(lines.hands, lines.mask.sum(axis=1), count)
    return [
        Style(vectors[best, k], list(hands).count(k), int(points[k]), float(nats[0, k]), float(nats[best, k]))
        for k, best in enumerate(losses.argmin(axis=0))
    ]


def deepen(
    model: Model,
    rows: Sequence[Rows],
    texts: Sequence[str],
    hands: Sequence[int],
    styles: Sequence[Style],
    *,
    steps: int = GATE_STEPS,
    progress: Callable[[float], None] = lambda nats: None,
    points_grain: int = POINTS_GRAIN,
) -> list[Style]:
    """The styles with `gates`: what the vectors leave of the hands that they were fitted to.

    A vector can only mix what the training's writers differ in; a hand that is new in some way needs more. Few small
    steps, held back (`GATE_PULL`): more of them learn the lines by heart. Where the training's hands differ little in a
    gate, the steps are smaller (`give`): such gates read the text, and letters that the lines lack would suffer.
    Arguments as of `fit_hands`.
    """
    import optax

    lines = _side_by_side(model, rows, texts, hands, points_grain)
    network, vectors = model.network(), np.stack([style.vector for style in styles])
    gives = give(model)
    shares = jnp.zeros((len(styles), len(gives)))
    rule = optax.adam(GATE_RATE)
    state = rule.init(shares)
    for step in range(steps + 1):
        (_, nats), gradient = _gates_loss(network, len(styles), model.params, shares, gives, vectors, lines)
        if step < steps:
            updates, state = rule.update(gradient, state)
            shares = shares + updates
            progress(float(nats.mean()))
    gates, nats = jax.device_get((shares * gives, nats))
    finite = np.isfinite(nats) & np.isfinite(gates).all(axis=1)
    return [
        replace(style, gates=gates[k], after=float(nats[k])) if finite[k] else style for k, style in enumerate(styles)
    ]


class _Lines(NamedTuple):
    """points: [b, t + 1, 3], normalised, between rests. text, hands: [b], of each. mask: [b, t], 1 for points that are
    there.
    """

    points: np.ndarray
    text: Text
    hands: np.ndarray
    mask: np.ndarray


@partial(jax.jit, static_argnums=0)
@exact
@partial(jax.value_and_grad, argnums=2, has_aux=True)
def _loss(network: Network, params: Any, vectors: jax.Array, unknown: jax.Array, pull: jax.Array, lines: _Lines):
    """The sum over hands of what is to be least for each: nats a point of their lines and of the vector itself.

    Besides it for each hand, and the nats a point of the lines alone, [n] both.
    """
    y = network.apply({"params": {**params, "styles": vectors}}, lines.points[:, :-1], lines.text, lines.hands)
    nats = -(mdn.log_prob(network.mixture(y, lines.mask), lines.points[:, 1:]) * lines.mask).sum(axis=1)

    def of_hands(values: jax.Array) -> jax.Array:
        return jax.ops.segment_sum(values, lines.hands, network.styles)

    nats, points = of_hands(nats), of_hands(lines.mask.sum(axis=1))
    loss = (nats + (pull * jnp.square(vectors - unknown)).sum(axis=1) / 2) / points
    return loss.sum(), (loss, nats / points)


@partial(jax.jit, static_argnums=(0, 1))
@exact
@partial(jax.value_and_grad, argnums=3, has_aux=True)
def _gates_loss(
    network: Network, count: int, params: Any, shares: jax.Array, give: jax.Array, vectors: jax.Array, lines: _Lines
):
    """As `_loss`, of what is added to the gates, shares [n, layers * 4h] of what they give way by."""
    styles = jnp.concatenate([vectors, shares * give], axis=1)[lines.hands]
    y = network.apply({"params": params}, lines.points[:, :-1], lines.text, styles, method="unroll")
    nats = -(mdn.log_prob(network.mixture(y, lines.mask), lines.points[:, 1:]) * lines.mask).sum(axis=1)
    nats = jax.ops.segment_sum(nats, lines.hands, count)
    points = jax.ops.segment_sum(lines.mask.sum(axis=1), lines.hands, count)
    return ((nats + GATE_PULL * jnp.square(shares).sum(axis=1) / 2) / points).sum(), nats / points


def give(model: Model) -> np.ndarray:
    """By how much the training's writers differ in each gate, float32 [layers * 4h]; root mean square 1."""
    table = np.asarray(model.params["styles"])
    added = [(table[1:] - table[0]) @ kernel for kernel in np.asarray(model.params["style_kernels"])]
    apart = np.sqrt(np.square(np.concatenate(added, axis=1)).mean(axis=0))
    size = np.sqrt(np.square(apart).mean())
    return apart / size if size > 0 else np.ones_like(apart)


def _pull(model: Model) -> np.ndarray:
    """What holds a vector [s] back: the precision of the training's writers about the hand not known.

    Times `PULL`, as the points of a line hang together and are not so many witnesses. Without it, a vector that was
    fitted to one line made other lines of the writer less likely than no style; with it, more.
    """
    table = np.asarray(model.params["styles"])
    return PULL / np.maximum(np.square(table[1:] - table[0]).mean(axis=0), 1e-6)


def _side_by_side(
    model: Model, rows: Sequence[Rows], texts: Sequence[str], hands: Sequence[int], points_grain: int
) -> _Lines:
    inked = [strokes.normalise(strokes.add_rests(row), model.mean, model.std) for row in rows]
    count, length = up(len(rows), LINES_GRAIN), up(max(map(len, inked)), points_grain)
    points, mask = stacked(inked, count, length), np.zeros((count, length - 1), np.float32)
    for lane, row in enumerate(inked):
        mask[lane, : len(row) - 1] = 1
    codes = [model.alphabet.encode(text) for text in texts]
    nothing = [np.zeros(0, np.int32)] * (count - len(rows))
    text = text_batch(codes + nothing, up(max(map(len, codes)) + 1, TEXT_GRAIN))
    return _Lines(points, text, np.array([*hands, *[0] * len(nothing)]), mask)
