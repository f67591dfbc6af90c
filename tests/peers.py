"""Peers for replication without Datasette, which can change the pages of their log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chronology.model.records import Record
from chronology.store import log
from chronology.store.log import GENESIS, Entry, Head

Row = dict[str, Any]
Body = bytes | Iterable[bytes]
Answer = tuple[int, dict[str, str], Body]
PAGE = 1_000


class Peer(ThreadingHTTPServer):
    """Serves `/timeline/log.json?position__gt=N` through a function that may change the page."""

    daemon_threads = True

    def __init__(self, rows: list[Row], change: Callable[[list[Row]], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rows = rows
        self.change = change
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/timeline"


class _Handler(BaseHTTPRequestHandler):
    server: Peer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        query = parse_qs(urlsplit(self.path).query)
        after, size = int(query["position__gt"][0]), query["_size"][0]
        limit = PAGE if size == "max" else int(size)
        page = [row for row in self.server.rows if row["position"] > after][:limit]
        status, headers, body = self.server.change(page)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for piece in [body] if isinstance(body, bytes) else body:
                self.wfile.write(piece)
        except OSError:
            pass  # The follower had enough.

    def log_message(self, *args: Any) -> None:
        pass


def plain(page: list[Row]) -> Answer:
    """The unchanged page."""
    return 200, {"Content-Type": "application/json"}, json.dumps(page).encode()


@contextmanager
def peer(rows: list[Row], change: Callable[[list[Row]], Answer] = plain) -> Iterator[Peer]:
    """A peer on this machine that runs until the context ends."""
    with Peer(rows, change) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def rows_of(db: sqlite3.Connection) -> list[Row]:
    """The rows of a log, as Datasette serves them."""
    return [entry._asdict() for entry in log.read(db)]


def chained(rows: list[Row]) -> list[Row]:
    """Any rows with valid positions, versions and digests."""
    last, versions, found = Head(0, GENESIS), dict[str, int](), []
    for row in rows:
        version = versions[row["stream"]] = versions.get(row["stream"], 0) + 1
        record = Record(*(row[name] for name in Record._fields))
        position = last.position + 1
        last = Head(position, log.digest_of(last.digest, position, record, version))
        entry = Entry(**{**row, "position": position, "version": version, "digest": last.digest})
        found.append(entry._asdict())
    return found
