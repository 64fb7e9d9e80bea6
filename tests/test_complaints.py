"""What users of handwriting synthesis complain about, on the prompts that show it, written by the embedded network.

No recogniser is needed: the window and the ink itself tell.
"""

from functools import cache

import numpy as np
import pytest

from writemate_jax import strokes
from writemate_jax.evaluation.alignment import follow
from writemate_jax.sampling.candidates import MOST
from writemate_jax.sampling.stray_ticks import starts_with_tick
from writemate_jax.sampling.writer import Writer

NARROW = ("all", "Hi", "I will", "half a mil", "we said fi", "to Tell", "I")  # the last letter is thin, soon cut off
STOPPED = ("It rained.", "Really?", "Stop!", "i", "j", "(see page 4)")  # ink after the last lift of a letter
REPEATED = ("333-333-3333", "BREAKING NEWS", "AAAA BBBB", "hmmmmm", "mississippi", "10000000")
WORDS = ("the cat and the dog and the bird", "Quiz vex Jazz XX QQ zz", "one two three four five six seven eight")
SEEDS = (0, 1, 2)
JUNK = 12  # points past the last character; what ends its last stroke there is at most half as many
GAP = 2.5  # x-heights: junk stands apart, at the right of the text


@cache
def written(bias=None):
    texts = NARROW + STOPPED + REPEATED + WORDS
    lines = [(text, seed) for text in texts for seed in SEEDS]
    return Writer.load().write([t for t, _ in lines], bias, [s for _, s in lines], attention=True)


def points_of(line):
    """How many points were drawn on each character, and past them."""
    return np.bincount(line.phi[:, : len(line.text) + 1].argmax(axis=1), minlength=len(line.text) + 1)


def test_every_line_ends_by_itself():
    assert all(line.complete for line in written())


def test_no_garbage_after_the_end():
    for line in written():
        assert points_of(line)[-1] <= JUNK, line.text
        ink = strokes.split(line.strokes)
        if len(ink) > 1:
            before = max(stroke[:, 0].max() for stroke in ink[:-1])
            assert ink[-1][:, 0].min() - before < GAP, line.text


def test_the_last_letter_is_whole():
    for line in written():
        own = points_of(line)
        assert own[-2:].sum() >= (2 if line.text[-1] in ".!?" else 3), line.text
        assert line.strokes[-1, 2] == 1


def test_no_stray_tick_before_the_first_letter():
    assert not [line.text for line in written() if starts_with_tick(line.strokes, line.text)]


def test_no_word_is_skipped_and_none_repeated():
    for line in written():
        record = follow(line)
        assert not record.skipped, line.text
        assert record.in_order == len(line.text) - record.skipped_spaces, line.text


@pytest.mark.parametrize("bias", [3.0, 8.0])
def test_no_loops_at_a_high_bias(bias):
    for line in written(bias):
        assert line.complete, line.text
        assert points_of(line).max() <= MOST, line.text
        assert np.isfinite(line.strokes).all()
