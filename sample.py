"""Writes text by hand.

  python sample.py "Hello world" --out hello.svg

  python sample.py dataset --text-file corpus.txt --num 100000 --out shards/

writes labelled lines for training recognisers. See python sample.py --help and python sample.py dataset --help.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def main(arguments: list[str]) -> int:
    """Runs the command that the arguments name; returns its exit code."""
    if arguments[:1] == ["dataset"]:
        from writemate_jax.dataset.command import main as dataset

        return dataset(arguments[1:])
    from writemate_jax.sampling.command import main as write

    return write(arguments)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    with suppress(BrokenPipeError):  # who reads the paths has seen enough
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)  # all is written: to take JAX apart costs a fifth of a second, and has been seen to crash
