"""The command line: what it writes, what it says, and how it fails."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import tiny
from writemate_jax import config as configuration
from writemate_jax.alphabet import Alphabet
from writemate_jax.checkpoints.models import Description, export_model, load_model
from writemate_jax.checkpoints.orbax_checkpoints import Checkpoints
from writemate_jax.drawing import png, strokes_json
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.hands import text_fit
from writemate_jax.model.networks import text_batch
from writemate_jax.sampling import command
from writemate_jax.sampling.command import main
from writemate_jax.sampling.writer import Writer

ROOT = Path(__file__).parent.parent


def read_json(path: str) -> Ink:
    [ink] = strokes_json.read_json(path)
    return ink


@pytest.fixture(autouse=True)
def no_compilation_cache(monkeypatch):
    monkeypatch.setenv("WRITEMATE_CACHE", "")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory) -> Path:
    """A folder with small random networks: synthesis, hasty (one that is cut at once), and prediction."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for name, window, cap in (("synthesis", True, 30), ("hasty", True, 1), ("prediction", False, 30)):
        config = configuration.default()
        config.model.layers, config.model.cells, config.model.mixtures, config.model.components = 1, 8, 2, 2
        config.model.window, config.model.kappa_scale = window, 0.1
        config.sampling.points_per_character, config.sampling.points = cap, 12
        statistics = np.zeros(2, np.float32), np.ones(2, np.float32)
        description = Description(config, Alphabet(" abcdeéfghilorswHW"), *statistics, "x-height", ())
        text = text_batch([np.array([1])], 2) if window else None
        params = description.network().init(jax.random.key(0), jnp.zeros((1, 2, 3)), text)["params"]
        export_model(folder / name, description, params)
    return folder


