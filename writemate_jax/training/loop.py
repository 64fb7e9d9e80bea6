"""The training run: data, steps, evaluations, checkpoints; resumable at any step."""

from __future__ import annotations

import json
import math
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jax
import numpy as np
from ml_collections import ConfigDict
from tqdm import tqdm

from writemate_jax.checkpoints.models import LAST
from writemate_jax.checkpoints.orbax_checkpoints import Checkpoints
from writemate_jax.config import ConfigurationError
from writemate_jax.data import corpus as corpora
from writemate_jax.data.batches import Batch
from writemate_jax.replacing import write_text
from writemate_jax.training import (
    agreement,
    checking,
    cost,
    evaluation,
    hardware,
    lines,
    lock,
    losses,
    optimizer,
    parallel,
    starting,
    step,
)
from writemate_jax.training import log as logs
from writemate_jax.training.log import Log, plot_learning_curve


class NotFinite(RuntimeError):
    """The loss, a gradient or a weight is not a number, and no checkpoint holds that weight; or the loss of the
    validation is none, and the best checkpoint was left as it is.
    """


class TooLarge(ConfigurationError):
    """A device's memory does not hold an update; the message says what to take less of."""


def run(config: ConfigDict, workdir: Path) -> step.TrainState:
    """Trains until `config.training.steps`, or until SIGTERM, Ctrl-C or `config.training.minutes`, saving as it goes.

    The same call goes on where an earlier one stopped: parameters, optimiser, order of the lines and random numbers are
    functions of the configuration and the step.

    Args:
      config: see `writemate_jax.config`.
      workdir: made if absent; receives checkpoints, logs and pictures.

    Returns:
      The last state, of the first local device.

    Raises:
      NotFinite: see there. ConfigurationError, CorpusError, CheckpointNotFound: a configuration that does not fit
      itself, the corpus, the work directory or the device's memory.
    """
    stop_at = time.monotonic() + 60 * config.training.minutes if config.training.minutes > 0 else math.inf
    started = time.monotonic()
    if "://" in str(workdir):
        raise ConfigurationError(
            f"--workdir is {workdir}; expected a folder on a disk or a network drive (NFS, Filestore). A bucket that is"
            " mounted as one hardly renames folders, as a checkpoint needs; copy the run there when it has ended"
        )
    workdir = Path(workdir)
    workdir.mkdir(parents=True, exist_ok=True)
    checking.check(config)
    corpus = corpora.load(config.corpus)
    description, training, validation = lines.prepare(config, corpus)
    agreement.check(workdir, description.to_json(), corpus)
    network = description.network()
    rule = optimizer.make(config.optimizer, config.training.steps)
    example = next(iter(validation.ordered()))
    state = step.initial_state(network, rule, config.seed, example, config.optimizer.weight_noise)
    with (
        lock.held(workdir),
        Checkpoints(workdir, description, corpus.checksum) as checkpoints,
        _stop_signals() as stop,
    ):
        agreement.check_step(checkpoints.newest)
        restored = checkpoints.restore(state)
        if restored is not None:
            state = restored
        elif config.weights_from:
            state = starting.started_from(state, starting.trained(config.weights_from, description))
            if parallel.is_main():
                cost.note_before(workdir, config.weights_from)
        if restored is not None or config.weights_from:  # the same in all; fresh ones may differ in a bit
            agreement.check_weights(state.params)
        first = int(state.step)
        if parallel.is_main():
            _announce(config, corpus, training, validation, state, first)
            _announce_rate(config, workdir, first)
            hardware.note(workdir)
        log = Log(workdir, first) if parallel.is_main() else None
        costs = cost.Cost.so_far(workdir, first, training.lines, started)
        trainer = _Trainer(
            config, workdir, description, network, rule, training, validation, corpus, checkpoints, log, costs
        )
        try:
            return trainer.train(parallel.replicate(state), first, stop, stop_at)
        except jax.errors.JaxRuntimeError as error:
            if "RESOURCE_EXHAUSTED" not in str(error):
                raise
            raise _too_large(error, config) from error
        finally:
            if log:
                log.close()


def _too_large(error: jax.errors.JaxRuntimeError, config: ConfigDict) -> TooLarge:
    field = "batch_size" if config.data.batch_size else "points_per_batch"
    return TooLarge(
        f"a device's memory does not hold an update: config.data.{field} is {config.data[field]:,}; take less of it"
        f" (the last checkpoint is untouched). {str(error).splitlines()[0]}"
    )


