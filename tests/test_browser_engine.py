"""The page's own engine beside the package: the same network, the same choices, the same ways with ink."""

import functools
import http.server
import json
import re
import struct
import threading
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.chromium import chromium, installed
from node import run_node
from writemate_jax import config, strokes
from writemate_jax.alphabet import Alphabet, UnknownCharacters
from writemate_jax.checkpoints.models import Description, Model, digest, load_model
from writemate_jax.data import corpus as corpora
from writemate_jax.data.own_ink import UnfitInk, like_the_corpus
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.hands import adapt, primers, resemblance, text_fit
from writemate_jax.model import mdn
from writemate_jax.model.networks import text_batch
from writemate_jax.sampling import candidates, neatness
from writemate_jax.sampling.lanes import Ended
from writemate_jax.sampling.levelling import level, on_baseline
from writemate_jax.sampling.line_ends import APART, STOP, without_primer, without_stop
from writemate_jax.sampling.stray_ticks import starts_with_tick
from writemate_jax.sampling.writer import Writer
from writemate_jax.web import browser_model
from writemate_jax.web.export import export

SETTINGS = {"sigmaFloor": 0.02, "rhoMax": 0.98}
PATIENCE = 120_000  # ms that a loaded machine may take


def run(**tasks: dict) -> dict:
    """What engine.mjs answers to these tasks."""
    return json.loads(run_node("tests/browser/engine.mjs", given=json.dumps(tasks)))


@pytest.fixture(scope="module")
def writer() -> Writer:
    return _by_chance(cells=12)


def _by_chance(cells: int) -> Writer:
    """Of a small network with weights by chance."""
    settings = config.default()
    settings.data.rests, settings.data.normalisation = True, "shared"
    settings.model.update(layers=2, cells=cells, mixtures=3, components=4, style_size=5, sigma_floor=0.02, rho_max=0.98)
    settings.sampling.update(bias=0.5, candidates=3, points_per_character=9)
    alphabet = Alphabet(" !.aehilnot")
    one = np.full(2, 0.4, np.float32)
    description = Description(settings, alphabet, one * 0, one, "x-height", ("p", "q", "r"))
    network = description.network()
    text = text_batch([alphabet.encode("a")], 2)
    shapes = jax.eval_shape(network.init, jax.random.key(0), jnp.zeros((1, 2, 3)), text)["params"]
    rng = np.random.default_rng(0)
    params = jax.tree.map(lambda leaf: rng.normal(scale=0.4, size=leaf.shape).astype(np.float32), shapes)
    return Writer(Model(**vars(description), params=params), lanes=4)


@pytest.fixture(scope="module")
def files(writer, tmp_path_factory) -> dict[str, str]:
    """The paths of its file in float32, and in int8."""
    folder = tmp_path_factory.mktemp("models")
    found = {}
    for name, small in (("float32", False), ("int8", True)):
        (folder / name).write_bytes(browser_model.encode(writer, small=small))
        found[name] = str(folder / name)
    return found


# The network


@pytest.fixture(scope="module")
def course():
    rng = np.random.default_rng(1)
    return {
        "points": np.concatenate([rng.normal(size=(25, 3, 2)), rng.random((25, 3, 1)) < 0.3], axis=2),
        "texts": ["hello", "a tail!", "no"], "styles": rng.normal(size=(3, 5)),
    }  # fmt: skip


def _by_jax(model: Model, params, course) -> tuple[np.ndarray, np.ndarray]:
    network = model.network()
    text = text_batch([model.alphabet.encode(text) for text in course["texts"]], 8)
    gates = network.apply({"params": params}, jnp.asarray(course["styles"], jnp.float32), method="style_gates")

    @jax.jit
    def unroll(points):
        def step(carry, x):
            return network.apply({"params": params}, carry, x, text, gates, method="step")

        return jax.lax.scan(step, network.initial_carry(3, 8), points)

    carry, y = unroll(jnp.asarray(course["points"], jnp.float32))
    return np.asarray(y), np.asarray(carry.window.phi)


def _as_the_browser_has_it(file: str, layers: int) -> dict:
    """The weights in a file, with what int8 made of them, as a tree that the network takes."""
    data = Path(file).read_bytes()
    start = 8 + struct.unpack_from("<I", data, 4)[0]
    stored = {}
    for name, entry in json.loads(data[8:start])["tensors"].items():
        shape = entry["shape"]
        values = np.frombuffer(data, entry["type"], int(np.prod(shape)), start + entry["at"]).reshape(shape)
        scale = np.frombuffer(data, "<f4", shape[-1], start + entry["scale"]) if "scale" in entry else np.float32(1)
        stored[name] = values * scale
    params = {"soft_window": {name: stored[f"window.{name}"] for name in ("kernel", "bias")}}
    for layer in range(layers):
        own = {name: stored[f"layer{layer}.{name}"] for name in ("bias", "peephole")}
        read = ("point", "text", *(["below"] if layer else []), "recurrent")
        params[f"lstm_{layer}"] = own | {"kernel": np.concatenate([stored[f"layer{layer}.{name}"] for name in read])}
    names = {"head": "head.kernel", "head_bias": "head.bias", "style_kernels": "style.kernels", "styles": "style.table"}
    return params | {ours: stored[theirs] for ours, theirs in names.items()}


def test_a_step_is_that_of_the_network(writer, files, course):
    sent = {key: np.asarray(value).tolist() for key, value in course.items()}
    found = run(
        wasm={"do": "steps", "model": files["float32"], **sent},
        plain={"do": "steps", "model": files["float32"], "plain": True, **sent},
        int8={"do": "steps", "model": files["int8"], **sent},
    )
    assert found["wasm"].pop("fast") and not found["plain"].pop("fast")
    assert found["wasm"] == found["plain"]  # to the bit
    y, phi = _by_jax(writer.model, writer.model.params, course)
    np.testing.assert_allclose(found["wasm"]["y"], y, atol=1e-4)
    for lane, text in enumerate(course["texts"]):
        np.testing.assert_allclose(found["wasm"]["phi"][lane], phi[lane, : len(text) + 1], atol=1e-4)
    rounded, _ = _by_jax(writer.model, _as_the_browser_has_it(files["int8"], layers=2), course)
    np.testing.assert_allclose(found["int8"]["y"], rounded, atol=1e-4)
    assert 0 < np.abs(np.array(found["int8"]["y"]) - y).max() < 0.1


