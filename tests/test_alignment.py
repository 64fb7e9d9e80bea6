"""Alignment: courses of the window whose faults are known, and the command on a small network."""

import json

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny
from writemate_jax.checkpoints.models import Model, export_model
from writemate_jax.data import corpus as corpora
from writemate_jax.evaluation import alignment
from writemate_jax.evaluation.alignment_report import chosen, write_report
from writemate_jax.evaluation.command import main
from writemate_jax.evaluation.groups import by_group
from writemate_jax.model.networks import text_batch
from writemate_jax.sampling.written import Written
from writemate_jax.training.lines import prepare


def course(text: str, places: list[int], spread: int = 1) -> Written:
    """A line whose window is on these places, one a point, evenly on `spread` of them from each on."""
    phi = np.zeros((len(places), len(text) + 1), np.float32)
    for t, place in enumerate(places):
        phi[t, place : place + spread] = 1.0
    rows = np.tile(np.float32([0.1, 0.1, 0.0]), (len(places), 1))
    rows[-1, 2] = 1
    return Written(rows, text, bias=0.5, phi=phi, kappa=np.zeros((len(places), 1), np.float32))


def test_a_window_that_goes_through_the_text_has_no_fault():
    record = alignment.follow(course("a cat", [0, 0, 1, 2, 2, 3, 4, 5]))
    assert (record.in_order, record.skipped, record.stalled, record.faults) == (5, (), (), 0)
    assert record.reached and record.width == pytest.approx(1) and record.weight == pytest.approx(1)


def test_what_goes_wrong_is_named():
    record = alignment.follow(course("a cat", [0, 2, 4, 3, 4]))
    assert record.skipped == () and record.skipped_spaces == 1
    assert record.in_order == 3 and record.faults == 1  # the fourth letter came after the fifth
    assert not record.reached
    record = alignment.follow(course("a cat", [0, 1, 4, 5]))
    assert record.skipped == (2, 3) and record.in_order == 3 and record.faults == 2
    record = alignment.follow(course("cat", [0] * 46 + [1, 2] + [3] * 60))
    assert record.stalled == (0, 3)


@pytest.mark.parametrize("spread", [1, 2, 3])
def test_width_counts_the_places_that_are_looked_at(spread):
    record = alignment.follow(course("a long text", [0, 1, 2, 3], spread))
    assert record.width == pytest.approx(spread) and record.weight == pytest.approx(spread)


@given(st.lists(st.integers(0, 7), min_size=1, max_size=30))
def test_every_character_is_visited_or_skipped(places):
    text = "tot lot"
    record = alignment.follow(course(text, places))
    visited = {place for place in places if place < len(text)}
    assert len(visited) + len(record.skipped) + record.skipped_spaces == len(text)
    assert 0 <= record.in_order <= len(visited) and record.reached == (7 in places)
    if sorted(places) == places:
        assert record.in_order == len(visited)


RECORDS = [
    alignment.follow(course("a cat", [0, 1, 2, 3, 4, 5]), "a"),
    alignment.follow(course("a cat", [0, 1, 4, 5]), "a"),
    alignment.follow(course("cat", [0] * 46 + [1, 2, 3]), "b"),
]


def test_summaries_are_shares():
    groups = by_group(RECORDS, alignment.summarise)
    assert list(groups) == ["a", "b", "all"]
    whole = groups["all"]
    assert (whole.lines, whole.characters) == (3, 13)
    assert (whole.in_order, whole.skipped, whole.stalled) == pytest.approx((11 / 13, 2 / 11, 1 / 13))
    assert whole.clean == pytest.approx(1 / 3) and groups["b"].skipped == 0


def test_the_worst_lines_are_shown_first():
    assert chosen(RECORDS, 2)[0] is RECORDS[1]
    assert len(chosen(RECORDS, 6)) == 3


def test_a_report_is_written_whole(tmp_path):
    paths = write_report(tmp_path / "out", {"seed": 0}, {0.5: RECORDS})
    assert sorted(paths) == sorted((tmp_path / "out").iterdir())
    stored = json.loads(paths[0].read_text())
    assert stored["written"][0]["lines"][1]["skipped"] == [2, 3]
    assert "| all | 0.5 | 3 |" in paths[1].read_text()
    assert paths[2].read_bytes().startswith(b"\x89PNG")


def test_the_command_measures_a_network(tmp_path, capsys):
    config = tiny.config(tmp_path)
    config.sampling.points_per_character = 4
    description, _, validation = prepare(config, corpora.load(tmp_path / "tiny.npz"))
    inputs = next(iter(validation.ordered())).inputs[:1]
    params = description.network().init(jax.random.key(1), inputs, text_batch([[1]], 8), np.zeros(1, int))["params"]
    export_model(tmp_path / "model", Model(**vars(description), params=params), params)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "mine.txt").write_text("lot\ntool\n")
    arguments = ["alignment", "--checkpoint", str(tmp_path / "model"), "--prompts", str(tmp_path / "prompts")]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    stored = json.loads((tmp_path / "out" / "alignment.json").read_text())
    assert [line["text"] for line in stored["written"][0]["lines"]] == ["lot", "tool"]
    assert "| mine |" in capsys.readouterr().out
    assert main([*arguments, "--out", str(tmp_path / "out"), "--style", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err
