"""The study of the plateau: each fault does what it is said to do, and runs are made once."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import tiny
from benchmarks.plateau import faults as f
from benchmarks.plateau import measures, running
from benchmarks.plateau.__main__ import main
from writemate_jax.data import corpus as corpora
from writemate_jax.data.batches import Batch
from writemate_jax.model import mdn, window
from writemate_jax.model.networks import Network
from writemate_jax.training import log, optimizer

SMALL = ["--layers", "1", "--cells", "8", "--thin", "1", "--most", "16", "--batch", "8", "--steps", "4"]
SMALL += ["--evaluations", "2", "--held-out", "7", "--long-lines", "2"]


@pytest.fixture(scope="module")
def config():
    settings = running.Settings("tiny", "open", layers=1, cells=8, mixtures=4, components=3, steps=100)
    return running.sound(settings, points_per_character=20.0)


def lines(count: int = 3, points: int = 30, longest: int = 8) -> Batch:
    """Random ink and texts of 2, 3, ... characters of an alphabet of 5."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(count, points + 1, 3)).astype(np.float32)
    rows[..., 2] = rows[..., 2] > 1
    length = np.arange(2, 2 + count, dtype=np.int32)
    codes = np.where(np.arange(longest) < length[:, None], rng.integers(1, 6, (count, longest)), 0).astype(np.int32)
    mask = np.ones((count, points), np.float32)
    return Batch(rows[:, :-1], rows[:, 1:], mask, codes, length, np.zeros(count, np.int32), np.arange(count))


def fresh(network: Network, batch: Batch) -> dict:
    text = window.Text(batch.codes, batch.text_length)
    return network.init(jax.random.key(0), batch.inputs[:, :2], text)["params"]


def mixture(y: np.ndarray) -> mdn.Mixture:
    return mdn.split(jnp.asarray(y, jnp.float32), rho_max=1.0)


def test_probability_space_is_the_log_space_loss_where_nothing_underflows():
    rng = np.random.default_rng(1)
    y, points = rng.normal(size=(200, mdn.width(4))), rng.normal(size=(200, 3))
    points[:, 2] = points[:, 2] > 0
    np.testing.assert_allclose(
        f.probability_space(mixture(y), points), f.log_space(mixture(y), points), rtol=1e-4, atol=1e-4
    )


def test_probability_space_is_a_constant_without_derivative_where_all_components_underflow():
    y, far = np.zeros(mdn.width(4)), np.array([20.0, 0.0, 0.0])  # sigma is 1
    value, gradient = jax.value_and_grad(lambda y: f.probability_space(mixture(y), far))(y)
    assert value == pytest.approx(-np.log(f.EPSILON) + np.log(2), rel=1e-6)  # and a pen of two equal chances
    assert not np.any(gradient[1:])  # all that describes the Gaussians
    sound = jax.grad(lambda y: f.log_space(mixture(y), far))(y)
    assert np.abs(sound[1:]).max() > 1


def test_a_saturated_pen_has_an_infinite_loss_in_probability_space_alone():
    y = np.zeros(mdn.width(4))
    y[0] = 200.0  # e = 0
    up = np.array([0.0, 0.0, 1.0])
    assert np.isinf(f.probability_space(mixture(y), up)) and np.isfinite(f.log_space(mixture(y), up))


@pytest.mark.parametrize(("faults", "points"), [((), 20), ((f.KAPPA_ONE,), 1)])
def test_a_fresh_window_takes_so_many_points_a_character(config, faults, points):
    batch = lines(points=points * 12)
    network = f.network(f.configured(config, frozenset(faults)), frozenset(faults), 5, 10)
    _, _, kappa = measures.unroll(network, fresh(network, batch), batch)
    on_the_text = (np.asarray(kappa).mean(axis=-1) <= batch.text_length).sum(axis=0)
    np.testing.assert_allclose(on_the_text / batch.text_length, points, rtol=0.5)


def test_the_factor_on_phi_is_the_longest_text_over_the_text(config):
    batch, faults = lines(), frozenset([f.PHI_FACTOR])
    sound = f.network(config, frozenset(), 5, 4)
    loud = f.network(f.configured(config, faults), faults, 5, 4)  # the last of the three texts has 4 characters
    params = fresh(sound, batch)
    y, phi, _ = measures.unroll(sound, params, batch)
    other_y, other_phi, _ = measures.unroll(loud, params, batch)
    factor = 4 / batch.text_length[:, None]
    np.testing.assert_allclose(other_phi[0], phi[0] * factor, rtol=1e-5)
    np.testing.assert_allclose(other_y[:, -1], y[:, -1], rtol=1e-5, atol=1e-6)
    assert not np.allclose(other_y[:, 0], y[:, 0], atol=1e-3)
    # The training's own call has it, too.
    nats, other_nats = (measures.line_losses(network, f.log_space, params, batch) for network in (sound, loud))
    np.testing.assert_allclose(other_nats[-1], nats[-1], rtol=1e-5)
    assert not np.allclose(other_nats[0], nats[0], rtol=1e-4)


def test_without_clipping_a_far_point_has_its_whole_derivative(config):
    batch = lines()
    batch.targets[0, 5, 0] = 1e4
    norms = []
    for faults in (frozenset(), frozenset([f.NO_CLIPPING])):
        chosen = f.configured(config, faults)
        network = f.network(chosen, faults, 5, 10)
        params = fresh(network, batch)
        gradient = jax.jit(jax.grad(lambda p, n=network: measures.line_losses(n, f.log_space, p, batch).sum()))(params)
        norms.append(np.abs(gradient["head_bias"]).max())
        rule = optimizer.make(chosen.optimizer, 100)
        updates, _ = jax.jit(rule.update)(gradient, rule.init(params), params)
        assert np.isfinite(optax.tree.norm(updates))
    assert norms[0] <= 100 * batch.mask.sum() < norms[1]
    assert f.configured(config, frozenset([f.NO_CLIPPING])).optimizer.global_norm == 0


