"""How long an answer is waited for, and by whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from fastapi import Request

from writemate_jax.web.server import problems
from writemate_jax.web.server.problems import Problem


async def in_thread(limiter: anyio.CapacityLimiter, function: Callable, *arguments: Any) -> Any:
    """What a function returns in a thread. Who stops waiting leaves it running, its place with the limiter taken."""
    wanted = True

    def run() -> Any:
        return function(*arguments) if wanted else None

    running = asyncio.create_task(anyio.to_thread.run_sync(run, limiter=limiter))
    running.add_done_callback(lambda task: task.cancelled() or task.exception())  # told to who waits, or to nobody
    try:
        return await asyncio.shield(running)
    finally:
        wanted = False


@asynccontextmanager
async def while_waited_for(request: Request) -> AsyncIterator[None]:
    """Ends the block, and raises `Problem`, where the client leaves: nothing else would, until there is an answer.

    The request's body must have been read.
    """

    async def leave() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        block.cancel()

    with anyio.CancelScope() as block:
        leaving = asyncio.create_task(leave())
        try:
            yield
        finally:
            leaving.cancel()
    if block.cancelled_caught:
        raise Problem(400, "invalid", "The client left before the answer.")  # for the measures alone


@asynccontextmanager
async def in_time(seconds: float) -> AsyncIterator[None]:
    """Raises `Problem` where the block takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise problems.busy("This took too long.", 10) from None
