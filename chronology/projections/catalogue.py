"""Fold streams into the states of subjects, and hold those of the catalogue in memory.

The catalogue is every subject but events and accounts, which are too many.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import Any, Generic, NamedTuple, TypeVar, cast

import msgspec

from chronology.model import as_written, records, stored_data
from chronology.model.edtf import Date
from chronology.model.fields import Medium
from chronology.model.records import Account, Event, Formation, Person, Place, Source, Tag
from chronology.model.vocabulary import Chronology, Layout
from chronology.store.log import FIELDS, Entry

T = TypeVar("T")
Dated = TypeVar("Dated", Event, Account)
UNREADABLE = (msgspec.MsgspecError, AttributeError, TypeError, ValueError, RecursionError)
"""The errors of reading the data of a record that ingesting would have refused."""
CATALOGUED = ("chronology", "source", "place", "person", "formation", "tag")


class State(NamedTuple):
    """The fields of a subject, and the last record that changed it."""

    fields: Any
    version: int
    position: int
    recorded_at: str


def split_stream(stream: str) -> tuple[str, str]:
    """Splits a stream such as `event/nis-falls` into its subject and its id."""
    subject, _, name = stream.partition("/")
    return subject, name


def next_state(state: State | None, entry: Entry) -> State | None:
    """The state after one more record; None if it retracts the subject.

    A record that cannot be read changes nothing. Only a forged file has one; `verify` names it.
    """
    kind = records.SUBJECTS[split_stream(entry.stream)[0]]
    action = entry.type.partition(".")[2]
    try:
        if action == "recorded":
            fields = stored_data.read_json(kind, entry.data)
        elif action == "corrected" and state is not None:
            change = msgspec.json.decode(entry.data)
            fields = stored_data.read(kind, stored_data.amend(state.fields, change))
        else:
            return None
    except UNREADABLE:
        return state
    has_point = isinstance(fields, (Place, Event))
    if has_point and (fields.latitude is None) != (fields.longitude is None):
        fields.latitude = fields.longitude = None  # Half a point is none.
    return State(fields, entry.version, entry.position, entry.recorded_at)


def read_text(data: str, key: str) -> str | None:
    """One text in the stored JSON of a record; None if there is none."""
    try:
        value = msgspec.json.decode(data)[key]
    except (*UNREADABLE, LookupError):
        return None
    return value if isinstance(value, str) else None


def files_named(data: str) -> list[str]:
    """The files of media that the stored JSON of a record names."""
    try:
        return [medium.file for medium in _decode_media(data).media if medium.file]
    except UNREADABLE:
        return []


class _Media(msgspec.Struct):
    media: list[Medium] = []


class _RecordMedia(_Media):
    """The media of a record, or of the `set` of a correction."""

    set: _Media = msgspec.field(default_factory=_Media)


def _decode_media(data: str) -> _Media:
    record = _decode_record_media(data)
    return record if record.media else record.set


_decode_record_media = msgspec.json.Decoder(_RecordMedia).decode


def fold_stream(entries: Iterable[Entry]) -> State | None:
    """The state after all records of a stream."""
    state: State | None = None
    for entry in entries:
        state = next_state(state, entry)
    return state


def read_states(
    db: sqlite3.Connection, subject: str, names: Iterable[str], until: int
) -> dict[str, tuple[State | None, int]]:
    """The state of each stream as of a position (None: retracted), and its first position."""
    streams = [f"{subject}/{name}" for name in names]
    rows = db.execute(
        f"SELECT {FIELDS} FROM json_each(?) CROSS JOIN log ON stream = value"
        " WHERE log.position <= ? ORDER BY key, log.version",
        (json.dumps(streams), until),
    )
    states = {}
    for stream, group in groupby(map(Entry._make, rows), key=lambda entry: entry.stream):
        states[split_stream(stream)[1]] = _fold_with_start(group)
    return states


def _fold_with_start(entries: Iterator[Entry]) -> tuple[State | None, int]:
    """The state after all records of a stream, of which only one is in memory, and its start."""
    first = next(entries)
    return fold_stream(chain([first], entries)), first.position


@dataclass(slots=True)
class Members(Generic[T]):
    """The live members of one subject by id, and their ids by name."""

    states: dict[str, State] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> T:
        fields: T = self.states[name].fields
        return fields

    def __contains__(self, name: object) -> bool:
        return name in self.states

    def items(self) -> Iterable[tuple[str, T]]:
        return ((name, state.fields) for name, state in self.states.items())

    def put(self, name: str, state: State | None) -> None:
        before = self.states.pop(name, None)
        if before is not None and self.by_name.get(_label(before)) == name:
            del self.by_name[_label(before)]
        if state is not None:
            self.states[name] = state
            self.by_name.setdefault(_label(state), name)


def _label(state: State) -> str:
    return label(state.fields)


def label(fields: Any) -> str:
    """The name of a subject, for a tag within its dimension; the title of a chronology."""
    if isinstance(fields, Chronology):
        return fields.title
    name: str = fields.name
    return f"{fields.dimension}/{name}" if isinstance(fields, Tag) else name


class Catalogue:
    """The chronology's own record, and all its sources, places, people, formations and tags.

    `layout` replaces that of the chronology.
    """

    def __init__(self, layout: Layout | None = None) -> None:
        self._layout = layout
        self.chronologies: Members[Chronology] = Members()
        self.sources: Members[Source] = Members()
        self.places: Members[Place] = Members()
        self.people: Members[Person] = Members()
        self.formations: Members[Formation] = Members()
        self.tags: Members[Tag] = Members()
        self._members: dict[str, Members[Any]] = {
            "chronology": self.chronologies,
            "source": self.sources,
            "place": self.places,
            "person": self.people,
            "formation": self.formations,
            "tag": self.tags,
        }

    @property
    def chronology(self) -> Chronology | None:
        state = next(iter(self.chronologies.states.values()), None)
        return cast(Chronology, state.fields) if state else None

    @property
    def layout(self) -> Layout:
        """The columns of `events` that the chronology declares: dimensions and quantities."""
        if self._layout is not None:
            return self._layout
        return self.chronology.layout if self.chronology else Layout()

    def resolved(self, fields: Dated) -> Dated:
        """An event or an account with its date in the Gregorian calendar; raises DateError.

        If the date was written in another way, that is its `as_written`, unless it has one.
        """
        date, calendar = fields.date, fields.calendar
        if date is None or (calendar is None and isinstance(date, Date)):
            return fields
        zero = self.chronology.zero if self.chronology else None
        return msgspec.structs.replace(
            fields,
            date=as_written.resolve(date.text, calendar, zero),
            calendar=None,
            as_written=fields.as_written or as_written.in_words(date.text, calendar),
        )

    def members(self, subject: str) -> Members[Any]:
        return self._members[subject]

    def apply(self, entry: Entry) -> None:
        """Applies one record; those of events, accounts and batches change nothing."""
        subject, name = split_stream(entry.stream)
        if subject in self._members:
            members = self._members[subject]
            members.put(name, next_state(members.states.get(name), entry))

    def ancestors(self, place: str) -> list[str]:
        """A place and all places that it lies within, from the inside out."""
        chain: dict[str, None] = {}
        current: str | None = place
        while current is not None and current in self.places and current not in chain:
            chain[current] = None
            current = self.places[current].within
        return list(chain)


def catalogue_entries(db: sqlite3.Connection, first: int, last: int) -> Iterator[Entry]:
    """The catalogue's records between two positions, in order; time O(records of the catalogue)."""
    rows = db.execute(
        f"SELECT {FIELDS} FROM log WHERE ({_OF_CATALOGUE}) AND +position BETWEEN ? AND ?"
        " ORDER BY +position",
        (first, last),
    )
    return map(Entry._make, rows)


