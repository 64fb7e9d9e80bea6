"""The same numbers on one device, on eight, and in two processes."""

import functools
import itertools
import os
import re
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import tiny
from writemate_jax import random_keys
from writemate_jax.checkpoints.models import load_model
from writemate_jax.config import ConfigurationError
from writemate_jax.data import corpus as corpora
from writemate_jax.model import mdn
from writemate_jax.model.window import Text
from writemate_jax.training import log, losses, optimizer, parallel, step
from writemate_jax.training.augmentation import augment
from writemate_jax.training.lines import order, prepare

ROOT = Path(__file__).parents[1]


def begun(config):
    """A run's description, training batches and optimiser, and the state that it begins with."""
    description, batches, _ = prepare(config, corpora.load(config.corpus))
    rule = optimizer.make(config.optimizer, config.training.steps)
    state = step.initial_state(description.network(), rule, config.seed, next(batches.ordered()))
    return description, batches, rule, state


def steps_by_hand(config, count):
    """Single-device training without pmap: the oracle. Sums over the whole batch, by the mean number of units.

    The loss and the average of the weights are its own. Returns the weights, their average, and each batch's lines.
    """
    description, batches, rule, state = begun(config)
    network = description.network()
    params, average, moments, lines = state.params, state.params, state.optimizer, []
    data = batches.points if config.optimizer.loss_unit == "point" else batches.lines

    @jax.jit
    def moved(params, moments, batch, key):
        batch = augment(key, batch, config.data, description.mean, description.std)

        def loss(p):
            y = network.apply({"params": p}, batch.inputs, Text(batch.codes, batch.text_length), batch.hands)
            nats = -mdn.log_prob(network.mixture(y, batch.mask), batch.targets)
            return jnp.where(batch.mask > 0, nats, 0.0).sum() / (data / batches.steps())

        updates, moments = rule.update(jax.grad(loss)(params), moments, params)
        return jax.tree.map(lambda p, u: p + u, params, updates), moments

    for i, batch in zip(range(count), order(batches, config, 0), strict=False):
        lines.append(int((batch.ids >= 0).sum()))
        params, moments = moved(params, moments, batch, jax.random.fold_in(random_keys.key(config.seed), i))
        kept = min(config.optimizer.average_decay, (1 + i) / (10 + i))
        average = optax.incremental_update(params, average, 1 - kept)
    return params, average, lines


def steps_on_all_devices(config, count):
    """The same steps by the package; the state is each device's."""
    description, batches, rule, state = begun(config)
    state = parallel.replicate(state)
    train_step = step.make_train_step(description, rule, step.Units.of(batches, config.optimizer.loss_unit))
    for _, batch in zip(range(count), order(batches, config, 0), strict=False):
        state, metrics = train_step(state, parallel.shard(batch), np.zeros(8, np.float32))
        assert float(metrics.sums.lines[0]) == (batch.ids >= 0).sum()
    return state


def assert_same_on_devices(there, expected):
    for device in (0, 7):
        for a, b in zip(jax.tree.leaves(there), jax.tree.leaves(expected), strict=True):
            np.testing.assert_allclose(np.asarray(a)[device], b, atol=1e-5)


def plain(config):
    """No augmentation and no average: what is to be seen does not need them."""
    config.data.slant = config.data.size = config.data.aspect = config.data.unknown_hands = 0.0
    config.optimizer.average_decay = 0.0
    return config


@pytest.mark.parametrize(("unit", "global_norm"), [("point", 1.0), ("line", 0.0), ("point", 0.0)])
def test_eight_devices_equal_one_with_ragged_batches(tmp_path, unit, global_norm):
    assert jax.local_device_count() == 8, "set JAX_NUM_CPU_DEVICES=8 before JAX starts (tests/conftest.py does)"
    config = plain(tiny.config(tmp_path))
    config.optimizer.update(loss_unit=unit, global_norm=global_norm)
    if not global_norm:  # whose steps depend on how large a gradient is, as Adam's do not
        config.optimizer.update(name="rmsprop", learning_rate=1e-3)
    expected, _, lines = steps_by_hand(config, 6)
    assert len(set(lines)) > 1, "the test needs a ragged batch"
    assert_same_on_devices(steps_on_all_devices(config, 6).params, expected)


