"""The response cache: keeps responses in memory, compares validators and compresses.

A response is kept if it is the same for everybody and valid until the head of the log moves: a
page or JSON of a chronology, with status 200, to a request without an actor, while the head did not
move. A streamed file gets a validator and is not kept. A response that brings a
validator of its own is compared and compressed in the same way.

The validators are weak, since a response may contain its time in milliseconds. See RFC 9110,
sections 8.8.3 (ETag), 12.5.3 (Accept-Encoding) and 13.1.2 (If-None-Match), and RFC 9111.
"""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from datasette.plugins import pm
from datasette.utils import asgi, await_me_maybe

from chronology.lru_cache import LruCache
from chronology.projections.tables import DERIVED
from chronology.web import databases
from chronology.web.datasette_compat import (
    PLUGIN,
    App,
    Datasette,
    Headers,
    Message,
    Receive,
    Scope,
    Send,
    address_of,
)
from chronology.web.middleware.cache_state import LogHeadMonitor, State, fingerprint
from chronology.web.responses import matches, timeouts

CACHE_MB = 64
"""The size of the cache without the plugin's setting `cache_mb`; 0 turns it off."""
GZIP_LEVEL = 5
_WORTH_GZIP_BYTES = 1_000
_TABLES = frozenset({"log", *DERIVED})
# The checkpoint and the health change without the log.
_OWN_PATH = re.compile(r"/-/chronology/(?!(?:checkpoint|health\.json)$)[\w./-]+")
_TABLE_PATH = re.compile(r"/(?P<table>[a-z_]+)(\.[a-z]+|/[^/]+)?")
# With these, a response depends on more than the log: on a time limit, or SQL that reads the time.
_UNCACHED = frozenset({"_where", "_timelimit", "_trace", "_nocache", "_tables", "sql"})
_BUFFERED_TYPES = (b"text/html", b"application/json")
_VARY = (b"vary", b"accept-encoding")
_NOT_MODIFIED_HEADERS = (b"etag", b"cache-control", b"vary")
_WEIGHT = re.compile(r"\s*q=([01](?:\.\d*)?)\s*")
_OVERHEAD_BYTES = 1_000
"""The approximate memory of a response besides its texts."""


class _RequestHeaders(NamedTuple):
    """The headers of a request that decide how a response is sent."""

    if_none_match: str | None
    accepts_gzip: bool


class _Response(NamedTuple):
    headers: Headers
    body: bytes
    etag: bytes | None


class _CacheEntry(NamedTuple):
    """The place of a response in the cache: its database, the state of the log, key and tag."""

    database: str
    state: State
    key: tuple[Any, ...]
    etag: bytes


def _size_bytes(key: tuple[Any, ...], response: _Response) -> int:
    texts = [response.body, *(text for header in response.headers for text in header), *key]
    return _OVERHEAD_BYTES + sum(len(text) for text in texts if isinstance(text, bytes))


def response_cache_middleware(app: App, datasette: Datasette) -> App:
    """Keeps responses, compares validators and compresses."""
    limit_mb = float((datasette.plugin_config(PLUGIN) or {}).get("cache_mb", CACHE_MB))
    return _ResponseCache(app, datasette, int(limit_mb * 1e6)).respond


class _ResponseCache:
    def __init__(self, app: App, datasette: Datasette, limit_bytes: int) -> None:
        self._app = app
        self._datasette = datasette
        self._heads = LogHeadMonitor(datasette)
        # The state is part of the key: responses of earlier states are never used, and go first.
        self._responses: LruCache[tuple[Any, ...], _Response] = LruCache(limit_bytes, _size_bytes)

    @cached_property
    def _fingerprint(self) -> str:
        return fingerprint(self._datasette)

    async def respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        request = _RequestHeaders(
            headers.get(b"if-none-match") if scope["method"] in ("GET", "HEAD") else None,
            accepts_gzip(headers.get(b"accept-encoding", "")),
        )
        if await is_personal(self._datasette, scope, headers):
            await self._make(scope, receive, _private(scope, send), None, request)
            return
        entry = self._entry(scope, headers, request) if self._responses.limit else None
        response = self._responses.get(entry.key) if entry else None
        if response:
            await _send(send, request, response)
        elif (
            entry and request.if_none_match and matches(request.if_none_match, entry.etag.decode())
        ):
            await _send(send, request, _Response(validators(entry.etag), b"", entry.etag))
        else:
            await self._make(scope, receive, send, entry, request)

    async def _make(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        entry: _CacheEntry | None,
        request: _RequestHeaders,
    ) -> None:
        """Makes a response, and keeps it if that is allowed."""
        timed_out: list[str] = []
        token = timeouts.set(timed_out)
        buffer = _Buffer(send, entry.etag if entry else None)
        try:
            await self._app(scope, receive, buffer.send)
        finally:
            timeouts.reset(token)
        if buffer.start is None:
            return
        is_valid = (
            entry is not None
            and not timed_out
            and buffer.is_shared
            and self._heads.now(entry.database) == entry.state
        )
        etag = entry.etag if entry and is_valid else None
        finished = await _finished(buffer, etag, request)
        if entry and is_valid and len(finished.body) <= self._responses.limit // 4:
            self._responses.put(entry.key, finished)
        await _send(send, request, finished)

    def _entry(
        self, scope: Scope, headers: dict[bytes, str], request: _RequestHeaders
    ) -> _CacheEntry | None:
        """The place of the response, None if it must not be kept."""
        name = self._database(scope, headers)
        state = self._heads.now(name) if name else None
        if name is None or state is None:
            return None
        path = scope.get("raw_path") or scope["path"].encode()
        address = (headers.get(b"host"), scope.get("scheme"), path, scope["query_string"])
        # A digest, since the client may not be allowed to see the head of the log.
        basis = f"{state.position}-{state.digest}-{self._fingerprint}"
        etag = f'W/"{sha256(basis.encode()).hexdigest()[:24]}"'.encode()
        return _CacheEntry(name, state, (*address, request.accepts_gzip, state), etag)

    def _database(self, scope: Scope, headers: dict[bytes, str]) -> str | None:
        """The one chronology that the response depends on; None if that is uncertain."""
        if scope["method"] != "GET":
            return None
        if _UNCACHED & dict(parse_qsl(scope["query_string"].decode("latin-1"), True)).keys():
            return None
        path, name, rest = address_of(self._datasette, scope)
        if path == "/" or _OWN_PATH.fullmatch(path):
            only = self._heads.only()
            return only if databases.is_chronology(self._datasette, only) else None
        match = _TABLE_PATH.fullmatch(rest)
        return name if not rest or (match and match["table"] in _TABLES) else None


