"""The response cache: answers kept in memory, conditional requests, and compression.

Kept is only what is the same for everybody and holds until the head of the log moves: pages and
JSON of a chronology, whole, answered with 200 to a request without cookies or credentials, while
the head stayed. A file that is sent as a stream gets its validator and is not kept. An answer
with a validator of its own is compared and compressed in the same way, whoever asked for it.

The validators are weak: an answer may tell how many milliseconds it took. See RFC 9110, sections
8.8.3 (ETag), 12.5.3 (Accept-Encoding) and 13.1.2 (If-None-Match), and RFC 9111.
"""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Awaitable, Callable
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from chronology.lru_cache import LruCache
from chronology.projections.tables import DERIVED
from chronology.web import databases
from chronology.web.addresses import PLUGIN, local_path
from chronology.web.completeness import ResponseCompleteness, completeness
from chronology.web.middleware.cache_state import LogHeadMonitor, fingerprint
from chronology.web.query.sql_rewrite import watch
from chronology.web.responses import matches

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
_WHOLE_TYPES = (b"text/html", b"application/json")
_VARY = (b"vary", b"accept-encoding")
_OF_NOT_MODIFIED = (b"etag", b"cache-control", b"vary")
_WEIGHT = re.compile(r"\s*q=([01](?:\.\d*)?)\s*")
_OVERHEAD_BYTES = 1_000
"""About what an answer takes in memory besides its texts."""


class _Request(NamedTuple):
    """The headers of a request that decide how an answer is sent."""

    if_none_match: str | None
    gzip: bool


class _Answer(NamedTuple):
    headers: _Headers
    body: bytes
    etag: bytes | None


def _size_bytes(key: tuple[Any, ...], answer: _Answer) -> int:
    texts = [answer.body, *(text for header in answer.headers for text in header), *key]
    return _OVERHEAD_BYTES + sum(len(text) for text in texts if isinstance(text, bytes))


def kept(app: _App, datasette: Any) -> _App:
    """Middleware: keeps answers, compares validators and compresses."""
    limit_mb = float((datasette.plugin_config(PLUGIN) or {}).get("cache_mb", CACHE_MB))
    cache = _Cache(app, datasette, int(limit_mb * 1e6))

    # A server takes only a function for an application of this kind.
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await cache.answer(scope, receive, send)
        else:
            await app(scope, receive, send)

    return answer


