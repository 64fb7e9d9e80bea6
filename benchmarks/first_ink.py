"""From the last key to the first ink on the page, in Chromium: on a server's page and on the static site's.

    python -m benchmarks.first_ink

The page waits a quarter of a second for more to be typed, asks its engine, and lets the pen begin when the first line
is there. Server and browser share the machine, which needs what `make browser` installs.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.browser import STROKE, serving
from benchmarks.chromium import chromium
from benchmarks.running_server import running_server
from writemate_jax import Writer
from writemate_jax.web.export import export

TEXTS = ("Good morning", "See you on Tuesday at ten", "Dear Anna,\nit rains since Monday")
STYLES = ("round", "leaning", "")  # "": the seed picks one
ROUNDS = 3
# Looks at every frame for ink that was not there before the text was typed.
WATCH = """() => {
  const paths = () => [...document.querySelectorAll("#sheet g.ink path")].map((path) => path.getAttribute("d"));
  const before = new Set(paths());
  window.took = null;
  let typed = null;
  document.getElementById("text").addEventListener("input", () => { typed ??= performance.now(); }, { once: true });
  const look = () => {
    if (typed !== null && paths().some((d) => d && !before.has(d))) window.took = performance.now() - typed;
    else requestAnimationFrame(look);
  };
  look();
}"""


def first_ink(browser, address: str, style: str, text: str) -> float:
    """Seconds, on a page that has written something else before."""
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{address}/#text=a&style={style}")
    page.wait_for_function(f"() => {STROKE} && document.getElementById('paper').dataset.state === 'finished'")
    page.evaluate(WATCH)
    page.fill("#text", text)
    took = page.wait_for_function("() => window.took").json_value()
    page.close()
    return took / 1000


@contextmanager
def pages(kind: str) -> Iterator[tuple]:
    """A browser, and the address of the page."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "site":
            export(Writer.load(), Path(folder))
            with serving(Path(folder)) as address, chromium() as browser:
                yield browser, address
        else:
            with running_server() as address, chromium() as browser:
                yield browser, address


def main() -> None:
    argparse.ArgumentParser(prog="python -m benchmarks.first_ink", description=__doc__).parse_args()
    for kind in ("server", "site"):
        with pages(kind) as (browser, address):
            for style in STYLES:
                took = [first_ink(browser, address, style, text) for _ in range(ROUNDS) for text in TEXTS]
                print(f"{kind}, {style or 'any hand'}: median {statistics.median(took):.2f} s, {min(took):.2f} to"
                      f" {max(took):.2f} s over {len(took)} times", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
