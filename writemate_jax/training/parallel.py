"""Data parallelism in one place: the axis, the collectives, the processes.

Every device holds the whole state and a slice of the batch. Gradients and losses are *sums* over a device's lines;
they are added over all devices and divided once, so a ragged batch weighs each line the same.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from writemate_jax.config import ConfigurationError

AXIS = "devices"


def initialize(coordinator: str | None, processes: int | None, process: int | None) -> None:
    """Joins the processes of a run; call it before anything else of JAX.

    Without a coordinator there is one process; with "auto", on a TPU pod, JAX finds the others by itself.

    Raises:
      ConfigurationError: arguments that do not belong together, or with which JAX cannot begin. Several processes that
        do not know of each other would write over each other's work directory.
    """
    if coordinator == "auto" and (processes, process) != (None, None):
        raise ConfigurationError("--coordinator auto finds --processes and --process by itself; leave them out")
    if coordinator not in (None, "", "auto"):
        if None in (processes, process):
            raise ConfigurationError(
                f"--coordinator {coordinator} needs --processes N and --process I, from 0 to N - 1"
            )
        if not re.fullmatch(r".+:\d{1,5}", coordinator):
            raise ConfigurationError(f"--coordinator is {coordinator}; expected HOST:PORT of process 0, or auto")
    if not coordinator and (processes, process) != (None, None):
        raise ConfigurationError("--processes and --process need --coordinator HOST:PORT, the address of process 0")
    if processes is not None and not (processes > 0 and 0 <= process < processes):
        raise ConfigurationError(f"--process is {process} of --processes {processes}; expected 0 to N - 1")
    if coordinator and process == 0:
        _check_port(int(coordinator.rpartition(":")[2]))
    try:
        if coordinator == "auto":
            jax.distributed.initialize()
        elif coordinator:
            jax.distributed.initialize(coordinator, processes, process)
    except (ValueError, RuntimeError) as error:
        raise ConfigurationError(f"--coordinator {coordinator}: {error}") from error


def _check_port(port: int) -> None:
    """Raises ConfigurationError where nobody could listen: the coordinator's own way to say so ends the process."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that a run has just left is free
        try:
            listener.bind(("", port))
        except (OSError, OverflowError) as error:
            raise ConfigurationError(f"--coordinator: port {port} of this machine: {error}; take another") from error


def is_main() -> bool:
    """Whether this process writes logs and pictures."""
    return jax.process_index() == 0


def total(tree: Any) -> Any:
    """Adds every leaf over all devices of all processes; for use inside `pmap`."""
    return jax.lax.psum(tree, AXIS)


def pmap(function: Callable, **options) -> Callable:
    """`jax.pmap` over `AXIS`."""
    return jax.pmap(function, axis_name=AXIS, **options)


def replicate(tree: Any) -> Any:
    """A copy on each local device, stacked on a new first axis."""
    devices = jax.local_device_count()
    stacked = jax.tree.map(lambda x: np.broadcast_to(np.asarray(x), (devices, *np.shape(x))), tree)
    # Through pmap, so that the arrays are laid out as a step returns them: otherwise the first step compiles twice.
    return pmap(lambda x: x)(stacked)


def unreplicate(tree: Any) -> Any:
    """The first local device's values, as arrays of the host that stay when the device's are donated."""
    # Of the device's own piece: an index into the whole would be a program, queued behind all that was begun meanwhile,
    # so that to read the step before would be to wait for the next.
    return jax.tree.map(lambda x: np.array(x.addressable_data(0))[0], tree)


def shard(tree: Any) -> Any:
    """Splits the first axis of every array of this process's batch over its devices.

    [n, ...] becomes [devices, n / devices, ...].
    """
    devices = jax.local_device_count()

    def split(x: np.ndarray) -> np.ndarray:
        if x.shape[0] % devices:
            raise ValueError(f"a batch of {x.shape[0]} lines does not divide over {devices} devices")
        return x.reshape(devices, x.shape[0] // devices, *x.shape[1:])

    return jax.tree.map(split, tree)
