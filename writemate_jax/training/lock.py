"""One run at a time in a work directory: two would remove each other's half-written checkpoints and logs."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from writemate_jax.config import ConfigurationError

FILE = ".lock"  # in the work directory; it stays there, and says who holds it or held it last


@contextmanager
def held(workdir: Path) -> Iterator[None]:
    """A context in which no other process, of this machine or of one that shares the folder, has the work directory.

    The system lets go of it when the process ends, however that is. Raises ConfigurationError where another has it.
    Where the system or the file system knows no locks, nothing is held.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with open(Path(workdir) / FILE, "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise ConfigurationError(
                f"{workdir} is being trained in by another process ({file.read().strip() or 'which has just begun'});"
                " let that end, or give another --workdir. The processes of one run need --coordinator"
            ) from None
        except OSError:
            pass
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        yield
