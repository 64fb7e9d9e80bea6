"""The command line of `evaluate.py`."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from writemate_jax.arguments import biases, positive, run, warn, whole
from writemate_jax.evaluation import imitation_command, usefulness_command
from writemate_jax.figures import command as figures_command

EXAMPLES = """\
examples:
  python evaluate.py legibility --checkpoint runs/x --out runs/x/legibility
  python evaluate.py legibility --biases 0,0.75 --corpus runs/iam.npz --split testset_v --out measured
  python evaluate.py likeness --checkpoint runs/x --out runs/x/likeness
  python evaluate.py alignment --checkpoint runs/x --out runs/x/alignment
  python evaluate.py style --checkpoint runs/x --out runs/x/style
  python evaluate.py dataset --bias 0,1 --bias 0,0.5 --out measured/usefulness
  python evaluate.py likelihood --checkpoint runs/x --corpus open --split validation
  python evaluate.py figures --checkpoint runs/x --prediction runs/y --corpus runs/iam.npz --split testset_v \\
    --out pictures
"""
COUNTS = (2, 4, 8)
BIASES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code, see `arguments.run`."""
    # JAX takes a second to import: mistakes and --help are answered without.
    options = _parser().parse_args(arguments)
    return run("evaluate.py", lambda: options.run(options))


