"""Ink that writes itself, at the pen's pace: SVG and GIF."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from itertools import groupby
from xml.etree import ElementTree

import numpy as np

from writemate_jax.drawing import svg
from writemate_jax.drawing.curves import bezier, flatten, moved
from writemate_jax.drawing.sheet import InkLine, Sheet
from writemate_jax.replacing import replacing
from writemate_jax.strokes import Stroke

PACE = 40.0  # points per second where it is not known
LIFT = 0.12  # seconds at least between two strokes
LIFTED = 40.0  # mm a second that the raised pen moves
NEXT_LINE = 0.5  # seconds between two lines
REST = 2.0  # seconds that the finished ink stays
FRAMES = 20  # a second, of a GIF
LINE_PIXELS = 96  # height of a line in a GIF
LONGEST_PAUSE = 655_350  # ms, that a GIF's frame can last
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
    root = svg.document(ink)
    # Without dashes, their offset, which is what moves, does nothing.
    ElementTree.SubElement(root, "style").text = (
        ".ink path{stroke-dasharray:1 2}@media(prefers-reduced-motion:reduce){.ink path{stroke-dasharray:none}}"
    )
    svg.draw_paper(root, ink, digits)
    group = ElementTree.SubElement(root, "g", {"class": "ink", **svg.stroke_attributes(ink.ink, ink.pen, digits)})
    for stroke, times in timed:
        segments, passed = bezier(stroke), moved(stroke)
        drawn = ElementTree.SubElement(group, "path", {"d": svg.path(stroke, segments, digits), "pathLength": "1"})
        times = times[passed] if len(segments) else times[:1]
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


def _lengths(segments: np.ndarray) -> np.ndarray:
    return np.array([np.hypot(*np.diff(flatten(s[None], 16), axis=0).T).sum() for s in segments])


# GIF


def write_gif(path: str | os.PathLike, ink: Sheet, *, height: int | None = None) -> None:
    """Writes a GIF that writes itself and begins anew, ``height`` pixels high (None: 96 a line, or fewer).

    However long the text, it takes the memory of one picture, about eleven bytes a pixel. Raises ValueError where a
    side would be below 1 or above 4,000 pixels.
    """
    from PIL import Image
    from PIL.GifImagePlugin import getdata, getheader

    shape = ink.width / ink.height
    if height is None:
        height = max(1, min(LINE_PIXELS * len(ink.lines), LARGEST_SIDE, int(LARGEST_SIDE / shape)))
    width = math.ceil(height * shape)
    if not 1 <= height <= LARGEST_SIDE or width > LARGEST_SIDE + 1:
        raise ValueError(f"a GIF of {width} x {height} pixels; expected 1 to {LARGEST_SIDE} a side: choose another"
                         " height, or more and shorter lines")
    blank = Image.new("P", (width, height))
    blank.putpalette(_palette(ink.ink))
    with replacing(path) as temporary, temporary.open("wb") as file:
        # Frame by frame, and of each only what is new: `Image.save` would keep all of them, whole, until the last.
        file.writelines(getheader(blank, info={"loop": 0})[0])
        for picture, corner, frames in _changes(ink, width, height):
            file.writelines(getdata(picture, corner, duration=min(frames * 1000 // FRAMES, LONGEST_PAUSE)))
        file.write(b";")


def _changes(ink: Sheet, width: int, height: int) -> Iterator[tuple]:
    """The blank sheet and then each part of it that ink changes: a picture of shades 0 to 15, its upper left corner in
    the sheet, and for how many frames nothing else changes.
    """
    from PIL import Image, ImageDraw

    timed, end = timeline(ink)
    zoom = height / ink.height * SMOOTHING
    canvas = Image.new("L", (width * SMOOTHING, height * SMOOTHING), 0)
    draw = ImageDraw.Draw(canvas)
    pen = max(ink.pen * zoom, 1.5 * SMOOTHING)
    dots = ((math.ceil(time * FRAMES), point * zoom, i == 0) for stroke, times in timed for i, (point, time) in
            enumerate(_dense(stroke, times)))
    since, picture, corner, before = 0, Image.new("L", (width, height), 0), (0, 0), None
    for frame, group in groupby(dots, key=lambda dot: dot[0]):
        yield picture, corner, frame - since
        inked = []
        for _, place, touches in group:
            if not touches:
                draw.line([*before, *place], fill=255, width=round(pen))
                inked.append(before)
            draw.ellipse([*(place - pen / 2), *(place + pen / 2)], fill=255)
            inked.append(place)
            before = place
        left, upper, right, lower = _around(np.array(inked) / SMOOTHING, pen / 2 / SMOOTHING + 1, width, height)
        part = canvas.crop((left * SMOOTHING, upper * SMOOTHING, right * SMOOTHING, lower * SMOOTHING))
        smooth = part.resize((right - left, lower - upper), Image.Resampling.BOX)
        since, picture, corner = frame, smooth.point(lambda value: value // 17), (left, upper)
    yield picture, corner, math.ceil((end + REST) * FRAMES) - since


def _around(points: np.ndarray, margin: float, width: int, height: int) -> tuple[int, int, int, int]:
    """The box of whole pixels of a picture, at least one, that holds the points with a margin."""
    low = np.clip(np.floor(points.min(axis=0) - margin), 0, (width - 1, height - 1))
    high = np.clip(np.ceil(points.max(axis=0) + margin), low + 1, (width, height))
    return tuple(map(int, (*low, *high)))


def _dense(stroke: Stroke, times: np.ndarray) -> Iterator[tuple[np.ndarray, float]]:
    segments = bezier(stroke)
    if not len(segments):
        return iter([(stroke[0], float(times[0]))])
    at = times[moved(stroke)]
    fine = np.interp(np.arange((len(at) - 1) * 8 + 1) / 8, np.arange(len(at)), at)
    return zip(flatten(segments, 8), map(float, fine), strict=True)


def _palette(color: str) -> list[int]:
    """16 shades from white to the ink."""
    ink = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
    return np.rint(255 + (ink - 255) * np.arange(16)[:, None] / 15).astype(int).ravel().tolist()
