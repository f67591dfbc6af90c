"""Datasette over a folder in the process of the tests, with the client that a server would have."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from datasette.app import Datasette

HERE = "http://127.0.0.1:8001"


class Loop:
    """An event loop in a thread of its own, as a server has it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        self.run(self._cancel_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _cancel_tasks(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class AppTransport(httpx.BaseTransport):
    """Passes requests to an ASGI application that runs in a loop."""

    def __init__(self, loop: Loop, app: Any) -> None:
        self._loop = loop
        self._app = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._loop.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        request = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.read()
        )
        response = await self._app.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        body = b"".join([chunk async for chunk in response.stream])
        # A server sends no body to HEAD.
        stream = httpx.ByteStream(b"" if request.method == "HEAD" else body)
        return httpx.Response(response.status_code, headers=response.headers, stream=stream)


@contextmanager
def in_process(folder: Path, **options: Any) -> Iterator[httpx.Client]:
    """A client of what `datasette serve .` would serve in the folder."""
    loop = Loop()
    try:
        app = loop.run(_application(folder, options))
        with httpx.Client(transport=AppTransport(loop, app), base_url=HERE) as client:
            yield client
    finally:
        loop.close()


async def _application(folder: Path, options: dict[str, Any]) -> Any:
    served = Datasette([], config_dir=folder, **options)
    await served.invoke_startup()
    return served.app()
