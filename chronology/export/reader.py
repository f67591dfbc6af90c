"""The selected events of one state of the log, read in chunks: exact, however long it takes.

What is kept of the selection is the numbers of the rows of `history` that held at its state. Such
a row never changes but for its end, and neither do the records up to a position. So the chunks
need no common transaction, and neither a slow reader nor a large selection holds up a writer.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from chronology.export.edition import Account, Counts, Event, Place, Source
from chronology.index.selection import EventFilter
from chronology.model.records import Chronology
from chronology.model.records import Event as Fields
from chronology.projections.catalogue import Catalogue, State, read_states
from chronology.store import log
from chronology.store.database import Row, fetch_rows, snapshot
from chronology.timeline.as_of import ReadPoint, TimelineAt, read_point

CHUNK = 500


class SelectedVersions(NamedTuple):
    """Versions of events in order, the state in which they were current, and its catalogue."""

    numbers: array[int]
    counts: Counts
    state: ReadPoint
    identity: str
    catalogue: Catalogue

    @property
    def chronology(self) -> Chronology | None:
        return self.catalogue.chronology


def select(db: sqlite3.Connection, selected: EventFilter, order: str) -> SelectedVersions:
    """The versions that a filter selects, in order; eight bytes an event are held."""
    where = f"WHERE {selected.sql}" if selected.sql else ""
    number = "number" if selected.table == "history" else _CURRENT_VERSION
    with snapshot(db):
        given = [] if selected.position is None else [str(selected.position)]
        timeline = TimelineAt(db, read_point(db, given))
        rows = db.execute(
            f"SELECT {number} FROM {selected.table} {where} ORDER BY {order}", selected.params
        )
        numbers = array("q", (number for (number,) in rows))
        counts = db.execute(
            f"SELECT {_COUNTED} FROM {selected.table} {where}", selected.params
        ).fetchone()
        first = next(log.read(db, 0, 1), None)
        identity = first.digest if first else timeline.point.digest
        return SelectedVersions(
            numbers, Counts(*counts), timeline.point, identity, timeline.catalogue
        )


_CURRENT_VERSION = (
    "(SELECT history.number FROM history"
    " WHERE history.id = events.id AND history.until_position IS NULL)"
)
_COUNTED = (
    "count(*), coalesce(sum(earliest IS NULL OR latest IS NULL), 0),"
    " coalesce(sum(latitude IS NULL), 0)"
)


def chunks(selection: SelectedVersions) -> Iterator[array[int]]:
    """The numbers of the selected rows, some at a time, for `read`."""
    for start in range(0, len(selection.numbers), CHUNK):
        yield selection.numbers[start : start + CHUNK]


def read(db: sqlite3.Connection, selection: SelectedVersions, numbers: array[int]) -> list[Event]:
    """Some of the selected events."""
    held = fetch_rows(
        db,
        "SELECT history.* FROM json_each(?) CROSS JOIN history ON history.number = value"
        " ORDER BY key",
        (json.dumps(numbers.tolist()),),
    )
    names = [row["id"] for row in held]
    top = selection.state.position
    fields = read_states(db, "event", names, top)
    told = _accounts(db, names, selection)
    return [
        _event(row, fields[row["id"]][0], told.get(row["id"], []), selection.catalogue)
        for row in held
    ]


def _accounts(
    db: sqlite3.Connection, names: list[str], selection: SelectedVersions
) -> dict[str, list[Account]]:
    """The accounts that were each event's, in order of record."""
    found = read_states(
        db, "account", TimelineAt(db, selection.state).accounts_of(names), selection.state.position
    )
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
