"""JSON responses, conditional requests, and whether a response is complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import msgspec
from datasette.utils.asgi import Response

from chronology.export.numbers import plain_json

SANDBOX = "default-src 'none'; sandbox"
"""The content security policy of files whose content is not ours."""


def encode(value: Any) -> bytes:
    """A value as JSON."""
    return plain_json(msgspec.json.encode(value, enc_hook=str).decode()).encode()


def json_response(value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A response with a value as JSON; bytes are JSON already."""
    body = value if isinstance(value, bytes) else encode(value)
    return Response(
        body,
        headers=dict(headers or {}),
        content_type="application/json; charset=utf-8",
    )


def matches(if_none_match: str, etag: str, exists: bool = False) -> bool:
    """Whether a client has the response: weak comparison with each tag (RFC 9110, 8.8.3.2).

    A star matches any response that exists.
    """
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag.removeprefix("W/") in tags or (exists and "*" in tags)


refused: Counter[int] = Counter()
"""Requests that were refused since the server started, by status."""

timeouts: ContextVar[list[str]] = ContextVar("timeouts")
"""The counts and facets that timed out; the response to the current request is then incomplete."""


def query_timed_out(sql: str) -> None:
    """Marks the current response as incomplete; it is then not cached."""
    if (queries := timeouts.get(None)) is not None:
        queries.append(sql)
