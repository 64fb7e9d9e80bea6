"""Copied hands before a recogniser of hands."""

import dataclasses
import json

import jax
import numpy as np
import pytest

import tiny
from writemate_jax import strokes
from writemate_jax.checkpoints.models import Model
from writemate_jax.data import corpus as corpora
from writemate_jax.data import own_ink
from writemate_jax.data.corpus import Line
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.evaluation import imitation, imitation_report, legibility, writer_recogniser
from writemate_jax.evaluation.held_out import FEWEST, HeldOut, held_out
from writemate_jax.evaluation.imitation import ADAPTED, DEFAULT, PRIMED, REAL, UNKNOWN, Copies
from writemate_jax.evaluation.legibility import Line as Judged
from writemate_jax.evaluation.prompts import Prompt
from writemate_jax.hands import adapt, primed, primers, resemblance, styles
from writemate_jax.model.window import Text
from writemate_jax.sampling import candidates, neatness
from writemate_jax.sampling.requests import InvalidRequest
from writemate_jax.sampling.writer import Writer
from writemate_jax.training.lines import prepare

QUANTUM = 1 / 128


def sheared(line, slant, size=1.0):
    """The line in another hand."""
    return strokes.map_strokes(lambda s: np.stack([s[:, 0] + slant * s[:, 1], size * s[:, 1]], axis=1), line)


def texts(count, rng, letters=8):
    return ["".join(rng.choice(list("lot"), letters)) for _ in range(count)]


def closely(line):
    """With points close enough that every stroke counts as a piece of ink."""
    return strokes.map_strokes(lambda stroke: strokes.resample_uniform(stroke, 0.1), line)


def composed(writer, rng, words=40, lines=30):
    """Lines of two words each, every word in more than one line."""
    ink = {text: strokes.split(closely(tiny.line(text, 0.05, rng))) for text in texts(words, rng, 5)}
    for i in range(lines):
        pair = rng.choice(sorted(ink), 2, replace=False)
        right = [stroke + [6.0 + rng.uniform(), 0.01] for stroke in ink[pair[1]]]
        yield Line(strokes.join(ink[pair[0]] + right), " ".join(pair), writer, "validation", f"{writer}{i}")


def test_tested_lines_share_next_to_no_ink_with_the_other_parts():
    rng = np.random.default_rng(0)
    lines = [*composed("a", rng), *composed("b", rng), *composed("few", rng, lines=6)]
    corpus = corpora.pack(lines, quantum=QUANTUM, unit="x-height", provenance={"source": "made up"})
    people = held_out(corpus, range(len(corpus)), "lot ")
    assert [one.writer for one in people] == ["a", "b"]
    for one in people:
        parts = [one.given, one.known, one.tested]
        assert all(len(part) >= least for part, least in zip(parts, FEWEST, strict=True))
        assert len({i for part in parts for i in part}) == sum(map(len, parts))
        assert {corpus.writer(i) for part in parts for i in part} == {one.writer}
        words = {word for i in one.given + one.known for word in corpus.text(i).split()}
        for i in one.tested:
            # A word is a share of its line's ink between a quarter and three: one that is shared is too much.
            assert sum(word in words for word in corpus.text(i).split()) == 0
    assert people == held_out(corpus, range(len(corpus)), "lot ")
    assert held_out(corpus, range(len(corpus)), "lo ") == []


@pytest.fixture(scope="module")
def recogniser():
    """Trained on hands of many slants and sizes."""
    rng = np.random.default_rng(1)
    lines, writers = [], []
    for k, (slant, size) in enumerate((s, h) for s in np.linspace(-0.6, 0.6, 4) for h in (0.7, 1.3)):
        lines += [form(sheared(tiny.line(text, 0.02, rng), slant, size)) for text in texts(6, rng)]
        writers += [f"w{k}"] * 6
    return writer_recogniser.train(lines, writers, steps=25)


def form(line):
    return writer_recogniser.form(line, quantum=QUANTUM)


