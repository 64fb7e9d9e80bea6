"""The ink of each figure of samples, in blocks: a single candidate of each line, as in the paper."""

from __future__ import annotations

from collections.abc import Sequence

from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.figures.ink_blocks import Block, Cell, Row
from writemate_jax.figures.real_lines import RealLine
from writemate_jax.sampling.writer import Writer
from writemate_jax.sampling.written import Written

UNKNOWN = "unknown"  # of a network with styles: that of a hand not known, which is all that the paper's networks have


def predicted(writer: Writer, points: int, seeds: Sequence[int]) -> list[Block]:
    """Lines of so many points that a prediction network writes by itself: the paper's figure 11."""
    return [Block("", tuple(_row(f"seed {s}", writer.unconditional(points, 0.0, s)) for s in seeds))]


def real_and_written(writer: Writer, lines: Sequence[RealLine], bias: float, seeds: Sequence[int]) -> list[Block]:
    """For each real line a block: the line, and its text as the network writes it: the paper's figures 15 and 17."""
    texts = [line.text for line in lines for _ in seeds]
    written = iter(writer.write(texts, bias, [*seeds] * len(lines), style=UNKNOWN, candidates=1))
    return [
        Block(
            f"\u201c{line.text}\u201d, writer {line.writer}",
            (Row("real", (Cell(line.strokes, True),)), *(_row(f"seed {seed}", next(written)) for seed in seeds)),
        )
        for line in lines
    ]


def biased(writer: Writer, text: str, biases: Sequence[float], seeds: Sequence[int]) -> list[Block]:
    """A row for each bias, a column for each seed: the paper's figure 16."""
    each = [bias for bias in biases for _ in seeds]
    written = iter(writer.write([text] * len(each), each, [*seeds] * len(biases), style=UNKNOWN, candidates=1))
    return [Block("", tuple(_row(f"bias {bias:g}", *(next(written) for _ in seeds)) for bias in biases))]


def primed(writer: Writer, primers: Sequence[RealLine], text: str, bias: float, seeds: Sequence[int]) -> list[Block]:
    """A row for each primer: its ink, and what is written after it by each seed: the paper's figures 18 to 21.

    The first row is of the same seeds without a primer. A network that learns hands takes for each primer the style
    that suits it (`hands.primed`).
    """
    texts = [text] * len(seeds)
    alone = writer.write(texts, bias, seeds, style=UNKNOWN, candidates=1)
    rows = [_row("unprimed", None, *alone)]
    for primer in primers:
        written = writer.write(texts, bias, seeds, prime=Ink(primer.strokes, primer.text), candidates=1)
        rows.append(_row(primer.writer, Cell(primer.strokes, True), *written))
    return [Block("", tuple(rows))]


def _row(label: str, *cells: Written | Cell | None) -> Row:
    """The lines side by side; the label says where some did not end by themselves."""
    written = [cell for cell in cells if isinstance(cell, Written)]
    cut = sum(not line.complete for line in written)
    more = "" if not cut else "\n(cut)" if len(written) == 1 else f"\n({cut} cut)"
    return Row(label + more, tuple(Cell(c.strokes) if isinstance(c, Written) else c for c in cells))
