"""Data sets of labelled lines: what a line is, how it looks, how it is stored, and that nothing is lost or doubled."""

from __future__ import annotations

import copy
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import textwrap
import tracemalloc
from argparse import ArgumentTypeError
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

import sample as sample_py
from writemate_jax import config as configuration
from writemate_jax import strokes
from writemate_jax.alphabet import Alphabet, UnknownCharacters
from writemate_jax.checkpoints.models import Description, Model, export_model
from writemate_jax.data import corpus as corpora
from writemate_jax.dataset import making, picture, processes, shards, texts
from writemate_jax.dataset.command import part
from writemate_jax.dataset.plan import Recipe, plan
from writemate_jax.dataset.samples import files, stored
from writemate_jax.dataset.shards import OtherSet, read_shard
from writemate_jax.dataset.unread import MOST, unread
from writemate_jax.drawing.strokes_json import Ink, loads
from writemate_jax.model.networks import text_batch
from writemate_jax.reading.reader import embedded
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.sampling.writer import Writer

TEXTS = ("see", "a dog", "add", "bee", "a bed")
RECIPE = Recipe(num=14, seed=3, shard_size=4, bias=(0.5, 1.5), height=32)
CLEAN = picture.Look(0.0, 0.0, 1.0, 0.1, (0.1, 0.1, 0.1, 0.1), 0, 255, (0.0, 0.0), 0.0, 0.0, 0)
FLOURISH = strokes.from_points([[0, 0], [1, 2], [2, 0], [3, 0.5], [4, 1.5]], [0, 0, 1, 0, 1])


@pytest.fixture(autouse=True)
def no_compilation_cache(monkeypatch):
    monkeypatch.setenv("WRITEMATE_CACHE", "")


@pytest.fixture(scope="module")
def model() -> Model:
    """A small random network that knows two writers; its lines are short, since their cap is low, and can be read."""
    config = configuration.default()
    config.data.rests = True
    config.model.layers, config.model.cells, config.model.mixtures, config.model.components = 1, 8, 2, 2
    config.model.kappa_scale, config.model.style_size = 0.1, 3
    config.sampling.points_per_character = 2
    statistics = np.zeros(2, np.float32), np.ones(2, np.float32)
    description = Description(config, Alphabet(" abdegos"), *statistics, "x-height", ("anna", "bert"))
    params = description.network().init(jax.random.key(0), jnp.zeros((1, 2, 3)), text_batch([np.array([1])], 2),
                                        np.array([1]))["params"]  # fmt: skip
    params = {**params, "styles": jax.random.normal(jax.random.key(1), params["styles"].shape)}
    return Model(**vars(description), params=jax.tree.map(np.asarray, params))


@pytest.fixture(scope="module")
def whole(model, tmp_path_factory) -> Path:
    """A set that was made at once, on one device."""
    folder = tmp_path_factory.mktemp("whole")
    report = making.make(folder, RECIPE, TEXTS, model, devices=jax.local_devices()[:1], workers=0)
    assert (report.lines, report.shards, report.kept) == (14, 4, 0)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def samples(folder: Path) -> list[dict[str, bytes]]:
    return [sample for path in sorted(Path(folder).glob("shard-*.tar")) for sample in read_shard(path)]


# What a line is


@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_every_text_is_written_equally_often_and_a_line_follows_from_its_number_alone(count, rounds, seed):
    recipe, own = Recipe(num=count * rounds, seed=seed, bias=(0.25, 0.75)), [f"text {i}" for i in range(count)]
    lines = [plan(recipe, own, ["anna", "bert"], i) for i in range(recipe.num)]
    assert set(Counter(line.text for line in lines).values()) == {rounds}
    assert all(0.25 <= line.bias <= 0.75 for line in lines)
    longer = replace(recipe, num=10**6, shard_size=7)
    for i in reversed(range(recipe.num)):
        assert plan(longer, own, ["anna", "bert"], i) == lines[i]


