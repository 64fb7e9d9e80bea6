"""Checkpoints: what is saved comes back, whole or not at all."""

import shutil
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny
from writemate_jax.alphabet import Alphabet
from writemate_jax.checkpoints.models import (
    CheckpointNotFound,
    Description,
    Model,
    digest,
    export_model,
    load_model,
    workdir_of,
)
from writemate_jax.checkpoints.orbax_checkpoints import Checkpoints
from writemate_jax.config import ConfigurationError
from writemate_jax.model.networks import text_batch
from writemate_jax.training import export


@pytest.fixture(scope="module")
def description(tmp_path_factory):
    config = tiny.config(tmp_path_factory.mktemp("corpus"))
    mean, std = np.zeros(2, np.float32), np.array([0.5, 0.25], np.float32)
    return Description(config, Alphabet("lot"), mean, std, "x-height", ())


@pytest.fixture(scope="module")
def params(description):
    x, text = jnp.zeros((1, 1, 3)), text_batch([np.array([1])], 2)
    return description.network().init(jax.random.key(0), x, text)["params"]


def assert_same(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_an_exported_model_is_loaded_as_it_was_and_names_no_place(description, params, tmp_path):
    folder = tmp_path / "deep" / "model"
    export_model(folder, description, params)
    model = load_model(folder)
    assert_same(model.params, params)
    assert model.config.to_dict() == description.config.to_dict()
    assert (model.alphabet, model.unit, model.writers) == (description.alphabet, "x-height", ())
    np.testing.assert_array_equal(model.std, description.std)
    assert not [f for f in folder.rglob("*") if f.is_file() and str(tmp_path / "deep").encode() in f.read_bytes()]
    assert [p.name for p in folder.parent.iterdir()] == ["model"]
    with pytest.raises(FileExistsError, match="exists"):
        export_model(folder, description, params)
    assert_same(load_model(folder).params, params)


@pytest.mark.parametrize("file", ["params.npz", "description.json"])
@pytest.mark.parametrize("kept", [0, 0.5, 0.98])
def test_a_damaged_model_is_said_to_be_one(description, params, tmp_path, file, kept):
    export_model(tmp_path / "model", description, params)
    whole = (tmp_path / "model" / file).read_bytes()
    (tmp_path / "model" / file).write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(CheckpointNotFound, match="is no whole checkpoint"):
        load_model(tmp_path / "model")


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_a_changed_byte_of_a_model_is_noticed_or_harmless(description, params, tmp_path_factory, place, change):
    folder = tmp_path_factory.mktemp("changed") / "model"
    export_model(folder, description, params)
    archive = folder / "params.npz"
    data = bytearray(archive.read_bytes())
    data[int(place * len(data))] ^= change
    archive.write_bytes(data)
    try:
        again = load_model(folder)
    except CheckpointNotFound:
        return
    assert_same(again.params, params)


@pytest.mark.parametrize(("field", "value"), [(8, 1), (10, 99)])
def test_an_archive_that_says_it_is_encrypted_or_packed_otherwise_is_damaged(
    description, params, tmp_path, field, value
):
    export_model(tmp_path / "model", description, params)
    archive = tmp_path / "model" / "params.npz"
    data = bytearray(archive.read_bytes())
    directory = data.index(b"PK\x01\x02")
    data[directory + field] ^= value
    archive.write_bytes(data)
    with pytest.raises(CheckpointNotFound, match="is no whole checkpoint"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize(("field", "value"), [
    ("cells", 8), ("mixtures", 3), ("layers", 3), ("window", False), ("components", 5), ("peepholes", False),
    ("style_size", 0), ("style_size", 16),
])  # fmt: skip
def test_weights_of_another_network_than_is_described_are_said_to_be(description, params, tmp_path, field, value):
    config = description.config.copy_and_resolve_references()
    config.model[field] = value
    export_model(tmp_path / "model", Description(**{**vars(description), "config": config}), params)
    with pytest.raises(CheckpointNotFound, match="its weights .* are .*; its description says"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize("changes", [{"alphabet": Alphabet("lo")}, {"writers": ("a",)}])
def test_weights_for_another_alphabet_or_other_writers_are_said_to_be(description, params, tmp_path, changes):
    export_model(tmp_path / "model", Description(**{**vars(description), **changes}), params)
    with pytest.raises(CheckpointNotFound, match="its weights .* are .*; its description says"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize(("folder", "run"), [
    ("run", "run"), ("run/best", "run"), ("run/last/12", "run"), ("gone/best/7", "gone"), ("gone/12", "gone/12"),
    ("best/last/3", "best"),
])  # fmt: skip
def test_the_work_directory_of_a_checkpoint_is_known(tmp_path, folder, run):
    for kind in ("run/last/12", "run/best/8"):
        (tmp_path / kind).mkdir(parents=True)
    assert workdir_of(tmp_path / folder) == tmp_path / run


def test_a_digest_tells_any_change_of_weights_and_nothing_else():
    weights = {"a": {"x": np.ones(3, np.float32), "y": np.zeros((2, 2), np.float32)}, "b": np.ones(2, np.float32)}
    same = {"b": jnp.ones(2), "a": {"y": jnp.zeros((2, 2)), "x": jnp.ones(3)}}
    assert digest(weights) == digest(same)
    others = [
        {**weights, "b": np.array([1, 1 + 1e-6], np.float32)},
        {**weights, "b": np.ones((2, 1), np.float32)},
        {"a": weights["a"], "c": weights["b"]},
        {"a": {"x": np.zeros(3, np.float32), "y": np.ones((2, 2), np.float32)}, "b": weights["b"]},
    ]
    assert len({digest(w) for w in [weights, *others]}) == 5


def test_a_shipped_model_is_loaded_without_the_libraries_of_training():
    code = (
        "import sys; from writemate_jax.sampling.writer import Writer; Writer.load();"
        "assert not {'orbax', 'optax', 'tensorstore', 'tqdm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)


def test_best_keeps_the_lowest_loss_and_last_the_newest_two(description, params, tmp_path):
    state = {"average": params, "step": jnp.int32(0)}
    with Checkpoints(tmp_path, description) as checkpoints:
        assert checkpoints.restore(state) is None
        for step, loss in ((1, 5.0), (2, 3.0), (3, 4.0)):
            scaled = jax.tree.map(lambda x, step=step: x * step, params)
            checkpoints.save(step, {"average": scaled, "step": jnp.int32(step)})
            assert checkpoints.save_if_best(step, scaled, loss) == (step < 3)
    assert sorted(p.name for p in (tmp_path / "last").iterdir() if p.name.isdigit()) == ["2", "3"]
    assert_same(load_model(tmp_path).params, jax.tree.map(lambda x: x * 2, params))
    assert_same(load_model(tmp_path / "last").params, jax.tree.map(lambda x: x * 3, params))
    assert_same(load_model(tmp_path / "last" / "2").params, jax.tree.map(lambda x: x * 2, params))
    with Checkpoints(tmp_path, description) as checkpoints:
        restored = checkpoints.restore(state)
        assert restored["step"] == 3
        assert_same(restored["average"], jax.tree.map(lambda x: x * 3, params))


@pytest.mark.parametrize("file", ["state/manifest.ocdbt", "description/metadata"])
def test_a_damaged_newest_state_is_named_and_the_one_before_it_goes_on(description, params, tmp_path, file):
    state = {"average": params, "step": jnp.int32(0)}
    with Checkpoints(tmp_path, description) as checkpoints:
        for step in (1, 2):
            checkpoints.save(step, {"average": params, "step": jnp.int32(step)})
    newest = tmp_path / "last" / "2"
    (newest / file).write_bytes(b"")
    with (
        Checkpoints(tmp_path, description) as checkpoints,
        pytest.raises(CheckpointNotFound, match=f"{newest} is no whole checkpoint.*move that folder"),
    ):
        checkpoints.restore(state)
    shutil.rmtree(newest)
    half = tmp_path / "last" / "3.orbax-checkpoint-tmp"
    half.mkdir()  # as a run that was killed while it wrote leaves
    with Checkpoints(tmp_path, description) as checkpoints:
        assert checkpoints.restore(state)["step"] == 1
    assert not half.exists()


def test_a_whole_state_of_another_structure_is_not_called_damaged(description, params, tmp_path):
    state = {"average": params, "optimizer": (jnp.zeros(2),)}
    with Checkpoints(tmp_path, description) as checkpoints:
        checkpoints.save(1, state)
    newer = {**state, "optimizer": (jnp.zeros(2), jnp.zeros(3))}  # as another version of Optax may have it
    with (
        Checkpoints(tmp_path, description) as checkpoints,
        pytest.raises(CheckpointNotFound, match=rf"last/1 is whole, but(.|\n)*--config.weights_from={tmp_path}/last/1"),
    ):
        checkpoints.restore(newer)


def test_another_corpus_of_the_same_statistics_is_told(description, params, tmp_path):
    state = {"average": params}
    with Checkpoints(tmp_path, description, corpus_checksum=1) as checkpoints:
        checkpoints.save(1, state)
    with (
        Checkpoints(tmp_path, description, corpus_checksum=2) as checkpoints,
        pytest.raises(ConfigurationError, match="another corpus_checksum: 1 there, 2 here; .*its own.* corpus"),
    ):
        checkpoints.restore(state)
    with Checkpoints(tmp_path, description, corpus_checksum=1) as checkpoints:
        assert checkpoints.restore(state) is not None


def test_a_run_that_comes_by_again_before_its_best_may_find_a_better_one(description, params, tmp_path):
    with Checkpoints(tmp_path, description) as checkpoints:
        assert checkpoints.save_if_best(8, params, 5.0)
    with Checkpoints(tmp_path, description) as checkpoints:
        assert not checkpoints.save_if_best(8, params, 4.9)  # as other hardware may have it: what is there stays
        assert checkpoints.save_if_best(6, jax.tree.map(lambda x: x * 2, params), 4.5)
        assert not checkpoints.save_if_best(8, params, 4.7)
    assert_same(load_model(tmp_path).params, jax.tree.map(lambda x: x * 2, params))
    assert [p.name for p in (tmp_path / "best").iterdir() if p.name.isdigit()] == ["6"]


def test_the_best_of_another_run_is_not_taken_for_this_ones(description, params, tmp_path):
    state = {"average": params, "step": jnp.int32(0)}
    with Checkpoints(tmp_path, description) as checkpoints:  # killed before its first state was saved
        assert checkpoints.save_if_best(8, params, 5.0)
    with Checkpoints(tmp_path, description) as checkpoints:
        assert checkpoints.restore(state) is None  # the same run, from the beginning
    config = description.config.copy_and_resolve_references()
    config.optimizer.learning_rate = 0.5
    other = Description(**{**vars(description), "config": config})
    with (
        Checkpoints(tmp_path, other) as checkpoints,
        pytest.raises(ConfigurationError, match="another config.optimizer.learning_rate.*choose a new --workdir"),
    ):
        checkpoints.restore(state)


def test_folders_without_a_checkpoint_are_named(tmp_path):
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(CheckpointNotFound, match=str(folder)):
            load_model(folder)


def test_the_export_command(description, params, tmp_path, capsys):
    export_model(tmp_path / "run", description, params)
    arguments = ["--workdir", str(tmp_path / "run"), "--out", str(tmp_path / "out")]
    assert export.main(arguments) == 0
    assert_same(load_model(tmp_path / "out").params, params)
    assert export.main(arguments) == 2
    assert export.main(["--workdir", str(tmp_path), "--out", str(tmp_path / "other")]) == 2
    assert "exists" in (error := capsys.readouterr().err) and "holds no checkpoint" in error


def test_an_export_settles_how_the_network_writes_where_nothing_is_asked_for(description, params, tmp_path):
    model = Model(**{**vars(description), "writers": ("a", "b")}, params=params)
    changed = export.with_defaults(model, bias=1.0, candidates=4, styles=("b",))
    sampling = changed.config.sampling
    assert (sampling.bias, sampling.candidates, sampling.styles) == (1.0, 4, ("b",))
    unchanged = export.with_defaults(model, bias=None, candidates=None, styles=None)
    assert unchanged.config.to_dict() == model.config.to_dict()
    with pytest.raises(ValueError, match="'c'"):
        export.with_defaults(model, styles=("a", "c"))
    for wrong in ({"bias": -1.0}, {"bias": float("nan")}, {"candidates": 0}, {"candidates": 100}, {"reach": -1.0},
                  {"styles": [[1]]}, {"styles": {"a": 1}}):  # fmt: skip
        with pytest.raises(ValueError, match=f"{next(iter(wrong))}.*expected"):
            export.with_defaults(model, **wrong)
    styles = np.zeros((3, description.config.model.style_size), np.float32)
    export_model(tmp_path / "model", changed, {**params, "styles": styles})
    assert load_model(tmp_path / "model").config.sampling.styles == ("b",)
