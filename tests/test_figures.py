"""evaluate.py figures: networks as the paper's, from the command to the pictures."""

import math
import re

import jax
import numpy as np
import pytest
from PIL import Image

import tiny
from writemate_jax.checkpoints.models import Model, export_model
from writemate_jax.data import corpus as corpora
from writemate_jax.evaluation.command import main
from writemate_jax.figures import making
from writemate_jax.figures.choices import Choices
from writemate_jax.figures.ink_blocks import Block, Cell, Row, draw_blocks
from writemate_jax.figures.real_lines import choose
from writemate_jax.model.networks import text_batch
from writemate_jax.sampling.writer import Writer
from writemate_jax.training.lines import prepare

OF_INK = ["synthesis-samples", "biased", "slight-bias", "primed", "primed-biased"]
SYNTHESIS = ["window", "synthesis-density", *OF_INK]
PREDICTION = ["prediction-density", "prediction-samples"]


def network(folder, corpus, window: bool) -> Model:
    """Random weights of a network like the paper's: no styles, no rests, a mean and a deviation for each axis."""
    config = tiny.config(folder)
    config.corpus = str(folder / "tablet.npz")
    config.data.rests, config.data.normalisation = False, "per_axis"
    config.model.style_size, config.model.window, config.model.layers = 0, window, 1
    config.sampling.reach, config.sampling.points_per_character = 0.0, 2
    description, _, _ = prepare(config, corpus)
    text = text_batch([description.alphabet.encode("lot")], 8) if window else None
    params = description.network().init(jax.random.key(1), np.zeros((1, 4, 3), np.float32), text)["params"]
    return Model(**vars(description), params=params)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Checkpoints of both kinds, and a corpus in a tablet's unit."""
    folder = tmp_path_factory.mktemp("figures")
    rng = np.random.default_rng(0)
    texts = ["lot to lot", "oil to tool lot", "lotto to lot to"]
    lines = [
        corpora.Line(tiny.line(text, 0.01, rng) * [40, 40, 1], text, f"{split} {i}", split, f"{split} {i}")
        for split in ("train", "validation")
        for i, text in enumerate(texts)
    ]
    lines.append(corpora.Line(lines[0].strokes, "LOT", "c", "capitals", "c"))
    alphabet = " abcdefghijklmnopqrstuvwxyzLOT"
    corpus = corpora.pack(lines, quantum=0.5, unit="tablet unit", provenance={}, alphabet=alphabet)
    corpora.save(folder / "tablet.npz", corpus)
    for name, window in (("synthesis", True), ("prediction", False)):
        model = network(folder, corpus, window)
        export_model(folder / name, model, model.params)
    return folder


def run(folder, out, *more) -> int:
    return main(["figures", "--corpus", str(folder / "tablet.npz"), "--points", "20", "--dpi", "50", "--out",
                 str(out), *more])  # fmt: skip


def test_one_command_makes_every_figure_and_a_page_that_lists_them(folder, tmp_path, capsys):
    given = ["--checkpoint", str(folder / "synthesis"), "--prediction", str(folder / "prediction")]
    assert run(folder, tmp_path, *given, "--svg", "--biases", "0,5") == 0
    made = {f"{name}.png" for name in PREDICTION + SYNTHESIS}
    made |= {f"{name}.svg" for name in ["prediction-samples", *OF_INK]}
    assert {path.name for path in tmp_path.iterdir()} == made | {"README.md"}
    page = (tmp_path / "README.md").read_text()
    assert all(f"({name}.png)" in page for name in PREDICTION + SYNTHESIS) and "Left out" not in page
    for said in ("--biases 0,5 --svg", "deviations by eq 61, weights by eq 62", "writer validation"):
        assert said in page
    assert str(tmp_path / "window.png") in capsys.readouterr().out


def test_a_network_without_a_window_and_a_split_without_suitable_lines_have_what_they_can(folder, tmp_path, capsys):
    assert run(folder, tmp_path, "--checkpoint", str(folder / "prediction"), "--split", "capitals") == 0
    assert {path.name for path in tmp_path.iterdir()} == {"prediction-samples.png", "README.md"}
    assert "no figure prediction-density" in capsys.readouterr().out
    assert "split capitals has no line" in (tmp_path / "README.md").read_text()


