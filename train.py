"""Trains a network.

  python train.py --config configs/graves_synthesis.py --workdir runs/x [--config.data.batch_size=64 ...]

The same command goes on where it stopped; it exits with 75 where it was stopped in order and updates are left.
Several processes (hosts, or a TPU pod): the same command on each, with --coordinator=HOST:PORT --processes=N
--process=I (on a TPU pod --coordinator=auto is enough). WRITEMATE_CACHE may name a folder that all share, for what
they compile.

  python train.py adapt --ink my_lines/ --workdir runs/me

makes a style of a few lines of your own ink, for sample.py --style runs/me.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from absl import app, flags, logging
from ml_collections import config_flags

from writemate_jax.training.huge_pages import use_huge_pages

STOPPED = 75  # exit code, EX_TEMPFAIL of sysexits.h: a scheduler is to start the same command again

CONFIG = config_flags.DEFINE_config_file("config", None, "Configuration file; see configs/.")
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of checkpoints, logs and pictures; made if absent.")
COORDINATOR = flags.DEFINE_string("coordinator", None, "HOST:PORT of process 0, or auto on a TPU pod.")
PROCESSES = flags.DEFINE_integer("processes", None, "Number of processes.")
PROCESS = flags.DEFINE_integer("process", None, "Number of this process, from 0.")


def main(arguments: list[str] | None) -> None:
    from writemate_jax.checkpoints.models import CheckpointNotFound
    from writemate_jax.compilation_cache import VARIABLE, use_compilation_cache
    from writemate_jax.config import ConfigurationError
    from writemate_jax.data.corpus import CorpusError
    from writemate_jax.training import loop, parallel

    if arguments and arguments[1:]:
        print(f"train.py: {arguments[1]!r} is no option; a field is --config.FIELD=VALUE", file=sys.stderr)
        sys.exit(2)
    logging.set_verbosity(logging.WARNING)  # Orbax tells of every file at INFO
    # A resumed run need not compile its buckets again. On GPUs processes tune what they compile together, and one that
    # finds it in a folder of its own lets the others wait for hours: they need a folder that all share.
    if not COORDINATOR.value or os.environ.get(VARIABLE):
        use_compilation_cache()
    try:
        parallel.initialize(COORDINATOR.value, PROCESSES.value, PROCESS.value)
        state = loop.run(CONFIG.value, WORKDIR.value)
    except (ConfigurationError, CorpusError, CheckpointNotFound, OSError) as error:  # all else is a bug: its traceback
        print(f"train.py: {error}", file=sys.stderr)
        sys.exit(2)
    except loop.NotFinite as error:
        print(f"train.py: {error}", file=sys.stderr)
        sys.exit(3)
    if int(state.step) < CONFIG.value.training.steps:
        sys.exit(STOPPED)


def parse(arguments: list[str]) -> list[str]:
    """Absl's parsing of the flags, with a message where a field or the configuration itself is absent."""
    try:
        return app.parse_flags_with_usage(arguments)
    except (AttributeError, KeyError) as error:  # of a field and of a section
        if Path(traceback.extract_tb(error.__traceback__)[-1].filename).name != "config_dict.py":
            raise  # of the configuration file itself, which its traceback names
        message = error
        while isinstance(message, Exception) and message.args:  # ConfigDict wraps one in the other
            message = message.args[0]
        name, _, near = str(message).partition("\n")
        name, near = name.strip("\"'"), f" {near}" if near else ""
        said = f"the configuration has no field {name};{near} writemate_jax/config.py lists all"
        print(f"train.py: {said}", file=sys.stderr)
    except OSError as error:
        print(f"train.py: {error}", file=sys.stderr)
    sys.exit(2)


def check_first(arguments: list[str]) -> None:
    """Ends with a message for what absl would answer with a riddle."""
    pairs = list(zip(["", *arguments], arguments, strict=False))
    if any(word == "adapt" and not (before.startswith("-") and "=" not in before) for before, word in pairs):
        print('train.py: "adapt" comes first: train.py adapt --ink ... --workdir ...', file=sys.stderr)
        sys.exit(2)
    for name, following in zip(arguments, [*arguments[1:], ""], strict=True):
        option, equals, value = name.partition("=")
        path = value if equals else following
        if option in ("--config", "-config") and path and not Path(path.partition(":")[0]).is_file():
            print(f"train.py: no configuration file {path}; those that come along are in configs/", file=sys.stderr)
            sys.exit(2)


if __name__ == "__main__":
    use_huge_pages()
    if sys.argv[1:2] == ["adapt"]:
        from writemate_jax.hands import command as adapt_command

        sys.exit(adapt_command.main(sys.argv[2:]))
    check_first(sys.argv[1:])
    flags.mark_flags_as_required(["config", "workdir"])
    app.run(main, flags_parser=parse)
