"""The selected events as data for the timeline and the map, in one response of bounded size.

Up to `MAX_LISTED` events are listed one by one. If there are more, only the first are listed, and
all are counted: by lane and bin of time, and by point of the map. Rows refer to dates and names by
their numbers in tables.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

from datasette.utils import escape_sqlite
from datasette.utils.asgi import Response

from chronology.index.selection import EventFilter
from chronology.lru_cache import LruCache
from chronology.model.as_written import elapsed
from chronology.model.edtf import Date, parse
from chronology.model.instants import instants
from chronology.projections.catalogue import Catalogue
from chronology.web import databases
from chronology.web.api import timeline_bins
from chronology.web.datasette_compat import Datasette, Request
from chronology.web.pages import day_histogram, media
from chronology.web.pages.home_overview import Overview, Reader, overview, read_state
from chronology.web.query.home_filters import (
    HomeRequest,
    bad_filters,
    home_filter,
    home_request,
    state_mark,
)
from chronology.web.responses import encode, json_response, matches

FORMAT = 5  # part of the ETag
MAX_LISTED = 2_000
SAMPLE = 60
_LISTS = ("places", "formations", "disputed")
_CACHE_BYTES = 16 << 20
_bodies: LruCache[Hashable, bytes] = LruCache(_CACHE_BYTES, lambda _key, body: len(body))


async def points(datasette: Datasette, request: Request) -> Response:
    """The selected events; 304 while the log does not grow."""
    name = await databases.requested(datasette, request)
    selection = home_request(request)
    events, everything = [
        await home_filter(datasette, each, name) for each in (selection, selection.only("_as_of"))
    ]
    if_none_match = request.headers.get("if-none-match")
    lane = request.args.get("_lane") or None

    def answer(reader: Reader) -> tuple[str, bytes | None]:
        # Weak, since it is the same for each encoding.
        mark = f"{state_mark(reader.timeline)}.{FORMAT}{reader.closed}"
        etag = "" if selection.values("_where") else f'W/"{mark}"'
        if etag and if_none_match and matches(if_none_match, etag):
            return etag, None
        return etag, _body(reader, events, everything, selection, lane)

    etag, body = await read_state(datasette, selection, name, answer)
    headers = {"cache-control": "no-cache", **({"etag": etag} if etag else {})}
    if body is None:
        return Response("", status=304, headers=headers)
    return json_response(body, headers)


def _body(
    reader: Reader,
    events: EventFilter,
    everything: EventFilter,
    selection: HomeRequest,
    lane: str | None,
) -> bytes:
    """The response, made once per state of the log."""
    with bad_filters():
        chronology_overview = overview(reader, everything, SAMPLE)
        column = chronology_overview.lane(lane)
        return _bodies.get_or_make(
            selection.cache_key(reader.timeline, column, reader.closed, repr((events, everything))),
            lambda: encode(_answer(reader, chronology_overview, events, selection, column)),
        )


def _answer(
    reader: Reader,
    chronology_overview: Overview,
    events: EventFilter,
    selection: HomeRequest,
    lane: str,
) -> dict[str, Any]:
    point, window = reader.timeline.point, chronology_overview.chronology.window
    spans = instants(window).spans
    summary = reader.summarise(events, (), MAX_LISTED)
    places = _places(reader.timeline.catalogue) if "places" in reader.visible else {}
    drawn = {(row["latitude"], row["longitude"]): _place(name, row) for name, row in places.items()}
    numbers = summary.first if summary.total <= MAX_LISTED else summary.first[:SAMPLE]
    return {
        "head": {"position": point.position, "digest": point.digest},
        "window": [window.earliest, window.latest],
        "span": [spans[0][0], spans[-1][1]],
        "within": _seconds(selection.values("_within")),
        "total": summary.total,
        **_detailed(reader, chronology_overview, summary.table, numbers, places),
        **(
            timeline_bins.counted(reader, chronology_overview, summary, lane, drawn)
            if summary.total > MAX_LISTED
            else {}
        ),
    }


def _seconds(within: list[str]) -> list[int] | None:
    """The time of the only `_within`, unless it has an open end."""
    if len(within) != 1:
        return None
    spans = instants(parse(within[0])).spans
    start, end = spans[0][0], spans[-1][1]
    return None if start is None or end is None else [start, end]


class _Numbers:
    """Values in order of appearance, each with its number."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}

    def number(self, value: str) -> int:
        return self.of.setdefault(value, len(self.of))

    def numbers(self, text: str) -> list[int]:
        """The numbers of the values of an array column."""
        return [self.number(value) for value in day_histogram.names(text)]


