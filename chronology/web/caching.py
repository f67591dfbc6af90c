"""Answers kept in memory, and validators for the caches of others (RFC 9110, 8.8.3; RFC 9111).

Kept is only what is the same for everybody and holds until the head of the log moves: pages and
JSON of a chronology, whole, answered with 200 to a request without cookies or credentials, while
the head stayed. A file that is sent as a stream gets its validator and is not kept.

The validators are weak: an answer may tell how many milliseconds it took.
"""

from __future__ import annotations

import asyncio
import gzip
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from chronology.projections.tables import DERIVED
from chronology.web import databases
from chronology.web.addresses import PLUGIN
from chronology.web.answers import watch
from chronology.web.encodings import accepts_gzip
from chronology.web.validity import Heads, Outcome, State, fingerprint, outcome

_App = Callable[[Any, Any, Any], Awaitable[None]]
_Headers = list[tuple[bytes, bytes]]

CACHE_MB = 64
"""How much is kept unless the plugin's setting `cache_mb` says otherwise; 0 turns it off."""
GZIP_LEVEL = 5
_WORTH_GZIP_BYTES = 1_000
_TABLES = frozenset({"log", *DERIVED})
# The checkpoint is a file, which changes without the log.
_OWN = re.compile(r"/-/chronology/(?!checkpoint$)[\w./-]+")
_OF_A_TABLE = re.compile(r"/(?P<table>[a-z_]+)(\.[a-z]+|/[^/]+)?")
# What an answer depends on besides the log: a time limit, or SQL that may ask for the time.
_OTHERWISE = frozenset({"_where", "_timelimit", "_trace", "_nocache", "_tables", "sql"})
_KEPT_TYPES = (b"text/html", b"application/json")
_OVERHEAD_BYTES = 1_000
"""About what an answer takes in memory besides its texts."""


class _Kept(NamedTuple):
    headers: _Headers
    body: bytes
    etag: bytes

    def size_bytes(self, key: tuple[Any, ...]) -> int:
        texts = [self.body, *(text for header in self.headers for text in header), *key]
        return _OVERHEAD_BYTES + sum(len(text) for text in texts if isinstance(text, bytes))


class Memory:
    """Answers by key, the least recently asked for dropped first; all of one state."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._answers: OrderedDict[tuple[Any, ...], tuple[State, _Kept]] = OrderedDict()
        self._bytes = 0

    def get(self, key: tuple[Any, ...], state: State) -> _Kept | None:
        found = self._answers.get(key)
        if found is None:
            return None
        if found[0] != state:
            self._drop(key)
            return None
        self._answers.move_to_end(key)
        return found[1]

    def put(self, key: tuple[Any, ...], state: State, answer: _Kept) -> None:
        size = answer.size_bytes(key)
        if size > self._limit_bytes // 4:
            return
        if key in self._answers:
            self._drop(key)
        self._answers[key] = (state, answer)
        self._bytes += size
        while self._bytes > self._limit_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: tuple[Any, ...]) -> None:
        self._bytes -= self._answers.pop(key)[1].size_bytes(key)


def kept(app: _App, datasette: Any) -> _App:
    """The application, its answers kept and validated; as it is if that is turned off."""
    limit_mb = float((datasette.plugin_config(PLUGIN) or {}).get("cache_mb", CACHE_MB))
    if not limit_mb:
        return app
    cache = _Cache(app, datasette, int(limit_mb * 1e6))

    # A server takes only a function for an application of this kind.
    async def asked(scope: Any, receive: Any, send: Any) -> None:
        await cache.asked(scope, receive, send)

    return asked


class _Cache:
    def __init__(self, app: _App, datasette: Any, limit_bytes: int) -> None:
        self._app = app
        self._datasette = datasette
        self._heads = Heads(datasette)
        self._memory = Memory(limit_bytes)

    @cached_property
    def _fingerprint(self) -> str:
        return fingerprint(self._datasette)

    async def asked(self, scope: Any, receive: Any, send: Any) -> None:
        name = self._database(scope)
        if name in self._datasette.databases:
            watch(self._datasette.databases[name])
        state = self._heads.now(name) if name else None
        if name is None or state is None:
            await self._app(scope, receive, send)
            return
        given = {key.lower(): value for key, value in scope["headers"]}
        zipped = accepts_gzip(given.get(b"accept-encoding", b"").decode("latin-1"))
        path = scope.get("raw_path") or scope["path"].encode()
        key = (path, scope["query_string"], given.get(b"host"), scope.get("scheme"), zipped)
        # A digest, so that it tells nothing of a log that whoever asks may not see.
        made = f"{state.position}-{state.digest}-{self._fingerprint}"
        etag = f'W/"{sha256(made.encode()).hexdigest()[:24]}"'.encode()
        found = self._memory.get(key, state)
        if _matches(given.get(b"if-none-match"), found.etag if found else etag, bool(found)):
            await _send(send, 304, _validators(found.etag if found else etag), b"")
        elif found:
            await _send(send, 200, found.headers, found.body)
        else:
            await self._answer(scope, receive, send, (name, state, key, etag, zipped))

    async def _answer(self, scope: Any, receive: Any, send: Any, asked: Any) -> None:
        name, state, key, etag, zipped = asked
        told = Outcome()
        mark = outcome.set(told)
        whole = _Whole(send, etag)
        try:
            await self._app(scope, receive, whole.send)
        finally:
            outcome.reset(mark)
        if whole.start is None:
            return
        holds = told.complete and self._heads.now(name) == state
        answer = await _finished(
            whole.start["headers"], whole.body, etag if holds else None, zipped
        )
        if holds:
            self._memory.put(key, state, answer)
        await _send(send, 200, answer.headers, answer.body)

    def _database(self, scope: Any) -> str | None:
        """The chronology that an answer follows from alone; None if that is not sure."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        if any(key.lower() in (b"cookie", b"authorization") for key, _ in scope["headers"]):
            return None
        if _OTHERWISE & dict(parse_qsl(scope["query_string"].decode("latin-1"), True)).keys():
            return None
        path = databases.local_path(self._datasette, scope)
        if path == "/" or _OWN.fullmatch(path):
            only = self._heads.only()
            return only if databases.is_chronology(self._datasette, only) else None
        name, rest = databases.in_path(self._datasette, path)
        found = _OF_A_TABLE.fullmatch(rest)
        return name if not rest or (found and found["table"] in _TABLES) else None