def test_a_network_may_have_an_odd_number_of_cells(course, tmp_path):
    odd = _by_chance(cells=257)  # memory comes in pages, of which few cells leave enough for whatever is not counted
    (tmp_path / "odd").write_bytes(browser_model.encode(odd, small=False))
    sent = {key: np.asarray(value).tolist() for key, value in course.items()}
    task = {"do": "steps", "model": str(tmp_path / "odd"), **sent}
    found = run(wasm=task, plain={**task, "plain": True})
    y, _ = _by_jax(odd.model, odd.model.params, course)
    np.testing.assert_allclose(found["wasm"]["y"][:5], y[:5], atol=1e-3)  # later, rounding has grown
    assert found["wasm"]["y"] == found["plain"]["y"]


def test_int8_is_within_half_a_step_of_the_weights():
    values = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    values[:, 3] = 0
    numbers, scale = browser_model.quantised(values)
    assert numbers.dtype == np.int8
    assert (np.abs(numbers * scale - values) <= scale / 2 * 1.0001).all()


def test_a_network_without_styles_is_refused(writer):
    settings = writer.model.config.copy_and_resolve_references()
    settings.model.style_size = 0
    with pytest.raises(ValueError, match="no styles"):
        browser_model.check(Model(**{**vars(writer.model), "config": settings}))


def test_exp_and_log_are_those_of_numpy():
    x = np.concatenate([np.linspace(-40, 40, 999), [-800, -700, 700, 800, 0]])
    positive = np.geomspace(1e-300, 1e300, 999)
    found = run(
        exp={"do": "elementary", "name": "exp", "values": x.tolist()},
        log={"do": "elementary", "name": "log", "values": positive.tolist()},
    )
    with np.errstate(over="ignore"):
        expected = np.where(x < -708, 0, np.exp(x))
    answered = [np.inf if value is None else value for value in found["exp"]]  # JSON knows no infinity
    np.testing.assert_allclose(answered, expected, rtol=1e-12)
    np.testing.assert_allclose(found["log"], np.log(positive), rtol=1e-14, atol=1e-14)


def test_atan2_is_that_of_numpy():
    rng = np.random.default_rng(0)
    angles = np.concatenate([np.linspace(-np.pi, np.pi, 801), rng.uniform(-np.pi, np.pi, 200), [1e-9, -1e-9]])
    sizes = np.concatenate([np.geomspace(1e-100, 1e100, len(angles) - 2), [1, 1]])
    pairs = np.stack([sizes * np.sin(angles), sizes * np.cos(angles)], axis=1)
    signs = [[y, x] for y in (-1, 0, 1) for x in (-1, 0, 1)]  # JSON keeps no sign of a zero
    pairs = np.concatenate([pairs, signs])
    found = run(it={"do": "elementary", "name": "atan2", "values": pairs.tolist()})["it"]
    np.testing.assert_allclose(found, np.arctan2(*pairs.T), rtol=1e-14, atol=1e-14)


# The mixture


def test_the_probability_of_a_point_is_that_of_the_network():
    rng = np.random.default_rng(2)
    y = rng.normal(size=(40, 19)).astype(np.float32)
    points = np.concatenate([rng.normal(size=(40, 2)), rng.random((40, 1)) < 0.5], axis=1).astype(np.float32)
    found = run(it={"do": "logProb", "y": y.tolist(), "points": points.tolist(), "settings": SETTINGS})["it"]
    mixture = mdn.split(jnp.asarray(y), sigma_floor=0.02, rho_max=0.98)
    np.testing.assert_allclose(found, mdn.log_prob(mixture, jnp.asarray(points)), atol=1e-4)


@pytest.mark.parametrize(("bias", "reach"), [(0.0, None), (0.7, None), (1.0, 1.5), (3.0, 0.4)])
def test_draws_have_the_moments_of_the_mixture(bias, reach):
    y = np.random.default_rng(3).normal(size=19).astype(np.float32)
    count = 20_000
    task = {"do": "draw", "y": y.tolist(), "bias": bias, "reach": reach, "settings": SETTINGS}
    found = np.array(run(it={**task, "seed": 5, "count": count})["it"])
    mixture = mdn.biased(mdn.split(jnp.asarray(y), sigma_floor=0.02, rho_max=0.98), bias, reach or np.inf)
    keys = jax.random.split(jax.random.key(0), count)
    drawn = np.asarray(jax.vmap(lambda key: mdn.sample(key, mixture, reach or np.inf))(keys))
    five_errors = 5 * np.sqrt(2 / count)
    np.testing.assert_allclose(found.mean(0), drawn.mean(0), atol=five_errors * drawn.std(0).max())
    np.testing.assert_allclose(found.std(0), drawn.std(0), rtol=five_errors)
    correlation = [np.corrcoef(points[:, :2].T)[0, 1] for points in (found, drawn)]
    assert abs(correlation[0] - correlation[1]) < five_errors


def test_streams_of_random_numbers_are_even_and_apart():
    seeds = [[0], [1], [0, 0, 1], [0, 1, 0], [2**32 - 1]]
    found = run(**{str(i): {"do": "uniform", "seeds": one, "count": 4000} for i, one in enumerate(seeds)})
    numbers = np.array(list(found.values()))
    assert ((numbers > 0) & (numbers < 1)).all()
    np.testing.assert_allclose(np.sort(numbers, axis=1), np.linspace(0, 1, 4000) * np.ones((5, 1)), atol=0.035)
    assert np.abs(np.corrcoef(numbers) - np.eye(5)).max() < 0.06
    assert np.abs([np.corrcoef(one[1:], one[:-1])[0, 1] for one in numbers]).max() < 0.06


# Writing


