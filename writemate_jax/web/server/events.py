"""Lines as server-sent events, as soon as they are written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import anyio

from writemate_jax.sampling.lines import Line
from writemate_jax.web.server.answers import as_json, encoded, rounded
from writemate_jax.web.server.desk import Desk
from writemate_jax.web.server.jobs import Points, Whole
from writemate_jax.web.server.problems import Problem
from writemate_jax.web.server.waiting import in_time


async def in_parts(
    desk: Desk, lines: list[tuple[Line, int]], most: int, *, attention: bool
) -> AsyncIterator[Points | Whole]:
    """`Desk.write` of so many lines at once: what has been written waits in memory for who reads slowly."""
    for first in range(0, len(lines), most):
        part = lines[first : first + most]
        async with aclosing(desk.write(part, attention=attention, follow=True)) as events:
            async for event in events:
                yield event._replace(index=first + event.index)


async def told(first: Points | Whole, events: AsyncIterator[Points | Whole], until: float) -> AsyncIterator[str]:
    """Events of a desk as server-sent events, until a time of anyio's."""

    def told(event: Points | Whole) -> str:
        if isinstance(event, Points):
            return _event("points", {"index": event.index, "points": rounded(event.rows)})
        return _event("line", {"index": event.index, **as_json(event.line)})

    async with aclosing(events):
        yield told(first)
        try:
            while True:
                async with in_time(until - anyio.current_time()):
                    event = await anext(events)
                yield told(event)
        except StopAsyncIteration:
            yield _event("done", {})
        except Problem as problem:
            yield _event("problem", problem.body())


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {encoded(data)}\n\n"