def _detailed(
    reader: Reader,
    chronology_overview: Overview,
    table: str,
    numbers: list[int],
    places: dict[str, Any],
) -> dict[str, Any]:
    """Events one by one: `columns` names the cells, `names` and `dates` resolve numbers."""
    dimensions = [
        column for column in chronology_overview.labels if column not in ("places", "kind")
    ]
    lists = (*dimensions, *_LISTS)
    columns = ("id", "title", "date", "kind", "status", "latitude", "longitude", *lists)
    tables = {column: _Numbers() for column in ("date", "kind", "status", *lists)}
    date, kind, status = (tables[column].number for column in columns[2:5])
    listed = [tables[column].numbers for column in lists]
    cursor = reader.timeline.db.execute(
        f"SELECT {', '.join(map(escape_sqlite, columns))} FROM {table}"
        " WHERE number IN (SELECT value FROM json_each(?)) ORDER BY sort_key, id",
        (json.dumps(numbers),),
    )
    # Only where events have it, since most chronologies do not.
    importance = _values(reader, table, "importance", numbers)
    rows = [
        [name, title, date(day), kind(kind_name), status(status_name), latitude, longitude]
        + [number(text) for number, text in zip(listed, texts, strict=True)]
        for name, title, day, kind_name, status_name, latitude, longitude, *texts in cursor
    ]
    if importance:
        columns += ("importance",)
        rows = [[*row, importance.get(row[0])] for row in rows]
    pictures = _pictures(reader, table, numbers)
    formations = {
        f.name: (f.level, f.side)
        for _, f in reader.timeline.catalogue.formations.items()
        if "formations" in reader.visible
    }
    zero = chronology_overview.chronology.zero
    return {
        "columns": columns,
        "names": {
            **{c: list(table.of) for c, table in tables.items() if c not in ("date", *_LISTS[:2])},
            "places": [_place(name, places.get(name)) for name in tables["places"].of],
            "formations": [
                [name, *formations.get(name, (None, None))] for name in tables["formations"].of
            ],
        },
        "dates": [_date(text, zero) for text in tables["date"].of],
        "rows": rows,
        **({"pictures": pictures} if pictures else {}),
    }


def _pictures(reader: Reader, table: str, numbers: list[int]) -> dict[str, dict[str, str]]:
    """The file and the description of the first picture by id of the events that have one."""
    listed = _values(reader, table, "media", numbers)
    found = ((name, media.first_picture(value)) for name, value in listed.items())
    return {
        name: {"file": picture["file"], "alt": picture.get("alt") or picture.get("caption") or ""}
        for name, picture in found
        if picture
    }


def _values(reader: Reader, table: str, column: str, numbers: list[int]) -> dict[str, Any]:
    """The values of a column by id of the events that have one."""
    cursor = reader.timeline.db.execute(
        f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL"
        " AND number IN (SELECT value FROM json_each(?))",
        (json.dumps(numbers),),
    )
    return dict(cursor.fetchall())


def _date(text: str, zero: Date | None) -> dict[str, Any]:
    """A date for drawing: possible days, certain days, and the date in words."""
    date = day_histogram.parsed(text)
    since = elapsed(date, zero)
    drawn: dict[str, Any] = {
        "edtf": text,
        "words": f"{date.in_words()} ({since})" if since else date.in_words(),
        "earliest": date.earliest,
        "latest": date.latest,
        "core": date.core,
    }
    if date.lasts:
        drawn["lasts"] = True
    if "T" in text:
        exact = instants(date)
        drawn["instants"] = {"spans": exact.spans, "core": exact.core}
    if len(date.spans) > 1:
        drawn["spans"] = date.spans
    return drawn


def _places(catalogue: Catalogue) -> dict[str, Any]:
    """Each place by name: its point and its other names, period names first."""
    return {
        place.name: {
            "name": place.name,
            **dict(zip(("latitude", "longitude"), place.point or (None, None), strict=True)),
            "radius_km": place.radius_km,
            "names": [
                [other.name, other.use]
                for other in sorted(place.names, key=lambda other: other.use != "period")
            ],
        }
        for _, place in catalogue.places.items()
    }


def _place(name: str, row: dict[str, Any] | None) -> dict[str, Any]:
    return row or {"name": name, "names": []}


ROUTES = [(r"/-/chronology/points\.json$", points)]
