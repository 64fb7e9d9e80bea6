"""Sampling with the embedded model: lines/s and ms a step by batch size, and the first line of a fresh process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from writemate_jax import Writer
from writemate_jax.sampling.writer import embedded
from writemate_jax.training.models import load_model

TEXT = "the quick brown fox jumps"
ROOT = Path(__file__).parents[1]


def batches() -> None:
    model = load_model(embedded())
    for batch in (1, 8, 64, 256):
        writer = Writer(model, lanes=batch)
        writer.write([TEXT] * batch, seed=range(batch), candidates=1)  # compiles
        times = []
        for _ in range(3):
            start = time.perf_counter()
            lines = writer.write([TEXT] * batch, seed=range(batch), candidates=1)
            times.append(time.perf_counter() - start)
        steps = max(len(line.strokes) for line in lines)
        points = sum(len(line.strokes) for line in lines)
        print(
            f"batch {batch:3d}: {batch / min(times):7.1f} lines/s, {1e3 * min(times) / steps:6.2f} ms a step, "
            f"{points / min(times):8,.0f} points/s"
        )


def first_line() -> None:
    """`sample.py` as a process of its own, with an empty compilation cache and with a filled one."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("empty", "filled"):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "sample.py", TEXT, "--out", str(Path(folder) / "line.svg")],
                cwd=ROOT,
                env=os.environ | {"WRITEMATE_CACHE": str(Path(folder) / "cache")},
                check=True,
                stdout=subprocess.DEVNULL,
            )
            print(f"first line of a fresh process, {name} compilation cache: {time.perf_counter() - start:.2f} s")


def main() -> None:
    first_line()
    batches()


if __name__ == "__main__":
    main()
