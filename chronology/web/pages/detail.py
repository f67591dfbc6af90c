"""What the pages of single rows show: events, and the sources, places, formations and people."""

from __future__ import annotations

import sqlite3
from typing import Any

from datasette.utils import tilde_decode, tilde_encode
from datasette.utils.asgi import NotFound

from chronology.model.edtf import parse
from chronology.model.records import Chronology
from chronology.timeline import neighbours
from chronology.timeline.as_of import TimelineAt, read_point
from chronology.timeline.comparisons import compared
from chronology.timeline.event_detail import Dossier, dossier
from chronology.timeline.subject_detail import profile
from chronology.web.datasette_compat import PLUGIN, Datasette, Request
from chronology.web.pages import date_axis, formatting


def event(
    timeline: TimelineAt, request: Request, table: str, about: Chronology | None
) -> dict[str, Any]:
    """One event of `events`, or a version of it in `history`."""
    db = timeline.db
    name, _, start = tilde_decode(request.url_vars["pks"]).partition(",")
    if table == "history" and not timeline.point.is_past:
        timeline = TimelineAt(db, read_point(db, [start]))
    shown = dossier(timeline, name)
    if table == "events" and shown is None:
        raise NotFound(f"There is no event {name!r} as of then")
    lives = db.execute("SELECT 1 FROM events WHERE id = ?", (name,)).fetchone()
    found = {"dossier": shown, "event_id": name, "retracted_since": lives is None}
    if shown is None or about is None:
        return found
    return {
        **found,
        "meaning": formatting.meaning(shown.event["date"]),
        "drawn": _drawn(shown, about),
        "compared": compared(shown.accounts),
        "beside": neighbours.beside(db, shown.event) if table == "events" else None,
        "mapped": [_point(place, "places") for place in shown.places if _is_located(place)],
    }


def _drawn(shown: Dossier, about: Chronology) -> dict[str, Any]:
    """The editor's reading and the dates of the accounts, on one axis."""
    dated = [account for account in shown.accounts if account["date"]]
    texts = [shown.event["date"], *(account["date"] for account in dated)]
    axis = date_axis.around([parse(text) for text in texts], about.window)
    if axis is None:
        return {}
    return {
        "axis": axis,
        "reading": date_axis.bars(axis, parse(shown.event["date"])),
        "accounts": [
            {"account": account, "bars": date_axis.bars(axis, parse(account["date"]))}
            for account in dated
        ],
    }


def subject(
    db: sqlite3.Connection, request: Request, table: str, about: Chronology | None
) -> dict[str, Any]:
    """One row of a table of the catalogue, with its days and ties drawn."""
    found = profile(db, table, tilde_decode(request.url_vars["pks"]))
    if found is None or about is None:
        return {}
    axis = date_axis.of_window(about.window)
    for ties in ("superiors", "subordinates", "commands"):
        if ties in found:
            found[ties] = date_axis.tenures(axis, found[ties])
    located = [row for row in [found, *found.get("inside", ())] if _is_located(row)]
    return {
        "subject": found,
        "axis": axis,
        "strip": date_axis.strip(axis, found["days"]),
        "kind_names": {"levels": about.levels, "sides": about.sides},
        "mapped": [_point(row, "places") for row in located],
    }


def _is_located(place: dict[str, Any]) -> bool:
    return place.get("latitude") is not None and place.get("longitude") is not None


def _point(place: dict[str, Any], table: str) -> dict[str, Any]:
    kept = ("name", "latitude", "longitude", "radius_km", "role")
    path = f"{table}/{tilde_encode(place['id'])}"
    return {**{key: place[key] for key in kept if place.get(key) is not None}, "path": path}


def small_map(
    datasette: Datasette, database: str, points: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """What the script of a small map is told; nothing if there is nothing to be shown."""
    if not points:
        return None
    config = datasette.plugin_config(PLUGIN) or {}
    base = datasette.urls.database(database)
    return {
        "points": [{**point, "path": f"{base}/{point['path']}"} for point in points],
        "shapes": datasette.urls.static_plugins(PLUGIN, "map/"),
        "tiles": config.get("tile_url"),
        "attribution": config.get("tile_attribution"),
    }
