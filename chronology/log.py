"""The log: appending records in order, reading them, and proving that nothing was changed.

A record's digest is the SHA-256 of the previous digest and the record's own fields, joined by
newlines; so the digest at the head stands for the whole log up to there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from chronology import schema
from chronology.errors import CorruptLog, RecordConflict, WrongExpectedVersion
from chronology.records import Record

GENESIS = "0" * 64
CHUNK = 1_000
Progress = Callable[[int], None]
FIELDS = (
    "log.position, log.record_id, log.stream, log.version, log.type,"
    " log.recorded_at, log.batch, log.data, log.digest"
)


class Expected(Enum):
    """What a writer may expect of a stream besides an exact version."""

    ANY = "any version"
    NO_STREAM = "no record"
    STREAM_EXISTS = "at least one record"


class Head(NamedTuple):
    """The last position and its digest."""

    position: int
    digest: str


class Entry(NamedTuple):
    """A record as it is stored."""

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
class _Seen:
    position: int
    content: tuple[str, ...]
    """All but the id."""


def head(db: sqlite3.Connection) -> Head:
    """The head of the log; position 0 and 64 zeros when it is empty."""
    found = db.execute("SELECT position, digest FROM log ORDER BY position DESC LIMIT 1").fetchone()
    return Head(*found) if found else Head(0, GENESIS)


def read(db: sqlite3.Connection, after: int = 0, until: int | None = None) -> Iterator[Entry]:
    """The records after one position, up to and with another, in order."""
    top = 2**63 - 1 if until is None else until
    rows = db.execute(
        f"SELECT {FIELDS} FROM log WHERE position > ? AND position <= ? ORDER BY position",
        (after, top),
    )
    return map(Entry._make, rows)


def stream(db: sqlite3.Connection, name: str, until: int | None = None) -> Iterator[Entry]:
    """The records of one stream in order of version, up to and with a position."""
    top = 2**63 - 1 if until is None else until
    rows = db.execute(
        f"SELECT {FIELDS} FROM log WHERE stream = ? AND position <= ? ORDER BY version",
        (name, top),
    )
    return map(Entry._make, rows)


def versions(db: sqlite3.Connection, streams: Iterable[str]) -> dict[str, int]:
    """The current version of each stream; a stream without records has 0."""
    names = list(streams)
    found = db.execute(
        "SELECT value, (SELECT max(version) FROM log WHERE stream = value) FROM json_each(?)",
        (json.dumps(names),),
    )
    return {name: version or 0 for name, version in found}


Row = tuple[Any, ...]
"""An `Entry` as a plain tuple."""


class Latest(NamedTuple):
    """The version and the type of a stream's last record."""

    version: int
    type: str


def latest(db: sqlite3.Connection, streams: Iterable[str]) -> dict[str, Latest]:
    """The last record of each stream; streams without records are left out."""
    found = db.execute(
        "SELECT value, log.version, log.type FROM json_each(?) JOIN log ON position ="
        " (SELECT position FROM log WHERE stream = value ORDER BY version DESC LIMIT 1)",
        (json.dumps(list(streams)),),
    )
    return {name: Latest(version, kind) for name, version, kind in found}


def has_any(db: sqlite3.Connection, streams: Iterable[str]) -> bool:
    """Whether any of the streams has a record."""
    found = db.execute(
        "SELECT 1 FROM json_each(?) CROSS JOIN log ON stream = value LIMIT 1",
        (json.dumps(list(streams)),),
    )
    return found.fetchone() is not None


def digest_of(previous: str, position: int, record: Record, version: int) -> str:
    """The digest of a record at its place; O(length of its data)."""
    record_id, stream, kind, recorded_at, batch, data = record
    return _digest(previous, position, record_id, stream, version, kind, recorded_at, batch, data)


