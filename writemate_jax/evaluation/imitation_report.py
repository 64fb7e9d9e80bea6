"""What a measure of imitation leaves behind: JSON, tables in Markdown, and a contact sheet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from writemate_jax.drawing.contact_sheet import contact_sheet
from writemate_jax.evaluation.bootstrap import Interval
from writemate_jax.evaluation.held_out import HeldOut
from writemate_jax.evaluation.imitation import ADAPTED, DEFAULT, PRIMED, REAL, UNKNOWN, Copies, Figures, Lacking
from writemate_jax.evaluation.tables import plain, table
from writemate_jax.replacing import write_text

NAMES = {
    UNKNOWN: "unprimed, a hand not known",
    DEFAULT: "unprimed, a style by default",
    PRIMED: "primed with one line",
    ADAPTED: "adapted to the given lines",
    REAL: "real lines: the ceiling",
}
SHEET_WRITERS = 10


def write_report(
    folder: Path,
    about: Mapping[str, Any],
    people: Sequence[HeldOut],
    found: Mapping[str, Copies],
    summary: Mapping[str, Figures],
    lacking: Lacking,
) -> list[Path]:
    """Writes style.json, .md and .png into a folder, which is made if absent."""
    paths = [Path(folder) / f"style.{suffix}" for suffix in ("json", "md", "png")]
    stored = {
        "about": dict(about),
        "chance": 1 / len(people),
        "ways": {way: asdict(figures) for way, figures in summary.items()},
        "lacking characters": asdict(lacking),
        "writers": [one.writer for one in people],
        "lines": {
            way: [
                {"text": line.text, "writer": int(w), "ascribed": int(a), "errors": int(e), "complete": line.complete}
                for line, w, a, e in zip(c.ink, c.writers, c.ascribed, c.errors, strict=True)
            ]
            for way, c in found.items()
        },
    }
    write_text(paths[0], json.dumps(plain(stored), indent=1) + "\n")
    write_text(paths[1], markdown(about, len(people), summary, lacking))
    sheet(paths[2], people, found)
    return paths


def markdown(about: Mapping[str, Any], writers: int, summary: Mapping[str, Figures], lacking: Lacking) -> str:
    """A row for each way, with 95% intervals over writers in brackets."""
    lines = [f"- {name}: {value}" for name, value in about.items()]
    lines += ["", "Share of the lines that are ascribed to the right writer, and character errors, with 95% intervals"
              " over writers.", ""]  # fmt: skip
    rows = [
        (name, f"{f.lines}", _with(f.share, f.share_interval), _with(f.of_ceiling, f.of_ceiling_interval),
         _with(f.cer, f.cer_interval), _with(f.cer_ratio, f.cer_ratio_interval, percent=False), f"{f.complete:.1%}")
        for way, name in NAMES.items() if (f := summary[way])
    ]  # fmt: skip
    rows.insert(0, (f"chance, {writers} writers", "", f"{1 / writers:.1%}", "", "", "", ""))
    lines += table(("ink", "lines", "right writer", "of the ceiling", "CER", "CER / unprimed", "complete"), rows)
    lines += ["", f"Characters that the given lines lack: in {lacking.lines} texts that have {lacking.characters} of"
              f" them among {lacking.wanted} characters, {lacking.unprimed:.1%} are wrong in a hand not known,"
              f" {lacking.adapted:.1%} adapted (ratio {lacking.ratio_interval.low:.2f} to"
              f" {lacking.ratio_interval.high:.2f})."]  # fmt: skip
    return "\n".join(lines) + "\n"


def sheet(path: Path, people: Sequence[HeldOut], found: Mapping[str, Copies]) -> None:
    """A row for each of some writers: a real line, and its text primed, adapted and unprimed."""
    ways = (REAL, PRIMED, ADAPTED, UNKNOWN)
    step = max(1, len(people) // SHEET_WRITERS)
    chosen = []
    for k in range(0, len(people), step)[:SHEET_WRITERS]:
        own = [i for i, w in enumerate(found[REAL].writers) if w == k]
        chosen.append(min(own, key=lambda i: (abs(len(found[REAL].ink[i].text) - 15), i)))
    cells = [(found[way], way, i) for i in chosen for way in ways]
    titles = [f"{people[c.writers[i]].writer}, {way}" + _taken(people, c, i) for c, way, i in cells]
    contact_sheet([c.ink[i].strokes for c, _, i in cells], titles, path, columns=len(ways))


def _taken(people: Sequence[HeldOut], copies: Copies, i: int) -> str:
    right = copies.ascribed[i] == copies.writers[i]
    return ": right" if right else f": taken for {people[copies.ascribed[i]].writer}"


def _with(value: float, interval: Interval, *, percent: bool = True) -> str:
    if percent:
        return f"{value:.1%} ({interval.low:.1%}-{interval.high:.1%})"
    return f"{value:.2f} ({interval.low:.2f}-{interval.high:.2f})"