def test_a_line_does_not_depend_on_what_is_written_beside_it(files):
    request = {"lines": ["hello", "a tin hat", "no!", "at the inn", "it"], "seed": 7, "attention": True}
    task = {"do": "write", "model": files["int8"]}
    alone = {f"line {i}": {**task, "request": {**request, "lines": [text], "seed": 7 + i}}
             for i, text in enumerate(request["lines"])}  # fmt: skip
    found = run(all={**task, "request": request}, plain={**task, "plain": True, "request": request}, **alone)
    together = found["all"]
    assert together == found["plain"]
    assert together == [found[name][0] for name in alone]
    assert len({json.dumps(line["points"]) for line in together}) == len(together)
    for line, text in zip(together, request["lines"], strict=True):
        assert (line["text"], line["bias"]) == (text, 1.0)  # 0.5 is configured, and short texts are neater
        assert 0 < len(line["points"]) <= 9 * (len(text) + 4)
        assert [len(row) for row in line["attention"]] == [len(text) + 1] * len(line["points"])
        strokes.check(np.array(line["points"]))


def test_candidates_are_judged_as_by_the_package():
    rng = np.random.default_rng(4)
    tasks, expected = {}, {}
    for case in range(12):
        text = "ab cd"[: rng.integers(1, 6)]
        drafts = []
        for i in range(rng.integers(1, 6)):
            places = np.sort(rng.integers(0, len(text) + 3, rng.integers(5, 60)))
            eos = rng.random(len(places)) < 0.3
            complete = bool(rng.random() < 0.8)
            drafts.append(candidates.draft(complete, places, eos, len(text)))
            tasks[f"{case} {i}"] = {"do": "draft", "complete": complete, "place": places.tolist(), "eos": eos.tolist(),
                                    "length": len(text)}  # fmt: skip
            expected[f"{case} {i}"] = _plain(drafts[-1])
        plain = [_plain(one) for one in drafts]
        settings = {"loop": candidates.MOST, "hand": candidates.HAND, "taken": candidates.TAKEN}
        tasks[str(case)] = {"do": "best", "drafts": plain, "text": text, "sampling": settings}
        expected[str(case)] = {"odd": candidates.oddity(drafts).tolist(), "best": candidates.best(drafts, text)}
    found = run(**tasks)
    for name, answer in expected.items():
        if "odd" in answer:
            np.testing.assert_allclose(found[name].pop("odd"), answer.pop("odd"))
        assert found[name] == answer, name


def test_the_primers_own_strokes_are_taken_away_as_by_the_package():
    rng = np.random.default_rng(4)
    tasks, expected = {}, {}
    for case in range(40):
        points = np.concatenate([rng.normal(size=(12, 2)), rng.random((12, 1)) < 0.4], axis=1)
        place = np.cumsum(rng.random(12) < 0.4) - rng.integers(1, 5)
        left = without_primer(Ended(True, points, place, place[:, None], None), 0)
        tasks[str(case)] = {"do": "withoutPrimer", "rows": points.tolist(), "place": place.tolist(), "phi": []}
        expected[str(case)] = left
    found = run(**tasks)
    assert 5 < sum(len(one.points) < 12 for one in expected.values()) < 35
    for case, left in expected.items():
        assert found[case]["place"] == left.place.tolist(), case
        np.testing.assert_allclose(found[case]["rows"], left.points, atol=1e-12)


def test_a_stop_that_is_not_asked_for_is_taken_away_as_by_the_package(inks):
    rng = np.random.default_rng(5)
    tasks, expected = {}, {}
    for case in range(40):
        rows = inks[case % len(inks)].astype(float)
        end = strokes.to_points(rows)
        spot = [end[:, 0].max() + rng.choice([-0.1, 0.02, 0.2]), rng.choice([0.0, 1.4])] - end[-1]
        dot = [[*spot, 0], [rng.choice([0.1, 0.5]), 0.05, 1]]
        whole = np.concatenate([rows, dot])
        text = rng.choice(["a", "end", "no.", "9"])
        left = without_stop(Ended(True, whole, np.zeros(len(whole)), None, None), text, 1.0)
        tasks[str(case)] = {"do": "withoutStop", "rows": whole.tolist(), "place": [0] * len(whole), "phi": [],
                            "text": text, "settings": {"stop": STOP, "apart": APART}}  # fmt: skip
        expected[str(case)] = (len(left.points), len(whole))
    found = run(**tasks)
    assert {name: len(answer["rows"]) for name, answer in found.items()} == {k: n for k, (n, _) in expected.items()}
    assert 3 < sum(n < whole for n, whole in expected.values()) < 30


def test_a_named_style_and_a_short_text_are_written_as_by_the_package(tmp_path_factory):
    whole = Writer.load()
    path = tmp_path_factory.mktemp("named") / "model.bin"
    path.write_bytes(browser_model.encode(whole))
    texts = ["a" * candidates.SHORT, "a" * (candidates.SHORT + 1)]
    asked = {
        "leaning": {"style": "leaning"}, "random": {"style": "random"},
        "asked": {"style": "leaning", "candidates": 2, "bias": 0.7}, "plain": {"style": "unknown", "bias": 0},
    }  # fmt: skip
    found = run(**{name: {"do": "asked", "model": str(path), "request": {"lines": texts, **one}}
                   for name, one in asked.items()})  # fmt: skip
    for name, one in asked.items():
        by_package = whole.lines(
            texts, one.get("bias"), 0, one["style"], one.get("candidates"), whole.primer(one["style"])
        )
        for line, (expected, count) in zip(found[name], by_package, strict=True):
            assert (line["count"], line["bias"]) == (count, expected.bias)
            assert (line["trait"] is None) == (expected.primer.trait is None) == (one["style"] != "leaning")
            if line["trait"]:
                np.testing.assert_allclose(line["trait"], expected.primer.trait, atol=1e-5)  # of ink rounded to float32
    assert [line["primer"] for line in found["random"]] == [None, None]
    own = whole.primer("leaning")._replace(own=True)
    rows = strokes.denormalise(own.forced[: own.length], whole.model.mean, whole.model.std)
    hand = {"vector": [0.0] * 32, "gates": None, "primer": {"text": own.prefix.strip(), "strokes": rows.tolist()}}
    found["own"] = run(own={"do": "asked", "model": str(path), "request": {"lines": texts, "hand": hand}})["own"]
    by_package = whole.lines(texts, None, 0, np.zeros(32), None, own)
    assert [line["count"] for line in found["own"]] == [count for _, count in by_package]
    [style] = [one for one in whole.named_styles() if one.name == "leaning"]
    primer, line = whole.primer("leaning"), found["leaning"][0]
    np.testing.assert_allclose(line["style"], style.vector, rtol=1e-6)
    assert line["primer"]["text"] == primer.prefix
    np.testing.assert_allclose(line["primer"]["points"], primer.forced[: primer.length], rtol=1e-6)


