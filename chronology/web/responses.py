"""JSON responses, conditional requests, and whether a response is complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import msgspec
from datasette.utils.asgi import Response


def json_response(value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A response with a value as JSON; bytes are JSON already."""
    body = value if isinstance(value, bytes) else msgspec.json.encode(value, enc_hook=str)
    return Response(
        body,
        headers=dict(headers or {}),
        content_type="application/json; charset=utf-8",
    )


def matches(if_none_match: str | None, etag: str, exists: bool = False) -> bool:
    """Whether a client has the response: weak comparison with each tag (RFC 9110, 8.8.3.2).

    A star matches any response that exists.
    """
    if not if_none_match:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag.removeprefix("W/") in tags or (exists and "*" in tags)


refused: Counter[int] = Counter()
"""Requests that were refused since the server started, by status."""


class ResponseCompleteness:
    """False once a count or a facet has timed out; the response is then not cached."""

    def __init__(self) -> None:
        self.complete = True


completeness: ContextVar[ResponseCompleteness | None] = ContextVar("completeness", default=None)
"""The completeness of the response to the current request."""


def query_timed_out() -> None:
    """Marks the current response as incomplete."""
    if (response := completeness.get()) is not None:
        response.complete = False
