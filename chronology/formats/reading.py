"""The selected events of one state of the log, read in chunks: exact, however long it takes.

What is kept of the selection is the numbers of the rows of `history` that held at its state. Such
a row never changes but for its end, and neither do the records up to a position. So the chunks
need no common transaction, and neither a slow reader nor a large selection holds up a writer.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from chronology import log, past, schema
from chronology.formats.edition import Account, Counts, Event, Place, Source
from chronology.past import Moment
from chronology.projections import state
from chronology.projections.state import Catalogue, State
from chronology.schema import Row, rows
from chronology.records import Chronology
from chronology.records import Event as Fields

CHUNK = 500


class Selection(NamedTuple):
    """Rows of `history` in order, the state in which they held, and the catalogue of then."""

    numbers: array[int]
    counts: Counts
    state: Moment
    identity: str
    catalogue: Catalogue

    @property
    def chronology(self) -> Chronology | None:
        return self.catalogue.chronology


def select(
    db: sqlite3.Connection,
    where: str,
    params: Mapping[str, Any],
    order: str,
    moment: Moment | None = None,
) -> Selection:
    """The events that a WHERE clause (empty for all) selects, in order.

    It is over `events`; over `history` as of a moment, whose states it has to select itself.
    Eight bytes an event are held.
    """
    clause = f"WHERE {where}" if where else ""
    number = "number" if moment else _CURRENT
    table = "history" if moment else "events"
    with schema.snapshot(db):
        found = db.execute(f"SELECT {number} FROM {table} {clause} ORDER BY {order}", params)
        numbers = array("q", (number for (number,) in found))
        counts = db.execute(f"SELECT {_COUNTED} FROM {table} {clause}", params).fetchone()
        at = moment or _now(db)
        first = next(log.read(db, 0, 1), None)
        identity = first.digest if first else at.digest
        return Selection(numbers, Counts(*counts), at, identity, state.load(db, at.position))


_CURRENT = (
    "(SELECT history.number FROM history"
    " WHERE history.id = events.id AND history.until_position IS NULL)"
)
_COUNTED = (
    "count(*), coalesce(sum(earliest IS NULL OR latest IS NULL), 0),"
    " coalesce(sum(latitude IS NULL), 0)"
)


def _now(db: sqlite3.Connection) -> Moment:
    head = log.head(db)
    last = next(log.read(db, head.position - 1, head.position), None)
    return Moment(*head, last.recorded_at if last else "")


def chunks(selection: Selection) -> Iterator[array[int]]:
    """The numbers of the selected rows, some at a time, for `read`."""
    for start in range(0, len(selection.numbers), CHUNK):
        yield selection.numbers[start : start + CHUNK]


def read(db: sqlite3.Connection, selection: Selection, numbers: array[int]) -> list[Event]:
    """Some of the selected events."""
    held = rows(
        db,
        "SELECT history.* FROM json_each(?) CROSS JOIN history ON history.number = value"
        " ORDER BY key",
        (json.dumps(numbers.tolist()),),
    )
    names = [row["id"] for row in held]
    top = selection.state.position
    fields = state.states(db, "event", names, top)
    told = _accounts(db, names, selection)
    return [
        _event(row, fields[row["id"]][0], told.get(row["id"], []), selection.catalogue)
        for row in held
    ]


def _accounts(
    db: sqlite3.Connection, names: list[str], selection: Selection
) -> dict[str, list[Account]]:
    """The accounts that were each event's, in order of record."""
    found = state.states(db, "account", past.accounts_of(db, names), selection.state.position)
    told: dict[str, list[Account]] = {}
    for name, (account, _) in sorted(found.items(), key=lambda item: item[1][1]):
        if account is not None:
            one = _account(name, account, selection.catalogue)
            told.setdefault(account.fields.event, []).append(one)
    return told


def _account(name: str, account: State, catalogue: Catalogue) -> Account:
    fields = account.fields
    source = catalogue.sources[fields.source]
    return Account(
        name,
        Source(fields.source, source.name, source.author, source.url),
        "; ".join(fields.at),
        fields.stance,
        fields.date,
        fields.says,
    )


def _event(row: Row, event: State | None, accounts: list[Account], catalogue: Catalogue) -> Event:
    assert event is not None
    fields: Fields = event.fields
    return Event(
        id=row["id"],
        title=fields.title,
        summary=fields.summary,
        kind=fields.kind,
        status=row["status"],
        date=fields.date,
        basis=fields.basis,
        levels={
            column: msgspec.json.decode(row[column], type=list[str])
            for column in catalogue.dimensions
        },
        formations=[catalogue.formations[name].name for name in fields.formations],
        people=[catalogue.people[name].name for name in fields.people],
        places=[_place(ref.place, ref.role, catalogue) for ref in fields.places],
        latitude=row["latitude"],
        longitude=row["longitude"],
        accounts=accounts,
        disputed=msgspec.json.decode(row["disputed"], type=list[str]),
        recorded_at=row["recorded_at"],
    )


def _place(name: str, role: str, catalogue: Catalogue) -> Place:
    place = catalogue.places[name]
    return Place(name, place.name, role, place.latitude, place.longitude)
