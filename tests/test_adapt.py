"""A style from a few lines of ink."""

import json
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiny
from writemate_jax import strokes
from writemate_jax.alphabet import Alphabet
from writemate_jax.checkpoints.models import Model, digest, export_model
from writemate_jax.data import corpus as corpora
from writemate_jax.data import own_ink
from writemate_jax.data.own_ink import OwnInk, UnfitInk, like_the_corpus
from writemate_jax.drawing import inkml, svg
from writemate_jax.drawing.sheet import sheet
from writemate_jax.drawing.strokes_json import Ink, InvalidInkFile, write_json
from writemate_jax.hands import adapt, styles, text_fit
from writemate_jax.hands import command as adapt_command
from writemate_jax.hands.ink_folder import read_lines
from writemate_jax.limits import MAX_CHARACTERS
from writemate_jax.model.networks import Network
from writemate_jax.replacing import write_text
from writemate_jax.sampling import candidates
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.sampling.writer import Writer
from writemate_jax.training.lines import prepare

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


def test_letters_that_the_alphabet_lacks_are_told_of_the_line_that_has_them():
    alphabet = Alphabet(" lot")
    lines = [replace(LINES[0], text=text) for text in ("lot", " l\u00f3\u0163 ")]
    with pytest.warns(UserWarning) as caught:
        assert own_ink.sized(lines, alphabet).texts == ["lot", "lot"]
    [warning] = caught
    assert "line 1: its ink has '\u00f3', taken for 'o', and '\u0163', taken for 't'; " in str(warning.message)
    assert warning.filename == __file__
    with pytest.raises(UnfitInk, match="mine: its ink has '\U0001f600' .U.1F600., .* give a line without"):
        own_ink.sized([replace(LINES[0], text="lot \U0001f600")], alphabet, ["mine"])


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    config = tiny.config(tmp_path_factory.mktemp("adapt"))
    description, *_ = prepare(config, corpora.load(config.corpus))
    codes = np.ones((1, 4), np.int32)
    from writemate_jax.model.window import Text

    params = description.network().init(
        jax.random.key(0), np.zeros((1, 3, 3), np.float32), Text(codes, np.array([3])))["params"]  # fmt: skip
    params = {**params, "style_kernels": 0.1 * jax.random.normal(jax.random.key(1), params["style_kernels"].shape)}
    return Model(**vars(description), params=jax.device_get(params))


def sized(model: Model) -> OwnInk:
    return own_ink.sized(LINES, model.alphabet)


def test_the_fitted_vector_makes_the_ink_likelier_and_the_weights_stay(model):
    before = jax.tree.map(np.copy, model.params)
    style = adapt.fit(model, sized(model), steps=8)
    assert style.after < style.before - 0.01
    assert (style.lines, style.vector.shape) == (3, (model.config.model.style_size,))
    for a, b in zip(jax.tree.leaves(before), jax.tree.leaves(model.params), strict=True):
        np.testing.assert_array_equal(a, b)
    none = adapt.fit(model, sized(model), steps=0)
    np.testing.assert_array_equal(none.vector, model.params["styles"][0])
    assert none.before == none.after == pytest.approx(style.before, abs=1e-5)


def test_what_stands_behind_a_lines_end_makes_no_hand_and_no_text_unlikely(model, monkeypatch):
    config = model.config.copy_and_resolve_references()
    config.model.sigma_floor = 0.0  # as in the paper
    astray, unroll = replace(model, config=config), Network.unroll

    def far_behind_the_end(network, inputs, *others):  # so far from all ink that a sigma is 0
        there = (inputs != 0).any(axis=-1, keepdims=True)
        return jnp.where(there, unroll(network, inputs, *others), -200.0)

    monkeypatch.setattr(Network, "unroll", far_behind_the_end)
    style = adapt.fit(astray, sized(model), steps=1)
    assert np.isfinite([style.before, style.after]).all()
    ink = sized(model)
    assert np.isfinite(text_fit.gains(astray, list(zip(ink.rows, ink.texts, strict=True)))).all()


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

    assert "warning" not in capsys.readouterr().err

    write_json(tmp_path / "ink" / "0.json", Ink(LINES[0].strokes, "l\u00f3t"))
    write_json(tmp_path / "ink" / "9.json", Ink(LINES[0].strokes, "lot" * 9))
    assert adapt_command.main(arguments) == 2
    assert adapt_command.main(["--ink", str(tmp_path), *arguments[2:]]) == 2
    error = capsys.readouterr().err
    assert "times as wide" in error and "holds no .json" in error
    assert "train.py adapt: warning: " in error and "0.json: its ink has '\u00f3', taken for 'o'; a line" in error


