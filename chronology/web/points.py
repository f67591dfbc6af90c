"""The selected events as data for the timeline and the map: compact, in one answer.

Dates and names stand once, in tables; a row points to them by number.
"""

from __future__ import annotations

import gzip
import sqlite3
from typing import Any

import msgspec
from datasette.utils.asgi import BadRequest, NotFound, Response

from chronology import log, queries
from chronology.records import Chronology
from chronology.web import strip, versions
from chronology.web.home import asked, chronology_of
from chronology.web.selection import Selection, selected

FORMAT = 1  # of the answer; part of the ETag
_LISTS = ("places", "formations", "disputed")


async def points(datasette: Any, request: Any) -> Response:
    """All selected events; 304 while the log has not grown."""
    name = await chronology_of(datasette)
    if name is None:
        raise NotFound("There is no chronology here")
    await versions.ensure_view_table(datasette, request.actor, name, "events")
    selection = await selected(datasette, asked(request).request, name, "events")
    db = datasette.get_database(name)
    head = await db.execute_fn(log.head)
    headers = {
        # Weak: the same for each encoding.
        "etag": f'W/"{head.position}:{head.digest}.{FORMAT}"',
        "cache-control": "no-cache",
        "vary": "accept-encoding",
    }
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response("", status=304, headers=headers)
    body = await db.execute_fn(lambda connection: _encoded(connection, selection))
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        body = await db.execute_fn(lambda _: gzip.compress(body, 5))
    return Response(body, headers=headers, content_type="application/json; charset=utf-8")


def _encoded(db: sqlite3.Connection, selection: Selection) -> bytes:
    about = queries.chronology(db)
    if about is None:
        raise NotFound("There is no chronology here")
    try:
        return msgspec.json.encode(compact(db, about, selection))
    except sqlite3.OperationalError as error:
        raise BadRequest(f"the filters cannot be applied: {error}") from None


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


def compact(db: sqlite3.Connection, about: Chronology, selection: Selection) -> dict[str, Any]:
    """The answer: `columns` tells what a row holds, `names` and `dates` what its numbers mean."""
    lists = (*about.dimensions, *_LISTS)
    columns = ("id", "title", "date", "kind", "status", "latitude", "longitude", *lists)
    where = f"WHERE {selection.where}" if selection.where else ""
    chosen = ", ".join(f'"{column}"' for column in columns)
    cursor = db.execute(
        f"SELECT {chosen} FROM events {where} ORDER BY sort_day, id", selection.params
    )
    numbers = {column: _Numbers() for column in ("date", "kind", "status", *lists)}
    date, kind, status = (numbers[column].number for column in columns[2:5])
    listed = [numbers[column].numbers for column in lists]
    rows = [
        [name, title, date(day), kind(what), status(stands), latitude, longitude]
        + [number(text) for number, text in zip(listed, texts, strict=True)]
        for name, title, day, what, stands, latitude, longitude, *texts in cursor
    ]
    head = log.head(db)
    window = about.window
    return {
        "head": {"position": head.position, "digest": head.digest},
        "window": [window.earliest, window.latest],
        "columns": columns,
        "names": {
            **{c: list(found.of) for c, found in numbers.items() if c not in ("date", *_LISTS[:2])},
            "places": _places(db, list(numbers["places"].of)),
            "formations": _formations(db, list(numbers["formations"].of)),
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


def _places(db: sqlite3.Connection, wanted: list[str]) -> list[dict[str, Any]]:
    """Each place with its point and its other names, those of the period first."""
    rows = {
        row["name"]: row
        for row in queries.rows(
            db, "SELECT id, name, names, latitude, longitude, radius_km FROM places"
        )
    }
    found = []
    for name in wanted:
        row = rows.get(name, {"name": name, "names": "[]"})
        others = msgspec.json.decode(row["names"] or "[]")
        others.sort(key=lambda other: other.get("use") != "period")
        names = [[other["name"], other.get("use")] for other in others]
        found.append({**row, "names": names})
    return found


def _formations(db: sqlite3.Connection, wanted: list[str]) -> list[list[Any]]:
    found = db.execute("SELECT name, level, side FROM formations")
    rows = {name: (level, side) for name, level, side in found}
    return [[name, *rows.get(name, (None, None))] for name in wanted]


ROUTES = [(r"/-/chronology/points\.json$", points)]
