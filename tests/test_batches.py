"""Batches: every line once, the right neighbours, little padding, an order that resumes."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from writemate_jax.alphabet import Alphabet
from writemate_jax.data import corpus as corpora
from writemate_jax.data.batches import GRAIN, Batches, bucket_lengths, lines_of
from writemate_jax.data.corpus import Line

MEAN, STD = np.array([0.1, -0.2], np.float32), np.array([2.0, 0.5], np.float32)


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(0)
    lines = []
    for i in range(53):
        rows = rng.normal(size=(rng.integers(3, 90), 3)).astype(np.float32)
        rows[:, 2] = rng.random(len(rows)) < 0.2
        rows[-1, 2] = 1
        text = "".join(rng.choice(list("abc "), rng.integers(1, 12)))
        lines.append(Line(rows, text, f"w{i % 5}", "train", f"line{i}"))
    return corpora.pack(lines, quantum=1 / 64, unit="x-height", provenance={})


def make(corpus, **options):
    settings = {"buckets": 4, "points_per_batch": 400, "rests": True} | options
    return Batches(corpus, np.arange(len(corpus)), Alphabet("abc "), MEAN, STD, **settings)


def ids(batches):
    return [int(i) for batch in batches for i in batch.ids if i >= 0]


@pytest.mark.parametrize("sizing", [{"points_per_batch": 400}, {"points_per_batch": 0, "batch_size": 6}])
def test_an_epoch_holds_every_line_once_in_the_announced_shapes(corpus, sizing):
    batches = make(corpus, **sizing)
    epoch = list(batches.epoch(0, 0))
    assert sorted(ids(epoch)) == list(range(len(corpus))) == sorted(ids(batches.ordered()))
    assert len(epoch) == batches.steps()
    assert {(*b.inputs.shape[:2], b.codes.shape[1]) for b in epoch} == set(batches.shapes)
    assert sum(b.mask.sum() for b in epoch) == batches.points
    padded = 1 - batches.points / sum(b.mask.size for b in epoch)
    assert padded == pytest.approx(batches.padded_fraction)
    for batch in epoch:
        assert (batch.mask[batch.ids < 0] == 0).all()


@pytest.mark.parametrize("rests", [True, False])
def test_rows_are_the_lines_and_targets_are_the_next_rows(corpus, rests):
    for batch in make(corpus, rests=rests).ordered():
        for row, i in enumerate(batch.ids):
            if i < 0:
                continue
            line = corpus.strokes(i)
            n = int(batch.mask[row].sum())
            assert n == len(line) - 1 + 2 * rests
            whole = np.concatenate([batch.inputs[row, :1], batch.targets[row, :n]])
            np.testing.assert_array_equal(batch.inputs[row, 1:n], batch.targets[row, : n - 1])
            ink = whole[1:-1] if rests else whole
            np.testing.assert_allclose(ink[:, :2] * STD + MEAN, line[:, :2], atol=1e-5)
            np.testing.assert_array_equal(ink[:, 2], line[:, 2])
            assert Alphabet("abc ").decode(batch.codes[row]) == corpus.text(i)
            assert batch.text_length[row] == len(corpus.text(i)) < batch.codes.shape[1]


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 20))
def test_the_order_is_a_function_of_seed_and_epoch_and_resumes_anywhere(corpus, seed, epoch, start):
    batches = make(corpus)
    whole = list(batches.epoch(seed, epoch))
    rest = list(batches.epoch(seed, epoch, start=start))
    assert len(rest) == max(0, len(whole) - start)
    for a, b in zip(whole[start:], rest, strict=True):
        np.testing.assert_array_equal(a.ids, b.ids)
        np.testing.assert_array_equal(a.inputs, b.inputs)
    assert ids(whole) != ids(batches.epoch(seed, epoch + 1))


def test_processes_share_out_every_batch(corpus):
    batches = make(corpus, multiple_of=4)
    parts = [batches.epoch(1, 0, process_index=i, process_count=4) for i in range(4)]
    for whole, *slices in zip(batches.epoch(1, 0), *parts, strict=True):
        np.testing.assert_array_equal(whole.ids, np.concatenate([s.ids for s in slices]))
        assert len({s.inputs.shape for s in slices}) == 1


def test_how_many_devices_there_are_does_not_change_what_is_in_a_batch(corpus):
    one, eight = make(corpus), make(corpus, multiple_of=8)
    assert one.steps() == eight.steps() and all(b % 8 == 0 for b, *_ in eight.shapes)
    for a, b in zip(one.epoch(2, 1), eight.epoch(2, 1), strict=True):
        np.testing.assert_array_equal(b.ids, np.pad(a.ids, (0, len(b.ids) - len(a.ids)), constant_values=-1))
    assert all(b * t <= 400 for b, t, _ in one.shapes)


@pytest.mark.parametrize(("points", "lines"), [(9, 1), (10, 1), (39, 2), (79, 6), (80, 8), (159, 8), (250, 24)])
def test_a_batch_by_points_has_a_number_of_lines_that_suits_processors_and_two_devices(points, lines):
    assert lines_of(points, 10) == lines


def test_longest_keeps_to_short_lines(corpus):
    batches = make(corpus)
    bound = batches.shapes[1][1]
    epoch = list(batches.epoch(0, 0, longest=bound))
    assert len(epoch) == batches.steps(longest=bound) < batches.steps()
    assert max(b.inputs.shape[1] for b in epoch) == bound
    assert batches.steps(longest=1) == len(list(batches.epoch(0, 0, longest=1))) > 0


@given(st.lists(st.integers(1, 200), min_size=1, max_size=40), st.integers(1, 3))
def test_bucket_lengths_are_the_best_of_all(steps, buckets):
    steps = np.array(steps)
    chosen = bucket_lengths(steps, buckets)

    def padded(lengths):
        return sum(min(length for length in lengths if length >= s) for s in steps)

    candidates = sorted({-(-s // GRAIN) * GRAIN for s in steps})
    best = min(
        padded((*c, candidates[-1]))
        for k in range(buckets)
        for c in itertools.combinations(candidates[:-1], min(k, len(candidates) - 1))
    )
    assert len(chosen) <= buckets and padded(chosen) == best


def test_long_lines_are_counted_and_impossible_requests_are_named(corpus):
    batches = make(corpus, max_points=40)
    assert batches.skipped > 0 and batches.lines + batches.skipped == len(corpus)
    with pytest.raises(ValueError, match="max_points"):
        make(corpus, max_points=1)
    with pytest.raises(ValueError, match="batch_size is 6.*4 devices"):
        make(corpus, batch_size=6, multiple_of=4)
    with pytest.raises(ValueError, match="expected some"):
        make(corpus, points_per_batch=0)
