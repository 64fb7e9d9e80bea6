"""The line that writing goes on from is one behind which the window stands at the end of its text."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tiny
from writemate_jax.checkpoints.models import load_model
from writemate_jax.data import corpus as corpora
from writemate_jax.data.own_ink import PRIMER_CHARACTERS, UnfitInk, like_the_corpus
from writemate_jax.data.own_ink import primer as shortened
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.hands import adapt, primers, styles
from writemate_jax.limits import MAX_CHARACTERS
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.sampling.writer import Writer


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.fixture(scope="module")
def lines():
    """Six lines of a held-out writer: ink and texts."""
    corpus = corpora.load()
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


# Fit to go on from: short ones, and one that is cut at a gap. Not: no gap to cut at, few letters, more than a text has.
FIT = ("lot tool to", "lototo tolot otolot totolo ototol tolotolo")
UNFIT = ("tolo" * 12, "lo", "lot tool to " * 11 + "lot")
RNG = np.random.default_rng(0)
INK = {text: like_the_corpus(tiny.line(text, 0.01, RNG), text) for text in FIT + UNFIT}


@given(st.lists(st.sampled_from(FIT + UNFIT), min_size=1, max_size=4))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_style_is_kept_with_a_line_that_can_be_gone_on_from_or_with_none(model, tmp_path, monkeypatch, texts):
    assert len(FIT[1]) > PRIMER_CHARACTERS and len(UNFIT[2]) > MAX_CHARACTERS
    # As if the window kept up with all ink: what is left to choose by is whether the line is of use.
    monkeypatch.setattr(primers, "strays", lambda model, rows, *_: np.zeros(len(rows)))
    vector = np.asarray(model.params["styles"][1])
    style = adapt.with_ink(model, styles.Style(vector, 1, 1, 0.0, 0.0), [INK[text] for text in texts], texts)
    styles.save_style(tmp_path, style)
    primer = Writer(model, lanes=2).primer(tmp_path)
    assert (primer.length > 0) == (style.primer is not None) == any(text in FIT for text in texts)
    if style.primer is not None:
        assert style.primer.text in FIT and style.primer.text.endswith(primer.prefix.strip())


def test_a_line_of_no_use_in_an_older_style_is_named(model, tmp_path):
    vector = np.asarray(model.params["styles"][1])
    styles.save_style(tmp_path, styles.Style(vector, 1, 1, 0.0, 0.0, primer=Ink(INK[UNFIT[0]], UNFIT[0])))
    with pytest.raises(UnfitInk):
        shortened(INK[UNFIT[0]], UNFIT[0])
    with pytest.raises(InvalidRequest, match="no sure gap.* make the style again with train.py adapt"):
        Writer(model, lanes=2).primer(tmp_path)
