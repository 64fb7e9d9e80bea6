"""The page that lists the figures of a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from writemate_jax.figures.making import Figure
from writemate_jax.replacing import write_text

INTRODUCTION = (
    "The figures of [Graves (2013)](https://arxiv.org/abs/1308.0850), of these networks. Ink that the network wrote is"
    " black, a single candidate each; those of networks of x-heights are levelled and set on the baseline, as all lines"
    " of theirs. Real ink is blue."
)


def page(figures: Sequence[Figure], left_out: Mapping[str, str], command: str) -> str:
    """The page in Markdown: each picture with its caption, its notes and the figure of the paper that it answers."""
    parts = ["# Figures", INTRODUCTION, f"    {command}"]
    for figure in figures:
        more = "".join(f" ([{name.rpartition('.')[2].upper()}]({name}))" for name in figure.files[1:])
        parts += [
            f"## {figure.title}",
            f"![{figure.title}]({figure.files[0]})",
            f"{figure.caption} The paper's figure {figure.paper}.{more}",
            f"*{'; '.join(figure.notes)}.*",
        ]
    if left_out:
        parts += ["## Left out", *(f"- {name}: {reason}." for name, reason in left_out.items())]
    return "\n\n".join(parts) + "\n"


def write_index(folder: Path, figures: Sequence[Figure], left_out: Mapping[str, str], command: str) -> Path:
    """Writes `page` as README.md into the folder; returns its path."""
    path = folder / "README.md"
    write_text(path, page(figures, left_out, command))
    return path
