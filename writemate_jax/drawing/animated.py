"""Ink that writes itself, at the pen's pace: SVG and GIF."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np

from writemate_jax.drawing import svg
from writemate_jax.drawing.curves import bezier, flatten
from writemate_jax.drawing.sheet import InkLine, Sheet
from writemate_jax.replacing import replacing, write_text
from writemate_jax.strokes import Stroke

PACE = 40.0  # points per second where it is not known
LIFT = 0.12  # seconds at least between two strokes
LIFTED = 40.0  # mm a second that the raised pen moves
NEXT_LINE = 0.5  # seconds between two lines
REST = 2.0  # seconds that the finished ink stays
FRAMES = 20  # a second, of a GIF
LINE_PIXELS = 96  # height of a line in a GIF
LARGEST_SIDE = 4_000  # pixels of a GIF
SMOOTHING = 3  # times the size that a GIF's ink is drawn at before it is made smaller


def timeline(ink: Sheet) -> tuple[list[tuple[Stroke, np.ndarray]], float]:
    """Strokes in the order of writing, each with the seconds ``[n]`` of its points; and when the last one ends.

    Between strokes the pen travels, and never less than it takes to lift and to lower it.
    """
    clock, place, timed = 0.3, None, []
    for i, line in enumerate(ink.lines):
        clock += NEXT_LINE if i else 0.0
        pace = (line.pace if isinstance(line, InkLine) else None) or PACE
        for stroke in line.strokes:
            if place is not None:
                clock += max(LIFT, math.dist(place, stroke[0]) / LIFTED)
            times = clock + np.arange(len(stroke)) / pace
            timed.append((stroke, times))
            clock, place = float(times[-1]) + 1 / pace, stroke[-1]
        place = None
    return timed, clock


# SVG


def to_animated_svg(ink: Sheet) -> str:
    """An SVG document that writes itself and begins anew, in anything that knows SMIL, as browsers do.

    Elsewhere, and for a reader who prefers no motion, it shows all the ink at rest.
    """
    digits = svg.decimals(ink)
    timed, end = timeline(ink)
    total = end + REST
    root = svg.document(ink, **{"class": "ink"})
    # Without dashes, their offset, which is what moves, does nothing.
    ElementTree.SubElement(root, "style").text = (
        ".ink path{stroke-dasharray:1 2}@media(prefers-reduced-motion:reduce){.ink path{stroke-dasharray:none}}"
    )
    group = ElementTree.SubElement(root, "g", svg.stroke_attributes(ink.ink, ink.pen, digits))
    for stroke, times in timed:
        segments, moved = bezier(stroke), _moved(stroke)
        drawn = ElementTree.SubElement(group, "path", {"d": svg.path(stroke, segments, digits), "pathLength": "1"})
        times = times[moved] if len(segments) else times[:1]
        share = np.concatenate([[0.0], np.cumsum(_lengths(segments))])
        share = share / share[-1] if len(segments) else np.ones(1)
        # Hidden until its time (a little more than its length off, or its cap would show), then drawn, then kept.
        keys = [(0.0, 1.01), (times[0], 1.01), *zip(times, 1 - share, strict=True), (total, 0.0)]
        ElementTree.SubElement(drawn, "animate", {
            "attributeName": "stroke-dashoffset",
            "dur": f"{total:.3f}s",
            "repeatCount": "indefinite",
            "keyTimes": ";".join(svg.number(float(time) / total, 5) for time, _ in keys),
            "values": ";".join(svg.number(float(value), 3) for _, value in keys),
        })
    return svg.text_of(root)


def write_animated_svg(path: str | os.PathLike, ink: Sheet) -> None:
    """Writes `to_animated_svg` to a file."""
    write_text(path, to_animated_svg(ink))


def _moved(stroke: Stroke) -> np.ndarray:
    """Which points are not the one before again: those that `bezier` passes."""
    return np.concatenate([[True], (np.diff(stroke, axis=0) != 0).any(axis=1)])


def _lengths(segments: np.ndarray) -> np.ndarray:
    return np.array([np.hypot(*np.diff(flatten(s[None], 16), axis=0).T).sum() for s in segments])


# GIF


def write_gif(path: str | os.PathLike, ink: Sheet, *, height: int | None = None) -> None:
    """Writes a GIF that writes itself and begins anew, ``height`` pixels high (None: 96 a line, or fewer).

    Raises ValueError where a side would be below 1 or above 4,000 pixels.
    """
    shape = ink.width / ink.height
    if height is None:
        height = max(1, min(LINE_PIXELS * len(ink.lines), LARGEST_SIDE, int(LARGEST_SIDE / shape)))
    width = math.ceil(height * shape)
    if not 1 <= height <= LARGEST_SIDE or width > LARGEST_SIDE + 1:
        raise ValueError(f"a GIF of {width} x {height} pixels; expected 1 to {LARGEST_SIDE} a side: choose another"
                         " height, or more and shorter lines")
    frames = _frames(ink, width, height)
    first = next(frames)
    with replacing(path) as temporary:
        # Pillow keeps of each frame what is new, and makes one long frame of equal ones.
        first.save(temporary, format="GIF", save_all=True, append_images=frames, duration=1000 // FRAMES, loop=0)


def _frames(ink: Sheet, width: int, height: int) -> Iterator:
    from PIL import Image, ImageDraw

    timed, end = timeline(ink)
    zoom = height / ink.height * SMOOTHING
    picture = Image.new("L", (width * SMOOTHING, height * SMOOTHING), 0)
    draw = ImageDraw.Draw(picture)
    pen = max(ink.pen * zoom, 1.5 * SMOOTHING)
    dots = [(point * zoom, time, i == 0) for stroke, times in timed for i, (point, time) in
            enumerate(_dense(stroke, times))]
    palette = _palette(ink.ink)
    done, before = 0, (0.0, 0.0)
    for number in range(math.ceil((end + REST) * FRAMES)):
        while done < len(dots) and dots[done][1] <= number / FRAMES:
            (x, y), _, touches = dots[done]
            if not touches:
                draw.line([*before, x, y], fill=255, width=round(pen))
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
            before, done = (x, y), done + 1
        shades = picture.resize((width, height), Image.Resampling.BOX).point(lambda value: value // 17)
        shades = Image.frombytes("P", shades.size, shades.tobytes())
        shades.putpalette(palette)
        yield shades


def _dense(stroke: Stroke, times: np.ndarray) -> Iterator[tuple[np.ndarray, float]]:
    segments = bezier(stroke)
    if not len(segments):
        return iter([(stroke[0], float(times[0]))])
    at = times[_moved(stroke)]
    fine = np.interp(np.arange((len(at) - 1) * 8 + 1) / 8, np.arange(len(at)), at)
    return zip(flatten(segments, 8), map(float, fine), strict=True)


def _palette(color: str) -> list[int]:
    """16 shades from white to the ink."""
    ink = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
    return np.rint(255 + (ink - 255) * np.arange(16)[:, None] / 15).astype(int).ravel().tolist()
