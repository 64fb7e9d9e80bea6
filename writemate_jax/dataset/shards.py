"""The folder of a set: shards as WebDataset reads them, and the manifest that says what the set is.

A shard has its name once it is whole. Same options, same bytes: nothing in it tells when or where it was made.
"""

from __future__ import annotations

import io
import json
import os
import re
import socket
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from writemate_jax.replacing import replacing, write_text

FORMAT = "writemate-dataset-3"  # another where the same options give other bytes
MANIFEST = "manifest.json"
LATER = ("sampling",)  # kept since sets have this format
DIGESTS = ("texts", "weights", "styles", "reader")  # known by their digests alone


class OtherSet(ValueError):
    """The folder holds a set of other options; the message says which differ."""


def shard_path(folder: Path, shard: int) -> Path:
    return Path(folder) / f"shard-{shard:06d}.tar"


def write_shard(path: Path, members: Sequence[tuple[str, bytes]]) -> None:
    """Writes files (name, content) as a tar, which appears when it is whole and on the disk."""
    with replacing(path, by=_host()) as temporary:
        with tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as tar:
            for name, content in members:
                entry = tarfile.TarInfo(name)  # of no time and no owner
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        with open(temporary, "r+b") as written:  # to sync what it may not write, Windows refuses
            os.fsync(written)  # or where the power fails, its name may be there before its bytes are


def is_whole(path: Path) -> bool:
    """Whether a shard is there and has its end; one that was copied in part has not, and a tar does not tell."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            if size == 0 or size % tarfile.RECORDSIZE:
                return False
            file.seek(-2 * tarfile.BLOCKSIZE, os.SEEK_END)
            return not any(file.read())
    except FileNotFoundError:
        return False


def read_shard(path: Path) -> Iterator[dict[str, bytes]]:
    """The samples of a shard in order: their files by suffix, and the name under "__key__", as webdataset yields them.

    Raises `tarfile.TarError` for a file that is no whole shard, before any of it.
    """
    if not is_whole(path):
        raise tarfile.ReadError(f"{path} is not there, or only a part of a shard; make or copy it again")
    sample: dict[str, Any] = {}
    with tarfile.open(path) as tar:
        for entry in tar:
            key, suffix = entry.name.split(".", 1)
            if sample and sample["__key__"] != key:
                yield sample
                sample = {}
            sample |= {"__key__": key, suffix: tar.extractfile(entry).read()}
    if sample:
        yield sample


def begin(folder: Path, about: Mapping[str, Any]) -> None:
    """Makes the folder of a set, or goes on with it, also with more lines than it was to have.

    about: all that its lines follow from, as JSON has it; "num", how many they are, and "shard_size" among it. Raises
    `OtherSet` for a folder that holds another set, ValueError for shards without a manifest.
    """
    path = Path(folder) / MANIFEST
    about = json.loads(json.dumps({"format": FORMAT, **about}))
    if path.is_file():
        told = _manifest(folder)
        # Where a set was begun before these were kept, they are taken to be the same.
        was = {key: about[key] for key in LATER if key in about} | told
        other = [key for key in {**was, **about} if was.get(key) != about.get(key)]
        if "format" in other:
            raise OtherSet(f"{folder} holds a set of another version of this package, which stores lines otherwise:"
                           f" {was.get('format')!r}, here {FORMAT!r}. Go on with that version, or give another"
                           " --out")  # fmt: skip
        if other == ["num"]:
            _grow(folder, was["num"], about)
            other = []
        if other == ["lanes"]:
            raise OtherSet(f"{folder} holds a set that another kind of device has begun, {was.get('lanes')} lines at"
                           f" once and not {about['lanes']} as here: the same lines would come out otherwise. Go on"
                           " there, or give another --out")  # fmt: skip
        if other:
            differences = "; ".join(
                f"other {key}" if key in DIGESTS else f"{key} was {was.get(key)!r}, now {about.get(key)!r}"
                for key in other
            )
            raise OtherSet(f"{folder} holds another set: {differences}. Give the same options to go on with it, or"
                           " another --out")  # fmt: skip
        if was != told:
            _write_manifest(folder, about)  # so that they are kept from now on
        # Of a run here that was killed while it wrote one; whether one of another host still runs cannot be told.
        for left_over in Path(folder).glob(f".shard-*.{_host()}*.tar"):
            if not _is_alive(left_over.name.split(".")[-2].split("-")[0]):
                left_over.unlink(missing_ok=True)
        return
    if any(Path(folder).glob("shard-*.tar")):
        raise ValueError(f"{folder} holds shards, but no {MANIFEST} that says which; give another --out")
    _write_manifest(folder, about)


def _grow(folder: Path, before: int, about: Mapping[str, Any]) -> None:
    """Makes a set of ``before`` lines one of more; its whole shards stay, since no line depends on their number."""
    if about["num"] < before:
        raise OtherSet(f"{folder} holds a set of {before} lines, now {about['num']}: a set can grow, and not shrink."
                       f" Give --num {before} or more, or another --out")  # fmt: skip
    last, lines = divmod(before, about["shard_size"])
    if lines:  # before the manifest, by which this shard would be taken for a whole one
        shard_path(folder, last).unlink(missing_ok=True)
    _write_manifest(folder, about)


def check_num(folder: Path, num: int) -> None:
    """Raises `OtherSet` unless the set is still to have so many lines: in a larger one, the half shard at their end
    would pass for whole.
    """
    now = _manifest(folder)["num"]
    if now != num:
        raise OtherSet(f"{folder} holds a set that was made larger meanwhile, of {num} lines, now {now}: give --num"
                       f" {now} to go on with it")  # fmt: skip


def _manifest(folder: Path) -> dict[str, Any]:
    path = Path(folder) / MANIFEST
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is no manifest of a set: {error}; give another --out") from error


def _write_manifest(folder: Path, about: Mapping[str, Any]) -> None:
    write_text(Path(folder) / MANIFEST, json.dumps(about, indent=1, ensure_ascii=False) + "\n")


def _host() -> str:
    """What the name of a shard that is being written here has, since several hosts may share a folder."""
    return re.sub("[^A-Za-z0-9-]", "-", socket.gethostname()) + "."


def _is_alive(process: str) -> bool:
    """Whether a process of this number runs here, as far as can be told."""
    if os.name != "posix":  # where the question would be an order to end
        return False
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, OverflowError, ValueError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True
