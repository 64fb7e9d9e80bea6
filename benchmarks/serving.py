"""The server under load: requests/s and waiting by how many ask at once, with batching and without; how long a hand
takes to be fitted; its memory over many requests; and what it answers to bad ones.

    python -m benchmarks.serving                  # about fifteen minutes on 2 cores
    python -m benchmarks.serving --seconds 5 --fits 1 --many 500 --bad 500

Clients and server share the machine. Each client asks again as soon as it is answered, over one connection.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.running_server import running_process
from writemate_jax import strokes
from writemate_jax.data import corpus as corpora

TEXT = "the quick brown fox jumps"
BEST_ALONE = 4  # lanes: as many as a request has candidates, the quickest for one request at a time
GOOD = {"text": TEXT}
SHORT = {"text": "fox", "candidates": 1}
EVERY = 500  # requests between two looks at memory
FITTED = 40  # characters of the line that a hand is fitted to
# One request after the other: the last of many waits long.
UNLIMITED = ["--rate", "0", "--seconds", "3600", "--waiting", "100000", "--log", "error"]


class Ask(NamedTuple):
    """A request: where to, and its body as JSON or bytes as they are; None for a GET."""

    path: str
    body: dict | list | bytes | None = None


def main() -> None:
    options = _parser().parse_args()
    clients = [int(n) for n in options.clients.split(",")]
    lanes = ["--lanes", str(options.lanes)] if options.lanes else []
    modes = {
        "batching": lanes,
        "one after the other": ["--no-batching", *lanes],
        f"one after the other, {BEST_ALONE} lanes": ["--no-batching", "--lanes", str(BEST_ALONE)],
    }
    if options.seconds:
        for mode, flags in modes.items():
            with running_process(*UNLIMITED, "--fit-room", "0", *flags) as (url, _):
                for count in clients:
                    figures = asyncio.run(load(url, count, options.seconds, options.style))
                    print(f"{mode:34} {count:3} clients: {figures}", flush=True)
    if not (options.fits or options.many or options.bad):
        return
    with running_process(*UNLIMITED, *lanes) as (url, process):
        if options.fits:
            for count in (0, 8):
                print(f"a hand, {count} clients writing: {asyncio.run(fits(url, options.fits, count))}")
        if options.many:
            print(
                f"memory over {options.many} requests: {asyncio.run(watched(url, process, options.many))}", flush=True
            )
        for kind, make in (("requests", bad), ("inks", bad_ink)):
            if not options.bad:
                break
            rng = random.Random(0)
            answered = asyncio.run(ask_all(url, (make(rng) for _ in range(options.bad))))
            good = asyncio.run(ask_all(url, [Ask("api/v1/write", GOOD)]))
            print(f"{options.bad} bad {kind}: {dict(answered)}; the next good one: {dict(good)};"
                  f" {memory(process):.0f} MiB", flush=True)  # fmt: skip
            if any(not 400 <= status < 500 for status in answered) or set(good) != {200}:
                sys.exit("a bad request was answered with a server error, or a good one was not answered")


class Connection:
    """One connection to a server. Lean: the usual clients take as long for a request as the server."""

    def __init__(self, url: str):
        self._host, self._port = url.removeprefix("http://").split(":")
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, ask: Ask) -> int:
        """The status of an answer, after all of it has come."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, int(self._port), limit=2**24)
        reader, writer = self._streams
        body = ask.body if isinstance(ask.body, bytes | None) else json.dumps(ask.body).encode()
        kind = "GET" if body is None else "POST"
        head = [f"{kind} /{ask.path} HTTP/1.1", f"Host: {self._host}", "Content-Type: application/json"]
        writer.write("\r\n".join([*head, f"Content-Length: {len(body or b'')}", "\r\n"]).encode() + (body or b""))
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        if "content-length" in headers:
            await reader.readexactly(int(headers["content-length"]))
        else:  # in chunks
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        if headers.get("connection") == "close":
            await self.close()
        return int(lines[0].split()[1])

    async def close(self) -> None:
        """Ends it; the next `ask` opens another."""
        if self._streams:
            self._streams[1].close()
            await self._streams[1].wait_closed()
        self._streams = None


async def load(url: str, clients: int, seconds: float, style: str) -> str:
    """Requests a second, and quantiles of the time until an answer."""
    times: list[float] = []
    statuses: Counter[int] = Counter()
    until = time.perf_counter() + seconds

    async def one(number: int) -> None:
        connection, seed = Connection(url), number
        while time.perf_counter() < until:
            start = time.perf_counter()
            statuses[await connection.ask(Ask("api/v1/write", GOOD | {"seed": seed, "style": style}))] += 1
            times.append(time.perf_counter() - start)
            seed += clients
        await connection.close()

    start = time.perf_counter()
    await asyncio.gather(*map(one, range(clients)))
    took = time.perf_counter() - start
    p50, p99 = np.quantile(times, [0.5, 0.99])
    failed = {status: n for status, n in statuses.items() if status != 200}
    return f"{statuses[200] / took:6.1f} requests/s, p50 {p50:6.2f} s, p99 {p99:6.2f} s{failed or ''}"


