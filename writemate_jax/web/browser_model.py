"""The file from which the page's own engine writes in the browser: the weights as small numbers, and all constants.

    "WMBM", uint32 length of the header, the header as JSON, tensors

All little endian; tensors begin at multiples of 4 behind the header. page/engine/weights.js reads it. Large kernels are
int8 with a float32 scale for each output; what is small or sharp (the products with offsets, the window, biases) stays
float32.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from flax import traverse_util

from writemate_jax import limits
from writemate_jax.alphabet import Alphabet, UnknownCharacters
from writemate_jax.checkpoints.models import Model
from writemate_jax.data import letter_size, own_ink, pieces
from writemate_jax.hands import adapt, primers, resemblance, text_fit
from writemate_jax.model import window
from writemate_jax.reading import network as reading
from writemate_jax.sampling import candidates, line_ends, neatness, trial
from writemate_jax.sampling import writer as writing
from writemate_jax.sampling.lines import Primer
from writemate_jax.sampling.writer import Writer
from writemate_jax.web import learned_for

MAGIC, FORMAT = b"WMBM", "writemate-browser-1"
GATE_LINES = 3  # of ink, with fewer of which the gates learn them by heart
# Of Adam on the vector, and then on the gates, where there are so many lines: as good for a fourth line of seven
# held-out writers (-0.867 nats a point) as 10 and 8 (-0.864; without gates -0.823), in two thirds of the time.
DEEP_STEPS, GATE_STEPS = 6, 6
FIT_STEPS = 10  # of Adam; fewer than train.py adapt makes: a browser is slower, and they suit other lines as well
# Blocks whose characters the page writes as the package does: Latin, marks, Greek, Cyrillic, punctuation, currencies,
# letterlike signs, arrows, mathematics, ligatures.
LIKENESSES = (
    (0xA0, 0x0250), (0x02B0, 0x0530), (0x1E00, 0x1F00), (0x2000, 0x209D), (0x20A0, 0x20C1), (0x2100, 0x2300),
    (0xFB00, 0xFB07), (0xFE00, 0xFE10), (0xFEFF, 0xFF00),
)  # fmt: skip


class Tensor(NamedTuple):
    """values: float32 [..., n]. small: whether int8 with a scale for each of the n will do."""

    values: np.ndarray
    small: bool


def encode(writer: Writer, *, small: bool = True) -> bytes:
    """The file for a writer's network.

    small: whether large kernels become int8; otherwise all stays float32, for tests.
    Raises ValueError for a network that the page's engine cannot run.
    """
    check(writer.model)
    tensors = _tensors(writer)
    data, places = bytearray(), {}

    def put(array: np.ndarray) -> int:
        at = len(data)
        data.extend(np.ascontiguousarray(array).tobytes())
        data.extend(b"\0" * (-len(data) % 4))
        return at

    for name, (values, fit) in tensors.items():
        entry: dict[str, Any] = {"shape": list(values.shape), "type": "float32"}
        if fit and small:
            numbers, scale = quantised(values)
            entry |= {"type": "int8", "at": put(numbers), "scale": put(scale.astype("<f4"))}
        else:
            entry |= {"at": put(values.astype("<f4"))}
        places[name] = entry
    header = json.dumps({**describe(writer), "tensors": places}, ensure_ascii=False, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 4)
    return MAGIC + struct.pack("<I", len(header)) + header + bytes(data)


def check(model: Model) -> None:
    """Raises ValueError for a network that the page's engine cannot run."""
    config = model.config
    needed = {"a window": config.model.window, "rests": config.data.rests, "styles": config.model.style_size}
    missing = [name for name, there in needed.items() if not there]
    if missing:
        raise ValueError(f"the network has no {', no '.join(missing)}; the page needs one trained as the embedded one")


def quantised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 [..., n] and scales float32 [n], whose product is as near to the values as may be."""
    scale = np.abs(values).max(axis=tuple(range(values.ndim - 1))) / 127
    scale = np.where(scale > 0, scale, 1).astype(np.float32)
    return np.rint(values / scale).astype(np.int8), scale


def _tensors(writer: Writer) -> dict[str, Tensor]:
    model = writer.model
    params = model.params
    tensors = {}
    for layer in range(model.config.model.layers):
        for name, block in _blocks(model, layer).items():
            tensors[f"layer{layer}.{name}"] = block
        own = params[f"lstm_{layer}"]
        tensors[f"layer{layer}.bias"] = Tensor(np.asarray(own["bias"]), False)
        peephole = own.get("peephole", np.zeros((3, model.config.model.cells), np.float32))
        tensors[f"layer{layer}.peephole"] = Tensor(np.asarray(peephole), False)
    tensors["window.kernel"] = Tensor(np.asarray(params["soft_window"]["kernel"]), False)
    tensors["window.bias"] = Tensor(np.asarray(params["soft_window"]["bias"]), False)
    tensors["head.kernel"] = Tensor(np.asarray(params["head"]), True)
    tensors["head.bias"] = Tensor(np.asarray(params["head_bias"]), False)
    tensors["style.kernels"] = Tensor(np.asarray(params["style_kernels"]), True)
    tensors["style.table"] = Tensor(np.asarray(params["styles"]), True)
    tensors["fit.give"] = Tensor(adapt.give(model), False)
    named = np.array([style.vector for style in writer.named_styles()], np.float32)
    size = named.shape[1] if named.size else model.config.model.style_size
    tensors["style.named"] = Tensor(named.reshape(-1, size), size > model.config.model.style_size)
    if writer.reader:
        for name, values in traverse_util.flatten_dict(writer.reader.params, sep=".").items():
            tensors[f"reader.{name}"] = Tensor(values, values.ndim > 1)
    primed = _primed(writer)
    if primed:
        tensors["style.primers"] = Tensor(np.concatenate([one.forced[: one.length] for one in primed]), False)
    return tensors


def _primed(writer: Writer) -> list[Primer]:
    """What lines in each named style go on from."""
    return [writer.primer(style.name) for style in writer.named_styles()]


def _blocks(model: Model, layer: int) -> dict[str, Tensor]:
    """A layer's kernel by what it reads: the point, the window, the layer below, itself one step ago."""
    kernel = np.asarray(model.params[f"lstm_{layer}"]["kernel"])
    text, cells = model.alphabet.size, model.config.model.cells
    sizes = {"point": 3, "text": text} | ({"below": cells} if layer else {}) | {"recurrent": cells}
    ends = np.cumsum(list(sizes.values()))
    return {name: Tensor(part, name != "point") for name, part in zip(sizes, np.split(kernel, ends[:-1]), strict=True)}


