"""Human-likeness: measures of a hand, distances, the two-sample test, diversity, and the command."""

import json
from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import tiny
from writemate_jax import strokes
from writemate_jax.checkpoints.models import Model, export_model
from writemate_jax.data import corpus as corpora
from writemate_jax.data.corpus import Line
from writemate_jax.data.pieces import DOT
from writemate_jax.evaluation import distances, diversity, features, likeness, two_sample, windows
from writemate_jax.evaluation.bootstrap import Interval
from writemate_jax.evaluation.command import main
from writemate_jax.evaluation.conventions import conventional
from writemate_jax.evaluation.features import MEASURES, Values
from writemate_jax.evaluation.likeness_report import write_report
from writemate_jax.model.networks import text_batch
from writemate_jax.training.lines import prepare


@pytest.fixture(scope="module")
def real() -> likeness.Real:
    """Some lines of every held-out writer of the open corpus."""
    corpus = corpora.load()
    indices = corpus.select(["validation"])[::9]
    lines = [conventional(corpus.strokes(i), quantum=corpus.quantum) for i in indices]
    texts, writers = [corpus.text(i) for i in indices], [corpus.writer(i) for i in indices]
    return likeness.Real(lines, texts, writers, corpus.quantum, 1.0)


# Conventions


@given(st.integers(0, 2**32 - 1), st.floats(-3, 3))
def test_conventional_ink_is_on_the_grid_and_begins_at_its_first_point(seed, shift):
    line = tiny.line("lotto", 0.03, np.random.default_rng(seed))
    line[0, :2] += shift
    made = conventional(line, quantum=1 / 64)
    assert (made[0, :2] == 0).all()
    assert (made[:, :2] * 64 == np.rint(made[:, :2] * 64)).all()
    assert (conventional(made, quantum=1 / 64) == made).all()
    before, after = (strokes.to_points(ink) for ink in (line, made))
    assert np.ptp(before - after, axis=0).max() <= 1 / 64 + 1e-6  # positions are rounded: errors do not add up
    # The margin in front is no cue, and the unit none either.
    moved = line + np.float32([[5.0, 2.0, 0.0]]) * (np.arange(len(line)) == 0)[:, None]
    assert (conventional(moved, quantum=1 / 64) == made).all()
    in_inches = conventional(tiny.scaled(line, 0.25), quantum=1 / 256, x_height=0.25)
    assert in_inches == pytest.approx(made, abs=1 / 64 + 1e-6)


def test_dots_are_alike_whoever_made_them():
    stem = np.array([[0.0, 0.0], [0.0, 1.0]])
    dots = [np.array([[0.0, 1.5]]), np.array([[-0.02, 1.52], [0.02, 1.48]]), np.array([[0.03, 1.47], [-0.03, 1.53]])]
    made = [conventional(strokes.join([stem, dot]), quantum=1 / 64) for dot in dots]
    assert (made[0] == made[1]).all() and (made[0] == made[2]).all() and len(made[0]) == 4


def test_real_ink_stays_as_it_is_but_for_its_origin_and_its_dots():
    corpus = corpora.load()
    for i in corpus.select(["validation"])[::90]:
        before = strokes.split(corpus.strokes(i))
        after = strokes.split(conventional(corpus.strokes(i), quantum=corpus.quantum))
        for one, made in zip(before, after, strict=True):
            if strokes.arc_length(one)[-1] < DOT:
                assert len(made) == 2 and np.abs(made.mean(axis=0) + before[0][0] - one.mean(axis=0)).max() < DOT
            else:
                assert made + before[0][0] == pytest.approx(one, abs=1e-5)


# Measures


def arc(radius: float, turn: float = 1.0, count: int = 40) -> np.ndarray:
    angle = np.linspace(0.0, turn * np.pi, count)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def test_an_arc_has_its_curvature_and_length():
    for radius in (0.5, 2.0):
        assert features.curvature([arc(radius)], "c").values == pytest.approx(1 / radius)
        assert features.curvature([arc(radius)[::-1]], "c").values == pytest.approx(-1 / radius)  # a right turn
        assert features.stroke_length([arc(radius)], "c").values == pytest.approx([np.pi * radius], rel=1e-3)
    straight = np.array([[0.0, 0.0], [1.0, 2.0], [1.0, 2.0], [2.0, 4.0]])  # a point twice is no turn
    assert features.curvature([straight], "l").values == pytest.approx(0)
    assert np.isfinite(features.curvature([np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 0.0]])], "l").values).all()
    assert len(features.curvature([np.array([[0.0, 0.0]])], ".").values) == 0


