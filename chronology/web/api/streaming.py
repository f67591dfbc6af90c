"""Streams responses of any length."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from chronology.web.datasette_compat import Receive, Send


async def start(send: Send, headers: Mapping[str, str]) -> None:
    """Starts a response with status 200."""
    raw = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw})


async def finish(receive: Receive, send: Send, chunks: AsyncIterator[bytes]) -> None:
    """Sends chunks until the last one, or until the client disconnects."""
    gone = asyncio.ensure_future(_gone(receive))
    try:
        async for chunk in chunks:
            if gone.done():
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
