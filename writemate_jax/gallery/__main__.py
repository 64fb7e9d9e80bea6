"""Makes docs/gallery/ and docs/gallery.md again: python -m writemate_jax.gallery."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from writemate_jax.gallery.making import CommandFailed, make


def main() -> int:
    """Runs the command; returns its exit code: 0, or 2 after saying on stderr what was wrong."""
    parser = argparse.ArgumentParser(prog="python -m writemate_jax.gallery", description=__doc__)
    parser.add_argument("--docs", type=Path, default=Path("docs"), metavar="DIR", help="(default: %(default)s)")
    try:
        files = make(parser.parse_args().docs.resolve())
    except (CommandFailed, OSError) as error:
        print(f"gallery: error: {error}", file=sys.stderr)
        return 2
    print(f"{len(files)} files, {sum(file.stat().st_size for file in files):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