@given(st.floats(-40, 40))
def test_sheared_ink_has_its_slant(degrees):
    shear = np.array([[1.0, 0.0], [np.tan(np.deg2rad(degrees)), 1.0]])
    ink = [np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]]), np.array([[0.0, 1.5], [0.0, 0.0]]),
           np.array([[0.0, 1.0], [3.0, 1.0]])]  # fmt: skip
    assert features.slant([stroke @ shear for stroke in ink], "tl").values == pytest.approx([degrees])


def test_measures_of_known_ink():
    ink = strokes.split(tiny.line("lot to", 0.0, np.random.default_rng(0)))
    assert features.pen_lifts(ink, "lot to").values == pytest.approx([7 / 5])  # l 1, o 1, t 2, t 2, o 1
    assert len(features.point_spacing(ink, "lot to").values) == sum(map(len, ink)) - 7
    # The last letter's bar ends at 0.7, the next word's begins two widths of 0.9 behind the start of that letter.
    assert features.word_gap(ink, "lot to").values == pytest.approx([1.1])
    assert len(features.word_gap(ink, "lotto").values) == 0
    assert len(features.baseline_drift(ink[:2], "lo").values) == 0


@given(st.floats(-0.1, 0.1))
def test_drift_is_the_rise_of_the_baseline(slope):
    rng = np.random.default_rng(0)
    ink = strokes.split(tiny.line("lolololololo", 0.0, rng))
    ink += [np.array([[5.0, 1.0], [5.1, -1.2]])]  # a descender
    width = max(s[:, 0].max() for s in ink) - min(s[:, 0].min() for s in ink)
    rising = [stroke + np.stack([np.zeros(len(stroke)), slope * stroke[:, 0]], axis=1) for stroke in ink]
    [drift] = features.baseline_drift(rising, "lolololololo").values
    assert drift == pytest.approx(slope * width, abs=0.15)


@given(st.floats(0.6, 3.0))  # narrower, the line would have no drift
def test_measures_grow_as_their_units_do(factor):
    line = tiny.line("lot tot lot", 0.02, np.random.default_rng(3))
    a = features.means([features.describe(line, "lot tot lot")])[0]
    b = features.means([features.describe(tiny.scaled(line, factor), "lot tot lot")])[0]
    powers = {"1 / x-height": -1, "x-heights": 1}
    expected = [value * factor ** powers.get(m.unit, 0) for value, m in zip(a, MEASURES.values(), strict=True)]
    assert b == pytest.approx(expected, rel=1e-3, abs=1e-4)


# Distances


def sample(values) -> Values:
    return Values(np.asarray(values, float), np.ones(len(values)))


def test_the_distance_of_a_shift_is_the_shift_and_weights_count_as_copies():
    values = np.random.default_rng(0).normal(size=50)
    assert distances.wasserstein(sample(values), sample(values + 0.7)) == pytest.approx(0.7)
    copies = distances.wasserstein(sample([0, 1, 1, 1]), sample(values))
    weighted = Values(np.array([0.0, 1.0]), np.array([1.0, 3.0]))
    assert distances.wasserstein(weighted, sample(values)) == pytest.approx(copies)
    assert np.isnan(distances.wasserstein(sample([]), sample(values)))


def test_halves_divide_writers_not_lines():
    writers = np.array(["a", "b", "c", "a", "d", "b"] * 3)
    for half in distances.halve(writers, 10):
        assert len(set(writers[half])) == 2 and not set(writers[half]) & set(writers[~half])
    with pytest.raises(ValueError, match="1 writers"):
        distances.halve(["a", "a"], 3)


def test_one_half_of_the_real_writers_is_as_near_to_the_other_as_the_yardstick_says(real):
    ratios = []
    for half in distances.halve(real.writers, 4, seed=99):
        first = [real.described[i] for i in np.flatnonzero(half)]
        second = [real.described[i] for i in np.flatnonzero(~half)]
        ratios.append([d.ratio for d in distances.distances(first, second, real.halves).values()])
    assert np.mean(ratios) == pytest.approx(1, abs=0.35) and np.max(ratios) < 3


