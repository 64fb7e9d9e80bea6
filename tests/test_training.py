"""The run: resuming, stopping, failing without loss, compiling no more than it must, and learning."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tiny
from writemate_jax import config as configuration
from writemate_jax import strokes
from writemate_jax.checkpoints.models import CheckpointNotFound, export_model, load_model
from writemate_jax.config import ConfigurationError
from writemate_jax.data import corpus as corpora
from writemate_jax.model.networks import without_text
from writemate_jax.sampling.writer import Writer
from writemate_jax.training import agreement, cost, evaluation, huge_pages, lock, log, loop, losses, step
from writemate_jax.training.augmentation import augment
from writemate_jax.training.lines import order, prepare

ROOT = Path(__file__).parents[1]


def command(config, workdir, **changes):
    """train.py as a process of its own on one device."""
    settings = {
        "corpus": config.corpus, "model.cells": 16, "data.batch_size": 8, "optimizer.warmup_steps": 2,
        "training.log_every": 2, "training.evaluate_every": 20, "training.save_every": 3, "sampling.texts": "('lot',)",
    } | changes
    flags = [f"--config.{key}={value}" for key, value in settings.items()]
    return subprocess.Popen(
        [sys.executable, "train.py", "--config", "configs/smoke.py", "--workdir", str(workdir), *flags],
        cwd=ROOT, env=os.environ | {"JAX_NUM_CPU_DEVICES": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )


def finish(process, code=0):
    output, _ = process.communicate(timeout=600)
    assert process.returncode == code, output.decode()[-3000:]


def newest(workdir):
    """Step of the newest checkpoint, 0 without one."""
    return max((int(p.name) for p in (workdir / "last").glob("[0-9]*") if p.name.isdigit()), default=0)


def wait_for_step(workdir, at_least):
    """Until a checkpoint of that step or a later one is there."""
    for _ in range(15_000):
        if newest(workdir) >= at_least:
            return
        time.sleep(0.02)
    raise AssertionError(f"no checkpoint of step {at_least} in {workdir}")


def assert_same_state(a, b):
    one, other = (jax.tree.leaves(load_model(run / "last").params) for run in (a, b))
    for x, y in zip(one, other, strict=True):
        np.testing.assert_array_equal(x, y)


def test_killed_and_stopped_runs_go_on_bit_for_bit(tmp_path):
    config = tiny.config(tmp_path)
    steps = {"training.steps": 40}
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    finish(command(config, whole, **steps))
    killed = command(config, broken, **steps)
    wait_for_step(broken, 3)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL  # and had not ended before
    reached = newest(broken)
    stopped = command(config, broken, **steps)
    wait_for_step(broken, reached + 1)  # it listens to signals from its first step on
    stopped.send_signal(signal.SIGTERM)
    finish(stopped, code=75)  # SIGTERM is an orderly end, before the last step
    finish(command(config, broken, **steps))
    assert_same_state(whole, broken)
    rows = [log.read(folder / "train.csv") for folder in (whole, broken)]
    assert [r["step"] for r in rows[0]] == [r["step"] for r in rows[1]] == list(range(2, 41, 2))


def test_what_is_not_finite_stops_the_run_and_leaves_its_checkpoints(tmp_path, monkeypatch):
    config, run = small(tmp_path), tmp_path / "run"
    loop.run(config, run)

    def files():
        return {p: p.read_bytes() for name in ("last", "best") for p in (run / name).rglob("*") if p.is_file()}

    before = files()
    config.training.steps = 24
    poisoned = lambda sums: lambda *arguments: (s := sums(*arguments))._replace(nll=s.nll * np.nan)  # noqa: E731
    with monkeypatch.context() as patch:
        patch.setattr(losses, "sums", poisoned(losses.sums))
        with pytest.raises(loop.NotFinite, match="step 12: loss nan.*not_finite_0.json"):
            loop.run(config, run)
    # A root at 0 has a value, and no derivative.
    unsteady = lambda sums: lambda *arguments: (s := sums(*arguments))._replace(nll=s.nll + jnp.sqrt(s.nll * 0))  # noqa: E731
    with monkeypatch.context() as patch:
        patch.setattr(losses, "sums", unsteady(losses.sums))
        with pytest.raises(loop.NotFinite, match=r"step 12: loss [-\d.]+, gradient norm nan"):
            loop.run(config, run)
    report = json.loads((run / "not_finite_0.json").read_text())
    assert report["lines"] and all(set(line["text"]) <= set("lot") for line in report["lines"])
    assert files() == before
    best = {p: kept for p, kept in before.items() if p.is_relative_to(run / "best")}
    config.training.update(steps=18, save_every=100, evaluate_every=14)
    with monkeypatch.context() as patch:
        patch.setattr(evaluation, "validate", poisoned(evaluation.validate))
        with pytest.raises(loop.NotFinite, match="step 14: the validation loss is nan"):
            loop.run(config, run)
    assert best and best.items() <= files().items() and newest(run) == 14
    loop.run(config, run)  # and goes on from there


def test_a_batch_that_memory_does_not_hold_is_told_of_by_its_field(tmp_path, monkeypatch):
    config = tiny.config(tmp_path)
    for message, kind, told in (
        ("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 52613349376 bytes.\nhlo", ConfigurationError,
         r"config.data.batch_size is 8; take less of it.*RESOURCE_EXHAUSTED: Out of memory .* bytes\.$"),
        ("INTERNAL: something else", jax.errors.JaxRuntimeError, "something else"),
    ):  # fmt: skip

        def fail(*_, message=message):
            raise jax.errors.JaxRuntimeError(message)

        monkeypatch.setattr(step, "make_train_step", lambda *_, fail=fail: fail)
        with pytest.raises(kind, match=told):
            loop.run(config, tmp_path / "run")


@pytest.mark.parametrize("save_every", [1, 3])
def test_an_infinite_learning_rate_leaves_no_checkpoint(tmp_path, save_every):
    config = tiny.config(tmp_path)
    config.optimizer.learning_rate = float("inf")
    config.training.save_every = save_every
    with pytest.raises(loop.NotFinite, match="not_finite_0.json"):
        loop.run(config, tmp_path / "burst")
    with pytest.raises(CheckpointNotFound):
        load_model(tmp_path / "burst")


def test_a_run_is_continued_by_its_own_configuration(tmp_path):
    config = small(tmp_path)
    config.training.update(steps=2, evaluate_every=2, save_every=2)
    loop.run(config, tmp_path / "run")
    config.optimizer.learning_rate = 0.5
    with pytest.raises(ValueError, match="another config.optimizer.learning_rate: 0.002 there, 0.5 here"):
        loop.run(config, tmp_path / "run")
    config.optimizer.learning_rate, config.training.validation_lines = 0.002, 3  # by others was the best chosen
    with pytest.raises(ValueError, match="another config.training.validation_lines: 60 there, 3 here"):
        loop.run(config, tmp_path / "run")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("training.log_every", 0, "training.log_every is 0; expected at least 1"),
        ("data.buckets", 0, "data.buckets is 0; expected at least 1"),
        ("seed", -1, "seed is -1; expected 0 to 4.29497e"),
        ("sampling.bias", -1.0, "sampling.bias is -1.0; expected 0 to 50"),
        ("training.steps", 0, "training.steps is 0; expected at least 1"),
        ("optimizer.average_decay", 1.0, "optimizer.average_decay is 1.0; expected 0 to less than 1"),
        ("optimizer.learning_rate", float("nan"), "optimizer.learning_rate is nan; expected at least 0"),
        ("model.mixtures", 0, "model.mixtures is 0; expected at least 1"),
        ("model.rho_max", 1 - 1e-8, "model.rho_max is 0.99999999; expected 0 to 0.999999"),  # 1 in float32
        ("sampling.points", 0, "sampling.points is 0; expected 1 to 65536"),
        ("sampling.points_per_character", 0, "sampling.points_per_character is 0; expected at least 1"),
        ("sampling.texts", ("lot", "l" * 129), "texts has one of 129 characters, 'llll.*; expected 1 to 128"),
        ("sampling.styles", ("nobody",), "sampling.styles has 'nobody', which is no training writer"),
        ("data.unknown_hands", 0.0, "style_size is 32 and config.data.unknown_hands 0: no line would teach"),
    ],
)
def test_what_would_end_a_run_later_is_said_at_its_beginning(tmp_path, field, value, message):
    config = tiny.config(tmp_path).copy_and_resolve_references()
    config.update_from_flattened_dict({field: value})
    with pytest.raises(ConfigurationError, match=f"config.*{message}"):
        loop.run(config, tmp_path / "run")
    assert not (tmp_path / "run" / "last").exists()


def test_a_bucket_is_no_work_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="--workdir is gs://bucket/run; expected a folder on a disk"):
        loop.run(tiny.config(tmp_path), "gs://bucket/run")
    assert not Path("gs:").exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such locks")
def test_a_work_directory_has_one_run_at_a_time(tmp_path):
    config, run = small(tmp_path), tmp_path / "run"
    config.training.steps = 1
    run.mkdir()
    with lock.held(run), pytest.raises(ConfigurationError, match=f"by another process .process {os.getpid()} on "):
        loop.run(config, run)
    assert not (run / "last").exists()
    assert loop.run(config, run).step == 1  # nobody holds it any more


def test_the_processes_of_a_run_compare_what_they_begin_with(tmp_path, monkeypatch):
    config, seen = small(tmp_path), []
    config.training.steps = 1
    monkeypatch.setattr(agreement, "check_step", lambda step: seen.append(step))
    monkeypatch.setattr(agreement, "check_weights", lambda params: seen.append(params))
    for _ in range(2):  # a run that is new, and one that goes on
        state = loop.run(config, tmp_path / "run")
    assert seen[:2] == [None, 1]
    jax.tree.map(np.testing.assert_array_equal, seen[2], state.params)


def test_rests_are_for_a_corpus_whose_letters_have_a_known_size_and_baseline(tmp_path):
    config = tiny.config(tmp_path)
    other = replace(corpora.load(config.corpus), unit="tablet unit")
    config.data.rests = False
    assert prepare(config, other)[0].unit == "tablet unit"
    config.data.rests = True
    assert prepare(config, corpora.load(config.corpus))[0].learns_hands
    with pytest.raises(ConfigurationError, match="config.data.rests is True and the corpus in the unit 'tablet unit'"):
        prepare(config, other)


def test_how_long_a_run_is_to_take_does_not_change_the_order_of_its_lines(tmp_path):
    config = tiny.config(tmp_path)
    config.data.short_steps = 4
    _, training, _ = prepare(config, corpora.load(config.corpus))

    def ids(steps, first):
        config.training.steps = steps
        return [b.ids.tolist() for _, b in zip(range(9), order(training, config, first), strict=False)]

    assert ids(8, 0) == ids(40, 0) and ids(8, 0)[5:] == ids(40, 5)[:4]


def test_the_first_steps_see_short_lines_alone_and_those_after_them_all(tmp_path):
    config = tiny.config(tmp_path)
    config.data.update(buckets=3, batch_size=8, short_points=1, short_steps=3)  # at least the shortest bucket
    _, training, _ = prepare(config, corpora.load(config.corpus))
    shortest, epoch = min(points for _, points, _ in training.shapes), training.steps()
    assert len(training.shapes) > 1
    batches = [batch for _, batch in zip(range(3 + 2 * epoch), order(training, config, 0), strict=False)]
    assert {batch.inputs.shape[1] for batch in batches[:3]} == {shortest}
    assert sorted(i for batch in batches[3 : 3 + epoch] for i in batch.ids if i >= 0) == sorted(training.indices)
    for first in (2, 3, 5):
        again = [batch for _, batch in zip(range(3), order(training, config, first), strict=False)]
        assert [batch.ids.tolist() for batch in again] == [batch.ids.tolist() for batch in batches[first : first + 3]]


def test_a_run_of_before_had_its_first_short_lines_as_a_share_of_its_steps():
    stored = configuration.to_json(configuration.default())
    del stored["data"]["short_steps"]
    stored["data"]["short_first"], stored["training"]["steps"] = 0.02, 13_770
    assert configuration.from_json(stored).data.short_steps == 276  # those below 275.4


def test_a_part_of_the_validation_is_spread_over_all_of_it(tmp_path):
    config = tiny.config(tmp_path)
    rng = np.random.default_rng(0)
    texts = ["lot"] * 4 + ["toll"] * 3 + ["l" * 3] * 5
    lines = [corpora.Line(tiny.line("lot", 0.01, rng), "lot", "a", "train", "a")]
    lines += [corpora.Line(tiny.line(t, 0.01, rng), t, t, "validation", str(i)) for i, t in enumerate(texts)]
    config.training.validation_lines = 3
    corpus = corpora.pack(lines, quantum=1 / 128, unit="x-height", provenance={})
    _, _, validation = prepare(config, corpus)
    assert sorted(corpus.writer(i) for i in validation.indices) == ["lll", "lot", "toll"]


def test_the_share_of_lines_that_end_is_of_texts_that_can_be_written(tmp_path, monkeypatch):
    config = tiny.config(tmp_path)
    rng = np.random.default_rng(0)
    texts = ["lot", "l" * 129, "  ", "ot", "tt", "ll"]
    lines = [corpora.Line(tiny.line("lot", 0.01, rng), "lot", "a", "train", "a")] * 8
    lines += [corpora.Line(tiny.line("lot", 0.01, rng), text, "b", "validation", text) for text in texts]
    corpus = corpora.pack(lines, quantum=1 / 128, unit="x-height", provenance={})
    description, _, validation = prepare(config, corpus)
    state = step.initial_state(
        description.network(), loop.optimizer.make(config.optimizer, 1), 0, next(validation.ordered())
    )
    written = []

    def write(self, texts, seed, **_):
        written.extend(texts)
        assert len(set(seed)) == len(texts)  # each of ink, and with styles of a hand, of its own
        return [SimpleNamespace(complete=text != "ot") for text in texts]

    config.sampling.texts = ()
    monkeypatch.setattr(Writer, "write", write)
    arguments = description, state.params, validation, corpus, tmp_path, 1
    assert evaluation.write_samples(*arguments) == 0.75 and sorted(written) == ["ll", "lot", "ot", "tt"]
    config.sampling.termination_lines = 0
    assert np.isnan(evaluation.write_samples(*arguments)) and len(written) == 4


def test_the_average_of_the_weights_forgets_the_start_and_then_little():
    rng = np.random.default_rng(0)
    average = expected = rng.normal(size=3)
    for at in range(60):
        weights = rng.normal(size=3)
        average = step._average({"w": average}, {"w": weights}, jnp.int32(at), 0.8)["w"]
        share = max(0.2, 1 - (1 + at) / (10 + at))  # of the newest weights
        expected = (1 - share) * expected + share * weights
        np.testing.assert_allclose(average, expected, rtol=1e-4, atol=1e-5)
    assert step._average({"w": average}, {"w": weights}, jnp.int32(60), 0.0)["w"] is weights


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_and_a_second_interrupt_ends_at_once(number):
    before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)]
    with loop._stop_signals() as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)] == before


def test_a_training_starts_itself_again_with_huge_pages_once(monkeypatch):
    started = []
    monkeypatch.setattr(os, "execve", lambda path, arguments, environment: started.append((arguments, environment)))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")  # what the user says stands
    huge_pages.use_huge_pages()
    assert not started
    monkeypatch.delenv("GLIBC_TUNABLES")
    huge_pages.use_huge_pages()
    [(arguments, environment)] = started
    assert arguments == sys.orig_argv and environment == os.environ | {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
    monkeypatch.setattr(os, "environ", environment)
    huge_pages.use_huge_pages()
    monkeypatch.delenv("GLIBC_TUNABLES")
    monkeypatch.setattr(sys, "platform", "darwin")
    huge_pages.use_huge_pages()
    assert len(started) == 1


def test_a_prediction_network_trains_and_writes_whatever_it_likes(tmp_path, capsys):
    config = tiny.config(tmp_path)
    config.model.window = False
    config.sampling.points = 20
    config.training.update(steps=4, evaluate_every=4, save_every=4)
    loop.run(config, tmp_path / "run")
    [row] = log.read(tmp_path / "run" / "validation.csv")
    assert np.isfinite(row["nats_per_line"]) and np.isnan(row["complete"])
    assert "by themselves" not in capsys.readouterr().err
    assert all((tmp_path / "run" / name).stat().st_size > 1000 for name in ("learning_curve.png", "samples/000004.png"))
    assert len(Writer(load_model(tmp_path / "run")).unconditional(seed=1).strokes) == 20


def test_a_prediction_network_may_begin_with_a_synthesis_network(tmp_path):
    config = tiny.config(tmp_path)
    config.training.update(steps=1, evaluate_every=1, save_every=1)
    loop.run(config, tmp_path / "synthesis")
    trained = load_model(tmp_path / "synthesis")
    config.weights_from = str(tmp_path / "synthesis")
    config.model.window = False
    config.optimizer.learning_rate = 0.0
    state = loop.run(config, tmp_path / "prediction")
    expected = without_text(trained.params, trained.alphabet.size)
    assert jax.tree.structure(state.params) == jax.tree.structure(expected)
    for a, b in zip(jax.tree.leaves(expected), jax.tree.leaves(state.params), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_that_have_seen_what_is_to_be_measured_are_no_beginning(tmp_path):
    rng = np.random.default_rng(0)
    lines = [
        corpora.Line(tiny.line("lot", 0.02, rng), "lot", split, split, f"{split}-{i}")
        for split in ("train", "testset_t", "testset_f", "testset_v")
        for i in range(8)
    ]
    config = small(tmp_path)
    config.model.style_size, config.data.unknown_hands = 0, 0.0  # a style for each writer would be other weights
    config.corpus = str(tmp_path / "four.npz")
    corpora.save(config.corpus, corpora.pack(lines, quantum=1 / 128, unit="x-height", provenance={}))
    config.training.update(steps=1, evaluate_every=1, save_every=1)
    for arrangement in ("graves", "iam"):
        config.data.arrangement = arrangement
        loop.run(config, tmp_path / arrangement)
    config.weights_from = f"{tmp_path / 'iam'},{tmp_path / 'graves'}"
    with pytest.raises(ConfigurationError, match='by the arrangement "graves" on testset_f, testset_t, too, which'):
        loop.run(config, tmp_path / "honest")
    config.data.arrangement, config.weights_from = "graves", str(tmp_path / "iam")  # keeps none of what "iam" trains on
    loop.run(config, tmp_path / "more")


def test_a_run_may_begin_with_the_mean_of_networks_of_one_shape(tmp_path):
    config = small(tmp_path)
    config.training.update(steps=2, evaluate_every=1, save_every=1)
    loop.run(config, tmp_path / "run")
    one, other = (load_model(tmp_path / "run" / "last" / step) for step in "12")
    config.weights_from = ",".join(str(tmp_path / "run" / "last" / step) for step in "12")
    config.optimizer.learning_rate = 0.0
    state = loop.run(config, tmp_path / "mean")
    for a, b, mean in zip(*map(jax.tree.leaves, (one.params, other.params, state.params)), strict=True):
        np.testing.assert_allclose(mean, (a + b) / 2, rtol=1e-6)
    usual, larger = corpora.load(config.corpus), config.copy_and_resolve_references()
    larger.corpus = str(tmp_path / "larger.npz")
    corpora.save(larger.corpus, replace(usual, quantum=2 * usual.quantum))
    with pytest.raises(ConfigurationError, match="offsets of mean .* x-height, this run's .* mean another size"):
        loop.run(larger, tmp_path / "larger")
    config.model.cells = 8
    config.weights_from = ""
    loop.run(config, tmp_path / "narrow")
    config.weights_from = f"{tmp_path / 'run'},{tmp_path / 'narrow'}"
    with pytest.raises(ConfigurationError, match="narrow has other weights than .*run"):
        loop.run(config, tmp_path / "none")


def test_a_run_leaves_logs_pictures_and_a_model_and_compiles_each_shape_once(tmp_path, monkeypatch):
    config = tiny.config(tmp_path)
    config.data.buckets = 2
    traces = []
    sums = losses.sums

    def counted(network, params, batch):
        traces.append(batch.inputs.shape)
        return sums(network, params, batch)

    monkeypatch.setattr(losses, "sums", counted)
    run = tmp_path / "run"
    loop.run(config, run)
    _, training, validation = prepare(config, corpora.load(config.corpus))
    # One trace a bucket that occurs, for the step and for the evaluation.
    assert len(traces) == len(training.shapes) + len(validation.shapes)
    assert len(set(traces)) <= len(set(training.shapes) | set(validation.shapes))

    rows = log.read(run / "validation.csv")
    assert [r["step"] for r in rows] == [6, 12]
    assert all(np.isfinite(list(r.values())).all() for r in rows)
    assert all((run / name).stat().st_size > 1000 for name in ("learning_curve.png", "samples/000012.png"))
    assert list((run / "tensorboard").iterdir())
    model = load_model(run)
    assert model.alphabet.characters == "lot" and model.unit == "x-height"
    assert model.config.to_dict() == config.to_dict()


def test_nats_per_line_and_per_point_are_the_mean_over_what_is_real(tmp_path):
    config = tiny.config(tmp_path)
    config.training.validation_lines = 4
    corpus = corpora.load(config.corpus)
    description, _, validation = prepare(config, corpus)
    network = description.network()
    sums = jax.jit(partial(losses.sums, network))
    params = step.initial_state(network, loop.optimizer.make(config.optimizer, 1), 0, next(validation.ordered())).params
    total = None
    for batch in validation.ordered():
        part = sums(params, batch)
        total = part if total is None else jax.tree.map(lambda a, b: a + b, total, part)
    # The same, one line at a time, with nothing padded.
    values, points = [], 0
    for batch in validation.ordered():
        for row in np.flatnonzero(batch.ids >= 0):
            n = int(batch.mask[row].sum())
            alone = jax.tree.map(lambda x, row=row: x[row : row + 1], batch)
            alone = alone._replace(inputs=alone.inputs[:, :n], targets=alone.targets[:, :n], mask=alone.mask[:, :n])
            values.append(float(sums(params, alone).nll))
            points += n
    assert float(total.lines) == len(values) and float(total.points) == points
    assert float(total.per_line) == pytest.approx(np.mean(values), rel=1e-5)
    assert float(total.per_point) == pytest.approx(np.sum(values) / points, rel=1e-5)


def test_what_stands_behind_a_lines_end_makes_no_loss_infinite(tmp_path):
    config = small(tmp_path)
    config.model.sigma_floor = 0.0  # as in the paper
    description, batches, _ = prepare(config, corpora.load(config.corpus))
    network, batch = description.network(), next(batches.ordered())
    params = step.initial_state(network, loop.optimizer.make(config.optimizer, 1), 0, batch).params

    def apply(variables, *inputs):  # far from what any line has there, so that a sigma is 0
        return jnp.where(batch.mask[..., None] > 0, network.apply(variables, *inputs), -200.0)

    astray = SimpleNamespace(window=network.window, mixture=network.mixture, apply=apply)
    value, slope = jax.value_and_grad(lambda p: losses.sums(astray, p, batch).nll)(params)
    assert float(value) == pytest.approx(float(losses.sums(network, params, batch).nll), rel=1e-6)
    assert all(np.isfinite(s).all() for s in jax.tree.leaves(slope))


@pytest.mark.parametrize("normalisation", ["per_axis", "shared"])
def test_augmentation_depends_on_the_line_and_keeps_the_pen(tmp_path, normalisation):
    config = tiny.config(tmp_path)
    config.data.slant, config.data.size, config.data.aspect = 0.3, 0.2, 0.1
    config.data.normalisation = normalisation
    description, training, _ = prepare(config, corpora.load(config.corpus))
    mean, std = description.mean, description.std
    batch = next(training.ordered())
    key = jax.random.key(1)
    new = augment(key, batch, config.data, mean, std)
    np.testing.assert_array_equal(new.inputs[..., 2], batch.inputs[..., 2])
    np.testing.assert_array_equal(new.inputs[:, 1:], new.targets[:, :-1])
    # A linear map of each line: the same for its place in the batch reversed, and determined by two of its points.
    reverse = augment(key, jax.tree.map(lambda x: x[::-1], batch), config.data, mean, std)
    np.testing.assert_allclose(reverse.inputs[::-1], new.inputs, rtol=1e-6)
    for row in range(3):  # as ink, whatever the normalisation has taken from its offsets
        a, b = (strokes.denormalise(np.asarray(x.targets[row]), mean, std)[:, :2] for x in (batch, new))
        matrix, *_ = np.linalg.lstsq(a, b, rcond=None)
        np.testing.assert_allclose(a @ matrix, b, atol=1e-5)
        assert abs(matrix[0, 0] - 1) + abs(matrix[1, 1] - 1) > 1e-3 and abs(matrix[0, 1]) < 1e-5
        n = jax.random.normal(jax.random.fold_in(key, batch.ids[row]), (3,)) * np.array([0.3, 0.2, 0.1])
        expected = [[np.exp(n[1] + n[2]), 0], [np.exp(n[1] + n[2]) * n[0], np.exp(n[1])]]
        np.testing.assert_allclose(matrix, expected, atol=1e-5)


def test_a_log_of_before_there_was_a_column_keeps_its_rows(tmp_path):
    (tmp_path / "train.csv").write_text("step,sse\n2,0.5\n4,0.25\n6,0.125\n")
    for step_, seconds in ((4, 1.5), (6, 2.5)):  # a start from step 4, and one from step 6
        new = log.Log(tmp_path, step_)
        new.write("train", step_ + 2, sse=1.0, seconds=seconds)
        new.close()
    rows = log.read(tmp_path / "train.csv")
    assert [row["step"] for row in rows] == [2, 4, 6, 8]
    assert np.isnan([row["seconds"] for row in rows]).tolist() == [True, True, False, False]


def small(folder, **training):
    """A prediction network of one layer on one shape, so that little is compiled."""
    config = tiny.config(folder, **training)
    config.model.update(window=False, layers=1)
    config.data.buckets, config.sampling.points = 1, 10
    config.data.short_steps = 0
    return config


@pytest.mark.parametrize("save_every", [3, 100])
def test_an_evaluation_that_a_kill_prevented_is_made_at_the_next_start_and_the_cost_goes_on(
    tmp_path, monkeypatch, save_every
):
    config, run = small(tmp_path), tmp_path / "run"
    config.training.save_every = save_every

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(evaluation, "validate", killed)  # behind the checkpoint of step 6, which is made for it
        loop.run(config, run)
    assert newest(run) == 6 and not log.read(run / "validation.csv")
    [*_, saved] = log.read(run / "checkpoints.csv")
    assert saved["step"] == 6
    loop.run(config, run)
    rows = log.read(run / "validation.csv")
    assert [row["step"] for row in rows] == [6, 12]
    assert rows[0]["epochs"] == pytest.approx(saved["epochs"]) and rows[0]["seconds"] > saved["seconds"] > 0
    # Batches of 8 of the 21 lines: 12 of them are 4 epochs.
    assert rows[1]["epochs"] == 4 and rows[1]["seconds"] > rows[0]["seconds"]
    loop.run(config, run)  # nothing is left to do
    assert len(log.read(run / "validation.csv")) == 2


def test_a_run_that_is_stopped_in_its_last_update_is_evaluated_all_the_same(tmp_path):
    config, run = small(tmp_path, minutes=1e-9), tmp_path / "run"
    config.training.steps = 1
    assert loop.run(config, run).step == 1  # as done: nothing would start it again
    assert [row["step"] for row in log.read(run / "validation.csv")] == [1]


def test_what_a_run_began_with_has_cost_stays_when_that_goes_on(tmp_path, monkeypatch):
    losses_there = iter([3.0, 2.0, 1.0])  # of the first, the second, and the first once more
    validate = evaluation.validate
    monkeypatch.setattr(
        evaluation, "validate",
        lambda *arguments: (sums := validate(*arguments))._replace(nll=next(losses_there) * sums.lines),
    )  # fmt: skip
    first, second = small(tmp_path), small(tmp_path)
    first.training.steps = second.training.steps = 2
    second.weights_from = str(tmp_path / "first")
    loop.run(first, tmp_path / "first")
    loop.run(second, tmp_path / "second")
    step, *spent = cost.of_weights(tmp_path / "first")
    assert step == 2 and spent[0] > 0
    first.training.steps = 4
    loop.run(first, tmp_path / "first")
    assert cost.of_weights(tmp_path / "first")[0] == 4
    assert cost.before(tmp_path / "second", second.weights_from) == tuple(spent)
    assert cost.before(tmp_path / "first", "") == (0.0, 0.0)
    # By the folder of one step, or of all of a kind.
    now = cost.before(tmp_path / "new", str(tmp_path / "first"))
    for part in ("best", "last", "best/4", "last/4"):
        assert cost.before(tmp_path / "new", str(tmp_path / "first" / part)) == now
    model = load_model(tmp_path / "first")
    export_model(tmp_path / "models" / "best", model, model.params)  # named as if it were a run's
    assert cost.before(tmp_path / "new", str(tmp_path / "models" / "best")) is None


def test_a_run_of_short_lines_alone_is_told(tmp_path, capsys):
    config = small(tmp_path)
    config.training.steps, config.data.short_steps = 1, 2
    loop.run(config, tmp_path / "run")
    told = f"all 1 updates see lines of at most {config.data.short_points} points alone: config.data.short_steps is 2"
    assert told in capsys.readouterr().err


def test_another_number_of_updates_is_told_with_the_rate_that_it_changes(tmp_path, capsys):
    config, run = small(tmp_path), tmp_path / "run"
    config.optimizer.update(learning_rate=0.01, warmup_steps=0, cosine_to=0.0)
    loop.run(config, run)
    assert "learning rate" not in capsys.readouterr().err
    for row in log.read(run / "train.csv"):  # an update's own rate: the first is made at the whole one
        assert row["learning_rate"] == pytest.approx(0.005 * (1 + np.cos(np.pi * (row["step"] - 1) / 12)), rel=1e-4)
    config.training.steps = 24
    loop.run(config, run)
    # Half of a cosine of 24, where that of 12 was at its end.
    told = "config.training.steps is 24 and was 12: the learning rate at step 12 is 0.005, and was to be 0"
    assert told in capsys.readouterr().err
    assert [row["of_steps"] for row in log.read(run / "checkpoints.csv")][-1] == 24


def test_a_tiny_corpus_is_overfitted_until_it_writes_its_own_text_back(tmp_path):
    # Enough texts that they cannot be known by their beginnings: the network has to read them.
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("lot"), n)) for n in (2, 3, 4, 5) * 12]
    path = tmp_path / "texts.npz"
    corpus = tiny.corpus(texts, jitter=0.02)
    corpora.save(path, corpus)
    config = tiny.config(tmp_path)
    config.corpus = str(path)
    config.model.cells, config.model.layers, config.model.kappa_scale = 64, 1, 0.2
    config.data.slant = config.data.size = config.data.aspect = 0.0
    config.data.batch_size, config.data.buckets, config.data.short_steps = 24, 2, 0
    config.optimizer.update(learning_rate=1e-2, warmup_steps=2, cosine_to=0.02, average_decay=0.0)
    config.training.update(steps=1400, log_every=100, evaluate_every=1400, save_every=1400)
    loop.run(config, tmp_path / "run")
    written = Writer(load_model(tmp_path / "run")).write(texts[:12], bias=2.0, seed=0)
    assert all(line.complete for line in written)
    # Point for point. A pen bit is a coin even where the bias has stilled the pen, and a net this small may miscount a
    # letter that is repeated, so not all of them.
    assert sum(_same_ink(line.strokes, corpus.strokes(i)) for i, line in enumerate(written)) >= 8


def _same_ink(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two lines make the same movements within a quarter of an x-height, and lift the pen at the same points.

    Row 0 is where the line begins, not a movement.
    """
    return a.shape == b.shape and (a[:, 2] == b[:, 2]).all() and np.abs(a - b)[1:].max() < 0.25