class _Trainer:
    """The loop's parts that stay the same from step to step."""

    def __init__(
        self, config, workdir, description, network, rule, training, validation, corpus, checkpoints, log, cost
    ):
        self.config, self.workdir, self.description = config, workdir, description
        self.training, self.validation, self.corpus = training, validation, corpus
        self.checkpoints, self.log, self.cost = checkpoints, log, cost
        units = step.Units.of(training, config.optimizer.loss_unit)
        self.train_step = step.make_train_step(description, rule, units)
        self.evaluation_step = step.make_evaluation_step(network)
        self.rate = optimizer.learning_rate(config.optimizer, config.training.steps)
        self.clock = time.monotonic()

    def train(self, state, first: int, stop: threading.Event, stop_at: float) -> step.TrainState:
        settings = self.config.training
        if self._is_owed_evaluation(first):
            self._evaluate(first, state)
        waiting: tuple | None = None  # the metrics of the step before: read while the device works on the next
        window: list[losses.Sums] = []
        bar = tqdm(total=settings.steps, initial=first, unit="step", disable=self.log is None, mininterval=2.0)
        batches = lines.order(self.training, self.config, first)
        for at, batch in zip(range(first, settings.steps), batches, strict=False):
            asked = stop.is_set() or time.monotonic() > stop_at
            flag = np.full(jax.local_device_count(), asked, np.float32)
            state, metrics = self.train_step(state, parallel.shard(batch), flag)
            told_to_stop = waiting is not None and self._check(*waiting, window)
            waiting = (at, batch, metrics)
            done = at + 1
            bar.update()
            evaluate = self._is_evaluated(done)
            # Before an evaluation, which takes a while and may end by a kill: its weights are then in the logs, too.
            save = done % settings.save_every == 0 or done == settings.steps or told_to_stop or evaluate
            report = done % settings.log_every == 0
            if save or evaluate or report:
                # Nothing is written before the step that made it has been looked at.
                told_to_stop |= self._check(*waiting, window)
                waiting = None
            if report:
                self._log_training(done, window, metrics, bar)
                window = []
            if save or told_to_stop:
                if self.log:
                    self.log.write("checkpoints", done, **self.cost.now(), of_steps=settings.steps)
                self.checkpoints.save(done, parallel.unreplicate(state))
            ended = done == settings.steps  # which nothing would follow that makes up for its evaluation
            if evaluate and (ended or not told_to_stop):
                self._evaluate(done, state)
            if told_to_stop and not ended:
                tqdm.write(f"stopped at step {done}; saved. The same command goes on.", file=sys.stderr)
                break
        bar.close()
        return parallel.unreplicate(state)

    def _is_evaluated(self, done: int) -> bool:
        settings = self.config.training
        if done <= self.config.optimizer.deviations_first:
            return False  # the means are still those of `weights_from`, and the best must not be somebody else's
        return done % settings.evaluate_every == 0 or done == settings.steps

    def _is_owed_evaluation(self, first: int) -> bool:
        """Whether the run ended between the checkpoint that it goes on from and the evaluation of that step."""
        # Every process reads the same file, before the first evaluation of all lets the main one write to it.
        made = {row["step"] for row in logs.read(self.workdir / "validation.csv")}
        return first > 0 and self._is_evaluated(first) and first not in made

    def _check(self, at: int, batch: Batch, metrics: step.Metrics, window: list) -> bool:
        """Reads a step's metrics; says whether some process was told to stop."""
        metrics = parallel.unreplicate(metrics)
        if not np.isfinite([metrics.sums.nll, metrics.gradient_norm, metrics.weight_norm]).all():
            self._report_not_finite(at, batch, metrics)
        window.append(metrics.sums)
        self.cost.lines += float(metrics.sums.lines)
        return metrics.stop > 0

    def _report_not_finite(self, at: int, batch: Batch, metrics: step.Metrics) -> None:
        ids = [int(i) for i in batch.ids if i >= 0]
        report = {
            "step": at,
            "nll": float(metrics.sums.nll),
            "gradient_norm": float(metrics.gradient_norm),
            "weight_norm": float(metrics.weight_norm),
            "lines": [{"id": i, "source": self.corpus.source(i), "text": self.corpus.text(i)} for i in ids],
        }
        path = self.workdir / f"not_finite_{jax.process_index()}.json"
        write_text(path, json.dumps(report, indent=1))
        raise NotFinite(
            f"step {at}: loss {metrics.sums.nll}, gradient norm {metrics.gradient_norm}, then weights of norm "
            f"{metrics.weight_norm}. The lines of this process are in {path}; the last checkpoint is untouched. Look "
            f"at those lines, or go on {_elsewhere(self.workdir)}."
        )

    def _log_training(self, done: int, window: list, metrics, bar) -> None:
        if self.log is None or not window:
            return
        total = jax.tree.map(lambda *x: np.sum(x), *window)
        now = time.monotonic()
        speed, self.clock = total.points / (now - self.clock), now
        values = {
            "nats_per_line": total.per_line,
            "nats_per_point": total.per_point,
            "sse": total.sse,
            "gradient_norm": float(parallel.unreplicate(metrics.gradient_norm)),
            "learning_rate": float(self.rate(done - 1)),  # of update `done`: Optax counts from 0
            "points_per_second": speed,
            **self.cost.now(),
        }
        if metrics.kl is not None:
            values["kl_per_line"] = float(parallel.unreplicate(metrics.kl)) / self.training.lines
        self.log.write("train", done, **values)
        bar.set_postfix_str(
            f"{total.per_line:.1f} nats/line, {total.per_point:.3f} nats/point, {speed:,.0f} points/s", refresh=False
        )

    def _evaluate(self, done: int, state: step.TrainState) -> None:
        sums = evaluation.validate(self.evaluation_step, state.average, self.validation)
        if not np.isfinite(sums.nll):
            # NaN is below no loss and above none: it must not get near the comparison that keeps the best.
            raise NotFinite(
                f"step {done}: the validation loss is {sums.nll}; the best checkpoint is untouched. Look at the "
                "validation lines, or go on with a lower rate in a new --workdir, from weights of before "
                f"(--config.weights_from={self.workdir / LAST}/STEP, of a step before {done})."
            )
        average = parallel.unreplicate(state.average)
        # The sums are the same in every process, and so all of them take the same branch in the checkpoint.
        self.checkpoints.save_if_best(done, average, float(sums.per_line))
        if self.log is None:
            return
        complete = evaluation.write_samples(
            self.description, average, self.validation, self.corpus, self.workdir / "samples", done
        )
        self.log.write(
            "validation",
            done,
            nats_per_line=sums.per_line,
            nats_per_point=sums.per_point,
            sse=sums.sse,
            complete=complete,
            **self.cost.now(),
        )
        plot_learning_curve(self.workdir)
        ended = f"; {complete:.0%} of lines end by themselves" if np.isfinite(complete) else ""
        tqdm.write(
            f"step {done}: validation {sums.per_line:.2f} nats/line, {sums.per_point:.4f} nats/point, "
            f"SSE {sums.sse:.3f}{ended}",
            file=sys.stderr,
        )
        self.clock = time.monotonic()  # the evaluation is not part of the training's speed