def test_constant_adam_is_constant(config):
    chosen = f.configured(config, frozenset([f.CONSTANT_ADAM])).optimizer
    rate = optimizer.learning_rate(chosen, 100)
    assert [float(rate(step)) for step in (0, 50, 100)] == pytest.approx([8e-4] * 3)
    sound = optimizer.learning_rate(config.optimizer, 100)
    assert sound(0) == 0 and sound(100) < sound(5) / 10


def test_lines_are_cut_with_their_whole_text_and_long_ones_left_to_validation():
    batch = lines(points=30)
    cut = f.cut(batch, 12)
    assert cut.inputs.shape == cut.targets.shape == (3, 12, 3) and cut.mask.sum() == 36
    np.testing.assert_array_equal(cut.codes, batch.codes)
    points = np.array([5, 20, 12])
    assert f.training_lines(frozenset([f.LONG_VALIDATION]), [0, 1, 2], points, 12) == ([0, 2], 0)
    assert f.training_lines(frozenset([f.CUT_TRAINING]), [0, 1, 2], points, 12) == ([0, 1, 2], 12)
    assert f.training_lines(frozenset(), [0, 1, 2], points, 12) == ([0, 1, 2], 0)


def test_a_text_that_is_not_read_is_worth_nothing(config):
    batch = lines()
    network = f.network(config, frozenset(), 5, 10)
    params = fresh(network, batch)
    kernel = params["lstm_0"]["kernel"]
    deaf = params | {"lstm_0": params["lstm_0"] | {"kernel": kernel.at[3:8].set(0.0)}}
    assert measures.read(network, f.log_space, deaf, [batch]).worth == pytest.approx(0, abs=1e-6)
    reading = measures.read(network, f.log_space, params, [batch])
    assert abs(reading.worth) > 1e-6
    assert reading.per_point == pytest.approx(measures.nats_per_point(network, f.log_space, params, [batch]), rel=1e-5)


def test_runs_have_names():
    assert f.faults_of("all") == set(f.ORIGIN) and not f.faults_of("none")
    assert f.faults_of("all_but_kappa_one") == set(f.ORIGIN) - {f.KAPPA_ONE}
    with pytest.raises(f.UnknownRun, match="'all_but_nothing'.*kappa_one"):
        f.faults_of("all_but_nothing")


@pytest.fixture(scope="module")
def corpus_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("plateau") / "tiny.npz"
    corpora.save(path, tiny.corpus(["lot", "to", "toll", "lol"] * 5))
    return path


def test_two_faults_are_run_once_and_drawn(corpus_file, tmp_path, capsys):
    command = ["--corpus", str(corpus_file), "--arrangement", "open", "--out", str(tmp_path / "runs"), *SMALL]
    assert main([*command, "--only", "kappa_one", "all"]) == 0
    rows = running.read_rows(tmp_path / "runs" / "all.csv")
    assert [row.step for row in rows] == [2, 4] and all(np.isfinite(row.validation) for row in rows)
    assert rows[0].own != rows[0].validation and 0 <= rows[0].end <= 1
    assert "| `kappa_one` |" in capsys.readouterr().out
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").iterdir()}
    assert main([*command, "--only", "kappa_one", "--draw", str(tmp_path / "docs")]) == 0
    assert all(path.stat().st_mtime_ns == made[path] for path in made if path.stem in ("all", "kappa_one"))
    assert {"curves.csv", "summary.csv", "curves.png", "window.png"} == {p.name for p in (tmp_path / "docs").iterdir()}
    assert len((tmp_path / "docs" / "curves.csv").read_text().splitlines()) == 5
    assert main([*command, "--only", "all", "--seed", "1"]) == 2
    assert "seed 0 (now 1)" in capsys.readouterr().err


def test_a_run_that_was_cut_short_goes_on_to_the_same_figures(corpus_file, tmp_path):
    settings = running.Settings(
        str(corpus_file), "open", layers=1, cells=8, thin=1, most=16, batch=8, steps=6, held_out=7, long_lines=2,
        evaluations=3,
    )  # fmt: skip
    data = running.Data(settings)
    said = []
    whole = running.run("kappa_one", settings, data, tmp_path / "whole", say=said.append)
    for until in (2, 2, 4, None):
        broken = running.run("kappa_one", settings, data, tmp_path / "broken", until, say=said.append)
    assert len(said) == 2 * len(whole) == 6  # the second call with 2 had nothing to do
    for a, b in zip(whole, broken, strict=True):
        assert a._replace(seconds=0, training=0) == pytest.approx(b._replace(seconds=0, training=0), rel=1e-4)


def test_a_run_that_is_not_a_number_ends_and_says_when(corpus_file, tmp_path):
    settings = running.Settings(
        str(corpus_file), "open", layers=1, cells=8, thin=1, most=16, batch=8, steps=6, held_out=7, long_lines=2,
        evaluations=1, learning_rate=float("inf"),
    )  # fmt: skip
    rows = running.run("none", settings, running.Data(settings), tmp_path, say=lambda line: None)
    assert rows[-1].step < 6 and rows[-1].not_finite == 1 and not np.isfinite(rows[-1].validation)
    assert log.read(tmp_path / "none.csv")[-1]["not_finite"] == 1


def test_without_runs_there_is_nothing_to_draw(tmp_path, capsys):
    assert main(["--out", str(tmp_path)]) == 2
    assert "holds no runs" in capsys.readouterr().err
