"""Pictures of the page for the documentation: python -m benchmarks.screenshots [--site URL] [--out docs/web]

Without --site, a server of this checkout is started. Chromium and playwright are needed: make browser.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image

from benchmarks.chromium import chromium
from benchmarks.running_server import running_server
from writemate_jax.replacing import replacing

VIEWS = {"desktop": {"width": 1440, "height": 900}, "telephone": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")
# On the desktop the pen is seen at work, and where the network reads.
SHOWN = {
    "desktop": {
        "text": "Dear reader,\nno font was used for this note.\nA small network moved a pen,\n"
        "stroke by stroke, and looked at\neach letter while it wrote.",
        "style": "leaning", "seed": 7, "paper": "ruled", "attention": 1, "speed": 2,
    },
    "telephone": {"text": "Hello from a small\nnetwork with a pen!\nWrite back soon.", "style": "leaning", "seed": 4,
                  "size": "card"},
}  # fmt: skip
WRITTEN = """() => document.getElementById("paper").dataset.state === "finished"
  && document.querySelectorAll("g.ink g").length === 3"""
FOURTH_LINE = """() => (document.querySelectorAll("g.ink g")[3]?.children.length ?? 0) > 14"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screenshots", description=__doc__.split("\n")[0])
    parser.add_argument("--site", metavar="URL", help="a server that runs already")
    parser.add_argument("--out", type=Path, default=Path("docs/web"), metavar="DIR", help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    with nullcontext(options.site.rstrip("/")) if options.site else running_server() as site:
        for path in pictures(site, options.out):
            print(f"{path}  {path.stat().st_size / 1000:.0f} kB")
    return 0


def pictures(site: str, out: Path):
    """Makes the pictures; yields their paths."""
    with chromium() as browser:
        for view, size in VIEWS.items():
            for scheme in SCHEMES:
                page = browser.new_page(viewport=size, color_scheme=scheme)
                page.goto(f"{site}/#{urlencode(SHOWN[view])}")
                page.wait_for_function(FOURTH_LINE if "attention" in SHOWN[view] else WRITTEN, timeout=60_000)
                picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
                with replacing(out / f"{view}-{scheme}.png") as temporary:
                    picture.save(temporary, optimize=True)
                page.close()
                yield out / f"{view}-{scheme}.png"


if __name__ == "__main__":
    sys.exit(main())
