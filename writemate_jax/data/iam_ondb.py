"""Reads IAM-OnDB: lines of English written on a whiteboard, one XML file of strokes each.

The layout is that of the download: ``lineStrokes/a01/a01-000/a01-000u-01.xml`` (also below ``lineStrokes-all/``),
``ascii/a01/a01-000/a01-000u.txt`` (also below ``ascii-all/``), and the four lists of forms of the benchmark task:
trainset.txt, testset_v.txt, testset_t.txt, testset_f.txt. Line N of a form is the N-th line of its ``CSR:`` block.

The data's own terms allow non-commercial research only: users get it from its home themselves.

Stroke files are read with the standard library's parser. It fetches nothing from outside a file; files that declare a
document type, hence entities that could be blown up, are refused.
"""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from writemate_jax import strokes as ink
from writemate_jax.data.corpus import Line
from writemate_jax.data.report import Report

UNIT = "IAM-OnDB raw unit"
QUANTUM = 1.0
PROVENANCE = {
    "title": "IAM On-Line Handwriting Database (IAM-OnDB)",
    "authors": "M. Liwicki, H. Bunke",
    "publication": "IAM-OnDB - an On-Line English Sentence Database Acquired from Handwritten Text on a Whiteboard, "
                   "ICDAR 2005, pp. 956-961; to be cited",
    "source": "https://fki.tic.heia-fr.ch/databases/iam-on-line-handwriting-database; users register there",
    "licence": "Non-commercial research only; not to be redistributed, this packed form included",
    "changes": "y turned up; positions relative to each line's first point; times left out",
}

SPLITS = ("trainset", "testset_v", "testset_t", "testset_f")
SPLIT_NAMES = {"trainset": "train"} | {name: name for name in SPLITS[1:]}
NO_SPLIT = "none"
LAYOUT = ("expected a folder with lineStrokes/ and ascii/ (or lineStrokes-all/lineStrokes and ascii-all/ascii) "
          "as IAM-OnDB's archives unpack")
LONGEST_JUMP = QUANTUM * np.iinfo(np.int16).max  # what the packed corpus can hold

_LINE_FILE = re.compile(r"([a-z]\d\d-\d\d\d[a-z]?)-(\d\d)\.xml")


class LayoutError(ValueError):
    """A folder is not laid out like IAM-OnDB; the message says what was expected."""


class WildLine(ValueError):
    """A line or form that cannot be used: the ``reason``, the same for all such, and a ``detail`` of this one."""

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(f"{reason} ({detail})" if detail else reason)
        self.reason, self.detail = reason, detail

    def name(self, name: str) -> str:
        """The name with the detail behind it."""
        return f"{name} ({self.detail})" if self.detail else name


class BrokenXml(WildLine):
    """A stroke file that is cut off or is no XML."""


def build(root: str | os.PathLike, splits: str | os.PathLike | None = None) -> tuple[list[Line], Report]:
    """All usable lines below ``root``, in the order of their names, and a report of what was left out and why.

    Left out whole: a form with a broken stroke file, without a transcription, or whose stroke files and text lines
    differ in number. Left out alone: a line with an empty stroke, a coordinate that is no finite number, or a jump
    beyond what a corpus holds.

    ``splits``: where the four lists are; by default in the root or a folder right below. Raises `LayoutError`.
    """
    root = Path(root)
    stroke_folder = _folder(root, "lineStrokes")
    text_folder = _folder(root, "ascii")
    split_folder = find_splits(root, splits)
    split_of = read_splits(split_folder)
    writer_of = _read_writers(split_folder)
    report = Report(f"IAM-OnDB in {root}")

    lines: list[Line] = []
    forms = _forms(stroke_folder, report)
    for split in (*SPLIT_NAMES.values(), NO_SPLIT):
        report.count(f"lines that pair with a text, {split}", 0)
    for form, files in sorted(forms.items()):
        split = split_of.get(form, NO_SPLIT)
        try:
            texts = _transcription(text_folder, form)
            report.count(f"lines that pair with a text, {split}", min(len(files), len(texts)))
            if sorted(files) != list(range(1, len(texts) + 1)):
                raise WildLine("form whose stroke files and text lines differ in number",
                               f"{len(files)} and {len(texts)}")
            rows = _read_form(files, report)
        except WildLine as error:
            report.skip(error.reason, error.name(form))
            continue
        writer = writer_of.get(form, f"unknown-{form}")
        lines += [Line(rows[n], texts[n - 1], writer, split, files[n].stem) for n in sorted(rows)]
    _summarise(lines, forms, split_of, writer_of, report)
    return lines, report


