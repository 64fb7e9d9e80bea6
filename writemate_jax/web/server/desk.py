"""The desk: a thread that writes the lines of all requests side by side and fits hands between.

Every text capacity has sets of lanes (`sampling.lanes`), which all compute at every step whether a line is in them or
not. A line enters as soon as a lane is free, beside lines of other requests, and is the same ink as if it were alone.
Where more waits than one set holds, two move at once, each in a thread of a pool: what one leaves of the processors, as
between its matrix products, the other takes. Lines with a primer are led along that first, some of whatever requests at
once, in a thread of its own (`sampling.leading`). A hand is fitted in the desk's thread: after each of its steps the
lines that wait are written for a while.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from writemate_jax import strokes
from writemate_jax.data import own_ink
from writemate_jax.hands.styles import Style
from writemate_jax.limits import MAX_CHARACTERS
from writemate_jax.sampling.lanes import Ended, Lanes, Moved
from writemate_jax.sampling.lines import TEXT_CAPACITIES, Line, capacity_of, room_for
from writemate_jax.sampling.writer import Writer
from writemate_jax.web.server import fitting
from writemate_jax.web.server.jobs import Asker, Chosen, Job, Points, Whole
from writemate_jax.web.server.measures import Measures
from writemate_jax.web.server.problems import Problem, busy, failed, ran_away

GATHER = 0.002  # seconds that the first request after a pause is waited for by others
SPREAD = 8  # a request's next line waits as if it had come so many requests later: a long text lets short ones pass
SETS = 2  # of lanes for each text capacity, and as many move at once
WARM = "warm"  # who is in a lane while everything is compiled
WRITING = 1.0  # how much longer than a step of fitting what waits is written between two of them

log = logging.getLogger(__name__)


class _Given(Exception):  # noqa: N818
    """A fit that nobody waits for any more."""


class _Flight(NamedTuple):
    """Lanes that move: those of a capacity, who is inside, and what will have become of them."""

    capacity: int
    lanes: Lanes
    inside: Sequence[Any]
    moving: Future[list[Moved]]


class _Fit(NamedTuple):
    asker: Asker
    ink: own_ink.OwnInk
    until: float


class Desk:
    """Where requests bring their lines.

    Args:
      writer: whose lanes are used; nothing else may use these while the desk runs.
      waiting: lines, candidates counted, that may wait; where none does, a request may have more. fits: hands that may.
      seconds: that fitting a hand may take, with waiting for it. fit_room: points of the longest line that is compiled.
      batching: whether lines of several requests are written side by side.
    """

    def __init__(
        self, writer: Writer, measures: Measures, *, waiting: int, fits: int, seconds: float, fit_room: int = 1024,
        batching: bool = True,
    ):  # fmt: skip
        self.writer, self._measures = writer, measures
        self._most_waiting, self._most_fits, self._seconds = waiting, fits, seconds
        self._fit_room, self._batching = fit_room, batching
        self._changed = threading.Condition()
        self._inbox: list[Job] = []
        self._unled: list = []  # a heap of those whose primers are still to be gone along
        self._fits: deque[_Fit] = deque()
        self._backlog = 0  # lines on their way into lanes: those of `_unled`, the inbox and `_waiting`
        self._stopping = False
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        # Of the thread alone, as are `_lanes`:
        self._waiting: dict[int, list] = {capacity: [] for capacity in TEXT_CAPACITIES}  # heaps
        self._resting: deque[tuple[int, Lanes]] = deque()  # by capacity; who rested longest comes first
        self._flying: deque[_Flight] = deque()
        self._landed = 0.0
        self._pool = ThreadPoolExecutor(SETS, thread_name_prefix="lanes")
        self._leaders = ThreadPoolExecutor(1, thread_name_prefix="leader")  # along primers, which takes milliseconds
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="reader")  # of candidates, which takes as long
        self._again: list[Job] = []  # whose drafts were read and are not good enough
        self._turns = itertools.count()  # of requests
        self._ticket = itertools.count()  # who came first, of those with the same turn
        self._pace = 0.01  # seconds for a line, lately: what Retry-After goes by
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    # -- from any thread ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begins to compile, and then to write."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after its move; what waits fails."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    @property
    def ready(self) -> bool:
        """Whether everything is compiled and the thread is alive."""
        return self._ready.is_set() and self._failure is None and not self._stopping

    @property
    def failed(self) -> bool:
        """Whether nothing can be written any more."""
        return self._failure is not None

    async def write(
        self, lines: Sequence[tuple[Line, int]], *, attention: bool = False, follow: bool = False
    ) -> AsyncIterator[Points | Whole]:
        """Writes the lines of `Writer.lines`; yields each when it has ended, in whatever order that is.

        follow: yields `Points` of single candidates, too. Leaving the iterator gives up what is not written.
        Raises `Problem` at once where too much waits.
        """
        asker, events = self._asker()
        jobs = [
            Job(asker, i, line, self.writer.trial(line, n), attention, follow and n == 1)
            for i, (line, n) in enumerate(lines)
        ]
        self._submit(jobs)
        left = len(jobs)
        try:
            while left:
                event = await events.get()
                if isinstance(event, Problem):
                    raise event
                if isinstance(event, Chosen):
                    left -= 1
                    job = event.job
                    yield Whole(job.index, self.writer.finished(job.line, event.ended))
                else:
                    yield event
        finally:
            asker.gone = True

    async def fit(self, ink: own_ink.OwnInk) -> Style:
        """`adapt.fit`, when there is time. Raises `Problem`, and what that raises."""
        asker, events = self._asker()
        with self._changed:
            self._check()
            if len(self._fits) >= self._most_fits:
                self._measures.refused.labels("fits").inc()
                raise busy("Many hands are waiting to be learned.", 10)
            self._fits.append(_Fit(asker, ink, time.monotonic() + self._seconds))
            self._changed.notify()
        try:
            style = await events.get()
            if isinstance(style, Exception):
                raise style
            return style
        finally:
            asker.gone = True
            with self._changed:  # others may wait in its place
                self._fits = deque(fit for fit in self._fits if fit.asker is not asker)

    def _asker(self) -> tuple[Asker, asyncio.Queue]:
        loop, events = asyncio.get_running_loop(), asyncio.Queue()
        return Asker(lambda event: loop.call_soon_threadsafe(events.put_nowait, event)), events

    def _submit(self, jobs: list[Job]) -> None:
        count = sum(len(job.wanted) for job in jobs)
        with self._changed:
            self._check()
            if self._backlog and self._backlog + count > self._most_waiting:
                self._measures.refused.labels("waiting").inc()
                raise busy("Too much waits to be written.", min(60, 1 + int(self._backlog * self._pace)))
            self._backlog += count
            self._measures.waiting.set(self._backlog)
            turn = next(self._turns)
            for job in jobs:
                job.turn = turn + SPREAD * job.index
                if job.line.primer.length:
                    heapq.heappush(self._unled, (job.turn, next(self._ticket), job))
                    self._leaders.submit(self._lead)  # often in vain, as several are led at once
                else:
                    self._inbox.append(job)
            self._changed.notify()

    def _check(self) -> None:
        if self._failure or self._stopping:
            raise _ending()
        if not self._ready.is_set():
            raise busy("The server is still starting.", 5)

    def _lead(self) -> None:
        """Finds where some lines begin behind their primers, and lets them wait; called by the leader's thread."""
        with self._changed:
            count = min(len(self._unled), self.writer.led_at_once if self._batching else 1)
            jobs = [heapq.heappop(self._unled)[-1] for _ in range(count)]
        staying = [job for job in jobs if not job.asker.gone]
        if self.ready:
            self._find_beginnings(staying)
        else:
            for job in staying:
                job.asker.fail(_ending())
        with self._changed:
            self._inbox += jobs
            self._changed.notify()

    def _find_beginnings(self, jobs: list[Job]) -> None:
        try:
            for job, led in zip(jobs, self.writer.led([job.line for job in jobs]), strict=True):
                job.led = led
        except Exception:
            if len(jobs) > 1:  # whosever it is, that of the others is not
                for job in jobs:
                    self._find_beginnings([job])
                return
            log.exception("the network could not be led along a primer")
            jobs[0].asker.fail(failed())

    # -- the thread ---------------------------------------------------------------------------------------------

    @cached_property
    def _lanes(self) -> dict[int, list[Lanes]]:
        return {capacity: [self.writer.lanes_of(capacity) for _ in range(SETS)] for capacity in TEXT_CAPACITIES}

    def _run(self) -> None:
        try:
            self._warm()
            self._resting.extend((capacity, lanes) for capacity, sets in self._lanes.items() for lanes in sets)
            self._ready.set()
            while not self._stopping:
                self._wait()
                with self._changed:
                    fit = self._fits.popleft() if self._fits else None
                if fit:  # what waits to be written has as much time between its steps
                    self._fit(fit)
                if self._writing() and not self._stopping:  # also between two fits: one that is refused has no steps
                    self._move()
        except Exception as error:  # the device is gone, or a mistake: say so, and let the process be replaced
            log.exception("the desk has failed")
            with self._changed:  # from now on, nothing is submitted
                self._failure = error
        self._leaders.shutdown()
        self._readers.shutdown()
        self._turn_away()
        self._pool.shutdown()

    def _wait(self) -> None:
        with self._changed:
            idle = not (self._writing() or self._fits)
            while not (self._writing() or self._fits or self._stopping):
                self._changed.wait()
        if idle:
            time.sleep(GATHER)

    def _writing(self) -> bool:
        """Whether there are lines to be written."""
        waiting = bool(self._inbox or self._again or self._flying) or any(self._waiting.values())
        return waiting or any(lanes.busy for lanes in self._all_lanes())

    def _all_lanes(self) -> Iterator[Lanes]:
        return itertools.chain.from_iterable(self._lanes.values())

    def _warm(self) -> None:
        """Compiles what requests need: writes a line of every length, and fits lines of every length and number."""
        letter = next(c for c in self.writer.model.alphabet.characters if c != " ")
        for capacity, sets in self._lanes.items():
            [(line, _)] = self.writer.lines([letter * min(capacity - 1, MAX_CHARACTERS)], None, 0, None, 1)
            for lanes in [*sets, *sets]:  # twice: what a lane is left with must fit the same program
                if self._stopping:
                    return
                lanes.enter(WARM, self.writer.track(line, attention=True))
                lanes.advance()
                if lanes.busy:
                    lanes.leave(WARM)
            if self.writer.model.config.data.rests:
                forced = np.zeros((room_for(own_ink.PRIMER_POINTS), 3), np.float32)
                self.writer.led([line._replace(primer=line.primer._replace(forced=forced, length=1))])
        fitting.warm(self.writer.model, letter, self._fit_room, lambda: self._stopping)

    def _move(self) -> None:
        """Launches sets of lanes, as many as may move at once, and lands the one that left first."""
        self._take_in()
        while len(self._flying) < SETS and self._launch():
            pass
        if not self._flying:
            return
        flight = self._flying[0]
        start, ended = self._landed, 0
        for moved in flight.moving.result():
            ended += moved.ended is not None
            self._hear(*moved.who, moved.points, moved.ended)
        self._flying.popleft()
        self._resting.append((flight.capacity, flight.lanes))
        self._landed = time.perf_counter()
        if ended:
            self._pace += 0.1 * ((self._landed - start) / ended - self._pace)

    def _launch(self) -> bool:
        """Lets lines into the next set that has, or gets, any, and launches it; whether there is one."""
        for capacity, lanes in list(self._resting):
            for who in lanes.inside:
                if who[0].asker.gone:
                    lanes.leave(who)
            if not self._better(capacity, lanes):
                self._let_in(capacity, lanes)
            if lanes.busy:
                if not self._flying:
                    self._landed = time.perf_counter()
                self._measures.lanes.observe(lanes.busy)
                self._resting.remove((capacity, lanes))
                self._flying.append(_Flight(capacity, lanes, lanes.inside, self._pool.submit(lanes.advance)))
                return True
        return False

    def _better(self, capacity: int, lanes: Lanes) -> bool:
        """Whether what waits had better enter a fuller set: two that are half full take twice as long as one.

        An empty set waits for others to be full, one that is not for others in which not all finds room.
        """
        room = self._backlog if lanes.busy else 1
        return any(other.busy > lanes.busy and other.free >= room for other in self._lanes[capacity])

    def _take_in(self) -> None:
        with self._changed:
            arrived, self._inbox = self._inbox, []
            again, self._again = self._again, []
        for job in again:  # before all that wait
            self._queue(job, -1)
        for job in arrived:
            self._queue(job, job.turn)
        self._give_up()

    def _give_up(self) -> None:
        """Makes room in place of those who have left."""
        places = 0
        for capacity, waiting in self._waiting.items():
            staying = []
            for entry in waiting:
                job = entry[-1]
                if job.asker.gone:
                    places += len(job.wanted) - job.entered
                else:
                    staying.append(entry)
            heapq.heapify(staying)
            self._waiting[capacity] = staying
        with self._changed:
            self._backlog -= places
            self._measures.waiting.set(self._backlog)

    def _queue(self, job: Job, turn: int) -> None:
        heapq.heappush(self._waiting[capacity_of(job.line)], (turn, next(self._ticket), job))

    def _let_in(self, capacity: int, lanes: Lanes) -> None:
        waiting, left = self._waiting[capacity], 0
        while waiting and lanes.free:
            job = waiting[0][-1]
            if not self._batching and self._others(job.asker):
                break
            track = self.writer.track(job.wanted[job.entered], job.attention, job.led)
            lanes.enter((job, job.entered), track)
            job.entered += 1
            left += 1
            if job.entered == len(job.wanted):
                heapq.heappop(waiting)
        with self._changed:
            self._backlog -= left
            self._measures.waiting.set(self._backlog)

    def _others(self, asker: Asker) -> bool:
        return any(who[0].asker is not asker for lanes in self._all_lanes() for who in lanes.inside)

    def _hear(self, job: Job, number: int, points: np.ndarray, ended: Ended | None) -> None:
        """Of a line that moved."""
        self._measures.points.inc(len(points))
        if job.asker.gone:
            return
        rows = strokes.denormalise(points, self.writer.model.mean, self.writer.model.std)
        unread = ended is not None and ended.phi is not None and not np.isfinite(ended.phi).all()
        if job.runs_away(number, rows) or unread:
            job.asker.fail(ran_away())
            return
        if job.follow and len(rows):
            job.asker.say(Points(job.index, job.placed(rows)))
        if ended is None:
            return
        if job.add(number, ended):
            self._readers.submit(self._decide, job)

    def _decide(self, job: Job) -> None:
        """Says which draft is the best, or has more of them written; called by the reader's thread."""
        if job.asker.gone:
            return
        try:
            chosen = job.decide()
        except Exception:  # whatever this ink is, that of others is not
            log.exception("no draft could be chosen")
            job.asker.fail(failed())
            return
        if chosen is not None:
            self._measures.lines.inc()
            job.asker.say(Chosen(job, chosen))
            return
        with self._changed:
            self._backlog += len(job.wanted)
            self._again.append(job)
            self._changed.notify()

    def _fit(self, fit: _Fit) -> None:
        def between(nats: float) -> None:
            nonlocal begun
            now = time.monotonic()
            if fit.asker.gone or self._stopping:
                raise _Given
            if now > fit.until:
                raise busy("Learning the hand took too long.", 10)
            until = now + WRITING * (now - begun)
            while self._writing() and time.monotonic() < until and not self._stopping:
                self._move()
            begun = time.monotonic()

        start = begun = time.monotonic()
        try:
            style = fitting.fit(self.writer.model, fit.ink, between)
            self._measures.fits.inc()
            self._measures.fit_seconds.observe(time.monotonic() - start)
            fit.asker.say(style)
        except _Given:
            fit.asker.say(_ending())
        except (Problem, ValueError) as error:
            fit.asker.say(error)
        except Exception:
            log.exception("a hand could not be fitted")
            fit.asker.say(failed())

    def _turn_away(self) -> None:
        """Tells all that still wait that nothing will come."""
        with self._changed:
            self._stopping = True
            askers = {job.asker for job in [*self._inbox, *self._again]}
            askers |= {job.asker for heap in self._waiting.values() for *_, job in heap}
            inside = [lanes.inside for lanes in self._all_lanes()] + [flight.inside for flight in self._flying]
            askers |= {who[0].asker for who in itertools.chain(*inside) if who != WARM}
            askers |= {fit.asker for fit in self._fits}
        for asker in askers:
            asker.say(_ending())


def _ending() -> Problem:
    return busy("The server is going down.", 10)
