"""What stands before the app: sizes, times and rates of requests, headers of answers, and counting both.

Plain ASGI, so that events pass as they come.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from writemate_jax.web.server.measures import Measures
from writemate_jax.web.server.problems import Problem, failed
from writemate_jax.web.server.rate import RateLimit, address_of, network_of
from writemate_jax.web.server.settings import USUAL_LINES, Settings

# The page's own modules, styles and files that it made itself; no other host, no frame, no form, no plugin.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
LIMITED = ("/api/v1/write", "/api/v1/stream", "/api/v1/fit")
FIT_COST = 5.0  # requests that fitting a hand counts for
CHUNK = 65_536  # bytes of an answer that are sent at once: before the next the client must have taken them

log = logging.getLogger(__name__)


class Guard:
    """Wraps an app."""

    def __init__(self, app: ASGIApp, settings: Settings, measures: Measures):
        self._app, self._settings, self._measures = app, settings, measures
        self._limit = RateLimit(settings.rate, settings.burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        start, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            for part in _parts(message):
                await send(part)

        try:
            await self._pass(scope, receive, answer)
        except Problem as problem:
            await problem.response()(scope, receive, answer)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            if status:
                raise  # the answer has begun: all that is left is to cut it off
            await failed().response()(scope, receive, answer)
        finally:
            # What is refused before the app looks at it has no route yet.
            route = getattr(scope.get("route"), "path", scope["path"] if scope["path"] in LIMITED else "none")
            method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST") else "other"
            self._measures.requests.labels(route, method, status or "none").inc()
            self._measures.seconds.labels(route).observe(time.perf_counter() - start)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            return await self._app(scope, receive, send)
        client = network_of(client_of(scope, self._settings.proxies))
        self._pay(client, FIT_COST if scope["path"].endswith("/fit") else 1.0)

        def charge(lines: int) -> None:
            """For the app to say how much it is that was asked for: lines, candidates counted. Raises `Problem`."""
            cost = min(self._settings.burst, lines / USUAL_LINES)
            if cost > 1.0:
                self._pay(client, cost - 1.0, paid=1.0)

        scope.setdefault("state", {})["charge"] = charge
        body = await self._body(scope, receive)
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

    def _pay(self, client: str, cost: float, paid: float = 0.0) -> None:
        """Takes the cost of a request, for which some is paid already. Raises `Problem` where the client cannot."""
        wait = self._limit.wait(client, cost, paid)
        if wait:
            self._measures.refused.labels("rate").inc()
            raise Problem(429, "busy", "You ask too often. Wait a little.", retry_after=wait)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body: an app that is handed it byte by byte could be kept waiting for ever."""
        most = self._settings.body
        large = Problem(413, "too_long", f"The request is too large; expected at most {most} bytes.")
        length = Headers(scope=scope).get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or len(length) > 12 or int(length) > most:
            raise large
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._settings.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Problem(400, "invalid", "The request ended before its body.")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > most:
                        raise large
                    if not message.get("more_body"):
                        return b"".join(parts)
        except TimeoutError:
            raise Problem(408, "invalid", "The request's body did not come in time.") from None


def _parts(message: Message) -> Iterator[Message]:
    """A message as several, where it is a large part of a body."""
    body = message.get("body", b"")
    if len(body) <= CHUNK:
        yield message
        return
    for start in range(0, len(body), CHUNK):
        end = start + CHUNK
        yield message | {"body": body[start:end], "more_body": end < len(body) or message.get("more_body", False)}


def client_of(scope: dict[str, Any], proxies: int) -> str:
    """The address that a request came from.

    Every proxy in front adds the address that it saw at the end of X-Forwarded-For; what stands before that, anybody
    can have written. Where it is no address, that of the connection is taken.
    """
    direct = (scope.get("client") or ("unknown", 0))[0]
    if not proxies:
        return direct
    seen = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    seen = [address.strip() for address in seen if address.strip()]
    found = seen[-proxies] if len(seen) >= proxies else direct
    return found if address_of(found) else direct
