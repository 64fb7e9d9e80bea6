"""Lines of ink as files of any format."""

from __future__ import annotations

import os
from collections.abc import Sequence

from writemate_jax.drawing import animated, gcode, inkml, pdf, plotter, png, strokes_json, svg
from writemate_jax.drawing.formats import format_of
from writemate_jax.drawing.letters import in_x_heights
from writemate_jax.drawing.look import Look
from writemate_jax.drawing.sheet import InkSheet, sheet
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.replacing import write_text


def save(lines: Sequence[Ink], path: str | os.PathLike, look: Look | None = None) -> None:
    """Writes lines into one file, one below the other, as its suffix says; a .json file holds a single line.

    Raises ValueError for another suffix, for several lines in JSON, and for ink that the format cannot hold.
    """
    look, kind = look or Look(), format_of(path)
    if kind == "json":
        if len(lines) != 1:
            raise ValueError(f"{path}: a JSON file holds one line, not {len(lines)}; write them into a folder")
        return strokes_json.write_json(path, lines[0])
    if kind == "inkml":
        return inkml.write_inkml(path, lines)
    ink = sheet_of(lines, look)
    tolerance = svg.TOLERANCE * look.x_height
    write = {
        "png": lambda: png.write_png(path, ink, dpi=look.dpi, transparent=look.transparent),
        "svg": lambda: write_text(path, svg.to_svg(ink, tolerance, look.by_speed)),
        "plotter": lambda: write_text(path, plotter.to_plotter_svg(ink, tolerance)),
        "animated": lambda: write_text(path, animated.to_animated_svg(ink)),
        "pdf": lambda: pdf.write_pdf(path, [ink]),
        "gcode": lambda: write_text(path, gcode.to_gcode(ink, look.machine)),
        "gif": lambda: animated.write_gif(path, ink),
    }
    return write[kind]()


def sheet_of(lines: Sequence[Ink], look: Look) -> InkSheet:
    """The lines on a sheet of their own, one below the other."""
    return sheet(
        [in_x_heights(line) for line in lines],
        [line.text for line in lines],
        x_height=look.x_height,
        pen=look.pen,
        color=look.color,
        paces=[line.points_per_second for line in lines],
        own_x_height=1.0,
    )
