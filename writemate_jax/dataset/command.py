"""The command line of `sample.py dataset`: many labelled lines, for training recognisers."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

from writemate_jax.arguments import read_text, run, warn, whole
from writemate_jax.dataset.plan import Recipe
from writemate_jax.limits import LARGEST_BIAS, MAX_CHARACTERS

NAME = "sample.py dataset"
EXAMPLES = """\
examples:
  python sample.py dataset --text-file corpus.txt --num 100000 --out shards/
  python sample.py dataset --num 20000 --bias 0,0.5 --seed 7 --out shards/      # texts of the open corpus
  python sample.py dataset --num 5000 --style random --candidates 4 --height 96 --out neat/
  python sample.py dataset --num 100000 --no-images --out strokes/
  python sample.py dataset --num 100000 --no-strokes --shard-size 5000 --workers 8 --out pictures/
  python sample.py dataset --num 5000 --checkpoint runs/mine --out mine/
  python sample.py dataset --num 1000000 --part 2/3 --out shared/                # the second of three machines
Kill it when you like: the same command goes on.
"""
SHOWN = 3  # lines of each warning


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code, see `arguments.run`."""
    options = _parser().parse_args(arguments)
    return run(NAME, lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    recipe = Recipe(
        options.num, options.seed, options.shard_size, options.bias, options.style, options.candidates,
        options.height, options.images, options.strokes,
    )  # fmt: skip
    if not options.out:
        raise ValueError("--out is empty; expected a folder (. for this one)")
    lines = None if options.text_file is None else _lines(options.text_file)

    # JAX takes a second to import: mistakes and --help are answered without.
    from tqdm import tqdm

    from writemate_jax.checkpoints.models import load_model
    from writemate_jax.compilation_cache import use_compilation_cache
    from writemate_jax.dataset import making, texts

    use_compilation_cache()
    model = load_model(options.checkpoint)
    found = texts.prepared(texts.of_open_corpus() if lines is None else lines, model.alphabet, MAX_CHARACTERS)
    _warn("have characters that cannot be written and are left out", found.refused, _short)
    _warn("have characters that the network lacks and are written in others", found.changed,
          lambda pair: f"{_short(pair[0])} as {_short(pair[1])}")  # fmt: skip
    total = sum(len(recipe.lines(shard)) for shard in making.of_part(recipe, options.part))
    with tqdm(total=total, unit="line", disable=None, smoothing=0.1) as bar:

        def begun(there: int) -> None:
            # What was there does not count in the lines/s of this run.
            bar.initial = bar.n = bar.last_print_n = there

        try:
            report = making.make(
                options.out, recipe, found.lines, model, workers=options.workers, part=options.part, begun=begun,
                progress=bar.update,
            )  # fmt: skip
        except BrokenExecutor as error:
            raise OSError("a process that draws was ended, perhaps for want of memory; with fewer --workers the same"
                          " command goes on") from error  # fmt: skip
        except KeyboardInterrupt:
            raise KeyboardInterrupt("stopped; the same command goes on") from None
    print(summary(report, total))
    print(options.out)


def summary(report, total: int) -> str:
    """What a run did, in words; total: lines of the set, or of the part of it."""
    kept = f"{report.kept:,} lines were there; " if report.kept else ""
    if not report.lines:
        return f"{kept}nothing to do: all {total:,} lines are there"
    parts = f"{report.lines / report.seconds:.1f} lines/s on {len(report.devices)} devices"
    each = {name: 1e3 * seconds / report.lines for name, seconds in (
        ("sampling", report.sampling), ("reading", report.reading), ("drawing", report.drawing),
        ("writing", report.writing))}  # fmt: skip
    took = ", ".join(f"{name} {ms:.1f}" for name, ms in each.items())
    cut = f"; {report.cut:,} were cut before their end" if report.cut else ""
    return f"{kept}{report.lines:,} lines in {report.shards} shards, {parts}; ms a line: {took}{cut}"


def bias_range(value: str) -> tuple[float, float]:
    """The lowest and the highest bias in "0,1", or "0.5" for always the same."""
    try:
        low, high = map(float, value.split(",") if "," in value else [value, value])
        Recipe(1, bias=(low, high))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r}; expected LOW,HIGH from 0 to {LARGEST_BIAS:g}, as 0,1") from None
    return low, high


def part(value: str) -> tuple[int, int]:
    """(I, N) of "I/N", from 1/N to N/N."""
    try:
        one, parts = map(int, value.split("/"))
    except ValueError:
        one, parts = 0, 0
    if not 1 <= one <= parts:
        raise argparse.ArgumentTypeError(f"{value!r}; expected I/N, from 1/N to N/N, as 2/3")
    return one, parts


def _warn(what: str, lines: Sequence, shown: Callable[[Any], str]) -> None:
    """Says on stderr how many lines are so, if any, with a few of them."""
    if lines:
        some = ", ".join([*map(shown, lines[:SHOWN]), *["..."] * (len(lines) > SHOWN)])
        warn(NAME, f"{len(lines)} lines {what}: {some}")


def _short(line: str) -> str:
    return repr(line[:60])


def _lines(name: str) -> list[str]:
    lines = read_text(name).splitlines()
    if not any(map(str.strip, lines)):
        raise ValueError(f"--text-file {name} has no text; give a file with a line of text each")
    return lines


def _parser() -> argparse.ArgumentParser:
    usual = Recipe(1)
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="Writes labelled lines for training recognisers, each in a random style, with a random bias, pen"
        " and paper, as WebDataset shards: 000000123.txt, .png and .json in shard-000000.tar and so on.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--num", type=int, required=True, metavar="N", help="lines of the set; more than"
        " before, and the same set is made larger")  # fmt: skip
    add("--out", required=True, metavar="DIR", help="for the shards; made if absent")
    add("--text-file", metavar="FILE", help="the texts, a line each; longer ones than"
        f" {MAX_CHARACTERS} characters are wrapped; - for standard input (default: the open corpus' texts)")
    add("--seed", type=int, default=usual.seed, metavar="N", help="another seed, another set (default: %(default)s)")
    add("--shard-size", type=int, default=usual.shard_size, metavar="N", help="lines of a shard (default: %(default)s)")
    add("--bias", type=bias_range, default=usual.bias, metavar="LOW,HIGH", help="each line has one between: 0 for the"
        " network's full variety, 1 is neat (default: 0,1)")  # fmt: skip
    add("--style", default=usual.style, metavar="NAME", help="all: each line in the hand of one of the writers that the"
        " network learned; random: of one that is read well; several names with commas: of one of these, as far as"
        " its vector has it; or one style for all, as sample.py --style takes it (default: %(default)s)")  # fmt: skip
    add("--candidates", type=int, default=usual.candidates, metavar="N", help="write each line N times and keep the"
        " best (default: %(default)s)")  # fmt: skip
    add("--height", type=int, default=usual.height, metavar="PIXELS", help="of the pictures (default: %(default)s)")
    add("--no-images", dest="images", action="store_false", help="no pictures")
    add("--no-strokes", dest="strokes", action="store_false", help="the JSON without strokes")
    add("--checkpoint", type=Path, metavar="DIR", help="the network that writes (default: the embedded one)")
    add("--workers", type=whole, metavar="N", help="processes that draw (default: one for each processor"
        " that may be used)")  # fmt: skip
    add("--part", type=part, default=(1, 1), metavar="I/N", help="every N-th shard alone, from the I-th on: N machines"
        " with the same other options, I from 1 to N, make a set, in one folder or in several that are put together")
    return parser
