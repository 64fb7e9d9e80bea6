"""The lines that networks are judged by, in groups: what people write, and what such networks are known to fail at."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from writemate_jax.alphabet import Alphabet, UnknownCharacters
from writemate_jax.warning import warn

# Files of `prompts/`, a line each; in this order in tables.
GROUPS = (
    "common_words", "rare_words", "names", "digits", "punctuation", "capitals", "short", "long_lines",
)  # fmt: skip


class Prompt(NamedTuple):
    """A line to be written, and the group that it counts in."""

    group: str
    text: str


def load(folder: Path | str | None = None) -> list[Prompt]:
    """The prompts of a folder, or those that come with the package: each file NAME.txt is the group NAME.

    Blank lines are left out. Raises ValueError for a folder without prompts.
    """
    place = importlib.resources.files("writemate_jax") / "evaluation" / "prompts" if folder is None else Path(folder)
    if not place.is_dir():
        raise ValueError(f"prompts: {place} is no folder; expected one of NAME.txt files, a line to write each")
    names = {Path(file.name).stem: file for file in place.iterdir() if file.name.endswith(".txt")}
    ordered = [*(name for name in GROUPS if name in names), *sorted(names.keys() - set(GROUPS))]
    prompts = [Prompt(name, line) for name in ordered for line in _lines(names[name])]
    if not prompts:
        raise ValueError(f"prompts: {place} holds no line in a .txt file; expected a line to write each")
    return prompts


def writable(prompts: Sequence[Prompt], alphabet: Alphabet) -> list[Prompt]:
    """Those that the alphabet has the characters of, or others in their place; warns of how many are left out.

    Raises ValueError where none is left.
    """
    kept, unknown = [], ""
    for prompt in prompts:
        try:
            alphabet.line(prompt.text)
        except UnknownCharacters as error:
            unknown += error.characters
        else:
            kept.append(prompt)
    named = "".join(sorted(set(unknown)))
    if not kept:
        raise ValueError(f"prompts: the network knows {alphabet.characters!r}, and each of {len(prompts)} prompts has"
                         f" others of {named!r}; give --prompts with lines that it can write")  # fmt: skip
    if unknown:
        warn(f"{len(prompts) - len(kept)} of {len(prompts)} prompts are left out: the network does not know {named!r}")
    return kept


def _lines(file) -> Iterator[str]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield line.strip()