async def fits(url: str, count: int, clients: int) -> str:
    """How long fitting takes a hand's one line, and another's four shorter ones, while some clients write."""
    done = asyncio.Event()

    async def write(number: int) -> None:
        connection = Connection(url)
        while not done.is_set():
            await connection.ask(Ask("api/v1/write", GOOD | {"seed": number}))
        await connection.close()

    writing = [asyncio.create_task(write(number)) for number in range(clients)]
    connection, told = Connection(url), []
    for name, lines in (("one line", ink(1, FITTED)), ("four lines", ink(4, FITTED // 2))):
        points = sum(len(stroke) for line in lines for stroke in line["strokes"])
        times = []
        for _ in range(count):
            start = time.perf_counter()
            if (status := await connection.ask(Ask("api/v1/fit", {"lines": lines}))) != 200:
                sys.exit(f"a hand could not be fitted: {status}")
            times.append(time.perf_counter() - start)
        characters = sum(len(line["text"]) for line in lines)
        told.append(f"{name} of {characters} characters, {points} points: {np.median(times):.2f} s")
    done.set()
    await asyncio.gather(*writing)
    await connection.close()
    return "; ".join(told)


def ink(count: int, characters: int) -> list[dict]:
    """Lines of the open corpus, by one held-out writer, of about so many characters each, as /api/v1/fit takes them."""
    corpus = corpora.load()
    near = sorted(corpus.select(["validation"]), key=lambda i: abs(len(corpus.text(i)) - characters))
    writer = next(w for w in map(corpus.writer, near) if sum(corpus.writer(i) == w for i in near) >= count)
    chosen = [i for i in near if corpus.writer(i) == writer][:count]
    turned = [[(stroke * [1, -1]).tolist() for stroke in strokes.split(corpus.strokes(i))] for i in chosen]
    return [{"text": corpus.text(i), "strokes": own} for i, own in zip(chosen, turned, strict=True)]


async def watched(url: str, process: subprocess.Popen, count: int) -> str:
    """MiB in memory after every `EVERY` requests of many kinds, all of which must be answered with 200."""
    [line] = ink(1, FITTED // 2)
    usual = [Ask("api/v1/write", SHORT)] * 12 + [Ask("api/v1/stream", SHORT)] * 3
    usual += [Ask("api/v1/write", SHORT | {"style": "leaning"}), Ask("api/v1/write", SHORT | {"attention": True})]
    usual += [Ask("api/v1/write", SHORT | {"format": "svg"}), Ask("api/v1/styles"), Ask("metrics")]
    seldom = [Ask("api/v1/write", SHORT | {"format": kind}) for kind in ("png", "pdf", "gcode", "animated")]
    seldom.append(Ask("api/v1/fit", {"lines": [line]}))
    told = [f"{memory(process):.0f}"]
    for asked in range(0, count, EVERY):
        here = min(EVERY, count - asked)
        asks = list(itertools.islice(itertools.chain(seldom, itertools.cycle(usual)), here))
        answered = await ask_all(url, asks)
        if set(answered) != {200}:
            sys.exit(f"of {here} good requests {dict(answered)} were answered so")
        told.append(f"{memory(process):.0f}")
        print(f"  {asked + here} requests: {told[-1]} MiB", file=sys.stderr, flush=True)
    return f"{' '.join(told)} MiB, every {EVERY}"


async def ask_all(url: str, asks: Iterable[Ask], at_once: int = 64) -> Counter[int]:
    """How many answers had which status."""
    statuses: Counter[int] = Counter()
    todo = iter(asks)

    async def one() -> None:
        connection = Connection(url)
        for ask in todo:
            statuses[await connection.ask(ask)] += 1
        await connection.close()

    await asyncio.gather(*(one() for _ in range(at_once)))
    return statuses


def bad(rng: random.Random) -> Ask:
    """A request that cannot be met: broken bytes, wrong fields, wrong types, wild numbers, ink that is none."""
    body = _bad_body(rng)
    return Ask("api/v1/fit" if isinstance(body, dict) and "lines" in body else "api/v1/write", body)


SCRAPS = [None, True, -1, 10**30, 1e308, float("nan"), float("inf"), "", "\x00", "\u2603", "x" * 7000, [], {}, [[]],
          [[[[]]]], {"a": {"a": {}}}]  # fmt: skip


def _bad_body(rng: random.Random) -> dict | list | bytes:
    fields = ["seed", "bias", "vector", "hand", "candidates", "format", "attention", "color", "pen", "letter_size"]
    kind = rng.randrange(6)
    if kind == 0:
        return rng.randbytes(rng.randrange(1, 200))
    if kind == 1:
        return {"text": TEXT, rng.choice(fields): rng.choice([[], {}, "\u2603", 10**30, float("nan"), -5])}
    if kind == 2:
        return rng.choice([{"text": rng.choice(SCRAPS)}, {"text": TEXT, "style": "../../etc/passwd"}])
    if kind == 3:
        return {"text": TEXT, f"field{rng.randrange(9)}": rng.choice(SCRAPS)}
    if kind == 4:
        wild = rng.choice([float("nan"), 1e300, -101, "1", None, []])
        row = rng.choice([[0.1, 0.1, 0.5], [0.1, wild, 0], [0.1, 0.1], [wild] * 3, [0.0, 0.0, 1.0], [0.1, 0.2, 0.0]])
        primer = {"text": rng.choice(["tool", "", "\u2603", "x" * 50]), "strokes": [row] * rng.choice([0, 1, 9, 1025])}
        hand = {"vector": [rng.uniform(-3, 3)] * 32, "gates": None, "primer": primer}
        part = rng.choice([{}, {"vector": [0.0] * rng.randrange(32)}, {"gates": [wild] * 2048}, {"gates": [0.1] * 9}])
        return {"text": TEXT, "hand": hand | part}
    far = rng.choice([float("inf"), 1e300, "1", None, float("nan")])
    points = [[rng.uniform(-9, 9), rng.uniform(-9, 9)] for _ in range(rng.randrange(1, 5))]
    strokes = rng.choice([[points], [[[0, far]]], [], [[]], [points, [[1]]], far])
    return {"lines": [{"text": rng.choice(["a rather long text for so little ink", "", 5]), "strokes": strokes}]}


def bad_ink(rng: random.Random) -> Ask:
    """Ink that no hand can be fitted to: cut short, nested, wild, far too much, or none of what it is to say."""
    points = [[rng.uniform(-9, 9), rng.uniform(-9, 9)] for _ in range(rng.randrange(1, 9))]
    line = {"text": "a tool", "strokes": [points]}
    kind = rng.randrange(7)
    if kind == 0:
        whole = json.dumps({"lines": [line] * rng.randrange(1, 9)}).encode()
        return Ask("api/v1/fit", whole[: rng.randrange(len(whole))])
    if kind == 1:
        body = {"lines": rng.choice([*SCRAPS, [line] * 9, [rng.choice(SCRAPS)] * rng.randrange(1, 9)])}
    elif kind == 2:
        body = {"lines": [line | {rng.choice(["text", "strokes"]): rng.choice(SCRAPS)}]}
    elif kind == 3:
        place = rng.choice([float("nan"), float("inf"), 1e300, "1", None, [], True])
        wild = rng.choice([[place], [[place, 0]], [[0, 0, place]], [[]], place])
        body = {"lines": [line | {"strokes": [points, wild]}]}
    elif kind == 4:  # of up to a megabyte all is wrong, or it is much too much
        count = rng.choice([1, 10, 1000, 30_000])
        body = {"lines": [line | {"strokes": rng.choice([[[0] * count], [[[0, "a"]] * count], [[[0, 0]]] * count])}]}
    elif kind == 5:
        body = {"lines": [line | {"text": "ink of so few points cannot be as much as this"[: rng.randrange(30, 47)]}]}
    else:
        body = {"lines": [line]} | {f"field{i}": rng.choice(SCRAPS) for i in range(rng.randrange(1, 99))}
    return Ask("api/v1/fit", body)


def memory(process: subprocess.Popen) -> float:
    """MiB of a process that are in memory."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--clients", default="1,8,64", help="how many ask at once, with commas (default: %(default)s)")
    add("--lanes", type=int, help="of the server (default: its own)")
    add("--style", default="random", help="what they ask for; one that has a name has a primer (default: %(default)s)")
    add("--seconds", type=float, default=30, help="for each of them; 0 to leave it out (default: %(default)s)")
    add("--fits", type=int, default=3, help="hands fitted, of each kind; 0 to leave it out (default: %(default)s)")
    add("--many", type=int, default=10_000, help="requests over which memory is looked at (default: %(default)s)")
    add("--bad", type=int, default=10_000, help="bad requests, and as many bad inks (default: %(default)s)")
    return parser


if __name__ == "__main__":
    main()