async def is_personal(datasette: Datasette, scope: Scope, headers: Mapping[bytes, str]) -> bool:
    """Whether a response may depend on the actor, however the actor is identified.

    Datasette itself reads a cookie or credentials; a plugin may read anything else.
    """
    if b"cookie" in headers or b"authorization" in headers or scope.get("actor"):
        return True
    hooks = pm.hook.actor_from_request.get_hookimpls()
    if all(each.function.__module__.partition(".")[0] == "datasette" for each in hooks):
        return False
    request = asgi.Request(scope, None)
    results = pm.hook.actor_from_request(datasette=datasette, request=request)
    return any([await await_me_maybe(result) for result in results])


def _private(scope: Scope, send: Send) -> Send:
    """Sends a response that no cache may keep; files of the program are the same for everybody."""
    if scope["path"].startswith("/-/static"):
        return send

    async def send_private(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = _replaced(message["headers"], [(b"cache-control", b"private, no-store")])
            message = {**message, "headers": headers}
        await send(message)

    return send_private


@dataclass
class _Buffer:
    """Buffers a page or JSON that has a validator, and passes on any other response.

    `etag` is the validator for responses without one of their own.
    """

    pass_on: Send
    etag: bytes | None
    chunks: list[bytes] = field(default_factory=list)
    start: Message | None = None
    headers: dict[bytes, bytes] = field(default_factory=dict)
    is_shared: bool = False

    async def send(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            if self.start is None:
                await self.pass_on(message)
            else:
                self.chunks.append(message.get("body", b""))
            return
        self.headers = headers = {name.lower(): value for name, value in message["headers"]}
        caching = headers.get(b"cache-control", b"")
        self.is_shared = (
            message["status"] == 200
            and b"set-cookie" not in headers
            and b"private" not in caching
            and b"no-store" not in caching
        )
        is_tagged = b"etag" in headers
        gets_tag = self.etag is not None and self.is_shared
        is_buffered = message["status"] == 200 and headers.get(b"content-type", b"").startswith(
            _BUFFERED_TYPES
        )
        if (is_tagged or gets_tag) and is_buffered:
            self.start = message
        elif self.etag and gets_tag and not is_tagged:
            tagged = _replaced(message["headers"], validators(self.etag))
            await self.pass_on({**message, "headers": tagged})
        else:
            await self.pass_on(message)


async def _finished(buffer: _Buffer, etag: bytes | None, request: _RequestHeaders) -> _Response:
    """A response as it is sent: with validators, compressed if the client accepts that.

    `etag` is the tag of the state, None for a response that must not be kept. A tag of the
    response itself comes before it.
    """
    assert buffer.start is not None
    headers, body = buffer.headers, b"".join(buffer.chunks)
    tag = headers.get(b"etag", etag)
    vary = b", ".join(filter(None, (headers.get(b"vary"), _VARY[1])))
    own = validators(tag) if tag and etag else [(b"vary", vary)]
    if (
        request.accepts_gzip
        and b"content-encoding" not in headers
        and len(body) > _WORTH_GZIP_BYTES
    ):
        body = await asyncio.to_thread(gzip.compress, body, GZIP_LEVEL, mtime=0)
        own.append((b"content-encoding", b"gzip"))
    own.append((b"content-length", str(len(body)).encode()))
    return _Response(_replaced(buffer.start["headers"], own), body, tag)


def validators(etag: bytes) -> Headers:
    """The headers of a response that any cache may keep and must revalidate."""
    return [(b"etag", etag), (b"cache-control", b"public, no-cache"), _VARY]


def _replaced(headers: Headers, own: Headers) -> Headers:
    """Headers with some replaced."""
    names = {name for name, _ in own}
    others = [(name.lower(), value) for name, value in headers]
    return [pair for pair in others if pair[0] not in names] + own


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a client accepts gzip: by its weight, else by that of `*` (RFC 9110, 12.5.3)."""
    weights = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        weight = _WEIGHT.fullmatch(parameter)
        weights[coding.strip()] = float(weight[1]) if weight else 1.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0


async def _send(send: Send, request: _RequestHeaders, response: _Response) -> None:
    status, headers, body = 200, response.headers, response.body
    expected, etag = request.if_none_match, response.etag
    if expected and etag and matches(expected, etag.decode(), exists=True):
        status, body = 304, b""
        headers = [pair for pair in headers if pair[0] in _NOT_MODIFIED_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
