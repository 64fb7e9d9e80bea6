"""Named styles: the file, the writer that takes the names, the command, and how they are made."""

import copy
import dataclasses
import json
import re

import jax
import numpy as np
import pytest
from PIL import Image

import tiny
from writemate_jax.alphabet import Alphabet
from writemate_jax.checkpoints.models import Model, digest, export_model, load_model
from writemate_jax.data import corpus as corpora
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.evaluation import named_styles as making
from writemate_jax.hands import adapt, named_styles
from writemate_jax.hands.named_styles import InvalidStyles, NamedStyle, load, save
from writemate_jax.hands.styles import Style, save_style
from writemate_jax.model.window import Text
from writemate_jax.sampling import style_choice, style_list
from writemate_jax.sampling.command import main as sample
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.sampling.writer import Writer
from writemate_jax.training.lines import prepare

RNG = np.random.default_rng(0)


# The styles that come with the package


@pytest.fixture(scope="module")
def package_model():
    return load_model()


def test_the_packages_styles_are_people_whom_the_network_never_saw_with_ink_that_is_really_theirs(package_model):
    styles = load()
    assert len(styles) >= 12
    assert all(re.fullmatch("[a-z]+(-[a-z]+)?", style.name) for style in styles)
    for field in ("name", "note", "writer"):
        assert len({getattr(style, field) for style in styles}) == len(styles)
    assert not {style.writer for style in styles} & set(package_model.writers)
    corpus = corpora.load(package_model.config.corpus)
    for style in styles:
        own = [i for i in corpus.select(["validation"]) if corpus.writer(i) == style.writer]
        assert len({line for line, _ in style.fitted_to}) >= 8
        assert {line for line, _ in style.fitted_to} <= set(own)
        assert all(corpus.text(line) == text for line, text in style.fitted_to)
        [shown] = [i for i in own if corpus.text(i) == style.ink.text][:1]
        np.testing.assert_array_equal(style.ink.strokes, corpus.strokes(shown))
    assert named_styles.assets().stat().st_size < 200_000


def test_the_packages_styles_were_fitted_for_the_packages_network(package_model):
    for style in load():
        assert style.weights == digest(package_model.params), "run python -m writemate_jax.evaluation.named_styles"
        assert style.vector.shape == package_model.params["styles"].shape[1:]


# The file


def style(name="round", weights="w", **changes) -> NamedStyle:
    ink = Ink(tiny.line("lot", 0.01, np.random.default_rng(1)), "lot")
    made = NamedStyle(name, "Round.", "b", np.arange(3, dtype=np.float32) / 7, ink, ((4, "lot"), (5, "tool")), weights)
    return dataclasses.replace(made, **changes)


def test_a_file_gives_back_to_the_bit_what_was_saved(tmp_path):
    ours = [style(), style("steep", writer="c", note="Steep, \u00e9.")]
    save(tmp_path / "styles.json", ours)
    for a, b in zip(ours, load(tmp_path / "styles.json"), strict=True):
        np.testing.assert_array_equal(a.vector, b.vector)
        np.testing.assert_array_equal(a.ink.strokes, b.ink.strokes)
        assert [(x.name, x.note, x.writer, x.fitted_to, x.weights, x.ink.text) for x in (a, b)][0] == (
            b.name, b.note, b.writer, b.fitted_to, b.weights, b.ink.text)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda stored: stored.update(format="other"), "'other'"),
        (lambda stored: stored.pop("weights"), "weights"),
        (lambda stored: stored["styles"].append(stored["styles"][0]), "round, round"),
        (lambda stored: stored["styles"][0].update(name="random"), "random"),
        (lambda stored: stored["styles"][0].update(vector=[1.0, float("nan")]), "finite"),
        (lambda stored: stored["styles"][0]["ink"].update(strokes=[[0, 0, 2]]), "eos 2"),
        (lambda stored: stored["styles"].clear(), "none"),
    ],
)
def test_a_file_that_holds_no_styles_is_refused_by_name(tmp_path, change, message):
    path = tmp_path / "styles.json"
    save(path, [style()])
    stored = json.loads(path.read_text("utf-8"))
    change(stored)
    path.write_text(json.dumps(stored))
    with pytest.raises(InvalidStyles, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)
    with pytest.raises(InvalidStyles, match="absent"):
        load(tmp_path / "absent.json")


