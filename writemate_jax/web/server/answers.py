"""Ink and hands as the API answers with them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from writemate_jax.hands.styles import Style
from writemate_jax.sampling.written import Written
from writemate_jax.web import learned_for
from writemate_jax.web.server import messages, settings

DECIMALS = 3  # of an x-height


def as_json(line: Written) -> dict[str, Any]:
    return {
        "text": line.text,
        "bias": line.bias,
        "complete": line.complete,
        "points": rounded(line.strokes),
        "points_per_second": line.points_per_second,
        "attention": None if line.phi is None else np.round(line.phi.astype(float), DECIMALS).tolist(),
    }


def whole_json(about: dict[str, Any], lines: Sequence[Written]) -> bytes:
    """All lines as JSON, behind what is said about them all; made line by line, as no other thread runs during each."""
    head = encoded(about).removesuffix("}")
    return f'{head},"lines":[{",".join(encoded(as_json(line)) for line in lines)}]}}'.encode()


def encoded(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def rounded(rows: np.ndarray) -> list[list[float]]:
    rows = np.round(rows.astype(float), DECIMALS) + 0.0  # no -0
    return [[dx, dy, int(eos)] for dx, dy, eos in rows.tolist()]


def hand(style: Style) -> messages.Hand:
    """What was fitted, as `messages.Write` takes it."""

    def numbers(values: np.ndarray, most: float, decimals: int) -> list[float]:
        return np.clip(values, -most, most).astype(float).round(decimals).tolist()

    # Of a line alone that writing goes on from, the trait is the primer's.
    alone = style.lines == 1 and style.primer is not None

    primer = style.primer and messages.Primer(
        text=style.primer.text, strokes=numbers(style.primer.strokes, settings.LARGEST_OFFSET, 4)
    )
    return messages.Hand(
        vector=numbers(style.vector, settings.LARGEST_VECTOR, 6),
        gates=None if style.gates is None else numbers(style.gates, settings.LARGEST_GATE, 4),
        primer=primer,
        trait=None if style.trait is None or alone else numbers(style.trait, 1.0, 5),
        weights=style.weights and learned_for.short(style.weights),
    )
