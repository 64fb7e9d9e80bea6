"""The steps from UNIPEN samples to lines, and the corpus that ships."""

from __future__ import annotations

import os
from collections import Counter
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from writemate_jax import strokes as ink
from writemate_jax.data import compose, corpus, letter_size, open_corpus, pieces
from writemate_jax.data.coined import coin
from writemate_jax.data.compose import Piece
from writemate_jax.data.delayed_strokes import in_reading_order
from writemate_jax.data.labels import clean_label
from writemate_jax.data.report import Report
from writemate_jax.data.unipen import UnipenError
from writemate_jax.data.word_cuts import cut_words, split_rows


def bar(x: float, bottom: float, top: float) -> np.ndarray:
    return np.stack([np.full(9, x), np.linspace(bottom, top, 9)], axis=1)


def letters(text: str, left: float = 0.0) -> list[np.ndarray]:
    """A caricature: each character is a bar for each of its parts, of the part's length and extent."""
    strokes = []
    for c in text:
        if c == " ":
            left += 1.0
            continue
        for bottom, top, length in letter_size.PARTS[c]:
            there_and_back = np.linspace(0, length, 60) / max(top - bottom, 1e-6)
            y = bottom + (top - bottom) * np.abs((there_and_back + 1) % 2 - 1)
            strokes.append(np.stack([left + 0.3 * np.linspace(0, 1, 60), y], axis=1))
        left += letter_size.WIDTHS[c]
    return strokes


strokes_of_ink = st.lists(hnp.arrays(np.float64, (5, 2), elements=st.floats(-50, 50)), min_size=1, max_size=5)


# Letter size