def test_styles_of_different_networks_do_not_go_into_one_file(tmp_path):
    with pytest.raises(ValueError, match="different networks"):
        save(tmp_path / "styles.json", [style(), style("steep", weights="v")])
    assert not list(tmp_path.iterdir())


# The writer


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Model:
    """A small network with random weights in which styles tell."""
    folder = tmp_path_factory.mktemp("named")
    words = [" ".join(RNG.choice(["lot", "tool", "to"], 2)) for _ in range(21)]
    corpora.save(folder / "tiny.npz", tiny.corpus(words))  # with spaces: one stands between a primer and its sequel
    config = tiny.config(folder)
    description, *_ = prepare(config, corpora.load(config.corpus))
    text = Text(np.ones((1, 4), np.int32), np.array([3]))
    params = jax.jit(description.network().init)(jax.random.key(0), np.zeros((1, 3, 3), np.float32), text)["params"]
    params = {**params, "style_kernels": jax.random.normal(jax.random.key(1), params["style_kernels"].shape)}
    return Model(**vars(description), params=jax.device_get(params))


@pytest.fixture
def named(model, tmp_path, monkeypatch):
    """Two styles of the small network in the place of the package's."""
    size = model.config.model.style_size
    styles = [
        style(name, digest(model.params), vector=RNG.normal(size=size).astype(np.float32), writer=name)
        for name in ("round", "steep")
    ]
    save(tmp_path / "styles.json", styles)
    monkeypatch.setattr(named_styles, "assets", lambda: tmp_path / "styles.json")
    return styles


def test_a_name_is_its_vector(model, named):
    scribe = Writer(model)
    assert [one.name for one in scribe.named_styles()] == ["round", "steep"]
    for one in named:
        np.testing.assert_array_equal(scribe.styles(one.name, [1, 2]), np.stack([one.vector] * 2))


def test_lines_in_a_named_style_go_on_from_its_real_ink_unless_there_is_another(model, named):
    scribe = Writer(model)
    other = Ink(tiny.line("tot", 0.01, RNG), "tot")
    for given, taken in ((None, named[0].ink), (other, other)):
        [ours] = scribe.write(["lot"], seed=3, style="round", prime=given, candidates=1)
        [theirs] = scribe.write(["lot"], seed=3, style=named[0].vector, prime=taken, candidates=1)
        np.testing.assert_array_equal(ours.strokes, theirs.strokes)
    [theirs] = scribe.write(["lot"], seed=3, style="round", prime=[other], candidates=1)  # as `read_ink` has one
    np.testing.assert_array_equal(ours.strokes, theirs.strokes)
    with pytest.raises(InvalidRequest, match="prime holds 2 lines of ink; expected one"):
        scribe.write(["lot"], prime=[other, other])


def test_a_name_comes_before_a_file_that_is_called_so(model, named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "round").mkdir()
    np.testing.assert_array_equal(Writer(model).styles("round", [1])[0], named[0].vector)


