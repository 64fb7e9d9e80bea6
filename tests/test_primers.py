"""The line that writing goes on from is one behind which the window stands at the end of its text."""

import numpy as np
import pytest

from writemate_jax import config as configuration
from writemate_jax.data import corpus as corpora
from writemate_jax.sampling.writer import embedded
from writemate_jax.training import primers
from writemate_jax.training.models import load_model


@pytest.fixture(scope="module")
def model():
    return load_model(embedded())


@pytest.fixture(scope="module")
def lines():
    """Six lines of a held-out writer: ink and texts."""
    corpus = corpora.load(configuration.corpus_path(configuration.default()))
    own = [i for i in corpus.select(["validation"]) if corpus.writer(i) == "kai/jspark" and corpus.lengths[i] < 250][:6]
    return [corpus.strokes(i) for i in own], [corpus.text(i) for i in own]


def test_the_window_ends_with_the_text_and_not_with_one_of_another_length(model, lines):
    rows, texts = lines
    nobody = np.asarray(model.params["styles"][0])
    assert np.abs(primers.strays(model, rows, texts, nobody)).max() <= 1
    longer = [f"{text} and so it goes on" for text in texts]
    assert primers.strays(model, rows, longer, nobody).max() < -3


def test_the_longest_line_that_the_window_keeps_up_with_is_taken(model, lines, monkeypatch):
    rows, texts = lines
    nobody = np.asarray(model.params["styles"][0])
    by_length = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    assert primers.best(model, rows, texts, nobody) == by_length[-1]
    wrong = [f"{text} and so it goes on" if i == by_length[-1] else text for i, text in enumerate(texts)]
    assert primers.best(model, rows, wrong, nobody) == by_length[-2]
    monkeypatch.setattr(primers, "LONGEST", 0)  # all are too long: the shortest
    assert primers.best(model, rows, texts, nobody) == by_length[0]
    assert primers.best(model, rows, ["ab"] * len(rows), nobody) is None
