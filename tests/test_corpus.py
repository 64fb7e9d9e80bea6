"""The packed corpus: what goes in comes out, on the grid; statistics; errors that say what to do."""

import dataclasses
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from writemate_jax import strokes as ink
from writemate_jax.data import corpus as corpora
from writemate_jax.data.corpus import CorpusError, Line, load, pack, save
from writemate_jax.data.report import Report

ABOUT = {"unit": "x-height", "provenance": {"title": "made up"}}


def random_line(rng, points, scale=1.0, **fields):
    rows = rng.normal(scale=scale, size=(points, 3)).astype(np.float32)
    rows[:, 2] = rng.random(points) < 0.2
    rows[-1, 2] = 1
    return Line(**({"strokes": rows, "text": "abc", "writer": "w", "split": "train", "source": "s"} | fields))


@pytest.fixture(scope="module")
def lines():
    rng = np.random.default_rng(0)
    texts = ['He said: "no".', "a\u00e9\u4e2d", "tab\there", " ", "plain"]
    return [random_line(rng, 5 + i, text=texts[i % 5], writer=f"w{i % 4}", source=f"form/{i:02}",
                        split="validation" if i % 4 == 0 else "train") for i in range(23)]


@pytest.fixture(scope="module")
def corpus(lines):
    return pack(lines, quantum=1 / 64, **ABOUT)


def test_a_corpus_holds_its_lines(lines, corpus):
    assert len(corpus) == len(lines)
    np.testing.assert_array_equal(corpus.lengths, [len(line.strokes) for line in lines])
    for i, line in enumerate(lines):
        assert (corpus.text(i), corpus.writer(i), corpus.split(i), corpus.source(i)) == (
            line.text, line.writer, line.split, line.source)
        ink.check(corpus.strokes(i))
        np.testing.assert_array_equal(corpus.strokes(i)[:, 2], line.strokes[:, 2])


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 1 / 64, 0.01]))
def test_rounding_does_not_add_up_along_a_line(seed, quantum):
    line = random_line(np.random.default_rng(seed), 2000, scale=20 * quantum)
    packed = pack([line], quantum=quantum, **ABOUT).strokes(0)
    apart = ink.to_points(packed) - ink.to_points(line.strokes)
    assert np.abs(apart).max() <= quantum / 2 * 1.01


@given(st.integers(0, 2**32 - 1))
def test_packing_what_is_on_the_grid_changes_nothing(seed):
    once = pack([random_line(np.random.default_rng(seed), 50)], quantum=1 / 64, **ABOUT)
    again = pack([Line(once.strokes(0), "abc", "w", "train", "s")], quantum=1 / 64, **ABOUT)
    np.testing.assert_array_equal(once.offsets, again.offsets)


@given(st.lists(st.integers(-(2**15) + 1, 2**15 - 1), min_size=2, max_size=20))
def test_every_offset_of_16_bits_survives_the_file(offsets):
    offsets = np.array([offsets, offsets[::-1]], np.int16)
    np.testing.assert_array_equal(corpora._from_bytes(corpora._to_bytes(offsets)), offsets)


def test_a_file_gives_the_corpus_back(corpus, tmp_path):
    path = tmp_path / "new folder" / "corpus.npz"
    save(path, corpus)
    again = load(path)
    for field in dataclasses.fields(corpus):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(corpus, field.name), field.name)
        assert type(getattr(again, field.name)) is type(getattr(corpus, field.name))
    for i in range(len(corpus)):
        np.testing.assert_array_equal(again.strokes(i), corpus.strokes(i))
    assert list(path.parent.iterdir()) == [path]  # no temporary file stays


def test_a_file_has_no_pickles_and_the_same_bytes_each_time(corpus, tmp_path):
    save(tmp_path / "a.npz", corpus)
    save(tmp_path / "b.npz", corpus)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert {file[name].dtype.kind for name in file.files} <= {"u", "i"}


def test_a_failed_save_leaves_the_old_file(corpus, tmp_path, monkeypatch):
    path = tmp_path / "corpus.npz"
    save(path, corpus)
    before = path.read_bytes()

    def full(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="disk full"):
        save(path, corpus)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


# Selection and statistics


def test_splits_select_lines(corpus):
    train, validation = corpus.select(["train"]), corpus.select(["validation"])
    assert all(corpus.split(i) == "train" for i in train) and len(validation)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, validation])), np.arange(len(corpus)))
    np.testing.assert_array_equal(corpus.select(("validation", "train")), np.arange(len(corpus)))


def test_a_split_without_lines_is_named(corpus):
    with pytest.raises(CorpusError, match=r"\['test'\].*'validation': 6"):
        corpus.select(["train", "test"])
    with pytest.raises(CorpusError, match="train"):
        corpus.select("train")


def test_statistics_are_of_the_chosen_lines_without_their_first_rows(corpus):
    chosen = [3, 1, 8]
    moved = np.concatenate([corpus.strokes(i)[1:, :2] for i in chosen]).astype(np.float64)
    found = corpus.statistics(chosen)
    np.testing.assert_allclose(found.mean, moved.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found.std, moved.std(axis=0), rtol=1e-5)
    assert found.shared_std == pytest.approx(np.sqrt(moved.var(axis=0).mean()))
    assert found.points == len(moved)


def test_statistics_ignore_where_lines_lie(lines):
    moved = [dataclasses.replace(line, strokes=line.strokes + np.eye(len(line.strokes), 1) * [[7, -3, 0]])
             for line in lines]
    a, b = (pack(some, quantum=1 / 64, **ABOUT).statistics(range(len(lines))) for some in (lines, moved))
    np.testing.assert_array_equal(a.std, b.std)


