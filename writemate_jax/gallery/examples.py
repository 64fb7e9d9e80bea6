"""The list of the gallery: captions, command lines, and the pictures that they make."""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    """Commands are run one after the other in a folder that has `FILES`; pictures are files that they write there."""

    caption: str
    commands: tuple[str, ...]
    pictures: tuple[str, ...]


LETTER = """\
# Dear Anna,

it has rained since Tuesday, and the garden is happier than we are. The beans have climbed over the fence, as if they \
meant to visit the neighbours.

Thank you for the parcel. We need:
- string, and two new lamps
- the long ladder
- you, before the plums are gone

See you on the 14th?
"""
FILES = {"letter.txt": LETTER}
OWN_WRITER = "hp/hpb0-sd"  # of the corpus' held-out ones: no network has learned this hand
NAMES_IN = ("print", "half-joined", "narrow")

EXAMPLES = (
    Example(
        "Lines of text",
        ('python sample.py "A line of text, written by hand." "And another: 28 June 1914" --seed 1 --out lines.svg',),
        ("lines.svg",),
    ),
    Example(
        "Two names in three styles",
        tuple(f"python sample.py Mohammed Sanika --seed 3 --style {name} --out names-{name}.svg" for name in NAMES_IN),
        tuple(f"names-{name}.svg" for name in NAMES_IN),
    ),
    Example(
        "Where the network looks while it writes",
        ('python sample.py "where it looks" --seed 2 --plot-attention --out looks.svg',),
        ("looks-attention.png",),
    ),
    Example(
        "It writes itself (an animated SVG; .gif does the same)",
        ('python sample.py "as if somebody wrote it now" --seed 5 --ink navy --out now.animated.svg',),
        ("now.animated.svg",),
    ),
    Example(
        "Bias: 0 has all the variety of people, 1 is neat, 2 neater",
        tuple(
            f'python sample.py "handwriting of some bias" --seed 8 --style random --bias {bias} --out bias-{bias}.svg'
            for bias in (0, 1, 2)
        ),
        ("bias-0.svg", "bias-1.svg", "bias-2.svg"),
    ),
    Example(
        "Named styles, each fitted to one person's lines (left: the person's own ink)",
        ('python sample.py "Sphinx of black quartz, judge my vow" --list-styles --out styles.png',),
        ("styles.png",),
    ),
    Example(
        "A letter on ruled paper; .pdf keeps all pages in one file",
        (
            "python sample.py --text-file letter.txt --page A5 --paper ruled --seed 4 --style cursive --dpi 96"
            " --out letter.png",
        ),
        ("letter.png",),
    ),  # fmt: skip
    Example(
        "Somebody's own hand: ink of a person whom the network has never seen, and a text in the style fitted to it",
        (
            "python train.py adapt --ink my_lines/ --workdir me",
            'python sample.py "Written in a hand it has just met" --style me --out me.svg',
        ),
        ("my_lines.svg", "me.svg"),
    ),
    Example(
        "For a pen plotter: single lines in mm, ordered so that the pen travels little; .gcode does the same",
        (
            'python sample.py "Plotted with a 0.5 mm pen" --seed 6 --letter-size 4 --pen 0.5 --ink "#1a3a8f"'
            " --out plot.plotter.svg",
        ),
        ("plot.plotter.svg",),
    ),  # fmt: skip
    Example(
        "A pen that is thinner where it was quick",
        ('python sample.py "quick strokes are thin" --seed 1 --by-speed --pen 0.45 --out speed.svg',),
        ("speed.svg",),
    ),
    Example(
        "A long text, wrapped by the width of its ink",
        (
            'python sample.py "The clock on the landing had stopped years ago, at ten past four, and nobody in the'
            " house could say of which day. Guests set their watches by it once, for luck, and were late for everything"
            ' after: trains, weddings, even the soup." --page 150x50 --margins 6 --letter-size 2 --align justified'
            " --seed 9 --style round --out long.svg",
        ),
        ("long.svg",),
    ),  # fmt: skip
)
