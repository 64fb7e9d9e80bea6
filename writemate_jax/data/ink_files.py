"""Ink that somebody brings, from any file that holds strokes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from writemate_jax import strokes
from writemate_jax.data.word_cuts import split_rows
from writemate_jax.drawing.inkml import read_inkml
from writemate_jax.drawing.strokes_json import Ink, InvalidInkFile, read_json
from writemate_jax.drawing.svg_reader import read_svg

SUFFIXES = (".json", ".inkml", ".svg")


def read_ink(path: str | os.PathLike) -> list[Ink]:
    """The lines of ink in a file, as its suffix says: InkML, an SVG of single lines, or else JSON as we or the page
    write it.

    y is up, and the unit is the file's own: `data.own_ink.like_the_corpus` settles it. The text is that of the file
    (JSON's text, InkML's annotation "truth", SVG's title) or, for a line of which it says none, that of NAME.txt beside
    it, which has one for each line of ink and goes before an SVG's title as drawing programs give one; "" where there
    is neither. Ink whose text has several lines is cut into lines where the pen goes back to the left. Raises
    `InvalidInkFile`.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".inkml":
        lines = read_inkml(path)
    elif suffix == ".svg":
        lines = [read_svg(path)]
    else:
        try:
            lines = read_json(path)
        except InvalidInkFile as error:
            hint = "" if suffix == ".json" else f"; ink is read from {', '.join(SUFFIXES)}"
            raise InvalidInkFile(f"{error}{hint}") from error
    lines = _with_texts(lines, path)
    return [line for ink in lines for line in _cut(ink, path)]


def with_text(lines: Sequence[Ink], path: str | os.PathLike) -> Sequence[Ink]:
    """The lines, all of which say what they are. Raises `InvalidInkFile` where one does not, with what to do."""
    path = Path(path)
    silent = [number for number, line in enumerate(lines, start=1) if not line.text.strip()]
    if silent:
        where = {".inkml": 'as <annotation type="truth"> of its traceGroup', ".svg": "as the document's <title>"}
        raise InvalidInkFile(
            f"{path}: line {silent[0]} has no text; put what it says into {path.with_suffix('.txt').name} beside it, a"
            f" line for each line of ink, or {where.get(path.suffix.lower(), 'into the field text')}"
        )
    return lines


def _with_texts(lines: Sequence[Ink], path: Path) -> list[Ink]:
    beside = path.with_suffix(".txt")
    own = [bool(line.text.strip()) and path.suffix.lower() != ".svg" for line in lines]
    if all(own) or beside == path or not beside.is_file():
        return list(lines)
    try:
        texts = [text.strip() for text in beside.read_text("utf-8-sig").splitlines() if text.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInkFile(f"{beside}: cannot be read as UTF-8 text: {error}") from error
    if not texts:
        return list(lines)
    if len(lines) == 1:
        return [replace(lines[0], text="\n".join(texts))]
    if len(texts) != len(lines):
        raise InvalidInkFile(f"{beside}: has {len(texts)} lines of text for {len(lines)} lines of ink in {path.name};"
                             " expected one for each")  # fmt: skip
    return [line if said else replace(line, text=text) for line, said, text in zip(lines, own, texts, strict=True)]


def _cut(ink: Ink, path: Path) -> list[Ink]:
    texts = [text.strip() for text in ink.text.splitlines() if text.strip()]
    if len(texts) < 2:
        return [replace(ink, text=texts[0] if texts else "")]
    drawn = strokes.split(ink.strokes)
    # A greeting of a few letters is narrower than the way back is to be far.
    ways = [np.array(split_rows(drawn, short=short)) for short in (False, True)]
    rows = next((rows for rows in ways if rows[-1] + 1 == len(texts)), None)
    if rows is None:
        raise InvalidInkFile(
            f"{path}: its text has {len(texts)} lines, its ink {ways[0][-1] + 1}, counted where the pen goes back to"
            " the left; give a file for each line"
        )
    return [
        replace(ink, strokes=strokes.join([drawn[k] for k in np.flatnonzero(rows == row)]), text=text)
        for row, text in enumerate(texts)
    ]
