"""The small reader: its network in NumPy and JAX, its training, and what is compared by it."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tiny
from writemate_jax.alphabet import Alphabet, UnknownCharacters
from writemate_jax.checkpoints.models import load_model
from writemate_jax.data import corpus as corpora
from writemate_jax.data.corpus import Line
from writemate_jax.evaluation import usefulness
from writemate_jax.evaluation.open_reader import main
from writemate_jax.reading import ctc, network, training
from writemate_jax.reading.batch import batch_nats
from writemate_jax.reading.reader import Reader, embedded
from writemate_jax.reading.training import Examples
from writemate_jax.sampling import candidates
from writemate_jax.sampling.candidates import best
from writemate_jax.sampling.candidates import draft as draft_of
from writemate_jax.sampling.trial import MORE_BIAS
from writemate_jax.sampling.writer import Writer
from writemate_jax.strokes import to_points

ALPHABET = Alphabet(" lot")
RNG = np.random.default_rng(0)
TEXTS = ["lot", "tool", "lolo", "o lot", "tot", "loo", "to lo", "ll"] * 4
LINES = Examples([tiny.line(text, 0.02, RNG) for text in TEXTS], TEXTS)


@pytest.mark.parametrize("distance", [1, 4])
def test_a_product_with_the_neighbours_is_a_convolution(distance):
    x, kernel = RNG.normal(size=(2, 12, 3)).astype(np.float32), RNG.normal(size=(3, 3, 5)).astype(np.float32)
    theirs = jax.lax.conv_general_dilated(
        x, kernel, (1,), [(distance, distance)], rhs_dilation=(distance,), dimension_numbers=("NWC", "WIO", "NWC")
    )
    ours = network._beside(jnp.asarray(x), distance, jnp) @ kernel.reshape(9, 5)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


PARAMS = jax.device_get(network.initial_params(jax.random.key(0), 4, width=8))


def test_what_is_behind_a_line_and_beside_it_does_not_matter():
    rows = RNG.normal(size=(3, 20, 3)).astype(np.float32)
    lengths = np.array([20, 14, 6])
    behind = np.arange(20) >= lengths[:, None]
    together = network.log_probs(PARAMS, np.where(behind[..., None], 7, rows), lengths)
    for i, length in enumerate(lengths):
        alone = network.log_probs(PARAMS, rows[i, :length])
        np.testing.assert_allclose(together[i, : length // 2], alone, atol=1e-5)


def test_numpy_and_jax_agree():
    rows, lengths = RNG.normal(size=(3, 20, 3)).astype(np.float32), np.array([20, 13, 6])
    ours = network.log_probs(PARAMS, rows, lengths)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, network.log_probs(PARAMS, rows, lengths, xp=jnp), atol=1e-5)
    np.testing.assert_allclose(np.exp(ours).sum(axis=-1), 1, atol=1e-5)


def test_nats_are_of_each_line_alone_and_of_the_text():
    reader = Reader(ALPHABET, PARAMS)
    lines = [RNG.normal(size=(length, 3)).astype(np.float32) for length in (30, 21, 4)]
    nats = reader.nats(lines, "tool")
    for line, own in zip(lines, nats, strict=True):
        padded = np.concatenate([line, np.zeros((len(line) % 2, 3), np.float32)])
        frames = network.log_probs(PARAMS, padded, np.array(len(line)))
        assert own == pytest.approx(ctc.nll(frames, ALPHABET.encode("tool")), abs=1e-4)
    assert nats[2] == np.inf  # two frames for four letters
    with pytest.raises(UnknownCharacters, match="'x'"):
        reader.nats(lines, "x")


def test_many_lines_have_the_nats_of_each_with_its_text():
    texts = ["tool", "lot", "o"]
    lines = [RNG.normal(size=(length, 3)).astype(np.float32) for length in (30, 21, 4)]
    rows, codes = np.zeros((3, 32, 3), np.float32), np.zeros((3, 6), np.int32)
    for row, own, line, text in zip(rows, codes, lines, texts, strict=True):
        row[: len(line)], own[: len(text)] = line, ALPHABET.encode(text)
    together = batch_nats(PARAMS, rows, np.array([30, 21, 4]), codes)
    alone = [Reader(ALPHABET, PARAMS).nats([line], text)[0] for line, text in zip(lines, texts, strict=True)]
    np.testing.assert_allclose(together, alone, rtol=1e-4)


def test_a_file_holds_the_reader(tmp_path):
    Reader(ALPHABET, PARAMS).save(tmp_path / "reader.npz")
    again = Reader.load(tmp_path / "reader.npz")
    assert again.alphabet == ALPHABET
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6), again.params, PARAMS)


def test_a_line_is_learned_from_if_it_has_frames_for_its_text():
    rows = np.zeros((8, 3), np.float32)
    assert training.fits(rows, "abab") and not training.fits(rows, "ababa")
    assert not training.fits(rows, "aabb")  # equal neighbours need a blank between them
    assert not training.fits(np.zeros((training.CAPACITIES[-1] + 1, 3)), "ab")


def test_augmentation_is_a_linear_map_of_the_points_about_the_origin():
    line = tiny.line("tool", 0.02, RNG)
    moved = training.augmented(line, np.random.default_rng(1))
    assert (moved[:, 2] == line[:, 2]).all()
    across, *_ = np.linalg.lstsq(to_points(line), to_points(moved), rcond=None)
    np.testing.assert_allclose(to_points(line) @ across, to_points(moved), atol=1e-4)
    assert across[0, 1] == pytest.approx(0, abs=1e-4) and across[1, 1] > 0  # the baseline stays level


def test_every_line_is_visited_once_a_round():
    lines = [np.zeros((length, 3)) for length in RNG.integers(2, 448, 300)]
    visited, round_ = [], training._batches(lines, 0)
    while len(visited) < 600:
        batch = next(round_)
        assert len({training._capacity(lines[i]) for i in batch}) == 1
        visited += batch
    assert sorted(visited[:300]) == sorted(visited[300:]) == list(range(300))


def test_it_learns_and_goes_on_bit_for_bit(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "SAVE_EVERY", 5)
    path, losses = tmp_path / "reader.msgpack", []

    def watch(step, loss):
        losses.append(loss)
        if step == 8 and len(losses) == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.learned(path, LINES, ALPHABET, 40, 0, watch)
    assert path.exists()
    reader, loss = training.learned(path, LINES, ALPHABET, 40, 0, watch)
    assert len(losses) == 8 + 35  # from step 5 on
    straight, same = training.learned(tmp_path / "other.msgpack", LINES, ALPHABET, 40, 0)
    assert loss == same == training.learned(path, LINES, ALPHABET, 40, 0)[1]  # at its end, too
    for steps, seed, message in ((20, 0, "steps 40 there, 20 here"), (40, 1, "seed 0 there, 1 here")):
        with pytest.raises(ValueError, match=f"reader.msgpack is of another training: {message}"):
            training.learned(path, LINES, ALPHABET, steps, seed)
    other = LINES._replace(texts=LINES.texts[::-1])
    with pytest.raises(ValueError, match="is of another training: lines '"):
        training.learned(path, other, ALPHABET, 40, 0)
    (tmp_path / "broken.msgpack").write_bytes(path.read_bytes()[:99])
    with pytest.raises(ValueError, match="broken.msgpack is no training"):
        training.learned(tmp_path / "broken.msgpack", LINES, ALPHABET, 40, 0)
    for ours, theirs in zip(jax.tree.leaves(reader.params), jax.tree.leaves(straight.params), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert np.mean(losses[-5:]) < 0.7 * losses[0]
    outcome = usefulness.tested(reader, 0.0, 8, LINES)
    assert len(outcome.read) == len(TEXTS) and outcome.interval.low <= outcome.cer <= outcome.interval.high


def test_the_readers_command_learns_and_its_file_reads(tmp_path, capsys):
    lines = [
        Line(line, text, "a", split, f"{split}{i}")
        for split, count in (("train", 8), ("validation", 3))
        for i, (line, text) in enumerate(zip(LINES.lines[:count], LINES.texts, strict=False))
    ]
    packed, made = tmp_path / "corpus.npz", tmp_path / "reader.npz"
    corpora.save(packed, corpora.pack(lines, quantum=1 / 64, unit="x-height", provenance={"source": "made up"}))
    command = ["--corpus", str(packed), "--out", str(made)]
    assert main([*command, "--steps", "0"]) == 2 and "--steps 0" in capsys.readouterr().err
    assert main([*command, "--steps", "2"]) == 0 and "8 lines, 2 steps" in capsys.readouterr().out
    assert len(Reader.load(made).read([LINES.lines[0]])) == 1


# The reader that comes with the package


@pytest.fixture(scope="module")
def lines() -> Examples:
    """Real lines of writers that it has not seen."""
    corpus = corpora.load()
    return usefulness.chosen(corpus, ("validation",), 48, 3, conventions=False)


def test_the_embedded_reader_reads_real_lines(lines):
    outcome = usefulness.tested(embedded(), 0.0, 0, lines)
    assert outcome.cer < 0.25  # 14% of 400 lines


def test_what_a_line_says_is_likelier_than_what_another_does(lines):
    likelier = 0
    for line, text, other in zip(lines.lines, lines.texts, lines.texts[1:] + lines.texts[:1], strict=True):
        likelier += embedded().nats([line], text)[0] < embedded().nats([line], other)[0]
    assert likelier >= 46


def drafts_of(writer, lines):
    """Lines without a primer, written."""
    return writer._drafts(list(zip(lines, writer.led(lines), strict=True)), False)


def test_a_writer_keeps_the_candidate_that_is_read_best_among_the_usual_ones():
    writer = Writer.load(lanes=8)
    [(line, count)] = writer.lines(["hotel minimum"], None, 5, None, 4)
    tries = writer.trial(line, count)
    drafts = drafts_of(writer, next(tries))
    with pytest.raises(StopIteration) as end:
        tries.send(drafts)
    nats = embedded().nats([draft.points * [*writer.model.std, 1] for draft in drafts], line.text)
    known = [draft_of(d.complete, d.place, d.points[:, 2], len(line.text)) for d in drafts]
    kept = best(known, line.text, None, nats)
    np.testing.assert_array_equal(end.value.value.points, drafts[kept].points)
    assert writer.write([line.text], seed=5, candidates=4)[0].strokes.tobytes() == (
        writer.finished(line, drafts[kept]).strokes.tobytes()
    )


def test_a_draft_of_which_nothing_is_left_says_nothing():
    writer = Writer.load(lanes=4)
    [(line, count)] = writer.lines(["a hotel minimum"], None, 5, None, 2)
    tries = writer.trial(line, count)
    whole, _ = drafts_of(writer, next(tries))
    empty = whole._replace(points=whole.points[:0], place=whole.place[:0])
    with pytest.raises(StopIteration) as end:
        tries.send([empty, whole])
    np.testing.assert_array_equal(end.value.value.points, whole.points)


@pytest.mark.parametrize("own", [True, False])
def test_what_is_not_read_is_written_again_and_neater_in_an_own_hand_alone(own, monkeypatch):
    writer = Writer.load(lanes=4)
    primer = writer.primer(None)._replace(own=own)
    [(line, _)] = writer.lines(["a hotel minimum"], None, 5, None, 2, primer)
    tries = writer.trial(line, 2)
    first = next(tries)
    drafts = drafts_of(writer, first)
    monkeypatch.setattr(candidates, "TAKEN", -1.0)  # nothing is
    if own:
        again = tries.send(drafts)
        assert [one.bias for one in again] == [line.bias + MORE_BIAS] * 2
        assert not {one.seed for one in again} & {one.seed for one in first}
        drafts += drafts_of(writer, again)
    with pytest.raises(StopIteration) as end:
        tries.send(drafts[-2:])
    assert any(end.value.value.points.tobytes() == draft.points.tobytes() for draft in drafts)


def test_only_ink_of_its_own_kind_is_read():
    model = load_model()
    for change in ({"unit": "IAM-OnDB raw unit"}, {"alphabet": Alphabet(model.alphabet.characters + "é")}):
        assert Writer(dataclasses.replace(model, **change), lanes=1).reader is None
    assert Writer(model, lanes=1).reader is embedded()
