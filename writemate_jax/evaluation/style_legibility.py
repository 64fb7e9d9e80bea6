"""Which of a network's styles an independent recogniser reads best: those that lines without a wish are written in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from writemate_jax.evaluation.edit_distance import compare
from writemate_jax.evaluation.recogniser import Recogniser
from writemate_jax.sampling.writer import Writer
from writemate_jax.sampling.written import Written

# None of these is a prompt that the network is judged by. Together they hold every letter but R, every digit and the
# common marks.
TEXTS = (
    "We packed a dozen jugs of very fine liquid wax",
    "Both girls know the zebra quite well, don't they?",
    "HE SAW JACK AND ZOE VIEW MY BIG QUILT",
    "Call 274-8936 or 510-4827 by June 9, 1985.",
    "Five Men, Queen Yvonne and Uncle Xavier",
    'Pay $40 (or more): "Thanks!" & so on',
)


@dataclass(frozen=True)
class StyleRecord:
    """How a style was read. writer: its name. cer: wrong characters for each of all texts'. incomplete: lines that
    did not end by themselves.
    """

    writer: str
    cer: float
    incomplete: int


def read_styles(
    writer: Writer,
    recogniser: Recogniser,
    *,
    bias: float | None = None,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> list[StyleRecord]:
    """A record of each style, the best read first; one candidate of each text in each style, text i with seed + i."""
    records = []
    for name in writer.model.writers:
        lines = writer.write(TEXTS, bias=bias, seed=range(seed, seed + len(TEXTS)), style=name, candidates=1)
        records.append(StyleRecord(name, cer(recogniser, lines), sum(not line.complete for line in lines)))
        progress()
    return sorted(records, key=lambda record: (record.cer, record.writer))


def cer(recogniser: Recogniser, lines: Sequence[Written]) -> float:
    """The character error rate: wrong characters for each that the lines, at least one, should say."""
    errors = sum(compare(line.text, recogniser.read(line.strokes).text()).total for line in lines)
    return errors / sum(len(line.text) for line in lines)