@pytest.fixture(scope="module")
def inks() -> list[strokes.Rows]:
    """Real lines, of several hands."""
    corpus = corpora.load()
    return [corpus.strokes(i) for i in range(0, 600, 50)]


def test_hands_are_told_apart_as_by_the_package(writer, inks):
    how = browser_model.describe(writer)["resemblance"]
    rng = np.random.default_rng(10)
    short = [np.array([[0, 0], [0.05, 0]]), np.array([[0, 0], [0.3, 0.4], [1, 0.2]])]
    odd = {
        "dots": strokes.join([np.array([[x, 0.0], [x, 0.01]]) for x in range(3)]),
        "few points": strokes.join([*short, np.cumsum(rng.normal(size=(4, 2)), axis=0)]),
        "there and back": strokes.join([np.array([[0.0, 0], [2, 0], [0, 0], [-2, 0], [-2, 0], [0, 0]])]),
        "pen down at the end": inks[0][:40] * [1, 1, 0],
    }
    groups = {str(i): [line] for i, line in enumerate(inks)} | {name: [line] for name, line in odd.items()}
    groups |= {"all": inks, "some": inks[2:5]}
    found = run(**{name: {"do": "trait", "lines": [line.tolist() for line in lines], "how": how}
                   for name, lines in groups.items()})  # fmt: skip
    for name, lines in groups.items():
        np.testing.assert_allclose(found[name], resemblance.trait(lines), atol=1e-6, err_msg=name)
    traits = {name: resemblance.trait(groups[name]) for name in ("0", "all", "dots")}
    pairs = {f"{name} {i}": (line, typical) for i, line in enumerate(inks) for name, typical in traits.items()}
    found = run(**{name: {"do": "unlike", "line": line.tolist(), "typical": typical.tolist(), "how": how}
                   for name, (line, typical) in pairs.items()})  # fmt: skip
    for name, (line, typical) in pairs.items():
        assert abs(found[name] - resemblance.unlike(line, typical)) < 1e-6, name


def test_the_candidate_that_is_like_a_hand_is_that_of_the_package(writer, inks):
    described = browser_model.describe(writer)
    settings, how = described["sampling"], described["resemblance"]
    rng = np.random.default_rng(11)
    text, tasks, expected, unheeded = "ab", {}, {}, {}
    for case in range(24):
        mine = [inks[i] for i in rng.permutation(len(inks))[:5]]
        typical = resemblance.trait(inks[case % 12 : case % 12 + 3])
        places = [np.repeat([0, 1, 2], rng.integers(6, 20, 3)) for _ in mine]
        drafts = [candidates.draft(bool(rng.random() < 0.8), place, place > 9, len(text)) for place in places]
        unlike = [resemblance.unlike(line, typical) for line in mine]
        expected[str(case)] = candidates.best(drafts, text, unlike)
        unheeded[str(case)] = candidates.best(drafts, text)
        for i, line in enumerate(mine):
            tasks[f"{case} {i}"] = {"do": "unlike", "line": line.tolist(), "typical": typical.tolist(), "how": how}
        tasks[str(case)] = {"do": "best", "drafts": [_plain(one) for one in drafts], "text": text, "sampling": settings}
    found = run(**{name: task for name, task in tasks.items() if task["do"] == "unlike"})
    for case in expected:
        tasks[case]["unlike"] = [found[f"{case} {i}"] for i in range(5)]
    chosen = run(**{case: tasks[case] for case in expected})
    assert {case: answer["best"] for case, answer in chosen.items()} == expected
    assert expected != unheeded  # it makes a difference


def test_ink_is_read_as_by_the_package(writer, files, inks):
    texts = ["hello", "a tin", "no...", "__-- ''"]  # repeated marks are read as one
    pairs = [(line, texts[i % 4]) for i, line in enumerate(inks)] + [(inks[0][:4], "hello")]
    lines = [{"rows": line.tolist(), "text": text} for line, text in pairs]
    tasks = {"float32": False, "int8": False, "plain": True}
    found = run(**{
        name: {"do": "nats", "model": files[name if name in files else "float32"], "plain": plain, "lines": lines}
        for name, plain in tasks.items()
    })  # fmt: skip
    expected = np.concatenate([writer.reader.nats([line], text) for line, text in pairs])
    assert found["float32"] == found["plain"]  # to the bit
    assert np.isinf(expected[-1]) and found["float32"][-1] is None  # Infinity, in JSON; too few points
    np.testing.assert_allclose(found["float32"][:-1], expected[:-1], rtol=1e-4)
    np.testing.assert_allclose(found["int8"][:-1], expected[:-1], rtol=0.05, atol=0.5)


def test_of_candidates_the_one_that_says_its_text_is_the_packages(writer):
    settings = browser_model.describe(writer)["sampling"]
    rng = np.random.default_rng(13)
    tasks, expected, unheeded, disowned = {}, {}, {}, {}
    for case in range(24):
        places = [np.repeat([0, 1, 2], rng.integers(6, 20, 3)) for _ in range(5)]
        drafts = [candidates.draft(bool(rng.random() < 0.8), place, place > 9, 2) for place in places]
        unread, unlike = rng.exponential(0.5 if case % 2 else 5, 5), rng.random(5)
        own = case % 4 > 1
        expected[str(case)] = candidates.best(drafts, "ab", unlike, unread, own)
        unheeded[str(case)] = candidates.best(drafts, "ab", unlike)
        disowned[str(case)] = candidates.best(drafts, "ab", unlike, unread)
        tasks[str(case)] = {"do": "best", "drafts": [_plain(one) for one in drafts], "text": "ab", "own": own,
                            "sampling": settings, "unlike": unlike.tolist(), "unread": unread.tolist()}  # fmt: skip
    assert {case: answer["best"] for case, answer in run(**tasks).items()} == expected
    assert expected not in (unheeded, disowned)  # it makes a difference


