"""Where the service is reached from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

PLUGIN = "datasette-chronology"


def public_address(datasette: Any, request: Any) -> str:
    """Where the service is reached: as configured (`public_url`), else as it was asked."""
    configured = (datasette.plugin_config(PLUGIN) or {}).get("public_url")
    return configured.rstrip("/") if configured else f"{request.scheme}://{request.host}"


def local_path(datasette: Any, scope: Any) -> str:
    """The path of a request below `base_url`, whether or not a proxy has stripped that."""
    return _below_base(datasette, scope["path"])


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
