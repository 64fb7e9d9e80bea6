"""The rows of the paper's table: trained in slices, measured, written as files, laid out as a table."""

import csv
import importlib
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tiny
from benchmarks import graves_rows
from writemate_jax import config as configuration
from writemate_jax.data import corpus as corpora
from writemate_jax.data.corpus import ARRANGEMENTS, Line
from writemate_jax.evaluation import graves_table, learning_curves, result
from writemate_jax.evaluation.command import main
from writemate_jax.training import log

ROOT = Path(__file__).parents[1]
IAM = Path(os.environ.get("WRITEMATE_IAM_CORPUS", ROOT / "runs" / "iam.npz"))
NAMES = ("prediction_3x400", "prediction_3x400_weight_noise")


def small(config):
    """Networks that compile in seconds."""
    config.model.update(layers=1, cells=8, mixtures=2)
    config.data.buckets, config.sampling.points = 1, 10
    config.training.update(evaluate_every=2, save_every=2, log_every=1)


@pytest.fixture(scope="module")
def slices(tmp_path_factory):
    """Two rows on a corpus of four splits, in a slice that is over at once and one that is long enough."""
    folder, rng = tmp_path_factory.mktemp("rows"), np.random.default_rng(0)
    lines = [
        Line(tiny.line("lot"[: 2 + i % 2], 0.02, rng), "lot"[: 2 + i % 2], split, split, f"{split}-{i}")
        for split in ("train", "testset_t", "testset_f", "testset_v")
        for i in range(6)
    ]
    corpora.save(folder / "four.npz", corpora.pack(lines, quantum=1 / 128, unit="x-height", provenance={}))
    settings = graves_rows.Settings(
        corpus=str(folder / "four.npz"), out=folder / "out", results=folder / "results",
        minutes=60.0, rows=NAMES, scale=0.001, batch=8,
    )  # fmt: skip
    first = graves_rows.run(settings, lambda config: (small(config), config.training.update(minutes=1e-6)))
    reached = log.read(settings.out / NAMES[0] / "checkpoints.csv")[-1]["step"]
    second = graves_rows.run(settings, small)
    return settings, (first, reached), second


def test_a_slice_stops_in_time_and_the_next_goes_on_to_the_end(slices):
    settings, (first, reached), second = slices
    assert first == graves_rows.UNFINISHED and 0 < reached < 4 and second == graves_rows.DONE
    assert graves_rows.run(replace(settings, minutes=0.0), small) == 0  # all is done: nothing is trained or measured


@pytest.mark.parametrize(
    ("changes", "message"), [({"seed": 7}, "seed: 0 there, 7 here"), ({"honest": True}, "'graves' there, 'iam' here")]
)
def test_a_row_that_was_made_with_other_settings_is_not_done(slices, changes, message):
    settings, _, _ = slices
    for rows in (NAMES, NAMES[1:]):
        with pytest.raises(configuration.ConfigurationError, match=f"3x400.* holds a row with another .*{message}"):
            graves_rows.run(replace(settings, minutes=0.0, rows=rows, **changes), small)


@pytest.mark.parametrize("option", ["--minutes=-1", "--scale=0", "--batch=0", "--batch=x", "--minutes=nan"])
def test_numbers_that_no_slice_can_have_are_refused(option, tmp_path, capsys):
    with pytest.raises(SystemExit):
        graves_rows.main(["--out", str(tmp_path), option])
    assert option.partition("=")[0] in capsys.readouterr().err


def test_the_files_hold_what_the_training_itself_found(slices):
    settings, _, _ = slices
    for name, steps in zip(NAMES, (4, 3), strict=True):
        stored = json.loads((settings.results / f"{name}.json").read_text())
        assert set(stored) >= {
            "nats_per_line", "nats_per_point", "sse", "split", "config", "seed", "epochs", "minutes", "hardware"
        }  # fmt: skip
        rows = log.read(settings.out / name / "validation.csv")
        best = min(rows, key=lambda row: row["nats_per_line"])
        for figure in ("nats_per_line", "nats_per_point", "sse"):
            assert stored[figure] == pytest.approx(best[figure], rel=1e-5)
        assert (stored["steps"], stored["last_step"], stored["complete"]) == (best["step"], steps, True)
        assert (stored["split"], stored["lines"]) == ("testset_v", 6)
        # Three batches of 8, 8 and 2 lines are an epoch of the 18.
        assert 0 < stored["epochs"] <= 4 * 8 / 18 and stored["minutes"] > 0 and "cores of" in stored["hardware"]
        assert configuration.from_json(stored["config"]).optimizer.weight_noise == (0.075 if steps == 3 else 0)
        assert stored["workdir"] == str(settings.out / name)
        start = json.loads((settings.results / f"{NAMES[0]}.json").read_text()) if steps == 3 else {}
        assert stored["epochs_before"] == start.get("epochs", 0)
        assert stored["minutes_before"] == start.get("minutes", 0)
        with open(settings.results / stored["curve"], newline="") as file:
            curve = list(csv.DictReader(file))
        assert [int(row["step"]) for row in curve if row["of"] == "validation"] == [row["step"] for row in rows]
        assert {row["of"] for row in curve} == {"training", "validation"}