@pytest.mark.parametrize("kinds", [["prediction"], ["synthesis"], ["synthesis", "prediction"]])
def test_the_number_of_figures_is_told_before_any_is_made(folder, tmp_path, kinds):
    class Enough(Exception):
        """What is to come is known."""

    def enough(_):
        raise Enough

    corpus, told = corpora.load(folder / "tablet.npz"), []
    networks = [making.Named(Writer.load(folder / k), k) if k in kinds else None for k in ("synthesis", "prediction")]
    with pytest.raises(Enough):
        making.make(tmp_path, *networks, making.Source(corpus, [0], "it"), Choices(), told.append, enough)
    assert told == [len(SYNTHESIS) * ("synthesis" in kinds) + len(PREDICTION) * ("prediction" in kinds)]


def test_the_bias_of_a_network_without_reach_is_the_papers(folder):
    writer = Writer.load(folder / "synthesis")
    [(line, _)] = writer.lines("lot", 5.0, 0, None, 1)
    track = writer.track(line)
    assert track.bias == 5 and track.reach == math.inf  # where mdn.biased narrows by eqs 61-62


def test_real_lines_are_drawn_by_the_seed_one_of_each_writer(folder):
    corpus, model = corpora.load(folder / "tablet.npz"), Writer.load(folder / "synthesis").model
    draws = [choose(corpus, corpus.select(["validation"]), model, (8, 20), 2, seed=seed) for seed in (0, 0, 1, 2, 3)]
    texts = [[line.text for line in drawn] for drawn in draws]
    assert texts[0] == texts[1] and len({tuple(each) for each in texts}) > 1
    assert all(len({line.writer for line in drawn}) == 2 for drawn in draws)
    assert choose(corpus, corpus.select(["validation"]), model, (12, 20), 9)[0].text != "lot to lot"
    assert choose(corpus, corpus.select(["capitals"]), model, (1, 20), 9) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--checkpoint", "absent"], "absent is not a folder"),
        (["--prediction", "{}/synthesis"], "is a synthesis network; give it as --checkpoint"),
        (["--checkpoint", "{}/prediction", "--prediction", "{}/prediction"], "is a prediction network, too"),
        (["--checkpoint", "{}/prediction", "--corpus", "open"], "in the unit 'x-height'.*'tablet unit'"),
        (["--checkpoint", "{}/prediction", "--split", "none"], "no lines in split"),
        (["--checkpoint", "{}/synthesis", "--text", "\u4e00"], "cannot write"),
        (["--checkpoint", "{}/synthesis", "--biases", "0,51"], "bias is 51"),
        (["--checkpoint", "{}/prediction", "--seed", "4294967296"], "seed is 4294967296; expected 0 to 4294967295"),
    ],
)
def test_mistakes_end_with_a_message_and_code_2(folder, tmp_path, arguments, message, capsys):
    assert run(folder, tmp_path, *(each.format(folder) for each in arguments)) == 2
    error = capsys.readouterr().err
    assert re.search(message, error) and "Traceback" not in error


def test_ink_is_whole_at_one_scale_and_real_ink_is_blue(tmp_path):
    wave = np.array([[0, 0, 0], [10, 40, 0], [10, -90, 0], [30, 10, 1]], np.float32)
    rows = (Row("", (Cell(wave, True), None)), Row("", (None, Cell(wave * [3, 3, 1]))))
    paths = [tmp_path / "one.png", tmp_path / "one.svg", tmp_path / "two.svg"]
    draw_blocks([Block("", rows)], paths, heading="", letter=1.2)
    picture = np.asarray(Image.open(paths[0]).convert("RGB")).astype(int)
    assert all((edge == 255).all() for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]))
    blue = picture[..., 2] - picture[..., 0] > 60
    black = picture.max(axis=-1) < 100
    sides = [np.array([np.ptp(part) + 1 for part in np.nonzero(ink)]) for ink in (blue, black)]
    # The pen is as wide in both.
    pen = (3 * sides[0] - sides[1]) / 2
    assert (sides[0] > 20).all() and pen[0] == pytest.approx(pen[1], abs=3)
    assert paths[1].read_bytes() == paths[2].read_bytes()


def test_blocks_without_ink_are_refused(tmp_path):
    for blocks in ([], [Block("", (Row("a", (None,)),))]):
        with pytest.raises(ValueError, match="no ink to draw"):
            draw_blocks(blocks, [tmp_path / "x.png"], heading="")


def test_check_names_the_kind_that_was_expected(folder):
    corpus = corpora.load(folder / "tablet.npz")
    named = making.Named(Writer.load(folder / "prediction"), "one")
    with pytest.raises(ValueError, match="one is a prediction network; expected a synthesis network"):
        making.check(named, making.Source(corpus, [0], "it"), window=True)
