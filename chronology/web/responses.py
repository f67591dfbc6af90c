"""Responses of this package's own addresses: JSON, CORS headers and conditional requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from datasette.utils import add_cors_headers
from datasette.utils.asgi import Response


def cors_headers(datasette: Any) -> dict[str, str]:
    """The headers that Datasette sends with its own data if started with `--cors`."""
    headers: dict[str, str] = {}
    if datasette.cors:
        add_cors_headers(headers)
    return headers


def json_response(datasette: Any, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A value as JSON; bytes are JSON already."""
    body = value if isinstance(value, bytes) else msgspec.json.encode(value, enc_hook=str)
    return Response(
        body,
        headers={**cors_headers(datasette), **(headers or {})},
        content_type="application/json; charset=utf-8",
    )


def matches(if_none_match: str | None, etag: str, exists: bool = False) -> bool:
    """Whether a client has the answer: the weak comparison with each tag (RFC 9110, 8.8.3.2).

    A star matches anything that exists, so only an answer that is known to.
    """
    if not if_none_match:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag.removeprefix("W/") in tags or (exists and "*" in tags)
