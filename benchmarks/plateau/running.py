"""One run of the study: a small training with some faults, judged as it goes."""

from __future__ import annotations

import csv
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import optax
from flax.serialization import from_bytes, to_bytes
from ml_collections import ConfigDict

from benchmarks.plateau import faults as f
from benchmarks.plateau import measures
from writemate_jax import config as configuration
from writemate_jax import strokes
from writemate_jax.alphabet import Alphabet
from writemate_jax.data import corpus as corpora
from writemate_jax.data.batches import Batch, Batches
from writemate_jax.model.exact import exact
from writemate_jax.model.networks import Network
from writemate_jax.model.window import Text
from writemate_jax.replacing import replacing, write_text
from writemate_jax.training import optimizer


class OtherSettings(ValueError):
    """A folder holds runs of other settings, which cannot be drawn beside these; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """The same for all runs of a study; without faults this is a sound, small training.

    lines, held_out, long_lines: how many train, validate, and are validated on cut. longest: points of a line, more of
    which leave it out. most: points of a line which the faults cut at. thin: one point in so many of a stroke is kept,
    and its last; the points above are counted before that. steps: updates, of `batch` lines each.
    """

    corpus: str
    arrangement: str
    lines: int = 2_600
    held_out: int = 64
    long_lines: int = 32
    longest: int = 500
    most: int = 400
    thin: int = 2
    layers: int = 1
    cells: int = 128
    mixtures: int = 20
    components: int = 10
    batch: int = 16
    buckets: int = 2
    steps: int = 1_200
    evaluations: int = 12
    learning_rate: float = 3e-3
    seed: int = 0


class Row(NamedTuple):
    """A line of a run's table. Losses in nats a point; the columns after `own` are measured in the one sound way.

    training: of the run's own loss, since the row before. own: validation as the run itself would report it.
    validation: whole lines of held-out writers, log space, no factor. long: the same of lines above `most` points, cut,
    with their whole text. worth, past, unseen: see `measures.Reading`, the last two in shares of the points. end: the
    window's place at the last point, as a share of the text. gradient_norm: the largest since the row before.
    not_finite: 1 where the loss or the gradient of this last update was not a number.
    """

    step: int
    points: int
    seconds: float
    training: float
    own: float
    validation: float
    long: float
    worth: float
    end: float
    past: float
    unseen: float
    gradient_norm: float
    not_finite: int


class Data:
    """The corpus' lines that the settings choose, spread over their splits so that a part has all their writers."""

    def __init__(self, settings: Settings):
        self.settings = settings
        config = configuration.default()
        config.corpus = settings.corpus
        whole = corpora.load(config.corpus)
        train, held_out = (whole.select(splits) for splits in corpora.ARRANGEMENTS[settings.arrangement])
        train, held_out = (part[whole.lengths[part] <= settings.longest] for part in (train, held_out))
        if not (len(train) and len(held_out)):
            raise ValueError(f"no lines of at most {settings.longest} points; set --longest higher")
        train = _spread(train, settings.lines)
        self.corpus = corpora.pack(
            [_thinned(whole, i, settings.thin) for i in (*train, *held_out)],
            quantum=whole.quantum, unit=whole.unit, provenance=whole.provenance,
        )  # fmt: skip
        self.alphabet = Alphabet(self.corpus.alphabet)
        self.training = np.arange(len(train))
        held_out = np.arange(len(train), len(self.corpus))
        statistics = self.corpus.statistics(self.training)
        self.mean, self.std = statistics.mean, statistics.std
        self.points = self.corpus.lengths - 1
        self.most = settings.most // settings.thin
        self.held_out = _spread(held_out, settings.held_out)
        long = held_out[self.points[held_out] > self.most]
        if not len(long):
            raise ValueError(f"no held-out line has more than {settings.most} points; set --most lower")
        self.long = _spread(long, settings.long_lines)
        self.longest = max(map(len, self.corpus.texts))

    @cached_property
    def points_per_character(self) -> float:
        return float(self.points[self.training].sum() / sum(len(self.corpus.text(i)) for i in self.training))

    def batches(self, indices, buckets: int) -> Batches:
        """Batches of lines, normalised as all runs are."""
        return Batches(
            self.corpus, indices, self.alphabet, self.mean, self.std,
            buckets=buckets, batch_size=self.settings.batch, max_points=int(self.points.max()),
        )  # fmt: skip

    @cached_property
    def held_out_batches(self) -> list[Batch]:
        return list(self.batches(self.held_out, 2).ordered())

    @cached_property
    def long_batches(self) -> list[Batch]:
        return [f.cut(batch, self.most) for batch in self.batches(self.long, 1).ordered()]


