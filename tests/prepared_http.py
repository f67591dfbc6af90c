"""A server on this machine that sends prepared responses, for tests of fetching."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from chronology.batches import http_source

Answer = tuple[int, dict[str, str], bytes]
Serve = Callable[..., str]


class Server(ThreadingHTTPServer):
    """Sends the prepared responses of each path in turn, and repeats the last one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[str] = []
        self.validators: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        self.server.validators.append(self.headers.get("If-None-Match"))
        answers = self.server.answers[self.path]
        status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(http_source, "BACK_OFF_S", 0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def serve(server: Server) -> Serve:
    """Sets the answers of a path; returns its address."""

    def setting(path: str, *answers: Answer) -> str:
        server.answers[path] = list(answers)
        return f"http://127.0.0.1:{server.server_port}{path}"

    return setting


def ok(
    body: bytes = b"format: 1\n",
    kind: str = "text/plain",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    return 200, {"Content-Type": kind, **(headers or {})}, body
