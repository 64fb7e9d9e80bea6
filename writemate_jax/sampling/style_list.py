"""What named styles look like: a table, and a sheet of real and written lines."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from writemate_jax.arguments import names_folder
from writemate_jax.drawing.contact_sheet import contact_sheet
from writemate_jax.hands.named_styles import NamedStyle

if TYPE_CHECKING:  # the table does without JAX
    from writemate_jax.sampling.writer import Writer

TEXT = "Dear Anna, how quickly it rains"
NAME = "styles.png"
COLUMNS = 100  # characters of the table's lines
DPI = 50  # of the sheet


def table(styles: Sequence[NamedStyle]) -> str:
    """A line for each style, its name, its writer and what it looks like, under a head."""
    rows = [("style", "writer", "what it looks like"), *((one.name, one.writer, one.note) for one in styles)]
    name, writer = (max(len(row[column]) for row in rows) + 2 for column in (0, 1))
    lines = []
    for row in rows:
        first, *rest = textwrap.wrap(row[2], max(30, COLUMNS - name - writer))
        lines += [f"{row[0]:{name}}{row[1]:{writer}}{first}", *(" " * (name + writer) + line for line in rest)]
    return "\n".join(lines)


def destination(out: str) -> Path:
    """The sheet's file for --out: one .png, or a folder. Raises ValueError for another."""
    path = Path(out)
    if names_folder(out):
        return path / NAME
    if path.suffix.lower() != ".png":
        raise ValueError(f"--out {out}: the sheet of styles is a .png file, not {path.suffix}; or give a folder")
    return path


def sheet(
    writer: Writer, path: str | os.PathLike, text: str = TEXT, *, bias: float | None = None, seed: int = 0,
    candidates: int | None = None,
) -> None:  # fmt: skip
    """Draws the writer's named styles as PNG: a real line by each person, and beside it the text in their style.

    Raises what `Writer.write` does, and ValueError where there are no such styles.
    """
    styles = writer.named_styles()
    if not styles:
        raise ValueError("this network has no named styles to draw")
    text = writer.readable(text)  # once, so that what is replaced is told once
    lines, titles = [], []
    for style in styles:  # one by one, as each goes on from ink of its own
        [written] = writer.write([text], bias, seed, style=style.name, candidates=candidates)
        lines += [style.ink.strokes, written.strokes]
        titles += [f"{style.name}: real ink of {style.writer}", f"{style.name}, written"]
    contact_sheet(lines, titles, path, columns=2, dpi=DPI, title_points=18)
