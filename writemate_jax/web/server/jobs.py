"""Lines of requests on their way through the desk, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from writemate_jax.sampling.lanes import Ended
from writemate_jax.sampling.leading import Led
from writemate_jax.sampling.lines import Line, from_own_origin
from writemate_jax.sampling.trial import Trial
from writemate_jax.sampling.written import Written
from writemate_jax.strokes import Rows
from writemate_jax.web.server import settings
from writemate_jax.web.server.problems import Problem


class Points(NamedTuple):
    """What was drawn of a line since the last: rows [n, 3]. The whole line is levelled at its end: these may change."""

    index: int
    rows: Rows


class Whole(NamedTuple):
    """A line that has ended."""

    index: int
    line: Written


class Asker:
    """A request: where its events go, and whether anybody still waits for them."""

    def __init__(self, put: Callable[[Any], None]):
        self._put, self.gone = put, False

    def say(self, event: Any) -> None:
        """Called by the desk's threads."""
        if not self.gone:
            try:
                self._put(event)
            except RuntimeError:  # its loop has ended, as when the server stops
                self.gone = True

    def fail(self, problem: Problem) -> None:
        """Says why nothing more comes; what else it asked for is given up."""
        self.say(problem)
        self.gone = True


class Job:
    """A line of a request on its way: what its trial (`Writer.trial`) asks for, and what is there of it."""

    def __init__(self, asker: Asker, index: int, line: Line, trial: Trial, attention: bool, follow: bool):
        self.asker, self.index, self.line = asker, index, line
        self.attention, self.follow = attention, follow
        self.turn = 0  # the lower, the sooner
        self.led: Led | None = None  # where it begins to be drawn, once that is found
        self.trial = trial
        self.wanted: list[Line] = next(self.trial)
        self._shown = False
        self._begin()

    def _begin(self) -> None:
        self.drafts: list[Ended | None] = [None] * len(self.wanted)
        self._paths = np.zeros(len(self.wanted))  # x-heights
        self.entered = 0

    def runs_away(self, number: int, rows: Rows) -> bool:
        """Takes what a draft drew since the last time; whether its pen is nowhere, or has gone farther than pens go."""
        self._paths[number] += np.hypot(*rows[:, :2].T.astype(float)).sum()
        return not self._paths[number] <= settings.LONGEST_PATH

    def placed(self, rows: Rows) -> Rows:
        """What was drawn of a single draft since the last time, as rows of the line.

        Behind a primer the first row comes as an offset from that. It becomes one from the line's own origin, whose
        left edge is taken to be that of the first rows: the whole line's is not known yet.
        """
        if self.line.primer.length and not self._shown:
            rows = from_own_origin(rows, self.line.primer.end, on_baseline=True)
        self._shown = True
        return rows

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
        self._begin()
        return None


class Chosen(NamedTuple):
    """A line that has ended, as the device left it: what becomes of it is no work for the desk's thread."""

    job: Job
    ended: Ended