def test_a_style_writes_the_same_before_it_is_saved_and_after(model, tmp_path):
    style = adapt.fit(model, sized(model), steps=2, deep=True)
    styles.save_style(tmp_path, style)
    scribe = Writer(model)
    ours, theirs = (scribe.write(["lot"], style=one, candidates=1)[0].strokes for one in (style, tmp_path))
    np.testing.assert_array_equal(ours, theirs)
    assert style == style and style != replace(style) and {style: 1}[style] == 1


@pytest.mark.parametrize(("wrong", "message"), [
    (["cursive", "print"], "style is .*; expected one for all lines, or numbers"), ("", "style is ''"),
    (np.nan, "style holds numbers that are not finite"), (np.inf, "style holds numbers that are not finite"),
])  # fmt: skip
def test_a_style_of_no_numbers_is_refused(model, wrong, message):
    style = np.full(model.config.model.style_size, wrong) if isinstance(wrong, float) else wrong
    with pytest.raises(InvalidRequest, match=message):
        Writer(model).write(["lot", "lot"], style=style)


@pytest.mark.parametrize("text", [5, ["lot"], "\U0001f600"])
def test_a_style_whose_line_says_nothing_is_named(model, tmp_path, text):
    styles.save_style(tmp_path, replace(adapt.fit(model, sized(model), steps=1), primer=LINES[0]))
    stored = json.loads((tmp_path / styles.FILE).read_text())
    stored["primer"]["text"] = text
    (tmp_path / styles.FILE).write_text(json.dumps(stored))
    with pytest.raises(InvalidRequest, match="style: .*make (one|the style again) with train.py adapt"):
        Writer(model).write(["lot"], style=tmp_path)


def test_a_style_is_refused_by_a_network_that_it_was_not_fitted_for(model, tmp_path):
    styles.save_style(tmp_path, adapt.fit(model, sized(model), steps=1))
    other = Model(**{**vars(model), "params": {**model.params, "head_bias": model.params["head_bias"] + 1}})
    ours, theirs = Writer(model), Writer(other)
    vector = ours.styles(tmp_path, [1])
    for ask in (lambda: theirs.write(["lot"], style=tmp_path), lambda: theirs.styles(tmp_path, [1]),
                lambda: theirs.primer(str(tmp_path))):  # fmt: skip
        with pytest.raises(InvalidRequest, match="style in .* was fitted for another network .* --checkpoint.* adapt"):
            ask()
    # One of an earlier version does not say what it is for.
    stored = json.loads((tmp_path / styles.FILE).read_text())
    assert stored.pop("weights") == digest(model.params)
    (tmp_path / styles.FILE).write_text(json.dumps(stored))
    for scribe in (ours, theirs):
        np.testing.assert_array_equal(scribe.styles(tmp_path, [1]), vector)
        assert scribe.primer(tmp_path).own
    (tmp_path / styles.FILE).write_text("[]")
    with pytest.raises(InvalidRequest, match="holds no style"):
        ours.styles(tmp_path, [1])


