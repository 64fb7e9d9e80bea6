"""Connections whose clients do not read what they asked for, never ask, or ask without an end."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 65_536  # bytes of a request's head, besides those of the read in which it begins
MOST_FIELDS = 100  # of a head and of a body's trailer together
LARGEST_FRAMING = 4  # times as large as its content a body may come in


class TooLarge(ValueError):
    """Ends the parsing of a request."""


def limited(seconds: float, head_seconds: float, body: int) -> type[asyncio.Protocol]:
    """uvicorn's protocol, except that a connection ends where what was last sent is not taken within so many seconds,
    where the head of a request that begins is not whole within `head_seconds` or is larger than any, and where a
    request of at most `body` bytes has far more around them. uvicorn and httptools take a head of any size and age.

    To close it would not do: that waits for what was sent to be taken.
    """

    class Limited(HttpToolsProtocol):
        _end: asyncio.TimerHandle | None = None
        _head: asyncio.TimerHandle | None = None  # while a head may come and has not
        _heading = True  # whether what comes is a head, and no body
        _begun = False  # whether that has begun
        _bytes = 0  # of the head or body under way, from the read behind the one in which it began

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            transport.set_write_buffer_limits(high=0)  # so that writing pauses until all is taken, however little it is
            self._await_head()

        def data_received(self, data: bytes) -> None:
            if self._begun or self.cycle is None or self.cycle.response_complete:
                self._await_head()
            self._bytes += len(data)
            super().data_received(data)  # which begins to count anew where a head or a body ends
            if self._bytes > (LARGEST_HEAD if self._heading else LARGEST_FRAMING * body):
                self.transport.abort()
            if self._begun and not self.flow.read_paused:  # behind a request that is not answered yet
                self._await_head()

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._begun = True
            self._bytes = 0

        def on_header(self, name: bytes, value: bytes) -> None:
            if len(self.headers) == MOST_FIELDS:
                self.transport.abort()
                raise TooLarge(f"a request has more than {MOST_FIELDS} fields")
            super().on_header(name, value)

        def on_headers_complete(self) -> None:
            super().on_headers_complete()
            self._heading = self._begun = False
            self._bytes = 0
            self._asked()

        def on_message_complete(self) -> None:
            super().on_message_complete()
            self._heading = True
            self._bytes = 0

        def pause_writing(self) -> None:
            super().pause_writing()
            self._end = self.loop.call_later(seconds, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._taken()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._taken()
            self._asked()

        def _taken(self) -> None:
            if self._end:
                self._end.cancel()
                self._end = None

        def _await_head(self) -> None:
            if self._head is None:
                self._head = self.loop.call_later(head_seconds, self.transport.abort)

        def _asked(self) -> None:
            if self._head:
                self._head.cancel()
                self._head = None

    return Limited
