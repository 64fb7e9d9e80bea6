"""Sampling against a plain loop over the network, and what must not depend on what."""

from __future__ import annotations

import functools
import subprocess
import sys
import warnings

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from writemate_jax import compilation_cache, strokes
from writemate_jax import config as configuration
from writemate_jax.alphabet import Alphabet, UnknownCharacters
from writemate_jax.checkpoints.models import Description, Model
from writemate_jax.data.own_ink import like_the_corpus
from writemate_jax.drawing import letters
from writemate_jax.drawing.files import save, sheet_of
from writemate_jax.drawing.look import Look
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.model import mdn
from writemate_jax.model.networks import text_batch
from writemate_jax.sampling import leading, sampler
from writemate_jax.sampling.levelling import level, on_baseline
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.sampling.writer import Writer

MEAN, STD = np.array([0.3, -0.1], np.float32), np.array([0.5, 0.4], np.float32)
TEXTS = ["abc", "a cab", "bad", "a", "fade a bad face", "a deaf cab", "fed", "bead a fad"]
SEEDS = range(5, 5 + len(TEXTS))
ARC = np.linspace(0.5, 5.5, 12)[:, None]
PRIMER = Ink(  # a c and a d of two strokes, in some unit
    strokes.join([
        np.concatenate([np.cos(ARC), np.sin(ARC)], axis=1) * [3.0, 5.0] + [4.0, 5.0],
        np.concatenate([np.cos(ARC), np.sin(ARC)], axis=1) * [3.0, 5.0] + [13.0, 5.0],
        np.concatenate([np.cos(ARC), np.sin(ARC)], axis=1) * [3.0, 5.0] + [22.0, 5.0],
        np.array([[25.5, 19.0], [25.3, 8.0], [25.0, 0.2]]),
    ]),
    "ccd",
)


def placed(rows, text):
    return on_baseline(level(rows), text)


@functools.cache
def writer(*, window: bool = True, rests: bool = True, cap: int = 20, lanes: int = 8) -> Writer:
    """A small random network whose window takes about ten points a character."""
    config = configuration.default()
    config.model.layers, config.model.cells, config.model.mixtures, config.model.components = 2, 16, 3, 2
    config.model.window, config.model.kappa_scale = window, 0.1
    config.data.rests = rests
    config.sampling.points_per_character, config.sampling.points, config.sampling.bias = cap, 12, 0.5
    description = Description(config, Alphabet(" abcdef-"), MEAN, STD, "x-height", ())
    network = description.network()
    text = text_batch([np.array([1, 2])], 4) if window else None
    params = network.init(jax.random.key(3), jnp.zeros((1, 2, 3)), text)["params"]
    # Larger weights: a fresh network hardly depends on its input.
    params = jax.tree.map(lambda p: 1.5 * p, params)
    return Writer(Model(**vars(description), params=params), lanes=lanes)


@functools.cache
def compiled(writer: Writer):
    """The network's step, and a draw from its outputs."""
    network = writer.model.network()
    step = jax.jit(functools.partial(network.apply, method="step"))
    draw = jax.jit(lambda key, y, bias: mdn.sample(key, mdn.biased(network.mixture(y), bias)))
    return step, draw


