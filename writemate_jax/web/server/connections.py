"""Connections whose clients do not read what they asked for."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.auto import AutoHTTPProtocol


def timed(seconds: float) -> type[asyncio.Protocol]:
    """uvicorn's protocol, except that a connection ends where what was last sent is not taken within so many seconds.

    To close it would not do: that waits for what was sent to be taken.
    """

    class Timed(AutoHTTPProtocol):
        _end: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            transport.set_write_buffer_limits(high=0)  # so that writing pauses until all is taken, however little it is

        def pause_writing(self) -> None:
            super().pause_writing()
            self._end = self.loop.call_later(seconds, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._taken()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._taken()

        def _taken(self) -> None:
            if self._end:
                self._end.cancel()
                self._end = None

    return Timed
