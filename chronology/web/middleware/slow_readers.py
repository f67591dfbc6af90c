"""Sends responses in pieces, and cuts the connections of clients that do not read them.

A server keeps what a client has not read yet. So a long body is handed over in pieces, each after
the client has read the one before it.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from chronology.web.datasette_compat import App, Datasette, Message, Receive, Scope, Send
from chronology.web.limits import Limits, limits

SENDING = "chronology.sending"
PIECE_BYTES = 64_000
_STALLED_S = 1.0
"""Where memory is short, a client that has read nothing for so long is cut off."""


def slow_readers_middleware(app: App, datasette: Datasette) -> App:
    """Bounds the time that a client takes to read, and the bytes that wait for all of them."""
    most = limits(datasette)
    unread: set[Sending] = set()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        sending = Sending(send, most, unread)
        await app({**scope, SENDING: sending}, receive, sending.send)

    return application


class Sending:
    """A response on its way to a client."""

    def __init__(self, send: Send, most: Limits, unread: set[Sending]) -> None:
        self._send = send
        self._most = most
        self._unread = unread
        self._bytes = 0
        self._has_body = False
        self._waits_since: float | None = None

    def stalled_s(self) -> float:
        """The seconds for which the client has read nothing."""
        return 0 if self._waits_since is None else time.monotonic() - self._waits_since

    def cut(self) -> None:
        """Closes the connection, and drops what waits to be read; the work then ends by itself.

        ASGI has no message for it, so this uses the transport that uvicorn's `send` belongs to.
        """
        transport: Any = getattr(getattr(self._send, "__self__", None), "transport", None)
        if transport is None:
            raise ConnectionAbortedError("The client does not read the response")
        transport.abort()

    async def send(self, message: Message) -> None:
        body: bytes = message.get("body", b"")
        if message["type"] != "http.response.body" or (
            not self._has_body and len(body) <= PIECE_BYTES
        ):
            self._has_body = bool(body)
            await self._send(message)
            return
        self._has_body = True
        self._bytes = len(body)
        self._unread.add(self)
        try:
            self._cut_stalled()
            for start in range(0, len(body), PIECE_BYTES):
                await self._deliver(body[start : start + PIECE_BYTES], True)
            if not message.get("more_body"):
                await self._deliver(b"", False)
        finally:
            self._unread.discard(self)

    async def _deliver(self, piece: bytes, more: bool) -> None:
        self._waits_since = time.monotonic()
        try:
            async with asyncio.timeout(self._most.send_seconds):
                await self._send({"type": "http.response.body", "body": piece, "more_body": more})
        except TimeoutError:
            self.cut()
        finally:
            self._waits_since = None

    def _cut_stalled(self) -> None:
        """Cuts off those that have waited longest, while too many bytes wait to be read."""
        excess = sum(each._bytes for each in self._unread) - self._most.send_buffer_bytes
        for each in sorted(self._unread, key=Sending.stalled_s, reverse=True):
            if excess <= 0 or each.stalled_s() < _STALLED_S:
                return
            excess -= each._bytes
            each.cut()