def _read_form(files: Mapping[int, Path], report: Report) -> dict[int, np.ndarray]:
    """Usable lines of one form by number. Raises `BrokenXml`; other wild lines are skipped alone."""
    rows = {}
    for number, path in sorted(files.items()):
        try:
            rows[number] = read_strokes(path)
        except BrokenXml as error:
            raise BrokenXml(f"form with a {error.reason}", path.name) from error
        except WildLine as error:
            report.skip(error.reason, error.name(path.stem))
    return rows


def read_strokes(path: str | os.PathLike) -> np.ndarray:
    """The line in one stroke file: float32 [T, 3], y up, from its first point. Raises `WildLine`."""
    data = Path(path).read_bytes()
    if b"<!DOCTYPE" in data:
        raise BrokenXml("stroke file that declares a document type")
    try:
        tree = ElementTree.fromstring(data)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise BrokenXml("stroke file that is cut off or no XML") from error
    found = tree.findall("./StrokeSet/Stroke")
    if not found:
        raise WildLine("line without strokes")
    try:
        strokes = [
            np.array([(point.attrib["x"], point.attrib["y"]) for point in stroke.iter("Point")], np.float64)
            for stroke in found
        ]
    except (KeyError, ValueError) as error:
        raise WildLine("line with a coordinate that is no finite number") from error
    if not all(map(len, strokes)):
        raise WildLine("line with an empty stroke")
    points = np.concatenate(strokes)
    if not np.isfinite(points).all():
        raise WildLine("line with a coordinate that is no finite number")
    if len(points) > 1 and np.abs(np.diff(points, axis=0)).max() > LONGEST_JUMP:
        raise WildLine(f"line with a jump beyond {LONGEST_JUMP:g}")
    upright = [stroke * (1.0, -1.0) for stroke in strokes]
    return ink.join(upright, origin=upright[0][0])


# Folders and lists


def find_splits(root: str | os.PathLike, splits: str | os.PathLike | None = None) -> Path:
    """The folder with the lists of forms. Raises `LayoutError`, naming where it was looked for."""
    if splits is not None:
        places = [Path(splits)]
    else:
        places = [Path(root), *sorted(path for path in Path(root).iterdir() if path.is_dir())]
    for place in places:
        if (place / f"{SPLITS[0]}.txt").is_file():
            return place
    wanted = ", ".join(f"{name}.txt" for name in SPLITS)
    looked = f"{str(places[0])!r}" + ("" if splits is not None else " or a folder right below")
    raise LayoutError(f"no lists of forms in {looked}; expected {wanted} of the benchmark task there: "
                      "say where they are with --splits DIR")


def read_splits(folder: str | os.PathLike) -> dict[str, str]:
    """Split of each listed form. Raises `LayoutError` for an absent list or a form in two of them."""
    split_of: dict[str, str] = {}
    for name in SPLITS:
        path = Path(folder) / f"{name}.txt"
        if not path.is_file():
            raise LayoutError(f"no list {str(path)!r}; expected {', '.join(f'{s}.txt' for s in SPLITS)} side by side")
        for form in path.read_text("latin-1").split():
            if split_of.setdefault(form, SPLIT_NAMES[name]) != SPLIT_NAMES[name]:
                raise LayoutError(f"form {form} is in {split_of[form]} and in {SPLIT_NAMES[name]}; expected it in one "
                                  f"split: take the lists in {str(folder)!r} as they are distributed")
    return split_of