def test_hands_changed_lines_and_the_average_of_the_weights_are_learned_as_by_one_device(tmp_path):
    several = tiny.corpus()
    several = replace(several, writers=tuple(f"{name}{i % 3}" for i, name in enumerate(several.writers)))
    corpora.save(tmp_path / "tiny.npz", several)
    config = tiny.config(tmp_path)
    config.model.update(style_size=4, layers=1)
    config.data.update(slant=0.1, unknown_hands=0.5)
    config.optimizer.average_decay = 0.2  # which the first steps, of a shorter memory, reach
    params, average, _ = steps_by_hand(config, 4)
    state = steps_on_all_devices(config, 4)
    assert_same_on_devices(state.params, params)
    assert_same_on_devices(state.average, average)
    # One row is of hands not known, the others of the three writers.
    moved = np.abs(np.asarray(state.params["styles"])[0] - begun(config)[3].params["styles"]).max(axis=1)
    assert len(moved) == 4 and moved.min() > 1e-3


@pytest.mark.parametrize("unit", ["line", "point"])
def test_the_updates_of_an_epoch_add_up_to_the_gradient_of_the_mean_whatever_the_batches_hold(tmp_path, unit):
    config = plain(tiny.config(tmp_path))
    config.data.update(batch_size=0, points_per_batch=400, buckets=2)
    config.model.update(window=False, layers=1)  # so that little is compiled
    config.optimizer.loss_unit = unit
    description, batches, _ = prepare(config, corpora.load(config.corpus))
    network = description.network()
    rule = optax.chain(optax.trace(decay=1.0), optax.scale(0.0))  # adds up what it is given, and stays
    state = step.initial_state(network, rule, config.seed, next(batches.ordered()))

    @jax.jit
    def gradient(params, batch):
        return jax.grad(lambda p: losses.sums(network, p, batch).nll)(params)

    epoch = list(itertools.islice(order(batches, config, 0), batches.steps()))
    assert len({int((batch.ids >= 0).sum()) for batch in epoch}) > 1
    expected = functools.reduce(optax.tree.add, [gradient(state.params, batch) for batch in epoch])
    data = batches.lines if unit == "line" else batches.points
    state = parallel.replicate(state)
    train_step = step.make_train_step(description, rule, step.Units.of(batches, unit))
    for batch in epoch:
        state, _ = train_step(state, parallel.shard(batch), np.zeros(8, np.float32))
    for a, b in zip(jax.tree.leaves(state.optimizer[0].trace), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(np.asarray(a)[0] / len(epoch), b / data, rtol=1e-3, atol=1e-5)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def two_processes(arguments) -> list[str]:
    """What Python says with arguments(0) and arguments(1), side by side."""
    processes = [
        subprocess.Popen(
            [sys.executable, *arguments(i)], cwd=ROOT, env=os.environ | {"JAX_NUM_CPU_DEVICES": "2"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for i in range(2)
    ]  # fmt: skip
    try:
        said = [process.communicate(timeout=300)[0].decode() for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], "\n".join(text[-3000:] for text in said)
    return said


TOGETHER = """
import sys
from pathlib import Path
port, rank, folder, corpus = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
sys.path[:0] = [".", "tests"]
from writemate_jax.training import agreement, lock, parallel
parallel.initialize(f"127.0.0.1:{port}", 2, rank)
import numpy as np, tiny
from writemate_jax.checkpoints.orbax_checkpoints import Checkpoints
from writemate_jax.config import ConfigurationError
from writemate_jax.data import corpus as corpora
from writemate_jax.training.lines import prepare

config = tiny.config(folder)
packed = corpora.load(corpus)
about = prepare(config, packed)[0]
agreement.PATIENCE = 1.0

def told(workdir, **changes):
    try:
        workdir.mkdir(exist_ok=True)
        agreement.check(workdir, about.to_json() | changes, packed)
        return "agreed"
    except ConfigurationError as error:
        return error

print(told(folder))
print(told(folder, unit=f"of {rank}"))
print(told(folder, **{f"field_{rank}": 0}))
print(told(folder / str(rank)))
weights = {"w": np.ones((300, 300), np.float32)}

def asked(check, *given):
    try:
        check(*given)
        return "agreed"
    except ConfigurationError as error:
        return error

def twice():
    with lock.held(folder), lock.held(folder):
        pass

for step in (None, 3, 3 + rank, [3, None][rank]):
    print(asked(agreement.check_step, step))
print(asked(agreement.check_weights, weights))
print(asked(agreement.check_weights, {"w": weights["w"] + rank}))
print(asked(twice))
with Checkpoints(folder, about) as checkpoints:  # both are still being written when the next are
    for step in range(1, 13):
        checkpoints.save(step, {"a": weights, "b": weights})
        checkpoints.save_if_best(step, weights, -float(step))
print("saved", checkpoints._last.latest_step(), checkpoints._best.best_step())
"""


def test_processes_that_do_not_belong_together_are_told_and_others_save_side_by_side(tmp_path):
    config, port = tiny.config(tmp_path), free_port()
    for said in two_processes(lambda i: ["-c", TOGETHER, str(port), str(i), str(tmp_path), config.corpus]):
        starts = ("agreed", "process ", "saved", str(tmp_path))
        lines = [line for line in said.splitlines() if line.startswith(starts)]
        assert lines[0] == lines[4] == lines[5] == lines[8] == "agreed" and lines[11:] == ["saved 12 12"]
        for line in lines[6:8]:
            assert line.startswith("process 1 has another newest checkpoint in --workdir than process 0")
        assert lines[9].startswith("process 1 has another digest of the weights to begin with than process 0")
        assert re.search("is being trained in by another process|process 0 cannot begin, and says why", lines[10])
        assert lines[1].startswith("process 1 has another unit than process 0 (here, in process ")
        assert lines[2].startswith("process 1 has another version of WriteMate than process 0")
        assert lines[3].startswith("process 1 does not see the work directory of process 0 (here ")
    assert not list(tmp_path.rglob("*tmp*"))


def test_two_processes_equal_one_also_where_they_go_on(tmp_path):
    config = plain(tiny.config(tmp_path))
    config.model.style_size = 0  # without hands that forget their writer there are no styles
    expected, *_ = steps_by_hand(config, 12)
    flags = [f"--config.{section}.{key}={value}" for section, key, value in (
        ("data", "slant", 0.0), ("data", "size", 0.0), ("data", "aspect", 0.0),
        ("data", "batch_size", 8), ("data", "buckets", 1),
        ("data", "unknown_hands", 0.0), ("model", "style_size", 0),
        ("optimizer", "average_decay", 0.0), ("model", "cells", 16),
        ("optimizer", "warmup_steps", 0), ("optimizer", "cosine_to", 1.0),
        ("training", "save_every", 12), ("training", "evaluate_every", 12),
    )]
    for steps in (5, 12):
        port = free_port()
        two_processes(lambda i, steps=steps, port=port: [
            "train.py", "--config", "configs/smoke.py", f"--config.corpus={config.corpus}",
            "--config.sampling.texts=('lot',)", *flags, f"--config.training.steps={steps}",
            "--workdir", str(tmp_path / "run"),
            "--coordinator", f"127.0.0.1:{port}", "--processes", "2", "--process", str(i),
        ])  # fmt: skip
    assert [row["step"] for row in log.read(tmp_path / "run" / "checkpoints.csv")] == [5, 12]
    params = load_model(tmp_path / "run" / "last").params
    for a, b in zip(jax.tree.leaves(params), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_the_first_device_s_values_are_a_copy_which_stays_when_they_are_donated():
    tree = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.float32(2)}
    there = parallel.replicate(tree)
    here = parallel.unreplicate(there)
    assert not np.shares_memory(here["a"], np.asarray(there["a"].addressable_data(0)))
    assert jax.tree.all(jax.tree.map(lambda a, b: np.shape(a) == np.shape(b) and np.all(a == b), here, tree))


@pytest.mark.parametrize("wrong", [(None, 2, 0), (None, None, 1), ("127.0.0.1:1", 2, None), ("127.0.0.1:1", None, 0)])
def test_processes_are_told_of_each_other(wrong):
    with pytest.raises(ValueError, match="--coordinator.*need|need --coordinator"):
        parallel.initialize(*wrong)


def test_processes_that_jax_cannot_begin_with_are_refused():
    for wrong, message in (
        (("auto", 2, 0), "auto finds --processes and --process by itself"),
        (("auto", 2, None), "auto finds --processes and --process by itself"),
        (("127.0.0.1", 2, 0), "--coordinator is 127.0.0.1; expected HOST:PORT"),
        (("127.0.0.1:99999", 2, 0), "port 99999 of this machine: .*; take another"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            parallel.initialize(*wrong)
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"port {port} of this machine: .*; take another"):
            parallel.initialize(f"127.0.0.1:{port}", 2, 0)
    with pytest.raises(ConfigurationError, match="--process is 5 of --processes 2; expected 0 to N - 1"):
        parallel.initialize("127.0.0.1:1", 2, 5)
    code = "from writemate_jax.training import parallel; parallel.initialize('auto', None, None)"
    # Where a cluster's own variables are set, JAX would find that cluster, and wait for its other processes.
    cluster = ("SLURM_", "OMPI_", "PMI", "KUBERNETES_", "TPU", "JAX_COORDINATOR_")
    alone = {name: value for name, value in os.environ.items() if not name.startswith(cluster)}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=alone, capture_output=True, text=True, timeout=300
    )
    assert "ConfigurationError: --coordinator auto: " in result.stderr


def test_a_batch_that_does_not_divide_is_named():
    with pytest.raises(ValueError, match="6 lines does not divide over 8 devices"):
        parallel.shard({"x": np.zeros((6, 2))})