def test_what_is_not_read_is_written_again_in_an_own_hand_alone(tmp_path, monkeypatch):
    hands = {"own": {"hand": {"vector": [0.0] * 32}}, "unknown": {"style": "unknown"}}
    written = {}
    for taken in (-1.0, 1e9):  # nothing is read, everything is
        monkeypatch.setattr(candidates, "TAKEN", taken)
        path = tmp_path / f"{taken}.bin"
        path.write_bytes(browser_model.encode(Writer.load()))
        request = {"lines": ["a hotel"], "seed": 2, "candidates": 2, "bias": 1}
        written[taken] = run(**{name: {"do": "write", "model": str(path), "request": request | hand}
                                for name, hand in hands.items()})  # fmt: skip
    assert written[-1]["unknown"] == written[1e9]["unknown"]
    assert written[-1]["own"] != written[1e9]["own"]


def test_of_candidates_the_one_whose_trait_is_asked_for_is_written(writer, tmp_path, monkeypatch):
    monkeypatch.setattr(candidates, "HAND", 1e9)  # the points of a network by chance are odd in any case
    path = tmp_path / "model.bin"
    path.write_bytes(browser_model.encode(writer))
    rng = np.random.default_rng(12)

    def written(**traits: np.ndarray | None) -> dict[str, np.ndarray]:
        hands = {name: {"vector": [0.1] * 5, "trait": None if one is None else one.tolist()}
                 for name, one in traits.items()}  # fmt: skip
        request = {"lines": ["a hot tin"], "seed": 4, "candidates": 6}
        found = run(**{name: {"do": "write", "model": str(path), "request": {**request, "hand": hand}}
                       for name, hand in hands.items()})  # fmt: skip
        return {name: np.array(answer[0]["points"]) for name, answer in found.items()}

    some = written(none=None, **{str(i): rng.dirichlet(np.full(resemblance.SIZE, 0.05)) ** 0.5 for i in range(8)})
    different = {line.tobytes(): line for line in some.values()}
    assert len(different) > 2
    lines = {str(i): line for i, line in enumerate(different.values())}
    again = written(**{name: resemblance.trait([line]) for name, line in lines.items()})
    for name, line in lines.items():
        np.testing.assert_array_equal(again[name], line)
    wrong = {"trait": {"trait": [0.1] * 3}, "weights": {"weights": "0123456789abcdef"}}
    found = run(**{name: {"do": "write", "model": str(path),
                          "request": {"lines": ["a"], "hand": {"vector": [0.1] * 5} | one}}
                   for name, one in wrong.items()})  # fmt: skip
    assert [answer["kind"] for answer in found.values()] == ["invalid"] * 2
    assert "another network" in found["weights"]["message"]


def test_stray_ticks_are_found_as_by_the_package():
    rng = np.random.default_rng(5)
    lines = [
        strokes.join([start + np.cumsum(rng.normal(0, size, (rng.integers(1, 6), 2)), axis=0) for start in starts])
        for size in (0.05, 0.2) for starts in ([[0, 0]], [[0, 0], [0.5, 0]], [[0, 0], [1, 0], [2, 0]]) for _ in range(8)
    ]  # fmt: skip
    asked = {f"{i} {text}": (line, text) for i, line in enumerate(lines) for text in ("a", "'a")}
    found = run(**{name: {"do": "tick", "rows": line.tolist(), "text": text} for name, (line, text) in asked.items()})
    expected = {name: starts_with_tick(line, text) for name, (line, text) in asked.items()}
    assert found == expected and {True, False} == set(expected.values())


def _plain(draft: candidates.Draft) -> dict:
    known = draft._asdict() | {"points": draft.points.tolist(), "lifts": draft.lifts.tolist()}
    del known["loop"]  # there it stands among the settings of sampling
    return known


def test_lines_are_levelled_as_by_the_package(files):
    corpus = corpora.load()
    lines, texts = ([of(i) for i in range(0, 300, 50)] for of in (corpus.strokes, corpus.text))
    sloped = [np.column_stack([line[:, 0], line[:, 1] + 0.1 * line[:, 0], line[:, 2]]) for line in lines]
    sloped.append(lines[0][:5] * [1, 1, 0] + [0, 0, 1])  # too short to have a slope
    sloped.append(lines[0][:1])
    sloped[1][0, 1] += 0.4  # begins above the baseline
    texts += [texts[0][:1], "."]
    task = {"do": "levelled", "model": files["int8"]}
    found = run(**{
        str(i): {**task, "rows": line.tolist(), "text": text}
        for i, (line, text) in enumerate(zip(sloped, texts, strict=True))
    })
    for i, line in enumerate(sloped):
        expected = on_baseline(level(line.astype(np.float32)), texts[i])
        np.testing.assert_array_equal(np.array(found[str(i)])[:, 2], expected[:, 2])
        np.testing.assert_allclose(strokes.to_points(np.array(found[str(i)])), strokes.to_points(expected), atol=0.002)


def test_numbers_are_written_as_by_the_package(tmp_path):
    (tmp_path / "model").write_bytes(browser_model.encode(Writer.load()))
    texts = ["2½ cups, ½", "8½×11", "10⁵, 10⁻¹² m²", "3·4·5 ⋅ 6", "a ≠ b", "x₂", "≥ 5 °C", "n° 12, N°5, ten°", "5‰",
             "СОЮЗ, Юлия, Ю. И", "STRAẞE, ŒUVRE, Œuvre, ΨΥΧΗ", "Ю\u0301ЛИЯ", "N°N°"]  # fmt: skip
    found = run(**{text: {"do": "readable", "model": str(tmp_path / "model"), "text": text} for text in texts})
    alphabet = load_model().alphabet
    assert found == {text: alphabet.line(text)[0] for text in texts}


