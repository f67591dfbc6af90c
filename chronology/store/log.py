"""The log: appending records in order, and reading them.

The digest of a record is the SHA-256 of the previous digest and the fields of the record, joined by
newlines. So the digest at the head identifies the whole log.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from itertools import islice
from typing import NamedTuple

from chronology.model.errors import RecordConflict, WrongExpectedVersion
from chronology.model.records import Record

GENESIS = "0" * 64
CHUNK = 1_000
Progress = Callable[[int], None]
FIELDS = (
    "log.position, log.record_id, log.stream, log.version, log.type,"
    " log.recorded_at, log.batch, log.data, log.digest"
)


class Expected(Enum):
    """The expectations of a stream, other than an exact version."""

    ANY = "any version"
    NO_STREAM = "no record"
    STREAM_EXISTS = "at least one record"


class Head(NamedTuple):
    """The last position and its digest."""

    position: int
    digest: str


class Entry(NamedTuple):
    """A stored record."""

    position: int
    record_id: str
    stream: str
    version: int
    type: str
    recorded_at: str
    batch: str
    data: str
    digest: str


@dataclass(frozen=True, slots=True)
class _StoredRecord:
    position: int
    content: tuple[str, ...]
    """All fields but the id."""


def head(db: sqlite3.Connection) -> Head:
    """The head of the log; position 0 and 64 zeros when it is empty."""
    row = db.execute("SELECT position, digest FROM log ORDER BY position DESC LIMIT 1").fetchone()
    return Head(*row) if row else Head(0, GENESIS)


def read(db: sqlite3.Connection, after: int = 0, until: int | None = None) -> Iterator[Entry]:
    """The records after one position, up to and including another, in order."""
    last = 2**63 - 1 if until is None else until
    rows = db.execute(
        f"SELECT {FIELDS} FROM log WHERE position > ? AND position <= ? ORDER BY position",
        (after, last),
    )
    return map(Entry._make, rows)


def stream(db: sqlite3.Connection, name: str, until: int | None = None) -> Iterator[Entry]:
    """The records of a stream in order of version, up to and including a position."""
    last = 2**63 - 1 if until is None else until
    rows = db.execute(
        f"SELECT {FIELDS} FROM log WHERE stream = ? AND position <= ? ORDER BY version",
        (name, last),
    )
    return map(Entry._make, rows)


def versions(db: sqlite3.Connection, streams: Iterable[str]) -> dict[str, int]:
    """The current version of each stream; 0 for a stream without records."""
    names = list(streams)
    rows = db.execute(
        "SELECT value, (SELECT max(version) FROM log WHERE stream = value) FROM json_each(?)",
        (json.dumps(names),),
    )
    return {name: version or 0 for name, version in rows}


VersionedRecord = tuple[str, str, int, str, str, str, str]
"""The fields of an `Entry` between its position and its digest."""


class Latest(NamedTuple):
    """The version and the type of a stream's last record."""

    version: int
    type: str


def latest(db: sqlite3.Connection, streams: Iterable[str]) -> dict[str, Latest]:
    """The last record of each stream; streams without records are left out."""
    rows = db.execute(
        "SELECT value, log.version, log.type FROM json_each(?) JOIN log ON position ="
        " (SELECT position FROM log WHERE stream = value ORDER BY version DESC LIMIT 1)",
        (json.dumps(list(streams)),),
    )
    return {name: Latest(version, kind) for name, version, kind in rows}


def digest(
    previous: str,
    position: int,
    record_id: str,
    stream: str,
    version: int,
    kind: str,
    recorded_at: str,
    batch: str,
    data: str,
) -> str:
    """The digest of a record that follows the digest `previous`."""
    fields = f"{record_id}\n{stream}\n{version}\n{kind}\n{recorded_at}\n{batch}\n{data}"
    return sha256(f"{previous}\n{position}\n{fields}".encode()).hexdigest()


def digest_of(previous: str, position: int, record: Record, version: int) -> str:
    """The digest of a record that is not stored yet."""
    record_id, stream, *fields = record
    return digest(previous, position, record_id, stream, version, *fields)


def continues(last: Head, entry: Entry) -> bool:
    """Whether the digest of an entry follows from `last` and from its own fields."""
    try:
        return entry.digest == digest(last.digest, *entry[:-1])
    except UnicodeEncodeError:
        return False  # A field contains a lone surrogate.


def append(
    db: sqlite3.Connection,
    records: Iterable[Record],
    expected_version: Expected | int = Expected.ANY,
) -> Head:
    """Appends records after the head, inside the caller's transaction, and returns the new head.

    Every stream must be at `expected_version` before its first record of this call; otherwise this
    raises `WrongExpectedVersion`. A record that is in the log already is skipped (a retry). If its
    content differs, this raises `RecordConflict`.
    """
    last = head(db)
    checked: set[str] = set()
    source = iter(records)
    while chunk := list(islice(source, CHUNK)):
        stored = _stored_records(db, chunk)
        current = versions(db, {record.stream for record in chunk})
        new: list[VersionedRecord] = []
        for record in chunk:
            if _is_retry(record, stored):
                continue
            if record.stream not in checked:
                _check_version(record.stream, expected_version, current[record.stream])
                checked.add(record.stream)
            version = current[record.stream] = current[record.stream] + 1
            new.append((*record[:2], version, *record[2:]))
            stored[record.record_id] = _StoredRecord(last.position + len(new), record[1:])
        last = append_new(db, last, new)
    return last


def append_new(db: sqlite3.Connection, last: Head, records: Iterable[VersionedRecord]) -> Head:
    """Appends records after the head `last`, and returns the new head.

    The caller checks that they are new. SQLite refuses records that are not.
    """
    position, previous = last
    rows = []
    for record in records:
        record_id, stream, _, kind, recorded_at, batch, _ = record
        if "\n" in f"{record_id}{stream}{kind}{recorded_at}{batch}":
            raise ValueError(f"{record_id!r}: a field before data contains a line break")
        position += 1
        previous = digest(previous, position, *record)
        rows.append((position, *record, previous))
    db.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return Head(position, previous)


def _stored_records(db: sqlite3.Connection, chunk: list[Record]) -> dict[str, _StoredRecord]:
    rows = db.execute(
        "SELECT record_id, position, stream, type, recorded_at, batch, data FROM log"
        " WHERE record_id IN (SELECT value FROM json_each(?))",
        (json.dumps([record.record_id for record in chunk]),),
    )
    return {row[0]: _StoredRecord(row[1], tuple(row[2:])) for row in rows}


def _is_retry(record: Record, stored: dict[str, _StoredRecord]) -> bool:
    earlier = stored.get(record.record_id)
    if earlier is None:
        return False
    if earlier.content != record[1:]:
        raise RecordConflict(record.record_id, earlier.position)
    return True


def _check_version(stream_name: str, expected: Expected | int, actual: int) -> None:
    is_met = {
        Expected.ANY: True,
        Expected.NO_STREAM: actual == 0,
        Expected.STREAM_EXISTS: actual > 0,
    }
    if not is_met.get(expected, expected == actual):  # type: ignore[arg-type]
        version = expected.value if isinstance(expected, Expected) else expected
        raise WrongExpectedVersion(stream_name, version, actual)


def as_record(entry: Entry) -> Record:
    """The record of a stored entry."""
    return Record(
        entry.record_id, entry.stream, entry.type, entry.recorded_at, entry.batch, entry.data
    )
