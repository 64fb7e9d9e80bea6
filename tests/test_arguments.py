"""What the command lines take for numbers and folders, and how they end."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from writemate_jax import arguments
from writemate_jax.pages import options as pages
from writemate_jax.sampling import command as sampling
from writemate_jax.sampling import style_list

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("kind", "good", "bad", "expected"),
    [
        (arguments.whole, {"0": 0, "12": 12}, ["-1", "1.5", "x", ""], "a whole number from 0 up"),
        (arguments.positive, {"1": 1}, ["0", "-1", "1e3", "x"], "a whole number from 1 up"),
        (arguments.port, {"0": 0, "8000": 8000}, ["65536", "99999"], "a port, 0 to 65535"),
        (arguments.from_zero, {"0": 0.0, "1e-3": 1e-3}, ["-0.1", "inf", "nan", "x", ""], "a number from 0 up"),
        (arguments.above_zero, {"0.5": 0.5}, ["0", "-1", "inf", "nan", "x"], "a number above 0"),
        (arguments.biases, {"1,0,1": (0.0, 1.0), "2": (2.0,)}, ["", "0,", "0;1", "-1,0", "0,inf"], "numbers from 0 up"),
    ],
)
def test_a_value_is_taken_or_named_with_what_is_expected(kind, good, bad, expected):
    assert {value: kind(value) for value in good} == good
    for value in bad:
        with pytest.raises(argparse.ArgumentTypeError, match=f"^{value!r}; expected {expected}"):
            kind(value)


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (None, 0, ""),
        (ValueError("no ink"), 2, "a.py: error: no ink\n"),
        (FileNotFoundError(2, "No such file", "b"), 2, "a.py: error: [Errno 2] No such file: 'b'\n"),
        (KeyboardInterrupt(), arguments.INTERRUPTED, "a.py: stopped\n"),
    ],
)
def test_a_command_ends_with_a_code_and_a_message(raised, code, said, capsys):
    def command():
        if raised:
            raise raised

    assert arguments.run("a.py", command) == code
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("letters", [1, 100_000])  # written at the end alone, and before
def test_a_command_whose_output_nobody_reads_ends_without_a_word(letters):
    program = f"""if True:
        import sys
        from writemate_jax import arguments
        sys.exit(arguments.run("a.py", lambda: print("b" * {letters})))"""
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run([sys.executable, "-c", program], stdout=write, stderr=subprocess.PIPE, cwd=ROOT, timeout=120,
                           env=os.environ | {"PYTHONUNBUFFERED": ""})  # fmt: skip
    os.close(write)
    assert (ended.returncode, ended.stderr) == (arguments.UNREAD, b"")


def test_what_is_no_mistake_of_the_user_is_shown_whole():
    with pytest.raises(KeyError):
        arguments.run("a.py", lambda: {}["a"])


@pytest.mark.parametrize("out", [".", "new", "new/", f"new{os.sep}", "a.svg/", "v1.2", "there.d", ".hidden"])
def test_out_names_a_folder_for_all_commands(tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.d").mkdir()
    assert arguments.names_folder(out)
    assert sampling._destination(out, None, 2) == (Path(out), ("svg", "png"), False)
    assert pages.destination(out) == Path(out) / "pages.pdf"
    assert style_list.destination(out) == Path(out) / "styles.png"


@pytest.mark.parametrize("out", ["a.png", "v1.2.png", "new/a.PNG", "a.b", "a.1b"])
def test_out_names_a_file_by_its_suffix(tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    assert not arguments.names_folder(out)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_is_read_as_what_it_says_it_is(tmp_path, encoding):
    (tmp_path / "text").write_bytes("Grüße".encode(encoding))
    assert arguments.read_text(str(tmp_path / "text")) == "Grüße"


def test_another_encoding_is_told_with_what_to_do(tmp_path):
    (tmp_path / "text").write_bytes("Grüße".encode("cp1252"))
    with pytest.raises(ValueError, match="text is no UTF-8 text: .*; save it as UTF-8"):
        arguments.read_text(str(tmp_path / "text"))


def test_warnings_are_told_at_once_each_time_and_as_the_command_s_own(capsys):
    before = warnings.showwarning
    with arguments.warnings_told("sample.py"):
        for _ in range(2):
            warnings.warn("the ink has 'ö'", stacklevel=1)
            assert capsys.readouterr().err == "sample.py: warning: the ink has 'ö'\n"
    assert warnings.showwarning is before
