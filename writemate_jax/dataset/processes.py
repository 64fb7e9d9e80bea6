"""The processes that draw, beside the one that writes.

Nothing here imports JAX: a process that draws imports this module to begin, and would be six times as large with JAX.
"""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process

MOST = 32  # by default


def pool(workers: int) -> Executor:
    """So many processes; 0 for none, whose work is done at once where it is asked for."""
    # Spawned, not forked: JAX has threads, whose locks a fork would copy as they are.
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=_prepare) if workers else _Here()


def usual_workers() -> int:
    """One for each processor that this process may run on, which in a container can be fewer than there are."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, MOST)


class _Here(Executor):
    """Does at once what it is told, for want of other processes."""

    def submit(self, function, /, *args) -> Future:
        future: Future = Future()
        future.set_result(function(*args))
        return future


def _prepare() -> None:
    """Of a process that draws: it ends with the one that told it to, by whatever that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent_process().join()
    os._exit(1)
