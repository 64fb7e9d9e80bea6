"""`evaluate.py figures`: the figures of the paper, of any networks and corpus."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from writemate_jax.arguments import biases, positive, whole
from writemate_jax.figures.choices import Choices
from writemate_jax.limits import MAX_POINTS


def add(commands) -> None:
    """Adds the command to those of `evaluate.py`."""
    parser = commands.add_parser("figures", help="the figures of Graves' paper: samples, biased, primed, the window,"
                                 " the density of what is predicted")  # fmt: skip
    option = parser.add_argument
    option("--out", type=Path, required=True, metavar="DIR", help="for the pictures and README.md, which lists them")
    option("--checkpoint", type=Path, metavar="DIR", help="a --workdir of train.py, or a checkpoint in there; of a"
           " prediction network, too (default: both embedded networks, where --prediction is not given"
           " either)")  # fmt: skip
    option("--prediction", type=Path, metavar="DIR", help="a prediction network, likewise")
    option("--corpus", default="open", metavar="open|FILE", help="real ink (default: %(default)s)")
    option("--split", default="validation", metavar="NAMES", help="of it, with commas (default: %(default)s)")
    option("--seed", type=whole, default=0, metavar="N", help="samples have the seeds from N up (default: 0)")
    option("--lines-seed", type=whole, default=0, metavar="N", help="draws the real lines (default: 0)")
    option("--biases", type=biases, default=Choices.biases, metavar="LIST", help="of the biased rows, with commas"
           f" (default: {_listed(Choices.biases)})")  # fmt: skip
    option("--text", help="what is written where no real line says it (default: a text for each figure)")
    option("--points", type=_points, default=Choices.points, metavar="N", help="of a line that the prediction"
           " network writes (default: %(default)s)")  # fmt: skip
    option("--dpi", type=positive, default=Choices.dpi, metavar="N", help="of the pictures (default: %(default)s)")
    option("--svg", action="store_true", help="figures of ink alone as SVG, too")
    parser.set_defaults(run=run, usual=parser.get_default)


def run(options: argparse.Namespace) -> None:
    """Runs the command. Raises ValueError for networks, lines or values that do not fit, OSError for files."""
    from tqdm import tqdm

    from writemate_jax.data import corpus as corpora
    from writemate_jax.figures import making
    from writemate_jax.figures.index import write_index
    from writemate_jax.shipped import OPEN_CORPUS

    synthesis, prediction = _networks(options)
    corpus = corpora.load(options.corpus)
    named = "the open corpus" if options.corpus == OPEN_CORPUS else options.corpus
    source = making.Source(corpus, corpus.select(options.split.split(",")), f"{named}, split {options.split}")
    choices = Choices(
        seed=options.seed, lines_seed=options.lines_seed, biases=options.biases, text=options.text,
        points=options.points, svg=options.svg, dpi=options.dpi,
    )  # fmt: skip
    with tqdm(unit="figure", disable=None) as bar:

        def progress(name: str) -> None:
            bar.set_postfix_str(name)
            bar.update()

        made, left_out = making.make(options.out, synthesis, prediction, source, choices, bar.reset, progress)
    for name, reason in left_out.items():
        print(f"no figure {name}: {reason}")
    index = write_index(options.out, made, left_out, _command(options))
    print("\n".join(str(options.out / file) for figure in made for file in figure.files))
    print(index)


def _networks(options: argparse.Namespace):
    """The synthesis and the prediction network that are asked for, one of which may be None."""
    from writemate_jax.figures.making import Named
    from writemate_jax.sampling.writer import Writer
    from writemate_jax.shipped import PREDICTION, shipped

    if options.checkpoint is None and options.prediction is None:
        return (
            Named(Writer.load(), "the embedded synthesis network"),
            Named(Writer.load(shipped(PREDICTION)), "the embedded prediction network"),
        )
    given = [Named(Writer.load(path), str(path)) for path in (options.checkpoint, options.prediction) if path]
    kinds = [bool(network.writer.model.config.model.window) for network in given]
    if options.prediction is not None and kinds[-1]:
        raise ValueError(f"--prediction {options.prediction} is a synthesis network; give it as --checkpoint")
    if kinds.count(False) == 2:
        raise ValueError(f"--checkpoint {options.checkpoint} is a prediction network, too; give one of the two")
    by_kind = dict(zip(kinds, given, strict=True))
    return by_kind.get(True), by_kind.get(False)


def _command(options: argparse.Namespace) -> str:
    """The command line that makes the same again."""
    words = ["python", "evaluate.py", "figures"]
    for name in ("checkpoint", "prediction", "corpus", "split", "seed", "lines_seed", "text", "points", "dpi"):
        value = getattr(options, name)
        if value is not None and value != options.usual(name):
            words += [f"--{name.replace('_', '-')}", str(value)]
    words += ["--biases", _listed(options.biases)] if options.biases != options.usual("biases") else []
    words += ["--svg"] if options.svg else []
    return shlex.join([*words, "--out", str(options.out)])


def _points(value: str) -> int:
    if positive(value) > MAX_POINTS:
        raise argparse.ArgumentTypeError(f"{value!r}; expected 1 to {MAX_POINTS}")
    return int(value)


def _listed(values: Sequence[float]) -> str:
    return ",".join(f"{value:g}" for value in values)