def test_a_writer_adapts_and_writes_in_what_it_made(model, tmp_path, monkeypatch):
    with pytest.raises(UnfitInk, match="line 0: the ink hardly says 'lot'"):  # an untrained network cannot tell
        Writer(model).adapt(LINES)
    with pytest.raises(UnfitInk, match="line 1 is 'a.json'; expected ink with its text, or the path of a folder"):
        Writer(model).adapt([LINES[0], "a.json"])
    monkeypatch.setattr(text_fit, "LEAST", -np.inf)
    scribe = Writer(model)
    style = scribe.adapt(LINES)
    for i, line in enumerate(LINES):
        write_json(tmp_path / "ink" / f"{i}.json", line)
    np.testing.assert_allclose(scribe.adapt(tmp_path / "ink").whole, style.whole, atol=1e-3)  # in a file's decimals
    styles.save_style(tmp_path, style)
    [(line, count)], [(kept, as_many)] = (
        scribe.lines(["lot"], None, 3, hand, None, scribe.primer(hand)) for hand in (style, tmp_path)
    )
    assert count == as_many == candidates.usual(model.config.sampling.candidates, "lot", own=True)
    np.testing.assert_allclose(line.style, kept.style, atol=1e-6)
    np.testing.assert_allclose(line.primer.trait, kept.primer.trait, atol=1e-5)
    ours = scribe.write(["lot"], style=style, seed=3, candidates=1)[0].strokes
    assert ours.tobytes() == scribe.write(["lot"], style=style, seed=3, candidates=1)[0].strokes.tobytes()
    assert ours.tobytes() != scribe.write(["lot"], style="unknown", seed=3, candidates=1)[0].strokes.tobytes()
    assert scribe.write_page("lot", style=style, candidates=1)[0].lines
    other = Model(**{**vars(model), "params": {**model.params, "head_bias": model.params["head_bias"] + 1}})
    with pytest.raises(InvalidRequest, match="fitted for another network"):
        Writer(other).write(["lot"], style=style)


def test_a_primer_of_more_characters_than_a_line_has_is_cut_at_a_word():
    text = " ".join(["lot", "tool"] * 20)
    assert len(text) > MAX_CHARACTERS
    prefix = Writer.load(lanes=1).primer(Ink(tiny.line(text, 0.0, RNG), text)).prefix
    assert text.endswith(" " + prefix.strip()) and len(prefix) <= own_ink.PRIMER_CHARACTERS + 1


@given(st.lists(st.sets(st.sampled_from(["json", "inkml", "svg", "SVG"]), min_size=1), min_size=1, max_size=3))
@settings(max_examples=10)
def test_a_line_that_lies_there_in_several_formats_is_one_line(tmp_path_factory, formats):
    folder = tmp_path_factory.mktemp("ink")
    for i, (kinds, line) in enumerate(zip(formats, LINES, strict=False)):
        for kind in kinds:
            path = folder / f"000{i}.{kind}"
            if kind == "json":
                write_json(path, line)
            elif kind == "inkml":
                inkml.write_inkml(path, [line])
            else:
                write_text(path, svg.to_svg(sheet([line.strokes], [line.text])))
    # What a system keeps for itself, another file of the line, and what was made of the lines before.
    for name in ("._0000.json", "0000.plotter.svg", "style.json"):
        (folder / name).write_text("no ink")
    if formats[0] == {"svg"} or formats[0] == {"SVG"}:
        (folder / "0000.plotter.svg").unlink()
    lines, names = read_lines(folder)
    assert [line.text for line in lines] == [line.text for line in LINES[: len(formats)]]
    order = ["json", "inkml", "SVG", "svg"]
    assert names == [str(folder / f"000{i}.{min(kinds, key=order.index)}") for i, kinds in enumerate(formats)]


def test_a_plotters_svg_is_passed_over_where_the_line_is_there_in_order(tmp_path):
    for name in ("0000.svg", "0000.plotter.svg"):
        write_text(tmp_path / name, svg.to_svg(sheet([LINES[0].strokes], [LINES[0].text])))
    assert read_lines(tmp_path)[1] == [str(tmp_path / "0000.svg")]
    (tmp_path / "0000.svg").unlink()
    with pytest.raises(InvalidInkFile, match="in a plotter's order"):
        read_lines(tmp_path)


def test_a_prediction_network_is_not_adapted(model):
    config = model.config.copy_and_resolve_references()
    config.model.window = False
    with pytest.raises(ValueError, match="prediction network.*adapt a synthesis network"):
        adapt.fit(replace(model, config=config), sized(model))


@pytest.mark.parametrize("steps", ["-1", "1.5", "many"])
def test_steps_are_a_whole_number_from_0_up(tmp_path, capsys, steps):
    with pytest.raises(SystemExit) as ended:
        adapt_command.main(["--ink", str(tmp_path), "--workdir", str(tmp_path / "me"), "--steps", steps])
    assert ended.value.code == 2
    assert f"--steps: {steps!r}; expected a whole number from 0 up" in capsys.readouterr().err


def test_less_than_no_steps_are_refused(model):
    with pytest.raises(ValueError, match="-1 steps; expected 0 or more"):
        adapt.fit(model, sized(model), steps=-1)
