"""The measure of legibility: what of it needs no recogniser, and a round with it where it is installed."""

import itertools
import json
import string

import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import tiny
from writemate_jax import strokes
from writemate_jax.alphabet import Alphabet
from writemate_jax.data import corpus as corpora
from writemate_jax.evaluation import legibility, prompts
from writemate_jax.evaluation.bootstrap import ratio_interval
from writemate_jax.evaluation.edit_distance import align, compare
from writemate_jax.evaluation.groups import by_group
from writemate_jax.evaluation.legibility import Line, Record, Way
from writemate_jax.evaluation.legibility_report import extremes, write_report
from writemate_jax.evaluation.recogniser import CHARACTERS, Reading, Recogniser, RecogniserMissing
from writemate_jax.evaluation.rendering import INK_PIXELS, LARGEST_SIDE, PADDING_PIXELS, picture
from writemate_jax.reading import ctc
from writemate_jax.sampling.stray_ticks import starts_with_tick

# Connectionist temporal classification


def every_path(log_probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability of every text, summed over all paths through the frames one by one."""
    frames, classes = log_probs.shape
    totals: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(classes), repeat=frames):
        text = tuple(code for code, _ in itertools.groupby(path) if code != ctc.BLANK)
        totals[text] = totals.get(text, 0.0) + float(np.exp(log_probs[np.arange(frames), path].sum()))
    return totals


@given(arrays(np.float64, (5, 3), elements=st.floats(-4, 4)))
def test_ctc_is_the_sum_over_all_alignments(logits):
    log_probs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    totals = every_path(log_probs)
    assert sum(totals.values()) == pytest.approx(1)
    for text, probability in totals.items():
        assert ctc.nll(log_probs, text) == pytest.approx(-np.log(probability))


def test_ctc_of_a_text_that_does_not_fit_is_infinite():
    frames = np.log(np.full((3, 3), 1 / 3))
    assert ctc.nll(frames, [1, 1]) < np.inf
    assert ctc.nll(frames[:2], [1, 1]) == np.inf  # equal neighbours need a blank between them
    assert ctc.nll(frames, [1, 2, 1, 2]) == np.inf


def test_ctc_of_a_text_that_is_hardly_there_is_finite():
    frames = np.full((200, 3), np.log(1e-9))
    frames[:, ctc.BLANK] = np.log1p(-2e-9)
    text = [1, 2] * 30
    by_optax = optax.ctc_loss(frames[None], np.zeros((1, 200)), np.array([text]), np.zeros((1, 60)))
    assert ctc.nll(frames, text) == pytest.approx(float(by_optax[0]), rel=1e-4)
    assert ctc.nll(frames[:60], text) == pytest.approx(-60 * np.log(1e-9))  # a single alignment
    assert ctc.nll(frames[:59], text) == ctc.nll(frames[:60], [1] * 31) == np.inf


def test_the_best_path_leaves_out_repeats_and_blanks():
    frames = np.log(np.full((7, 4), 0.01))
    frames[np.arange(7), [1, 1, 0, 1, 2, 0, 3]] = 0
    assert ctc.best_path(frames) == [1, 1, 2, 3]


def frames_of(text: str, certainty: float) -> np.ndarray:
    """Frames that say a text, a blank after each character."""
    path = [code for character in text for code in (CHARACTERS.index(character) + 1, ctc.BLANK)]
    probabilities = np.full((len(path), len(CHARACTERS) + 1), (1 - certainty) / len(CHARACTERS))
    probabilities[np.arange(len(path)), path] = certainty
    return np.log(probabilities)


def test_a_reading_is_the_text_likeliest_at_all_stretches():
    assert Reading([frames_of("cat", 0.4), frames_of("cat", 0.4), frames_of("cot", 0.99)]).text() == "cot"
    agreed = Reading([frames_of("cat", 0.9), frames_of("cat", 0.9), frames_of("cot", 0.9)])
    assert agreed.text() == "cat"
    with pytest.raises(ValueError, match="printable ASCII"):
        agreed.nll("caf\u00e9")


def test_a_reading_is_judged_by_the_stretches_that_have_room_for_its_text():
    narrow = Reading([frames_of("cat", 0.9)[:2], frames_of("cat", 0.9), frames_of("cat", 0.8)])
    assert narrow.text() == "cat"
    wide = [Reading([frames]).nll("cat") for frames in narrow.frames[1:]]
    assert narrow.nll("cat") == pytest.approx(np.mean(wide))
    assert np.isinf(Reading(narrow.frames[:1]).nll("cat"))


def test_a_line_that_is_too_narrow_for_its_text_leaves_the_likelihood_of_the_others():
    found = legibility.summarise([record("a", "lot", "lo", nll=np.inf), record("a", "lot", "lot", nll=1.0)])
    assert found.nll == pytest.approx(1 / 3)
    assert np.isnan(legibility.summarise([record("a", "lot", "lo", nll=np.inf)]).nll)


# Edit distance


def levenshtein(a: str, b: str) -> int:
    """By its recursive definition."""
    if not a or not b:
        return len(a) + len(b)
    return min(
        levenshtein(a[1:], b[1:]) + (a[0] != b[0]), levenshtein(a[1:], b) + 1, levenshtein(a, b[1:]) + 1
    )  # fmt: skip


@given(st.text("ab ", max_size=5), st.text("ab ", max_size=5))
def test_edits_are_the_levenshtein_distance_and_align_both_texts(wanted, read):
    edits = compare(wanted, read)
    assert edits.total == levenshtein(wanted, read)
    assert edits.extra - edits.missing == len(read) - len(wanted)
    steps = align(wanted, read)
    assert "".join(a for a, _ in steps if a is not None) == wanted
    assert "".join(b for _, b in steps if b is not None) == read


def test_edits_tell_those_at_the_end_apart():
    assert compare("hello", "hell") == (1, 0, 0, 1, 0)
    assert compare("hello", "ello") == (1, 0, 0, 0, 0)
    assert compare("hello", "hellos") == (0, 1, 0, 0, 1)
    assert compare("hello", "'hello") == (0, 1, 0, 0, 0)
    assert compare("hello", "hallo") == (0, 0, 1, 0, 0)
    assert compare("hello", "helo") == (1, 0, 0, 0, 0)
    assert compare("hello", "") == (5, 0, 0, 0, 0)  # nothing was read that could have an end


# Bootstrap


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for i in range(200):
        lengths = rng.integers(5, 40, 80)
        low, high = ratio_interval(rng.binomial(lengths, 0.1), lengths, draws=400, seed=i)
        covered += low <= 0.1 <= high
    assert 0.88 <= covered / 200 <= 0.99


def test_the_interval_is_a_point_without_variation_and_repeats_by_seed():
    assert ratio_interval(np.array([1, 2, 3]), np.array([10, 20, 30])) == pytest.approx((0.1, 0.1))
    errors, lengths = np.arange(20) % 4, np.full(20, 9)
    assert ratio_interval(errors, lengths, seed=3) == ratio_interval(errors, lengths, seed=3)
    with pytest.raises(ValueError, match="one pair for each line"):
        ratio_interval(np.zeros(0), np.zeros(0))


def test_draws_without_a_ratio_are_left_out_of_the_interval():
    assert ratio_interval([1, 0], [2, 0]) == (0.5, 0.5)
    assert np.isnan(ratio_interval([0, 0], [0, 0])).all()


# Pictures

HELLO = tiny.line("lotto lot", 0.02, np.random.default_rng(1))


@given(st.floats(0.02, 50), st.floats(-30, 30), st.floats(-30, 30))
def test_a_picture_does_not_depend_on_place_and_size(factor, dx, dy):
    moved = tiny.scaled(HELLO, factor)
    moved[0, :2] += np.float32(factor) * np.array([dx, dy], np.float32)
    a, b = picture(HELLO).astype(int), picture(moved).astype(int)
    assert abs(a.shape[0] - b.shape[0]) <= 1 and abs(a.shape[1] - b.shape[1]) <= 1  # rounding of a pixel's part
    h, w = np.minimum(a.shape, b.shape)
    assert np.abs(a[:h, :w] - b[:h, :w]).mean() < 6


def test_the_ink_is_as_high_as_stated_with_paper_around_it():
    grey = picture(HELLO)
    assert grey.dtype == np.uint8
    rows = np.flatnonzero((grey < 128).any(axis=1))
    height = rows[-1] - rows[0] + 1
    assert INK_PIXELS <= height <= INK_PIXELS * 1.3  # the quantiles leave out a little; the pen adds its width
    border = int(PADDING_PIXELS) - 3
    frame = np.ones(grey.shape, bool)
    frame[border:-border, border:-border] = False
    assert (grey[frame] == 255).all()
    assert ((grey > 0) & (grey < 255)).any()  # antialiased


def test_stretching_widens_the_ink_alone():
    plain, wide = picture(HELLO), picture(HELLO, 1.35)
    assert wide.shape[0] == plain.shape[0]
    ink = np.array([plain.shape[1], wide.shape[1]]) - 2 * PADDING_PIXELS
    assert ink[1] / ink[0] == pytest.approx(1.35, abs=0.01)
    # A vertical stroke stays as thick: the pen is not stretched.
    upright = strokes.join([np.array([[0.0, 0.0], [0.0, 1.0]])])
    assert ((picture(upright, 1.35) < 128).sum(axis=1).max()) == ((picture(upright) < 128).sum(axis=1).max())


@pytest.mark.parametrize(
    "ink",
    [
        [np.array([[0.0, 0.0]])],
        [np.array([[0.0, 0.0], [1.0, 0.0]])],
        [np.array([[0.0, 0.0], [0.0, 1.0], [1000.0, 0.5]])],
        [np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[2.0, 1e5]])],
    ],
    ids=["dot", "dash", "far to the right", "far up"],
)
def test_ink_of_any_shape_is_drawn_in_bounds(ink):
    grey = picture(strokes.join(ink))
    assert max(grey.shape) <= LARGEST_SIDE and (grey < 128).any()


# Stray ticks


def test_a_short_stroke_left_of_the_text_is_a_tick():
    tick = np.array([[-0.5, 0.5], [-0.3, 0.4]])
    word = strokes.split(HELLO)
    assert starts_with_tick(strokes.join([tick, *word]), "lotto lot")
    assert not starts_with_tick(HELLO, "lotto lot")
    assert not starts_with_tick(strokes.join([tick * 4, *word]), "lotto lot")  # long: a part of a letter
    assert not starts_with_tick(strokes.join([tick + [1.5, 1.0], *word]), "lotto lot")  # above the word, as a dot is
    assert not starts_with_tick(strokes.join([tick, *word]), "'lotto lot")  # as the text has it
    assert not starts_with_tick(strokes.join([tick]), "l")


# Prompts


def test_the_prompts_cover_what_they_should():
    found = prompts.load()
    counts = {group: sum(p.group == group for p in found) for group in prompts.GROUPS}
    assert sum(counts.values()) == len(found) >= 240  # no other group
    assert min(counts.values()) >= 30
    texts = [p.text for p in found]
    assert len(set(texts)) == len(texts)
    for expected in ("333-333-3333", "BREAKING NEWS", "Mohammed", "Sanika"):
        assert expected in texts
    assert all(60 <= len(p.text) <= 75 for p in found if p.group == "long_lines")
    assert all(len(p.text.split()) <= 3 for p in found if p.group == "short")
    assert any(len(p.text) == 1 for p in found) and any(p.text[-1] in "ilt" for p in found)
    written = set("".join(texts))
    assert written >= set(string.ascii_letters + string.digits + ".,!?'\"-:;()&%$#/+*=")
    corpus = corpora.load()
    assert written <= set(corpus.alphabet)


def test_prompts_of_a_folder(tmp_path):
    (tmp_path / "mine.txt").write_text("one\n\n  two \n")
    assert prompts.load(tmp_path) == [("mine", "one"), ("mine", "two")]
    with pytest.raises(ValueError, match="no folder"):
        prompts.load(tmp_path / "absent")
    (tmp_path / "mine.txt").write_text("\n")
    with pytest.raises(ValueError, match="no line"):
        prompts.load(tmp_path)


def test_prompts_that_a_network_cannot_write_are_left_out_with_a_word():
    found = [prompts.Prompt("a", "one"), prompts.Prompt("a", "1 = 1"), prompts.Prompt("b", "caf\u00e9")]
    alphabet = Alphabet(string.ascii_lowercase + " 1")
    with pytest.warns(UserWarning, match="1 of 3 prompts are left out: .* '='"):
        assert prompts.writable(found, alphabet) == [found[0], found[2]]
    with pytest.raises(ValueError, match="each of 1 prompts has others of '='"):
        prompts.writable(found[1:2], alphabet)


# Records and reports


def record(group: str, text: str, read: str, **fields) -> Record:
    known = dict(nll=1.0, tick=False, complete=True, seconds=0.1) | fields
    line = Line(group, text, HELLO, known["complete"], known["seconds"])
    return Record(line, read, compare(text, read), known["nll"], known["tick"])


RECORDS = [
    record("a", "hello", "hello"),
    record("a", "hello", "hell"),
    record("b", "all", "allow", tick=True),
    record("b", "bad", "bed", complete=False),
]


def test_a_summary_counts_characters_and_lines():
    groups = by_group(RECORDS, legibility.summarise)
    assert list(groups) == ["a", "b", "all"]
    whole = groups["all"]
    assert (whole.lines, whole.characters) == (4, 16)
    assert whole.cer == pytest.approx(4 / 16) == whole.missing + whole.extra + whole.wrong
    assert groups["a"].cer == pytest.approx(1 / 10)
    assert (whole.missing, whole.extra, whole.wrong) == pytest.approx((1 / 16, 2 / 16, 1 / 16))
    assert (whole.complete, whole.runaway, whole.tick) == pytest.approx((0.75, 0.25, 0.25))
    assert (whole.cut_short, whole.trailing) == pytest.approx((0.25, 0.25))
    assert whole.cer_interval.low <= whole.cer <= whole.cer_interval.high
    assert whole.points == len(HELLO) and whole.nll == pytest.approx(4 / 16)


def test_extremes_are_ordered_by_error_rate():
    chosen = extremes(RECORDS, count=1)
    assert chosen["best"][0].read == "hello" and chosen["worst"][0].read == "allow"
    assert len(extremes(RECORDS)["median"]) == 4


def test_a_report_is_written_whole(tmp_path):
    floor = [record("real", "lot", "lot", seconds=float("nan"))]
    paths = write_report(tmp_path / "out", {"seed": "0"}, floor, {
        Way(0.0): RECORDS, Way(1.0): RECORDS[::-1], Way(1.0, 4): RECORDS, Way(1.0, None): RECORDS,
    })  # fmt: skip
    assert sorted(paths) == sorted((tmp_path / "out").iterdir()) and len(paths) == 3 + 3 * 4
    stored = json.loads(paths[0].read_text())
    assert [(w["bias"], w["candidates"]) for w in stored["written"]] == [(0, 1), (1, 1), (1, 4), (1, None)]
    assert stored["written"][0]["groups"]["all"]["cer"] == pytest.approx(0.25)
    assert stored["floor"]["summary"]["seconds"] is None  # real ink was not timed
    assert stored["written"][0]["lines"][1]["read"] == "hell"
    table = paths[1].read_text()
    assert "| bias 0 | 4 | 25.0% |" in table and "| bias 1, best of 4 | 4 |" in table and "| real | 1 | 0.0% |" in table
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths[2:])


# The recogniser itself


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    try:
        return Recogniser.load()
    except RecogniserMissing as missing:
        pytest.skip(str(missing))


def test_without_the_recogniser_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RecogniserMissing, match=r"pip install -r requirements-evaluate\.txt"):
        Recogniser.load()


def test_the_recogniser_reads_real_ink(recogniser):
    corpus = corpora.load()
    indices = corpus.select(["validation"])[::100]
    lines = legibility.real_lines(corpus, indices)
    records = legibility.judge(recogniser, lines)
    assert legibility.summarise(records).cer < 0.2
    # The wrong text costs far more than the right one, and the frames are probabilities.
    reading = recogniser.read(lines[0].strokes)
    assert reading.nll(lines[0].text) + 10 < reading.nll(lines[1].text)
    assert all(np.exp(frames).sum(axis=1) == pytest.approx(1, abs=1e-4) for frames in reading.frames)