def by_hand(writer, text, seed, bias, *, cap, start, forced=(), skip=0):
    """One line point by point in Python: (rows in raw units, complete, phi, kappa), as the paper describes it."""
    network, params = writer.model.network(), {"params": writer.model.params}
    step, draw = compiled(writer)
    codes = text_batch([writer.model.alphabet.encode(text)], 20) if text else None
    carry = network.initial_carry(1, 20 if text else 0)
    x = strokes.normalise(np.array(start, np.float32), MEAN, STD)
    key, rows, phis, kappas = jax.random.key(seed), [], [], []
    for t in range(10_000):
        carry, y = step(params, carry, x[None], codes)
        if t < len(forced):
            x = strokes.normalise(np.array(forced[t], np.float32), MEAN, STD)
            continue
        following = np.asarray(draw(jax.random.fold_in(key, t), y[0], jnp.float32(bias)))
        if text:
            phis.append(np.asarray(carry.window.phi[0, skip : len(text) + 1]))
            kappas.append(np.asarray(carry.window.kappa[0]) - skip)
        if text and rows and x[2] == 1:
            phi = np.asarray(carry.window.phi[0])
            if writer.model.config.data.rests:
                ended = following[2] == 1 and max(range(len(phi)), key=lambda u: phi[u]) >= len(text) - 1
            else:
                ended = all(phi[len(text)] > phi[u] for u in range(len(text)))
            if ended:
                return np.array(rows), True, np.array(phis[:-1]), np.array(kappas[:-1])
        if len(rows) == cap:
            rows[-1][2] = 1
            return np.array(rows), False, np.array(phis[:cap]), np.array(kappas[:cap])
        x = following
        rows.append(strokes.denormalise(x, MEAN, STD))


def rows_of(written):
    return [line.strokes for line in written]


# Against the plain loop


@pytest.mark.parametrize("cap", [20, 2])
@pytest.mark.parametrize("rests", [True, False])
def test_written_line_is_what_a_plain_loop_writes(rests, cap):
    scribe = writer(rests=rests, cap=cap)
    completed = set()
    biases = [0.1 * i for i in range(len(TEXTS))]
    for i, line in enumerate(scribe.write(TEXTS, bias=biases, seed=SEEDS, attention=True)):
        expected, complete, phi, kappa = by_hand(
            scribe, TEXTS[i], 5 + i, 0.1 * i, cap=cap * (len(TEXTS[i]) + 4), start=[0, 0, float(rests)]
        )
        if not rests:  # the first point is the origin, and part of the line
            expected = np.concatenate([[[0, 0, 0]], expected])
            phi, kappa = (np.concatenate([course[:1], course]) for course in (phi, kappa))
        np.testing.assert_allclose(line.strokes, placed(expected, TEXTS[i]) if rests else expected, atol=1e-4)
        np.testing.assert_allclose(line.phi, phi, atol=1e-4)
        np.testing.assert_allclose(line.kappa, kappa, atol=1e-4)
        assert (line.complete, line.seed, line.text) == (complete, 5 + i, TEXTS[i])
        completed.add(complete)
    assert (True in completed) if cap == 20 else (False in completed)


@pytest.mark.parametrize("rests", [True, False])
def test_primed_line_is_what_a_plain_loop_writes_after_the_primer(rests):
    scribe = writer(rests=rests)
    small = PRIMER.strokes * np.array([0.125, 0.125, 1], np.float32)  # taken as it stands where no size is measured
    ink = like_the_corpus(PRIMER.strokes, PRIMER.text) if rests else small
    start, forced = ([0, 0, 1], ink) if rests else ([0, 0, ink[0, 2]], ink[1:])
    [line] = scribe.write(["bad"], seed=9, bias=0.5, prime=PRIMER if rests else small, prime_text="ccd", attention=True)
    expected, complete, phi, kappa = by_hand(
        scribe, "ccd bad", 9, 0.5, cap=20 * 7, start=start, forced=forced, skip=len("ccd ")
    )
    np.testing.assert_allclose(line.phi, phi, atol=1e-4)
    np.testing.assert_allclose(line.kappa, kappa, atol=1e-4)
    assert line.text == "bad" and line.complete == complete
    if rests:  # the new ink begins at its left edge, on the primer's baseline
        points = strokes.to_points(expected) + [0, strokes.to_points(ink)[-1, 1]]
        own = strokes.from_points(points - [points[:, 0].min(), 0], expected[:, 2])
        np.testing.assert_allclose(line.strokes, placed(own, "bad"), atol=1e-4)
    else:
        np.testing.assert_allclose(line.strokes[1:], expected[1:], atol=1e-4)
        assert line.strokes[0].tolist() == [0, 0, expected[0, 2]]


