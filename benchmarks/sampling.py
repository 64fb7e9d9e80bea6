"""Sampling with the embedded model: lines/s and ms a step by batch size and as by default, and what a fresh process
takes for its first line and for a page.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from writemate_jax import Writer
from writemate_jax.checkpoints.models import load_model
from writemate_jax.evaluation import prompts
from writemate_jax.pages.layout import Layout

TEXT = "the quick brown fox jumps"
# Nearly as much as an A4 page holds.
PAGE = "\n".join(" ".join(f"{TEXT} over the lazy dog in the garden of the old house".split() * 5) for _ in range(5))
ROOT = Path(__file__).parents[1]


def batches() -> None:
    model = load_model()
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


def by_default() -> None:
    """Texts as everybody writes them: each the best of several candidates."""
    texts = [prompt.text for prompt in prompts.load()]
    writer = Writer.load()
    writer.write(texts, seed=range(len(texts)))  # compiles
    start = time.perf_counter()
    writer.write(texts, seed=range(len(texts)))
    rate = len(texts) / (time.perf_counter() - start)
    print(f"prompts of {sum(map(len, texts)) / len(texts):.0f} characters, as by default: {rate:.1f} lines/s")


def first_time(what: str, *arguments: str) -> None:
    """`sample.py` as a process of its own, with an empty compilation cache and with a filled one."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("empty", "filled"):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "sample.py", *arguments, "--out", str(Path(folder) / "ink.pdf")],
                cwd=ROOT,
                env=os.environ | {"WRITEMATE_CACHE": str(Path(folder) / "cache")},
                check=True,
                stdout=subprocess.DEVNULL,
            )
            print(f"{what} of a fresh process, {name} compilation cache: {time.perf_counter() - start:.2f} s")


def main() -> None:
    first_time("first line", TEXT)
    [page] = Writer.load().write_page(PAGE)
    full = f"A4 page of {len(PAGE.split())} words, {len(page.lines)} of {Layout().rows} rows,"
    first_time(full, PAGE, "--page", "A4")
    by_default()
    batches()


if __name__ == "__main__":
    main()
