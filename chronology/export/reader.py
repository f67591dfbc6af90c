"""Read the selected events of one state of the log in chunks.

A selection stores the numbers of the versions in `history` that were current in its state. Of a
version only its end changes, and records up to a position never change. So the chunks need no
common transaction, and a slow reader or a large selection does not block writers.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from chronology.export.attached import Attached, Relation
from chronology.export.edition import Account, Counts, Event, Name, Place, Quantity, Source, Tags
from chronology.index.selection import EventFilter
from chronology.model.records import Account as AccountRecord
from chronology.model.records import Event as EventRecord
from chronology.model.vocabulary import Chronology
from chronology.projections.catalogue import Catalogue, State, read_states
from chronology.store import log
from chronology.store.database import Row, fetch_rows, snapshot
from chronology.timeline import related_events
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
    """The versions that a filter selects, in order; takes eight bytes of memory for each."""
    where = f"WHERE {selected.sql}" if selected.sql else ""
    number = "number" if selected.table == "history" else _CURRENT_VERSION
    with snapshot(db):
        as_of = [] if selected.position is None else [str(selected.position)]
        timeline = TimelineAt(db, read_point(db, as_of))
        rows = db.execute(
            f"SELECT {number} FROM {selected.table} {where} ORDER BY {order}", selected.params
        )
        numbers = array("q", (number for (number,) in rows))
        counts = db.execute(
            f"SELECT {_COUNTS} FROM {selected.table} {where}", selected.params
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
_COUNTS = (
    "count(*), coalesce(sum(earliest IS NULL OR latest IS NULL), 0),"
    " coalesce(sum(latitude IS NULL), 0)"
)


def chunks(selection: SelectedVersions) -> Iterator[array[int]]:
    """The numbers of the selected versions in chunks, for `read`."""
    for start in range(0, len(selection.numbers), CHUNK):
        yield selection.numbers[start : start + CHUNK]


def read(db: sqlite3.Connection, selection: SelectedVersions, numbers: array[int]) -> list[Event]:
    """The events of some numbers of a selection."""
    rows = fetch_rows(
        db,
        "SELECT history.* FROM json_each(?) CROSS JOIN history ON history.number = value"
        " ORDER BY key",
        (json.dumps(numbers.tolist()),),
    )
    names = [row["id"] for row in rows]
    states = read_states(db, "event", names, selection.state.position)
    timeline = TimelineAt(db, selection.state)
    accounts = timeline.accounts(names)
    titles = related_events.titles(timeline, [s.fields for s, _ in states.values() if s])
    catalogue = selection.catalogue
    return [
        _event(
            row,
            states[row["id"]][0],
            [_account(name, state, catalogue) for name, state in accounts.get(row["id"], [])],
            catalogue,
            titles,
        )
        for row in rows
    ]


def _account(name: str, state: State, catalogue: Catalogue) -> Account:
    fields: AccountRecord = state.fields
    source = catalogue.sources[fields.source]
    return Account(
        name,
        Source(fields.source, source.name, source.author, source.url),
        "; ".join(fields.at),
        fields.stance,
        fields.when,
        fields.says,
    )


def _event(
    row: Row,
    state: State | None,
    accounts: list[Account],
    catalogue: Catalogue,
    titles: Mapping[str, str],
) -> Event:
    assert state is not None
    fields: EventRecord = catalogue.resolved(state.fields)
    chronology = catalogue.chronology
    return Event(
        id=row["id"],
        title=fields.title,
        summary=fields.summary,
        kind=fields.kind,
        status=row["status"],
        date=fields.when,
        as_written=fields.as_written,
        elapsed=row["elapsed"],
        basis=fields.basis,
        levels={
            column: msgspec.json.decode(row[column], type=list[str])
            for column, *_ in catalogue.layout.dimensions
            if column in row  # The columns are those of the newest dimensions.
        },
        formations=[catalogue.formations[name].name for name in fields.formations],
        people=[catalogue.people[name].name for name in fields.people],
        places=[_place(ref.place, ref.role, catalogue) for ref in fields.places],
        latitude=row["latitude"],
        longitude=row["longitude"],
        accounts=accounts,
        disputed=msgspec.json.decode(row["disputed"], type=list[str]),
        recorded_at=row["recorded_at"],
        names=[Name(other.name, other.language) for other in fields.names],
        tags=_tags(fields, catalogue),
        quantities=[
            Quantity(name, declared.label, declared.unit, fields.quantities[name])
            for name, declared in (chronology.quantities.items() if chronology else ())
            if name in fields.quantities
        ],
        importance=fields.importance,
        attached=_attached(fields, titles),
    )


def _attached(fields: EventRecord, titles: Mapping[str, str]) -> Attached:
    return Attached(
        fields.geometry,
        fields.point is not None,
        [
            Relation(r.relation, r.event, titles.get(r.event), related_events.address(r))
            for r in fields.related
        ],
        fields.links,
        fields.media,
    )


def _tags(fields: EventRecord, catalogue: Catalogue) -> list[Tags]:
    """The names of an event's tags by dimension, in the order of the dimensions."""
    dimensions = catalogue.chronology.free_dimensions if catalogue.chronology else {}
    tags = [catalogue.tags[tag] for tags in fields.tags.values() for tag in tags]
    named = {column: [tag.name for tag in tags if tag.dimension == column] for column in dimensions}
    return [Tags(dimensions[column].label, names) for column, names in named.items() if names]


def _place(name: str, role: str, catalogue: Catalogue) -> Place:
    place = catalogue.places[name]
    latitude, longitude = place.point or (None, None)
    return Place(name, place.name, role, latitude, longitude)