class _Whole:
    """Gathers a page or JSON, to be sent whole; what else it is passed on."""

    def __init__(self, send: Callable[[Any], Awaitable[None]], etag: bytes) -> None:
        self._send = send
        self._etag = etag
        self._chunks: list[bytes] = []
        self.start: Any = None

    @property
    def body(self) -> bytes:
        return b"".join(self._chunks)

    async def send(self, message: Any) -> None:
        if message["type"] != "http.response.start":
            await self._take(message)
        elif _is(message, _KEPT_TYPES):
            self.start = message
        elif _is(message, (b"",)) and b"etag" not in dict(message["headers"]):
            headers = _replaced(message["headers"], _validators(self._etag))
            await self._send({**message, "headers": headers})
        else:
            await self._send(message)

    async def _take(self, message: Any) -> None:
        if self.start is None:
            await self._send(message)
        else:
            self._chunks.append(message.get("body", b""))


def _is(start: Any, types: tuple[bytes, ...]) -> bool:
    """Whether it is the beginning of an answer of these types that is the same for everybody."""
    given = {name.lower(): value for name, value in start["headers"]}
    private = any(word in given.get(b"cache-control", b"") for word in (b"private", b"no-store"))
    shared = start["status"] == 200 and b"set-cookie" not in given and not private
    return shared and given.get(b"content-type", b"").startswith(types)


async def _finished(headers: _Headers, body: bytes, etag: bytes | None, zipped: bool) -> _Kept:
    """An answer as it is sent: with validators if it holds, and compressed for who understands."""
    given = {name.lower(): value for name, value in headers}
    tag = given.get(b"etag", etag or b"")
    own = _validators(tag) if etag else [(b"vary", b"accept-encoding")]
    if zipped and b"content-encoding" not in given and len(body) > _WORTH_GZIP_BYTES:
        body = await asyncio.to_thread(gzip.compress, body, GZIP_LEVEL, mtime=0)
        own.append((b"content-encoding", b"gzip"))
    own.append((b"content-length", str(len(body)).encode()))
    return _Kept(_replaced(headers, own), body, tag)


def _validators(etag: bytes) -> _Headers:
    # Any cache may keep it, and asks before it gives it.
    return [
        (b"etag", etag),
        (b"cache-control", b"public, no-cache"),
        (b"vary", b"accept-encoding"),
    ]


def _replaced(headers: _Headers, own: _Headers) -> _Headers:
    names = {name for name, _ in own}
    return [(n.lower(), value) for n, value in headers if n.lower() not in names] + own


def _matches(given: bytes | None, etag: bytes, exists: bool) -> bool:
    """The weak comparison of RFC 9110, 8.8.3.2, with each of the tags of If-None-Match.

    A star matches whatever there is, so only what is known to be there.
    """
    if given is None:
        return False
    tags = [tag.strip().removeprefix(b"W/") for tag in given.split(b",")]
    return etag.removeprefix(b"W/") in tags or (exists and b"*" in tags)


async def _send(send: Any, status: int, headers: _Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