def test_primer_and_its_text_may_come_apart():
    scribe = writer()
    [as_ink] = scribe.write(["bad"], prime=PRIMER)
    [as_rows] = scribe.write(["bad"], prime=PRIMER.strokes, prime_text="ccd")
    [other] = scribe.write(["bad"], prime=PRIMER, prime_text="bcb")
    [unprimed] = scribe.write(["bad"])
    assert (as_ink.strokes == as_rows.strokes).all()
    for line in (other, unprimed):
        assert line.strokes.shape != as_ink.strokes.shape or (line.strokes != as_ink.strokes).any()


@pytest.mark.parametrize("rests", [True, False])
def test_prediction_network_writes_what_a_plain_loop_writes(rests):
    scribe = writer(window=False, rests=rests)
    line = scribe.unconditional(30, bias=0.2, seed=4)
    expected, *_ = by_hand(scribe, "", 4, 0.2, cap=30 - (not rests), start=[0, 0, float(rests)])
    if not rests:
        expected = np.concatenate([[[0, 0, 0]], expected])
    np.testing.assert_allclose(line.strokes, level(expected) if rests else expected, atol=1e-4)
    assert line.complete and line.text == ""
    assert len(scribe.unconditional().strokes) == 12
    assert len(scribe.unconditional(1).strokes) == 1


# What the ink depends on


def test_same_seed_same_ink_and_another_seed_other_ink():
    scribe = writer()
    one, again = (scribe.write(["fade a bad face"] * 2, seed=[1, 2]) for _ in range(2))
    for a, b in zip(rows_of(one), rows_of(again), strict=True):
        np.testing.assert_array_equal(a, b)
    assert one[0].strokes.shape != one[1].strokes.shape or (one[0].strokes != one[1].strokes).any()


def test_a_line_is_the_same_to_the_bit_alone_and_in_any_batch():
    scribe = writer()
    together = scribe.write(TEXTS, seed=5)
    many = scribe.write(["a bad fad face"] * 9 + TEXTS, seed=5)[9:]  # more than the lanes, other capacities
    for i, text in enumerate(TEXTS):
        [alone] = scribe.write([text], seed=5)
        np.testing.assert_array_equal(alone.strokes, together[i].strokes)
        np.testing.assert_array_equal(alone.strokes, many[i].strokes)
        assert alone.complete == together[i].complete == many[i].complete


def test_a_primed_line_is_the_same_to_the_bit_alone_and_in_any_batch():
    scribe = writer()
    together = scribe.write(TEXTS, seed=5, prime=PRIMER, candidates=2)
    many = scribe.write(["a bad fad face"] * 3 + TEXTS, seed=5, prime=PRIMER, candidates=2)[3:]
    for i, text in enumerate(TEXTS):
        [alone] = scribe.write([text], seed=5, prime=PRIMER, candidates=2)
        np.testing.assert_array_equal(alone.strokes, together[i].strokes)
        np.testing.assert_array_equal(alone.strokes, many[i].strokes)


