"""The network in the browser: bytes of the static site, pace in Node.js and Chromium, and how well its ink is read.

    python -m benchmarks.browser                          # all of it; the reading needs requirements-evaluate.txt
    python -m benchmarks.browser --parts bytes,node,chromium

Legibility is that of `evaluate.py legibility`: the prompts, written by the page's engine with its int8 weights and by
the package with all of them; by default (prompt i with seed i), in the named styles, and in hands learned from lines of
held-out writers.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.chromium import chromium
from writemate_jax import Writer, strokes
from writemate_jax.data import corpus as corpora
from writemate_jax.drawing.strokes_json import Ink
from writemate_jax.evaluation import prompts
from writemate_jax.web.export import export

ROOT = Path(__file__).parents[1]
PARTS = ("bytes", "node", "chromium", "hand", "legibility")
TEXT = "the quick brown fox jumps"
VISITS = 5
HAND_CHARACTERS, HAND_LINES, HANDS = range(17, 25), 4, 5  # of a line that is learned from, of a hand, and hands
READ_HANDS = 16  # in which the prompts are written
STROKE = "document.querySelectorAll('#sheet g.ink path').length > 0"
# Milliseconds of the engine's steps in the page itself, with drawing; the last few of a text move fewer lanes.
STEPS = """async (text) => {
  const load = (name) => import(new URL(`engine/${name}.js`, document.baseURI));
  const [weights, network] = await Promise.all(["weights", "network"].map(load));
  const [request, writing] = await Promise.all(["request", "writing"].map(load));
  const bytes = async (name) => (await fetch(new URL(name, document.baseURI))).arrayBuffer();
  const model = weights.parse(await bytes("model.bin"));
  const made = await network.createNetwork(model, await bytes("engine/kernel.wasm"));
  const { lines, ...options } = request.toWrite({ lines: Array(12).fill(text) }, model);
  const times = [];
  let since = performance.now();
  for (const done of writing.write(made, lines, options)) {
    const now = performance.now();
    if (!done.length) times.push(now - since);
    since = performance.now();
  }
  return { times, lanes: network.LANES };
}"""

# Milliseconds of a hand's learning, in the worker.
LEARN = """async (lines) => {
  const { createEngine } = await import(new URL("engine/browser.js", document.baseURI));
  window.engine ??= await createEngine({});
  const since = performance.now();
  await window.engine.fit({ lines });
  return performance.now() - since;
}"""


def site_bytes(site: Path) -> None:
    sizes = {path.relative_to(site).as_posix(): path.stat().st_size for path in site.rglob("*") if path.is_file()}
    print(f"site: {sum(sizes.values()):,} bytes in {len(sizes)} files")
    for name in ("model.bin", "engine/kernel.wasm", "previews.json"):
        print(f"  {name}: {sizes.pop(name):,}")
    print(f"  the rest: {sum(sizes.values()):,}")


def write_in_node(site: Path, requests: Sequence[dict]) -> tuple[list[list[dict]], dict]:
    """The lines that the site's engine writes of each request, and what it took: see browser_lines.mjs."""
    node = shutil.which("node")
    if node is None:
        sys.exit("benchmarks.browser needs Node.js for this part; choose others with --parts")
    done = subprocess.run(
        [node, "--no-warnings", ROOT / "benchmarks" / "browser_lines.mjs", site],
        input=json.dumps(requests),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout), json.loads(done.stderr)


def node_pace(site: Path) -> None:
    asked = [{"lines": [TEXT] * 4, "seed": 0}]
    taken = min((write_in_node(site, asked)[1] for _ in range(3)), key=lambda taken: taken["seconds"])
    pace = taken["steps"] * taken["lanes"] / taken["seconds"]
    print(f"Node.js: {pace:,.0f} points/s of processor time, candidates counted")


def chromium_pace(site: Path) -> None:
    with serving(site) as address, chromium() as browser:
        times = []
        for _ in range(VISITS):
            context = browser.new_context(reduced_motion="reduce")  # with an empty cache
            page = context.new_page()
            start = time.perf_counter()
            page.goto(f"{address}/#text=Hello+world")
            page.wait_for_function(STROKE, timeout=120_000)
            times.append(time.perf_counter() - start)
            context.close()
        page = browser.new_page()
        page.goto(f"{address}/#text=a")
        page.wait_for_function(STROKE, timeout=120_000)
        steps = page.evaluate(STEPS, TEXT)
    first = f"{statistics.median(times):.2f} s (median of {VISITS} visits, fastest {min(times):.2f} s)"
    print(f"Chromium: first stroke after {first}, with an empty cache")
    # A tenth of the steps is faster than this: what the machine can do when nothing else disturbs it.
    undisturbed, mean = np.quantile(steps["times"], 0.1), np.mean(steps["times"])
    print(f"Chromium: {undisturbed:.2f} ms a step of {steps['lanes']} lanes, {mean:.2f} ms in the mean:"
          f" {1000 * steps['lanes'] / undisturbed:,.0f} and {1000 * steps['lanes'] / mean:,.0f} points/s")  # fmt: skip