def _thinned(corpus: corpora.Corpus, i: int, thin: int) -> corpora.Line:
    points = [np.concatenate([stroke[:-1:thin], stroke[-1:]]) for stroke in strokes.split(corpus.strokes(i))]
    return corpora.Line(strokes.join(points), corpus.text(i), corpus.writer(i), corpus.split(i), corpus.source(i))


def _spread(indices: np.ndarray, count: int) -> np.ndarray:
    return indices[np.linspace(0, len(indices) - 1, min(count, len(indices))).round().astype(int)]


def sound(settings: Settings, points_per_character: float) -> ConfigDict:
    """The configuration without faults."""
    config = configuration.default()
    config.seed = settings.seed
    config.model.update(
        layers=settings.layers, cells=settings.cells, mixtures=settings.mixtures, components=settings.components,
        kappa_scale=round(1.0 / points_per_character, 3),
    )  # fmt: skip
    config.optimizer.update(
        name="adam", learning_rate=settings.learning_rate, loss_unit="point", global_norm=1.0,
        warmup_steps=settings.steps // 20, cosine_to=0.05,
    )  # fmt: skip
    return config


def run(
    name: str,
    settings: Settings,
    data: Data,
    folder: Path,
    until: int | None = None,
    say: Callable[[str], None] = print,
) -> list[Row]:
    """Makes a run, goes on with it, or reads it where it is finished.

    Its rows are in `folder/NAME.csv`, the course of its window in `NAME.course.csv`, its state in `NAME.state`,
    all of them as of the last evaluation. until: updates after which it stops; the schedule is that of `settings`. A
    run that becomes not a number ends there, as nothing mends its weights.

    Raises `faults.UnknownRun`, `OtherSettings`.
    """
    chosen = f.faults_of(name)
    _same_settings(settings, folder)
    path, course, state = (folder / f"{name}{suffix}" for suffix in (".csv", ".course.csv", ".state"))
    last = min(until or settings.steps, settings.steps)
    rows = read_rows(path)
    if rows and (rows[-1].step >= last or rows[-1].not_finite):
        return rows
    trainer = _Trainer(name, chosen, settings, data)
    if state.exists():
        trainer.restore(state.read_bytes())
    # Rows are written before the state: a kill in between leaves one too many.
    rows = [row for row in rows if row.step <= trainer.step]
    for row, reading in trainer.rows(rows[-1] if rows else None, last):
        rows.append(row)
        write_rows(path, rows)
        if reading is not None:
            write_text(course, "".join(f"{x:.4f}\n" for x in reading.course / reading.lines))
        with replacing(state) as temporary:
            temporary.write_bytes(trainer.stored())
        say(f"{name}: update {row.step}, validation {row.validation:.3f}, worth {row.worth:.3f}, {row.seconds:.0f} s")
    return rows