def test_lines_differ_in_style_bias_seed_and_look_and_with_the_seed_of_the_set():
    lines = [plan(Recipe(200), TEXTS, ["anna", "bert"], i) for i in range(200)]
    assert {line.style for line in lines} == {"anna", "bert"}
    for field in ("seed", "look"):
        assert len({getattr(line, field) for line in lines}) == 200, field
    assert len({line.bias for line in lines}) > 150
    other = [plan(Recipe(200, seed=1), TEXTS, ["anna", "bert"], i) for i in range(200)]
    assert not {line.seed for line in lines} & {line.seed for line in other}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num": 0}, "num is 0"),
        ({"bias": (1.0, 0.5)}, "lower one first"),
        ({"height": 4}, "height is 4; expected 16 to 512"),
        ({"images": False, "strokes": False}, "keep one"),
        ({"shard_size": 0}, "shard_size is 0"),
    ],
)
def test_options_that_no_set_can_have_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**{"num": 1, **options})


# Texts


@given(st.lists(st.lists(st.text("abé", min_size=1, max_size=9), max_size=8).map(" \t".join), max_size=5))
def test_texts_keep_every_word_in_order_within_the_length(lines):
    found = texts.prepared(lines, Alphabet(" abe"), 9)
    assert not found.refused
    assert all(1 <= len(text) <= 9 and text == text.strip() and set(text) <= set(" abe") for text in found.lines)
    assert " ".join(found.lines).split() == " ".join(lines).replace("é", "e").split()


@given(st.lists(st.text("ab- \té½\x01", max_size=12), max_size=5), st.sampled_from([" ab", " ab-12/é", "ab"]))
@example(["e\u0301"], " eé\u0301")  # all are known, and yet it is another
def test_texts_are_the_alphabet_s_lines_wrapped(lines, characters):
    """The long way, for every line."""
    alphabet, kept, refused, changed = Alphabet(characters), [], [], []
    for line in lines:
        try:
            text, replaced = alphabet.line(line)
        except UnknownCharacters:
            refused.append(line)
        else:
            kept += textwrap.wrap(text, 5, break_on_hyphens=False)
            changed += [(line, text)] * bool(replaced)
    assert texts.prepared(lines, alphabet, 5) == (tuple(kept), tuple(refused), tuple(changed))


def test_texts_of_known_characters_are_taken_as_they_are(monkeypatch):
    monkeypatch.setattr(Alphabet, "line", lambda *_: pytest.fail("takes tens of microseconds a line"))
    assert texts.prepared(["ab  a", " b", " "], Alphabet(" ab"), 9).lines == ("ab a", "b")


def test_a_word_beyond_the_length_is_cut_and_what_cannot_be_written_is_left_out():
    assert texts.prepared(["a \u200d b"], Alphabet(" ab"), 9).lines == ("a b",)  # a joiner becomes nothing
    assert texts.prepared(["abababab", "a\x01b", "  "], Alphabet(" ab"), 3) == (("aba", "bab", "ab"), ("a\x01b",), ())


def test_lines_that_are_written_in_other_characters_are_told_from_those_that_are_not():
    found = texts.prepared(["да", "da", "d\u00a0 a"], Alphabet(" ad"), 9)
    assert found.lines == ("da", "da", "d a") and found.changed == (("да", "da"),)


def test_without_a_file_the_texts_are_those_of_the_training_lines():
    found = texts.of_open_corpus()
    assert len(found) == 31_054 and {"Madison, MN", "one of"} <= set(found)


# Pictures


def test_the_map_to_pixels_leads_from_the_strokes_to_the_ink():
    rng = np.random.default_rng(0)
    for _ in range(20):
        look = replace(picture.draw(rng), ink=0, paper=255, light=(0.0, 0.0), grain=0.0, rule=0, blur=0.0)
        grey, affine = picture.picture(FLOURISH, look, 64, rng)
        assert grey.shape[0] == 64 and grey.dtype == np.uint8
        points = strokes.to_points(FLOURISH) @ affine[:, :2].T + affine[:, 2]
        columns, rows = points.astype(int).T
        assert (grey[rows, columns] < 170).all()  # the end of a thin stroke covers its pixel by a part
        # All ink lies within the pen's reach of the line's box; the curve swings out by a little.
        dark = np.argwhere(grey < 128)[:, ::-1]
        reach = 0.1 * 64 + 2
        assert (dark >= points.min(axis=0) - reach).all() and (dark <= points.max(axis=0) + reach).all()