def _digest(
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
    fields = f"{record_id}\n{stream}\n{version}\n{kind}\n{recorded_at}\n{batch}\n{data}"
    return sha256(f"{previous}\n{position}\n{fields}".encode()).hexdigest()


def continues(last: Head, entry: Entry) -> bool:
    """Whether an entry's digest follows from the one before it, and from its own fields."""
    try:
        return entry.digest == _digest(last.digest, *entry[:-1])
    except UnicodeEncodeError:
        return False  # A field is no text.


def append(
    db: sqlite3.Connection,
    records: Iterable[Record],
    expected_version: Expected | int = Expected.ANY,
) -> Head:
    """Appends records after the head, inside the caller's transaction, and returns the new head.

    `expected_version` is what every stream must be at before its first record of this call.
    A record whose `record_id` is stored with the same content is passed over (a retry);
    with other content it raises `RecordConflict`. Raises `WrongExpectedVersion`.
    """
    last = head(db)
    checked: set[str] = set()
    source = iter(records)
    while chunk := list(islice(source, CHUNK)):
        seen = _seen(db, chunk)
        current = versions(db, {record.stream for record in chunk})
        new: list[tuple[Record, int]] = []
        for record in chunk:
            if _is_retry(record, seen):
                continue
            if record.stream not in checked:
                _expect(record.stream, expected_version, current[record.stream])
                checked.add(record.stream)
            version = current[record.stream] = current[record.stream] + 1
            new.append((record, version))
            seen[record.record_id] = _Seen(last.position + len(new), record[1:])
        last = append_new(db, last, new)
    return last


def append_new(db: sqlite3.Connection, last: Head, records: Sequence[tuple[Record, int]]) -> Head:
    """Appends records after the head `last`, each with its version, and returns the new head.

    Whoever calls it has seen that they are new; SQLite refuses those that are not.
    """
    rows = list(chained(last, records))
    append_rows(db, rows)
    return Head(rows[-1][0], rows[-1][-1]) if rows else last


def append_rows(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Appends rows that `chained` made for the head at which the log is."""
    db.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def chained(last: Head, records: Iterable[tuple[Record, int]]) -> Iterator[Row]:
    """The rows of records, each with its version, as they stand after a head."""
    position, digest = last
    for (record_id, stream, kind, recorded_at, batch, data), version in records:
        fields = f"{record_id}\n{stream}\n{version}\n{kind}\n{recorded_at}\n{batch}"
        if fields.count("\n") != 5:
            raise ValueError(f"{record_id!r}: a field before data holds a line break")
        position += 1
        # As in `_digest`, whose call would be the larger part.
        digest = sha256(f"{digest}\n{position}\n{fields}\n{data}".encode()).hexdigest()
        yield position, record_id, stream, version, kind, recorded_at, batch, data, digest


def _seen(db: sqlite3.Connection, chunk: list[Record]) -> dict[str, _Seen]:
    found = db.execute(
        "SELECT record_id, position, stream, type, recorded_at, batch, data FROM log"
        " WHERE record_id IN (SELECT value FROM json_each(?))",
        (json.dumps([record.record_id for record in chunk]),),
    )
    return {row[0]: _Seen(row[1], tuple(row[2:])) for row in found}


def _is_retry(record: Record, seen: dict[str, _Seen]) -> bool:
    found = seen.get(record.record_id)
    if found is None:
        return False
    if found.content != record[1:]:
        raise RecordConflict(record.record_id, found.position)
    return True


def _expect(stream_name: str, expected: Expected | int, actual: int) -> None:
    holds = {
        Expected.ANY: True,
        Expected.NO_STREAM: actual == 0,
        Expected.STREAM_EXISTS: actual > 0,
    }
    if not holds.get(expected, expected == actual):  # type: ignore[arg-type]
        wanted = expected.value if isinstance(expected, Expected) else expected
        raise WrongExpectedVersion(stream_name, wanted, actual)


def verify(db: sqlite3.Connection, progress: Progress | None = None) -> Head:
    """Recomputes the whole chain and returns its head; O(bytes of the log), in little memory.

    Raises `CorruptLog` naming the first position that is not what it has to be: a gap, a
    version out of order, a digest that does not follow. Says nothing of records that were cut
    off at the end: for that, compare the head with one that was published elsewhere.
    """
    last, fault = _check_chain(db, progress)
    early = _check_versions(db, last.position + 1)
    if early or fault:
        raise CorruptLog(early or fault)
    return last


def _check_chain(db: sqlite3.Connection, progress: Progress | None) -> tuple[Head, str | None]:
    """The last record that follows from all before it, and what is wrong with the next."""
    position, digest = 0, GENESIS
    try:
        for *fields, stored in db.execute(f"SELECT {FIELDS} FROM log ORDER BY position"):
            if fields[0] != position + 1:
                return Head(position, digest), f"position {position + 1} is missing from the log"
            if _digest(digest, *fields) != stored:
                return Head(position, digest), (
                    f"position {position + 1}: the digest does not follow from the record;"
                    " it or one before it was changed"
                )
            position, digest = position + 1, stored
            if progress and not position % CHUNK:
                progress(CHUNK)
    except (sqlite3.DatabaseError, UnicodeEncodeError) as error:
        unreadable = _first_unreadable(db, position)
        return Head(position, digest), f"position {unreadable} cannot be read: {error}"
    if progress:
        progress(position % CHUNK)
    return Head(position, digest), None


def _check_versions(db: sqlite3.Connection, until: int) -> str | None:
    """The first version that is out of order, up to and with a position."""
    wrong: tuple[int, str] | None = None
    name, reached, before = "", 0, 0
    rows = db.execute(
        "SELECT stream, version, position FROM log ORDER BY stream, version, position"
    )
    try:
        for stream, version, position in rows:
            due = reached + 1 if stream == name else 1
            in_order = version == due and (stream != name or position > before)
            if not in_order and position <= until and (wrong is None or position < wrong[0]):
                text = f"position {position}: {stream} has version {version} where {due} is due"
                wrong = (position, text)
            name, reached, before = stream, version, position
    except sqlite3.DatabaseError as error:
        return None if until <= head(db).position else f"the streams cannot be read: {error}"
    return wrong[1] if wrong else None


def _first_unreadable(db: sqlite3.Connection, last: int) -> int:
    """The position after one that was read at which reading fails; the cursor may be one ahead."""
    try:
        readable = next(read(db, last, last + 1), None)
    except sqlite3.DatabaseError:
        return last + 1
    return last + 2 if readable else last + 1


def verify_contains(db: sqlite3.Connection, state: Head) -> None:
    """Raises `CorruptLog` unless a head that was known before is part of this log."""
    if state == Head(0, GENESIS):
        return
    found = next(read(db, state.position - 1, state.position), None)
    if found is None:
        raise CorruptLog(
            f"the log ends at position {head(db).position} and does not reach {state.position}:"
            " records were cut off, or this is another log"
        )
    if found.digest != state.digest:
        raise CorruptLog(
            f"position {state.position} has another digest than the one given: this log was"
            " written anew, or is another log"
        )


def as_record(entry: Entry) -> Record:
    """The record that was appended as this entry."""
    return Record(
        entry.record_id, entry.stream, entry.type, entry.recorded_at, entry.batch, entry.data
    )


def verify_pages(db: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the file: pages, and indexes that differ from their tables."""
    try:
        found = [text for (text,) in db.execute("PRAGMA integrity_check(10)")]
    except sqlite3.DatabaseError as error:
        return [f"the file is damaged: {error}"]
    return [f"the file is damaged: {text}" for text in found if text != "ok"]


def verify_schema(db: sqlite3.Connection) -> list[str]:
    """What differs between the stored definition of the log and its triggers and the source."""
    stored = dict(
        db.execute(
            "SELECT name, sql FROM sqlite_master"
            " WHERE tbl_name = 'log' AND type IN ('table', 'trigger')"
        )
    )
    wanted = {"log": schema.LOG, **schema.TRIGGERS}
    differences = [f"{name} was added to the schema" for name in stored if name not in wanted]
    for name, sql in wanted.items():
        if name not in stored:
            differences.append(f"{name} is missing from the schema")
        elif schema.normalised(stored[name]) != schema.normalised(sql):
            differences.append(f"{name} was changed in the schema")
    return differences
