"""Makes the named styles of a network: `python -m writemate_jax.evaluation.named_styles`.

Each is a writer of the open corpus' validation split, chosen by eye for how their hand looks when it is written, and by
how well it is read. The vectors have to be fitted anew whenever the network's weights change; the choice stays.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from writemate_jax.arguments import run
from writemate_jax.checkpoints.models import Model, digest
from writemate_jax.data import corpus as corpora
from writemate_jax.data.corpus import Corpus
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.hands import adapt, named_styles
from writemate_jax.hands.named_styles import NamedStyle

LINES = 12  # that a vector is fitted to
LENGTH = 24  # characters: lines of about this length are taken
SPLIT = "validation"


class Choice(NamedTuple):
    """A style to be made. shown: the text of the real line that is kept with it, which lines in the style go on from:
    one in which the window keeps up with the ink.
    """

    name: str
    writer: str
    shown: str
    note: str


CHOICES = (
    Choice("print", "aga/AnnZchrl", "teleconferences; making travel", "Upright print, each letter by itself."),
    Choice(
        "plain", "cedar/JIKA4257", "precariously clefs precautions", "Nearly upright print, even and without flourish."
    ),
    Choice("open", "not/sjh", "available memory problem where", "Upright print with open curves, closer than plain."),
    Choice("spaced", "apple/BeckyHammaker", "treated by some arcane process", "Upright print, the words far apart."),
    Choice(
        "wide", "phi/phil-writer-flo", "Lot Student corps commission", "Wide print, every letter far from the next."
    ),
    Choice("leaning", "apple/Chris_Hess", "Providence Oklahoma", "Print that leans to the right, with large capitals."),
    Choice("slim", "kai/jspark", "found weather shout wall", "Slim print that leans to the right a little."),
    Choice("half-joined", "anj/g9318", "insert rectangle ellipse lines", "Letters joined by twos and threes."),
    Choice("round", "pcl/ENG_0017", "clone parallel addition medal", "Round and wide letters, some of them joined."),
    Choice("cursive", "pap/noriaki", "inequality flute profound nose", "Joined and wide, with loops."),
    Choice("compact", "bbn/mms", "August from the prior month.", "Joined, small letters close to each other."),
    Choice("narrow", "pap/mariejo", "deck breakdown seemingly motor", "Narrow and mostly joined."),
    Choice(
        "joined", "ugi/vittorio", "the must her towards flag blew", "Joined as at school, leaning, with tall stems."
    ),
    Choice("slanted", "bbn/jmh", "longer if they receive it", "Leans far to the right, joined, in long strokes."),
)


def make(
    model: Model, corpus: Corpus, choices: Sequence[Choice] = CHOICES, progress: Callable[[str], None] = lambda _: None
) -> list[NamedStyle]:
    """The styles of some writers of the corpus' validation split, whose ink the network did not learn from.

    Raises ValueError for a writer or a shown line that is not there, or a network without styles.
    """
    weights = digest(model.params)
    styles = []
    for choice in choices:
        lines = writers_lines(corpus, choice.writer)
        shown = next((line for line in lines if corpus.text(line) == choice.shown), None)
        if shown is None:
            raise ValueError(f"{choice.writer} wrote no line {choice.shown!r} in the split {SPLIT} of this corpus")
        # Lines of like length are padded alike, so that one compiled program fits every hand.
        taken = sorted(lines, key=lambda line: (abs(len(corpus.text(line)) - LENGTH), line))[:LINES]
        style = adapt.fit_rows(model, [corpus.strokes(i) for i in taken], [corpus.text(i) for i in taken])
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


def read(model: Model, seeds: Sequence[int] = (0, 1), progress: Callable[[str], None] = lambda _: None) -> list[float]:
    """How much of each named style of the network a recogniser misreads: wrong characters for each wanted, by the texts
    that `evaluate.py styles` takes, at the network's default of bias and candidates.

    Raises `evaluation.recogniser.RecogniserMissing`.
    """
    from writemate_jax.evaluation.recogniser import Recogniser
    from writemate_jax.evaluation.style_legibility import TEXTS, cer
    from writemate_jax.sampling.writer import Writer

    recogniser, writer = Recogniser.load(), Writer(model)
    texts, rates = list(TEXTS) * len(seeds), []
    for style in writer.named_styles():
        lines = writer.write(texts, seed=[seed for seed in seeds for _ in TEXTS], style=style.name)
        rates.append(cer(recogniser, lines))
        progress(f"{style.name}: {rates[-1]:.1%} of characters misread, {len(lines)} lines")
    return rates


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code, see `arguments.run`."""
    options = _parser().parse_args(arguments)
    return run("named_styles", lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    from writemate_jax.checkpoints.models import load_model
    from writemate_jax.compilation_cache import use_compilation_cache

    if options.read and (options.only or options.corpus or options.out != named_styles.assets()):
        raise ValueError("--read reads the package's styles, all of them; leave out --only, --corpus and --out")
    if not options.read and (options.checkpoint or options.corpus) and options.out == named_styles.assets():
        raise ValueError("--checkpoint and --corpus need --out FILE: the package's styles are for its own network")
    use_compilation_cache()
    model = load_model(options.checkpoint)
    if options.read:
        rates = read(model, progress=lambda text: print(text, flush=True))
        if not rates:
            raise ValueError("the package's styles are for another network than this: fit them first")
        print(f"mean: {sum(rates) / len(rates):.1%}")
        return
    corpus = corpora.load(options.corpus or model.config.corpus)
    kept = _kept(options, digest(model.params))
    chosen = [choice for choice in CHOICES if options.only is None or choice.name in options.only]
    made = make(model, corpus, chosen, lambda text: print(text, flush=True))
    by_name = kept | {style.name: style for style in made}
    named_styles.save(options.out, [by_name[choice.name] for choice in CHOICES if choice.name in by_name])
    print(options.out)


def _kept(options: argparse.Namespace, weights: str) -> dict[str, NamedStyle]:
    """The styles that --only leaves as they are in the file."""
    if options.only is None:
        return {}
    wrong = sorted(set(options.only) - {choice.name for choice in CHOICES})
    if wrong:
        raise ValueError(f"--only {','.join(wrong)}; expected some of {', '.join(choice.name for choice in CHOICES)}")
    kept = {style.name: style for style in named_styles.load(options.out) if style.name not in options.only}
    if any(style.weights != weights for style in kept.values()):
        raise ValueError(f"{options.out} is for another network: fit all of its styles, without --only")
    return kept


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m writemate_jax.evaluation.named_styles",
        description="Fits the named styles of a network to lines of writers whom it never saw; some minutes.",
    )
    add = parser.add_argument
    add("--out", type=Path, default=named_styles.assets(), metavar="FILE", help="(default: %(default)s)")
    add("--only", type=lambda value: value.split(","), metavar="NAMES", help="fit these anew, with commas between them,"
        " and leave the others of FILE as they are")  # fmt: skip
    add("--read", action="store_true", help="fit nothing: have a recogniser read the package's styles"
        " (requirements-evaluate.txt)")  # fmt: skip
    add("--checkpoint", type=Path, metavar="DIR", help="the network (default: the embedded one)")
    add("--corpus", type=Path, metavar="FILE", help="the corpus of the writers (default: that of the network)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