@pytest.fixture
def sample(checkpoints, tmp_path, monkeypatch, capsys):
    """Runs the command in an empty folder with the synthesis checkpoint: (exit code, stdout lines, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, checkpoint: str | None = "synthesis"):
        with_checkpoint = ["--checkpoint", str(checkpoints / checkpoint)] if checkpoint else []
        try:
            code = main([*arguments, *with_checkpoint])
        except SystemExit as exit:
            code = exit.code
        out, err = capsys.readouterr()
        return code, out.splitlines(), err

    return run


def files(folder="."):
    return sorted(str(path) for path in Path(folder).rglob("*") if path.is_file())


# What it writes


def test_folder_gets_numbered_files_of_each_format(sample):
    code, out, _ = sample("Hello", "world", "--out", "ink", "--format", "svg,png,json", "--seed", "7", "--bias", "0.25")
    assert code == 0
    assert out == [f"ink/{line}.{suffix}" for line in ("0000", "0001") for suffix in ("svg", "png", "json")]
    assert files() == sorted(out)
    for i, text in enumerate(["Hello", "world"]):
        ink = read_json(f"ink/000{i}.json")
        assert (ink.text, ink.seed, ink.bias) == (text, 7 + i, 0.25)
        assert f"<title>{text}</title>" in Path(f"ink/000{i}.svg").read_text()
        assert Image.open(f"ink/000{i}.png").text["Title"] == text


def test_default_is_svg_and_png_in_a_folder(sample):
    assert sample("Hello")[0] == 0
    assert files() == ["handwriting/0000.png", "handwriting/0000.svg"]


def test_a_line_has_a_seed_of_its_own_and_does_not_depend_on_the_lines_beside_it(sample):
    ours = "--style", "unknown", "--format", "json"
    sample("Hello", "world", "world", "--out", "all", "--seed", "3", *ours)
    sample("world", "--out", "one", "--seed", "4", *ours)
    np.testing.assert_array_equal(read_json("all/0001.json").strokes, read_json("one/0000.json").strokes)
    assert not np.array_equal(*(read_json(f"all/000{i}.json").strokes for i in (1, 2)))
    sample("Hello", "world", "--out", "last", "--seed", str(2**32 - 1), *ours)  # after the largest comes the first
    assert read_json("last/0001.json").seed == 0


def test_lines_are_by_one_hand_that_the_seed_draws(sample, monkeypatch):
    asked, write = [], Writer.write
    monkeypatch.setattr(Writer, "one_hand", lambda _, *ask: asked.append(ask) or "unknown")
    monkeypatch.setattr(Writer, "write", lambda self, *a, **k: asked.append(k["style"]) or write(self, *a, **k))
    assert sample("Hello", "world", "--style", "random", "--seed", "3")[0] == 0
    assert asked == [("random", 3, None), "unknown"]


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_file_with_a_suffix_gets_all_lines(sample, suffix):
    assert sample("Hello", "world", "--out", f"deep/all.{suffix}")[1] == [f"deep/all.{suffix}"]
    assert sample("Hello", "--out", f"one.{suffix}", "--format", suffix)[0] == 0
    assert files() == [f"deep/all.{suffix}", f"one.{suffix}"]
    if suffix == "png":
        assert Image.open("deep/all.png").height == 2 * Image.open("one.png").height


@pytest.mark.parametrize(("bound", "value"), [("LARGEST_SIDE", 300), ("LARGEST_AREA", 20_000)])
def test_page_of_many_lines_is_drawn_smaller_not_refused(sample, monkeypatch, bound, value):
    monkeypatch.setattr(png, bound, value)
    assert sample("Hello", "world", "a bead", "--out", "all.png")[0] == 0
    width, height = Image.open("all.png").size
    assert height < 3 * png.LINE_PIXELS and (max(width, height) <= 300 or width * height <= 1.1 * 20_000)


def test_pictures_that_cannot_be_drawn_are_an_error(sample, monkeypatch):
    monkeypatch.setattr(png, "LARGEST_SIDE", 0)
    code, out, err = sample("Hello", "--out", "a.png")
    assert (code, out) == (2, []) and "error: a picture of" in err and not files()


def test_existing_folder_with_a_suffix_is_a_folder(sample):
    Path("a.svg").mkdir()
    assert sample("Hello", "--out", "a.svg", "--format", "json")[1] == ["a.svg/0000.json"]
    assert sample("Hello", "--out", "b.letters/", "--format", "json")[1] == ["b.letters/0000.json"]


def test_text_file_is_a_line_each(sample, monkeypatch):
    Path("letter.txt").write_bytes("\ufeffdear\r\n\r\n  f\u00e9lice \n".encode())
    assert sample("Hello", "--text-file", "letter.txt", "--format", "json")[0] == 0
    assert [read_json(name).text for name in files("handwriting")] == ["Hello", "dear", "f\u00e9lice"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n")))
    assert sample("--text-file", "-", "--out", "in", "--format", "json")[1] == ["in/0000.json", "in/0001.json"]


def test_many_lines_are_saved_some_at_a_time_and_an_interrupt_keeps_them(sample, monkeypatch):
    texts = ["Hello", "world", "a bead", "rode", "bold"]
    sample(*texts, "--out", "at_once", "--format", "json")
    monkeypatch.setattr(command, "AT_ONCE", 2)
    code, out, _ = sample(*texts, "--out", "some", "--format", "json")
    assert code == 0 and out == [f"some/000{i}.json" for i in range(5)]
    for i in range(5):
        assert Path(f"some/000{i}.json").read_bytes() == Path(f"at_once/000{i}.json").read_bytes()
    write, calls = Writer.write, []

    def interrupted(self, texts, *arguments, **options):
        calls.append(texts)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return write(self, texts, *arguments, **options)

    monkeypatch.setattr(Writer, "write", interrupted)
    code, out, err = sample(*texts, "--out", "cut", "--format", "json")
    assert (code, out) == (130, []) and "stopped; 4 files are written" in err and "Traceback" not in err
    assert files("cut") == [f"cut/000{i}.json" for i in range(4)]


def test_an_interrupt_between_files_counts_those_that_are_there(sample, monkeypatch):
    save, calls = command.save, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return save(*arguments)

    monkeypatch.setattr(command, "save", interrupted)
    code, out, err = sample("Hello", "world", "a bead", "--out", "cut", "--format", "json")
    assert (code, out) == (130, []) and "stopped; 2 files are written" in err and len(files("cut")) == 2


def test_lines_of_a_longer_run_in_the_same_folder_are_told_of(sample):
    for texts, told in ((["Hello", "world", "a bead"], False), (["a bead"], True)):
        code, _, err = sample(*texts, "--out", "ink", "--format", "svg")
        assert code == 0 and ("ink/0001.svg and what follows it are of an earlier run" in err) == told


def test_characters_that_become_others_are_told_of_once(sample):
    Path("letter.txt").write_text("w\u00e0rd\nHell\u00f6\nb\u00e0r\n", encoding="utf-8")
    _, _, err = sample("--text-file", "letter.txt", "--format", "json")
    [told] = [line for line in err.splitlines() if "know" in line]
    assert told.startswith("sample.py: warning: letter.txt:1 and others: the network does not know all characters; ")
    assert told.endswith("it writes '\u00e0' as 'a', '\u00f6' as 'o'")


@pytest.mark.parametrize("options", [("--page", "A6", "--out", "a.svg"), ("--list-styles", "--out", "a.png")])
def test_an_interrupt_is_no_traceback(sample, monkeypatch, options):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Writer, "load", interrupted)
    code, out, err = sample("Hello", *options)
    assert (code, out, err) == (130, [], "sample.py: stopped\n") and not files()


def test_what_is_wrong_in_a_text_file_is_told_by_its_line(sample):
    Path("letter.txt").write_text("Hello\n\n  \nwe \u4e16\n")
    for options, place in (((), "letter.txt:4"), (("--page", "A6"), "the text, at first in line 4")):
        code, _, err = sample("--text-file", "letter.txt", *options)
        assert code == 2 and f"error: {place}: cannot write '\u4e16'" in err
    Path("several.txt").write_text("we \u4e16\nHello\n\u754c we\n")
    code, _, err = sample("--text-file", "several.txt")
    assert code == 2 and "several.txt:1 and 1 more: cannot write '\u4e16' (U+4E16), '\u754c' (U+754C); leave" in err
    Path("long.txt").write_text("Hello\n" + "a bead " * 30)
    code, _, err = sample("--text-file", "long.txt")
    assert code == 2 and "long.txt:2 has 209 characters; expected 1 to 128: split it" in err
    assert "or write pages, which are wrapped: --page A4" in err and not Path("handwriting").exists()


def test_attention_is_drawn_beside(sample, monkeypatch):
    out = sample("Hello", "world", "--out", "ink", "--format", "svg", "--plot-attention")[1]
    assert out == ["ink/0000.svg", "ink/0001.svg", "ink/0000-attention.png", "ink/0001-attention.png"]
    assert sample("Hello", "world", "--out", "all.svg", "--plot-attention")[1] == ["all.svg", "all-attention.png"]
    monkeypatch.setattr(command, "ATTENDED", 1)
    out = sample("Hello", "world", "--out", "all.svg", "--plot-attention")[1]
    assert out == ["all.svg", "all-attention-1.png", "all-attention-2.png"]
    for name in ("ink/0001-attention.png", "all-attention.png", "all-attention-2.png"):
        Image.open(name).verify()


def test_primer_is_read_back_and_changes_the_ink(sample):
    sample("Hello", "--out", "hand.json")
    sample("world", "--out", "plain.json")
    assert sample("world", "--out", "primed.json", "--prime", "hand.json")[0] == 0
    assert sample("world", "--out", "other.json", "--prime", "hand.json", "--prime-text", "Holle")[0] == 0
    inks = [read_json(f"{name}.json").strokes.tolist() for name in ("plain", "primed", "other")]
    assert all(a != b for a, b in itertools.combinations(inks, 2))


@pytest.mark.parametrize(("prime", "options"), [
    ("hand.json", ["--out", "hand.json"]), ("0000.json", ["--out", ".", "--format", "png,json"]),
    ("handwriting/0000.svg", []), ("hand.svg", ["--out", "hand.svg", "--page", "A6"]),
    ("hand-12.svg", ["--out", "hand.svg", "--page", "A6"]),
])  # fmt: skip
def test_the_ink_that_writing_goes_on_from_is_not_replaced(sample, prime, options):
    sample("Hello", "--out", prime)
    kept = Path(prime).read_bytes()
    code, _, err = sample("world", "--prime", prime, "--prime-text", "Hello", *options)
    assert code == 2 and f"may replace {prime}, the ink of --prime; give another --out" in err
    assert Path(prime).read_bytes() == kept


def test_unconditional(sample):
    assert sample("--unconditional", "--out", "a.json", "--points", "40", checkpoint="prediction")[0] == 0
    assert sample("--unconditional", "--out", "b.json", checkpoint="prediction")[0] == 0
    assert len(read_json("a.json").strokes) == 40 and len(read_json("b.json").strokes) == 12


# What it says


def test_cut_line_gets_a_warning(sample):
    code, _, err = sample("Hello world", "a", "--format", "json", checkpoint="hasty")
    inks = [read_json(name) for name in files("handwriting")]
    assert code == 0 and not inks[0].complete
    assert err.count("was cut at") == sum(not ink.complete for ink in inks)
    assert f"warning: line 0, 'Hello world', was cut at {len(inks[0].strokes)} points" in err


def test_replaced_characters_get_a_warning(sample):
    code, _, err = sample("h\u00e8llo", "f\u00e9", "--format", "json")
    assert code == 0
    assert "warning: text 0: " in err and "writes '\u00e8' as 'e'" in err and "text 1" not in err
    assert read_json("handwriting/0000.json").text == "hello"


def test_help_has_examples_and_does_not_start_jax():
    code = "import sys; sys.argv[1:] = ['--help']\n" \
        "import runpy\ntry: runpy.run_path('sample.py', run_name='__main__')\n" \
        "except SystemExit as e: assert e.code == 0\nassert 'jax' not in sys.modules"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 'python sample.py "Hello world"' in result.stdout


def test_script_runs_from_anywhere_and_the_second_start_compiles_nothing(checkpoints, tmp_path):
    cache = tmp_path / "cache"
    environment = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    environment["WRITEMATE_CACHE"] = str(cache)
    results = []
    for name in ("one.json", "two.json"):
        subprocess.run(
            [sys.executable, ROOT / "sample.py", "Hello", "--out", name, "--checkpoint", checkpoints / "synthesis"],
            cwd=tmp_path, env=environment, check=True,
        )
        results.append({path.name for path in cache.iterdir() if not path.name.endswith("-atime")})
    assert results[0] and results[0] == results[1]
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


# How it fails


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no text to write"),
        (["Hello", ""], "text 1 is empty"),
        ([" "], "text 0 is empty"),
        (["a" * 129], "text 0 has 129 characters; expected 1 to 128"),
        (["Hello \u4e16"], "cannot write '\u4e16'"),
        (["Hello", "--bias", "-1"], "argument --bias: '-1'; expected a number from 0 up"),
        (["Hello", "--bias", "nan"], "argument --bias: 'nan'"),
        (["Hello", "--bias", "inf"], "argument --bias: 'inf'"),
        (["Hello", "--bias", "neat"], "argument --bias: 'neat'"),
        (["Hello", "--seed", "-1"], "argument --seed: '-1'; expected a whole number from 0 up"),
        (["Hello", "--seed", str(2**32)], "seed is 4294967296"),
        (
            ["Hello", "--format", "svg,bmp"],
            "'bmp' is no known format; expected some of svg, plotter, animated, png, pdf",
        ),
        (["Hello", "--format", ""], "'' is no known format"),
        (["Hello", "--out", "a.bmp"], ".bmp is no known format"),
        (["Hello", "--out", "a.svg", "--format", "png"], "--out a.svg is one svg file, but --format asks for png"),
        (["Hello", "world", "--out", "a.json"], "a JSON file holds one line, not 2"),
        (["Hello", "--out", "a.svg", "--dpi", "300"], "--dpi is for png alone, and what is asked for is svg"),
        (["Hello", "--out", "a.png", "--by-speed"], "--by-speed is for svg alone"),
        (["Hello", "--out", "a.gcode", "--origin", "-900,0"], "the ink lies from X-"),
        (["Hello", "--format", "svg", "--pen-seconds", "0"], "--pen-seconds is for gcode alone"),
        (["Hello", "--format", "json,inkml", "--pen", "1"], "--pen says how ink is drawn, of which json and inkml"),
        (["Hello", "--out", "a.gcode", "--ink", "red"], "--ink says how ink is drawn, of which gcode hold"),
        (["Hello", "--out", ""], "--out is empty"),
        (["Hello", "--page", "A6", "--seed", "4294967296"], "seed is 4294967296; expected 0 to 4294967295"),
        (["Hello", "--out", "a.gcode", "--letter-size", "1e9"], "x_height is 1000000000.0; expected a letter"),
        (["Hello", "--out", "a.mp4"], ".mp4 is no known format"),
        (["Hello", "--format", "svg,png", "--feed", "900"], "--feed is for gcode alone, and what"),
        (["Hello", "--page", "A6", "--out", "a.pdf", "--transparent"], "--transparent is for png alone"),
        (["--text-file", "absent.txt"], "absent.txt"),
        (["--text-file", "blank.txt"], "no text to write"),
        (["--text-file", "latin.txt"], "--text-file latin.txt is no UTF-8 text"),
        (["Hello", "--prime", "absent.json"], "absent.json: cannot be read"),
        (["Hello", "--prime", "blank.txt"], "blank.txt: not JSON"),
        (["Hello", "--prime", "long.json"], "long.json: not JSON: Exceeds the limit"),
        (["Hello", "--prime-text", "a"], "--prime-text needs --prime"),
        (["Hello", "--points", "5"], "--points is for --unconditional"),
        (["Hello", "--unconditional"], "--unconditional writes without a text; leave out the text"),
        (["--unconditional", "--plot-attention"], "leave out --plot-attention"),
        (["--unconditional", "--points", "0"], "argument --points: '0'; expected a whole number from 1 up"),
        (["--unconditional"], "this is a synthesis network, which needs texts"),
        (["Hello", "--out", "blank.txt/x/"], "Not a directory: 'blank.txt"),
        (["Hello", "--out", "blank.txt/x.svg"], "Not a directory: 'blank.txt'"),
        (["Hello", "--nonsense"], "--nonsense"),
    ],
)
def test_what_cannot_be_done_is_said_and_exits_with_2(sample, arguments, message):
    Path("blank.txt").write_text("\n  \n")
    Path("latin.txt").write_bytes(b"caf\xe9")
    Path("long.json").write_text(f'{{"text": "a", "strokes": [[0, {"9" * 5000}, 1]]}}')
    before = files()
    code, out, err = sample(*arguments)
    assert (code, out) == (2, [])
    assert message in err and "Traceback" not in err
    assert files() == before


@pytest.mark.parametrize("folder", ["absent", "empty", "blank.txt"])
def test_folder_that_is_no_checkpoint_is_said_and_exits_with_2(sample, folder):
    Path("empty").mkdir()
    Path("blank.txt").write_text("")
    code, out, err = sample("Hello", "--checkpoint", folder, checkpoint=None)
    assert (code, out) == (2, [])
    assert f"error: {folder} " in err


@pytest.mark.parametrize("damaged", ["model/params.npz", "model/description.json", "run/best/1/description",
                                     "run/best/1/params", "run/best/1/description/metadata",
                                     "run/best/1/params/_METADATA", "run/best/1/params/manifest.ocdbt"])
@pytest.mark.parametrize("emptied", [False, True])
def test_damaged_checkpoint_is_said_and_exits_with_2(sample, checkpoints, damaged, emptied):
    kind, _, part = damaged.partition("/")
    if kind == "model":
        shutil.copytree(checkpoints / "synthesis", "damaged")
    else:  # as training leaves them
        model = load_model(checkpoints / "synthesis")
        with Checkpoints(Path("damaged"), model) as kept:
            kept.save_if_best(1, model.params, 1.0)
    path = Path("damaged", part)
    if path.is_dir():
        shutil.rmtree(path)
        if emptied:
            path.mkdir()
    elif emptied:
        path.write_bytes(b"")
    else:
        path.unlink()
    code, out, err = sample("Hello", "--checkpoint", "damaged", checkpoint=None)
    assert (code, out) == (2, [])
    assert "sample.py: error: " in err and "damaged" in err and "Traceback" not in err


def test_prediction_checkpoint_cannot_write_a_text(sample):
    code, _, err = sample("Hello", checkpoint="prediction")
    assert code == 2 and "prediction network, which knows no text; give --unconditional" in err


def test_ink_that_hardly_says_its_text_is_not_gone_on_from_by_a_network_that_can_tell(sample, checkpoints, monkeypatch):
    model = load_model(checkpoints / "synthesis")
    model.config.data.rests = True  # so it can tell; but untrained, it finds no text likelier than others
    export_model(Path("telling"), model, model.params)
    strokes_json.write_json("mine.json", Ink(tiny.line("lolo", 0.01, np.random.default_rng(0)), "lolo"))
    before = files()
    ours = "world", "--checkpoint", "telling", "--prime", "mine.json"
    for options in (["--out", "a.json"], ["--out", "a.svg", "--page", "A6"]):
        code, out, err = sample(*ours, *options, checkpoint=None)
        assert (code, out) == (2, []) and "--prime mine.json: the ink hardly says 'lolo'" in err
    assert files() == before
    monkeypatch.setattr(text_fit, "LEAST", -np.inf)
    assert sample(*ours, "--out", "a.json", checkpoint=None)[0] == 0


@pytest.mark.parametrize(("texts", "message"), [
    (["lolo", "olol"], "--prime mine.json holds 2 lines of ink; expected one"),
    ([""], "--prime mine.json does not say what is written there; give --prime-text"),
])  # fmt: skip
def test_ink_to_go_on_from_is_one_line_with_its_text(sample, texts, message):
    line = tiny.line("lolo", 0.01, np.random.default_rng(0))
    Path("mine.json").write_text(f"[{', '.join(strokes_json.dumps(Ink(line, text)) for text in texts)}]")
    code, out, err = sample("world", "--out", "a.json", "--prime", "mine.json")
    assert (code, out) == (2, []) and message in err and files() == ["mine.json"]