def test_characters_are_replaced_as_by_the_package(files):
    alphabet = Alphabet(" !.aehilnot")
    texts = ["  á tône ", "aⁿ…", "ﬁn", "Ω", "漢", "a\u0301", "e\u200dl", "…", "a≠e", "a≮e", "a=\u20d2e"]
    found = run(**{text: {"do": "readable", "model": files["int8"], "text": text} for text in texts})
    for text in texts:
        try:
            expected = alphabet.transliterate(text.strip())[0].strip()
        except UnknownCharacters as error:
            assert found[text]["kind"] == "characters"
            assert all(c in found[text]["message"] for c in error.characters)
        else:
            assert found[text] == expected


def test_what_cannot_be_written_is_an_error_of_its_kind(files):
    cases = {
        "characters": {"lines": ["漢"]}, "too_long": {"lines": ["a" * 129]},
        "invalid": {"lines": ["  "]}, "invalid ": {"lines": ["a\nb"]}, "invalid  ": {"lines": ["a"], "style": "nobody"},
        "invalid   ": {"lines": ["a"], "bias": -1}, "invalid    ": {"lines": ["a"], "seed": 0.5},
        "invalid     ": {"lines": ["a"], "vector": [1, 2]}, "invalid      ": {"lines": ["a"], "candidates": 65},
    }  # fmt: skip
    found = run(**{name: {"do": "write", "model": files["int8"], "request": one} for name, one in cases.items()})
    assert {name: answer["kind"] for name, answer in found.items()} == {name: name.strip() for name in cases}


# A hand of one's own


def test_drawn_ink_becomes_like_the_corpus(tmp_path_factory):
    corpus = corpora.load()
    path = tmp_path_factory.mktemp("whole") / "model.bin"
    path.write_bytes(browser_model.encode(Writer.load()))
    rng = np.random.default_rng(5)
    tasks, expected = {}, {}
    for i in range(0, 400, 80):
        text, ink = corpus.text(i), strokes.split(corpus.strokes(i))
        if i % 160:  # as a mouse reports it: many points
            ink = [strokes.resample_uniform(stroke, 0.05) + rng.normal(scale=0.002, size=2) for stroke in ink]
        else:  # a sloping line, what is dotted and crossed a little later
            for k in reversed([k for k, stroke in enumerate(ink) if stroke[:, 1].min() > 0.8]):
                ink.insert(k + 2, ink.pop(k))
            ink = [stroke @ [[1, 0.2], [0, 1]] for stroke in ink]
        drawn = [stroke * [37.0, 37.0] + [90, 400] for stroke in ink]
        expected[str(i)] = like_the_corpus(strokes.join(drawn), text)
        lines = [{"text": text, "strokes": [(stroke * [1, -1]).tolist() for stroke in drawn]}]
        tasks[str(i)] = {"do": "drawn", "model": str(path), "lines": lines}
    wrong = {"text": "a", "strokes": lines[0]["strokes"]}
    found = run(**tasks, wrong={"do": "drawn", "model": str(path), "lines": [wrong]},
                none={"do": "drawn", "model": str(path), "lines": []})  # fmt: skip
    assert found["wrong"]["kind"] == found["none"]["kind"] == "ink"
    for name, rows in expected.items():
        np.testing.assert_allclose(found[name][0], rows, atol=1e-3)


def test_ink_is_refused_for_the_reason_that_the_package_has(files):
    text = "a tail on a line"
    ink = strokes.split(np.array(_zigzag(text)))
    cases = {
        "height": (text, [stroke * [1, 0] for stroke in ink]), "narrow": ("hello" * 20, ink), "wide": ("a t", ink),
        "few": (text, [np.concatenate(ink)]), "many": (text, [stroke[[i]] for stroke in ink for i in range(5)] * 2),
        "much": (text, [np.concatenate([stroke, stroke[::-1]] * 40) for stroke in ink]),
        "little": ("tool", [np.array([[0, 0], [1, -1]]), np.array([[-1, 0]])]),
    }  # fmt: skip
    found = run(**{reason: {"do": "drawn", "model": files["int8"],
                            "lines": [{"text": said, "strokes": [(stroke * [1, -1]).tolist() for stroke in drawn]}]}
                   for reason, (said, drawn) in cases.items()})  # fmt: skip
    for reason, (said, drawn) in cases.items():
        with pytest.raises(UnfitInk) as error:
            like_the_corpus(strokes.join(drawn), said)
        assert (error.value.reason, error.value.text) == (reason, said)
        assert found[reason]["kind"] == "ink" and f"“{said}”" in found[reason]["message"]
        assert re.search(rf"\b{reason}\b", found[reason]["message"])


def test_a_host_without_wasm_has_the_same_ink(files):
    task = {"do": "worker", "model": files["int8"], "request": {"lines": ["hello", "at the inn"], "seed": 3}}
    found = run(there={**task, "status": 200}, absent={**task, "status": 404})
    assert [said["line"]["index"] for said in found["there"][:-1]] == [0, 1] and "error" not in found["there"][-1]
    assert found["absent"] == found["there"]