def test_hands_that_were_not_in_the_training_are_told_apart(recogniser):
    rng = np.random.default_rng(2)
    hands = [(-0.4, 1.0), (0.0, 1.0), (0.4, 1.0)]
    known = [[form(sheared(tiny.line(text, 0.02, rng), *hand)) for text in texts(4, rng)] for hand in hands]
    lines = [form(sheared(tiny.line(text, 0.02, rng), *hand)) for hand in hands for text in texts(4, rng)]
    right = recogniser.ascribe(lines, known) == np.repeat([0, 1, 2], 4)
    assert right.mean() > 0.8
    # A line is ascribed by itself, whatever else is asked.
    np.testing.assert_array_equal(recogniser.ascribe(lines[:3], known), recogniser.ascribe(lines, known)[:3])


def test_the_pens_tremble_and_the_density_of_points_are_hardly_seen():
    rng = np.random.default_rng(3)
    smooth = strokes.map_strokes(lambda s: strokes.resample_uniform(s, 0.1), tiny.line("tooltolo", 0.0, rng))
    coarse = strokes.map_strokes(lambda s: strokes.resample_uniform(s, 0.2), smooth)
    trembling = strokes.map_strokes(lambda s: s + rng.normal(0, 0.01, s.shape), smooth)
    for other in (coarse, trembling):
        assert len(form(other)) == pytest.approx(len(form(smooth)), rel=0.1)


def copies(ascribed, errors):
    ink = [Judged("x", "lot", np.array([[0, 0, 1]], np.float32))] * 6
    return Copies(ink, np.repeat([0, 1, 2], 2), np.array(ascribed), np.array(errors), np.full(6, 10))


def test_figures_are_shares_and_ratios_of_sums():
    found = {
        REAL: copies([0, 0, 1, 1, 0, 2], [0, 0, 0, 0, 0, 3]),
        UNKNOWN: copies([0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]),
        ADAPTED: copies([0, 1, 1, 1, 1, 2], [2, 2, 2, 1, 1, 1]),
    }
    figures = imitation.figures(found)
    assert figures[REAL].share == pytest.approx(5 / 6) and figures[REAL].of_ceiling == 1
    assert figures[REAL].of_ceiling_interval == (1, 1)
    assert figures[ADAPTED].share == pytest.approx(4 / 6) and figures[ADAPTED].of_ceiling == pytest.approx(4 / 5)
    assert figures[ADAPTED].cer == pytest.approx(9 / 60) and figures[ADAPTED].cer_ratio == pytest.approx(1.5)
    assert figures[UNKNOWN].share == pytest.approx(1 / 3) and figures[UNKNOWN].cer_ratio_interval == (1, 1)
    assert figures[ADAPTED].share_interval.low <= 4 / 6 <= figures[ADAPTED].share_interval.high


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("imitation")
    words = ["lot to", "tool", "l o", "otto lo", "to", "ll oo", "lolo t"] * 3
    corpora.save(folder / "tiny.npz", tiny.corpus(words))  # with spaces: one stands between a primer and its sequel
    config = tiny.config(folder)
    description, *_ = prepare(config, corpora.load(config.corpus))
    text = Text(np.ones((1, 4), np.int32), np.array([3]))
    params = description.network().init(jax.random.key(0), np.zeros((1, 3, 3), np.float32), text)["params"]
    params = {**params, "style_kernels": 0.1 * jax.random.normal(jax.random.key(1), params["style_kernels"].shape)}
    return Model(**vars(description), params=jax.device_get(params))