def describe(writer: Writer) -> dict[str, Any]:
    """The header without its tensors: everything that the page's engine must know besides weights."""
    model = writer.model
    network, sampling = model.config.model, model.config.sampling
    hand = {name: i for i, name in enumerate(model.writers, start=1)}
    return {
        "format": FORMAT,
        "weights": learned_for.weights(model),  # before they were rounded: a hand is as good here as on a server
        "network": {
            "layers": network.layers, "cells": network.cells, "mixtures": network.mixtures,
            "components": network.components, "styleSize": network.style_size, "kappaScale": network.kappa_scale,
            "logLimit": window.LOG_LIMIT, "sigmaFloor": network.sigma_floor, "rhoMax": network.rho_max,
        },
        "alphabet": model.alphabet.characters,
        "likenesses": likenesses(model.alphabet),
        "mean": [float(x) for x in model.mean],
        "std": [float(x) for x in model.std],
        "sampling": {
            "bias": sampling.bias, "reach": sampling.reach, "candidates": sampling.candidates,
            "pointsPerCharacter": sampling.points_per_character, "freeCharacters": writing.FREE_CHARACTERS,
            "pointsPerSecond": sampling.points_per_second, "moreBias": trial.MORE_BIAS,
            "stop": line_ends.STOP, "apart": line_ends.APART,
            "loop": candidates.loop_of(network.kappa_scale), "short": candidates.SHORT, "hand": candidates.HAND,
            "read": candidates.READ, "taken": candidates.TAKEN,
            "more": {"short": candidates.MORE, "own": candidates.OWN},
            "neater": neatness.for_the_page(),
            "largestBias": limits.LARGEST_BIAS, "largestSeed": limits.LARGEST_SEED,
            "mostCharacters": limits.MAX_CHARACTERS, "mostCandidates": limits.MAX_CANDIDATES,
        },
        "resemblance": {
            "directions": resemblance.DIRECTIONS, "turns": resemblance.TURNS, "spacing": resemblance.SPACING,
            "smoothing": resemblance.SMOOTHING,
        },
        "reader": _reader(writer),
        "writers": list(model.writers),
        "random": [hand[name] for name in model.hands],  # rows of style.table
        "styles": [style.card() for style in writer.named_styles()],
        "primers": [{"text": one.prefix, "points": one.length} for one in _primed(writer)],  # of the styles
        "letters": {
            "parts": letter_size.PARTS, "widths": letter_size.WIDTHS, "wordGap": letter_size.WORD_GAP,
            "sizes": letter_size.SIZES, "few": letter_size.FEW,
        },
        "ink": {
            "spacing": pieces.SPACING, "turn": pieces.TURN, "fine": pieces.FINE, "sigma": pieces.SIGMA,
            "dot": pieces.DOT, "touch": pieces.TOUCH.tolist(), "width": own_ink.WIDTH, "points": own_ink.POINTS,
            "strokes": own_ink.STROKES, "sparse": own_ink.SPARSE,
        },
        "fit": {
            "steps": FIT_STEPS, "rate": adapt.RATE, "pull": adapt.PULL, "gateLines": GATE_LINES,
            "deepSteps": DEEP_STEPS, "gateSteps": GATE_STEPS, "gateRate": adapt.GATE_RATE, "gatePull": adapt.GATE_PULL,
            "least": text_fit.LEAST, "shifts": text_fit.SHIFTS,
        },
        "primer": {
            "letters": own_ink.PRIMER_LETTERS, "characters": own_ink.PRIMER_CHARACTERS,
            "points": own_ink.PRIMER_POINTS, "longest": primers.LONGEST, "astray": primers.ASTRAY,
        },
    }  # fmt: skip


def _reader(writer: Writer) -> dict[str, Any] | None:
    if writer.reader is None:
        return None
    longest = limits.MAX_CHARACTERS + writing.FREE_CHARACTERS
    return {
        "alphabet": writer.reader.alphabet.characters, "dilations": list(reading.DILATIONS),
        "scale": reading.SCALE.tolist(), "rows": longest * writer.model.config.sampling.points_per_character,
    }  # fmt: skip


def likenesses(alphabet: Alphabet) -> dict[str, str]:
    """What is written for each character of `LIKENESSES` that has a likeness in the alphabet."""
    found = {}
    for character in _characters(LIKENESSES):
        try:
            found[character] = alphabet.transliterate(character)[0]
        except UnknownCharacters:
            continue
    return found


def _characters(blocks: Iterable[tuple[int, int]]) -> Iterable[str]:
    return (chr(code) for first, end in blocks for code in range(first, end))
