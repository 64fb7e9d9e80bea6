"""Styles: vectors for writers, what they do to the network, and runs that begin with trained weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import traverse_util

import tiny
from writemate_jax import config as configuration
from writemate_jax.alphabet import Alphabet
from writemate_jax.checkpoints.models import export_model, load_model
from writemate_jax.config import ConfigurationError
from writemate_jax.data import corpus as corpora
from writemate_jax.data.batches import Batches
from writemate_jax.data.corpus import Line
from writemate_jax.evaluation import style_legibility
from writemate_jax.hands import named_styles
from writemate_jax.model.networks import Network, text_batch
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.sampling.writer import Writer
from writemate_jax.training import loop
from writemate_jax.training.augmentation import augment
from writemate_jax.training.lines import prepare
from writemate_jax.training.starting import trained as trained_weights

B, T, V = 3, 6, 4
HANDS = np.array([0, 2, 1])


def make(**changes):
    network = Network(layers=2, cells=8, mixtures=2, window=True, components=2, alphabet_size=V, **changes)
    x = np.random.default_rng(0).normal(size=(B, T, 3)).astype(np.float32)
    text = text_batch([np.array([1, 2]), np.array([3]), np.array([4, 1, 2])], 4)
    return network, network.init(jax.random.key(0), x, text, HANDS)["params"], x, text


def with_kernels(params):
    shape = params["style_kernels"].shape
    return {**params, "style_kernels": jax.random.normal(jax.random.key(1), shape)}


def test_the_unrolled_call_is_the_step_with_the_styles_gates_in_value_and_gradient():
    network, params, x, text = make(styles=3, style_size=5)
    params = with_kernels(params)

    def looped(p):
        style = network.apply({"params": p}, HANDS, method="style")
        gates = network.apply({"params": p}, style, method="style_gates")
        step = jax.jit(lambda p, carry, x, gates: network.apply({"params": p}, carry, x, text, gates, method="step"))
        carry, ys = network.initial_carry(B, 4), []
        for t in range(T):
            carry, y = step(p, carry, x[:, t], gates)
            ys.append(y)
        return jnp.stack(ys, axis=1)

    def unrolled(p):
        return network.apply({"params": p}, x, text, HANDS)

    unrolled = jax.jit(unrolled)
    np.testing.assert_allclose(unrolled(params), looped(params), atol=2e-6)
    ours, theirs = (jax.grad(lambda p, f=f: jnp.square(f(p)).sum())(params) for f in (unrolled, looped))
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * float(jnp.abs(b).max()))
    assert np.abs(ours["styles"]).sum(axis=1).all()  # each hand of the batch is learned


def test_fresh_styles_change_nothing_and_learned_ones_only_their_own_lines():
    network, params, x, text = make(styles=3, style_size=5)
    plain = Network(layers=2, cells=8, mixtures=2, window=True, components=2, alphabet_size=V)
    bare = {k: v for k, v in params.items() if not k.startswith("style")}
    np.testing.assert_array_equal(
        network.apply({"params": params}, x, text, HANDS), plain.apply({"params": bare}, x, text)
    )
    learned = with_kernels(params)
    before = network.apply({"params": learned}, x, text, HANDS)
    moved = {**learned, "styles": learned["styles"].at[2].add(1.0)}
    changed = np.abs(network.apply({"params": moved}, x, text, HANDS) - before).max(axis=(1, 2)) > 0
    np.testing.assert_array_equal(changed, HANDS == 2)


def test_lines_carry_their_writers_place_and_a_share_of_them_forgets_it():
    corpus = tiny.corpus()
    batches = Batches(corpus, np.arange(len(corpus)), Alphabet("lot"), np.zeros(2), np.ones(2), buckets=1,
                      batch_size=28, writers=("a",))  # fmt: skip
    [batch] = batches.ordered()
    np.testing.assert_array_equal(batch.hands, [int(corpus.writer(i) == "a") for i in batch.ids])
    data = configuration.default().data
    for share in (0.0, 0.5, 1.0):
        data.unknown_hands = share
        hands = np.asarray(augment(jax.random.key(3), batch, data, np.zeros(2), np.ones(2)).hands)
        known = batch.hands == 1
        assert not hands[~known].any()
        assert {0.0: hands[known].all(), 0.5: 0 < hands[known].mean() < 1, 1.0: not hands.any()}[share]
        order = np.random.default_rng(0).permutation(28)
        moved = ("ids", "hands", "inputs", "targets")
        reordered = batch._replace(**{name: getattr(batch, name)[order] for name in moved})
        permuted = augment(jax.random.key(3), reordered, data, np.zeros(2), np.ones(2))
        np.testing.assert_array_equal(permuted.hands, hands[order])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A short run without styles, and one with them that begins where it ended."""
    folder = tmp_path_factory.mktemp("styles")
    config = tiny.config(folder)
    config.model.style_size = 0
    config.training.steps = 6
    first = loop.run(config, folder / "first")
    config = tiny.config(folder)
    config.weights_from = str(folder / "first")
    config.model.style_size = 4
    config.training.steps = 6
    loop.run(config, folder / "second")
    return config, first, folder


def test_a_run_begins_with_the_weights_that_it_was_given(trained):
    config, _, folder = trained
    config = config.copy_and_resolve_references()
    config.training.steps = 1
    config.training.evaluate_every = config.training.save_every = 1
    config.optimizer.learning_rate = 0.0
    state = loop.run(config, folder / "third")
    given = load_model(folder / "first").params
    for name, weights in given.items():
        for a, b in zip(jax.tree.leaves(state.params[name]), jax.tree.leaves(weights), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-7)
    assert set(state.params) - set(given) == {"styles", "style_kernels"}


