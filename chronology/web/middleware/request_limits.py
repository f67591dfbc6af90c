"""Refuses requests that exceed a limit, before anything parses them.

Reading needs no body, so only the addresses of Datasette that take one get it, read whole and
within its bounds. Every refusal names the limit and the remedy.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

from datasette.utils.asgi import Response

from chronology.web import databases
from chronology.web.datasette_compat import (
    App,
    Datasette,
    Message,
    Receive,
    Scope,
    Send,
    address_of,
)
from chronology.web.limits import Limits, limits
from chronology.web.middleware.security_headers import security_headers_middleware
from chronology.web.responses import refused as refused_requests

READING = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSAL = "chronology.refusal"
_TITLES = {
    400: "Bad Request",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}
# These choose what is shown of the selected rows.
_DISPLAY_PARAMETERS = re.compile(
    rb"_(col|nocol|json|labels?|extras?|facet_size|size|shape|sort|sort_desc)"
)
_FACET = re.compile(rb"_facet(_(?!size$).*)?", re.DOTALL)
_SEARCH = re.compile(rb"_search(_.*)?", re.DOTALL)
_TERM = re.compile(r"\w+")


class Refusal(NamedTuple):
    """The status of a refused request, the reason with a remedy, and more headers."""

    status: int
    reason: str
    headers: Mapping[str, str] = MappingProxyType({})


def request_limits_middleware(app: App, datasette: Datasette) -> App:
    """Passes on the requests that exceed no limit."""
    most = limits(datasette)
    refused = security_headers_middleware(refusal_app(datasette), datasette)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal_of_head(scope, most) or _refusal_of_method(datasette, scope)
        if refusal is None and scope["method"] not in READING:
            body = await _read(receive, most)
            refusal = body if isinstance(body, Refusal) else None
            receive = receive if isinstance(body, Refusal) else _replaying(body, receive)
        if refusal is None:
            await app(scope, receive, send)
        else:
            await refused({**scope, _REFUSAL: refusal}, receive, send)

    return application


def refusal_app(datasette: Datasette) -> App:
    """Responds with the refusal in the scope: JSON for an address that ends with `.json`."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        refusal: Refusal = scope[_REFUSAL]
        refused_requests[refusal.status] += 1
        headers = {"cache-control": "no-store", **refusal.headers}
        if refusal.status in (408, 413):
            headers["connection"] = "close"  # the rest of the body is not read
        body, kind = refusal.reason, "text/plain; charset=utf-8"
        if scope["path"].endswith(".json"):
            kind = "application/json; charset=utf-8"
            error = {"ok": False, "error": refusal.reason, "status": refusal.status}
            body = json.dumps({**error, "title": _TITLES[refusal.status]})
        response = Response(body, refusal.status, headers=headers, content_type=kind)
        await response.asgi_send(send)

    return application


async def refuse(app: App, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Responds with a refusal by an application of `refusal_app`."""
    await app({**scope, _REFUSAL: refusal}, receive, send)


def _refusal_of_head(scope: Scope, most: Limits) -> Refusal | None:
    """The refusal of an address or of headers."""
    header_bytes = sum(len(name) + len(value) for name, value in scope["headers"])
    if header_bytes > most.header_bytes:
        return Refusal(
            431,
            f"The headers have {header_bytes:,} bytes; the limit is {most.header_bytes:,}."
            " Remove cookies or other headers.",
        )
    query: bytes = scope["query_string"]
    path: bytes = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    length = len(path) + len(query)
    if length > most.address_bytes // 3:
        # As links repeat it.
        length = len(path) + len(quote_from_bytes(query, "/?&=%+,:;@!*()[]~"))
    if length > most.address_bytes:
        return Refusal(
            414,
            f"The encoded address has {length:,} bytes; the limit is {most.address_bytes:,}."
            " Use fewer or shorter parameters.",
        )
    return _refusal_of_query(query, most) if query else None


def _refusal_of_query(query: bytes, most: Limits) -> Refusal | None:
    fields = query.split(b"&")
    if len(fields) > most.parameters:
        return _too_many("parameters", len(fields), most.parameters)
    filters = facets = 0
    searches = []
    for field in fields:
        name, _, value = field.partition(b"=")
        name = unquote_to_bytes(name) if b"%" in name else name
        if _SEARCH.fullmatch(name):
            searches.append(unquote_to_bytes(value.replace(b"+", b" ")))
        if _FACET.fullmatch(name):
            facets += 1
        elif not _DISPLAY_PARAMETERS.fullmatch(name):
            filters += 1
    if filters > most.filters:
        return _too_many("filters", filters, most.filters)
    if facets > most.facets:
        return _too_many("facets", facets, most.facets)
    return _refusal_of_searches(searches, most) if searches else None


def _refusal_of_searches(searches: list[bytes], most: Limits) -> Refusal | None:
    length = sum(map(len, searches))
    if length > most.search_bytes:
        return _too_many("bytes of a search", length, most.search_bytes)
    words = sum(len(_TERM.findall(text.decode("utf-8", "replace"))) for text in searches)
    # SQLite compares all positions of these words in a text, and cannot be interrupted meanwhile.
    if words > most.near_terms and any(b"NEAR" in text for text in searches):
        return _too_many("words of a search with NEAR", words, most.near_terms)
    if words > most.search_terms:
        return _too_many("words of a search", words, most.search_terms)
    return None


def _too_many(things: str, count: int, limit: int) -> Refusal:
    return Refusal(
        400, f"The address has {count:,} {things}; the limit is {limit:,}. Remove some of them."
    )


def _refusal_of_method(datasette: Datasette, scope: Scope) -> Refusal | None:
    """The refusal of a method, or of a body that reading does not have."""
    method = scope["method"]
    if method in READING:
        has_body = any(name.lower() == b"transfer-encoding" for name, _ in scope["headers"])
        return Refusal(413, f"{method} takes no body; remove it.") if has_body else None
    path, name, _ = address_of(datasette, scope)
    is_own = path == "/" or path.startswith("/-/chronology/")
    if is_own or databases.is_chronology(datasette, name):
        allowed = {"allow": ", ".join(sorted(READING))}
        return Refusal(405, f"{method} is not allowed here; use GET.", allowed)
    return None


async def _read(receive: Receive, most: Limits) -> bytes | Refusal:
    """The whole body, read within a number of bytes and seconds."""
    body = bytearray()
    try:
        async with asyncio.timeout(most.body_seconds):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > most.body_bytes:
                    return Refusal(
                        413,
                        f"The body has more than {most.body_bytes:,} bytes, which is the limit."
                        " Send less.",
                    )
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        return Refusal(
            408,
            f"The body did not arrive within {most.body_seconds:g} seconds. Send it faster.",
        )


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Receives a body that was read before, and then what follows it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
