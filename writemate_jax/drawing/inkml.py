"""Written lines as InkML (W3C, 2011), and back without loss; also the ink of other tools.

A line is a ``traceGroup`` with its text as the annotation "truth", a stroke is a ``trace``. As the standard has it, Y
grows downward. Places are decimal sums of the offsets, so that their differences are the offsets again, exactly.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from decimal import Context, Decimal, InvalidOperation, localcontext
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from writemate_jax import strokes
from writemate_jax.drawing.strokes_json import LARGEST, Ink, InvalidInkFile
from writemate_jax.drawing.svg import in_xml
from writemate_jax.replacing import write_text

NAMESPACE = "http://www.w3.org/2003/InkML"
_EXACT = Context(prec=120)  # float32 reach from 1e-45 to 1e38
# A number with how it is to be taken; or true, false, as before, or none, which say no place.
_VALUE = re.compile(r"""(?:([!'"]?)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|[TF*?])\s*""")


def dumps(lines: Sequence[Ink]) -> str:
    """The InkML of lines. Raises ValueError for a text that XML cannot hold, and `strokes.InvalidInk`."""
    root = ElementTree.Element("ink", {"xmlns": NAMESPACE})
    channels = ElementTree.SubElement(ElementTree.SubElement(root, "context"), "traceFormat")
    for name in "XY":
        ElementTree.SubElement(channels, "channel", {"name": name, "type": "decimal"})
    for line in lines:
        group = ElementTree.SubElement(root, "traceGroup")
        notes = {
            "truth": line.text,
            "complete": "true" if line.complete else "false",
            "bias": repr(float(line.bias)),
            "seed": str(int(line.seed)),
            "pointsPerSecond": "" if line.points_per_second is None else repr(float(line.points_per_second)),
        }
        if in_xml(line.text) != line.text or "\r" in line.text:
            raise ValueError(f"the text {line.text!r} holds characters that XML cannot; write it as .json")
        for name, value in notes.items():
            if value or name == "truth":
                ElementTree.SubElement(group, "annotation", {"type": name}).text = value
        for trace in _traces(strokes.check(line.strokes)):
            ElementTree.SubElement(group, "trace").text = trace
    ElementTree.indent(root)
    return "<?xml version='1.0' encoding='UTF-8'?>\n" + ElementTree.tostring(root, encoding="unicode") + "\n"


def loads(text: str | bytes, name: str = "InkML") -> list[Ink]:
    """The lines in an InkML document, a group each; without groups all its traces are one line.

    So are they where no group says what it is and the document does, or has traces outside of groups. The origin is the
    document's (0, 0). Channels other than X and Y are left out. Raises `InvalidInkFile`, also for traces outside of
    groups that say what they are, as nothing tells whose they are, and for a document type, which ink does not need
    and entity bombs do.
    """
    try:
        root = ElementTree.fromstring(text, ElementTree.XMLParser(target=_Tree(name)))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise error if isinstance(error, InvalidInkFile) else InvalidInkFile(f"{name}: not XML: {error}") from error
    if _tag(root) != "ink":
        raise InvalidInkFile(f"{name}: the root is <{_tag(root)}>; expected InkML, <ink>")
    document = _Document(root, name)
    return [_line(group, document) for group in _groups(root, document)]


def write_inkml(path: str | os.PathLike, lines: Sequence[Ink]) -> None:
    """Writes `dumps` of the lines to a file."""
    write_text(path, dumps(lines))


def read_inkml(path: str | os.PathLike) -> list[Ink]:
    """The lines in a file. Raises `InvalidInkFile`, also where the file cannot be read."""
    try:
        return loads(Path(path).read_bytes(), str(path))
    except OSError as error:
        raise InvalidInkFile(f"{path}: cannot be read: {error.strerror}") from error


class _Tree(ElementTree.TreeBuilder):
    def __init__(self, name: str):
        super().__init__()
        self.name = name

    def doctype(self, *_) -> None:
        raise InvalidInkFile(f"{self.name}: has a document type (<!DOCTYPE ...>); InkML needs none, remove it")


def _traces(line: strokes.Rows) -> list[str]:
    x = y = Decimal(0)
    traces, points = [], []
    with localcontext(_EXACT):
        for dx, dy, eos in line.tolist():
            x, y = x + Decimal(f"{dx:.9g}"), y - Decimal(f"{dy:.9g}")
            points.append(f"{_plain(x)} {_plain(y)}")
            if eos:
                traces.append(", ".join(points))
                points = []
    return traces


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


class _Format(NamedTuple):
    """Of a trace: the names of its channels, how many of them every point has, and whether Y grows upward."""

    names: tuple[str, ...] = ("X", "Y")
    regular: int = 2
    up: bool = False


class _Document:
    """An ink document with what its elements refer to."""

    def __init__(self, root: ElementTree.Element, file: str):
        self.file = file
        self.notes = _notes(root)
        self.parents = {child: parent for parent in root.iter() for child in parent}
        names = ("id", "{http://www.w3.org/XML/1998/namespace}id")
        self._named = {element.get(name): element for element in root.iter() for name in names if element.get(name)}
        self._usual = {kind: next((element for element in root.iter() if _tag(element) == kind), None)
                       for kind in ("context", "traceFormat")}  # fmt: skip

    def traces(self, group: ElementTree.Element) -> list[ElementTree.Element]:
        """The traces of a group, its own and those that it only points to, each once, less those of a lifted pen."""
        pointed = {}
        for view in group.iter():
            if _tag(view) == "traceView":
                pointed[self._named.get(view.get("traceDataRef", "").lstrip("#"))] = None
        pointed.pop(None, None)
        found = {}
        for holder in (group, *pointed):
            for trace in holder.iter():
                if _tag(trace) == "trace" and trace.get("type") != "penUp":
                    found[trace] = None
        return list(found)

    def format(self, trace: ElementTree.Element) -> _Format:
        """By the context that the trace or its group names, or the document's first; X and Y without one.

        Raises `InvalidInkFile` where there is no X or no Y.
        """
        holder, context = trace, None
        while holder is not None and context is None:
            context = self._named.get(holder.get("contextRef", "").lstrip("#"))
            holder = self.parents.get(holder)
        context = self._usual["context"] if context is None else context
        given = None if context is None else self._trace_format(context)
        given = self._usual["traceFormat"] if given is None else given
        if given is None:
            return _Format()
        channels = [element for element in given.iter() if _tag(element) == "channel"]
        late = [element for part in given if _tag(part) == "intermittentChannels" for element in part]
        channels = [channel for channel in channels if channel not in late] + late
        names = tuple(str(channel.get("name")) for channel in channels)
        if not {"X", "Y"} <= {*names}:
            raise InvalidInkFile(f"{self.file}: has the channels {', '.join(names)}; expected X and Y among them")
        up = channels[names.index("Y")].get("orientation") == "-ve"
        return _Format(names, len(channels) - len(late), up)

    def _trace_format(self, context: ElementTree.Element) -> ElementTree.Element | None:
        """A context's own, else that of the device that it names, else that of the context that it is based on."""
        seen = set()  # contexts that name each other in a circle are based on nothing
        while context is not None and context not in seen:
            seen.add(context)
            own, source = self._part(context, "traceFormat"), self._part(context, "inkSource")
            own = self._part(source, "traceFormat") if own is None and source is not None else own
            if own is not None:
                return own
            context = self._named.get(context.get("contextRef", "").lstrip("#"))
        return None

    def _part(self, element: ElementTree.Element, kind: str) -> ElementTree.Element | None:
        inside = next((child for child in element if _tag(child) == kind), None)
        return self._named.get(element.get(kind + "Ref", "").lstrip("#")) if inside is None else inside


def _groups(root: ElementTree.Element, document: _Document) -> list[ElementTree.Element]:
    """The elements whose traces are a line each. Raises `InvalidInkFile` for traces outside of lines with a text."""
    groups = _outermost(root, document)
    said = any(map(_says, groups))
    inside = {trace for group in groups for trace in document.traces(group)}
    stray = [f"trace {i} ({(trace.text or '').strip()[:20]!r})"
             for i, trace in enumerate(document.traces(root)) if trace not in inside]  # fmt: skip
    if stray and said:
        named = ", ".join(stray[:3]) + (f" and {len(stray) - 3} more" if stray[3:] else "")
        raise InvalidInkFile(f"{document.file}: outside of the traceGroups, which have texts: {named}, counted from 0;"
                             " put each into the group of its line, or remove it")  # fmt: skip
    return [root] if not groups or stray or (document.notes.get("truth", "").strip() and not said) else groups


def _outermost(root: ElementTree.Element, document: _Document) -> list[ElementTree.Element]:
    """The outermost groups; of one that says no text of its own and holds some that do, as a page, those inside."""
    groups = [element for element in root.iter() if _tag(element) == "traceGroup"]
    holding = {root}
    for group in filter(_says, groups):
        holder = document.parents[group]
        while holder not in holding:
            holding.add(holder)
            holder = document.parents[holder]
    opened, found = {root}, []
    for group in groups:  # each behind the one that holds it
        if document.parents[group] in opened:
            if group in holding and not _says(group):
                opened.add(group)
            else:
                found.append(group)
    return found


def _says(group: ElementTree.Element) -> bool:
    return bool(_notes(group).get("truth", "").strip())


def _line(group: ElementTree.Element, document: _Document) -> Ink:
    file = document.file
    notes = document.notes | {"truth": ""} | _notes(group)  # a text that is the document's is not that of each group
    rows, before = [], (Decimal(0), Decimal(0))
    with localcontext(_EXACT):
        for i, trace in enumerate(document.traces(group)):
            channels = document.format(trace)
            points = _points(trace.text or "", channels, f"{file}: trace {i}")
            goes_on = trace.get("continuation") in ("begin", "middle")  # in the next trace, with the pen down
            for j, (x, y) in enumerate(points):
                y = y if channels.up else -y
                offset = float(x - before[0]), float(y - before[1])
                if not max(map(abs, offset)) <= LARGEST:
                    raise InvalidInkFile(f"{file}: trace {i} moves by {offset}; expected finite float32 numbers")
                rows.append([*offset, float(j == len(points) - 1 and not goes_on)])
                before = x, y
    if not rows:
        raise InvalidInkFile(f"{file}: holds no ink; expected a <trace> of points")
    rows[-1][2] = 1.0  # also where it was to go on and does not
    try:
        bias, seed = float(notes.get("bias", 0.0)), int(notes.get("seed", 0))
        pace = float(notes["pointsPerSecond"]) if notes.get("pointsPerSecond") else None
    except ValueError as error:
        raise InvalidInkFile(f"{file}: an annotation is no number: {error}") from error
    if not 0 <= bias < math.inf or (pace is not None and not 0 < pace < math.inf):
        raise InvalidInkFile(f"{file}: bias is {bias}, pointsPerSecond {pace}; expected 0 or more, and more than 0")
    return Ink(
        strokes=strokes.check(np.array(rows)), text=notes["truth"], complete=notes.get("complete") != "false",
        bias=bias, seed=seed, points_per_second=pace,
    )


def _points(text: str, channels: _Format, where: str) -> list[tuple[Decimal, Decimal]]:
    """Absolute places. Values after ' are differences and after " differences of these, until ! ends it."""
    names = channels.names
    points, modes = [], [""] * len(names)
    value, step = [Decimal(0)] * len(names), [Decimal(0)] * len(names)
    for number, point in enumerate(text.split(",")):
        if not point.strip():
            continue
        found = list(_VALUE.finditer(point.strip()))
        whole = "".join(match[0] for match in found) == point.strip()
        whole &= all(match[2] or name not in ("X", "Y") for match, name in zip(found, names, strict=False))
        if not whole or not channels.regular <= len(found) <= len(names):
            raise InvalidInkFile(
                f"{where}, point {number}: {point.strip()[:40]!r}; expected numbers for {' '.join(names)}"
            )
        for i, match in enumerate(found):
            if match[2] is None:
                continue
            modes[i] = match[1] or modes[i]
            try:
                given = Decimal(match[2])
            except InvalidOperation as error:
                raise InvalidInkFile(f"{where}, point {number}: {match[2][:40]!r} is no number") from error
            if abs(given) > Decimal("1e60"):
                raise InvalidInkFile(f"{where}, point {number}: {match[2][:40]} is no place for ink")
            if modes[i] in ("", "!"):
                value[i], step[i] = given, given - value[i]
            else:
                step[i] = given if modes[i] == "'" else step[i] + given
                value[i] += step[i]
        places = dict(zip(names, value, strict=True))
        points.append((places["X"], places["Y"]))
    return points


def _notes(element: ElementTree.Element) -> dict[str | None, str]:
    """Its annotations by their types."""
    return {child.get("type"): child.text or "" for child in element if _tag(child) == "annotation"}


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]
