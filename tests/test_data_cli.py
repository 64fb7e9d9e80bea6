"""python -m writemate_jax.data: packs, looks, and says what is wrong."""

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from test_iam_ondb import root  # noqa: F401 (a fixture)
from writemate_jax.arguments import INTERRUPTED
from writemate_jax.data import corpus as corpora
from writemate_jax.data import inspect
from writemate_jax.data.__main__ import main


def run(*arguments) -> int:
    return main([str(argument) for argument in arguments])


@pytest.fixture
def packed(root, tmp_path):  # noqa: F811
    path = tmp_path / "iam.npz"
    assert run("iam", "--root", root, "--out", path) == 0
    return path


def test_help_explains_the_three_commands():
    shown = subprocess.run([sys.executable, "-m", "writemate_jax.data", "--help"], capture_output=True, text=True)
    assert shown.returncode == 0
    for word in ("iam", "unipen", "inspect", "non-commercial research", "CC BY 4.0", "examples:"):
        assert word in shown.stdout


def test_iam_packs_lines_with_their_terms(packed):
    corpus = corpora.load(packed)
    assert len(corpus) == 5 and corpus.unit == "IAM-OnDB raw unit" and corpus.quantum == 1
    assert "Liwicki" in str(corpus.provenance) and "Non-commercial research only" in corpus.provenance["licence"]


def test_iam_prints_what_it_did(root, tmp_path, capsys):  # noqa: F811
    assert run("iam", "--root", root, "--splits", root, "--out", tmp_path / "iam.npz") == 0
    shown = capsys.readouterr().out
    assert "5  lines kept" in shown and "MB" in shown and "Non-commercial research only" in shown


def test_inspect_prints_figures(packed, capsys):
    assert run("inspect", packed) == 0
    shown = capsys.readouterr().out
    assert "5 lines, 20 points, 40 characters, 4 writers" in shown
    assert "points a character" in shown and "'e' 4" in shown and "testset_v" in shown and "Non-commercial" in shown


def test_inspect_knows_the_corpus_of_the_package_by_its_name(capsys):
    assert run("inspect", "open") == 0
    assert "31,054" in capsys.readouterr().out


def test_inspect_draws_histograms_and_lines(packed, tmp_path, capsys):
    assert run("inspect", packed, "--out", tmp_path / "pictures", "--lines", 3, "--seed", 1) == 0
    shown = capsys.readouterr().out
    for name in ("histograms.png", "lines.png"):
        assert str(tmp_path / "pictures" / name) in shown
        with Image.open(tmp_path / "pictures" / name) as picture:
            shades = np.asarray(picture.convert("L"))
        assert min(shades.shape) > 100 and shades.min() < 100 and shades.max() == 255


def test_the_same_seed_shows_the_same_lines(packed, tmp_path):
    corpus = corpora.load(packed)
    chosen = [inspect.save_contact_sheet(corpus, tmp_path / "a.png", lines=3, seed=seed).tolist() for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2] and len(set(chosen[0])) == 3
    assert inspect.save_contact_sheet(corpus, tmp_path / "a.png", lines=99).tolist() == [0, 1, 2, 3, 4]


def test_bins_of_whole_steps_are_even():
    edges = inspect._edges(3, 803, 1, 60)
    counts, _ = np.histogram(np.arange(3, 804), edges)
    assert 50 < len(counts) < 70 and set(counts[:-1]) == {13} and counts.sum() == 801


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("iam", "--root", "{tmp}/absent", "--out", "{tmp}/x.npz"), "no folder.*expected a folder with lineStrokes/"),
        (("iam", "--root", "{tmp}", "--out", "{tmp}/x.npz"), "no lineStrokes/"),
        (("unipen", "--root", "{tmp}/absent", "--out", "{tmp}/x.npz"), "absent"),
        (("inspect", "{tmp}/absent.npz"), "no corpus file"),
        (("inspect", "{tmp}/text.npz"), "not a whole corpus file"),
    ],
)
def test_mistakes_end_with_a_message_and_code_2(arguments, message, tmp_path, capsys):
    (tmp_path / "text.npz").write_text("no corpus")
    assert run(*(argument.format(tmp=tmp_path) for argument in arguments)) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("python -m writemate_jax.data: error: ") and "Traceback" not in shown.err
    assert re.search(message, shown.err)
    assert not (tmp_path / "x.npz").exists()


@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt(), INTERRUPTED), (ValueError("no ink"), 2)])
def test_it_ends_as_other_commands_do(monkeypatch, capsys, raised, code):
    def load(_):
        raise raised

    monkeypatch.setattr(corpora, "load", load)
    assert run("inspect", "open") == code
    assert capsys.readouterr().err.startswith("python -m writemate_jax.data: ")


@pytest.mark.parametrize("arguments", [[], ["iam"], ["iam", "--root", "."], ["inspect"], ["draw"],
                                       ["inspect", "x.npz", "--lines", "0"], ["inspect", "x.npz", "--lines", "few"],
                                       ["inspect", "x.npz", "--seed", "-1"],
                                       ["unipen", "--root", ".", "--out", "x.npz", "--seed", "-1"]])
def test_wrong_usage_ends_with_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and "usage:" in capsys.readouterr().err
