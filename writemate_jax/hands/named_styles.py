"""Named styles: hands of people whom the network never saw, each with real ink of theirs and a style fitted to it.

    {"format": "writemate-styles-1", "weights": "<digest>", "source": "...", "styles": [
      {"name": "print", "note": "...", "writer": "...", "vector": [...], "fitted_to": [{"line": 7, "text": "..."}, ...],
       "ink": {"text": "...", "strokes": [[dx, dy, eos], ...]}}]}

`python -m writemate_jax.evaluation.named_styles` makes the file. A vector means something to the very weights that it
was fitted with, so their digest is stored, too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.replacing import write_text
from writemate_jax.shipped import shipped

FORMAT = "writemate-styles-1"
SOURCE = "UNIPEN train_r01_v07, CC BY 4.0, doi:10.5281/zenodo.1195803"
RESERVED = ("random", "unknown")  # what --style means by these is no person's hand


class InvalidStyles(ValueError):
    """A file holds no named styles; the message says which and what to do."""


@dataclass(frozen=True, eq=False)  # arrays have no truth value
class NamedStyle:
    """A person's hand under a name.

    name: one or two words, lower case, with a hyphen. note: a sentence on what it looks like. writer: whose hand, as
    UNIPEN calls them. vector: float32 [s]. ink: a real line by this person, in x-heights. fitted_to: index in the open
    corpus and text of each line that the vector was fitted to. weights: `models.digest` of the network that it is for.
    """

    name: str
    note: str
    writer: str
    vector: np.ndarray
    ink: Ink
    fitted_to: tuple[tuple[int, str], ...]
    weights: str

    @property
    def whole(self) -> np.ndarray:
        """As `styles.Style` has it."""
        return self.vector

    def card(self) -> dict[str, str]:
        """What a page shows of it besides ink."""
        title = self.name.replace("-", " ").capitalize()
        return {"name": self.name, "title": title, "note": self.note, "writer": self.writer}


def assets() -> Path:
    """The file that comes with the package."""
    return shipped("styles.json")


def load(path: str | os.PathLike | None = None) -> tuple[NamedStyle, ...]:
    """The styles in a file, by default those that come with the package. Raises `InvalidStyles`."""
    path = assets() if path is None else Path(path)
    try:
        stored = json.loads(path.read_text("utf-8"))
        if stored["format"] != FORMAT:
            raise ValueError(f"the format is {stored['format']!r}, this version reads {FORMAT!r}")
        styles = tuple(_from_json(style, str(stored["weights"])) for style in stored["styles"])
        _check(styles)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InvalidStyles(
            f"{path} holds no named styles ({type(error).__name__}: {error}); make them with "
            "python -m writemate_jax.evaluation.named_styles"
        ) from error
    return styles


def save(path: str | os.PathLike, styles: Sequence[NamedStyle]) -> None:
    """Writes styles of one network into a file. Raises ValueError for styles that a file cannot hold."""
    _check(styles)
    head = {"format": FORMAT, "weights": styles[0].weights, "source": SOURCE}
    # A style a line: a difference between two versions shows which have changed.
    rows = ",\n".join(json.dumps(_to_json(style), ensure_ascii=False) for style in styles)
    write_text(path, f'{json.dumps(head)[:-1]}, "styles": [\n{rows}\n]}}\n')


def _check(styles: Sequence[NamedStyle]) -> None:
    names = [style.name for style in styles]
    if not names or len(set(names)) < len(names) or set(names) & set(RESERVED):
        raise ValueError(f"the names are {', '.join(names) or 'none'}; expected different ones, and none of {RESERVED}")
    if len({(style.weights, style.vector.shape) for style in styles}) > 1:
        raise ValueError("the styles are of different networks; expected vectors of one")


def _to_json(style: NamedStyle) -> dict:
    return {
        "name": style.name,
        "note": style.note,
        "writer": style.writer,
        "vector": [float(f"{x:.9g}") for x in style.vector],  # nine digits tell any two float32 apart
        "fitted_to": [{"line": line, "text": text} for line, text in style.fitted_to],
        "ink": {
            "text": style.ink.text,
            "strokes": [[float(f"{dx:.9g}"), float(f"{dy:.9g}"), int(eos)] for dx, dy, eos in style.ink.strokes],
        },
    }


def _from_json(stored: dict, weights: str) -> NamedStyle:
    vector = np.array(stored["vector"], np.float32)
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise ValueError(f"the vector of {stored['name']!r} has the shape {vector.shape}; expected finite numbers [s]")
    return NamedStyle(
        name=str(stored["name"]),
        note=str(stored["note"]),
        writer=str(stored["writer"]),
        vector=vector,
        ink=Ink(strokes.check(np.array(stored["ink"]["strokes"], np.float32)), str(stored["ink"]["text"])),
        fitted_to=tuple((int(one["line"]), str(one["text"])) for one in stored["fitted_to"]),
        weights=weights,
    )
