"""What the page's gallery shows of each style: a few words, written beforehand, and how wide the hand writes.

    python -m writemate_jax.web.previews

writes page/previews.json from the embedded network; run it again when the weights or the styles have changed.

    {"wordmark": [dx, dy, eos, ...], "any": [...], "styles": {"name": {"ratio": 0.9, "points": [dx, dy, eos, ...]}}}

Offsets are whole multiples of 1/50 x-height, y up, in one flat list. ratio: real width against the table's
(`data.letter_size.expected_width`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from writemate_jax import strokes
from writemate_jax.arguments import run
from writemate_jax.data.letter_size import expected_width
from writemate_jax.replacing import write_text
from writemate_jax.strokes import Rows

if TYPE_CHECKING:
    from writemate_jax.sampling.writer import Writer

FILE = Path(__file__).parent / "page" / "previews.json"
UNIT = 1 / 50  # x-heights
WORDS = "Dear Anna"
WORDMARK, WORDMARK_STYLE, WORDMARK_SEED = "WriteMate", "slim", 1
ANY = "surprise me"
MEASURED = ("the quick brown fox jumps", "What is this? A pen!", "Mohammed and Sanika")
SEED = 1
CANDIDATES = 8  # of which the best is shown


def previews(writer: Writer) -> dict:
    """The contents of the file."""
    names = style_names(writer)
    styles = {}
    for name in names:  # one by one, as each goes on from ink of its own
        shown, *measured = writer.write([WORDS, *MEASURED], seed=SEED, style=name, candidates=CANDIDATES)
        widths = [np.ptp(strokes.to_points(line.strokes)[:, 0]) / expected_width(line.text) for line in measured]
        styles[name] = {"ratio": round(float(np.median(widths)), 3), "points": flat(shown.strokes)}
    style = WORDMARK_STYLE if WORDMARK_STYLE in names else names[0]
    wordmark = writer.write(WORDMARK, seed=WORDMARK_SEED, style=style, candidates=CANDIDATES)[0]
    surprise = writer.write(ANY, seed=SEED, style="random")[0]
    return {"wordmark": flat(wordmark.strokes), "any": flat(surprise.strokes), "styles": styles}


def style_names(writer: Writer) -> list[str]:
    """The styles that the page offers: those with a name, or else those that "random" draws from."""
    named = [style.name for style in writer.named_styles()]
    return named or list(writer.model.hands)


def flat(rows: Rows) -> list[int]:
    """Rows [T, 3] as the file holds them. Places are rounded, so that errors do not add up."""
    places = np.rint(strokes.to_points(rows) / UNIT).astype(int)
    offsets = np.diff(places, axis=0, prepend=np.zeros((1, 2), int))
    return np.column_stack([offsets, rows[:, 2].astype(int)]).reshape(-1).tolist()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m writemate_jax.web.previews", description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=FILE, help="the file (default: the page's own)")
    options = parser.parse_args(arguments)
    return run(parser.prog, lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    from writemate_jax.sampling.writer import Writer

    found = previews(Writer.load())
    # A style a line: a difference between two versions shows which have changed.
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in found["styles"].items())
    head = {key: found[key] for key in ("wordmark", "any")}
    write_text(options.out, f'{json.dumps(head)[:-1]}, "styles": {{\n{rows}\n}}}}\n')
    print(options.out)


if __name__ == "__main__":
    sys.exit(main())
