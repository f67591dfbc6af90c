"""Variables of the pages of single rows: events, sources, places, formations and people."""

from __future__ import annotations

import sqlite3
from typing import Any

from datasette.utils import tilde_decode, tilde_encode
from datasette.utils.asgi import NotFound

from chronology.model.edtf import parse
from chronology.model.vocabulary import Chronology
from chronology.timeline.as_of import TimelineAt, read_point
from chronology.timeline.disagreements import compare_accounts
from chronology.timeline.event_detail import EventDetail, event_detail
from chronology.timeline.neighbours import neighbours
from chronology.timeline.related_events import WORDS
from chronology.timeline.subject_detail import subject_detail
from chronology.web.datasette_compat import Datasette, Request
from chronology.web.pages import date_axis, formatting
from chronology.web.pages.map_config import map_config


def event(
    timeline: TimelineAt,
    request: Request,
    table: str,
    chronology: Chronology | None,
    with_history: bool,
) -> dict[str, Any]:
    """One event of `events`, or a version of it in `history`."""
    db = timeline.db
    name, _, start = tilde_decode(request.url_vars["pks"]).partition(",")
    if table == "history" and not timeline.point.is_past:
        timeline = TimelineAt(db, read_point(db, [start]))
    shown = event_detail(timeline, name)
    if table == "events" and shown is None:
        raise NotFound(f"The event {name!r} was not in the timeline at this position")
    if shown is not None and not with_history:
        shown = shown._replace(history=[])
    current_row = db.execute("SELECT 1 FROM events WHERE id = ?", (name,)).fetchone()
    variables = {"detail": shown, "event_id": name, "retracted_since": current_row is None}
    if shown is None or chronology is None:
        return variables
    return {
        **variables,
        "meaning": formatting.meaning(shown.event["date"]),
        "drawn": _drawn(shown, chronology),
        "compared": compare_accounts(shown.accounts),
        "beside": neighbours(db, shown.event) if table == "events" else None,
        "mapped": _event_points(shown),
        "relation_words": WORDS,
    }


def _event_points(shown: EventDetail) -> list[dict[str, Any]]:
    """The points of an event: its own, if it has any, and those of its places."""
    places = [_point(place, "places") for place in shown.places if _is_located(place)]
    event = shown.event
    if "own_point" not in event:
        return places
    latitude, longitude = event["own_point"]
    own = {"name": event["title"], "is_own": True, "latitude": latitude, "longitude": longitude}
    if event["geometry"]:
        own["geometry"] = event["geometry"]
    return [{**own, "path": f"events/{tilde_encode(event['id'])}"}, *places]


def _drawn(shown: EventDetail, chronology: Chronology) -> dict[str, Any]:
    """The editors' date and those of the accounts, on one axis."""
    dated = [account for account in shown.accounts if account["date"]]
    texts = [shown.event["date"], *(account["date"] for account in dated)]
    axis = date_axis.around([parse(text) for text in texts], chronology.window)
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
    db: sqlite3.Connection, request: Request, table: str, chronology: Chronology | None
) -> dict[str, Any]:
    """A source, place, formation or person, with drawings of its days and ties."""
    profile_rows = subject_detail(db, table, tilde_decode(request.url_vars["pks"]))
    if profile_rows is None or chronology is None:
        return {}
    axis = date_axis.of_window(chronology.window)
    for ties in ("superiors", "subordinates", "commands"):
        if ties in profile_rows:
            profile_rows[ties] = date_axis.tenures(axis, profile_rows[ties])
    located = [row for row in [profile_rows, *profile_rows.get("inside", ())] if _is_located(row)]
    return {
        "subject": profile_rows,
        "axis": axis,
        "strip": date_axis.strip(axis, profile_rows["days"]),
        "kind_names": {
            "levels": chronology.levels,
            "sides": chronology.sides,
            "dimensions": [*chronology.dimensions.values()],
            "free": {column: d.label for column, d in chronology.free_dimensions.items()},
        },
        "mapped": [_point(row, "places") for row in located],
    }


def _is_located(place: dict[str, Any]) -> bool:
    return place.get("latitude") is not None and place.get("longitude") is not None


def _point(place: dict[str, Any], table: str) -> dict[str, Any]:
    columns = ("name", "latitude", "longitude", "radius_km", "role", "geometry")
    path = f"{table}/{tilde_encode(place['id'])}"
    return {**{key: place[key] for key in columns if place.get(key) is not None}, "path": path}


async def small_map(
    datasette: Datasette, request: Request, database: str, points: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """The configuration of a small map; None without points."""
    if not points:
        return None
    base = datasette.urls.database(database)
    return {
        "points": [{**point, "path": f"{base}/{point['path']}"} for point in points],
        **await map_config(datasette, request, database),
    }