def test_size_and_place_of_the_ink_do_not_change_its_picture():
    rng = np.random.default_rng(0)
    for factor, place in ((1.0, (3.0, -2.0)), (37.5, (0.0, 0.0)), (0.01, (1.0, 1.0))):
        points = strokes.to_points(FLOURISH) * factor + place
        moved = strokes.from_points(points, FLOURISH[:, 2], origin=points[0])
        ours, theirs = (picture.picture(line, CLEAN, 48, rng)[0] for line in (FLOURISH, moved))
        assert ours.shape == theirs.shape
        assert np.abs(ours.astype(int) - theirs).mean() < 1


@pytest.mark.parametrize(
    "line", [[[0, 0, 1]], [[0, 0, 0], [5, 0, 1]], [[0, 0, 0], [0, 4, 1]], [[0, 0, 0], [9e4, 1, 1]]]
)
def test_dots_dashes_and_lines_that_ran_away_have_a_picture(line):
    grey, _ = picture.picture(np.array(line, np.float32), CLEAN, 32, np.random.default_rng(0))
    assert grey.shape[0] == 32 and 8 <= grey.shape[1] <= 32 * 60 + 1 and grey.min() < 128


@pytest.mark.parametrize("rise", [0.0, 0.02, 0.3])
def test_a_dash_is_as_large_and_as_thick_as_among_letters_where_the_x_height_is_known(rise):
    dash = np.array([[0, 0.5, 0], [0.6, rise, 1]], np.float32) * [7, 7, 1]
    grey, affine = picture.picture(dash, CLEAN, 64, np.random.default_rng(0), x_height=7.0)
    assert 7 * affine[0, 0] == pytest.approx(picture.LARGEST_LETTER * 64)
    assert grey.shape[1] < 64 and 1 < (grey < 128).sum(axis=0).max() < 12
    letters = [picture.picture(FLOURISH, CLEAN, 64, np.random.default_rng(0), x_height)[0] for x_height in (0.0, 1.5)]
    np.testing.assert_array_equal(*letters)


def test_what_a_look_says_is_what_is_seen():
    rng = np.random.default_rng(0)
    mean = {name: picture.picture(FLOURISH, replace(CLEAN, **look), 64, rng)[0].astype(float) for name, look in {
        "plain": {}, "bold": {"pen": 0.13}, "grey": {"paper": 200}, "pale": {"ink": 90}, "grainy": {"grain": 4.0},
        "dark above": {"light": (0.0, 20.0)}, "ruled": {"rule": 50, "paper": 240},
    }.items()}  # fmt: skip
    assert mean["bold"].mean() < mean["plain"].mean() < mean["pale"].mean()
    assert mean["grey"].max() == 200 and mean["pale"].min() == 90 and mean["plain"].min() == 0
    assert len(np.unique(mean["grainy"])) > len(np.unique(mean["plain"]))
    assert mean["dark above"][0, -1] == 235 and mean["dark above"][-1, -1] == 255
    assert (mean["ruled"][:, -1] < 240).sum() == 2


# Reading


def test_lines_are_read_together_as_the_reader_reads_each():
    corpus, reader = corpora.load(), embedded()
    places = [int(i) for i in corpus.select(("validation",))[:5]]
    inks = [Ink(corpus.strokes(i), corpus.text(i)) for i in places]
    inks[1] = replace(inks[1], text="another text")
    alone = [reader.nats([ink.strokes], ink.text)[0] / len(ink.text) for ink in inks]
    assert len({len(ink.strokes) for ink in inks}) > 2 and max(alone) == alone[1] > 1
    np.testing.assert_allclose(unread(reader, inks, 3), alone, atol=2e-3)
    assert unread(reader, [Ink(inks[0].strokes[-3:], "longer than its ink")], 3) == [MOST]


