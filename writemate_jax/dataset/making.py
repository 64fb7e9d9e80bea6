"""Makes a set: every local device writes shards of it, processes beside draw and store what was written."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path

import jax
import numpy as np

from writemate_jax.checkpoints.models import Model, digest
from writemate_jax.dataset.plan import Plan, Recipe, plan
from writemate_jax.dataset.processes import pool as processes
from writemate_jax.dataset.processes import usual_workers
from writemate_jax.dataset.samples import Stored, stored
from writemate_jax.dataset.shards import begin, check_num, is_whole, shard_path, write_shard
from writemate_jax.dataset.unread import unread
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.sampling.writer import Writer

LANES = {"cpu": 64}  # lines at once on each device of a platform
MORE_LANES = 256  # elsewhere: a step takes an accelerator hardly longer for them
CHUNK = 50  # lines that a process draws in one go
SAMPLING = ("reach", "points_per_character", "points_per_second")  # of the configuration, what a line follows from


@dataclass
class Report:
    """What a run did. lines, shards: made by it; kept: lines of whole shards that were there. cut:
    lines made that did not end by themselves.

    seconds: of the clock, for all. sampling, reading: of the clock, all devices together. drawing: of the processors.
    writing: of the clock, all shards together. devices: lines that each wrote.
    """

    lines: int = 0
    shards: int = 0
    kept: int = 0
    cut: int = 0
    seconds: float = 0.0
    sampling: float = 0.0
    reading: float = 0.0
    drawing: float = 0.0
    writing: float = 0.0
    devices: dict[str, int] | None = None


def make(
    folder: str | os.PathLike,
    recipe: Recipe,
    texts: Sequence[str],
    model: Model,
    *,
    devices: Sequence[jax.Device] | None = None,
    workers: int | None = None,
    part: tuple[int, int] = (1, 1),
    begun: Callable[[int], None] = lambda lines: None,
    progress: Callable[[int], None] = lambda lines: None,
) -> Report:
    """Writes the shards of a set that are not there yet.

    Each device takes a shard at a time, so there should be several for each. A line is the same whichever wrote it.

    Args:
      folder: made if absent.
      recipe: the set's options.
      texts: each of 1 to 128 characters of the network's alphabet.
      model: the network that writes.
      devices: by default all that are local.
      workers: processes that draw; by default `usual_workers`; 0 to draw between the writing.
      part: I, N: every N-th shard alone, from the I-th on, where N machines make a set.
      begun: called once, with the lines of the part's shards that are there.
      progress: called with the lines of each shard that was written.

    Raises:
      shards.OtherSet: the folder holds a set of other options, or one that was made larger meanwhile.
      sampling.writer.InvalidRequest: of texts and style.
      ValueError: no texts, or no shards in this part.
    """
    if not texts:
        raise ValueError("no texts; give a file with at least one line that can be written")
    folder, start, report, shards = Path(folder), time.perf_counter(), Report(), of_part(recipe, part)
    writer = Writer(model, lanes=lanes_here())
    styles = style_vectors(recipe.style, writer)
    writer.lines(texts[:1], None, 0, None, None)  # what this network cannot write is refused before a set is begun
    primer = writer.primer(*styles).forced.tobytes() if len(styles) == 1 else b""
    begin(folder, asdict(recipe) | {
        "lanes": lanes_here(), "texts": _digest(text.encode("utf-8") for text in texts),
        "weights": digest(model.params), "reader": digest(writer.reader.params) if writer.reader else None,
        "styles": _digest(
            [part for name, vector in styles.items() for part in (name.encode(), vector.tobytes())]
            + [primer] * bool(primer)
        ),
        "sampling": {name: model.config.sampling[name] for name in SAMPLING},
    })  # fmt: skip
    missing = [shard for shard in shards if not is_whole(shard_path(folder, shard))]
    report.kept = sum(len(recipe.lines(shard)) for shard in set(shards) - set(missing))
    begun(report.kept)
    devices = list(devices or jax.local_devices())[: len(missing)]
    report.devices = {str(device): 0 for device in devices}
    if missing:
        with processes(usual_workers() if workers is None else workers) as pool:
            rest = iter(missing[len(devices) :])
            run = _Run(folder, recipe, texts, model, styles, pool, rest, report, progress)
            with ThreadPoolExecutor(len(devices)) as threads:
                try:
                    running = [threads.submit(run.on, *pair) for pair in zip(devices, missing, strict=False)]
                    wait(running, return_when=FIRST_EXCEPTION)
                finally:
                    run.stopped.set()  # where one went wrong, the others end with their shard
            for device in running:
                device.result()
    report.seconds = time.perf_counter() - start
    return report


def lanes_here() -> int:
    """Lines at once on each device here. They are part of what a set is, since another number rounds otherwise."""
    return LANES.get(jax.default_backend(), MORE_LANES)


def of_part(recipe: Recipe, part: tuple[int, int]) -> range:
    """The shards of a part I, N. Raises ValueError for one that has none."""
    first, parts = part
    if not 1 <= first <= min(parts, recipe.shards):
        raise ValueError(f"part {first}/{parts} of a set of {recipe.shards} shards has none; expected I/N from 1/N to"
                         " N/N, and at least N shards: more lines, or fewer in a shard (--shard-size)")  # fmt: skip
    return range(first - 1, recipe.shards, parts)


class _Run:
    """What the devices of a run share; a lock keeps their accounts."""

    def __init__(self, folder, recipe, texts, model, styles, pool, todo, report, progress):
        self.folder, self.recipe, self.texts, self.model, self.styles = folder, recipe, texts, model, styles
        self.pool, self.todo, self.report, self.progress = pool, todo, report, progress
        self.lock, self.stopped = threading.Lock(), threading.Event()

    def on(self, device: jax.Device, shard: int | None) -> None:
        """Writes this shard on a device, and then others that nobody has begun."""
        pending: tuple[int, list[Future[Stored]]] | None = None
        with jax.default_device(device):
            writer = Writer(self.model, lanes=lanes_here())
            while shard is not None:
                begun = time.perf_counter()
                plans = [plan(self.recipe, self.texts, list(self.styles), i) for i in self.recipe.lines(shard)]
                inks = write(writer, plans, self.styles, self.recipe.candidates)
                written = time.perf_counter()
                nats = [None] * len(inks) if writer.reader is None else unread(writer.reader, inks, writer.lanes)
                with self.lock:
                    self.report.sampling += written - begun
                    self.report.reading += time.perf_counter() - written
                    self.report.devices[str(device)] += len(plans)
                    self.report.cut += sum(not ink.complete for ink in inks)
                chunks = [slice(i, i + CHUNK) for i in range(0, len(plans), CHUNK)]
                parts = [self.pool.submit(stored, self.recipe, plans[c], inks[c], nats[c]) for c in chunks]
                if pending:  # drawn while this one was written
                    self._finish(*pending)
                pending = shard, parts
                with self.lock:
                    shard = None if self.stopped.is_set() else next(self.todo, None)
        self._finish(*pending)

    def _finish(self, shard: int, parts: Sequence[Future[Stored]]) -> None:
        done = [part.result() for part in parts]
        begun, lines = time.perf_counter(), len(self.recipe.lines(shard))
        if lines < self.recipe.shard_size:
            check_num(self.folder, self.recipe.num)
        write_shard(shard_path(self.folder, shard), [member for part in done for member in part.members])
        with self.lock:
            self.report.writing += time.perf_counter() - begun
            self.report.drawing += sum(part.seconds for part in done)
            self.report.shards += 1
            self.report.lines += lines
            self.progress(lines)


def write(writer: Writer, plans: Sequence[Plan], styles: dict[str, np.ndarray], candidates: int) -> list[Ink]:
    """The ink of these lines; styles: of `style_vectors`, of which one alone is written with its primer."""
    style = None
    if writer.model.writers:
        style = plans[0].style if len(styles) == 1 else np.stack([styles[plan.style] for plan in plans])
    written = writer.write(
        [plan.text for plan in plans], bias=[plan.bias for plan in plans], seed=[plan.seed for plan in plans],
        style=style, candidates=candidates,
    )  # fmt: skip
    return [Ink(w.strokes, w.text, w.complete, w.bias, w.seed, w.points_per_second, w.x_height) for w in written]


def style_vectors(style: str, writer: Writer) -> dict[str, np.ndarray]:
    """The vectors of the styles to draw from, by name: [s] each, or longer, see `Network.style_gates`."""
    model = writer.model
    names = {"all": model.writers, "random": model.hands}.get(style)
    if not names and "," in style:
        names = [name.strip() for name in style.split(",")]
    if not names:
        return {style: writer.styles(None if style == "all" else style, [0])[0]}
    table = {one.name: one.vector for one in writer.named_styles()}
    if model.writers:
        table |= zip(model.writers, np.asarray(model.params["styles"])[1:], strict=True)
    unknown = [name for name in names if name not in table]
    if unknown:
        raise ValueError(f"style: {', '.join(map(repr, unknown))}; expected, with commas, writers of the network and"
                         " names that sample.py --list-styles shows")  # fmt: skip
    return {name: table[name] for name in names}


def _digest(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "little") + part)
    return total.hexdigest()
