"""Ink as G-code, for plotters and for printers or routers that hold a pen."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from writemate_jax.drawing.curves import bezier, flatten
from writemate_jax.drawing.plotter import in_order
from writemate_jax.drawing.sheet import Sheet
from writemate_jax.drawing.svg import number

CHORD = 0.2  # mm: curves are drawn as lines of at most about that length
EDGE = 0.05  # mm: by no more may a curve pass its points, which lie on the bed; there it is drawn along the edge
# Of a comment: LinuxCNC refuses lines beyond 254 characters, and senders that count a GRBL's 128 wait for ever to send
# a longer one.
COMMENT = re.compile(r"\S(?:.{0,68}\S)?(?!\S)|\S{70}")
DWELL_UNITS = {"s": 1, "ms": 1000}  # of the P of G4, in a second; firmwares differ


class OffTheBed(ValueError):
    """The ink reaches beyond the machine's bed; the message says how far."""


@dataclass(frozen=True)
class Machine:
    """A machine that draws.

    bed: its width and depth in mm, from (0, 0). origin: where the sheet's lower left corner lies, mm. feed, travel:
    speeds in mm a minute of the lowered and the raised pen. pen_up, pen_down: the commands that move it; G0 Z5 and
    G1 Z0, or M5 and M3 S90 where a servo moves it. seconds: what a servo is given for it. dwell_unit: what the machine
    takes the P of a pause, G4, for: "s" as GRBL and LinuxCNC do, or "ms" as Marlin, Klipper and RepRapFirmware do.
    """

    bed: tuple[float, float] = (210.0, 297.0)
    origin: tuple[float, float] = (0.0, 0.0)
    feed: float = 1500.0
    travel: float = 3000.0
    pen_up: str = "G0 Z5"
    pen_down: str = "G1 Z0 F600"
    seconds: float = 0.0
    dwell_unit: str = "s"

    def __post_init__(self):
        for name in ("feed", "travel"):
            value = getattr(self, name)
            if not 0 < value < np.inf or _number(value) == "0":
                raise ValueError(f"{name} is {value}; expected mm a minute, 0.001 or more")
        for name in ("bed", "origin"):
            value = getattr(self, name)
            if len(value) != 2 or not np.isfinite(value).all() or (name == "bed" and min(value) <= 0):
                raise ValueError(f"{name} is {value}; expected two numbers of millimetres")
        for name in ("pen_up", "pen_down"):
            value = getattr(self, name)
            if not value.strip() or not value.isascii() or not value.isprintable():
                raise ValueError(f"{name} is {value!r}; expected a G-code command such as {getattr(Machine, name)!r}")
        if not 0 <= self.seconds < np.inf:
            raise ValueError(f"seconds is {self.seconds}; expected 0 or more for the pen to move")
        if self.dwell_unit not in DWELL_UNITS:
            raise ValueError(f"dwell_unit is {self.dwell_unit!r}; expected 's' for GRBL and LinuxCNC, or 'ms' for"
                             " Marlin, Klipper and RepRapFirmware")


def to_gcode(ink: Sheet, machine: Machine | None = None) -> str:
    """A program in mm and absolute places that draws the sheet and goes back to (0, 0).

    y is up, as on a machine. Raises `OffTheBed` where the ink is not wholly on the bed.
    """
    machine = machine or Machine()
    flip, corner = np.array([1.0, -1.0]), np.array(machine.origin) + [0.0, ink.height]
    ordered = [stroke for line in in_order(ink) for stroke in line]
    # Before curves become lines, of which there is no end where letters are as large as a house.
    _check([corner + flip * stroke for stroke in ordered], machine)
    strokes = [corner + flip * _chords(stroke) for stroke in ordered]
    _check(strokes, machine)
    strokes = [stroke.clip(0, machine.bed) for stroke in strokes]
    # Whole milliseconds in either unit: Marlin takes no fraction of one.
    wait = [f"G4 P{_number(round(machine.seconds, 3) * DWELL_UNITS[machine.dwell_unit])}"] if machine.seconds else []
    up, down = [machine.pen_up, *wait], [machine.pen_down, *wait]
    program = [f"; {part}" for line in ink.text.split("\n") for part in COMMENT.findall(_comment(line))]
    program += ["G21 ; mm", "G90 ; absolute places", *up]
    for stroke in strokes:
        program += [f"G0 {_place(stroke[0])} F{_number(machine.travel)}", *down]
        feeds = [f" F{_number(machine.feed)}", *[""] * len(stroke)]
        program += [f"G1 {_place(point)}{feed}" for point, feed in zip(stroke[1:], feeds, strict=False)]
        program += up
    program += [f"G0 X0 Y0 F{_number(machine.travel)}", "M2"]
    return "\n".join(program) + "\n"


def _chords(stroke: np.ndarray) -> np.ndarray:
    segments = bezier(stroke)
    if not len(segments):
        return stroke[:1]
    longest = np.hypot(*np.diff(segments, axis=1).transpose(2, 0, 1)).sum(axis=1)  # no curve is longer than its hull
    parts = [flatten(segment[None], max(2, int(np.ceil(length / CHORD)))) for segment, length in
             zip(segments, longest, strict=True)]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def _check(strokes: list[np.ndarray], machine: Machine) -> None:
    if not strokes:
        return
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    if (low < -EDGE).any() or (high > np.add(machine.bed, EDGE)).any():
        raise OffTheBed(
            f"the ink lies from X{low[0]:.1f} Y{low[1]:.1f} to X{high[0]:.1f} Y{high[1]:.1f} mm, not wholly on"
            f" the bed of {machine.bed[0]:g} x {machine.bed[1]:g} mm; give the machine's own bed, move the origin, or"
            " write less at once, or smaller"
        )


def _place(point: np.ndarray) -> str:
    return f"X{_number(point[0])} Y{_number(point[1])}"


def _comment(text: str) -> str:
    """Machines read ASCII, some of them brackets even in a comment, and GRBL obeys !, ~ and ? wherever they stand."""
    return "".join(c if c.isascii() and c.isprintable() and c not in "();%!~?" else "_" for c in text)


def _number(value: float) -> str:
    return number(value, 3)