@settings(deadline=None)
@given(strokes_of_ink, st.floats(0.01, 100), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_size_grows_with_the_ink_wherever_it_is(strokes, factor, right, up):
    moved = letter_size.measure([s * factor + (right, up) for s in strokes], "hand")
    tolerance = 1e-6 * (1 + abs(up) + 100 * factor)
    assert moved == pytest.approx(letter_size.measure(strokes, "hand") * factor, abs=tolerance)


@settings(deadline=None)
@given(strokes_of_ink)
def test_ink_moments_do_not_depend_on_the_density_of_points(strokes):
    denser = [np.stack([np.interp(np.linspace(0, 4, 17), np.arange(5), c) for c in s.T], axis=1) for s in strokes]
    np.testing.assert_allclose(letter_size.ink_moments(denser), letter_size.ink_moments(strokes), atol=1e-6)


@pytest.mark.parametrize("text", ["minimum", "gypsy", "halfback", "Quality 1995", "on"])
def test_ink_that_is_as_expected_measures_one(text):
    strokes = [s * 40 + (7, -300) for s in letters(text)]
    scale = letter_size.measure(strokes, text)
    assert scale == pytest.approx(40, rel=0.12)
    [first, *_] = letter_size.normalise(strokes, text, scale)
    assert strokes[0][0, 1] - scale * first[0, 1] == pytest.approx(-300, abs=6)  # where the baseline was


def test_normalised_ink_stands_on_the_baseline():
    strokes = letter_size.normalise([s * 40 + (7, -300) for s in letters("running")], "running", 40.0)
    points = np.concatenate(strokes)
    assert points[:, 0].min() == 0
    assert points[:, 1].min() == pytest.approx(-0.9, abs=0.15)


@given(st.floats(0.1, 10), st.integers(1, 60), st.floats(0.1, 10))
def test_shrinking_lies_between_own_and_usual_size(scale, count, usual):
    result = letter_size.shrunk(scale, count, usual)
    assert min(scale, usual) * (1 - 1e-9) <= result <= max(scale, usual) * (1 + 1e-9)


def test_every_printable_character_has_a_shape_and_a_width():
    printable = {chr(code) for code in range(0x21, 0x7F)}
    assert set(letter_size.PARTS) == set(letter_size.WIDTHS) == printable


@pytest.mark.parametrize("slope", [-0.15, 0.08, 0.2])
def test_deskewing_takes_the_slope_out_in_spite_of_long_letters(slope):
    strokes = letters("the quick brown fox jumped over")
    skewed = [np.stack([s[:, 0], s[:, 1] + slope * s[:, 0]], axis=1) for s in strokes]
    straight = letter_size.deskewed(skewed)
    lows = [s[:, 1].min() for s in straight if np.ptp(s[:, 1]) < 1.2]
    assert abs(np.polyfit(np.arange(len(lows)), lows, 1)[0]) < 0.02


# Reading order


@settings(deadline=None)
@given(st.lists(st.floats(0, 50), min_size=1, max_size=12))
def test_reading_order_only_reorders(places):
    strokes = [bar(x, 0, 1) for x in places]
    ordered = in_reading_order(strokes, delay=1.0)
    assert sorted(map(id, ordered)) == sorted(map(id, strokes))


def test_delayed_strokes_go_back_to_their_letters():
    word = [bar(x, 0, 1) for x in range(6)]
    dot, crossbar = bar(1.1, 1.5, 1.6), np.array([[2.6, 1.2], [3.6, 1.2]])
    ordered = in_reading_order([*word, crossbar, dot], delay=1.0)
    assert [id(s) for s in ordered] == [id(s) for s in (word[0], word[1], dot, word[2], word[3], crossbar, *word[4:])]


def test_ink_from_left_to_right_keeps_its_order():
    word = [bar(x, 0, 1) for x in (0, 1, 0.7, 2, 3, 2.5)]
    assert all(a is b for a, b in zip(in_reading_order(word, 1.0), word, strict=True))


# Words in a line


def test_words_are_found_by_width_and_gap():
    words = ["the", "quick", "fox"]
    groups, left = [], 0.0
    for word in words:
        groups.append(letters(word, left))
        left += letter_size.expected_width(word) + 0.9
    strokes = [s * 30 for group in groups for s in group]
    cuts = cut_words(strokes, [0] * len(strokes), words)
    ends = np.cumsum([len(g) for g in groups])
    assert cuts.spans == tuple(zip([0, *ends[:-1]], ends, strict=True))
    assert min(cuts.gaps[1:]) > 0.5 and cuts.misfit < 0.7


def test_rows_begin_where_the_pen_returns():
    first, second = letters("first row of text"), [s - (0, 4) for s in letters("second")]
    rows = split_rows(first + second)
    assert rows == [0] * len(first) + [1] * len(second)
    cuts = cut_words(first + second, rows, "first row of text second".split())
    assert cuts.spans[-1] == (len(first), len(first + second))
    assert np.isinf(cuts.gaps[-1])


def test_fewer_strokes_than_words_have_no_cut():
    assert cut_words([bar(0, 0, 1)], [0], ["a", "b"]) is None


# Points


@settings(deadline=None)
@given(hnp.arrays(np.float64, (6, 2), elements=st.floats(-3, 3)))
def test_resampling_keeps_ends_and_extent(stroke):
    (result,) = pieces.resampled([stroke])
    assert np.isfinite(result).all() and len(result) > 1  # no stroke is a single point, as the rest is
    if ink.arc_length(ink.resample_uniform(stroke, pieces.FINE))[-1] >= pieces.DOT:  # no dot
        np.testing.assert_allclose(result[[0, -1]], stroke[[0, -1]], atol=1e-9)
    assert (result.min(0) >= stroke.min(0) - 0.2).all() and (result.max(0) <= stroke.max(0) + 0.2).all()


def test_curves_get_more_points_than_straights_and_a_dot_two():
    angle = np.linspace(0, 2 * np.pi, 200)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    straight = np.stack([np.linspace(0, 2 * np.pi, 200), np.zeros(200)], axis=1)
    counts = [len(s) for s in pieces.resampled([circle, straight, 0.01 * circle])]
    assert counts[0] > 1.5 * counts[1] and counts[2] == 2


# Composing


def word(text: str) -> Piece:
    return Piece(letters(text), text, f"{text}#0")


def test_words_beside_each_other_keep_their_ink_and_leave_gaps():
    rng = np.random.default_rng(0)
    words = [word("one"), word("two"), word("three")]
    line = compose.words_beside(words, rng)
    assert line.text == "one two three" and line.source == "one+two+three"
    assert len(line.strokes) == sum(len(w.strokes) for w in words)
    position = 0
    right = 0.0
    for w in words:
        group = line.strokes[position:position + len(w.strokes)]
        position += len(w.strokes)
        left = min(s[:, 0].min() for s in group)
        assert right == 0.0 or 0.5 < left - right < 3.5
        right = max(s[:, 0].max() for s in group)
        for placed, own in zip(group, w.strokes, strict=True):
            np.testing.assert_allclose(np.diff(placed, axis=0), np.diff(own, axis=0), atol=1e-12)


@pytest.mark.parametrize("character, bottom, top", [
    ("A", 0, 1.8), (",", -0.4, 0.15), ("-", 0.55, 0.65), ("g", -0.9, 1),
])
def test_isolated_characters_are_placed_where_a_line_has_them(character, bottom, top):
    drawn = np.stack([np.linspace(500, 520, 9), np.linspace(900 + 30 * bottom, 900 + 30 * top, 9)], axis=1)
    points = np.concatenate(compose.placed_character([drawn], character, 30.0, "s").strokes)
    assert points[:, 0].min() == 0
    np.testing.assert_allclose([points[:, 1].min(), points[:, 1].max()], [bottom, top], atol=1e-9)


@pytest.mark.parametrize("kind", ["number", "capitals", "small"])
def test_coined_texts_use_what_there_is(kind):
    available = Counter("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.,;:!?()-$%#'\"/+=&@*<>[]")
    rng = np.random.default_rng(1)
    texts = [coin(kind, available, Counter(), rng) for _ in range(200)]
    assert all(set(text) - {" "} <= set(available) for text in texts)
    assert len(set(texts)) > 50
    assert coin(kind, Counter("z"), Counter(), rng) is None


def test_rarer_characters_are_coined_first():
    characters = [chr(code) for code in range(0x21, 0x7F)]

    def written(used: Counter) -> int:
        rng = np.random.default_rng(0)
        texts = [coin("number", Counter(characters), used, rng) or "" for _ in range(300)]
        return sum("@" in text for text in texts)

    assert written(Counter({c: 1000 for c in characters if c != "@"})) > 2 * written(Counter())


# Labels and writers


@pytest.mark.parametrize("label, contributor, text", [
    ("Nick F . Yxsjo", "hpp", "Nick F. Yxsjo"), ("( 4 5 6 ) 7 8 9 - 0 1 2 3", "hpp", "(456)789-0123"),
    ("What a dirty trick !", "sta", "What a dirty trick!"), ("r@e@e@d", "kai", "reed"),
    ("  two   words ", "lex", "two words"), ("a , b", "lex", "a , b"), ("Gr\xfcnde", "lex", None), ("", "lex", None),
])
def test_labels(label, contributor, text):
    assert clean_label(label, contributor) == text


def test_split_holds_whole_writers():
    lines_of = Counter({f"w{k}": 5 + k % 40 for k in range(300)})
    split = open_corpus.split_writers(lines_of, seed=0)
    held = [w for w, s in split.items() if s == "validation"]
    assert set(split) == set(lines_of) and len(held) >= 30
    assert 0.04 < sum(lines_of[w] for w in held) / sum(lines_of.values()) < 0.15
    assert split == open_corpus.split_writers(lines_of, seed=0) != open_corpus.split_writers(lines_of, seed=1)


# A small distribution, from files to lines


def device_points(strokes: list[np.ndarray]) -> str:
    return "".join(".PEN_DOWN\n" + "".join(f"{int(x * 40)} {int(y * 40)}\n" for x, y in s) + ".PEN_UP\n"
                   for s in strokes)


@pytest.fixture
def small_distribution(tmp_path):
    words = "river mountain sound paper number garden winter summer dinner silver".split()
    folder = tmp_path / "data" / "7" / "lex"
    folder.mkdir(parents=True)
    (tmp_path / "include").mkdir()
    for writer in ("ann", "bob"):
        blocks, segments, count = [f".WRITER_ID {writer}\n"], [], 0
        for text in words:
            strokes = letters(text)
            blocks.append(device_points(strokes))
            segments.append(f'.SEGMENT WORD {count}-{count + len(strokes) - 1} OK "{text}"\n')
            count += len(strokes)
        (folder / f"{writer}.dat").write_text("".join(blocks + segments))
    return tmp_path


def test_build_is_a_function_of_files_and_seed(small_distribution, monkeypatch):
    monkeypatch.setattr(open_corpus, "RARE", 1)
    lines, report = open_corpus.build(small_distribution, seed=3)
    again, _ = open_corpus.build(small_distribution, seed=3)
    assert len(lines) > 6 and {line.writer for line in lines} == {"lex/ann", "lex/bob"}
    for a, b in zip(lines, again, strict=True):
        assert (a.text, a.writer, a.split) == (b.text, b.writer, b.split)
        np.testing.assert_array_equal(a.strokes, b.strokes)
    for line in lines:
        left, bottom, _, top = ink.bounds(line.strokes)
        assert left == pytest.approx(0, abs=1e-5) and -1.3 < bottom < 0.2 and 0.8 < top < 2.3
    assert "characters" in report.text()


def test_the_wrong_folder_is_an_error(tmp_path):
    with pytest.raises(UnipenError, match="no folder"):
        open_corpus.build(tmp_path)


def test_implausible_ink_is_told():
    good = letters("hand")
    assert pieces.implausible(good, "hand", 1.0) is None
    assert "jumps back" in pieces.implausible([*letters("hand in hand"), bar(0, 0, 1)], "hand in handi", 1.0)
    assert "above or below" in pieces.implausible([*good, bar(1, 3, 3.5)], "hand", 1.0)
    assert "width" in pieces.implausible(good, "hand", 2.5)


# The corpus that ships


@pytest.fixture(scope="module")
def shipped() -> corpus.Corpus:
    return corpus.load(resources.files("writemate_jax") / "assets" / "open_corpus.npz")


def test_shipped_amounts(shipped):
    assert len(shipped) >= 8_000
    assert sum(map(len, shipped.texts)) >= 300_000
    assert len(set(shipped.writers)) >= 300
    assert len({w for w, s in zip(shipped.writers, shipped.splits, strict=True) if s == "validation"}) >= 30
    assert (resources.files("writemate_jax") / "assets" / "open_corpus.npz").stat().st_size < 11e6
    assert 8 < shipped.lengths.sum() / sum(map(len, shipped.texts)) < 13


def test_shipped_writers_are_in_one_split(shipped):
    pairs = set(zip(shipped.writers, shipped.splits, strict=True))
    assert len(pairs) == len(set(shipped.writers))
    assert {split for _, split in pairs} == {"train", "validation"}
    assert not set(open_corpus.exclusions()) & set(shipped.writers)


def test_shipped_characters_are_covered(shipped):
    counts = shipped.character_counts
    assert min(counts.values()) >= open_corpus.RARE
    common = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.,;:!?'\"()-/&%$#+*= "
    assert {c: counts.get(c, 0) for c in common if counts.get(c, 0) < 300} == {}
    assert counts["@"] >= 100


def test_shipped_ink_has_the_unit_that_it_says(shipped):
    assert shipped.unit == "x-height"
    heights, feet, rng = [], [], np.random.default_rng(0)
    for i in rng.permutation(len(shipped))[:3000]:
        points = ink.to_points(shipped.strokes(i))
        assert np.isfinite(points).all() and np.abs(points).max() < 300
        assert -0.02 <= points[:, 0].min() < 0.35  # resampling may cut the leftmost turn a little
        if set(shipped.text(i)) <= set("aceimnorsuvwxzthdbkl "):
            feet.append(np.percentile(points[:, 1], 10))
        heights.append(letter_size.measure(ink.split(shipped.strokes(i)), shipped.text(i)))
    assert np.median(heights) == pytest.approx(1.0, abs=0.1)
    assert np.median(feet) == pytest.approx(0.1, abs=0.15)


def test_shipped_provenance_credits_the_source(shipped):
    text = " ".join(shipped.provenance.values())
    for needed in ("Guyon", "Schomaker", "Plamondon", "Liberman", "Janet", "International Unipen Foundation",
                   "UNIPEN", "10.5281/zenodo.1195803", "CC BY 4.0"):
        assert needed in text
    assert shipped.provenance["changes"]


RAW = os.environ.get("WRITEMATE_UNIPEN")


@pytest.mark.skipif(not RAW or not Path(RAW, "data").is_dir(),
                    reason="WRITEMATE_UNIPEN does not name the unpacked train_r01_v07")
def test_sentences_of_the_distribution_are_cut_into_lines():
    report = Report("real")
    from writemate_jax.data.unipen import read_samples
    samples = list(read_samples(Path(RAW), "8", "bba", report))
    raw = [piece for sample in samples for piece in pieces.raw_pieces(sample, report)]
    lines = [piece for piece in raw if piece.kind == "line"]
    assert len(samples) == 63 and len(lines) > 150
    assert all(len(piece.text) <= 80 for piece in lines)
