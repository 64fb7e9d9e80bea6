"""The likelihood of a corpus under a network, and the command that prints it."""

import json

import jax
import numpy as np
import pytest

import tiny
from writemate_jax import strokes
from writemate_jax.checkpoints.models import Model, export_model
from writemate_jax.data import corpus as corpora
from writemate_jax.evaluation.command import main
from writemate_jax.evaluation.likelihood import measure
from writemate_jax.model import mdn
from writemate_jax.model.networks import text_batch
from writemate_jax.training.lines import prepare


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("likelihood")


@pytest.fixture(scope="module")
def corpus(folder):
    tiny.config(folder)
    return corpora.load(folder / "tiny.npz")


@pytest.fixture(scope="module")
def model(folder, corpus):
    """A network with random weights, and a unit per axis that is neither 1 nor the same for both."""
    description, _, validation = prepare(tiny.config(folder), corpus)
    network = description.network()
    batch = next(iter(validation.ordered()))
    text = text_batch([description.alphabet.encode("lot")], 8)
    params = network.init(jax.random.key(1), batch.inputs[:1], text)["params"]
    return Model(**vars(description), params=params)


def test_likelihood_is_the_sum_over_single_lines(model, corpus):
    indices = corpus.select(["validation"])
    network, total, squared, points = model.network(), 0.0, 0.0, 0
    predicted = jax.jit(lambda inputs, text: network.mixture(network.apply({"params": model.params}, inputs, text)))
    for i in indices:
        line = corpus.strokes(i)
        line = strokes.add_rests(line) if model.config.data.rests else line
        rows = strokes.normalise(line, model.mean, model.std)[None]
        codes = model.alphabet.encode(corpus.text(i))
        mixture = predicted(rows[:, :-1], text_batch([codes], len(codes) + 1))
        total -= float(jax.jit(mdn.log_prob)(mixture, rows[:, 1:]).sum())
        for weights, means, offset in zip(np.exp(mixture.log_pi[0]), mixture.mu[0], rows[0, 1:, :2], strict=True):
            squared += sum((float(weights @ means[:, axis]) - offset[axis]) ** 2 for axis in (0, 1))
        points += rows.shape[1] - 1
    found = measure(model, corpus, indices)
    assert (found.lines, found.points, found.writers, found.left_out) == (len(indices), points, 1, 0)
    assert found.nats_per_line == pytest.approx(total / len(indices), rel=1e-4)
    assert found.nats_per_point == pytest.approx(total / points, rel=1e-4)
    assert found.sse == pytest.approx(squared / points, rel=1e-4)
    # p(dx, dy) of the unit is p of the normalised offsets over the two deviations.
    shift = np.log(np.float64(model.std)).sum()
    assert found.nats_per_point_in_units == pytest.approx(found.nats_per_point + shift)
    assert found.nats_per_line_in_units == pytest.approx(found.nats_per_line + shift * points / len(indices))


def test_lines_are_measured_on_devices_that_do_not_share_out_the_training_s_batches(model, corpus):
    indices = corpus.select(["validation"])
    other = model.config.copy_and_resolve_references()
    assert other.data.batch_size == 8 == jax.local_device_count()
    other.data.batch_size = 3
    changed = Model(**{**vars(model), "config": other})
    assert measure(changed, corpus, indices).nats_per_line == pytest.approx(
        measure(model, corpus, indices).nats_per_line, rel=1e-5
    )


def test_lines_beyond_the_alphabet_are_left_out_and_another_unit_is_refused(model):
    rng = np.random.default_rng(0)
    lines = [
        corpora.Line(tiny.line("lot", 0.01, rng), text, "a", "validation", str(i))
        for i, text in enumerate(["lot", "l\u00f6t", "lot"])
    ]
    made = {unit: corpora.pack(lines, quantum=1 / 128, unit=unit, provenance={}) for unit in ("x-height", "inch")}
    found = measure(model, made["x-height"], np.arange(3))
    assert (found.lines, found.left_out) == (2, 1)
    with pytest.raises(ValueError, match="'inch'.*'x-height'"):
        measure(model, made["inch"], np.arange(3))


def test_the_command_prints_and_stores_it(model, corpus, folder, capsys):
    export_model(folder / "model", model, model.params)
    arguments = ["likelihood", "--checkpoint", str(folder / "model"), "--corpus", str(folder / "tiny.npz")]
    assert main([*arguments, "--out", str(folder / "out")]) == 0
    stored = json.loads((folder / "out" / "likelihood.json").read_text())
    found = measure(model, corpus, corpus.select(["validation"]))
    assert stored["nats_per_point"] == pytest.approx(found.nats_per_point)
    printed = capsys.readouterr().out
    assert f"{found.nats_per_line:.2f} nats a line" in printed and "in the unit x-height" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["likelihood", "--corpus", "absent.npz"], "absent.npz"),
        (["likelihood", "--split", "test"], "no lines in split"),
        (["likelihood", "--checkpoint", "absent"], "absent is not a folder"),
    ],
)
def test_mistakes_end_with_a_message_and_code_2(arguments, message, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error


@pytest.mark.parametrize(
    "arguments", [["legibility"], ["legibility", "--out", "x", "--biases", "-1"], ["likelihood", "--lines", "0"]]
)
def test_unreadable_arguments_end_with_usage_and_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2 and "usage" in capsys.readouterr().err