def test_a_line_is_led_along_its_primer_once_for_all_its_candidates(monkeypatch):
    calls, along = [], leading._along
    monkeypatch.setattr(leading, "_along", lambda *arguments: (calls.append(arguments[2].codes), along(*arguments))[1])
    scribe = writer()
    scribe.write(TEXTS[:5], prime=PRIMER, candidates=6)
    assert [len(codes) for codes in calls] == [scribe.led_at_once] * -(-5 // scribe.led_at_once)


@settings(max_examples=10)
@given(st.permutations(range(8)))
def test_permuting_a_request_permutes_the_result(order):
    scribe = writer()
    network, order = scribe.model.network(), np.array(order)
    texts = text_batch([scribe.model.alphabet.encode(text) for text in TEXTS], 16)

    def run(rows):
        request = sampler.Request(
            text=sampler.Text(texts.codes[rows], texts.length[rows]), style=None, seed=rows.astype(np.uint32),
            bias=np.linspace(0, 1, 8, dtype=np.float32)[rows], reach=np.full(8, np.inf, np.float32),
            limit=np.arange(40, 48, dtype=np.int32)[rows], x=np.zeros((8, 3), np.float32),
            steps=np.zeros(8, np.int32), carry=network.initial_carry(8, 16),
        )
        return sampler.advance(network, scribe.model.params, request, sampler.begin(request), steps=48)

    (straight, drawn), (permuted, drawn_permuted) = run(np.arange(8)), run(order)
    np.testing.assert_array_equal(drawn_permuted.points, drawn.points[:, order])
    np.testing.assert_array_equal(permuted.count, straight.count[order])


def test_lanes_and_text_capacity_change_nothing_but_rounding():
    eight, one = writer(), writer(lanes=1)
    for a, b in zip(eight.write(TEXTS, seed=5), one.write(TEXTS, seed=5), strict=True):
        np.testing.assert_allclose(a.strokes, b.strokes, atol=1e-4)
    scribe = writer(lanes=1)
    network, codes = scribe.model.network(), scribe.model.alphabet.encode("a cab")
    results = []
    for capacity in (6, 16, 64):
        request = sampler.Request(
            text_batch([codes], capacity), None, np.array([3], np.uint32), np.zeros(1, np.float32), np.full(1, np.inf),
            np.array([99], np.int32), np.zeros((1, 3), np.float32), np.zeros(1, np.int32),
            network.initial_carry(1, capacity),
        )
        state, drawn = sampler.advance(network, scribe.model.params, request, sampler.begin(request), steps=100)
        results.append(np.asarray(drawn.points[: int(state.count[0]), 0]))
    for other in results[1:]:
        np.testing.assert_allclose(other, results[0], atol=1e-4)


def test_bias_narrows_the_choice():
    scribe = writer(rests=False)  # the first drawn point is row 1, behind the origin
    spread = []
    for bias in (0.0, 1.0, 3.0):
        first = np.stack([line.strokes[1, :2] for line in scribe.write(["abc"] * 64, bias=bias, seed=range(64))])
        spread.append(first.std(axis=0))
    assert (spread[0] > 1.3 * spread[1]).all() and (spread[1] > 1.3 * spread[2]).all()


def test_a_reach_takes_the_place_of_narrowing_but_at_bias_0():
    narrowed, cut = writer(), writer()
    cut.model.config.sampling.reach = 1.0
    spread = {}
    for name, scribe in (("narrowed", narrowed), ("cut", cut)):
        for bias in (0.0, 1.0, 4.0):
            first = np.stack([line.strokes[1, :2] for line in scribe.write(["abc"] * 64, bias=bias, seed=range(64))])
            spread[name, bias] = first.std(axis=0).sum()
    assert spread["cut", 0.0] == spread["narrowed", 0.0] > spread["cut", 1.0] > spread["cut", 4.0]


def test_bias_is_each_lines_own():
    scribe = writer()
    mixed = scribe.write(["abc"] * 3, bias=[0.0, 2.0, 0.5], seed=[2, 3, 4])
    for i, bias in enumerate([0.0, 2.0, 0.5]):
        np.testing.assert_array_equal(mixed[i].strokes, scribe.write(["abc"], bias=bias, seed=2 + i)[0].strokes)
        assert mixed[i].bias == bias
    assert scribe.write("abc abc abc abc", seed=4)[0].bias == 0.5  # is configured
    assert scribe.write("abc", seed=4)[0].bias == 1.0  # a short text is written more neatly


# How a line ends


@given(
    hnp.arrays(np.float32, (4, 9), elements=st.sampled_from([0, 0.25, 0.5, 1])),
    hnp.arrays(np.int32, 4, elements=st.integers(1, 8)),
)
def test_past_end_is_the_papers_condition(phi, length):
    expected = [all(phi[i, n] > phi[i, u] for u in range(n)) for i, n in enumerate(length)]
    assert sampler.past_end(jnp.array(phi), jnp.array(length)).tolist() == expected


def test_line_at_the_cap_is_incomplete_and_still_ink():
    scribe = writer(cap=1)
    for line in scribe.write(TEXTS):
        assert len(line.strokes) <= len(line.text) + 4
        assert line.complete or len(line.strokes) == len(line.text) + 4
        strokes.check(line.strokes)
    assert not all(line.complete for line in scribe.write(TEXTS))


def test_complete_lines_end_with_the_pen_bit_that_was_drawn(monkeypatch):
    # The cap's last row is lifted by hand; a complete line's was drawn so, with the window past its text.
    from_start, drawn = Writer._from_start, []
    monkeypatch.setattr(Writer, "_from_start", lambda self, primer, rows: (
        drawn.append(rows[-1, 2]), from_start(self, primer, rows))[1])  # fmt: skip
    written = writer().write(TEXTS * 3, attention=True, candidates=1)
    for line in written:
        assert line.phi.shape == (len(line.strokes), len(line.text) + 1)
        assert (line.phi >= 0).all() and (np.diff(line.kappa, axis=0) > 0).all()
        assert line.strokes[-1, 2] == 1
    assert len(drawn) == len(written) and any(line.complete for line in written)
    assert all(bit == 1 for bit, line in zip(drawn, written, strict=True) if line.complete)


def test_several_spaces_are_one():
    scribe = writer()
    texts = ("fed a cab", " fed   a  cab ", "fed \u00a0a cab")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one, *others = (scribe.write([text], seed=4)[0] for text in texts)
    for line in others:
        assert line.text == "fed a cab"
        np.testing.assert_array_equal(line.strokes, one.strokes)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"seed": float("nan")}, "seed is nan; expected a whole number"), ({"seed": 1.7}, "seed is 1.7; expected"),
        ({"seed": "x"}, "seed is 'x'"), ({"bias": "x"}, "bias is 'x'; expected a number"),
        ({"candidates": 2.0}, "candidates is 2.0; expected a whole number"), ({"candidates": 65}, "candidates is 65"),
        ({"prime": "line.json"}, "prime is 'line.json'; expected ink, which .*read_ink reads"),
    ],
)  # fmt: skip
def test_what_no_line_can_be_written_with_is_refused(request_, message):
    with pytest.raises(InvalidRequest, match=message):
        writer().write(["abc", "fed"], **request_)


