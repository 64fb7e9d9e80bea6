"""Reader of UNIPEN raw files (train_r01_v07): segments with their labels and their ink.

Layout: `data/<category>/<contributor>/.../*.dat` hold `.SEGMENT` lines and `.INCLUDE` the ink that lies under
`include/<contributor>/...`. A segment names components: `.PEN_DOWN` and `.PEN_UP` blocks in the order of the
file, includes resolved. **Only blocks that hold points count**; counting the empty ones too shifts the labels of
many contributors against their ink without any error. A component may be cut: `3:10-5:2` runs from point 10 of
component 3 to point 2 of component 5, both included.

Format: I. Guyon, L. Schomaker, R. Plamondon, M. Liberman, S. Janet, "UNIPEN project of on-line data exchange and
recognizer benchmarks", ICPR 1994.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from writemate_jax.data.report import Report

KEYWORD = re.compile(rb"^\.([A-Z_]+)[^\S\n]*", re.MULTILINE)
SEGMENT = re.compile(r'(?P<level>\w+)\s+(?P<spans>[\d:,\-]+)\s+(?P<quality>\S+)\s+"(?P<label>.*)"\s*$', re.DOTALL)
END = re.compile(r"(\d+)(?::(\d+))?")
MAX_DEPTH = 8  # includes may nest; a deeper nesting can only be a cycle


class UnipenError(ValueError):
    """A file that is not readable as UNIPEN."""


class MissingInclude(UnipenError):
    """A file names an include that the distribution lacks."""


@dataclass(frozen=True)
class End:
    """One end of a span: a component, and a point in it where the component is cut."""

    component: int
    point: int | None = None


@dataclass(frozen=True)
class Segment:
    """A labelled stretch of ink as the file declares it."""

    level: str  # TEXT, WORD or CHARACTER
    spans: tuple[tuple[End, End], ...]
    quality: str  # GOOD, OK, BAD, LOW or ?
    text: str


@dataclass
class Document:
    """One data file with its includes resolved.

    components: points float64 [N, 2] (x, y; y up; device units) of each non-empty pen-down block, and None for each
    non-empty pen-up block; both are counted by a segment's indices.
    """

    segments: list[Segment] = field(default_factory=list)
    components: list[np.ndarray | None] = field(default_factory=list)
    writers: list[str] = field(default_factory=list)  # of each component

    def strokes(self, segment: Segment) -> list[np.ndarray]:
        """The segment's pen-down strokes, each float64 [N, 2].

        Raises UnipenError where the segment points past the file's ink.
        """
        strokes = []
        for first, last in segment.spans:
            if last.component >= len(self.components) or first.component > last.component:
                raise UnipenError(f"segment {segment.text!r} names component {last.component} of "
                                  f"{len(self.components)}")
            for index in range(first.component, last.component + 1):
                points = self.components[index]
                if points is None:
                    continue
                start = first.point if index == first.component else None
                stop = last.point if index == last.component else None
                points = points[start or 0: None if stop is None else stop + 1]
                if len(points):
                    strokes.append(points)
        return strokes

    def writer(self, segment: Segment) -> str:
        """The writer in force at the segment's first component ('' where the file names none)."""
        index = segment.spans[0][0].component
        return self.writers[index] if index < len(self.writers) else ""


@dataclass(frozen=True)
class Sample:
    """A labelled piece of ink: `strokes` are float64 [N, 2] points, y up, in device units."""

    text: str
    strokes: list[np.ndarray]
    writer: str
    contributor: str
    category: str
    source: str  # data file and position of the segment in it
    quality: str = "?"


def parse_segment(line: str) -> Segment:
    """A `.SEGMENT` line without its keyword. Raises UnipenError where it does not parse."""
    match = SEGMENT.match(line)
    if match is None:
        raise UnipenError(f'segment {line.strip()!r} is not `LEVEL first-last QUALITY "label"`')
    spans = []
    for part in match["spans"].split(","):
        ends = part.split("-")
        numbers = [END.fullmatch(end) for end in ends]
        if not 1 <= len(ends) <= 2 or None in numbers:
            raise UnipenError(f"segment indices {match['spans']!r} are not of the form 3, 3-5 or 3:10-5:2")
        first, last = (End(int(n[1]), int(n[2]) if n[2] else None) for n in (numbers[0], numbers[-1]))
        if len(ends) == 1:  # a single `n:m` is that one point
            last = first
        spans.append((first, last))
    return Segment(match["level"], tuple(spans), match["quality"], re.sub(r"\\(.)", r"\1", match["label"]))


