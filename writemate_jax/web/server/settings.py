"""What one server allows."""

from __future__ import annotations

from dataclasses import dataclass

FIELDS = 20  # of an object in a request
LINES = 40  # of one request
CANDIDATES = 8  # of one line
ATTENTION_LINES = 8  # that are kept at once for a request: the weights of a long line are a megabyte
USUAL_LINES = 32  # that are written for a request, candidates counted: one line in a hand of one's own
FIT_LINES = 8  # of ink
FIT_CHARACTERS = 46  # of a line of ink: at most 22 points each
FIT_GRAIN = 256  # points: lines of ink are padded to a multiple
FIT_STROKES, FIT_POINTS = 400, 4000  # of a line of ink
FIT_DEEP = 3  # lines, from which on a hand has gates, as in the browser
PRIMER_ROWS = 1024  # of a hand's line, as many as a line of ink can have when it is like the corpus'
LARGEST_BIAS = 10.0
LARGEST_VECTOR = 32.0  # of a number in a hand's vector: fitted ones are below 5
LARGEST_GATE = 8.0  # of what a hand adds to a gate: fitted ones are below 1
LARGEST_OFFSET = 100.0  # x-heights, in a hand's line
# x-heights that the pen may go in a line. One of 128 characters takes 1,200, a pen that scribbles until it is stopped
# 4,000; a hand made up of extreme numbers sends it billions away, and ink costs the more to look at the longer it is.
LONGEST_PATH = 10_000.0
LARGEST_PLACE = 1e6  # of a point of ink, in any unit


@dataclass(frozen=True)
class Settings:
    """Limits of a process, whatever the request.

    waiting: lines, each candidate counted, that may wait for a lane; beyond them the server is busy, but
    for a request that comes while none waits.
    fits: hands that may wait to be fitted, and fit_room: points of the longest line of ink that is compiled for.
    seconds: that an answer may take. body: most bytes of a request, and body_seconds: that they may take to come, and
    its head before them.
    send_seconds: that a client may take to take what was last sent of an answer, at most 64 KiB.
    rate: requests a second that a client may send in the long run, and burst: at once; a rate of 0 is no limit.
    connections: that may be open at once.
    proxies: how many there are in front, each of which adds the address that it saw to X-Forwarded-For; 0 for none, and
    then that header is not read. batching: whether requests are written side by side; without it, one after the other,
    to measure what it gains.
    """

    waiting: int = 2048
    fits: int = 8
    fit_room: int = 1024
    seconds: float = 60.0
    body: int = 1_000_000
    body_seconds: float = 15.0
    send_seconds: float = 30.0
    rate: float = 4.0
    burst: int = 40
    connections: int = 1000
    proxies: int = 0
    batching: bool = True
