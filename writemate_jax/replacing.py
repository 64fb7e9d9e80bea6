"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

STEM = 120  # bytes of a name that are in its temporary one


@contextmanager
def replacing(path: str | os.PathLike, by: str = "") -> Iterator[Path]:
    """A temporary path beside ``path``, which replaces it when the block ends and is removed if that raises.

    Its name has the process's number, behind ``by``, something that no other thread has, and the same suffix, since
    some writers go by it. Missing folders are made. Raises OSError that names ``path``.
    """
    path = Path(path)
    stem = os.fsencode(path.stem)[:STEM].decode(errors="ignore")  # a name may have 255 bytes
    temporary = path.with_name(f".{stem}.{by}{os.getpid()}-{secrets.token_hex(4)}{path.suffix}")
    try:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path.parent)) from error
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if error.filename not in (str(temporary), temporary):
            raise
        raise type(error)(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Writes ``text`` as UTF-8 with plain newlines."""
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))
