"""JSON responses, CORS headers, conditional requests, and whether a response is complete."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import msgspec
from datasette.utils import add_cors_headers
from datasette.utils.asgi import Response

from chronology.web.datasette_compat import Datasette


def cors_headers(datasette: Datasette) -> dict[str, str]:
    """The headers that Datasette sends with its own data when started with `--cors`."""
    headers: dict[str, str] = {}
    if datasette.cors:
        add_cors_headers(headers)
    return headers


def json_response(
    datasette: Datasette, value: Any, headers: Mapping[str, str] | None = None
) -> Response:
    """A response with a value as JSON; bytes are JSON already."""
    body = value if isinstance(value, bytes) else msgspec.json.encode(value, enc_hook=str)
    return Response(
        body,
        headers={**cors_headers(datasette), **(headers or {})},
        content_type="application/json; charset=utf-8",
    )


def matches(if_none_match: str, etag: str, exists: bool = False) -> bool:
    """Whether a client has the response: weak comparison with each tag (RFC 9110, 8.8.3.2).

    A star matches any response that exists.
    """
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag.removeprefix("W/") in tags or (exists and "*" in tags)


timeouts: ContextVar[list[str]] = ContextVar("timeouts")
"""The counts and facets that timed out; the response to the current request is then incomplete."""


def query_timed_out(sql: str) -> None:
    """Marks the current response as incomplete; it is then not cached."""
    if (queries := timeouts.get(None)) is not None:
        queries.append(sql)
