"""A server of this checkout on a free port, for tests and measurements that need the real one."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVE = Path(__file__).parents[1] / "serve.py"
PATIENCE = 900.0  # seconds that it may take to compile what it needs
HERE = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy would be asked for this machine, too


@contextmanager
def running_server(*arguments: str) -> Iterator[str]:
    """The address of a server that is ready: see `running_process`."""
    with running_process(*arguments) as (site, _):
        yield site


@contextmanager
def running_process(*arguments: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """The address of a server that is ready, and its process. Raises RuntimeError with what it said where it does not
    start.

    arguments: of serve.py, besides its host and port.
    """
    port = _free_port()
    site = f"http://127.0.0.1:{port}"
    command = [sys.executable, str(SERVE), "--host", "127.0.0.1", "--port", str(port), *arguments]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=SERVE.parent)
        try:
            _wait(f"{site}/readyz", process, said)
            yield site, process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(url: str, process: subprocess.Popen, said) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            said.seek(0)
            raise RuntimeError(f"the server ended with {process.returncode}:\n{said.read()[-4000:]}")
        try:
            with HERE.open(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"{url} was not ready within {PATIENCE:g} seconds")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