def test_what_is_no_text_is_refused():
    with pytest.raises(InvalidRequest, match="text 1 is 5; expected a text"):
        writer().write(["abc", 5])


def test_a_seed_may_be_any_whole_number_and_lanes_are_at_least_one():
    scribe = writer()
    for seed in (3, np.int64(3), np.array(3), [3], np.array([3])):
        [line], [same] = scribe.write(["abc"], seed=seed), scribe.write(["abc"], seed=3)
        np.testing.assert_array_equal(line.strokes, same.strokes)
    for lanes in (0, -1, 2.5):
        with pytest.raises(ValueError, match=f"lanes is {lanes}; expected a whole number from 1 up"):
            Writer(scribe.model, lanes=lanes)


def test_number_of_compiled_programs_is_the_number_of_buckets():
    jax.clear_caches()
    scribe = writer()
    for texts in (["a"], TEXTS, ["fade"] * 20, ["a" * 63]):  # one capacity
        scribe.write(texts, seed=3)
    assert sampler.advance._cache_size() == 1
    scribe.write(["a" * 64, "b" * 128, "abc"])
    assert sampler.advance._cache_size() == 2
    scribe.write(["abc"], prime=PRIMER)
    other = strokes.split(PRIMER.strokes)
    scribe.write(["abcd"], prime=Ink(strokes.join([s + [30 * k, 0] for k in range(2) for s in other]), "ccd ccd"))
    scribe.write(["abc"], attention=True)
    assert sampler.advance._cache_size() == 2
    assert leading._along._cache_size() == 1


# Steps at a time