def _elsewhere(workdir: Path) -> str:
    """How to go on with another configuration, which a work directory that has begun does not take."""
    return f"with a lower rate in a new --workdir, from these weights (--config.weights_from={workdir})"


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM sets, or the first Ctrl-C; a second Ctrl-C interrupts at once."""
    stop = threading.Event()

    def ask(number, frame):
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _announce(config, corpus, training, validation, state, first) -> None:
    longest = config.data.max_points
    size = f"{config.data.points_per_batch:,} points"
    if config.data.batch_size:
        size = f"{config.data.batch_size} lines (data.batch_size; with 0 data.points_per_batch would count)"
    weights = sum(np.size(x) for x in jax.tree.leaves(state.average))
    if config.data.short_steps >= config.training.steps:
        print(
            f"all {config.training.steps:,} updates see lines of at most {config.data.short_points:,} points alone: "
            f"config.data.short_steps is {config.data.short_steps:,}",
            file=sys.stderr,
        )
    print(
        f"{len(corpus):,} lines in {corpora.path_of(config.corpus)}; alphabet of {len(corpus.alphabet)}\n"
        f"left out, of 1 point or more than {longest:,}: {training.skipped:,} lines of training, "
        f"{validation.skipped:,} of validation\n"
        f"training: {training.lines:,} lines, {training.steps():,} steps of at most {size} an epoch, "
        f"padded {training.padded_fraction:.1%}, shapes (lines, points, characters) {training.shapes}\n"
        f"validation: {validation.lines:,} lines, padded {validation.padded_fraction:.1%}\n"
        f"{weights:,} weights on {jax.device_count()} {jax.default_backend()} device(s), "
        + (f"going on at step {first}" if first else "from the start"),
        file=sys.stderr,
    )


def _announce_rate(config: ConfigDict, workdir: Path, first: int) -> None:
    """Tells of another number of updates than before: where the rate falls along them, it is another from here on."""
    before = [row["of_steps"] for row in logs.read(workdir / "checkpoints.csv") if row.get("of_steps", math.nan) > 0]
    steps = config.training.steps
    if not before or before[-1] == steps:
        return
    was, is_now = (float(optimizer.learning_rate(config.optimizer, int(n))(first)) for n in (before[-1], steps))
    if was != is_now:
        print(
            f"config.training.steps is {steps:,} and was {before[-1]:,.0f}: the learning rate at step {first:,} is "
            f"{is_now:.3g}, and was to be {was:.3g}",
            file=sys.stderr,
        )
