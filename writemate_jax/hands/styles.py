"""A fitted style, and the file that keeps it: `style.json` in a folder."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.hands import resemblance
from writemate_jax.replacing import write_text
from writemate_jax.strokes import Rows

FILE = "style.json"
DECIMALS = {"gates": 6, "trait": 5, "primer": 4}  # that it has
ABOUT = {"lines": 0, "points": 0, "before": np.nan, "after": np.nan}  # of the fit; what is said where a file does not


class InvalidStyle(ValueError):
    """A file holds no style of this network; the message names it and says what to do."""


@dataclass(frozen=True, eq=False)  # arrays have no truth value
class Style:
    """A fitted style.

    vector: float32 [s]. lines, points: of the ink that it was fitted to. before, after: nats a point of this ink under
    the style of a hand not known, and under the fitted one. primer: one of the lines, which writing goes on from: what
    of a hand the vector does not hold, the network takes from there. gates: float32 [layers * 4h], what is added to the
    network's gates besides (`deepen`); None for nothing. trait: of all lines (`resemblance.trait`), by which the most
    alike of candidates is known; None where it is to be taken from the primer. weights: of the network that it was
    fitted for (`models.digest`), as it means something to these alone; None where that is not known.
    """

    vector: np.ndarray
    lines: int
    points: int
    before: float
    after: float
    primer: Ink | None = None
    gates: np.ndarray | None = None
    trait: np.ndarray | None = None
    weights: str | None = None

    @property
    def whole(self) -> np.ndarray:
        """The vector, and what is added to the gates behind it: what `Writer.write` takes."""
        return self.vector if self.gates is None else np.concatenate([self.vector, self.gates])


def as_kept(style: Style) -> Style:
    """The style in the decimals that a file has of it, so that it writes the same ink before it is saved and after."""
    gates, trait = (
        None if values is None else _rounded(name, values).astype(np.float32)
        for name, values in (("gates", style.gates), ("trait", style.trait))
    )
    primer = style.primer and replace(style.primer, strokes=kept(style.primer.strokes).astype(np.float32))
    return replace(style, gates=gates, trait=trait, primer=primer)


def kept(row: Rows) -> np.ndarray:
    """A primer's line [T, 3] in the decimals that a file has of it."""
    return _rounded("primer", row)


def _rounded(name: str, values: np.ndarray) -> np.ndarray:
    return np.round(values.astype(float), DECIMALS[name])


def save_style(folder: Path, style: Style) -> Path:
    """Writes the style into a folder; returns the file."""
    path = Path(folder) / FILE
    stored = {"style": [float(x) for x in style.vector]}
    stored |= {name: getattr(style, name) for name in ABOUT}
    if style.gates is not None:
        stored["gates"] = _rounded("gates", style.gates).tolist()
    if style.trait is not None:
        stored["trait"] = _rounded("trait", style.trait).tolist()
    if style.primer is not None:
        stored["primer"] = {"text": style.primer.text, "strokes": kept(style.primer.strokes).tolist()}
    if style.weights is not None:
        stored["weights"] = style.weights
    write_text(path, json.dumps(stored) + "\n")
    return path


def load_style(path: str | os.PathLike) -> Style:
    """The style that `save_style` wrote into a file, or into the folder that holds it.

    Of what files of earlier versions lack (gates, primer, trait, weights) there is None. Raises `InvalidStyle`.
    """
    path = Path(path)
    path = path / FILE if path.is_dir() else path
    try:
        stored = json.loads(path.read_text("utf-8"))
        vector, gates, trait = (
            None if stored.get(name) is None else np.array(stored[name], np.float32)
            for name in ("style", "gates", "trait")
        )
        about = {name: stored.get(name, nothing) for name, nothing in ABOUT.items()}
        primer, weights = stored.get("primer"), stored.get("weights")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise _no_style(path, f"{type(error).__name__}: {error}") from error
    for name, numbers in (("style", vector), ("gates", gates)):
        if numbers is not None and not (numbers.ndim == 1 and np.isfinite(numbers).all()):
            raise _no_style(path, f"its {name} has the shape {numbers.shape}; expected finite numbers [s]")
    if vector is None:
        raise _no_style(path, "no field style")
    if trait is not None and not (trait.shape == (resemblance.SIZE,) and np.isfinite(trait).all()):
        raise _no_style(path, f"its trait has the shape {trait.shape}; expected {resemblance.SIZE} finite numbers")
    return Style(vector, **about, primer=_stored_primer(path, primer), gates=gates, trait=trait, weights=weights)


def _stored_primer(path: Path, stored: Any) -> Ink | None:
    if stored is None:
        return None
    try:
        if not isinstance(stored["text"], str):
            raise TypeError(f"its text is {stored['text']!r}")
        return Ink(strokes.check(np.array(stored["strokes"], np.float32)), stored["text"])
    except (ValueError, LookupError, TypeError) as error:
        raise _no_style(path, f"its primer is no line of ink, {type(error).__name__}: {error}") from error


def _no_style(path: Path, why: str) -> InvalidStyle:
    return InvalidStyle(f"{path} holds no style ({why}); make one with train.py adapt")
