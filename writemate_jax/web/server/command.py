"""The command line of `serve.py`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from writemate_jax.arguments import above_zero, from_zero, port, positive
from writemate_jax.web.server.settings import Settings

EXAMPLES = """\
examples:
  python serve.py                                   # http://127.0.0.1:8000
  python serve.py --port 8001 --proxies 1           # behind a proxy on this machine
  curl -s localhost:8000/api/v1/write -H 'Content-Type: application/json' -d '{"text": "Hello", "format": "svg"}'
"""
CPU_LANES, LANES = 32, 256  # fewer are quicker for one request, more for many (benchmarks.serving)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the server until it is told to stop; returns its exit code: 0, or 2 after saying what was wrong.

    Told by SIGTERM, the process then ends as of that signal, as uvicorn does (143 to a shell).
    """
    options = _parser().parse_args(arguments)
    try:
        import fastapi  # noqa: F401
        import httptools  # noqa: F401
        import prometheus_client  # noqa: F401
        import uvicorn
    except ImportError as error:
        print(f"serve.py: error: {error.name} is missing; pip install -r requirements.txt", file=sys.stderr)
        return 2
    import jax

    from writemate_jax.sampling.writer import Writer
    from writemate_jax.strokes import UNIT
    from writemate_jax.web.server.app import create_app
    from writemate_jax.web.server.connections import limited

    lanes = options.lanes or (CPU_LANES if jax.default_backend() == "cpu" else LANES)
    try:
        writer = Writer.load(options.checkpoint, lanes=lanes)
        if not writer.model.network().window or writer.model.unit != UNIT:
            raise ValueError("this checkpoint writes no texts in x-heights; give one that was trained so")
        settings = Settings(
            waiting=options.waiting, seconds=options.seconds, rate=options.rate, burst=options.burst,
            proxies=options.proxies, fit_room=options.fit_room, batching=not options.no_batching,
        )  # fmt: skip
    except (ValueError, OSError) as error:
        print(f"serve.py: error: {error}", file=sys.stderr)
        return 2
    uvicorn.run(
        create_app(writer, settings), host=options.host, port=options.port, log_level=options.log,
        access_log=False, server_header=False, proxy_headers=False, timeout_keep_alive=15, timeout_graceful_shutdown=30,
        http=limited(settings.send_seconds, settings.body_seconds, settings.body),
        limit_concurrency=settings.connections,
    )  # fmt: skip
    return 0


def _parser() -> argparse.ArgumentParser:
    usual = Settings()
    parser = argparse.ArgumentParser(
        prog="serve.py", description="Serves the page and the API. docs/deploying.md says how to run it in public.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="the address to listen at (default: %(default)s, this machine alone)")
    add("--port", type=port, default=8000, metavar="N", help="0 for any that is free (default: %(default)s)")
    add("--checkpoint", type=Path, metavar="DIR", help="the network (default: the embedded one)")
    add(
        "--lanes",
        type=positive,
        metavar="N",
        help="lines computed at once; the last digits of ink depend on it"
        f" (default: {CPU_LANES} on a CPU, {LANES} elsewhere)",
    )
    add(
        "--waiting",
        type=positive,
        default=usual.waiting,
        metavar="N",
        help="lines, candidates counted, that may"
        " wait; beyond them requests are answered with 503, but one that comes while none waits (default: %(default)s)",
    )
    add(
        "--seconds",
        type=above_zero,
        default=usual.seconds,
        metavar="S",
        help="that an answer may take (default: %(default)g)",
    )
    add(
        "--rate",
        type=from_zero,
        default=usual.rate,
        metavar="R",
        help="requests a second that a client may send in the long run; 0 for no limit (default: %(default)g)",
    )
    add("--burst", type=positive, default=usual.burst, metavar="N", help="and at once (default: %(default)s)")
    add(
        "--proxies",
        type=int,
        default=0,
        choices=range(10),
        metavar="N",
        help="proxies in front, whose X-Forwarded-For is believed (default: %(default)s: the header is not read)",
    )
    add(
        "--fit-room",
        type=int,
        choices=range(0, 4097, 256),
        default=usual.fit_room,
        metavar="N",
        help="points of the longest line of ink whose fitting is compiled at start; 0 starts sooner, and the first fits"
        " take longer (default: %(default)s)",
    )
    add("--no-batching", action="store_true", help="write one request after the other, to measure the difference")
    add("--log", default="info", choices=("critical", "error", "warning", "info"), help="(default: %(default)s)")
    return parser
