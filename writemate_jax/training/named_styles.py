"""Makes the named styles of a network: `python -m writemate_jax.training.named_styles`.

Each is a writer of the open corpus' validation split, chosen by eye for how their hand looks when it is written, and by
how well it is read. The vectors have to be fitted anew whenever the network's weights change; the choice stays.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from writemate_jax.data import corpus as corpora
from writemate_jax.data.corpus import Corpus
from writemate_jax.data.own_ink import UnfitInk, like_the_corpus
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.sampling import named_styles
from writemate_jax.sampling.named_styles import NamedStyle
from writemate_jax.training import adapt
from writemate_jax.training.checkpoints import Model

LINES = 12  # that a vector is fitted to
LENGTH = 24  # characters: lines of about this length are taken
SPLIT = "validation"


class Choice(NamedTuple):
    """A style to be made. shown: the text of the real line that is kept with it."""

    name: str
    writer: str
    shown: str
    note: str


CHOICES = (
    Choice("print", "aga/AnnZchrl", "teleconferences; making travel", "Upright print, each letter by itself."),
    Choice("spaced", "apple/BeckyHammaker", "treated by some arcane process", "Upright print with wide gaps between words."),
    Choice("wide", "phi/phil-writer-flo", "Lot Student corps commission", "Wide print, the letters far apart."),
    Choice("flowing", "bbn/jmh", "longer if they receive it", "Leaning and joined, with long strokes."),
    Choice("slanted", "cedar/pk7440", "There are several precedents", "Leans far to the right, narrow and joined."),
    Choice("cursive", "pap/noriaki", "inequality flute profound nose", "Joined, with loops, and wide."),
    Choice("narrow", "pap/mariejo", "deck breakdown seemingly motor", "Narrow, half joined."),
    Choice("round", "pcl/ENG_0017", "clone parallel addition medal", "Round and wide letters, nearly upright."),
    Choice("joined", "ugi/vittorio", "the must her towards flag blew", "Narrow and joined, a school hand."),
    Choice("compact", "bbn/mms", "August from the prior month.", "Small letters close together, half joined."),
    Choice("leaning", "kai/jspark", "found weather shout wall", "Print that leans to the right."),
    Choice("plain", "cedar/JIKA4257", "precariously clefs precautions", "Nearly upright print without flourish."),
)


def make(
    model: Model, corpus: Corpus, choices: Sequence[Choice] = CHOICES, progress: Callable[[str], None] = lambda _: None
) -> list[NamedStyle]:
    """The styles of some writers of the corpus' validation split, whose ink the network did not learn from.

    Raises ValueError for a writer or a shown line that is not there, and what `adapt.fit` does.
    """
    weights = named_styles.digest(model.params)
    styles = []
    for choice in choices:
        lines = writers_lines(corpus, choice.writer)
        shown = next((line for line in lines if corpus.text(line) == choice.shown), None)
        if shown is None:
            raise ValueError(f"{choice.writer} wrote no line {choice.shown!r} in the split {SPLIT} of this corpus")
        taken = fit_lines(corpus, lines)
        style = adapt.fit(model, [Ink(corpus.strokes(line), corpus.text(line)) for line in taken])
        progress(f"{choice.name}: {style.before:.3f} nats a point before, {style.after:.3f} after")
        styles.append(
            NamedStyle(
                name=choice.name,
                note=choice.note,
                writer=choice.writer,
                vector=style.vector,
                ink=Ink(corpus.strokes(shown), corpus.text(shown)),
                fitted_to=tuple((line, corpus.text(line)) for line in taken),
                weights=weights,
            )
        )
    return styles


def writers_lines(corpus: Corpus, writer: str) -> list[int]:
    """Indices of a writer's lines in the validation split."""
    return [int(line) for line in corpus.select([SPLIT]) if corpus.writer(line) == writer]


def fit_lines(corpus: Corpus, lines: Sequence[int], count: int = LINES) -> list[int]:
    """The `count` lines that a style is fitted to: those nearest to the usual length which `adapt.fit` takes."""
    taken: list[int] = []
    for line in sorted(lines, key=lambda line: (abs(len(corpus.text(line)) - LENGTH), line)):
        try:
            like_the_corpus(corpus.strokes(line), corpus.text(line))
        except UnfitInk:
            continue
        taken.append(line)
        if len(taken) == count:
            break
    return taken


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code: 0, or 2 after saying on stderr what was wrong."""
    options = _parser().parse_args(arguments)
    from writemate_jax.config import corpus_path
    from writemate_jax.sampling.compilation_cache import use_compilation_cache
    from writemate_jax.sampling.writer import embedded
    from writemate_jax.training.checkpoints import load_model

    use_compilation_cache()
    try:
        model = load_model(options.checkpoint or embedded())
        corpus = corpora.load(options.corpus or corpus_path(model.config))
        styles = make(model, corpus, progress=lambda text: print(text, flush=True))
        named_styles.save(options.out, styles)
    except (ValueError, OSError) as error:
        print(f"named_styles: error: {error}", file=sys.stderr)
        return 2
    print(options.out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m writemate_jax.training.named_styles",
        description="Fits the named styles of a network to lines of writers whom it never saw; some minutes.",
    )
    add = parser.add_argument
    add("--out", type=Path, default=named_styles.assets(), metavar="FILE", help="(default: %(default)s)")
    add("--checkpoint", type=Path, metavar="DIR", help="the network (default: the embedded one)")
    add("--corpus", type=Path, metavar="FILE", help="the corpus of the writers (default: that of the network)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
