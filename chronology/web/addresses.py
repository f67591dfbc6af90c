"""Where the service is reached from outside, and what downloads are called."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

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
