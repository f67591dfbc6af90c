"""Where the service is reached from outside."""

from __future__ import annotations

from typing import Any

PLUGIN = "datasette-chronology"


def public_address(datasette: Any, request: Any) -> str:
    """Where the service is reached: as configured (`public_url`), else as it was asked."""
    configured = (datasette.plugin_config(PLUGIN) or {}).get("public_url")
    return configured.rstrip("/") if configured else f"{request.scheme}://{request.host}"
