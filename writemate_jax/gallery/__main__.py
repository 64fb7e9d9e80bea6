"""Makes docs/gallery/ and docs/gallery.md again: python -m writemate_jax.gallery."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from writemate_jax.arguments import run
from writemate_jax.gallery.making import make


def main() -> int:
    """Runs the command; returns its exit code, see `arguments.run`."""
    parser = argparse.ArgumentParser(prog="python -m writemate_jax.gallery", description=__doc__)
    parser.add_argument("--docs", type=Path, default=Path("docs"), metavar="DIR", help="(default: %(default)s)")
    docs = parser.parse_args().docs.resolve()
    return run("gallery", lambda: _run(docs))


def _run(docs: Path) -> None:
    files = make(docs)
    print(f"{len(files)} files, {sum(file.stat().st_size for file in files):,} bytes")


if __name__ == "__main__":
    sys.exit(main())