def test_weights_of_another_shape_are_refused(trained):
    config, _, folder = trained
    config = config.copy_and_resolve_references()
    config.model.cells = 8
    with pytest.raises(ValueError, match="have the shape"):
        loop.run(config, folder / "fourth")


def test_weights_that_would_mean_something_else_are_refused(trained):
    config, _, folder = trained
    config = config.copy_and_resolve_references()
    config.model.kappa_scale *= 2
    with pytest.raises(ConfigurationError, match="config.model.kappa_scale .*mean something else; use theirs"):
        loop.run(config, folder / "fifth")
    config = trained[0].copy_and_resolve_references()
    config.weights_from, config.corpus = str(folder / "second"), str(folder / "others.npz")
    lines = [Line(tiny.line("lot", 0.01, np.random.default_rng(i)), "lot", writer, split, f"{writer}{i}")
             for writer, split in (("c", "train"), ("b", "validation")) for i in range(8)]  # fmt: skip
    corpora.save(config.corpus, corpora.pack(lines, quantum=1 / 128, unit="x-height", provenance={}))
    with pytest.raises(ConfigurationError, match="knows the hands of other writers .1, the first a. than .*first c"):
        loop.run(config, folder / "sixth")


def test_a_writer_of_lines_that_are_all_left_out_has_no_style(tmp_path):
    config, random = tiny.config(tmp_path), np.random.default_rng(0)
    config.model.style_size, config.data.unknown_hands, config.data.rests = 4, 0.2, True
    lines = [Line(tiny.line(text, 0.01, random), text, writer, split, f"{writer}{i}")
             for writer, split, text in (("a", "train", "lot"), ("b", "validation", "lot"), ("long", "train", "to" * 9))
             for i in range(8)]  # fmt: skip
    corpus = corpora.pack(lines, quantum=1 / 128, unit="x-height", provenance={})
    whole, *_ = prepare(config, corpus)
    config.data.max_points = len(lines[-1].strokes)  # less than with its rests
    description, training, _ = prepare(config, corpus)
    assert (whole.writers, description.writers) == (("a", "long"), ("a",))
    assert (training.lines, training.skipped) == (8, 8)
    # And a run that begins with weights of both has the hand of the one.
    params = {name: np.zeros(shape) for name, shape in whole.network().shapes().items()}
    params["styles"] = np.arange(12, dtype=np.float32).reshape(3, 4)
    export_model(tmp_path / "model", whole, traverse_util.unflatten_dict(params, sep="/"))
    found = trained_weights(str(tmp_path / "model"), description)
    np.testing.assert_array_equal(found["styles"], params["styles"][:2])


def test_a_writer_writes_in_the_styles_of_its_writers(trained):
    _, _, folder = trained
    scribe = Writer.load(folder / "second")
    assert scribe.model.writers == ("a",)
    table = scribe.model.params["styles"]
    params = {**scribe.model.params, "style_kernels": 3 * np.random.default_rng(0).normal(
        size=scribe.model.params["style_kernels"].shape).astype(np.float32)}  # fmt: skip
    scribe = Writer(type(scribe.model)(**{**vars(scribe.model), "params": params}))
    ink = {
        name: scribe.write(["lot"], seed=3, style=style)[0].strokes
        for name, style in {"a": "a", "random": "random", "default": None, "unknown": "unknown", "vector": table[1],
                            "vectors": table[[1]]}.items()
    }  # fmt: skip
    for name in ("random", "default", "vector", "vectors"):
        np.testing.assert_array_equal(ink[name], ink["a"])
    assert ink["unknown"].shape != ink["a"].shape or not np.allclose(ink["unknown"], ink["a"])
    with pytest.raises(InvalidRequest, match="'b'"):
        scribe.write(["lot"], style="b")
    with pytest.raises(InvalidRequest, match="shape"):
        scribe.write(["lot"], style=np.zeros(3))
    with pytest.raises(InvalidRequest, match="knows no styles"):
        Writer.load(folder / "first").write(["lot"], style="a")


def test_a_folder_of_a_reserved_name_is_not_taken_for_a_style(trained, tmp_path, monkeypatch):
    scribe = Writer.load(trained[2] / "second")
    monkeypatch.chdir(tmp_path)
    for name in named_styles.RESERVED:
        expected = scribe.styles(name, [1, 2])
        (tmp_path / name).mkdir()
        np.testing.assert_array_equal(scribe.styles(name, [1, 2]), expected)


def test_the_best_of_several_is_one_of_them_and_the_same_in_any_batch(trained):
    _, _, folder = trained
    scribe = Writer.load(folder / "second")
    several = scribe.write(["lot", "tool"], seed=[5, 6], candidates=3)
    alone = scribe.write(["tool"], seed=6, candidates=3)[0]
    np.testing.assert_array_equal(alone.strokes, several[1].strokes)
    assert (alone.seed, alone.bias) == (6, several[0].bias)
    with pytest.raises(InvalidRequest, match="candidates is 0"):
        scribe.write(["lot"], candidates=0)


def test_styles_are_ordered_by_how_they_are_read(trained, monkeypatch):
    class Blind:
        """Reads nothing."""

        def read(self, line):
            return type("Reading", (), {"text": lambda self: ""})()

    monkeypatch.setattr(style_legibility, "TEXTS", ("lot", "tool"))
    [record] = style_legibility.read_styles(Writer.load(trained[2] / "second"), Blind())
    assert (record.writer, record.cer) == ("a", 1.0)