def test_a_primer_brings_its_hand_unless_a_style_is_asked_for(model, monkeypatch):
    scribe, text = Writer(model, lanes=2), "tool toloto"
    line, said = own_ink.primer(tiny.line(text, 0.01, np.random.default_rng(0)), text)
    own = primed.hand(model, line, said)
    vector, network = own[: model.network().style_size], model.network()
    assert own.shape == (network.longest_style,) and np.abs(vector - model.params["styles"][0]).max() > 0.05

    def written(**options):
        return scribe.write(["lot"], prime=Ink(line, said), candidates=1, **options)[0].strokes

    ours, theirs, unknown = written(), written(style=own), written(style="unknown")
    with monkeypatch.context() as patched:
        patched.setattr(primed, "hand", None)  # found already, by the same primer
        np.testing.assert_array_equal(written(), ours)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).mean() < 0.02  # the primer's points are placed anew
    assert unknown.shape != ours.shape or np.abs(unknown - ours).max() > 0.05


def test_a_learned_hand_is_written_neater_unless_a_bias_is_asked_for_and_candidates_are_to_be_like_it(model):
    scribe, usual = Writer(model, lanes=2), model.config.sampling.bias
    primer = scribe.primer(Ink(tiny.line("tool toloto", 0.01, np.random.default_rng(0)), "tool toloto"))
    text = "lot to " * 2  # a short text is written neater in any hand
    vector = np.asarray(model.params["styles"][1])
    [(own, _)] = scribe.lines([text], None, 0, vector, 1, primer)
    [(asked, _)] = scribe.lines([text], 0.5, 0, vector, 1, primer)
    [(other, _)] = scribe.lines([text], None, 0, vector, 1)
    assert (own.bias, asked.bias, other.bias) == (neatness.OF_LEARNED * usual, 0.5, usual)
    # Nothing but the primer tells of the hand.
    for style in (None, "unknown", "random", scribe.one_hand("random", 0, primer), model.writers[0]):
        [(bare, _)] = scribe.lines([text], None, 0, style, 1, primer)
        assert bare.bias == usual
    assert own.primer.trait is primer.trait and other.primer.trait is None
    # More candidates than of another hand, unless somebody says how many.
    config = model.config.copy_and_resolve_references()
    config.sampling.candidates = 3
    scribe = Writer(dataclasses.replace(model, config=config), lanes=2)
    for hand, asked, count in ((primer, None, 3 * candidates.OWN), (primer, 2, 2), (None, None, 3)):
        assert scribe.lines([text], None, 0, "unknown", asked, hand)[0][1] == count
    np.testing.assert_allclose(np.square(primer.trait).sum(), 1, atol=1e-5)


def test_a_style_is_kept_with_a_primer_that_writing_goes_on_from(model, tmp_path, monkeypatch):
    # The window of an untrained network keeps up with nothing.
    monkeypatch.setattr(primers, "strays", lambda model, rows, *_: np.zeros(len(rows)))
    rng = np.random.default_rng(5)
    lines = [Ink(tiny.line(text, 0.01, rng), text) for text in ("tool toto", "lo lo", "to")]
    ink = own_ink.sized(lines, model.alphabet)
    style = adapt.fit(model, ink, steps=1, deep=True)
    assert style.primer.text == "tool toto"
    assert style.after < adapt.fit(model, ink, steps=1).after - 0.01  # what is added to the gates
    styles.save_style(tmp_path, style)
    found = styles.load_style(tmp_path)
    kept, whole = found.primer, found.whole
    np.testing.assert_allclose(kept.strokes, style.primer.strokes, atol=1e-4)
    np.testing.assert_allclose(whole, style.whole, atol=1e-6)
    scribe = Writer(model, lanes=2)
    ours = scribe.write(["lot"], style=tmp_path, candidates=1)[0].strokes
    np.testing.assert_array_equal(ours, scribe.write(["lot"], style=whole, prime=kept, candidates=1)[0].strokes)
    # Nothing added is as if there were no gates in the style, beside others in one call, too.
    nothing = np.concatenate([style.vector, np.zeros(len(whole) - len(style.vector), np.float32)])
    both = scribe.write(["lot", "lot"], style=np.stack([nothing, whole]), candidates=1)
    for style_, line in ((style.vector, both[0]), (whole, both[1])):
        np.testing.assert_array_equal(line.strokes, scribe.write(["lot"], style=style_, candidates=1)[0].strokes)
    with pytest.raises(InvalidRequest, match="shape"):
        scribe.write(["lot"], style=whole[:-1])
    rows = [own_ink.like_the_corpus(line.strokes, line.text) for line in lines]
    np.testing.assert_allclose(found.trait, resemblance.trait(rows), atol=1e-4)
    assert [getattr(found, name) for name in styles.ABOUT] == [getattr(style, name) for name in styles.ABOUT]
    assert found.weights == style.weights
    stored = json.loads((tmp_path / styles.FILE).read_text())
    # A hand that was kept before there were traits: that of its primer is taken.
    (tmp_path / styles.FILE).write_text(json.dumps({name: value for name, value in stored.items() if name != "trait"}))
    assert styles.load_style(tmp_path).trait is None
    np.testing.assert_array_equal(ours, scribe.write(["lot"], style=tmp_path, candidates=1)[0].strokes)
    np.testing.assert_array_equal(scribe.primer(tmp_path).trait, scribe.primer(kept).trait)
    (tmp_path / styles.FILE).write_text(json.dumps(stored | {"trait": [1.0]}))
    with pytest.raises(InvalidRequest, match="trait"):
        scribe.write(["lot"], style=tmp_path)
    (tmp_path / styles.FILE).write_text(json.dumps({"style": style.vector.tolist(), "primer": {"text": "lot"}}))
    with pytest.raises(InvalidRequest, match="primer"):
        scribe.write(["lot"], style=tmp_path)


