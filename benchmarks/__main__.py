"""Runs every benchmark, each in a process of its own, and prints its peak memory."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys

from writemate_jax.training.huge_pages import TUNABLE

BENCHMARKS = ("recurrence", "training", "sampling")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)} (default: all)")
    chosen = parser.parse_args().names
    unknown = set(chosen) - set(BENCHMARKS)
    if unknown:
        parser.error(f"unknown benchmark {sorted(unknown)}; choose from {', '.join(BENCHMARKS)}")
    for name in chosen or BENCHMARKS:
        print(f"== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True, env=os.environ | TUNABLE)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"peak memory of the largest process: {peak / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
