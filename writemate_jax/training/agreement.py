"""Whether the processes of a run belong together: one work directory, one configuration, one corpus.

Where they do not, they wait for each other for ever, or each trains another network, of which one is saved.
"""

from __future__ import annotations

import json
import secrets
import time
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from flax import traverse_util
from jax.experimental import multihost_utils

from writemate_jax import __version__
from writemate_jax.config import ConfigurationError
from writemate_jax.data.corpus import Corpus
from writemate_jax.replacing import write_text
from writemate_jax.training import parallel

TOKEN = "processes.txt"  # in the work directory, by process 0
PATIENCE = 20.0  # seconds until a file that one host wrote is seen by the others
OWN = ("config.corpus", "config.training.minutes")  # where a host keeps it, and when one of them stops all


def check(workdir: Path, description: Mapping[str, Any], corpus: Corpus) -> None:
    """Raises ConfigurationError, in every process, where they do not share these; nothing for a single one.

    description: as JSON has it (`Description.to_json`), with the configuration.
    """
    if jax.process_count() == 1:
        return
    counts = Counter(device.process_index for device in jax.devices())
    if len({*counts.values()}) > 1:
        told = ", ".join(f"process {process} has {count}" for process, count in sorted(counts.items()))
        raise ConfigurationError(f"the processes have other numbers of devices: {told}; give each as many")
    flat = traverse_util.flatten_dict(description, sep=".")
    fields = {name: value for name, value in flat.items() if name not in OWN}
    fields["corpus"] = corpus.checksum
    # With the fields' names, so that what is compared next is as long in all.
    _check_same({"version of WriteMate": [__version__, *sorted(fields)]})
    _check_same(fields)
    _check_shared(Path(workdir))


def check_step(step: int | None) -> None:
    """Raises ConfigurationError, in every process, where they see other steps to go on from, None for none.

    That is where a folder is being written, or cached; they would wait for each other while they read it.
    """
    if jax.process_count() > 1:
        _check_same({"newest checkpoint in --workdir": step})


def check_weights(params: Any) -> None:
    """Likewise, where they begin with other weights (host arrays): each reads `weights_from` for itself."""
    if jax.process_count() == 1:
        return
    found = 0
    for leaf in jax.tree.leaves(params):
        found = zlib.crc32(np.ascontiguousarray(leaf), found)
    _check_same({"digest of the weights to begin with": found})


def raise_in_all(error: ConfigurationError | None) -> None:
    """Raises what the main process gives in it, and in the others that it was raised there."""
    told = error is not None
    if jax.process_count() > 1:
        told = bool(multihost_utils.broadcast_one_to_all(np.array([told]))[0])
    if error is not None:
        raise error
    if told:
        raise ConfigurationError("process 0 cannot begin, and says why")


def _check_same(fields: Mapping[str, Any]) -> None:
    ours = np.array([zlib.crc32(json.dumps(value).encode()) for value in fields.values()], np.uint32)
    everyones = np.asarray(multihost_utils.process_allgather(ours)).reshape(jax.process_count(), -1)
    for process, theirs in enumerate(everyones):
        other = np.flatnonzero(theirs != everyones[0])
        if other.size:
            name = list(fields)[other[0]]
            raise ConfigurationError(
                f"process {process} has another {name} than process 0 (here, in process {jax.process_index()}: "
                f"{str(fields[name])[:60]}); give every process the same command, corpus and version"
            )


def _check_shared(workdir: Path) -> None:
    path, token = workdir / TOKEN, np.uint32(secrets.randbits(32))
    if parallel.is_main():
        write_text(path, f"{token}\n")
    token = int(multihost_utils.broadcast_one_to_all(token))  # and so it is written
    until = time.monotonic() + PATIENCE
    while not (seen := path.exists() and path.read_text().strip() == str(token)) and time.monotonic() < until:
        time.sleep(0.2)
    everyones = np.asarray(multihost_utils.process_allgather(np.array([seen]))).reshape(-1)
    if not everyones.all():
        raise ConfigurationError(
            f"process {int(np.argmin(everyones))} does not see the work directory of process 0 (here {workdir}); give "
            "all processes one --workdir that they share, on a network drive"
        )
