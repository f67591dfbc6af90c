"""Datasette over a folder in the process of the tests, with the client that a server would have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from datasette.app import Datasette

HERE = "http://127.0.0.1:8001"
CONFIGURATION = "metadata" if version("datasette").startswith("0.") else "config"
"""The argument of `Datasette` that has permissions and the options of plugins."""


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of all applications, in a thread of its own as a server has it."""
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, daemon=True).start()
    return loop


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run_coroutine_threadsafe(work, _loop()).result()


class AppTransport(httpx.BaseTransport):
    """Passes requests to an ASGI application."""

    def __init__(self, app: Any) -> None:
        self._app = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response: httpx.Response = _run(self._respond(request))
        return response

    async def _respond(self, request: httpx.Request) -> httpx.Response:
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
    with client_of(Datasette([], config_dir=folder, **options)) as client:
        yield client


def client_of(served: Datasette, wrap: Callable[[Any], Any] = lambda app: app) -> httpx.Client:
    """A client of a Datasette, whose application is built once, and may be wrapped."""
    app = wrap(_run(_application(served)))
    return httpx.Client(transport=AppTransport(app), base_url=HERE)


async def _application(served: Datasette) -> Any:
    await served.invoke_startup()
    return served.app()