def test_repeated_marks_that_the_ink_says_are_read_for_a_few_nats():
    corpus, reader = corpora.load(), embedded()
    dots, dashes = (np.array([[[0, y], [dx, y]]]) + np.arange(3)[:, None, None] * [1.5 * dx + 0.3, 0]
                    for dx, y in ((0.03, 0.0), (0.5, 0.5)))  # fmt: skip
    more = []
    for i in [int(i) for i in corpus.select(("validation",)) if corpus.text(i)[-1].isalpha()][:8]:
        ink, text = strokes.split(corpus.strokes(i)), corpus.text(i)
        right = max(stroke[:, 0].max() for stroke in ink) + 0.3
        lines = [strokes.join([*ink, *(dots + [right, 0])[:n]]) for n in (0, 3)]
        more.append(reader.nats(lines[1:], text + "...")[0] - reader.nats(lines[:1], text)[0])
    assert np.mean(more) < 5
    alone = [Ink(strokes.join(list(marks[:n])), c * n) for c, marks in ((".", dots), ("-", dashes)) for n in (1, 2, 3)]
    assert max(unread(reader, alone, 6)) < 2


# Shards


def test_each_line_is_there_once_with_the_text_and_the_ink_that_the_writer_writes_of_it(whole, model):
    found = samples(whole)
    assert [sample["__key__"] for sample in found] == [f"{i:09}" for i in range(14)]
    writer = Writer(model, lanes=making.lanes_here())
    for i, sample in enumerate(found):
        line = plan(RECIPE, TEXTS, ["anna", "bert"], i)
        assert sample["txt"].decode() == line.text
        [stored], about = loads(sample["json"].decode()), json.loads(sample["json"])
        [ink] = writer.write([line.text], line.bias, line.seed, style=about["style"], candidates=1)
        np.testing.assert_array_equal(stored.strokes, ink.strokes)
        assert (stored.text, stored.seed, stored.bias) == (line.text, line.seed, line.bias)
        grey = np.asarray(Image.open(io.BytesIO(sample["png"])))
        assert grey.ndim == 2 and grey.shape[0] == 32
        grain = np.random.default_rng(line.grain)
        np.testing.assert_array_equal(grey, picture.picture(ink.strokes, line.look, 32, grain, ink.x_height)[0])
        assert picture.Look(**about["look"]).pen == line.look.pen
        nats = writer.reader.nats([ink.strokes], line.text)[0] / len(line.text)
        assert about["unread"] == pytest.approx(min(nats, MOST), abs=2e-3)


def test_all_but_the_strokes_is_told_of_a_picture_that_is_stored_without_them():
    line, ink = plan(RECIPE, TEXTS, ["anna"], 5), Ink(FLOURISH, "see", False, 0.5, 7)
    whole, bare = (dict(files(replace(RECIPE, strokes=kept), line, ink, 0.25)) for kept in (True, False))
    name = "000000005.json"
    told = json.loads(bare.pop(name))
    assert json.loads(whole.pop(name)) == told | {"strokes": FLOURISH.tolist()} and whole == bare
    expected = {"text": "see", "style": "anna", "bias": 0.5, "seed": 7, "complete": False, "unread": 0.25}
    assert {key: told[key] for key in expected} == expected and {"look", "to_pixels"} <= set(told)
    assert "unread" not in json.loads(dict(files(RECIPE, line, ink, None))[name])


