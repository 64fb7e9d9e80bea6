"""What several command lines have in common: types for `argparse`'s `type=`, which return the value or raise argparse's
error, files of text, what --out names, what it warns of, and how a command ends.
"""

from __future__ import annotations

import argparse
import codecs
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

INTERRUPTED, UNREAD = 130, 141  # exit codes, as a shell has them


def run(name: str, command: Callable[[], None]) -> int:
    """Runs a command; returns its exit code: 0, or 2 after saying on stderr what was wrong, 130 after Ctrl-C, 141 where
    nobody reads its output to the end. A command may say with its KeyboardInterrupt what is there by then.
    """
    try:
        with warnings_told(name):
            command()
        sys.stdout.flush()
    except BrokenPipeError:  # who reads the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is flushed when Python ends
        return UNREAD
    except (ValueError, OSError) as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interrupt:
        print(f"{name}: {str(interrupt) or 'stopped'}", file=sys.stderr)
        return INTERRUPTED
    return 0


def warn(name: str, message: object) -> None:
    """Says on stderr what is not as it might be, and does not end the command."""
    print(f"{name}: warning: {message}", file=sys.stderr)


@contextmanager
def warnings_told(name: str) -> Iterator[None]:
    """Warnings of the library as those of the command, at once: they may be why what follows them is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = lambda message, *_: warn(name, message)
        yield


def whole(value: str, least: int = 0) -> int:
    """A whole number from ``least`` up."""
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"{value!r}; expected a whole number from {least} up")
    return number


def positive(value: str) -> int:
    """A whole number from 1 up."""
    return whole(value, least=1)


def port(value: str) -> int:
    """A port to listen at; 0 for any that is free."""
    number = whole(value)
    if number > 65535:
        raise argparse.ArgumentTypeError(f"{value!r}; expected a port, 0 to 65535")
    return number


def from_zero(value: str) -> float:
    """A finite number from 0 up."""
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{value!r}; expected a number from 0 up")
    return number


def above_zero(value: str) -> float:
    """A finite number above 0."""
    try:
        number = from_zero(value)
    except argparse.ArgumentTypeError:
        number = 0.0
    if not number:
        raise argparse.ArgumentTypeError(f"{value!r}; expected a number above 0")
    return number


def biases(value: str) -> tuple[float, ...]:
    """Biases with commas, ascending, each once."""
    try:
        return tuple(sorted({from_zero(part) for part in value.split(",")}))
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{value!r}; expected numbers from 0 up, with commas") from None


def names_folder(out: str) -> bool:
    """Whether --out means a folder: one that is there, or a path that ends with a slash or has no suffix.

    Digits are none: v1.2 is a folder.
    """
    path = Path(out)
    suffix = path.suffix.lstrip(".")
    return path.is_dir() or out.endswith(("/", os.sep)) or not suffix or suffix.isdigit()


def read_text(name: str) -> str:
    """What a file of text holds, or standard input where its name is "-": in UTF-8, or in UTF-16 that says so.

    Raises ValueError for what is neither.
    """
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return data.decode("utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"--text-file {name} is no UTF-8 text: {error}; save it as UTF-8 (in an editor: Save as, then"
                         " Encoding)") from error  # fmt: skip
