"""What may be chosen of the figures. It imports no JAX: `evaluate.py figures --help` tells the defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from writemate_jax.limits import LARGEST_SEED

TEXTS = {"window": "where the window looks", "biased": "neater and more alike", "primed": "in the hand of this line"}


@dataclass(frozen=True)
class Choices:
    """Seeds, texts and sizes.

    seed: samples have the seeds from it up. lines_seed: draws the real lines. biases: of the biased rows. text: in
    place of all of `TEXTS`. points: of a predicted line, by default the paper's. svg: ink as SVG, too. dpi: of the
    pictures.
    """

    seed: int = 0
    lines_seed: int = 0
    biases: Sequence[float] = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0)
    text: str | None = None
    points: int = 700
    svg: bool = False
    dpi: int = 150

    def text_of(self, figure: str) -> str:
        """What is written in a figure where no real line says it."""
        return TEXTS[figure] if self.text is None else self.text

    def seeds(self, count: int) -> list[int]:
        """Of so many samples."""
        return [(self.seed + i) % (LARGEST_SEED + 1) for i in range(count)]
