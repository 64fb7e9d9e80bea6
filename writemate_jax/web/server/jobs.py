"""Lines of requests on their way through the desk, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from writemate_jax.sampling.lanes import Ended
from writemate_jax.sampling.writer import Line, Primer, Trial
from writemate_jax.sampling.written import Written


class Points(NamedTuple):
    """What was drawn of a line by now: rows [n, 3]. The whole line is levelled at its end, so these may change."""

    index: int
    rows: np.ndarray


class Whole(NamedTuple):
    """A line that has ended."""

    index: int
    line: Written


class Asker:
    """A request: where its events go, and whether anybody still waits for them."""

    def __init__(self, put: Callable[[Any], None]):
        self._put, self.gone = put, False

    def say(self, event: Any) -> None:
        """Called by the desk's thread."""
        if not self.gone:
            try:
                self._put(event)
            except RuntimeError:  # its loop has ended, as when the server stops
                self.gone = True


class Job:
    """A line of a request on its way: what its trial (`Writer.trial`) asks for, and what is there of it."""

    def __init__(
        self, asker: Asker, index: int, line: Line, trial: Trial, primer: Primer, attention: bool, follow: bool
    ):
        self.asker, self.index, self.line, self.primer = asker, index, line, primer
        self.attention, self.follow = attention, follow
        self.trial = trial
        self.wanted: list[Line] = next(self.trial)
        self.drafts: list[Ended | None] = [None] * len(self.wanted)
        self.entered = 0

    def add(self, number: int, ended: Ended) -> bool:
        """Takes a draft; returns whether all are there that were wanted."""
        self.drafts[number] = ended
        return all(draft is not None for draft in self.drafts)

    def decide(self) -> Ended | None:
        """The best of the drafts; None where another try is `wanted` first."""
        try:
            self.wanted = self.trial.send(self.drafts)
        except StopIteration as end:
            return end.value
        self.drafts, self.entered = [None] * len(self.wanted), 0
        return None


class Chosen(NamedTuple):
    """A line that has ended, as the device left it: what becomes of it is no work for the desk's thread."""

    job: Job
    ended: Ended
