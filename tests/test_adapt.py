"""A style from a few lines of ink."""

import json

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiny
from writemate_jax import strokes
from writemate_jax.data.own_ink import UnfitInk, like_the_corpus
from writemate_jax.drawing.strokes_json import Ink, write_json
from writemate_jax.sampling.writer import InvalidRequest, Writer
from writemate_jax.training import adapt, adapt_command, loop, text_fit
from writemate_jax.training.models import Model, export_model

RNG = np.random.default_rng(0)
LINES = [Ink(tiny.line(text, 0.01, RNG), text) for text in ("lot", "tool", "lolo")]


@given(
    st.floats(0.05, 200), st.floats(-50, 50), st.floats(-50, 50), st.integers(0, 3)
)
@settings(max_examples=20)
def test_size_and_place_of_the_ink_do_not_matter(size, x, y, seed):
    line = tiny.line("tool", 0.02, np.random.default_rng(seed))
    moved = strokes.join([stroke * size + [x, y] for stroke in strokes.split(line)])
    ours, theirs = like_the_corpus(line, "tool"), like_the_corpus(moved, "tool")
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, atol=2e-3)
    assert strokes.bounds(ours)[0] == pytest.approx(0, abs=1e-5)


def test_a_slope_is_taken_out_and_an_x_is_one_high():
    line = tiny.line("ololo oloto", 0.0, RNG)
    sloped = strokes.join([s + np.stack([0 * s[:, 0], 0.2 * s[:, 0]], axis=1) for s in strokes.split(line)])
    level, was = (strokes.to_points(like_the_corpus(x, "ololo oloto")) for x in (sloped, line))
    assert abs(np.polyfit(*level.T, 1)[0]) < 0.05
    o = strokes.split(like_the_corpus(line, "ololo oloto"))[0]
    assert 0.6 < np.ptp(o[:, 1]) < 1.4
    assert np.ptp(level[:, 0]) == pytest.approx(np.ptp(was[:, 0]), rel=0.1)


@pytest.mark.parametrize(
    ("line", "text", "message"),
    [
        (LINES[0].strokes, "", "at least one character"),
        (LINES[0].strokes, "l\u00fct", "\u00fc"),
        (LINES[0].strokes, "a much longer text than that", "times as wide"),
        (np.array([[0, 0, 0], [1, 0, 1]], np.float32), "lot", "no height"),
        (np.array([[0, np.nan, 1]], np.float32), "lot", "finite"),
    ],
)
def test_ink_that_does_not_fit_is_refused_by_name(line, text, message):
    with pytest.raises(UnfitInk, match=message) as caught:
        like_the_corpus(line, text, "line 3")
    assert str(caught.value).startswith("line 3")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    description, *_ = loop.prepare(config := tiny.config(tmp_path_factory.mktemp("adapt")),
                                   loop.corpora.load(config.corpus))  # fmt: skip
    codes = np.ones((1, 4), np.int32)
    from writemate_jax.model.window import Text

    params = description.network().init(
        jax.random.key(0), np.zeros((1, 3, 3), np.float32), Text(codes, np.array([3])))["params"]  # fmt: skip
    params = {**params, "style_kernels": 0.1 * jax.random.normal(jax.random.key(1), params["style_kernels"].shape)}
    return Model(**vars(description), params=jax.device_get(params))


def test_the_fitted_vector_makes_the_ink_likelier_and_the_weights_stay(model):
    before = jax.tree.map(np.copy, model.params)
    style = adapt.fit(model, LINES, steps=8)
    assert style.after < style.before - 0.01
    assert (style.lines, style.vector.shape) == (3, (model.config.model.style_size,))
    for a, b in zip(jax.tree.leaves(before), jax.tree.leaves(model.params), strict=True):
        np.testing.assert_array_equal(a, b)
    none = adapt.fit(model, LINES, steps=0)
    np.testing.assert_array_equal(none.vector, model.params["styles"][0])
    assert none.before == none.after == pytest.approx(style.before, abs=1e-5)


def test_the_command_makes_a_style_that_lines_are_written_in(model, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(text_fit, "LEAST", -np.inf)  # an untrained network cannot tell what ink says
    export_model(tmp_path / "model", model, model.params)
    for i, line in enumerate(LINES):
        write_json(tmp_path / "ink" / f"{i}.json", line)
    arguments = ["--ink", str(tmp_path / "ink"), "--workdir", str(tmp_path / "me"), "--checkpoint",
                 str(tmp_path / "model"), "--steps", "4"]  # fmt: skip
    assert adapt_command.main(arguments) == 0
    stored = json.loads((tmp_path / "me" / "style.json").read_text())
    assert len(stored["style"]) == model.config.model.style_size
    style = np.array(stored["style"] + stored["gates"], np.float32)
    scribe = Writer(model)
    ours = scribe.write(["lot"], style=tmp_path / "me")[0].strokes
    np.testing.assert_array_equal(ours, scribe.write(["lot"], style=style)[0].strokes)
    with pytest.raises(InvalidRequest, match="holds no style"):
        scribe.write(["lot"], style=tmp_path / "ink")

    write_json(tmp_path / "ink" / "9.json", Ink(LINES[0].strokes, "lot" * 9))
    assert adapt_command.main(arguments) == 2
    assert adapt_command.main(["--ink", str(tmp_path), *arguments[2:]]) == 2
    error = capsys.readouterr().err
    assert "times as wide" in error and "holds no .json" in error