def parse_points(block: bytes) -> np.ndarray:
    """The rows of a pen block as float64 [N, 2] (x and y lead every row; time and pressure are left out).

    Raises UnipenError for text among the numbers, rows of unequal length (a file that is cut off) and values
    that are not finite.
    """
    rows = [row for row in map(bytes.split, block.splitlines()) if row]
    columns = {len(row) for row in rows}
    if len(columns) > 1 or min(columns) < 2:
        raise UnipenError(f"{min(columns)} to {max(columns)} numbers a row: all need the same columns, x and y first")
    try:
        points = np.array([[float(number) for number in row[:2]] for row in rows])
    except ValueError as error:
        raise UnipenError(f"a point is not a number: {error}") from error
    if not np.isfinite(points).all():
        raise UnipenError("a point is not finite")
    return points


@lru_cache(maxsize=64)  # the categories of a contributor include the same ink
def parse_ink(root: Path, name: str, depth: int = 0) -> Document:
    """Parses `name`, a path under `root/include`, with what it includes itself."""
    path = root / "include" / name
    if not path.is_file():
        raise MissingInclude(f"the included file {name} is missing")
    return _parse(root, path, depth + 1)


def parse_file(root: Path, path: Path) -> Document:
    """Parses one file under `root/data` and its includes.

    Raises UnipenError naming the file where it or an include is missing or malformed.
    """
    return _parse(root, path, 0)


def _parse(root: Path, path: Path, depth: int) -> Document:
    if depth > MAX_DEPTH:
        raise UnipenError(f"{path.name}: includes nest deeper than {MAX_DEPTH}")
    content = path.read_bytes()
    document, writer = Document(), ""
    matches = list(KEYWORD.finditer(content))
    ends = [match.start() for match in matches[1:]] + [len(content)]
    for match, end in zip(matches, ends, strict=True):
        keyword, body = match[1], content[match.end():end]
        if keyword in (b"PEN_DOWN", b"PEN_UP"):
            if not body.strip():
                continue  # an empty block is no component
            try:
                document.components.append(parse_points(body) if keyword == b"PEN_DOWN" else None)
            except UnipenError as error:
                line = content.count(b"\n", 0, match.start()) + 1
                raise UnipenError(f"{path.name}, pen block at line {line}: {error}") from error
            document.writers.append(writer)
        elif keyword == b"SEGMENT":
            try:
                document.segments.append(parse_segment(body.decode("latin-1")))
            except UnipenError as error:
                raise UnipenError(f"{path.name}: {error}") from error
        elif keyword == b"WRITER_ID":
            writer = body.decode("latin-1").strip()
        elif keyword == b"INCLUDE":
            name = body.decode("latin-1").strip()
            if name.endswith((".lex", ".freq")):
                continue  # word lists hold no ink
            included = parse_ink(root, name, depth)
            document.components += included.components
            document.writers += [named or writer for named in included.writers]
            document.segments += included.segments
            writer = included.writers[-1] if included.writers and included.writers[-1] else writer
    return document


def check_root(root: Path) -> Path:
    """Raises UnipenError unless `root` holds UNIPEN's two folders."""
    root = Path(root)
    for name in ("data", "include"):
        if not (root / name).is_dir():
            raise UnipenError(f"{root} has no folder {name!r}: expected the unpacked train_r01_v07 with data/ and "
                              "include/ (https://doi.org/10.5281/zenodo.1195803)")
    return root


def contributors(root: Path, category: str) -> list[str]:
    """The contributors of a category, sorted."""
    folder = check_root(root) / "data" / category
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else []


def read_samples(root: Path, category: str, contributor: str, report: Report,
                 levels: tuple[str, ...] = ("TEXT", "WORD", "CHARACTER")) -> Iterator[Sample]:
    """The samples of one contributor in one category, in a fixed order.

    Files that cannot be read and segments without ink are counted in `report` by name. Writers without a name are
    called after their file.
    """
    root = check_root(root)
    for path in sorted((root / "data" / category / contributor).rglob("*.dat")):
        name = path.relative_to(root / "data").as_posix()
        try:
            document = parse_file(root, path)
        except UnipenError as error:
            reason = "missing include" if isinstance(error, MissingInclude) else "malformed block"
            for _ in range(path.read_bytes().count(b"\n.SEGMENT")):
                report.skip(f"segment of a file with a {reason}", f"{name} ({error})")
            continue
        for position, segment in enumerate(document.segments):
            if segment.level not in levels:
                continue
            try:
                strokes = document.strokes(segment)
            except UnipenError:
                report.skip("segment past the ink", name)
                continue
            if not strokes:
                report.skip("segment without ink", name)
                continue
            yield Sample(segment.text, strokes, document.writer(segment) or path.stem, contributor, category,
                         f"{name}#{position}", segment.quality)
