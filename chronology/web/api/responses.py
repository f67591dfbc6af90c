"""Responses of this package's own addresses: JSON, and the headers of CORS."""

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
