"""Where Node.js is, for tests of modules that need no browser."""

import re
import shutil
import subprocess

import pytest

OLDEST = (20, 19)  # earlier ones take a .js file for no module


def node() -> str:
    """Its path; skips the test where it is missing or too old."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node.js is not installed")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, re.findall(r"\d+", said)[:2])) < OLDEST:
        pytest.skip(f"Node.js is {said.strip()}; 20.19 or newer is needed")
    return found
