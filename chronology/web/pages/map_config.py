"""Configure the maps: their shapes or tiles, a region in detail, and borders of the time.

A chronology chooses in its plugin configuration, in `metadata.yml` or `datasette.yaml`:

    plugins:
      datasette-chronology:
        map_detail: balkans
        map_borders: {file: borders-1944.geojson, source: Name of the work, date: 1944-09}

`map_detail` is a folder of `static/map/`. The file of borders is beside the database.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from datasette.utils import StartupError
from datasette.utils.asgi import NotFound, Response

from chronology.web import databases
from chronology.web.datasette_compat import PLUGIN, Datasette, Request

_FOLDER = Path(__file__).parents[1] / "static" / "map"
_BORDERS = "/-/chronology/borders.geojson"
_MAX_BYTES = 10_000_000


async def map_config(datasette: Datasette, request: Request, database: str) -> dict[str, Any]:
    """The configuration of the maps of a chronology, for their scripts."""
    config = datasette.plugin_config(PLUGIN, database=database) or {}
    detail = config.get("map_detail")
    return {
        "shapes": datasette.urls.static_plugins(PLUGIN, "map/"),
        "tiles": config.get("tile_url"),
        "attribution": config.get("tile_attribution"),
        "detail": {"name": detail, "area": areas()[detail]} if detail else None,
        "borders": await _borders(datasette, request, database, config),
    }


@cache
def areas() -> dict[str, list[float]]:
    """The regions in detail by name: degrees west, south, east, north."""
    found: dict[str, list[float]] = json.loads((_FOLDER / "areas.json").read_text("utf-8"))
    return found


async def _borders(
    datasette: Datasette, request: Request, database: str, config: dict[str, Any]
) -> dict[str, str] | None:
    borders = config.get("map_borders")
    if not borders:
        return None
    parameter = await databases.parameter(datasette, request, database)
    query = "".join(f"?{key}={value}" for key, value in parameter.items())
    return {
        "url": datasette.urls.path(_BORDERS) + query,
        "attribution": f"Borders of {borders['date']}: {borders['source']}",
    }


def check(datasette: Datasette) -> None:
    """Refuses a configuration that no map could follow, before anything is served."""
    for name in databases.names(datasette):
        config = datasette.plugin_config(PLUGIN, database=name) or {}
        detail = config.get("map_detail")
        if detail and detail not in areas():
            known = ", ".join(sorted(areas()))
            raise StartupError(f"map_detail: {detail!r} is not a region. Regions: {known}")
        borders = config.get("map_borders")
        if borders:
            missing = [key for key in ("file", "source", "date") if not borders.get(key)]
            if missing:
                raise StartupError(
                    f"map_borders: {', '.join(missing)} missing; name the file, its source, and"
                    " the date for which the borders hold"
                )
            _read(_path(datasette, name, borders))


def _path(datasette: Datasette, database: str, borders: dict[str, str]) -> Path:
    path = datasette.get_database(database).path
    return Path(path or ".").parent / Path(borders["file"]).name


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise StartupError(f"map_borders: {path.name} is over {_MAX_BYTES:,} bytes")
        content = path.read_bytes()
        kind = json.loads(content)["type"]
    except OSError as error:
        raise StartupError(f"map_borders: {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        kind = None
    if kind not in ("FeatureCollection", "Feature"):
        raise StartupError(f"map_borders: {path} is not a GeoJSON Feature or FeatureCollection")
    return content


async def borders(datasette: Datasette, request: Request) -> Response:
    """The borders that a chronology supplies, as GeoJSON."""
    database = await databases.requested(datasette, request)
    configured = (datasette.plugin_config(PLUGIN, database=database) or {}).get("map_borders")
    if not configured:
        raise NotFound("This chronology has no borders")
    return Response(
        _read(_path(datasette, database, configured)).decode("utf-8"),
        content_type="application/geo+json; charset=utf-8",
    )


ROUTES = [(rf"{_BORDERS}$", borders)]