def test_the_table_is_made_of_the_files_alone(slices, tmp_path, capsys):
    settings, _, _ = slices
    text = (settings.results / "README.md").read_text()
    lines = text.splitlines()
    table = lines[: lines.index("## Learning curves")]
    for name, what, paper, *_ in graves_table.ROWS:
        [row] = [line for line in table if line.startswith((f"| {what} |", f"| [{what}]"))]
        if name in NAMES:
            found = result.read(settings.results / f"{name}.json")
            assert f"| {paper:.1f} | {found.nats_per_line:.1f} | {found.nats_per_point:.3f} |" in row
        else:
            assert "not trained" in row
    continued = [line for line in lines[len(table) :] if line.startswith("| prediction")]
    assert len(continued) == len(NAMES) and all("too few validations" in line for line in continued)
    assert (settings.results / "curves.png").read_bytes().startswith(b"\x89PNG")
    for name in NAMES:
        found = result.read(settings.results / f"{name}.json")
        curve = learning_curves.read(settings.results / found.curve, found)
        assert curve.nats.min() == pytest.approx(found.nats_per_line)  # the best of the run is what was measured
    assert main(["table", "--results", str(settings.results)]) == 0
    assert capsys.readouterr().out.strip() == text.strip()
    (tmp_path / "synthesis.json").write_text("{}")
    assert main(["table", "--results", str(tmp_path)]) == 2
    assert "synthesis.json: " in (error := capsys.readouterr().err) and "is absent" in error


def test_a_result_is_of_a_training_and_of_whole_splits(slices, tmp_path, capsys):
    settings, _, _ = slices
    run, corpus = settings.out / NAMES[0], settings.corpus
    arguments = ["likelihood", "--corpus", corpus, "--split", "testset_v", "--result", str(tmp_path / "x.json")]
    assert main([*arguments, "--checkpoint", str(run), "--lines", "2"]) == 2
    assert "no --lines" in capsys.readouterr().err
    trained_on = [*arguments[:-1], str(tmp_path / "y.json"), "--checkpoint", str(run)]
    trained_on[trained_on.index("testset_v")] = "testset_v,testset_f"
    assert main(trained_on) == 2
    assert 'by the arrangement "graves", on testset_f as well; a result is of lines' in capsys.readouterr().err
    [best] = (run / "best").glob("[0-9]*")
    assert main([*arguments, "--checkpoint", str(best)]) == 2
    assert "give the --workdir" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_row_waits_for_the_one_that_it_begins_with_and_mistakes_are_said(slices, tmp_path, capsys):
    settings, _, _ = slices
    alone = replace(settings, out=tmp_path, results=tmp_path, rows=NAMES[1:])
    assert graves_rows.run(alone, small) == graves_rows.STUCK
    assert "begins with prediction_3x400, which is not done" in capsys.readouterr().err
    # Nor is it done by a result that lies there, as the published ones do: it may be of another training, even where
    # weights of this one are there, too.
    (tmp_path / NAMES[0] / "best").mkdir(parents=True)
    others = replace(settings, out=tmp_path)
    assert graves_rows.run(replace(others, rows=NAMES[1:]), small) == graves_rows.STUCK
    assert "begins with prediction_3x400, which is not done" in capsys.readouterr().err
    assert graves_rows.run(replace(others, rows=NAMES[:1], minutes=0.0), small) == graves_rows.UNFINISHED
    assert graves_rows.main(["--out", str(tmp_path / "rows"), "--corpus", "absent.npz"]) == 2
    assert "graves_rows: no corpus file 'absent.npz'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        graves_rows.main(["--out", str(tmp_path / "rows"), "--rows", "prediction"])
    assert "expected some of prediction_1x900, " in capsys.readouterr().err


def test_every_row_has_a_configuration_of_the_paper_s_network():
    settings = graves_rows.Settings(corpus="x", out=Path("rows"), results=Path("results"), minutes=1)
    assert [row.name for row in graves_rows.ROWS] == [name for name, *_ in graves_table.ROWS]
    for row in graves_rows.ROWS:
        config = graves_rows.configure(row, settings)
        assert (config.model.layers, config.model.cells) == ((1, 900) if "1x900" in row.name else (3, 400))
        assert config.model.window == row.name.startswith("synthesis")
        assert config.optimizer.name == ("adam" if row.name.endswith("today") else "rmsprop")
        assert (config.optimizer.weight_noise > 0) == row.name.endswith("noise")
        assert config.weights_from == (f"rows/{row.start}" if row.start else "")
        assert config.data.normalisation == "per_axis" and not config.data.rests
        assert config.data.arrangement == "graves"
        assert graves_rows.configure(row, replace(settings, honest=True)).data.arrangement == "iam"
        module = importlib.import_module(f"configs.{row.config}")
        if start := module.get_config().weights_from:  # each tells how to make what it starts from
            assert row.start and f"--workdir {start}\n" in module.__doc__


@pytest.mark.skipif(not IAM.exists(), reason="needs packed IAM-OnDB: runs/iam.npz, or its path in WRITEMATE_IAM_CORPUS")
def test_no_writer_of_iam_ondb_trains_and_validates():
    corpus = corpora.load(IAM)
    lines = {split: corpus.select([split]) for split in set(corpus.splits)}
    forms = {split: {corpus.source(i).rsplit("-", 1)[0] for i in indices} for split, indices in lines.items()}
    writers = {split: {corpus.writer(i) for i in indices} for split, indices in lines.items()}
    pairs = [ARRANGEMENTS["graves"], ARRANGEMENTS["iam"], (("train",), ("testset_f", "testset_t"))]
    for of in (forms, writers):
        for pair in pairs:
            training, held_out = (set().union(*map(of.get, splits)) for splits in pair)
            assert training and held_out and not training & held_out
    if all(writer.startswith("unknown-") for names in writers.values() for writer in names):
        pytest.skip("forms do not overlap; who wrote them is not known, for want of IAM-OnDB's list of writers")