def test_statistics_need_a_movement():
    rows = np.array([[0, 0, 1]], np.float32)
    with pytest.raises(CorpusError, match="no pen movements in 1 "):
        pack([Line(rows, "a", "w", "train", "s")], quantum=1, **ABOUT).statistics([0])


def test_characters_are_counted(lines, corpus):
    counts = Counter("".join(line.text for line in lines))
    assert corpus.character_counts == counts
    assert corpus.alphabet == "".join(sorted(counts))
    wider = pack(lines, quantum=1, alphabet=corpus.alphabet + "Z", **ABOUT)
    assert wider.character_counts["Z"] == 0 and set(wider.alphabet) == set(corpus.alphabet) | {"Z"}


def test_a_checksum_tells_what_a_training_sees_and_nothing_else(lines, corpus, tmp_path):
    about = {"quantum": 1 / 64, **ABOUT}
    save(tmp_path / "c.npz", corpus)
    same = [dataclasses.replace(line, source="elsewhere") for line in lines]
    assert corpus.checksum == load(tmp_path / "c.npz").checksum == pack(same, **about).checksum
    first = lines[0]
    moved = first.strokes + np.array([1 / 64, 0, 0], np.float32)
    others = [[*lines[1:], first], lines[:-1]] + [
        [dataclasses.replace(first, **{field: value}), *lines[1:]]
        for field, value in (("text", "other"), ("writer", "w9"), ("split", "train"), ("strokes", moved))
    ]
    assert len({corpus.checksum, *(pack(other, **about).checksum for other in others)}) == 7


def test_arrangements_keep_training_and_validation_apart():
    for train, validation in corpora.ARRANGEMENTS.values():
        assert train and validation and not set(train) & set(validation)


# Errors


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"strokes": np.zeros((3, 3), np.float32)}, {}, "'bad'.*eos 0; expected 1"),
        ({"strokes": np.full((3, 3), np.nan)}, {}, "'bad'.*finite"),
        ({"text": ""}, {}, "'bad' has no text"),
        ({"text": "a\nb"}, {}, "'bad' has a line break in its text, .*; give single lines"),
        ({"text": "abz"}, {"alphabet": "abc"}, r"'bad'.*\['z'\].*'abc'"),
        ({"strokes": np.array([[0, 0, 0], [600, 0, 1]])}, {}, "has a jump of 600; expected at most 511.98.*coarser"),
        ({}, {"quantum": 0}, "quantum is 0"),
    ],
)
def test_a_line_that_does_not_fit_is_named(change, options, message):
    line = random_line(np.random.default_rng(0), 5, **({"source": "bad"} | change))
    with pytest.raises(CorpusError, match=message):
        pack([line], **({"quantum": 1 / 64} | ABOUT | options))


def test_there_is_something_to_pack():
    with pytest.raises(CorpusError, match="no lines"):
        pack([], quantum=1, **ABOUT)


def test_an_absent_file_says_how_to_make_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="no corpus file.*absent.npz.*writemate_jax.data --help"):
        load(tmp_path / "absent.npz")


def test_any_other_file_is_no_corpus(corpus, tmp_path):
    path = tmp_path / "corpus.npz"
    save(path, corpus)
    whole = path.read_bytes()
    for damaged in (b"", b"text", whole[:100], whole[: len(whole) // 2], whole[:-30]):
        path.write_bytes(damaged)
        with pytest.raises(CorpusError, match="not a whole corpus file"):
            load(path)
    np.savez(path, other=np.zeros(3))
    with pytest.raises(CorpusError, match="not a whole corpus file.*about"):
        load(path)
    np.savez(path, about=np.array([{"pickled": True}], dtype=object))
    with pytest.raises(CorpusError, match="not a whole corpus file"):
        load(path)


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_a_changed_byte_is_noticed_or_harmless(corpus, tmp_path_factory, place, change):
    path = tmp_path_factory.mktemp("damaged") / "corpus.npz"
    save(path, corpus)
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= change
    path.write_bytes(data)
    try:
        again = load(path)
    except CorpusError:
        return
    np.testing.assert_array_equal(again.offsets, corpus.offsets)
    np.testing.assert_array_equal(again.eos, corpus.eos)
    assert again.texts == corpus.texts and again.alphabet == corpus.alphabet


def test_a_file_of_another_format_or_with_a_column_short_is_refused(corpus, tmp_path):
    path = tmp_path / "corpus.npz"
    save(path, corpus)
    with np.load(path) as file:
        arrays = dict(file)
    about = json.loads(arrays["about"].tobytes())
    for changed, message in (
        ({"about": corpora._strings([json.dumps(json.loads(about[0]) | {"format": "later"})])}, "format 'later'"),
        ({"writers": corpora._strings(corpus.writers[:-1])}, r"inconsistent: columns of \[22, 23\]"),
        ({"offset_bytes": arrays["offset_bytes"][..., :-1]}, "inconsistent"),
    ):
        np.savez(path, **(arrays | changed))
        with pytest.raises(CorpusError, match=message):
            load(path)


# The readers' report


def test_a_report_counts_and_names():
    report = Report("Title")
    report.count("lines", 1200)
    report.count("lines")
    for i in range(7):
        report.skip("empty stroke", f"line-{i}")
    report.note("a remark")
    assert report.counts == {"lines": 1201} and sum(map(len, report.skipped.values())) == 7
    text = report.text(names=2)
    assert text.splitlines()[0] == "Title" and "1,201  lines" in text and "a remark" in text
    assert "7  skipped: empty stroke: line-0, line-1, ..." in text and "line-2" not in text