def test_a_hand_is_fitted_as_by_the_package(writer, files):
    rng = np.random.default_rng(6)
    lines = [("hello", 30), ("a tin", 22), ("at the inn", 41), ("no", 9), ("it", 12)]  # more than there are lanes
    rows = [np.concatenate([rng.normal(scale=0.4, size=(count, 2)), rng.random((count, 1)) < 0.2], axis=1)
            for _, count in lines]  # fmt: skip
    for row in rows:
        row[-1, 2] = 1
    sent = [{"text": text, "rows": row.tolist()} for (text, _), row in zip(lines, rows, strict=True)]
    task = {"do": "fit", "model": files["float32"], "lines": sent}
    taken = {"least": -1e9}  # at its word, as a random network cannot tell what ink says
    found = run(
        it={**task, "settings": {"steps": 12, "gateLines": 6, **taken}},
        deep={**task, "settings": {"deepSteps": 12, **taken}},
        one={**task, "lines": sent[:1], "settings": {"steps": 1, **taken}},
        long={**task, "lines": [sent[2], *[{**sent[0], "rows": sent[0]["rows"] * 30}] * 3],
              "settings": {"steps": 1, **taken}},
        first={**task, "lines": sent[2:3], "settings": {"steps": 1, **taken}},
        strays={"do": "strays", "model": files["float32"], "lines": sent, "style": [0.3, -0.2, 0.5, 0, 1]},
    )  # fmt: skip
    rows, texts = [row.astype(np.float32) for row in rows], [text for text, _ in lines]
    style = adapt.fit_rows(writer.model, rows, texts, steps=12)
    assert style.after < style.before
    it, deep = found["it"], found["deep"]
    np.testing.assert_allclose([it["before"], it["after"]], [style.before, style.after], atol=1e-4)
    np.testing.assert_allclose(it["vector"], style.vector, atol=1e-3)
    assert it["vector"] == it["hand"]["vector"] == deep["vector"] and it["hand"]["gates"] is None
    assert digest(writer.model.params).startswith(it["hand"]["weights"]) and len(it["hand"]["weights"]) == 16
    steps = browser_model.describe(writer)["fit"]["gateSteps"]
    [deepened] = adapt.deepen(writer.model, rows, texts, [0] * len(rows), [style], steps=steps)
    assert deepened.after < style.after
    np.testing.assert_allclose(deep["hand"]["gates"], deepened.gates, atol=2e-3)
    assert abs(deep["after"] - deepened.after) < 1e-3
    given = np.array([0.3, -0.2, 0.5, 0, 1], np.float32)
    assert found["strays"] == primers.strays(writer.model, rows, texts, given).tolist()
    chosen = primers.best(writer.model, rows, texts, deepened.whole)
    primer = deep["hand"]["primer"]
    assert (primer and primer["text"]) == (texts[chosen] if chosen is not None else None)
    np.testing.assert_allclose(deep["hand"]["trait"], resemblance.trait(rows), atol=1e-4)
    # Of a line alone that writing goes on from, its trait is the primer's; of much ink, only steps leave some out.
    one, long = found["one"]["hand"], found["long"]["hand"]
    assert (one["trait"] is None) == (one["primer"] is not None)
    assert found["long"]["vector"] == found["first"]["vector"]
    repeated = [rows[2], *[np.tile(rows[0], (30, 1))] * 3]
    np.testing.assert_allclose(long["trait"], resemblance.trait(repeated), atol=1e-4)


def test_the_line_to_go_on_from_is_the_one_that_the_package_takes(tmp_path, monkeypatch):
    model, corpus = load_model(), corpora.load()
    path = tmp_path / "model"
    path.write_bytes(browser_model.encode(Writer(model), small=False))
    own = [i for i in corpus.select(["validation"]) if corpus.writer(i) == "kai/jspark" and corpus.lengths[i] < 250][:6]
    rows, texts = [corpus.strokes(i) for i in own], [corpus.text(i) for i in own]
    longest = max(range(6), key=lambda i: len(rows[i]))
    wrong = [f"{text} and so it goes on" if i == longest else text for i, text in enumerate(texts)]
    nobody = np.asarray(model.params["styles"][0])
    task = {"do": "primer", "model": str(path), "style": nobody.tolist()}
    sent = {name: [{"text": text, "rows": row.tolist()} for text, row in zip(said, rows, strict=True)]
            for name, said in (("right", texts), ("wrong", wrong), ("few", ["ab"] * 6))}  # fmt: skip
    found = run(
        **{name: {**task, "lines": lines} for name, lines in sent.items()},
        short={**task, "lines": sent["right"], "settings": {"longest": 0}},
        unfit={**task, "lines": sent["right"], "width": [0, 0.1]},  # no line can be gone on from once it is kept
    )
    best = functools.partial(primers.best, model, rows, style=nobody)
    assert found["right"] == best(texts=texts) == longest
    assert found["wrong"] == best(texts=wrong) not in (longest, None)
    assert found["few"] == found["unfit"] == -1 and best(texts=["ab"] * 6) is None
    monkeypatch.setattr(primers, "LONGEST", 0)  # all are too long: the shortest
    assert found["short"] == best(texts=texts) == min(range(6), key=lambda i: len(rows[i]))


def test_whether_ink_says_its_text_is_told_as_by_the_package(writer, files):
    rng = np.random.default_rng(7)
    lines = [("hello", 30), ("a tin", 22), ("!.", 5)]  # the last has no letter that another could stand for
    rows = [np.concatenate([rng.normal(scale=0.4, size=(count, 2)), rng.random((count, 1)) < 0.2], axis=1)
            for _, count in lines]  # fmt: skip
    for row in rows:
        row[-1, 2] = 1
    texts = [text for text, _ in lines]
    rows = [row.astype(np.float32) for row in rows]
    expected = text_fit.gains(writer.model, list(zip(rows, texts, strict=True)))
    sent = [{"text": text, "rows": row.tolist()} for text, row in zip(texts, rows, strict=True)]
    task = {"model": files["float32"], "lines": sent}
    found = run(
        gains={**task, "do": "gains", "style": writer.styles("unknown", [0])[0].tolist()},
        fit={**task, "do": "fit", "settings": {"least": float(expected[:2].max()) + 1}},
    )
    np.testing.assert_allclose(found["gains"][:2], expected[:2], atol=1e-4)
    assert np.isinf(expected[2]) and found["gains"][2] is None  # as JSON has infinity
    assert found["fit"]["kind"] == "ink" and "hardly says “hello”" in found["fit"]["message"]


