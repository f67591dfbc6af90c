"""Where the service is reached from outside, and what downloads are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

PLUGIN = "datasette-chronology"


def public_address(datasette: Any, request: Any) -> str:
    """Where the service is reached: as configured (`public_url`), else as it was asked."""
    configured = (datasette.plugin_config(PLUGIN) or {}).get("public_url")
    return configured.rstrip("/") if configured else f"{request.scheme}://{request.host}"


def disposition(kind: str, name: str) -> str:
    """The header that names a download (RFC 6266), whatever the database is called."""
    plain = re.sub(r"[^\w. -]", "_", name, flags=re.ASCII)
    found = f'{kind}; filename="{plain}"'
    return found if plain == name else f"{found}; filename*=UTF-8''{quote(name)}"


def local_path(datasette: Any, scope: Any) -> str:
    """The path of a request as Datasette routes it: not decoded, without its `base_url`."""
    raw = scope.get("raw_path")
    path = raw.decode("latin-1").partition("?")[0] if raw else scope["path"]
    return _below_base(datasette, path)


def page_address(datasette: Any, request: Any) -> str:
    """The path of the page that a request is for, as links to it have it."""
    return str(datasette.urls.path(_below_base(datasette, request.path)))


def _below_base(datasette: Any, path: str) -> str:
    base = datasette.setting("base_url")
    return f"/{path.removeprefix(base)}" if path.startswith(base) else path


def pairs(request: Any, *without: str) -> list[tuple[str, str]]:
    """The parameters of a request in their order, but for some names."""
    given = parse_qsl(request.query_string, keep_blank_values=True)
    return [pair for pair in given if pair[0] not in without]


def with_query(address: str, parameters: Sequence[tuple[str, Any]]) -> str:
    """An address with parameters, if there are any."""
    return f"{address}?{urlencode(parameters)}" if parameters else address
