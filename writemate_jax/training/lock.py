"""One run at a time in a work directory: two would remove each other's half-written checkpoints and logs."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from writemate_jax.config import ConfigurationError
from writemate_jax.training import agreement, parallel

FILE = ".lock"  # in the work directory; it stays there, and says who holds it or held it last


@contextmanager
def held(workdir: Path) -> Iterator[None]:
    """A context in which no other run, of this machine or of one that shares the folder, has the work directory.

    The system lets go of it when the main process ends, however that is; a file server, when it learns of that. Raises
    ConfigurationError, in every process of the run, where another has it. Where the system or the file system knows no
    locks, nothing is held.
    """
    file = refused = None
    try:
        if parallel.is_main():
            file = _taken(Path(workdir) / FILE)
    except (ConfigurationError, OSError) as error:  # whatever it is, the other processes are not to wait
        refused = error if isinstance(error, ConfigurationError) else ConfigurationError(str(error))
    agreement.raise_in_all(refused)
    try:
        yield
    finally:
        if file:
            file.close()


def _taken(path: Path) -> IO | None:
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        file = open(path, "a+")
    except PermissionError:  # another user's, who shares the folder
        file = open(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "which has just begun"
        file.close()
        raise ConfigurationError(
            f"{path.parent} is being trained in by another process ({holder}); let that end, or give another --workdir."
            f" The processes of one run need --coordinator. Where that machine is gone, remove {path}"
        ) from None
    except OSError:  # no locks here
        file.close()
        return None
    if file.writable():
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
    return file
