"""The static site: the page with the network inside, which any host of files can serve to any number of people.

    python -m writemate_jax.web.export --out site/
    python -m http.server --directory site

It copies page/, and writes model.bin (`browser_model`) and config.json beside it. Whatever lies in the folder already
and is no part of the site stays.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from writemate_jax.arguments import run
from writemate_jax.replacing import replacing, write_text

if TYPE_CHECKING:
    from writemate_jax.sampling.writer import Writer

MODEL = "model.bin"
PAGE = Path(__file__).parent / "page"
# What only a server, or somebody who builds the kernel, needs.
LEFT_OUT = {"engine/server.js", "engine/events.js", "engine/kernel.c"}


def export(writer: Writer, out: Path) -> list[Path]:
    """Writes the site of a writer's network into a folder; returns its files. Raises ValueError for another network."""
    from writemate_jax import __version__
    from writemate_jax.sampling import neatness
    from writemate_jax.web import browser_model

    model = browser_model.encode(writer)
    written = []
    for source in page_files():
        written.append(out / source.relative_to(PAGE))
        with replacing(written[-1]) as temporary:
            shutil.copyfile(source, temporary)
    written.append(out / MODEL)
    with replacing(written[-1]) as temporary:
        temporary.write_bytes(model)
    config = {"engine": "browser", "version": __version__, "neater": neatness.for_the_page(), "model": MODEL}
    # What offline.js keeps, and the version that these files are together.
    config["files"] = {path.relative_to(out).as_posix(): _digest(path) for path in written}
    config["site"] = hashlib.sha256(json.dumps(config).encode()).hexdigest()
    written.append(out / "config.json")
    write_text(written[-1], json.dumps(config) + "\n")
    return written


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def page_files() -> list[Path]:
    """The files of the page that a static site needs."""
    files = sorted(path for path in PAGE.rglob("*") if path.is_file())
    return [path for path in files if path.relative_to(PAGE).as_posix() not in LEFT_OUT]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m writemate_jax.web.export",
        description="Writes the page with the network inside, for any static host.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the site goes")
    parser.add_argument("--checkpoint", metavar="FOLDER", help="a network of your own (default: the embedded one)")
    options = parser.parse_args(arguments)
    return run(parser.prog, lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    from writemate_jax.sampling.writer import Writer

    written = export(Writer.load(options.checkpoint), options.out)
    total, weights = sum(path.stat().st_size for path in written), (options.out / MODEL).stat().st_size
    print(f"{options.out}: {len(written)} files, {total:,} bytes, {weights:,} of them {MODEL}")


if __name__ == "__main__":
    sys.exit(main())