@pytest.mark.parametrize("steps", [1, 7, 40])
def test_a_run_in_parts_is_the_whole_run_to_the_bit(steps):
    scribe = writer()
    network, params = scribe.model.network(), scribe.model.params
    codes = [scribe.model.alphabet.encode(text) for text in TEXTS]
    request = sampler.Request(
        text_batch(codes, 16), None, np.arange(8, dtype=np.uint32), np.full(8, 0.5, np.float32),
        np.full(8, np.inf, np.float32), np.arange(90, 98, dtype=np.int32), np.zeros((8, 3), np.float32),
        np.zeros(8, np.int32), network.initial_carry(8, 16),
    )
    end, whole = sampler.advance(network, params, request, sampler.begin(request), steps=120)
    state, parts = sampler.begin(request), []
    while not state.done.all():
        before = state.t
        state, drawn = sampler.advance(network, params, request, state, steps=steps)
        parts.append((before, state.t, drawn))
    for lane in range(8):
        for field in ("points", "place", "phi", "kappa"):
            ours = [np.asarray(getattr(drawn, field))[: int(t[lane] - b[lane]), lane] for b, t, drawn in parts]
            np.testing.assert_array_equal(
                np.concatenate(ours)[: int(end.count[lane])], getattr(whole, field)[: int(end.count[lane]), lane]
            )
    for ours, theirs in zip(state[3:], end[3:], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_every_product_is_of_float32_on_devices_that_would_round():
    scribe = writer()
    network, params = scribe.model.network(), scribe.model.params
    request = sampler.Request(
        text_batch([scribe.model.alphabet.encode("a cab")], 16), None, np.zeros(1, np.uint32), np.zeros(1, np.float32),
        np.full(1, np.inf, np.float32), np.array([9], np.int32), np.zeros((1, 3), np.float32), np.zeros(1, np.int32),
        network.initial_carry(1, 16),
    )  # fmt: skip
    made = str(jax.make_jaxpr(lambda *rest: sampler.advance(network, *rest, steps=9))(
        params, request, sampler.begin(request)
    ))  # fmt: skip
    assert made.count("dot_general[") == made.count("precision=(Precision.HIGHEST, Precision.HIGHEST)") > 5


def test_a_line_that_enters_late_beside_others_is_the_same_to_the_bit_and_tells_its_points():
    scribe = writer()
    lanes = scribe.lanes_of(16)
    lines = [line for line, _ in scribe.lines(TEXTS * 3, 0.5, 5, None, 1)]
    waiting, told, ended = list(range(len(lines))), {i: [] for i in range(len(lines))}, {}
    lanes.enter("given up", scribe.track(lines[4]))
    lanes.advance()
    lanes.leave("given up")
    while waiting or lanes.busy:
        for _ in range(min(2, lanes.free, len(waiting))):  # two at a time: most find others on their way
            i = waiting.pop(0)
            lanes.enter(i, scribe.track(lines[i], attention=i % 3 == 0))
        for i, points, end in lanes.advance():
            told[i].append(points)
            ended.update({i: end} if end else {})
    for i, (line, alone) in enumerate(zip(lines, scribe.write(TEXTS * 3, 0.5, 5, attention=True), strict=True)):
        written = scribe.finished(line, ended[i])
        np.testing.assert_array_equal(np.concatenate(told[i]), ended[i].points)
        np.testing.assert_array_equal(written.strokes, alone.strokes)
        assert written.complete == alone.complete
        if i % 3 == 0:
            np.testing.assert_array_equal(written.phi, alone.phi)
            np.testing.assert_array_equal(written.kappa, alone.kappa)
        else:
            assert written.phi is None


# Requests that cannot be met


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"texts": ["abc", "  "]}, "text 1 is empty"),
        ({"texts": ["a" * 129]}, "text 0 has 129 characters; expected 1 to 128: split it"),
        ({"texts": ["abc\nabc"]}, r"text 0 has a line break \('\\n'\)"),
        ({"texts": ["a"], "bias": -0.5}, "bias is -0.5; expected a number from 0 up"),
        ({"texts": ["a"], "bias": float("nan")}, "bias is nan"),
        ({"texts": ["a"], "bias": float("inf")}, "bias is inf"),
        ({"texts": ["a"], "bias": [0.5, 0.5]}, r"bias has the shape \(2,\)"),
        ({"texts": ["a"], "seed": -1}, "seed is -1; expected 0 to 4294967295"),
        ({"texts": ["a"], "seed": 2**32}, "seed is 4294967296"),
        ({"texts": ["a", "b"], "seed": [1]}, "1 seeds for 2 lines"),
        ({"texts": ["a"], "bias": 1e39}, "bias is 1e.39"),
        ({"texts": ["a"], "prime_text": "b"}, "there is no ink of it"),
        ({"texts": ["a"], "prime": PRIMER.strokes}, "the primer has no text"),
        ({"texts": ["a"], "prime": PRIMER, "prime_text": "a" * 1001}, "prime_text has 1001 characters"),
        ({"texts": ["a"], "prime": np.zeros((3, 2)), "prime_text": "a"}, "prime: a line has the shape"),
        ({"texts": ["a"], "prime": PRIMER, "prime_text": "ad"}, "prime: the ink says 'ad'; expected 3 characters"),
        ({"texts": ["a"], "prime": PRIMER, "prime_text": "bad cab deaf fed"}, "times as wide as 'bad cab deaf fed'"),
    ],
)
def test_request_that_cannot_be_met_is_an_error(arguments, message):
    with pytest.raises(InvalidRequest, match=message):
        writer().write(**arguments)