def test_ink_that_differs_is_far_in_what_differs_alone(real):
    shear = np.array([[1.0, 0.0], [0.6, 1.0]])
    leaning = [strokes.map_strokes(lambda stroke: stroke @ shear, line) for line in real.lines]
    described = [features.describe(line, text) for line, text in zip(leaning, real.texts, strict=True)]
    found = distances.distances(described, real.described, real.halves)
    assert found["slant"].ratio > 3 * found["slant"].floor
    for name in ("pen lifts", "letter height"):
        assert found[name].between == pytest.approx(0, abs=0.02)


# The two-sample test


@given(arrays(np.int64, 7, elements=st.integers(0, 5)), arrays(np.int64, 4, elements=st.integers(0, 5)))
def test_auc_counts_pairs(positive, negative):
    pairs = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
    assert two_sample.auc(positive, negative) == pytest.approx(pairs)


def test_auc_of_separable_and_of_equal_sets():
    assert two_sample.auc([3, 4], [1, 2]) == 1 and two_sample.auc([1, 2], [3, 4]) == 0
    assert two_sample.auc([1, 2, 3], [1, 2, 3]) == 0.5
    with pytest.raises(ValueError, match="at least one on each side"):
        two_sample.auc([], [1])


def test_a_writer_is_of_one_class():
    writers = [f"writer {i % 9}" for i in range(100)]
    classes = two_sample.writers_apart(writers, seed=1)
    assert len(set(zip(writers, classes, strict=True))) == 9 and 0 < classes.sum() < 100


@pytest.mark.parametrize("points", [1, 191, 192, 193, 500])
def test_windows_cover_a_line(points):
    line = np.zeros((points, 3), np.float32)
    line[:, 0] = np.arange(points)
    parts = windows.cover(line, two_sample.WINDOW)
    assert set(np.concatenate(parts)[:, 0]) == set(range(points))
    assert all(len(part) == min(points, two_sample.WINDOW) for part in parts)


def test_the_padding_behind_a_line_is_not_seen():
    line = tiny.line("lot", 0.0, np.random.default_rng(0))
    rows, lengths = windows.padded([line], two_sample.WINDOW, two_sample.BATCH)
    parameters, _ = two_sample._start(jax.random.key(0))
    junk = rows.copy()
    junk[0, lengths[0] :] = 9.0
    assert two_sample._logits(parameters, junk, lengths) == pytest.approx(
        np.asarray(two_sample._logits(parameters, rows, lengths)), abs=1e-5
    )


def test_the_test_tells_large_ink_from_small_and_nothing_from_nothing():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("lot"), 5)) for _ in range(80)]
    first, second = ([tiny.line(text, 0.05, rng) for text in texts] for _ in range(2))
    large = [tiny.scaled(line, 1.4) for line in second]

    def part(written, chosen, prefix):
        writers = [f"{prefix} {i % 4}" for i in range(40)]
        return two_sample.pair(first[chosen], written[chosen], writers)

    def found(written, steps):
        halves = part(written, slice(40), "a"), part(written, slice(40, 80), "b")
        return two_sample.two_sample(*halves, steps=steps)

    told = found(large, 100)
    assert told.auc > 0.9 and told.interval.low <= told.auc <= told.interval.high
    assert found(second, 30).auc == pytest.approx(0.5, abs=0.2)


def test_known_writers_and_absent_classes_are_refused():
    lines = [tiny.line("lot", 0.0, np.random.default_rng(0))] * 2
    both, others = (two_sample.pair(lines, lines, [name, name]) for name in "ab")
    with pytest.raises(ValueError, match="writer 'a' is in the training and in the test"):
        two_sample.two_sample(both, both)
    with pytest.raises(ValueError, match="the test of the two-sample test lacks real or written lines"):
        two_sample.two_sample(both, others._replace(written=np.zeros(4, bool)))


def test_disturbed_ink_is_the_same_line_with_noise():
    line = conventional(tiny.line("lotto", 0.0, np.random.default_rng(0)), quantum=1 / 64)
    moved = two_sample.disturb(line, np.random.default_rng(1), quantum=1 / 64)
    assert (moved[:, 2] == line[:, 2]).all() and (moved[0, :2] == 0).all()
    assert (moved[:, :2] * 64 == np.rint(moved[:, :2] * 64)).all()
    away = np.diff(strokes.to_points(moved) - strokes.to_points(line), axis=0)
    assert 0.05 < away.std() / np.sqrt(2) < 0.12