def test_shards_are_plain_tars_of_whole_samples(whole):
    sizes = []
    for path in sorted(whole.glob("*.tar")):
        with tarfile.open(path) as tar:
            names = tar.getnames()
            assert all(entry.mtime == 0 and entry.isfile() for entry in tar)
        assert [name.split(".")[1] for name in names] == ["json", "png", "txt"] * (len(names) // 3)
        sizes.append(len(names) // 3)
    assert sizes == [4, 4, 4, 2]


def test_a_shard_is_stored_without_a_second_copy_in_memory(tmp_path):
    content = bytes(1_000_000)
    tracemalloc.start()
    shards.write_shard(tmp_path / "shard.tar", [(f"{i}.txt", content) for i in range(20)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000 and [path.name for path in tmp_path.iterdir()] == ["shard.tar"]
    assert all(sample["txt"] == content for sample in read_shard(tmp_path / "shard.tar"))


def test_webdataset_reads_them(whole):
    webdataset = pytest.importorskip("webdataset", reason="requirements.txt lists it among the tests")
    paths = [str(path) for path in sorted(whole.glob("*.tar"))]
    read = list(webdataset.WebDataset(paths, shardshuffle=False).decode("l8"))
    assert [sample["__key__"] for sample in read] == [f"{i:09}" for i in range(14)]
    for theirs, ours in zip(read, samples(whole), strict=True):
        assert theirs["txt"] == ours["txt"].decode() == theirs["json"]["text"]
        assert theirs["png"].shape[0] == 32


def test_the_docs_way_to_batches_is_one(whole):
    pytest.importorskip("webdataset", reason="requirements.txt lists it among the tests")
    docs = (Path(__file__).parents[1] / "docs" / "datasets.md").read_text("utf-8")
    [code] = [part for part in re.findall("(?:\n(?:    .*)?)+", docs) if "wds.WebDataset(" in part]
    shards = [str(path) for path in sorted(whole.glob("*.tar"))]
    there = '"shards/shard-{000000..000099}.tar", shardshuffle=100'
    assert there in code and '["unread"] < 1' in code
    # All of them, as a network that has not learned writes nothing that is read.
    code = code.replace(there, f"{shards}, shardshuffle=False").replace('["unread"] < 1', '["unread"] >= 0')
    names = {}
    exec(textwrap.dedent(code), names)
    [(pictures, texts, widths)] = names["lines"]
    assert len(texts) == len(pictures) == 14 and pictures.shape[1:] == (32, max(widths))
    assert sorted(texts) == sorted(sample["txt"].decode() for sample in samples(whole)) and len({*widths}) > 1


def test_one_style_for_all_is_written_as_the_writer_writes_it_by_name(model):
    asked = []

    def written(texts, style, **_):
        asked.append(style)
        return Writer(model, lanes=2).write(texts, style=style, candidates=1)

    writer = SimpleNamespace(model=model, write=written)
    for styles in (("anna",), ("anna", "bert")):
        vectors = {name: np.zeros(3, np.float32) for name in styles}
        making.write(writer, [plan(RECIPE, TEXTS, styles, i) for i in range(3)], vectors, 1)
    assert asked[0] == "anna" and asked[1].shape == (3, 3)  # a name brings its primer, vectors bring none


def test_several_styles_are_drawn_from(model):
    writer = Writer(model, lanes=2)
    own, all_ = (making.style_vectors(style, writer) for style in ("bert, anna", "all"))
    assert list(own) == ["bert", "anna"] and all((own[name] == all_[name]).all() for name in own)
    with pytest.raises(ValueError, match="style: 'nobody', 'random'; expected, with commas, writers"):
        making.style_vectors("anna,nobody,random", writer)


def test_a_network_that_knows_no_text_is_refused_before_a_set_is_begun(model, tmp_path):
    config = model.config.copy_and_resolve_references()
    config.model.window = False
    prediction = replace(model, config=config)
    with pytest.raises(InvalidRequest, match="prediction network"):
        making.make(tmp_path / "set", RECIPE, TEXTS, prediction, workers=0)
    assert not (tmp_path / "set").exists()


def test_several_devices_all_write_and_write_the_same(whole, model, tmp_path):
    report = making.make(tmp_path, RECIPE, TEXTS, model, devices=jax.local_devices()[:3], workers=0)
    assert len(report.devices) == 3 and min(report.devices.values()) > 0
    assert contents(tmp_path) == contents(whole)


def test_the_parts_of_several_machines_are_the_set(whole, model, tmp_path):
    found = [
        making.make(tmp_path, RECIPE, TEXTS, model, devices=jax.local_devices()[:1], workers=0, part=(i, 3))
        for i in (2, 1, 3)
    ]
    assert [(report.shards, report.lines, report.kept) for report in found] == [(1, 4, 0), (2, 6, 0), (1, 4, 0)]
    assert contents(tmp_path) == contents(whole)


@pytest.mark.parametrize("value", ["0/3", "4/3", "1", "a/b", "1/2/3"])
def test_a_part_that_is_none_is_refused(value):
    with pytest.raises(ArgumentTypeError, match="expected I/N"):
        part(value)


def test_a_part_that_has_no_shard_is_refused(model, tmp_path):
    with pytest.raises(ValueError, match="part 5/5 of a set of 4 shards has none"):
        making.make(tmp_path, RECIPE, TEXTS, model, workers=0, part=(5, 5))
    assert not any(tmp_path.iterdir())


def test_processes_draw_the_same(whole, model, tmp_path):
    making.make(tmp_path, RECIPE, TEXTS, model, devices=jax.local_devices()[:1], workers=1)
    assert contents(tmp_path) == contents(whole)


def test_processes_that_draw_do_without_jax():
    line, ink = plan(RECIPE, TEXTS, ["anna"], 0), Ink(FLOURISH, "see")
    with processes.pool(1) as pool:
        assert pool.submit(stored, RECIPE, [line], [ink], [None]).result().members
        assert pool.submit(eval, "{'jax', 'flax', 'scipy'} & set(__import__('sys').modules)").result() == set()


def test_there_are_as_many_processes_as_processors_that_may_be_used(monkeypatch):
    for usable, workers in ((3, 3), (200, 32)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, usable=usable: set(range(usable)), raising=False)
        assert processes.usual_workers() == workers
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert processes.usual_workers() == 5


def test_a_set_that_is_made_larger_is_the_set_made_at_once(whole, model, tmp_path, monkeypatch):
    options = {"devices": jax.local_devices()[:1], "workers": 0}
    making.make(tmp_path, replace(RECIPE, num=6), TEXTS, model, **options)  # a whole shard and a half one
    first = (tmp_path / "shard-000000.tar").stat()
    with monkeypatch.context() as full, pytest.raises(OSError, match="no space"):
        full.setattr(shards, "write_text", failing)
        making.make(tmp_path, RECIPE, TEXTS, model, **options)
    assert making.make(tmp_path, replace(RECIPE, num=6), TEXTS, model, **options).lines == 2  # it is still the old set
    there = []
    report = making.make(tmp_path, RECIPE, TEXTS, model, begun=there.append, **options)
    assert (there, report.kept, report.lines) == ([4], 4, 10)
    assert contents(tmp_path) == contents(whole)
    assert (tmp_path / "shard-000000.tar").stat().st_ino == first.st_ino
    with pytest.raises(OtherSet, match="a set of 14 lines, now 6: a set can grow, and not shrink. Give --num 14 or"):
        making.make(tmp_path, replace(RECIPE, num=6), TEXTS, model, **options)
    assert contents(tmp_path) == contents(whole)


def test_a_run_of_fewer_lines_leaves_no_half_shard_in_a_set_that_was_made_larger_meanwhile(model, tmp_path):
    options = {"devices": jax.local_devices()[:1], "workers": 0}

    def larger(_):
        about = json.loads((tmp_path / "manifest.json").read_text())
        shards.begin(tmp_path, {**about, "num": 14})

    with pytest.raises(OtherSet, match="made larger meanwhile, of 6 lines, now 14: give --num 14"):
        making.make(tmp_path, replace(RECIPE, num=6), TEXTS, model, progress=larger, **options)  # after the whole shard
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "shard-000000.tar"]


def failing(*_):
    raise OSError("no space left on device")


def test_a_run_that_was_stopped_goes_on_where_it_was_to_the_same_set(whole, model, tmp_path, monkeypatch):
    write, made = making.write_shard, []

    monkeypatch.setattr(shards.socket, "gethostname", lambda: "here.net")
    half = tmp_path / ".shard-000002.here-net.99999999.tar"

    def failing(path, members):
        if len(made) == 2:
            half.write_bytes(b"half")
            raise OSError("no space left on device")
        made.append(path.name)
        write(path, members)

    options = {"devices": jax.local_devices()[:1], "workers": 0}
    monkeypatch.setattr(making, "write_shard", failing)
    with pytest.raises(OSError, match="no space"):
        making.make(tmp_path, RECIPE, TEXTS, model, **options)
    monkeypatch.setattr(making, "write_shard", write)
    seen = []
    # What runs that go on are just writing, here and on another host, where that process is another.
    others = [tmp_path / f".shard-000003.{name}.tar" for name in (f"here-net.{os.getppid()}", "there-net.99999999")]
    for other in others:
        other.write_bytes(b"half")
    report = making.make(tmp_path, RECIPE, TEXTS, model, progress=seen.append, **options)
    assert not half.exists()
    for other in others:
        other.unlink()  # it is there
    assert (report.kept, report.lines) == (8, 6)
    assert seen == [4, 2]
    assert contents(tmp_path) == contents(whole)
    assert making.make(tmp_path, RECIPE, TEXTS, model, **options).lines == 0


@pytest.mark.parametrize("left", [0, tarfile.RECORDSIZE, tarfile.RECORDSIZE + 100])
def test_a_shard_that_was_copied_in_part_is_no_shard_and_is_made_again(whole, model, tmp_path, left):
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    part = shards.shard_path(tmp_path, 1)
    assert part.stat().st_size > left
    os.truncate(part, left)
    with pytest.raises(tarfile.TarError, match="shard-000001.tar is not there, or only a part"):
        next(read_shard(part))
    report = making.make(tmp_path, RECIPE, TEXTS, model, devices=jax.local_devices()[:1], workers=0)
    assert (report.kept, report.shards) == (10, 1)
    assert contents(tmp_path) == contents(whole)


@pytest.mark.skipif(os.name != "posix", reason="kills a process as POSIX does")
def test_processes_that_draw_end_with_a_run_that_is_killed():
    program = """if True:
        import os, signal
        from writemate_jax.dataset import processes
        processes.pool(1).submit(os.getpid).result()
        os.kill(os.getpid(), signal.SIGKILL)"""
    # The processes hold its output, too: this returns when all of them have ended.
    ended = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=Path(__file__).parents[1], timeout=300
    )
    assert ended.returncode == -signal.SIGKILL


def config_with(model: Model, **sampling) -> Model:
    config = copy.deepcopy(model.config)
    config.sampling.update(sampling)
    return replace(model, config=config)


def test_a_set_of_before_its_sampling_was_kept_goes_on(whole, model, tmp_path):
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    del manifest["sampling"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert making.make(tmp_path, RECIPE, TEXTS, model).kept == 14
    assert contents(tmp_path) == contents(whole)  # and it is kept from now on


def test_a_set_goes_on_with_its_own_options_alone(whole, model, tmp_path, monkeypatch):
    before = contents(whole)
    for recipe, own, message in (
        (replace(RECIPE, num=15, seed=4), TEXTS, "num was 14, now 15; seed was 3, now 4"),
        (replace(RECIPE, bias=(0.0, 1.0)), TEXTS, r"bias was \[0.5, 1.5\], now \[0.0, 1.0\]"),
        (RECIPE, TEXTS[:2], "other texts"),
        (replace(RECIPE, style="anna"), TEXTS, "style was 'all', now 'anna'; other styles"),
    ):
        with pytest.raises(OtherSet, match=message):
            making.make(whole, recipe, own, model)
    here = making.lanes_here()
    with monkeypatch.context() as elsewhere, pytest.raises(OtherSet, match=f"kind of device has begun, {here} lines"):
        elsewhere.setattr(making, "lanes_here", lambda: 256)
        making.make(whole, RECIPE, TEXTS, model)
    with monkeypatch.context() as later, pytest.raises(OtherSet, match="another version of this package, .*-3', here"):
        later.setattr(shards, "FORMAT", "writemate-dataset-4")
        making.make(whole, RECIPE, TEXTS, model)
    with monkeypatch.context() as elsewhere, pytest.raises(OtherSet, match="holds another set: other reader"):
        elsewhere.setattr(Writer, "reader", None)
        making.make(whole, RECIPE, TEXTS, model)
    with pytest.raises(OtherSet, match="other weights"):
        making.make(whole, RECIPE, TEXTS, replace(model, params={**model.params, "styles": model.params["styles"] + 0}
                    | {"more": np.zeros(1)}))  # fmt: skip
    other = config_with(model, points_per_character=3)
    with pytest.raises(OtherSet, match="sampling was .*'points_per_character': 2, .*, now .*'points_per_character': 3"):
        making.make(whole, RECIPE, TEXTS, other)
    assert contents(whole) == before
    (tmp_path / "shard-000000.tar").write_bytes(b"")
    with pytest.raises(ValueError, match="no manifest.json"):
        making.make(tmp_path, RECIPE, TEXTS, model)
    (tmp_path / "manifest.json").write_text("[1, 2]")
    with pytest.raises(ValueError, match="is no manifest of a set"):
        making.make(tmp_path, RECIPE, TEXTS, model)


# The command


@pytest.fixture
def command(model, tmp_path, monkeypatch, capsys):
    """Runs sample.py dataset in an empty folder: (exit code, stdout lines, stderr)."""
    monkeypatch.chdir(tmp_path)
    description = Description(**{field: getattr(model, field) for field in Description.__dataclass_fields__})
    export_model(Path("network"), description, model.params)

    def run(*arguments: str):
        try:
            code = sample_py.main(["dataset", "--checkpoint", "network", "--workers", "0", *arguments])
        except SystemExit as exit:
            code = exit.code
        out, err = capsys.readouterr()
        return code, out.splitlines(), err

    return run


def test_the_command_makes_a_set_and_goes_on_with_it(command):
    Path("corpus.txt").write_text("see\n\na dög\n add  a bed\n\u2603 \U0001f600\n", encoding="utf-8")
    arguments = ("--text-file", "corpus.txt", "--num", "6", "--shard-size", "2", "--out", "set", "--no-images",
                 "--style", "anna", "--bias", "0.5")  # fmt: skip
    code, out, err = command(*arguments)
    assert code == 0 and out[-1] == "set" and out[-2].startswith("6 lines in 3 shards, ")
    assert "1 lines have characters that cannot be written" in err
    assert "1 lines have characters that the network lacks and are written in others: 'a dög' as 'a dog'\n" in err
    found = samples(Path("set"))
    assert Counter(sample["txt"].decode() for sample in found) == {"see": 2, "a dog": 2, "add a bed": 2}
    assert all(set(sample) == {"__key__", "txt", "json"} for sample in found)
    assert {json.loads(sample["json"])["style"] for sample in found} == {"anna"}
    os.remove("set/shard-000001.tar")
    code, out, _ = command(*arguments)
    assert code == 0 and out[0].startswith("4 lines were there; 2 lines in 1 shards, ")
    assert command(*arguments)[1][0] == "6 lines were there; nothing to do: all 6 lines are there"
    code, _, err = command(*arguments[:-1], "0.7")
    assert code == 2 and "bias was [0.5, 0.5], now [0.7, 0.7]" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "set"), "--num"),
        (("--num", "0", "--out", "set"), "num is 0"),
        (("--num", "1", "--out", ""), "--out is empty; expected a folder"),
        (("--num", "1", "--out", "set", "--bias", "1,0"), "expected LOW,HIGH"),
        (("--num", "1", "--out", "set", "--text-file", "absent.txt"), "absent.txt"),
        (("--num", "1", "--out", "set", "--text-file", os.devnull), "has no text"),
        (("--num", "1", "--out", "set", "--no-images", "--no-strokes"), "keep one"),
        (("--num", "1", "--out", "set", "--style", "nobody"), "nobody"),
        (("--num", "1", "--out", "set", "--style", "anna,nobody"), "style: 'nobody'"),
    ],
)
def test_mistakes_get_a_message_and_leave_no_set(command, arguments, message):
    Path("see.txt").write_text("see\n", encoding="utf-8")
    more = () if "--text-file" in arguments else ("--text-file", "see.txt")
    code, _, err = command(*arguments, *more)
    assert code == 2 and message in err and "Traceback" not in err
    assert not Path("set").exists()


def test_a_process_that_draws_and_is_killed_is_told_and_the_same_command_goes_on(command, monkeypatch):
    Path("see.txt").write_text("see\n", encoding="utf-8")
    arguments = ("--text-file", "see.txt", "--num", "2", "--out", "set")
    with monkeypatch.context() as short_of_memory:
        short_of_memory.setattr(making, "stored", killed)
        code, _, err = command(*arguments, "--workers", "1")
    assert code == 2 and "Traceback" not in err
    assert "a process that draws was ended, perhaps for want of memory; with fewer --workers the same command" in err
    assert command(*arguments)[0] == 0


def killed(*_):
    """In place of the drawing: what the system does to a process when memory is short."""
    os._exit(137)