def test_a_primer_in_the_networks_own_unit_has_a_largest_length():
    with pytest.raises(InvalidRequest, match="prime has 4098 points"):
        writer(rests=False).write(["a"], prime=np.array([[0, 0, 1]] * 4098), prime_text="a")


@pytest.mark.parametrize("factor", [1.0, 0.01])
def test_a_primer_in_another_unit_than_the_networks_own_is_refused(factor):
    ink = PRIMER.strokes * np.array([factor, factor, 1], np.float32)
    with pytest.raises(InvalidRequest, match="times as far apart .* in the unit of its corpus"):
        writer(rests=False).write(["a"], prime=ink, prime_text="ccd")


def test_ink_in_another_unit_is_drawn_as_large_as_ink_in_x_heights():
    model = writer(rests=False).model
    raw = Writer(Model(**{**vars(model), "unit": "IAM-OnDB raw unit"}))
    lines = raw.write(TEXTS, seed=SEEDS)
    assert rows_of(lines)[0].tolist() == rows_of(writer(rests=False).write(TEXTS, seed=SEEDS))[0].tolist()
    sheet = sheet_of(lines, Look(x_height=4.0))
    tops = [letters.letter_height([line.strokes]) for line in lines]
    expected = 1.5 * 4.0 * tops[3] / np.median(tops)
    assert len({line.x_height for line in lines}) == 1  # also in a file of its own
    ink = strokes.join([stroke * [1, -1] for stroke in sheet.lines[3].strokes])
    np.testing.assert_allclose(letters.letter_height([ink]), expected, rtol=1e-4)
    assert 0 < sheet.height < 400 and "svg" in lines[0]._repr_svg_()


def test_no_texts_is_no_lines():
    assert writer().write([]) == []


def test_networks_say_which_kind_they_are():
    with pytest.raises(InvalidRequest, match="use unconditional"):
        writer(window=False).write(["abc"])
    with pytest.raises(InvalidRequest, match="use write"):
        writer().unconditional()
    for points in (0, 10**9, 12.9, "700", float("nan")):
        with pytest.raises(InvalidRequest, match=f"points is {points!r}; expected a whole number from 1 to 65536"):
            writer(window=False).unconditional(points)