def learning(site: Path) -> None:
    """A hand from four lines of a held-out writer, about as long as those that the page asks for."""
    hands = [[drawn(line) for line in hand] for hand in some_hands(HANDS)]
    with serving(site) as address, chromium() as browser:
        page = browser.new_page()
        page.goto(f"{address}/#text=a")
        page.wait_for_function(STROKE, timeout=120_000)
        page.set_default_timeout(120_000)
        page.evaluate(LEARN, hands[0])  # the first time, derivatives are set up
        times = [page.evaluate(LEARN, hand) for hand in hands]
    points = [sum(len(stroke) for line in hand for stroke in line["strokes"]) for hand in hands]
    print(f"Chromium: a hand of {len(hands[0])} lines, {np.mean(points):.0f} points, learned in"
          f" {statistics.median(times) / 1000:.1f} s (median of {len(times)} hands, {min(times) / 1000:.1f} to"
          f" {max(times) / 1000:.1f} s)")  # fmt: skip


def some_hands(count: int) -> list[list[Ink]]:
    """Lines of as many held-out writers, as there are."""
    corpus = corpora.load()
    by_writer: dict[str, list[int]] = {}
    for i in range(len(corpus)):
        if corpus.split(i) != "train" and len(corpus.text(i)) in HAND_CHARACTERS:
            by_writer.setdefault(corpus.writer(i), []).append(i)
    chosen = [own[:HAND_LINES] for own in by_writer.values() if len(own) >= HAND_LINES][:count]
    return [[Ink(corpus.strokes(i), corpus.text(i)) for i in own] for own in chosen]


def drawn(line: Ink) -> dict:
    """As the page records it: y down."""
    return {"text": line.text, "strokes": [(s * [30, -30]).round(1).tolist() for s in strokes.split(line.strokes)]}


def legibility(writer: Writer, site: Path) -> None:
    from writemate_jax.evaluation.groups import by_group
    from writemate_jax.evaluation.legibility import Line, judge, summarise
    from writemate_jax.evaluation.recogniser import Recogniser

    wanted, recogniser = prompts.load(), Recogniser.load()
    names = [style.name for style in writer.named_styles()]
    hands = some_hands(READ_HANDS)
    # Each prompt is written once in every way: named styles and hands take turns.
    ways = {
        "by default": [None],
        f"in {len(names)} named styles": names,
        f"in {len(hands)} hands, learned from {HAND_LINES} lines each": hands,
    }
    for way, whose in ways.items():
        shares = [wanted[i :: len(whose)] for i in range(len(whose))]
        seeds = [1000 * i for i in range(len(whose))]  # of the first line of each, and so on
        requests = [
            {"lines": [prompt.text for prompt in share], "seed": seed}
            | ({"style": one} if isinstance(one, str) else {"fit": [drawn(line) for line in one]} if one else {})
            for share, seed, one in zip(shares, seeds, whose, strict=True)
        ]
        written = {
            "browser": [
                [(np.array(line["points"], np.float32), line["complete"]) for line in lines]
                for lines in write_in_node(site, requests)[0]
            ],
            "package": [
                [(line.strokes, line.complete) for line in writer.write(
                    request["lines"], seed=range(seed, seed + len(request["lines"])),
                    style=one if one is None or isinstance(one, str) else writer.adapt(one),
                )]
                for request, seed, one in zip(requests, seeds, whose, strict=True)
            ],
        }  # fmt: skip
        for where, found in written.items():
            lines = [
                Line(prompt.group, prompt.text, *one)
                for share, ours in zip(shares, found, strict=True)
                for prompt, one in zip(share, ours, strict=True)
            ]
            groups = by_group(judge(recogniser, lines), summarise)
            low, high = groups["all"].cer_interval
            print(f"{way}, {where}: CER {groups['all'].cer:.1%} ({low:.1%} to {high:.1%}), complete"
                  f" {groups['all'].complete:.1%}; "
                  + ", ".join(f"{group} {one.cer:.1%}" for group, one in groups.items() if group != "all"),
                  flush=True)  # fmt: skip


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A static host of a folder; yields its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def log_message(self, *_):
        pass


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser", description=__doc__.split("\n")[0])
    parser.add_argument("--parts", default=",".join(PARTS), help="of these, with commas (default: %(default)s)")
    chosen = parser.parse_args().parts.split(",")
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"--parts: {', '.join(sorted(unknown))}; expected some of {', '.join(PARTS)}")
    writer = Writer.load()
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        export(writer, site)
        for part in chosen:
            if part == "legibility":
                legibility(writer, site)
            else:
                {"bytes": site_bytes, "node": node_pace, "chromium": chromium_pace, "hand": learning}[part](site)


if __name__ == "__main__":
    main()
