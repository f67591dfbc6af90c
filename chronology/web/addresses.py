"""Where the service is reached from outside."""

from __future__ import annotations

from typing import Any

PLUGIN = "datasette-chronology"


def public_address(datasette: Any, request: Any) -> str:
    """Where the service is reached: as configured (`public_url`), else as it was asked."""
    configured = (datasette.plugin_config(PLUGIN) or {}).get("public_url")
    return configured.rstrip("/") if configured else f"{request.scheme}://{request.host}"


def local_path(datasette: Any, scope: Any) -> str:
    """The path of a request below `base_url`, whether or not a proxy has stripped that."""
    path, base = str(scope["path"]), str(datasette.setting("base_url"))
    return f"/{path.removeprefix(base)}" if path.startswith(base) else path
