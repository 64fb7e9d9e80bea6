"""`evaluate.py style`: are primed and adapted lines ascribed to the writer whose hand they copy?"""

from __future__ import annotations

import argparse
from pathlib import Path

from writemate_jax.arguments import positive, whole

LINES = 24  # of each of the training's writers, at most, that the recogniser of hands learns from


def add(commands) -> None:
    """Adds the command to those of `evaluate.py`."""
    parser = commands.add_parser("style", help="are primed and adapted lines ascribed to the writer whose hand they"
                                 " copy, and still read?")  # fmt: skip
    option = parser.add_argument
    option("--out", type=Path, required=True, metavar="DIR", help="for style.json, .md and .png")
    option("--checkpoint", type=Path, metavar="DIR", help="a --workdir of train.py, or a checkpoint in there (default:"
           " the embedded network)")  # fmt: skip
    option("--bias", type=float, metavar="B", help="(default: the network's own, in an own hand more)")
    option("--candidates", type=positive, metavar="N", help="written of each line, the best kept (default: as many as"
           " sample.py writes)")  # fmt: skip
    option("--writers", type=positive, metavar="N", help="held-out writers, those first by name (default: all who have"
           " lines enough)")  # fmt: skip
    option("--steps", type=positive, metavar="N", help="of the recogniser of hands; fewer make it weaker")
    option("--seed", type=whole, default=0, metavar="N", help="of all that is random; line i is written with N + i"
           " (default: 0)")  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Runs the command. Raises ValueError for a network that cannot write the open corpus' lines in styles."""
    from tqdm import tqdm

    from writemate_jax.data import corpus as corpora
    from writemate_jax.evaluation import imitation, prompts, ways, writer_recogniser
    from writemate_jax.evaluation.held_out import held_out
    from writemate_jax.evaluation.imitation_report import write_report
    from writemate_jax.evaluation.recogniser import RAPIDOCR, Recogniser
    from writemate_jax.sampling.writer import Writer
    from writemate_jax.strokes import UNIT

    reader = Recogniser.load()
    writer = Writer.load(options.checkpoint)
    if not writer.model.network().styles or writer.model.unit != UNIT:
        raise ValueError(
            f"the network has {len(writer.model.writers)} styles and writes in {writer.model.unit}; expected one that "
            "learned styles, in x-heights"
        )
    writer.lines(["see"], options.bias, options.seed, None, options.candidates)  # what cannot be is said at once
    asked = {"bias": options.bias, "candidates": options.candidates}
    usual = writer.model.config.sampling
    steps = writer_recogniser.STEPS if options.steps is None else options.steps
    corpus = corpora.load()
    texts = prompts.writable(prompts.load(), writer.model.alphabet)
    alphabet = writer.model.alphabet.characters
    people = held_out(corpus, corpus.select(["validation"]), alphabet, seed=options.seed)[: options.writers]
    if not people:
        raise ValueError(f"no writer of the open corpus has lines enough in this network's alphabet, {alphabet!r}")
    taught = writer_recogniser.lines_of_each(corpus, corpus.select(["train"]), LINES, seed=options.seed)
    tested = sum(len(one.tested) for one in people)
    total = 5 * tested + 2 * imitation.LACKING_LINES * len(people)
    with tqdm(total=steps + len(people) + total, disable=None) as bar:
        bar.set_description("a recogniser of hands")
        forms = [writer_recogniser.form(corpus.strokes(i), quantum=corpus.quantum) for i in taught]
        whose = writer_recogniser.train(
            forms, [corpus.writer(i) for i in taught], steps=steps, seed=options.seed, progress=bar.update
        )
        bar.set_description("adapting")
        copied = imitation.hands(writer, corpus, people, progress=bar.update)
        bar.set_description("writing and reading")
        lines = imitation.write(writer, corpus, people, copied, **asked, seed=options.seed)
        found = imitation.judge(lines, corpus, people, whose, reader, progress=bar.update)
        lacking = imitation.lacking(
            writer, corpus, people, copied, texts, reader, **asked, seed=options.seed, progress=bar.update,
        )  # fmt: skip
    about = {
        "checkpoint": "the embedded network" if options.checkpoint is None else str(options.checkpoint),
        "writers": f"{len(people)} of the open corpus' validation split, {tested} texts",
        "given to adapt": f"{_span(one.given for one in people)} lines of each writer; one of them is the primer",
        "known to the recogniser of hands": f"{_span(one.known for one in people)} other lines of each, none of which"
        " holds ink of the tested ones but for a fifth",
        "recogniser of hands": f"trained on {len(taught)} lines of {len({corpus.writer(i) for i in taught})} other"
        f" writers, {steps} steps",
        "recogniser of text": f"PP-OCRv6 small of rapidocr {RAPIDOCR}",
        "written": f"{ways.biases(options.bias, usual)}; {ways.candidates(options.candidates, usual)}; line i with seed"
        f" {options.seed} + i",
    }
    summary = imitation.figures(found, seed=options.seed)
    paths = write_report(options.out, about, people, found, summary, lacking)
    print(paths[1].read_text(encoding="utf-8"))
    print("\n".join(map(str, paths)))


def _span(parts) -> str:
    sizes = [len(part) for part in parts]
    return f"{min(sizes)} to {max(sizes)}"