def test_where_a_folder_with_a_style_is_called_so_a_word_says_how_to_name_it(model, named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = Style(np.ones(model.config.model.style_size, np.float32), 1, 9, 0.0, 0.0)
    save_style(tmp_path / "round", own)
    scribe = Writer(model)
    with pytest.warns(UserWarning, match=r"'round' is the one .* for the folder give \./round") as told:
        for _ in range(2):
            np.testing.assert_array_equal(scribe.styles("round", [1])[0], named[0].vector)
    assert len(told) == 1
    np.testing.assert_array_equal(scribe.styles("./round", [1])[0], own.vector)


def test_a_training_writer_comes_before_a_file_and_behind_what_is_reserved(model, named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "anna").mkdir()
    scribe = Writer(dataclasses.replace(model, writers=("anna", "unknown"), params=_with_hands(model, 2)))
    table = scribe.model.params["styles"]
    np.testing.assert_array_equal(scribe.styles("anna", [1])[0], table[1])
    np.testing.assert_array_equal(scribe.styles("unknown", [1])[0], table[0])


def test_a_primer_of_a_network_that_learns_no_hands_is_continued_in_none(model, named):
    config = copy.deepcopy(model.config)
    config.data.rests = False
    scribe = Writer(dataclasses.replace(model, config=config, writers=tuple("abcd"), params=_with_hands(model, 4)))
    assert not scribe.model.learns_hands
    primer = scribe.primer(Ink(tiny.line("tot", 0.01, RNG), "tot"))
    lines = scribe.lines(["lot"] * 8, None, range(8), None, 1, primer)
    np.testing.assert_array_equal([line.style for line, _ in lines], [scribe.model.params["styles"][0]] * 8)


def test_an_alphabet_without_a_space_goes_on_from_no_line(model, named):
    scribe = Writer(dataclasses.replace(model, alphabet=Alphabet("lot")))
    with pytest.raises(InvalidRequest, match="prime: this network's alphabet has no space"):
        scribe.write(["lot"], prime=Ink(tiny.line("tot", 0.01, RNG), "tot"))


def test_lines_of_several_seeds_are_by_the_hand_that_one_draws_or_that_is_asked_for(model, named):
    scribe, ink = Writer(model), named[0].ink
    for drawn in (scribe.one_hand(None, 5), scribe.one_hand("random", 5), scribe.one_hand("random", 5, ink)):
        np.testing.assert_array_equal(scribe.styles(drawn, [7])[0], scribe.styles(None, [5])[0])
    assert scribe.one_hand(None, 5, ink) is None  # whose hand is found
    assert [scribe.one_hand(name, 5) for name in ("round", "unknown")] == ["round", "unknown"]


def test_the_sheet_has_the_text_in_each_style_and_tells_once_what_it_replaces(model, named, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(style_list, "contact_sheet", lambda lines, *_, **__: drawn.extend(lines))
    with pytest.warns(UserWarning, match="'\u00f3' as 'o'") as told:
        style_list.sheet(Writer(model), tmp_path / "styles.png", "l\u00f3t", candidates=1)
    assert len(told) == 1
    real, written = drawn[::2], drawn[1::2]
    for ink, one in zip(real, named, strict=True):
        np.testing.assert_array_equal(ink, one.ink.strokes)
    assert not np.array_equal(*written)


def test_a_wrong_name_is_answered_with_close_ones(model, named):
    with pytest.raises(InvalidRequest, match=r"'rond' \(close: round.*\).*--list-styles"):
        Writer(model).styles("rond", [1])
    with pytest.raises(InvalidRequest, match="'zzzz'; expected"):
        Writer(model).styles("zzzz", [1])


def test_the_names_are_not_for_other_weights(model, named):
    params = {**model.params, "head_bias": model.params["head_bias"] + 1}
    other = Writer(Model(**{**vars(model), "params": params}))
    assert other.named_styles() == ()
    with pytest.raises(InvalidRequest, match="'round' was fitted for another network"):
        other.styles("round", [1])
    for use in (lambda: other.styles(named[0], [1]), lambda: other.primer(named[0])):
        with pytest.raises(InvalidRequest, match="style was fitted for another network"):
            use()


@pytest.mark.parametrize("name", [None, "random", "round", "unknown"])
def test_a_style_holds_over_all_lines_of_a_command_and_of_a_page(model, named, tmp_path, monkeypatch, name):
    export_model(tmp_path / "model", dataclasses.replace(model, writers=tuple("abcdefghij")), _with_hands(model, 10))
    hands = []
    lines = Writer.lines

    def watched(self, *arguments):
        asked = lines(self, *arguments)
        hands.extend((line.style, line.primer.prefix) for line, _ in asked)
        return asked

    monkeypatch.setattr(Writer, "lines", watched)
    monkeypatch.setattr(style_choice, "digest", lambda _: named[0].weights)  # other hands, but the named ones fit
    monkeypatch.setattr("writemate_jax.sampling.writer.use_compilation_cache", lambda: None)
    common = ["--checkpoint", str(tmp_path / "model"), "--candidates", "1", "--seed", "3"]
    common += [] if name is None else ["--style", name]
    assert sample(["lot", "tool", "lolo", "to", *common, "--out", str(tmp_path / "lines.svg")]) == 0
    page = ["lot lolo", "tool", "tolo", "otto lolo", "--page", "A4", "--out", str(tmp_path / "page.svg")]
    assert sample([*page, *common]) == 0
    assert len(hands) > 6
    np.testing.assert_array_equal([style for style, _ in hands], [hands[0][0]] * len(hands))
    assert {prefix for _, prefix in hands} == {"lot " if name == "round" else ""}


def _with_hands(model, count):
    size = model.params["styles"].shape[1]
    return {**model.params, "styles": np.random.default_rng(5).normal(size=(1 + count, size)).astype(np.float32)}


# The command


def test_the_table_shows_name_writer_and_note_of_each(capsys):
    assert sample(["--list-styles"]) == 0
    out = capsys.readouterr().out
    assert all(len(line) <= style_list.COLUMNS for line in out.splitlines())
    words = " ".join(out.split())
    for one in load():
        assert f"{one.name} {one.writer} {one.note}" in words


def test_the_sheet_is_drawn_into_a_file_or_a_folder(model, named, tmp_path, capsys):
    export_model(tmp_path / "model", model, model.params)
    for out, file in ((tmp_path / "a.png", tmp_path / "a.png"), (tmp_path / "new", tmp_path / "new" / "styles.png")):
        assert sample(["lot", "--list-styles", "--checkpoint", str(tmp_path / "model"), "--out", str(out)]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == str(file)
        with Image.open(file) as picture:
            assert np.asarray(picture.convert("L")).min() < 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--list-styles", "--out", "a.svg"], "is a .png file"),
        (["--list-styles", "--style", "round"], "leave out --style"),
        (["--list-styles", "one", "two", "--out", "a.png"], "not 2"),
        (["--list-styles", "one"], "without --out only prints a table; leave out the text"),
        (["--list-styles", "--page", "A4"], "leave out --page"),
        (["--list-styles", "--out", "a.png", "--pen", "1"], "leave out --pen"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(arguments, message, capsys):
    assert sample(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("other", [["--checkpoint", "runs/x"], ["--corpus", "x.npz"]])
def test_another_networks_styles_do_not_take_the_place_of_the_packages(named, other, tmp_path, capsys):
    before = (tmp_path / "styles.json").read_bytes()
    assert making.main(other) == 2
    assert "need --out FILE" in capsys.readouterr().err and (tmp_path / "styles.json").read_bytes() == before


def test_a_network_without_named_styles_lists_none(model, named, tmp_path, capsys):
    changed = {**model.params, "head_bias": model.params["head_bias"] + 1}
    export_model(tmp_path / "other", model, changed)
    assert sample(["--list-styles", "--checkpoint", str(tmp_path / "other")]) == 2
    assert "another network" in capsys.readouterr().err


# How they are made


def test_a_style_is_made_of_its_writers_lines_alone(model):
    corpus = tiny.corpus()
    own = making.writers_lines(corpus, "b")
    [made] = making.make(model, corpus, [making.Choice("round", "b", corpus.text(own[2]), "Round.")])
    lines = [line for line, _ in made.fitted_to]
    assert set(lines) <= set(own) and len(lines) == min(making.LINES, len(own))
    style = adapt.fit_rows(model, [corpus.strokes(i) for i in lines], [corpus.text(i) for i in lines])
    np.testing.assert_array_equal(made.vector, style.vector)
    assert made.weights == digest(model.params)
    for writer, shown in (("nobody", "lot"), ("b", "no such line"), ("a", corpus.text(0))):
        with pytest.raises(ValueError, match=writer):
            making.make(model, corpus, [making.Choice("round", writer, shown, "Round.")])
