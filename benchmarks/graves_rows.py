"""Every row of the paper's table on IAM-OnDB, in slices of some minutes, for a GPU that is lent for as long.

  python -m benchmarks.graves_rows --minutes 9 --out runs/rows

takes the rows in order, trains each to its end, measures it and writes its JSON, its curve and the table. The same
command goes on where the last one stopped; it exits with 0 once all rows are done, with 3 before, and with 4 where the
same command would not help.

On a GPU a scan over the points of a line waits for its kernels to start, not for their arithmetic: an update takes
hardly longer with 256 lines than with 32, so the batches are large, as far as memory goes. The paper's RMSProp divides
a gradient by how much it differs from batch to batch, so that larger batches lengthen its steps by themselves and its
rate stays. Few buckets, since each is compiled by itself. By IAM-OnDB's lengths an epoch is then 44 updates.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ml_collections import ConfigDict

BUCKETS = 5
POINTS_A_LINE = 628  # the mean of IAM-OnDB
EVALUATIONS, SAVES = 12, 24  # of a row
DONE, UNFINISHED, STUCK = 0, 3, 4  # exit codes
MEASURED = "result.json"  # in a row's work directory


@dataclass(frozen=True)
class Row:
    """name: of its files. config: module of `configs`. steps: updates. start: the row whose weights it begins with."""

    name: str
    config: str
    steps: int
    start: str = ""


ROWS = (
    Row("prediction_1x900", "graves_prediction_1x900", 3_000),
    Row("prediction_3x400", "graves_prediction", 4_000),
    Row("prediction_3x400_weight_noise", "graves_prediction_weight_noise", 3_000, start="prediction_3x400"),
    Row("synthesis", "graves_synthesis", 4_000),
    Row("synthesis_weight_noise", "graves_synthesis_weight_noise", 3_000, start="synthesis"),
    Row("synthesis_today", "graves_synthesis_today", 3_000),
    Row("prediction_today", "graves_prediction_today", 3_000, start="synthesis_today"),
)


@dataclass(frozen=True)
class Settings:
    """Of a slice. honest: train on the training split alone, and measure on the two that nothing was chosen by.

    scale: factor of every row's steps. batch: lines, of mean length.
    """

    corpus: str
    out: Path
    results: Path
    minutes: float
    rows: tuple[str, ...] = tuple(row.name for row in ROWS)
    honest: bool = False
    scale: float = 1.0
    batch: int = 256
    seed: int = 0

    @property
    def split(self) -> str:
        return "testset_f,testset_t" if self.honest else "testset_v"


def configure(row: Row, settings: Settings) -> ConfigDict:
    """The row's configuration, with batches, steps and paths of these settings."""
    config = importlib.import_module(f"configs.{row.config}").get_config()
    config.seed = settings.seed
    config.corpus = settings.corpus
    config.data.arrangement = "iam" if settings.honest else "graves"
    config.data.buckets = BUCKETS
    if config.data.batch_size:
        config.data.batch_size = settings.batch
    else:
        config.data.points_per_batch = settings.batch * POINTS_A_LINE
    if row.start:
        config.weights_from = str(settings.out / row.start)
    steps = max(1, round(row.steps * settings.scale))
    # Of the row, not of a scale, by which a run that is done may go on.
    config.data.short_steps = round(config.data.short_steps * row.steps / config.training.steps)
    config.optimizer.deviations_first = min(config.optimizer.deviations_first, steps // 2)  # of a short trial
    config.training.steps = steps
    config.training.evaluate_every = max(1, steps // EVALUATIONS)
    config.training.save_every = max(1, steps // SAVES)
    config.sampling.termination_lines = 16
    return config


def run(settings: Settings, adjust: Callable[[ConfigDict], None] = lambda config: None) -> int:
    """Goes on with the rows for so many minutes; says whether all are `DONE`, time is over, or what is left is `STUCK`.

    A row whose loss is no longer a number is told of and passed over, and so is one whose start is not done.

    Args:
      settings: see there.
      adjust: changes each row's configuration before it is used.

    Raises:
      ConfigurationError: a row in `settings.out` is of other settings than these.
    """
    from writemate_jax import config as configuration
    from writemate_jax.checkpoints.models import load_model
    from writemate_jax.config import ConfigurationError
    from writemate_jax.data import corpus as corpora
    from writemate_jax.evaluation import graves_table, likelihood, result
    from writemate_jax.training import loop

    def prepared(row: Row) -> ConfigDict:
        config = configure(row, settings)
        adjust(config)
        return config

    def done(row: Row, steps: int = 0) -> bool:
        # Asked of the work directory: a result that lies among the published ones may be of another training.
        measured = settings.out / row.name / MEASURED
        if not measured.exists():
            return False
        found = result.read(measured)
        # With the corpus, which a result keeps no statistics of to be told by.
        ours, theirs = (
            {**configuration.identity(configuration.to_json(config)), "corpus": config.corpus}
            for config in (prepared(row), configuration.from_json(found.config))
        )
        if ours != theirs:
            raise ConfigurationError(
                f"{measured.parent} holds a row with another {configuration.difference(ours, theirs, 'config')}; "
                "continue it as it was begun, or choose a new --out"
            )
        return found.last_step >= steps

    end = time.monotonic() + 60 * settings.minutes
    outcome = DONE
    by_name = {row.name: row for row in ROWS}
    for row in (row for row in ROWS if row.name in settings.rows):
        config = prepared(row)
        if done(row, config.training.steps):
            continue
        if row.start and not done(by_name[row.start]):
            print(f"{row.name}: begins with {row.start}, which is not done", file=sys.stderr)
            outcome = STUCK
            continue
        left = (end - time.monotonic()) / 60
        if left <= 0:
            return UNFINISHED
        config.training.minutes = config.training.minutes or left
        workdir = settings.out / row.name
        print(f"{row.name}: {left:.1f} minutes left", file=sys.stderr)
        try:
            state = loop.run(config, workdir)
        except loop.NotFinite as error:
            print(f"{row.name}: {error}", file=sys.stderr)
            outcome = STUCK
            continue
        if int(state.step) < config.training.steps:
            return UNFINISHED
        corpus = corpora.load(config.corpus)
        model = load_model(workdir)
        found = likelihood.measure(model, corpus, corpus.select(settings.split.split(",")))
        path = settings.results / f"{row.name}{graves_table.HONEST if settings.honest else ''}.json"
        of_run = result.of_run(workdir, model, found, settings.split, path.with_suffix(".csv").name)
        result.write(path, of_run, workdir)
        graves_table.write(settings.results)
        result.write(workdir / MEASURED, of_run, workdir)  # last: a row is done once its result is published
    return outcome


def main(arguments: list[str] | None = None) -> int:
    settings = _parse(arguments)
    from writemate_jax.checkpoints.models import CheckpointNotFound
    from writemate_jax.compilation_cache import use_compilation_cache
    from writemate_jax.config import ConfigurationError
    from writemate_jax.data.corpus import CorpusError
    from writemate_jax.evaluation.result import NoRun
    from writemate_jax.training.loop import TooLarge

    use_compilation_cache()  # a slice need not compile what the last one did
    try:
        outcome = run(settings)
    except TooLarge as error:
        print(f"graves_rows: {error}. Give a smaller --batch than {settings.batch}, and with it another --out",
              file=sys.stderr)  # fmt: skip
        return 2
    except (CheckpointNotFound, ConfigurationError, CorpusError, NoRun, OSError) as error:
        print(f"graves_rows: {error}", file=sys.stderr)
        return 2
    print({
        DONE: f"all rows are done: {settings.results}",
        UNFINISHED: "not done; the same command goes on",
        STUCK: "not done; the same command would not help, see above",
    }[outcome], file=sys.stdout if outcome == DONE else sys.stderr)  # fmt: skip
    return outcome


def _more_than_0(kind: type) -> Callable[[str], float]:
    def number(value: str) -> float:
        if not 0 < kind(value) < float("inf"):
            raise argparse.ArgumentTypeError(f"{value!r}; expected a number above 0")
        return kind(value)

    number.__name__ = "number"  # in argparse's message for what is none
    return number


def _parse(arguments: list[str] | None) -> Settings:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.graves_rows", description="Trains and measures the rows of the paper's table."
    )
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="a work directory for each row")
    add("--results", type=Path, metavar="DIR", help="for the JSONs and the table (default: OUT/results)")
    add("--corpus", default="runs/iam.npz", metavar="FILE", help="packed IAM-OnDB (default: %(default)s)")
    add("--minutes", type=_more_than_0(float), default=9.0, metavar="M", help="of this slice (default: %(default)s)")
    add("--rows", default="", metavar="NAMES", help="some of them, with commas (default: all)")
    add("--honest", action="store_true", help="train on train, measure on testset_f and testset_t")
    add("--scale", type=_more_than_0(float), default=1.0, metavar="X", help="factor of all updates (default: 1); a row"
        " with weight noise that began with less than 0.27 cannot go on with more")
    add("--batch", type=_more_than_0(int), default=256, metavar="N", help="lines in a batch; fewer take less"
        " memory (default: %(default)s)")
    add("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args(arguments)
    known = tuple(row.name for row in ROWS)
    rows = tuple(filter(None, options.rows.split(","))) or known
    if set(rows) - set(known):
        parser.error(f"--rows {options.rows}; expected some of {', '.join(known)}")
    return Settings(
        corpus=options.corpus, out=options.out, results=options.results or options.out / "results",
        minutes=options.minutes, rows=rows, honest=options.honest, scale=options.scale, batch=options.batch,
        seed=options.seed,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