_OF_CATALOGUE = " OR ".join(f"(stream > '{name}/' AND stream < '{name}0')" for name in CATALOGUED)


_BYTES_PER_TEXT = 60
"""The memory that a text, or the name of a field, takes beside its characters."""


def size_in_memory(data: str) -> int:
    """The bytes of memory that the fields of a record take, about."""
    return len(data) + _BYTES_PER_TEXT // 2 * data.count('"')


def catalogue_size(db: sqlite3.Connection) -> tuple[int, int]:
    """The number of the catalogue's records in the log, and the memory that they take, about."""
    texts = """length(data) - length(replace(data, '"', ''))"""
    size = f"length(data) + {_BYTES_PER_TEXT // 2} * ({texts})"
    sql = f"SELECT count(*), coalesce(sum({size}), 0) FROM log WHERE {_OF_CATALOGUE}"
    total: tuple[int, int] = db.execute(sql).fetchone()
    return total


def load_catalogue(
    db: sqlite3.Connection, until: int | None = None, subjects: Iterable[str] = CATALOGUED
) -> Catalogue:
    """The catalogue as of a position (default: the head); time O(records of the subjects)."""
    catalogue = Catalogue()
    top = 2**63 - 1 if until is None else until
    for subject in subjects:
        rows = db.execute(
            f"SELECT {FIELDS} FROM log WHERE stream > ? AND stream < ? AND position <= ?"
            " ORDER BY stream, version",
            (f"{subject}/", f"{subject}0", top),
        )
        for row in rows:
            catalogue.apply(Entry._make(row))
    return catalogue