def test_ink_is_the_same_whatever_types_jax_has_by_default():
    [usual], [drawn] = writer().write(["abc"], seed=3), [writer(window=False).unconditional(30, seed=3)]
    with jax.enable_x64(True):
        [line], other = writer().write(["abc"], seed=3), writer(window=False).unconditional(30, seed=3)
    np.testing.assert_array_equal(line.strokes, usual.strokes)
    np.testing.assert_array_equal(other.strokes, drawn.strokes)


def test_ink_is_the_same_whatever_keys_jax_has_by_default():
    usual = writer().write(["abc", "abc"], seed=3)
    before = jax.config.jax_default_prng_impl
    jax.config.update("jax_default_prng_impl", "rbg")
    try:
        jax.clear_caches()
        found = writer().write(["abc", "abc"], seed=3)
    finally:
        jax.config.update("jax_default_prng_impl", before)
        jax.clear_caches()
    for line in found:
        np.testing.assert_array_equal(line.strokes, usual[0].strokes)


def test_unknown_characters_are_replaced_with_a_warning_or_named():
    scribe = writer()
    with pytest.warns(UserWarning, match="text 0: .* writes '\u00e9' as 'e'") as caught:
        [line] = scribe.write(["f\u00e9d"], seed=2)
    assert line.text == "fed" and caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        [plain] = scribe.write([" fed "], seed=2)
    np.testing.assert_array_equal(line.strokes, plain.strokes)
    with pytest.raises(UnknownCharacters, match="'z'"):
        scribe.write(["zed"])


# Results as files


def test_written_lines_save_by_suffix(tmp_path):
    lines = writer().write(["abc", "fed"])
    for suffix, magic in (("svg", b"<svg"), ("png", b"\x89PNG"), ("json", b'{"text"')):
        lines[0].save(tmp_path / f"one.{suffix}")
        assert (tmp_path / f"one.{suffix}").read_bytes().startswith(magic)
    assert lines[0]._repr_svg_().startswith("<svg")
    save(lines, tmp_path / "both.svg")
    with pytest.raises(ValueError, match="a JSON file holds one line, not 2"):
        save(lines, tmp_path / "both.json")
    with pytest.raises(ValueError, match=".bmp is no known format"):
        lines[0].save(tmp_path / "one.bmp")


# Start-up


def test_package_imports_without_jax_until_a_writer_is_asked_for():
    code = "import sys, writemate_jax, writemate_jax.strokes; assert 'jax' not in sys.modules; writemate_jax.Writer"
    subprocess.run([sys.executable, "-c", code], check=True)
    import writemate_jax

    assert "Writer" in dir(writemate_jax)
    with pytest.raises(AttributeError, match="no attribute 'Reader'"):
        _ = writemate_jax.Reader


def test_compilation_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("WRITEMATE_CACHE", raising=False)
    assert compilation_cache.cache_folder() == tmp_path / "xdg" / "writemate-jax"
    monkeypatch.setenv("WRITEMATE_CACHE", str(tmp_path / "here"))
    assert compilation_cache.cache_folder() == tmp_path / "here"
    before = jax.config.jax_compilation_cache_dir, jax.config.jax_persistent_cache_min_compile_time_secs
    try:
        jax.config.update("jax_compilation_cache_dir", None)
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("WRITEMATE_CACHE", str(tmp_path / "file" / "below"))
        assert compilation_cache.use_compilation_cache() is None  # cannot be made
        monkeypatch.setenv("WRITEMATE_CACHE", "")
        assert compilation_cache.use_compilation_cache() is None  # switched off
        assert not jax.config.jax_compilation_cache_dir
        monkeypatch.setenv("WRITEMATE_CACHE", str(tmp_path / "here"))
        assert compilation_cache.use_compilation_cache() == tmp_path / "here"
        assert jax.config.jax_compilation_cache_dir == str(tmp_path / "here")
        monkeypatch.setenv("WRITEMATE_CACHE", str(tmp_path / "other"))
        assert compilation_cache.use_compilation_cache() is None  # the user's own choice stays
    finally:
        jax.config.update("jax_compilation_cache_dir", before[0])
        jax.config.update("jax_persistent_cache_min_compile_time_secs", before[1])
