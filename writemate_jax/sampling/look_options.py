"""The options of `sample.py` that say how ink is drawn, of lines and of pages."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence

from writemate_jax.drawing.gcode import DWELL_UNITS, Machine
from writemate_jax.drawing.look import Look
from writemate_jax.drawing.png import LINE_PIXELS
from writemate_jax.drawing.sheet import X_HEIGHT, color
from writemate_jax.pages.drawing import DPI
from writemate_jax.pages.layout import Layout

# As argparse keeps them: options of drawing in general and the formats that have no use for them (some hold the ink as
# it is, and a machine draws with the pen that it has), and those that one format alone has a use for.
USELESS_FOR = {
    "letter_size": ("json", "inkml"),
    "ink": ("json", "inkml", "gcode"),
    "pen": ("json", "inkml", "gcode"),
}
ONLY_FOR = {
    "svg": ("by_speed",),
    "png": ("dpi", "transparent"),
    "gcode": ("bed", "origin", "feed", "travel", "pen_up", "pen_down", "pen_seconds", "dwell_unit"),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options; all are None or False unless given."""
    usual, pages = Machine(), Layout()
    group = parser.add_argument_group(
        "drawing", "Of lines and of pages. A plotter's file is NAME.plotter.svg, one that writes itself"
        " NAME.animated.svg or .gif.")
    add = group.add_argument
    add("--letter-size", type=float, metavar="MM", help=f"height of an x (default: {X_HEIGHT:g}; on pages"
        f" {pages.letter:g}; a line's PNG has it with --dpi, a GIF always as many pixels a line)")
    add("--ink", metavar="COLOUR", help=f"a name or #rrggbb (default: black; on pages {pages.ink})")
    add("--pen", type=float, metavar="MM", help="width of the pen (default: what suits the letters; on pages"
        f" {pages.pen:g})")
    add("--by-speed", action="store_true", help="SVG of lines: the pen is thinner where it was quick")
    add("--dpi", type=float, metavar="N", help="PNG: dots an inch at its size in mm (default:"
        f" {LINE_PIXELS} pixels a line; on pages {DPI:g} dots an inch)")
    add("--transparent", action="store_true", help="PNG: no paper")
    add("--bed", type=_pair, metavar="W,H", help="G-code: the bed in mm; what lies off it is refused (default:"
        f" {usual.bed[0]:g},{usual.bed[1]:g})")
    add("--origin", type=_pair, metavar="X,Y", help="G-code: where the lower left corner of the ink's sheet lies, mm"
        " (default: 0,0)")
    add("--feed", type=float, metavar="F", help=f"G-code: mm a minute while drawing (default: {usual.feed:g})")
    add("--travel", type=float, metavar="F", help=f"G-code: mm a minute of the raised pen (default: {usual.travel:g})")
    add("--pen-up", metavar="CODE", help=f"G-code: lifts the pen (default: '{usual.pen_up}'; a servo's may be 'M5')")
    add("--pen-down", metavar="CODE", help=f"G-code: lowers it (default: '{usual.pen_down}'; a servo's: 'M3 S90')")
    add("--pen-seconds", type=float, metavar="S", help="G-code: what the pen is given to move (default: 0)")
    add("--dwell-unit", choices=list(DWELL_UNITS), help="G-code: what the machine counts that pause in: s for GRBL and"
        f" LinuxCNC, ms for Marlin, Klipper and RepRapFirmware (default: {usual.dwell_unit})")


def joined(arguments: Sequence[str]) -> list[str]:
    """The arguments, with an origin that begins with a minus as argparse takes it: -20,0 alone it takes for an option.
    """
    found, left = [], iter(arguments)
    for argument in left:
        value = next(left, None) if argument == "--origin" else None
        found.append(argument if value is None else f"{argument}={value}")
        if argument == "--":
            break
    return [*found, *left]


def look(options: argparse.Namespace) -> Look:
    """What the options ask for. Raises ValueError for what `Look` or `Machine` refuses."""
    def known(**fields) -> dict:
        return {name: value for name, value in fields.items() if value is not None}

    machine = known(bed=options.bed, origin=options.origin, feed=options.feed, travel=options.travel,
                    pen_up=options.pen_up, pen_down=options.pen_down, seconds=options.pen_seconds,
                    dwell_unit=options.dwell_unit)
    ink = None
    if options.ink is not None:
        try:
            ink = color(options.ink)
        except ValueError as error:
            raise ValueError(f"--ink is {error}") from error
    return Look(by_speed=options.by_speed, transparent=options.transparent, machine=Machine(**machine), **known(
        x_height=options.letter_size, pen=options.pen, color=ink, dpi=options.dpi))


def check_use(options: argparse.Namespace, formats: Collection[str]) -> None:
    """Raises ValueError for an option that was given and that none of the formats has a use for."""
    for name, useless in USELESS_FOR.items():
        if set(useless).issuperset(formats) and given(options, name):
            raise ValueError(f"--{name.replace('_', '-')} says how ink is drawn, of which {' and '.join(formats)} hold"
                             " nothing; leave it out, or ask for another format")
    for kind, names in ONLY_FOR.items():
        for name in names:
            if kind not in formats and given(options, name):
                raise ValueError(f"--{name.replace('_', '-')} is for {kind} alone, and what is asked for is"
                                 f" {' and '.join(formats)}; leave it out, or ask for {kind}")


def given(options: argparse.Namespace, name: str) -> bool:
    """Whether an option was given, be it 0; one that is not is None or False."""
    value = getattr(options, name)
    return value is not None and value is not False


def _pair(value: str) -> tuple[float, float]:
    try:
        first, second = (float(part) for part in value.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r}; expected two numbers of mm with a comma, as in 210,297") from None
    return first, second