def _legibility(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from writemate_jax.evaluation import legibility, prompts
    from writemate_jax.evaluation.legibility_report import write_report
    from writemate_jax.evaluation.recogniser import RAPIDOCR, Recogniser
    from writemate_jax.sampling.writer import Writer

    recogniser = Recogniser.load()
    writer = Writer.load(options.checkpoint)
    lines = prompts.writable(prompts.load(options.prompts), writer.model.alphabet)
    corpus, indices = _corpus_lines(options)
    about = {
        "checkpoint": _name(options.checkpoint),
        "prompts": f"{len(lines)} lines of {'the package' if options.prompts is None else options.prompts}",
        "seed": f"line i with {options.seed} + i",
        "style": options.style or "by default",
        "real ink": f"{len(indices)} lines of {options.corpus}, split {options.split}, seed {options.lines_seed}",
        "recogniser": f"PP-OCRv6 small of rapidocr {RAPIDOCR}",
    }
    usual = float(writer.model.config.sampling.bias)
    ways = [legibility.Way(bias) for bias in options.biases]
    ways += [legibility.Way(usual, candidates) for candidates in options.candidates if candidates > 1]
    ways.append(legibility.Way(usual, None))
    for way in ways:  # what cannot be written is said before anything is
        writer.lines([line.text for line in lines], way.bias, options.seed, options.style, way.candidates)
    bar = tqdm(total=len(indices) + len(lines) * len(ways), unit="line", disable=None)
    with bar:
        real = legibility.real_lines(corpus, indices)
        floor = legibility.judge(recogniser, real, x_height=_x_height(corpus.unit, real), progress=bar.update)
        written = {}
        for way in sorted(ways, key=lambda way: (way.bias, way.candidates or math.inf)):
            ink = legibility.write_prompts(writer, lines, way, seed=options.seed, style=options.style)
            unit = _x_height(writer.model.unit, ink)
            written[way] = legibility.judge(recogniser, ink, x_height=unit, progress=bar.update)
    paths = write_report(options.out, about, floor, written)
    print(paths[1].read_text(encoding="utf-8"))
    print("\n".join(map(str, paths)))


def _likeness(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from writemate_jax.evaluation import likeness
    from writemate_jax.evaluation.legibility import real_lines
    from writemate_jax.evaluation.likeness_report import write_report
    from writemate_jax.sampling.writer import Writer

    writer = Writer.load(options.checkpoint)
    corpus, indices = _corpus_lines(options)
    x_height = _x_height(corpus.unit, real_lines(corpus, indices))
    real = likeness.real_lines(corpus, indices, writer, x_height=x_height)
    others = _draw(corpus.select(options.training_split.split(",")), options.training_lines, options.lines_seed)
    training = likeness.real_lines(corpus, others, writer, x_height=x_height)
    biases = options.biases or sorted({0.0, float(writer.model.config.sampling.bias)})
    for bias in biases:  # what cannot be written is said before anything is
        writer.lines(real.texts, bias, options.seed, options.style, options.candidates)
    about = {
        "checkpoint": _name(options.checkpoint),
        "real ink": f"{len(real.lines)} lines of {len(set(real.writers))} writers of {options.corpus}, split"
        f" {options.split}, seed {options.lines_seed}",
        "two-sample test": f"trained on {len(training.lines)} lines of {len(set(training.writers))} writers, split"
        f" {options.training_split}",
        "written ink": f"the same texts, line i with seed {options.seed} + i, {_hand(options, writer)}",
    }
    with tqdm(total=1 + len(biases), unit="bias", disable=None) as bar:
        checks = likeness.check(real, training, seed=options.seed)
        found = {}
        for bias in biases:
            bar.update()
            found[bias] = likeness.measure(
                writer, real, training, bias=bias, style=options.style, candidates=options.candidates,
                seed=options.seed,
            )  # fmt: skip
        bar.update()
    paths = write_report(options.out, about, checks, found)
    print(paths[1].read_text(encoding="utf-8"))
    print("\n".join(map(str, paths)))


def _alignment(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from writemate_jax.evaluation import alignment, prompts
    from writemate_jax.evaluation.alignment_report import write_report
    from writemate_jax.sampling.candidates import loop_of
    from writemate_jax.sampling.writer import Writer

    writer = Writer.load(options.checkpoint)
    lines = prompts.writable(prompts.load(options.prompts), writer.model.alphabet)
    biases = options.biases or [float(writer.model.config.sampling.bias)]
    for bias in biases:  # what cannot be written is said before anything is
        writer.lines([line.text for line in lines], bias, options.seed, options.style, options.candidates)
    about = {
        "checkpoint": _name(options.checkpoint),
        "prompts": f"{len(lines)} lines of {'the package' if options.prompts is None else options.prompts}",
        "seed": f"line i with {options.seed} + i, {_hand(options, writer)}",
        "a loop": f"more than {loop_of(writer.model.config.model.kappa_scale)} points on a character",
    }
    found = {
        bias: alignment.write_prompts(
            writer, lines, bias=bias, seed=options.seed, style=options.style, candidates=options.candidates
        )
        for bias in tqdm(biases, unit="bias", disable=None)
    }
    paths = write_report(options.out, about, found)
    print(paths[1].read_text(encoding="utf-8"))
    print("\n".join(map(str, paths)))


def _styles(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from writemate_jax.evaluation.recogniser import Recogniser
    from writemate_jax.evaluation.style_legibility import read_styles
    from writemate_jax.replacing import write_text
    from writemate_jax.sampling.writer import Writer

    recogniser = Recogniser.load()
    writer = Writer.load(options.checkpoint)
    if not writer.model.writers:
        raise ValueError(f"{_name(options.checkpoint)} knows no styles; give a network that does")
    with tqdm(total=len(writer.model.writers), unit="style", disable=None) as bar:
        records = read_styles(writer, recogniser, bias=options.bias, seed=options.seed, progress=bar.update)
    kept = sorted(record.writer for record in records if record.cer <= options.most)
    write_text(options.out / "records.json", json.dumps([asdict(record) for record in records], indent=1) + "\n")
    if not kept:
        raise ValueError(f"no style is read with at most {options.most:.1%} of characters wrong, the best with"
                         f" {records[0].cer:.1%}; give a larger --most")  # fmt: skip
    write_text(options.out / "styles.json", json.dumps(kept, indent=1) + "\n")
    print(f"{len(kept)} of {len(records)} styles are read with at most {options.most:.1%} of characters wrong")
    print(options.out / "styles.json")


def _likelihood(options: argparse.Namespace) -> None:
    from writemate_jax.checkpoints.models import load_model
    from writemate_jax.compilation_cache import use_compilation_cache
    from writemate_jax.evaluation.likelihood import measure
    from writemate_jax.replacing import write_text

    if options.result is not None and (options.checkpoint is None or options.lines is not None):
        raise ValueError("--result needs the --checkpoint of a training, and a whole split: no --lines")
    if options.result is not None and options.result.suffix != ".json":
        raise ValueError(f"--result {options.result}: expected a name that ends with .json; the curve goes beside it")
    use_compilation_cache()
    corpus, indices = _corpus_lines(options)
    model = load_model(options.checkpoint)
    found = measure(model, corpus, indices)
    print(
        f"{found.nats_per_line:.2f} nats a line, {found.nats_per_point:.4f} nats a point, SSE {found.sse:.3f}: offsets"
        f" divided by {', '.join(f'{s:.4f}' for s in found.std)} {found.unit}\n"
        f"{found.nats_per_line_in_units:.2f} nats a line, {found.nats_per_point_in_units:.4f} nats a point: offsets in"
        f" the unit {found.unit}\n"
        f"{found.lines:,} lines of {found.writers:,} writers, {found.points:,} points"
        f" ({'with' if found.rests else 'without'} rests), {found.left_out:,} lines left out"
    )
    if options.out is not None:
        about = {"checkpoint": _name(options.checkpoint), "corpus": options.corpus, "split": options.split}
        write_text(options.out / "likelihood.json", json.dumps({"about": about, **asdict(found)}, indent=1) + "\n")
    if options.result is not None:
        from writemate_jax.evaluation import result

        curve = options.result.with_suffix(".csv").name
        result.write(
            options.result, result.of_run(options.checkpoint, model, found, options.split, curve), options.checkpoint
        )


def _table(options: argparse.Namespace) -> None:
    from writemate_jax.evaluation import graves_table

    if not options.results.is_dir():
        raise ValueError(f"--results {options.results} is no folder; give that of the JSON files of --result")
    if strangers := graves_table.strangers(options.results):
        warn("evaluate.py", f"{', '.join(strangers)}: no row of the table has this name; rows are"
             f" {', '.join(row.name for row in graves_table.ROWS)}, each with {graves_table.HONEST} for the honest"
             " split")  # fmt: skip
    print(graves_table.write(options.results).read_text("utf-8"))


def _corpus_lines(options: argparse.Namespace):
    """The corpus, and the indices of its split's lines: all, or some drawn by the seed, ascending."""
    from writemate_jax.data import corpus as corpora

    corpus = corpora.load(options.corpus)
    return corpus, _draw(corpus.select(options.split.split(",")), options.lines, options.lines_seed)


def _draw(indices, count: int | None, seed: int):
    """Some of the indices, ascending; all of them where there are not more, or the count is None."""
    import numpy as np

    if count is None or count >= len(indices):
        return indices
    return np.sort(np.random.default_rng(seed).choice(indices, count, replace=False))


def _x_height(unit: str, lines) -> float:
    from writemate_jax.drawing.letters import x_height

    return x_height([line.strokes for line in lines], unit)


def _name(checkpoint: Path | None) -> str:
    return "the embedded network" if checkpoint is None else str(checkpoint)


def _hand(options: argparse.Namespace, writer) -> str:
    from writemate_jax.evaluation import ways

    return f"style {options.style or 'by default'}, {ways.candidates(options.candidates, writer.model.config.sampling)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="evaluate.py",
        description="Measures a trained network, beside real ink.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="legibility | likeness | alignment | styles | style |"
                                     " dataset | figures | likelihood | table")  # fmt: skip
    legible = commands.add_parser("legibility", help="lets an independent recogniser read what the network writes")
    legible.set_defaults(run=_legibility)
    alike = commands.add_parser("likeness", help="how near to real ink the written comes, and whether it is told apart")
    alike.set_defaults(run=_likeness)
    aligned = commands.add_parser("alignment", help="whether the window goes through the prompts in order")
    aligned.set_defaults(run=_alignment)
    styled = commands.add_parser("styles", help="which of the network's styles are read well, for its defaults")
    styled.set_defaults(run=_styles)
    styled.add_argument("--out", type=Path, required=True, metavar="DIR", help="for styles.json, which the export"
                        " takes, and records.json")  # fmt: skip
    styled.add_argument("--bias", type=float, metavar="B", help="(default: the network's own)")
    styled.add_argument("--seed", type=whole, default=0, metavar="N", help="text i with seed N + i (default: 0)")
    styled.add_argument("--most", type=float, default=0.04, metavar="SHARE", help="of wrong characters, at most"
                        " (default: 0.04)")  # fmt: skip
    usefulness_command.add(commands)
    imitation_command.add(commands)
    figures_command.add(commands)
    likely = commands.add_parser("likelihood", help="nats per line and per point of a corpus")
    likely.set_defaults(run=_likelihood)
    likely.add_argument("--result", type=Path, metavar="FILE", help="JSON of a training's row in the table: figures,"
                        " cost and hardware by its logs, and its learning curve as .csv beside it")  # fmt: skip
    tabled = commands.add_parser("table", help="the paper's figures beside the results in a folder, as its README.md")
    tabled.set_defaults(run=_table)
    tabled.add_argument("--results", type=Path, default=Path("docs/results"), metavar="DIR",
                        help="(default: %(default)s)")  # fmt: skip

    legible.add_argument("--out", type=Path, required=True, metavar="DIR",
                         help="for legibility.json, .md, .png and contact sheets")  # fmt: skip
    alike.add_argument("--out", type=Path, required=True, metavar="DIR", help="for likeness.json, .md and .png")
    aligned.add_argument("--out", type=Path, required=True, metavar="DIR",
                         help="for alignment.json, .md and maps as .png")  # fmt: skip
    likely.add_argument("--out", type=Path, metavar="DIR", help="for likelihood.json")
    for command, default, shown in (
        (legible, BIASES, "0,0.25,0.5,0.75,1,1.5"),
        (alike, None, "0 and the network's own"),
        (aligned, None, "the network's own"),
    ):
        add = command.add_argument
        add("--biases", type=biases, default=default, metavar="LIST", help=f"with commas (default: {shown})")
        add("--seed", type=whole, default=0, metavar="N", help="line i is written with seed N + i (default: 0)")
    add = alike.add_argument
    add("--training-split", default="train", metavar="NAMES", help="where the network that tells written from real ink"
        " is trained (default: %(default)s)")  # fmt: skip
    add("--training-lines", type=positive, default=4_000, metavar="N", help="of it (default: %(default)s); fewer make"
        " that network weaker and the figure too good")  # fmt: skip
    for command in (legible, aligned):
        command.add_argument("--prompts", type=Path, metavar="DIR", help="other lines: a .txt file for each group")
    legible.add_argument("--candidates", type=_counts, default=COUNTS, metavar="LIST", help="beside single ones, the"
                         " best of so many and of the default number, at the network's own bias (default:"
                         " 2,4,8)")  # fmt: skip
    legible.add_argument("--style", metavar="NAME", help="as sample.py has it")
    for command in (alike, aligned):
        add = command.add_argument
        add("--style", metavar="NAME", help="unknown, random (a hand for each line), or a training writer (default: as"
            " sample.py has it)")  # fmt: skip
        add("--candidates", type=positive, metavar="N", help="written of each line, the best kept (default: as"
            " many as sample.py writes)")  # fmt: skip
    for command in (legible, alike, aligned, styled, likely):
        command.add_argument("--checkpoint", type=Path, metavar="DIR", help="a --workdir of train.py, or a checkpoint"
                             " in there (default: the embedded network)")  # fmt: skip
    for command, lines in (
        (legible, "real lines to read for the floor"),
        (alike, "real lines to compare with"),
        (likely, "lines to take"),
    ):
        add = command.add_argument
        add("--corpus", default="open", metavar="open|FILE", help="real ink (default: %(default)s)")
        add("--split", default="validation", metavar="NAMES", help="of it, with commas (default: %(default)s)")
        add("--lines", type=positive, metavar="N", help=f"{lines} (default: all)")
        add("--lines-seed", type=whole, default=0, metavar="N", help="draws those lines (default: 0)")
    return parser


def _counts(value: str) -> tuple[int, ...]:
    return tuple(sorted({positive(part) for part in value.split(",")}))
