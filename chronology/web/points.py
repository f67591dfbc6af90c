"""The selected events as data for the timeline and the map, in one answer of bounded size.

Up to `MOST` events stand in it one by one. Of more, the first stand in it, and all are counted: by
day and lane for the timeline, by point for the map. Dates and names stand once, in tables; a row
points to them by number.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable
from typing import Any

import msgspec
from datasette.utils import escape_sqlite
from datasette.utils.asgi import NotFound, Response

from chronology.lru_cache import LruCache
from chronology.past import Moment
from chronology.projections import state as catalogues
from chronology.web import aggregates, strip, versions
from chronology.web.asked import (
    Asked,
    Shown,
    Standing,
    asked,
    chronology_of,
    filtering,
    of_one_state,
    shown,
)
from chronology.web.caching import matches
from chronology.web.overview import Overview, standing, whole
from chronology.web.responses import cors_headers, json_response

FORMAT = 2  # of the answer; part of the ETag
MOST = 2_000
FIRST = 60
_LISTS = ("places", "formations", "disputed")
_KEPT_BYTES = 16 << 20
_bodies: LruCache[Hashable, bytes] = LruCache(_KEPT_BYTES, lambda _key, body: len(body))


async def points(datasette: Any, request: Any) -> Response:
    """The selected events; 304 while the log has not grown."""
    name = await chronology_of(datasette)
    if name is None:
        raise NotFound("There is no chronology here")
    await versions.ensure_seen(datasette, request, name)
    wanted = asked(request)
    selections = [await shown(datasette, each, name) for each in (wanted, wanted.only("_as_of"))]
    if_none_match = request.headers.get("if-none-match")
    lane = request.args.get("_lane") or None
    limit_ms = datasette.setting("sql_time_limit_ms")

    def answer(db: sqlite3.Connection) -> tuple[str, bytes | None]:
        of = standing(db, wanted.request)
        # Weak: the same for each encoding.
        etag = f'W/"{of.mark}.{FORMAT}"' if wanted.key(of) else ""
        known = etag and matches(if_none_match, etag)
        return etag, None if known else _body(db, selections, wanted, lane, of, limit_ms)

    etag, body = await of_one_state(datasette, name, answer)
    headers = {"cache-control": "no-cache", **({"etag": etag} if etag else {})}
    if body is None:
        return Response("", status=304, headers={**cors_headers(datasette), **headers})
    return json_response(datasette, body, headers)


def _body(
    db: sqlite3.Connection,
    selections: list[Shown],
    wanted: Asked,
    lane: str | None,
    of: Standing,
    limit_ms: int,
) -> bytes:
    """The answer, which is made once for a state of the log."""
    events, everything = selections
    about = whole(db, everything, of)
    if about is None:
        raise NotFound("There is no chronology here")
    column = about.lane(lane)

    def made() -> bytes:
        head = {"position": of.state.position, "digest": of.state.digest}
        total = events.total(db, limit_ms)
        found = {"head": head, **_answer(db, about, events, total, column, of.moment)}
        return msgspec.json.encode(found)

    with filtering():
        return _bodies.get_or_make(wanted.key(of, column, repr(selections)), made)


def _answer(
    db: sqlite3.Connection,
    about: Overview,
    events: Shown,
    total: int,
    lane: str,
    moment: Moment | None,
) -> dict[str, Any]:
    places = _places(db, moment)
    drawn = {(row["latitude"], row["longitude"]): _place(name, row) for name, row in places.items()}
    window = about.about.window
    return {
        "window": [window.earliest, window.latest],
        "total": total,
        **_detailed(db, about, events, MOST if total <= MOST else FIRST, places, moment),
        **(aggregates.counted(db, about, events, lane, drawn) if total > MOST else {}),
    }


class _Numbers:
    """Values in the order in which they came, each with its number."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}
        self._lists: dict[str, list[int]] = {}

    def number(self, value: str) -> int:
        return self.of.setdefault(value, len(self.of))

    def numbers(self, text: str) -> list[int]:
        """The numbers of the values of an array column."""
        found = self._lists.get(text)
        if found is None:
            found = self._lists[text] = [self.number(value) for value in strip.names(text)]
        return found


