"""The server under load: requests/s and waiting by how many ask at once, with batching and without; its memory over
many requests; and what it answers to bad ones.

    python -m benchmarks.serving                  # about ten minutes on 2 cores
    python -m benchmarks.serving --seconds 5 --many 500 --bad 500

Clients and server share the machine. Each client asks again as soon as it is answered.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import resource
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import numpy as np

ROOT = Path(__file__).parents[1]
TEXT = "the quick brown fox jumps"
BEST_ALONE = 4  # lanes: as many as a request has candidates, the quickest for one request at a time
GOOD = {"text": TEXT}
SHORT = {"text": "fox", "candidates": 1}


def main() -> None:
    options = _parser().parse_args()
    clients = [int(n) for n in options.clients.split(",")]
    modes = {
        "batching": [],
        "one after the other": ["--no-batching"],
        f"one after the other, {BEST_ALONE} lanes": ["--no-batching", "--lanes", str(BEST_ALONE)],
    }
    if options.seconds:
        for mode, flags in modes.items():
            with server(*flags) as (url, _):
                for count in clients:
                    print(f"{mode:34} {count:3} clients: {asyncio.run(load(url, count, options.seconds))}", flush=True)
    with server() as (url, process):
        if options.many:
            asyncio.run(ask_many(url, [SHORT] * (options.many // 10)))
            before = memory(process)
            start = time.perf_counter()
            answered = asyncio.run(ask_many(url, [SHORT] * options.many))
            took = time.perf_counter() - start
            print(f"{options.many} requests in {took:.0f} s: {dict(answered)}; memory {before:.0f} MiB before,"
                  f" {memory(process):.0f} MiB after")  # fmt: skip
        if options.bad:
            rng = random.Random(0)
            answered = asyncio.run(ask_many(url, [bad(rng) for _ in range(options.bad)]))
            good = asyncio.run(ask_many(url, [GOOD]))
            print(f"{options.bad} bad requests: {dict(answered)}; the next good one: {dict(good)}")
            if any(status >= 500 for status in answered) or set(good) != {200}:
                sys.exit("a bad request was answered with a server error, or a good one was not answered")


@contextlib.contextmanager
def server(*flags: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """A server of its own, ready: its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # No limits: one request after the other, the last of many waits long.
    unlimited = ["--rate", "0", "--seconds", "3600", "--waiting", "100000", "--fit-room", "0"]
    command = [sys.executable, "serve.py", "--port", str(port), "--log", "error", *unlimited, *flags]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        while True:
            if process.poll() is not None:
                sys.exit(f"the server ended with {process.returncode}")
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{url}/readyz").status_code == 200:
                    break
            time.sleep(0.2)
        yield url, process
    finally:
        process.terminate()
        process.wait()


async def load(url: str, clients: int, seconds: float) -> str:
    """Requests a second, and quantiles of the time until an answer."""
    times: list[float] = []
    statuses: Counter[int] = Counter()
    async with _client(url, clients) as http:
        until = time.perf_counter() + seconds

        async def one(number: int) -> None:
            seed = number
            while time.perf_counter() < until:
                start = time.perf_counter()
                answer = await http.post("/api/v1/write", json=GOOD | {"seed": seed})
                times.append(time.perf_counter() - start)
                statuses[answer.status_code] += 1
                seed += clients

        start = time.perf_counter()
        await asyncio.gather(*map(one, range(clients)))
        took = time.perf_counter() - start
    p50, p99 = np.quantile(times, [0.5, 0.99])
    failed = {status: n for status, n in statuses.items() if status != 200}
    return f"{statuses[200] / took:6.1f} requests/s, p50 {p50:6.2f} s, p99 {p99:6.2f} s{failed or ''}"


async def ask_many(url: str, bodies: list, at_once: int = 64) -> Counter[int]:
    """How many answers had which status. Strings and bytes are sent as they are."""
    statuses: Counter[int] = Counter()
    todo = iter(bodies)
    async with _client(url, at_once) as http:

        async def one() -> None:
            for body in todo:
                path = "fit" if isinstance(body, dict) and "lines" in body else "write"
                content = body if isinstance(body, bytes) else json.dumps(body)
                headers = {"Content-Type": "application/json"}
                answer = await http.post(f"/api/v1/{path}", content=content, headers=headers)
                statuses[answer.status_code] += 1

        await asyncio.gather(*(one() for _ in range(at_once)))
    return statuses


def bad(rng: random.Random) -> dict | list | bytes:
    """A request that cannot be met: broken bytes, wrong fields, wrong types, wild numbers, ink that is none."""
    scraps = [None, True, -1, 10**30, 1e308, float("nan"), float("inf"), "", "\x00", "\u2603",
              "x" * 7000, [], {}, [[]], [[[[]]]], {"a": {"a": {}}}]  # fmt: skip
    fields = ["seed", "bias", "vector", "candidates", "format", "attention", "color", "pen", "letter_size"]
    kind = rng.randrange(5)
    if kind == 0:
        return rng.randbytes(rng.randrange(1, 200))
    if kind == 1:
        return {"text": TEXT, rng.choice(fields): rng.choice([[], {}, "\u2603", 10**30, float("nan"), -5])}
    if kind == 2:
        return rng.choice([{"text": rng.choice(scraps)}, {"text": TEXT, "style": "../../etc/passwd"}])
    if kind == 3:
        return {"text": TEXT, f"field{rng.randrange(9)}": rng.choice(scraps)}
    far = rng.choice([float("inf"), 1e300, "1", None, float("nan")])
    points = [[rng.uniform(-9, 9), rng.uniform(-9, 9)] for _ in range(rng.randrange(1, 5))]
    strokes = rng.choice([[points], [[[0, far]]], [], [[]], [points, [[1]]], far])
    return {"lines": [{"text": rng.choice(["a rather long text for so little ink", "", 5]), "strokes": strokes}]}


def memory(process: subprocess.Popen) -> float:
    """MiB of a process that are in memory."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _client(url: str, connections: int) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.AsyncClient(base_url=url, timeout=300, limits=limits)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--clients", default="1,8,64", help="how many ask at once, with commas (default: %(default)s)")
    add("--seconds", type=float, default=30, help="for each of them; 0 to leave it out (default: %(default)s)")
    add("--many", type=int, default=10_000, help="requests over which memory is looked at (default: %(default)s)")
    add("--bad", type=int, default=10_000, help="bad requests (default: %(default)s)")
    return parser


if __name__ == "__main__":
    main()