def _folder(root: Path, name: str) -> Path:
    if not root.is_dir():
        raise LayoutError(f"no folder {str(root)!r}; {LAYOUT}")
    for place in (root / name, root / f"{name}-all" / name):
        if place.is_dir():
            return place
    raise LayoutError(f"no {name}/ in {str(root)!r}; {LAYOUT}")


def _read_writers(folder: Path) -> dict[str, str]:
    """Writer of each form where known: form_writer.json beside the lists is optional."""
    path = folder / "form_writer.json"
    if not path.is_file():
        return {}
    try:
        known = json.loads(path.read_text("utf-8"))
        wrong = [form for form, writer in known.items() if type(writer) not in (str, int) or writer == ""]
        if wrong:
            raise ValueError(f"the writer of {wrong[0]} is {known[wrong[0]]!r}")
        return {str(form): str(writer) for form, writer in known.items()}
    except (ValueError, AttributeError) as error:
        raise LayoutError(f"{str(path)!r} is no JSON object of writers by form ({error}); mend or remove it") from error


def _forms(folder: Path, report: Report) -> dict[str, dict[int, Path]]:
    """Stroke files by form and number. Raises `LayoutError` if there are none, or two of one name."""
    forms: dict[str, dict[int, Path]] = defaultdict(dict)
    for path in sorted(folder.rglob("*.xml")):
        report.count("stroke files")
        named = _LINE_FILE.fullmatch(path.name)
        if named:
            before = forms[named[1]].setdefault(int(named[2]), path)
            if before != path:
                raise LayoutError(f"{str(before)!r} and {str(path)!r} have one name; leave one of them")
        else:
            report.skip("stroke file not named like a01-000u-01.xml", path.name)
    if not forms:
        raise LayoutError(f"no files such as a01/a01-000/a01-000u-01.xml in {str(folder)!r}; {LAYOUT}")
    report.count("forms", len(forms))
    return forms


def _transcription(folder: Path, form: str) -> list[str]:
    """Text lines of a form. Raises `WildLine` without any."""
    path = folder / form[:3] / form[:7] / f"{form}.txt"
    _, _, block = (path.read_text("latin-1") if path.is_file() else "").partition("CSR:")
    texts = [line.strip() for line in block.splitlines() if line.strip()]
    if not texts:
        raise WildLine("form without a transcription")
    return texts


def _summarise(lines: list[Line], forms: Mapping, split_of: Mapping, writer_of: Mapping, report: Report) -> None:
    for split in (*SPLIT_NAMES.values(), NO_SPLIT):
        report.count(f"lines kept, {split}", sum(line.split == split for line in lines))
    report.count("lines kept", len(lines))
    report.count("points kept", sum(len(line.strokes) for line in lines))
    report.count("characters kept", sum(len(line.text) for line in lines))
    crossed_out = sum("#" in line.text for line in lines)
    if crossed_out:
        report.note(f"{crossed_out} texts have a #: mostly it stands for a word that was crossed out")
    absent = sorted(set(split_of) - set(forms))
    if absent:
        report.note(f"{len(absent)} forms of the lists have no strokes: {', '.join(absent[:5])}"
                    + (", ..." if len(absent) > 5 else ""))
    if not writer_of:
        report.note("writers: unknown (no form_writer.json beside the lists); each form counts as its own writer")
        return
    splits_of_writer = defaultdict(set)
    for form in forms:
        if form in writer_of and form in split_of:
            splits_of_writer[writer_of[form]].add(split_of[form])
    straying = sorted(writer for writer, found in splits_of_writer.items() if len(found) > 1)
    known = sum(form in writer_of for form in forms)
    report.note(f"writers: known for {known:,} of {len(forms):,} forms; {len(splits_of_writer)} known writers, "
                + (f"in more than one split: {', '.join(straying)}" if straying else "each in one split only"))
