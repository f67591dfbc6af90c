"""Streams responses of any length."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from chronology.web.datasette_compat import Send


async def start(send: Send, headers: Mapping[str, str], status: int = 200) -> None:
    """Starts a response."""
    raw = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def finish(send: Send, chunks: AsyncGenerator[bytes, None]) -> None:
    """Sends chunks until the last one."""
    async with aclosing(chunks):
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
