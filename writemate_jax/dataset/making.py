"""Makes a set: every local device writes shards of it, processes beside draw and store what was written."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import jax
import numpy as np

from writemate_jax.dataset.plan import Plan, Recipe, plan
from writemate_jax.dataset.samples import Stored, stored
from writemate_jax.dataset.shards import begin, shard_path, write_shard
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.sampling.named_styles import digest
from writemate_jax.sampling.writer import Writer
from writemate_jax.strokes import Rows
from writemate_jax.training.checkpoints import Model

LANES = 128  # lines at once on each device. Part of what a set is: another number rounds otherwise
CHUNK = 50  # lines that a process draws in one go


@dataclass
class Report:
    """What a run did. lines, shards: made by it; kept: lines of whole shards that were there.

    seconds: of the clock, for all. sampling: of the clock, all devices together. drawing: of the processors. writing:
    of the clock, all shards together. devices: lines that each wrote.
    """

    lines: int = 0
    shards: int = 0
    kept: int = 0
    seconds: float = 0.0
    sampling: float = 0.0
    drawing: float = 0.0
    writing: float = 0.0
    devices: dict[str, int] | None = None


def make(
    folder: str | os.PathLike, recipe: Recipe, texts: Sequence[str], model: Model, *,
    devices: Sequence[jax.Device] | None = None, workers: int | None = None,
    progress: Callable[[int, bool], None] = lambda lines, new: None,
) -> Report:
    """Writes the shards of a set that are not there yet.

    Each device takes a shard at a time, so there should be several for each. A line is the same whichever wrote it.

    Args:
      folder: made if absent.
      recipe: the set's options.
      texts: each of 1 to 128 characters of the network's alphabet.
      model: the network that writes.
      devices: by default all that are local.
      workers: processes that draw; by default as many as there are processors; 0 to draw between the writing.
      progress: called with the lines of each whole shard, and whether they are new.

    Raises:
      shards.OtherSet: the folder holds a set of other options. sampling.writer.InvalidRequest: of texts and style.
      ValueError: no texts.
    """
    if not texts:
        raise ValueError("no texts; give a file with at least one line that can be written")
    folder, start, report = Path(folder), time.perf_counter(), Report()
    styles = _styles(recipe.style, Writer(model, lanes=LANES))
    begin(folder, asdict(recipe) | {
        "texts": _digest(text.encode("utf-8") for text in texts), "weights": digest(model.params),
        "styles": _digest(part for name, vector in styles.items() for part in (name.encode(), vector.tobytes())),
        "lanes": LANES,
    })  # fmt: skip
    missing = []
    for shard in range(recipe.shards):
        if shard_path(folder, shard).exists():
            report.kept += len(recipe.lines(shard))
            progress(len(recipe.lines(shard)), False)
        else:
            missing.append(shard)
    devices = list(devices or jax.local_devices())[: max(1, len(missing))]
    report.devices = {str(device): 0 for device in devices}
    todo, lock = iter(missing), threading.Lock()
    stopped = threading.Event()

    def next_shards() -> Iterator[int]:
        while not stopped.is_set():
            with lock:
                shard = next(todo, None)
            if shard is None:
                return
            yield shard

    def finish(shard: int, parts: Sequence[Future[Stored]]) -> None:
        done = [part.result() for part in parts]
        began = time.perf_counter()
        write_shard(shard_path(folder, shard), [member for part in done for member in part.members])
        with lock:
            report.writing += time.perf_counter() - began
            report.drawing += sum(part.seconds for part in done)
            report.shards += 1
            report.lines += len(recipe.lines(shard))
            progress(len(recipe.lines(shard)), True)

    def run(device: jax.Device) -> None:
        pending: tuple[int, list[Future[Stored]]] | None = None
        with jax.default_device(device):
            writer = Writer(model, lanes=LANES)
            for shard in next_shards():
                began = time.perf_counter()
                plans = [plan(recipe, texts, list(styles), i) for i in recipe.lines(shard)]
                inks = write(writer, plans, styles, recipe.candidates)
                parts = [
                    pool.submit(stored, recipe, plans[i : i + CHUNK], inks[i : i + CHUNK])
                    for i in range(0, len(plans), CHUNK)
                ]
                with lock:
                    report.sampling += time.perf_counter() - began
                    report.devices[str(device)] += len(plans)
                if pending:  # drawn while this one was written
                    finish(*pending)
                pending = shard, parts
            if pending:
                finish(*pending)

    with ExitStack() as stack:
        pool = stack.enter_context(_pool(os.cpu_count() or 1 if workers is None else workers))
        threads = stack.enter_context(ThreadPoolExecutor(len(devices)))
        try:
            for running in [threads.submit(run, device) for device in devices]:
                running.result()
        finally:
            stopped.set()  # what went wrong on one device ends the others after their shard
    report.seconds = time.perf_counter() - start
    return report


def write(writer: Writer, plans: Sequence[Plan], styles: dict[str, Rows], candidates: int) -> list[Ink]:
    """The ink of these lines."""
    written = writer.write(
        [plan.text for plan in plans], bias=[plan.bias for plan in plans], seed=[plan.seed for plan in plans],
        style=np.stack([styles[plan.style] for plan in plans]) if writer.model.writers else None,
        candidates=candidates,
    )  # fmt: skip
    return [Ink(w.strokes, w.text, w.complete, w.bias, w.seed, w.points_per_second) for w in written]


def _styles(style: str, writer: Writer) -> dict[str, np.ndarray]:
    """The vectors [s] of the styles to draw from."""
    model = writer.model
    names = {"all": model.writers, "random": model.config.sampling.styles or model.writers}.get(style)
    if not names:
        return {style: writer.styles(None if style == "all" else style, [0])[0]}
    table = dict(zip(model.writers, np.asarray(model.params["styles"])[1:], strict=True))
    return {name: table[name] for name in names}


def _digest(parts: Iterator[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "little") + part)
    return total.hexdigest()


class _Here(Executor):
    """Does at once what it is told, for want of other processes."""

    def submit(self, function, /, *args) -> Future:
        future: Future = Future()
        future.set_result(function(*args))
        return future


def _pool(workers: int) -> Executor:
    # Spawned, not forked: JAX has threads, whose locks a fork would copy as they are.
    return ProcessPoolExecutor(workers, get_context("spawn")) if workers else _Here()