class _Cache:
    def __init__(self, app: _App, datasette: Any, limit_bytes: int) -> None:
        self._app = app
        self._datasette = datasette
        self._heads = LogHeadMonitor(datasette)
        # A state is part of the key: the answers of earlier ones are used no more, and go first.
        self._answers: LruCache[tuple[Any, ...], _Answer] = LruCache(limit_bytes, _size_bytes)

    @cached_property
    def _fingerprint(self) -> str:
        return fingerprint(self._datasette)

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        given = {key.lower(): value.decode("latin-1") for key, value in scope["headers"]}
        request = _Request(
            given.get(b"if-none-match") if scope["method"] in ("GET", "HEAD") else None,
            accepts_gzip(given.get(b"accept-encoding", "")),
        )
        name = self._database(scope) if self._answers.limit else None
        if name in self._datasette.databases:
            watch(self._datasette.databases[name])
        state = self._heads.now(name) if name else None
        if name is None or state is None:
            await self._pass_on(scope, receive, send, request)
            return
        path = scope.get("raw_path") or scope["path"].encode()
        address = (given.get(b"host"), scope.get("scheme"), path, scope["query_string"])
        key = (*address, request.gzip, state)
        # A digest, so that it tells nothing of a log that whoever asks may not see.
        made = f"{state.position}-{state.digest}-{self._fingerprint}"
        etag = f'W/"{sha256(made.encode()).hexdigest()[:24]}"'.encode()
        answer = self._answers.get(key)
        if answer:
            await _send(send, request, answer)
        elif matches(request.if_none_match, etag.decode()):
            await _send_parts(send, 304, validators(etag), b"")
        else:
            await self._make(scope, receive, send, (name, state, key, etag, request))

    async def _pass_on(self, scope: Any, receive: Any, send: Any, request: _Request) -> None:
        """Answers a request whose answer is not kept."""
        buffer = _Buffer(send, None)
        await self._app(scope, receive, buffer.send)
        if buffer.start is not None:
            answer = await _finished(buffer.start["headers"], buffer.body, None, request)
            await _send(send, request, answer)

    async def _make(self, scope: Any, receive: Any, send: Any, known: Any) -> None:
        name, state, key, etag, request = known
        response = ResponseCompleteness()
        token = completeness.set(response)
        buffer = _Buffer(send, etag)
        try:
            await self._app(scope, receive, buffer.send)
        finally:
            completeness.reset(token)
        if buffer.start is None:
            return
        holds = response.complete and _is_shared(buffer.start)
        holds = holds and self._heads.now(name) == state
        answer = await _finished(
            buffer.start["headers"], buffer.body, etag if holds else None, request
        )
        if holds and len(answer.body) <= self._answers.limit // 4:
            self._answers.put(key, answer)
        await _send(send, request, answer)

    def _database(self, scope: Any) -> str | None:
        """The chronology that an answer follows from alone; None if that is not sure."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        if any(key.lower() in (b"cookie", b"authorization") for key, _ in scope["headers"]):
            return None
        if _OTHERWISE & dict(parse_qsl(scope["query_string"].decode("latin-1"), True)).keys():
            return None
        path = local_path(self._datasette, scope)
        if path == "/" or _OWN.fullmatch(path):
            only = self._heads.only()
            return only if databases.is_chronology(self._datasette, only) else None
        name, rest = databases.in_path(self._datasette, path)
        found = _OF_A_TABLE.fullmatch(rest)
        return name if not rest or (found and found["table"] in _TABLES) else None


class _Buffer:
    """Holds back a page or JSON that has a validator, to be sent whole; passes on anything else.

    `etag` is the validator of an answer that has none of its own, None if it gets none.
    """

    def __init__(self, send: Callable[[Any], Awaitable[None]], etag: bytes | None) -> None:
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
            return
        own = b"etag" in dict(_lower(message["headers"]))
        shared = self._etag is not None and _is_shared(message)
        if (own or shared) and _is_whole(message):
            self.start = message
        elif shared and not own:
            headers = _with(message["headers"], validators(self._etag or b""))
            await self._send({**message, "headers": headers})
        else:
            await self._send(message)

    async def _take(self, message: Any) -> None:
        if self.start is None:
            await self._send(message)
        else:
            self._chunks.append(message.get("body", b""))


def _is_whole(start: Any) -> bool:
    """Whether it is the beginning of a page or JSON."""
    kind = dict(_lower(start["headers"])).get(b"content-type", b"")
    return start["status"] == 200 and kind.startswith(_WHOLE_TYPES)


def _is_shared(start: Any) -> bool:
    """Whether it is the beginning of an answer that is the same for everybody."""
    given = dict(_lower(start["headers"]))
    private = any(word in given.get(b"cache-control", b"") for word in (b"private", b"no-store"))
    return start["status"] == 200 and b"set-cookie" not in given and not private


async def _finished(
    headers: _Headers, body: bytes, etag: bytes | None, request: _Request
) -> _Answer:
    """An answer as it is sent: with validators if it holds, compressed where that is accepted.

    `etag` is that of the state, None if the answer may not be kept; one of its own goes before it.
    """
    given = dict(_lower(headers))
    tag = given.get(b"etag", etag)
    varies = b", ".join(filter(None, (given.get(b"vary"), _VARY[1])))
    own = validators(tag) if tag and etag else [(b"vary", varies)]
    if request.gzip and b"content-encoding" not in given and len(body) > _WORTH_GZIP_BYTES:
        body = await asyncio.to_thread(gzip.compress, body, GZIP_LEVEL, mtime=0)
        own.append((b"content-encoding", b"gzip"))
    own.append((b"content-length", str(len(body)).encode()))
    return _Answer(_with(headers, own), body, tag)


def validators(etag: bytes) -> _Headers:
    """The headers of an answer that any cache may keep, and asks about before it gives it."""
    return [(b"etag", etag), (b"cache-control", b"public, no-cache"), _VARY]


def _with(headers: _Headers, own: _Headers) -> _Headers:
    """Headers with some replaced."""
    names = {name for name, _ in own}
    return [pair for pair in _lower(headers) if pair[0] not in names] + own


def _lower(headers: _Headers) -> _Headers:
    return [(name.lower(), value) for name, value in headers]


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a client accepts gzip: by its weight, else by that of `*` (RFC 9110, 12.5.3)."""
    weights = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        weight = _WEIGHT.fullmatch(parameter)
        weights[coding.strip()] = float(weight[1]) if weight else 1.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0


async def _send(send: Any, request: _Request, answer: _Answer) -> None:
    if answer.etag and matches(request.if_none_match, answer.etag.decode(), exists=True):
        headers = [pair for pair in answer.headers if pair[0] in _OF_NOT_MODIFIED]
        await _send_parts(send, 304, headers, b"")
    else:
        await _send_parts(send, 200, answer.headers, answer.body)


async def _send_parts(send: Any, status: int, headers: _Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
