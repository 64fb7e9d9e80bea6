"""Trains the reader that comes with the package: `python -m writemate_jax.evaluation.open_reader`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from writemate_jax.arguments import run

DESCRIPTION = """\
Trains the reader by which the best of several candidates is chosen, on the real lines of the open corpus' training
writers, and says how it reads lines of its validation writers. Minutes on 2 cores; the same command goes on.
"""
STEPS = 4_000
TESTED = 400  # lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code, see `arguments.run`."""
    parser = argparse.ArgumentParser("python -m writemate_jax.evaluation.open_reader", description=DESCRIPTION)
    option = parser.add_argument
    option("--corpus", metavar="FILE", help="a packed corpus in x-heights (default: the open one)")
    option("--out", type=Path, required=True, metavar="FILE", help="the reader, .npz; its training beside it, .msgpack")
    option("--steps", type=int, default=STEPS, metavar="N", help="of the training (default: %(default)s)")
    option("--seed", type=int, default=0, metavar="N", help="of all that is random (default: %(default)s)")
    options = parser.parse_args(arguments)
    return run(parser.prog, lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from writemate_jax.alphabet import Alphabet
    from writemate_jax.data import corpus as corpora
    from writemate_jax.evaluation.usefulness import chosen, tested
    from writemate_jax.reading.reader import Reader
    from writemate_jax.reading.training import learned
    from writemate_jax.shipped import OPEN_CORPUS
    from writemate_jax.strokes import UNIT

    if options.out.suffix != ".npz":
        raise ValueError(f"--out {options.out}: expected a name that ends with .npz")
    if options.steps < 1:
        raise ValueError(f"--steps {options.steps}: expected at least 1")
    corpus = corpora.load(options.corpus or OPEN_CORPUS)
    if corpus.unit != UNIT:
        raise ValueError(f"--corpus {options.corpus} is in {corpus.unit}; expected lines in x-heights")
    lines = chosen(corpus, ("train",), len(corpus.select(["train"])), options.seed, conventions=False)
    alphabet = Alphabet(corpus.alphabet)
    with tqdm(total=options.steps, unit="step", disable=None) as bar:

        def progress(step: int, loss: float) -> None:
            bar.set_postfix_str(f"{loss:.3f} nats/character", refresh=False)
            bar.update(step - bar.n)

        checkpoint = options.out.with_suffix(".msgpack")
        reader, loss = learned(checkpoint, lines, alphabet, options.steps, options.seed, progress)
    reader.save(options.out)
    test = chosen(corpus, ("validation",), TESTED, options.seed, conventions=False)
    outcome = tested(Reader.load(options.out), loss, len(lines.lines), test)
    interval = f"{outcome.interval.low:.1%}-{outcome.interval.high:.1%}"
    print(
        f"{options.out}: {outcome.lines:,} lines, {options.steps:,} steps, {loss:.3f} nats a character;"
        f" CER {outcome.cer:.1%} ({interval}) on {len(test.lines)} lines held out"
    )


if __name__ == "__main__":
    sys.exit(main())
