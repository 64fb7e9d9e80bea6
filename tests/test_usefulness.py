"""evaluate.py dataset: what it trains on, and where it keeps that. How a reader learns is in test_reading.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

import evaluate
from writemate_jax.checkpoints import models
from writemate_jax.evaluation import usefulness
from writemate_jax.evaluation.bootstrap import Interval
from writemate_jax.reading import training


@pytest.fixture
def done(monkeypatch) -> list[str]:
    """The places of the sets and of the recognisers, in the order in which they are made; neither is."""
    places: list[str] = []

    def written(folder, texts, model, bias, seed, progress):
        places.append(folder.name)
        return training.Examples([], texts)

    def learned(path, *_):
        places.append(path.name)
        return None, 0.0

    monkeypatch.setattr(usefulness, "written", written)
    monkeypatch.setattr(training, "learned", learned)
    monkeypatch.setattr(usefulness, "tested", lambda *_: usefulness.Outcome(3, 0.5, Interval(0.4, 0.6), 0.0, []))
    return places


def run(folder, seed: int) -> None:
    arguments = ["dataset", "--lines", "3", "--test-lines", "2", "--steps", "1", "--seed", str(seed)]
    assert evaluate.main([*arguments, "--bias", "0,1", "--bias", "0.5", "--out", str(folder)]) == 0


def test_all_sets_are_written_before_the_first_training(done, tmp_path):
    run(tmp_path, 0)
    assert [place.split("-")[0] for place in done] == ["set", "set", "real", "written", "written"]
    assert len(set(done)) == 5 and (tmp_path / "usefulness.md").exists()


def test_other_seeds_and_other_networks_have_other_sets_in_the_same_folder(done, tmp_path, monkeypatch):
    run(tmp_path, 0)
    run(tmp_path, 1)
    assert len(set(done)) == 10
    model = models.load_model()
    other = replace(model, params={**model.params, "styles": model.params["styles"] * 2})
    monkeypatch.setattr(models, "load_model", lambda _: other)
    run(tmp_path, 1)
    shared = set(done[10:]) & set(done[:10])
    assert [place.split("-")[0] for place in shared] == ["real"]