# Diversity


def test_spreads_leave_the_text_out():
    rng = np.random.default_rng(0)
    text = rng.normal(0, 5, (400, 1, len(MEASURES)))
    written = text + rng.normal(0, 0.5, (400, 8, len(MEASURES)))
    real = text[:, 0] + 3 + rng.normal(0, 1.0, (400, len(MEASURES)))
    found = diversity.spreads(written, real)
    for spread in found.values():
        assert spread.seeds == pytest.approx(0.5, rel=0.1) and spread.writers == pytest.approx(1, rel=0.15)
    assert diversity.overall(found) == pytest.approx(0.5, rel=0.1)


def test_spreads_of_too_little_are_not_known():
    empty = np.full((5, 4, len(MEASURES)), np.nan)
    assert np.isnan(diversity.overall(diversity.spreads(empty, empty[:, 0])))


def test_every_writer_is_chosen_equally_often():
    writers = ["a"] * 30 + ["b"] * 2 + ["c"]
    chosen = diversity.choose(writers)
    assert [writers[i] for i in chosen] == ["a", "a", "b", "b", "c"]


# Reports and the command


def test_a_report_is_written_whole(tmp_path, real):
    test = two_sample.TwoSample(0.6, Interval(0.5, 0.7))
    found = likeness.Likeness(
        distances.distances(real.described, real.described, real.halves), test,
        {name: diversity.Spread(1.0, 2.0, 0.5) for name in MEASURES}, 0.5, 0.995,
    )  # fmt: skip
    paths = write_report(tmp_path / "out", {"seed": 0}, likeness.Checks(test, test), {0.0: found, 0.75: found})
    assert sorted(paths) == sorted((tmp_path / "out").iterdir())
    stored = json.loads(paths[0].read_text())
    assert stored["written"][1]["bias"] == 0.75 and stored["written"][0]["two_sample"]["auc"] == 0.6
    assert stored["written"][0]["distances"]["slant"]["ratio"] == 0
    table = paths[1].read_text()
    assert "| bias 0 | 0.600 | 0.500 to 0.700 |" in table and "| geometric mean | 0.50 | 0.50 |" in table
    assert paths[2].read_bytes().startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A corpus of six writers, half of them held out, and a network with random weights."""
    folder = tmp_path_factory.mktemp("likeness")
    rng = np.random.default_rng(0)
    lines = [Line(tiny.line(text, 0.02, rng), text, f"writer {w}", "train" if w > 2 else "validation", f"{w} {text}")
             for w in range(6) for text in ("lot", "to lot", "tool lot")]  # fmt: skip
    corpora.save(folder / "tiny.npz", corpora.pack(lines, quantum=1 / 128, unit="x-height", provenance={}))
    config = tiny.config(folder)
    config.sampling.points_per_character = 4
    description, _, validation = prepare(config, corpora.load(folder / "tiny.npz"))
    inputs = next(iter(validation.ordered())).inputs[:1]
    params = description.network().init(jax.random.key(1), inputs, text_batch([[1]], 8), np.zeros(1, int))["params"]
    export_model(folder / "model", Model(**vars(description), params=params), params)
    return folder


def test_the_command_measures_a_network(folder, monkeypatch, capsys):
    monkeypatch.setattr(likeness, "two_sample", partial(two_sample.two_sample, steps=1))
    arguments = ["likeness", "--checkpoint", str(folder / "model"), "--corpus", str(folder / "tiny.npz")]
    assert main([*arguments, "--biases", "0", "--out", str(folder / "out")]) == 0
    stored = json.loads((folder / "out" / "likeness.json").read_text())
    assert [w["bias"] for w in stored["written"]] == [0] and 0 <= stored["written"][0]["two_sample"]["auc"] <= 1
    assert set(stored["written"][0]["spreads"]) == set(MEASURES)
    assert "| pen lifts" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--split", "train"], "is in the training and in the test"),
        (["--style", "nobody"], "style is 'nobody'"),
        (["--checkpoint", "absent"], "absent is not a folder"),
    ],
)
def test_mistakes_end_with_a_message_and_code_2(folder, arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(likeness, "two_sample", partial(two_sample.two_sample, steps=1))
    given_ = ["likeness", "--checkpoint", str(folder / "model"), "--corpus", str(folder / "tiny.npz")]
    assert main([*given_, "--out", str(tmp_path), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
