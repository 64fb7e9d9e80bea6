"""Connections whose clients do not read what they asked for, or never ask."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.auto import AutoHTTPProtocol


def timed(seconds: float, head_seconds: float) -> type[asyncio.Protocol]:
    """uvicorn's protocol, except that a connection ends where what was last sent is not taken within so many seconds,
    or the head of a request that begins is not whole within `head_seconds`.

    To close it would not do: that waits for what was sent to be taken.
    """

    class Timed(AutoHTTPProtocol):
        _end: asyncio.TimerHandle | None = None
        _head: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            transport.set_write_buffer_limits(high=0)  # so that writing pauses until all is taken, however little it is
            self._head = self.loop.call_later(head_seconds, transport.abort)

        def data_received(self, data: bytes) -> None:
            if self._head is None and (self.cycle is None or self.cycle.response_complete):
                self._head = self.loop.call_later(head_seconds, self.transport.abort)
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:  # a request is there
                self._asked()

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

        def _asked(self) -> None:
            if self._head:
                self._head.cancel()
                self._head = None

    return Timed