def test_writing_goes_on_from_a_line_as_in_the_package(writer, tmp_path):
    # With so much bias, and a pen and components that are sure, both draw the same whatever their random numbers.
    sure = {**writer.model.params, "head": writer.model.params["head"].copy()}
    sure["head"][:, : 1 + writer.model.config.model.mixtures] *= 300
    writer = Writer(Model(**{**vars(writer.model), "params": sure}), lanes=4)
    path = tmp_path / "model.bin"
    path.write_bytes(browser_model.encode(writer, small=False))
    rng = np.random.default_rng(10)
    primer = {"text": "a tail", "strokes": _zigzag("a tail")}
    network = writer.model.network()
    hand = {"vector": rng.normal(size=5), "gates": rng.normal(scale=0.1, size=network.longest_style - 5)}
    whole = np.concatenate([*hand.values()]).astype(np.float32)
    hand = {name: values.tolist() for name, values in hand.items()} | {"primer": primer}
    request = {"lines": ["hello", "at the inn"], "hand": hand, "bias": 50, "candidates": 1, "attention": True}
    task = {"do": "write", "model": str(path)}
    bare = {**request, "hand": {**hand, "primer": None}}
    found = run(it={**task, "request": request}, bare={**task, "request": bare})
    ink = Ink(np.array(primer["strokes"], np.float32), primer["text"])
    expected = writer.write(request["lines"], 50, style=whole, prime=ink, candidates=1, attention=True)
    for line, by_package in zip(found["it"], expected, strict=True):
        assert line["complete"] == by_package.complete and len(line["points"]) == len(by_package.strokes) > 5
        places, expected_places = map(strokes.to_points, (np.array(line["points"]), by_package.strokes))
        assert np.ptp(expected_places[:, 0]) > 10  # x-heights, over which rounding adds up
        np.testing.assert_allclose(places, expected_places, atol=0.1)
        for read, by_python in zip(line["attention"][:60], by_package.phi, strict=False):  # later, rounding has grown
            np.testing.assert_allclose(read, by_python, atol=1e-3)
    assert found["it"][0]["points"] != found["bare"][0]["points"]
    refused = {
        "ink": {"text": "at the inn " * 4, "strokes": primer["strokes"]}, "ink ": {**primer, "text": "a"},
        "ink  ": {**primer, "strokes": []}, "characters": {**primer, "text": "漢漢漢"},
    }  # fmt: skip
    found = run(**{name: {**task, "request": {**request, "hand": {**hand, "primer": one}}}
                   for name, one in refused.items()})  # fmt: skip
    kinds = {name: isinstance(answer, dict) and answer["kind"] for name, answer in found.items()}
    assert kinds == {name: name.strip() for name in refused}


def _zigzag(text: str) -> list[list[float]]:
    """Rows of ink about as wide as a text, a stroke a letter."""
    inked, x = [], 0.0
    for c in text:
        if c != " ":
            inked.append(np.array([[x, 0], [x + 0.2, 0.9], [x + 0.4, 0.1], [x + 0.6, 1.0], [x + 0.7, 0.2]]))
        x += 0.9
    return strokes.join(inked).tolist()


# The site


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "some" / "path"
    export(Writer.load(), folder)
    return folder


def test_the_site_is_small_and_asks_no_other_host(site):
    files = [path for path in site.rglob("*") if path.is_file()]
    weights = site / "model.bin"
    assert weights.stat().st_size < 1.5e6
    assert sum(path.stat().st_size for path in files) < 3e6
    settings = json.loads((site / "config.json").read_text())
    assert (settings["engine"], settings["neater"]) == ("browser", neatness.for_the_page())
    for path in files:
        if path.suffix in {".html", ".css", ".js", ".svg", ".json"}:
            text = path.read_text("utf-8")
            hosts = set(re.findall(r"""(?:https?:)?//[\w-]+\.[\w.-]+""", text))
            assert hosts <= {"http://www.w3.org", "http://www.inkscape.org"}, path  # namespaces, which nobody asks
            assert not re.search(r"""(?:src|href|from|import)\s*[=(]?\s*["']/""", text), path


def test_the_site_writes_in_chromium_and_learns_a_hand(site):
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if installed() is None:
        pytest.skip("Chromium is not installed; see make browser")
    corpus = corpora.load()
    drawn = [{"text": corpus.text(7), "strokes": [(s * [30, -30]).tolist() for s in strokes.split(corpus.strokes(7))]}]
    handler = functools.partial(_Quiet, directory=str(site.parents[1]))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, chromium() as browser:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        page = browser.new_context(reduced_motion="reduce").new_page()
        page.set_default_timeout(PATIENCE)
        troubles, asked = [], []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: message.type in ("error", "warning") and troubles.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/some/path/#text=ab")
        page.wait_for_function("document.querySelectorAll('#sheet g.ink path').length > 0")
        found = page.evaluate(IN_THE_PAGE, drawn)
        page.evaluate("navigator.serviceWorker.ready.then(({ active }) => active.state)")
        server.shutdown()
        server.server_close()
        asked_online = asked.copy()
        page.goto(f"{address}/some/path/?again#text=offline")
        page.wait_for_function("document.querySelectorAll('#sheet g.ink path').length > 0")
        assert page.get_attribute("#sheet", "aria-label") == "Handwriting: offline"
    assert not troubles
    assert all(url.startswith(f"{address}/some/path/") for url in asked_online)
    assert (found["lines"][0]["text"], found["lines"][0]["bias"]) == ("hello", neatness.OF_SHORT)
    assert found["lines"] == found["again"]
    assert found["given up"] == "AbortError"
    assert found["kind"] == "characters"
    assert len(found["fit"]["vector"]) == 32
    assert found["fit"]["after"] <= found["fit"]["before"]
    assert found["network"] == {"weights": found["fit"]["hand"]["weights"], "styleSize": 32, "hands": []}
    assert found["shares"] == sorted(found["shares"]) and found["shares"][-1] == 1
    assert found["own"][0]["text"] == "hello" and found["own"] != found["lines"]


IN_THE_PAGE = """async (drawn) => {
  const { createEngine } = await import(new URL("engine/browser.js", document.baseURI));
  const engine = await createEngine({});
  const write = async (request) => {
    const found = [];
    await engine.write(request, (index, line) => { found[index] = line; });
    return found;
  };
  const given = new AbortController();
  const long = write({ lines: Array(40).fill("a long line to be given up"), signal: given.signal })
    .catch((error) => error.name);
  given.abort();
  const lines = await write({ lines: ["hello"], seed: 3 });
  const shares = [], fit = await engine.fit({ lines: drawn }, (share) => shares.push(share));
  return {
    lines, fit, shares, network: engine.network, own: await write({ lines: ["hello"], seed: 3, hand: fit.hand }),
    again: await write({ lines: ["hello"], seed: 3 }),
    "given up": await long,
    kind: await write({ lines: ["漢"] }).catch((error) => error.kind),
  };
}"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def log_message(self, *_):
        pass
