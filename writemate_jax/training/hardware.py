"""What a run was trained on: the machine's name for itself, kept in the work directory."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import jax

from writemate_jax.replacing import write_text

FILE = "hardware.json"


def describe() -> str:
    """The devices that JAX has here: "2 cores of Intel(R) Xeon(R) ..." or "1 x NVIDIA H100 80GB HBM3"."""
    if jax.default_backend() == "cpu":
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return f"{cores} cores of {_processor()}"
    return f"{jax.device_count()} x {jax.devices()[0].device_kind}"


def note(workdir: Path) -> None:
    """Adds this machine to those of a work directory, unless it is there."""
    known = of(workdir)
    if describe() not in known:
        write_text(Path(workdir) / FILE, json.dumps([*known, describe()], indent=1) + "\n")


def of(workdir: Path) -> list[str]:
    """The machines that have trained in a work directory, in order; none where nothing is noted."""
    path = Path(workdir) / FILE
    return json.loads(path.read_text("utf-8")) if path.exists() else []


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()