class _Trainer:
    def __init__(self, name: str, chosen: frozenset[str], settings: Settings, data: Data):
        self.settings, self.data, self.chosen = settings, data, chosen
        base = sound(settings, data.points_per_character)
        base.model.window = name != f.UNREAD
        config = f.configured(base, chosen)
        self.network = f.network(config, chosen, len(data.alphabet.characters), data.longest)
        # Judged without the factor, which sampling lacks; the kappa scale is part of what the weights mean. Clipping is
        # of no account forwards: with the same bounds, runs share compiled code.
        self.judged = Network.from_config(config.model, len(data.alphabet.characters)).clone(
            lstm_clip=base.model.lstm_clip, output_clip=base.model.output_clip
        )
        self.loss = f.loss_of(chosen)
        self.rule = optimizer.make(config.optimizer, settings.steps)
        lines, self.cut = f.training_lines(chosen, data.training, data.points, data.most)
        self.training = data.batches(lines, settings.buckets)

        self.step = 0
        self.params = self._start()
        self.state = self.rule.init(self.params)

    def stored(self) -> bytes:
        """What `restore` takes, to go on with the same updates."""
        return to_bytes({"step": self.step, "params": self.params, "state": self.state})

    def restore(self, stored: bytes) -> None:
        found = from_bytes({"step": 0, "params": self.params, "state": self.state}, stored)
        self.step, self.params, self.state = int(found["step"]), found["params"], found["state"]

    def rows(self, before: Row | None, last: int) -> Iterator[tuple[Row, measures.Reading | None]]:
        """A row at each evaluation after `before`, up to the update `last`, and the reading of its weights."""
        settings, start = self.settings, time.monotonic() - (before.seconds if before else 0.0)
        every = max(1, settings.steps // settings.evaluations)
        update = jax.jit(exact(self._update), donate_argnums=(0, 1))
        points = before.points if before else 0.0
        nats = seen = norm = 0.0
        for batch in itertools.islice(self._order(), self.step, last):
            self.params, self.state, (loss, counted, gradient) = update(self.params, self.state, batch)
            self.step += 1
            loss, counted, gradient = float(loss), float(counted), float(gradient)
            bad = not (np.isfinite(loss) and np.isfinite(gradient))
            points, nats, seen = points + counted, nats + loss, seen + counted
            norm = max(norm, gradient)
            if self.step % every and self.step != last and not bad:
                continue
            alive = all(bool(np.isfinite(x).all()) for x in jax.tree.leaves(self.params))
            judged, reading = self._judge(self.params)
            yield Row(self.step, int(points), time.monotonic() - start, nats / seen, *judged, norm, int(bad)), reading
            if not alive:
                return
            nats = seen = norm = 0.0

    def _start(self):
        batch = next(self.training.ordered())
        text = Text(batch.codes[:1], batch.text_length[:1]) if self.network.window else None
        return self.network.init(jax.random.key(self.settings.seed), batch.inputs[:1, :2], text)["params"]

    def _order(self) -> Iterator[Batch]:
        epoch = 0
        while True:
            for batch in self.training.epoch(self.settings.seed, epoch):
                yield f.cut(batch, self.cut) if self.cut else batch
            epoch += 1

    def _update(self, params, state, batch: Batch):
        points = batch.mask.sum()

        def total(params):
            return measures.line_losses(self.network, self.loss, params, batch).sum()

        # Of the sum, as the bounds of the derivatives are meant for; divided below.
        loss, gradient = jax.value_and_grad(total)(params)
        gradient = jax.tree.map(lambda g: g / points, gradient)
        updates, state = self.rule.update(gradient, state, params)
        return optax.apply_updates(params, updates), state, (loss, points, optax.tree.norm(gradient))

    def _judge(self, params) -> tuple[tuple[float, ...], measures.Reading | None]:
        data = self.data
        long = measures.nats_per_point(self.judged, f.log_space, params, data.long_batches)
        if self.network.window:
            reading = measures.read(self.judged, f.log_space, params, data.held_out_batches)
            validation, worth, end = reading.per_point, reading.worth, reading.course[-1] / reading.lines
            past, unseen = reading.past / reading.points, reading.unseen / reading.points
        else:
            reading = None
            validation = measures.nats_per_point(self.judged, f.log_space, params, data.held_out_batches)
            worth = end = past = unseen = float("nan")
        own = validation
        if self.chosen & {f.LONG_VALIDATION, f.PHI_FACTOR, f.PROBABILITY_SPACE}:
            batches = data.long_batches if f.LONG_VALIDATION in self.chosen else data.held_out_batches
            own = measures.nats_per_point(self.network, self.loss, params, batches)
        return (own, validation, long, worth, end, past, unseen), reading


def write_rows(path: Path, rows: list[Row]) -> None:
    with replacing(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Row._fields)
        writer.writerows([f"{value:.6g}" if isinstance(value, float) else value for value in row] for row in rows)


def read_rows(path: Path) -> list[Row]:
    """The rows of a run so far; none where there is no file."""
    if not path.exists():
        return []
    with open(path, newline="") as file:
        return [
            Row(**{k: int(v) if k in ("step", "points", "not_finite") else float(v) for k, v in row.items()})
            for row in csv.DictReader(file)
        ]


def _same_settings(settings: Settings, folder: Path) -> None:
    path, ours = folder / "settings.json", asdict(settings)
    if not path.exists():
        return write_text(path, json.dumps(ours, indent=1) + "\n")
    theirs = json.loads(path.read_text("utf-8"))
    if theirs != ours:
        other = ", ".join(f"{k} {theirs.get(k)!r} (now {v!r})" for k, v in ours.items() if theirs.get(k) != v)
        raise OtherSettings(f"{folder} holds runs with {other}; give another --out, or the same settings")


__all__ = ["Data", "OtherSettings", "Row", "Settings", "read_rows", "run", "sound", "write_rows"]
