"""Node.js, for tests of modules that need no browser."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATIENCE = 120  # seconds that a loaded machine may take
OLDEST = (20, 19)  # earlier ones take a .js file for no module


def run_node(*arguments: str, given: str = "") -> str:
    """What it says to these arguments and this input, in the project's folder; skips the test as `node` does.

    It is asked a second time if it does not end: once one did not, alone on its machine and for no reason that was
    found, and waiting for itself at its end is a known fault of Node.js (nodejs/node#54918).
    """
    command = [node(), "--no-warnings", *arguments]

    def ask() -> subprocess.CompletedProcess:
        return subprocess.run(command, input=given, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE)

    try:
        done = ask()
    except subprocess.TimeoutExpired:
        done = ask()
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-4000:]
    return done.stdout


def node() -> str:
    """Its path; skips the test where it is missing or too old."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node.js is not installed")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, re.findall(r"\d+", said)[:2])) < OLDEST:
        pytest.skip(f"Node.js is {said.strip()}; 20.19 or newer is needed")
    return found