class Reading:
    """Reads whatever is asked for, but for one character."""

    def text(self):
        return "lo"

    def nll(self, text):
        return 1.0


class Reader:
    def read(self, line):
        return Reading()


def test_every_way_is_written_judged_and_reported(model, recogniser, tmp_path):
    rng = np.random.default_rng(4)
    lines = [
        Line(sheared(tiny.line(text, 0.02, rng), slant), text, writer, "validation", f"{writer}{i}")
        for writer, slant in (("a", -0.3), ("b", 0.3))
        for i, text in enumerate(texts(7, rng, 6))
    ]
    corpus = corpora.pack(lines, quantum=QUANTUM, unit="x-height", provenance={"source": "made up"})
    people = [HeldOut(w, tuple(range(k, k + 2)), tuple(range(k + 2, k + 5)), (k + 5, k + 6)) for w, k in
              (("a", 0), ("b", 7))]  # fmt: skip
    scribe = Writer(model, lanes=4)
    copied = imitation.hands(scribe, corpus, people)
    network = model.network()
    assert len(copied.primers) == len(copied.adapted) == 2
    assert [style.whole.shape for style in copied.adapted] == [(network.longest_style,)] * 2
    written = imitation.write(scribe, corpus, people, copied, bias=1.0, candidates=1)
    assert {way: [line.text for line in own] for way, own in written.items()} == {
        way: [corpus.text(i) for one in people for i in one.tested] for way in (UNKNOWN, DEFAULT, PRIMED, ADAPTED, REAL)
    }
    np.testing.assert_array_equal(written[REAL][0].strokes, corpus.strokes(5))
    found = imitation.judge(written, corpus, people, recogniser, Reader())
    lacking = imitation.lacking(
        scribe, corpus, people, copied, [Prompt("x", "lo"), Prompt("x", "lot"), Prompt("x", "ttt"), Prompt("x", "olo")],
        Reader(), bias=1.0, candidates=1,
    )  # fmt: skip
    assert (lacking.lines, lacking.unprimed) == (4, lacking.adapted)
    assert legibility.judge(Reader(), written[REAL])[0].edits.total > 0
    paths = imitation_report.write_report(tmp_path, {"bias": 1}, people, found, imitation.figures(found), lacking)
    stored = json.loads(paths[0].read_text())
    assert stored["chance"] == 0.5 and len(stored["lines"][PRIMED]) == 4 and set(stored["ways"]) == set(written)
    assert "| real lines: the ceiling | 4 |" in paths[1].read_text() and paths[2].stat().st_size > 1000