def _detailed(
    db: sqlite3.Connection,
    about: Overview,
    events: Shown,
    limit: int,
    places: dict[str, Any],
    moment: Moment | None,
) -> dict[str, Any]:
    """Events one by one: `columns` tells what a row holds, `names` and `dates` what its numbers."""
    dimensions = [column for column in about.labels if column not in ("places", "kind")]
    lists = (*dimensions, *_LISTS)
    columns = ("id", "title", "date", "kind", "status", "latitude", "longitude", *lists)
    chosen = ", ".join(map(escape_sqlite, columns))
    order = f"ORDER BY sort_day, id LIMIT {limit}"
    numbers = {column: _Numbers() for column in ("date", "kind", "status", *lists)}
    date, kind, status = (numbers[column].number for column in columns[2:5])
    listed = [numbers[column].numbers for column in lists]
    rows = [
        [name, title, date(day), kind(what), status(stands), latitude, longitude]
        + [number(text) for number, text in zip(listed, texts, strict=True)]
        for name, title, day, what, stands, latitude, longitude, *texts in db.execute(
            events.sql(chosen, rest=order), events.params
        )
    ]
    formations = _formations(db, moment)
    return {
        "columns": columns,
        "names": {
            **{c: list(found.of) for c, found in numbers.items() if c not in ("date", *_LISTS[:2])},
            "places": [_place(name, places.get(name)) for name in numbers["places"].of],
            "formations": [
                [name, *formations.get(name, (None, None))] for name in numbers["formations"].of
            ],
        },
        "dates": [_date(text) for text in numbers["date"].of],
        "rows": rows,
    }


def _date(text: str) -> dict[str, Any]:
    """A date as it is drawn: possible days, certain days, and how it is said."""
    found = strip.parsed(text)
    drawn: dict[str, Any] = {
        "edtf": text,
        "words": found.in_words(),
        "earliest": found.earliest,
        "latest": found.latest,
        "core": found.core,
    }
    if found.lasts:
        drawn["lasts"] = True
    if found.time:
        drawn["time"] = found.time[:5]
    if len(found.spans) > 1:
        drawn["spans"] = found.spans
    return drawn


_PLACE = ("name", "names", "latitude", "longitude", "radius_km")


def _places(db: sqlite3.Connection, moment: Moment | None) -> dict[str, Any]:
    """Each place by its name: its point and its other names, those of the period first."""
    if moment:
        fields = [p for _, p in catalogues.load(db, moment.position, ("place",)).places.items()]
        rows = [tuple(getattr(place, column) for column in _PLACE) for place in fields]
    else:
        rows = db.execute(f"SELECT {', '.join(_PLACE)} FROM places").fetchall()
    return {row[0]: dict(zip(_PLACE, row, strict=True)) for row in rows}


def _place(name: str, row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {"name": name, "names": []}
    held = row["names"] or []
    others = msgspec.json.decode(held) if isinstance(held, str) else msgspec.to_builtins(held)
    others.sort(key=lambda other: other.get("use") != "period")
    return {**row, "names": [[other["name"], other.get("use")] for other in others]}


def _formations(db: sqlite3.Connection, moment: Moment | None) -> dict[str, tuple[Any, Any]]:
    """The level and the side of each formation by its name."""
    if moment:
        then = catalogues.load(db, moment.position, ("formation",)).formations
        return {formation.name: (formation.level, formation.side) for _, formation in then.items()}
    found = db.execute("SELECT name, level, side FROM formations")
    return {name: (level, side) for name, level, side in found}


ROUTES = [(r"/-/chronology/points\.json$", points)]
