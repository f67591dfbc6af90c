"""Verification of a log: its chain of digests, a published head, its schema and its file."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

from chronology.model.errors import CorruptLog
from chronology.model.records import SUBJECTS, Batch, is_id
from chronology.model.stored_data import check_json
from chronology.model.timestamps import is_timestamp
from chronology.store import log
from chronology.store.database import APPLICATION_ID, LOG, LOG_FORMAT, TRIGGERS, normalise_sql
from chronology.store.log import CHUNK, FIELDS, GENESIS, Entry, Head, Progress


def verify(db: sqlite3.Connection, progress: Progress | None = None) -> Head:
    """Recomputes the chain of digests and returns the head of the log.

    Raises `CorruptLog` with the first position that has a gap, a version out of order, or a digest
    that does not follow. Records removed from the end are not detected: for these, compare the head
    with a published one (`check_contains`).
    """
    last, fault = _check_chain(db, progress)
    try:
        version_fault = _check_versions(db, last.position + 1)
    except sqlite3.DatabaseError as error:
        version_fault = None if fault else f"the streams cannot be read: {error}"
    if version_fault or fault:
        raise CorruptLog(version_fault or fault)
    return last


def _check_chain(db: sqlite3.Connection, progress: Progress | None) -> tuple[Head, str | None]:
    """The last record of the valid part of the chain, and the fault of the next one."""
    position, digest = 0, GENESIS
    try:
        for *fields, stored in db.execute(f"SELECT {FIELDS} FROM log ORDER BY position"):
            if fields[0] != position + 1:
                return Head(position, digest), f"position {position + 1} is missing from the log"
            if log.digest(digest, *fields) != stored:
                return Head(position, digest), (
                    f"position {position + 1}: the digest does not follow from the record;"
                    " this record or an earlier one was changed"
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
    """The first version that is out of order, up to and including a position."""
    first_fault: tuple[int, str] | None = None
    previous_stream, previous_version, previous_position = "", 0, 0
    # A forged table or index may contain a page any number of times.
    some = "SELECT stream, version, position FROM log ORDER BY position LIMIT ?"
    rows = db.execute(f"SELECT * FROM ({some}) ORDER BY stream, version, position", (until,))
    for stream, version, position in rows:
        if not isinstance(position, int):
            continue  # Where the schema was changed too; the chain ends there.
        is_same = stream == previous_stream
        expected = previous_version + 1 if is_same else 1
        in_order = version == expected and (not is_same or position > previous_position)
        is_first = first_fault is None or position < first_fault[0]
        if not in_order and position <= until and is_first:
            fault = f"where {expected} is due"
            if version == expected:
                fault = f"before version {previous_version}"
            text = f"position {position}: {stream} has version {version} {fault}"
            first_fault = (position, text)
        # Where the schema was changed too, a version may be of any type.
        number = version if isinstance(version, int) else expected
        previous_stream, previous_version, previous_position = stream, number, position
    return first_fault[1] if first_fault else None


def _first_unreadable(db: sqlite3.Connection, last: int) -> int:
    """The first unreadable position after `last`; a cursor may fail one record too early."""
    try:
        readable = next(log.read(db, last, last + 1), None)
    except sqlite3.DatabaseError:
        return last + 1
    return last + 2 if readable else last + 1


def check_contains(db: sqlite3.Connection, earlier: Head) -> None:
    """Raises `CorruptLog` unless an earlier head is part of this log."""
    if earlier == Head(0, GENESIS):
        return
    entry = next(log.read(db, earlier.position - 1, earlier.position), None)
    if entry is None:
        raise CorruptLog(
            f"the log ends at position {log.head(db).position} and does not reach"
            f" {earlier.position}: records were removed, or this is another log"
        )
    if entry.digest != earlier.digest:
        raise CorruptLog(
            f"the digest at position {earlier.position} differs from the given one: this log was"
            " rewritten, or is another log"
        )


def file_faults(db: sqlite3.Connection, part: Literal["log"] | None = None) -> list[str]:
    """The faults that SQLite finds in the pages and the indexes of the file, or of the log alone.

    SQLite computes the expressions of the schema meanwhile, so compare that first. In a file that
    passes, a query reads each page once; in a forged one, it may never end.
    """
    try:
        messages = [text for (text,) in db.execute(f"PRAGMA integrity_check({part or 10})")]
    except sqlite3.DatabaseError as error:
        return [f"the file is damaged: {error}"]
    # SQLite 3.44 and later check search indexes too, as `projections.comparison` does by itself.
    return [
        f"the file is damaged: {text}" for text in messages if text != "ok" and "FTS5" not in text
    ]


class SchemaObject(NamedTuple):
    """A table, index, trigger or view in a file; `sql` is empty for an automatic index."""

    type: str
    name: str
    table: str
    sql: str

    @property
    def is_of_log(self) -> bool:
        """Whether it is the table of the log or belongs to it; SQLite ignores the case of names."""
        return self.table.casefold() == "log" and self.type != "view"


def schema_objects(db: sqlite3.Connection) -> list[SchemaObject]:
    """All objects in the file of a database, with white space in their definitions normalised."""
    rows = db.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM main.sqlite_master")
    return [SchemaObject(kind, name, table, normalise_sql(sql)) for kind, name, table, sql in rows]


def schema_differences(
    stored: Iterable[SchemaObject], expected: Iterable[SchemaObject]
) -> list[str]:
    """A line for each object that was added, removed or changed."""
    stored_list, expected_set = list(stored), {*expected}
    names = {one.name for one in expected_set}
    repeated = {one.name for one, count in Counter(stored_list).items() if count > 1}
    lines = [
        f"{one.name} was added to the schema"
        for one in stored_list
        if one.name not in names or one.name in repeated
    ]
    for one in expected_set.difference(stored_list):
        is_there = any(other.name == one.name for other in stored_list)
        lines.append(f"{one.name} {'was changed in' if is_there else 'is missing from'} the schema")
    extra = {one for one in stored_list if one.name in names} - expected_set
    changed = {one.name for one in expected_set.difference(stored_list)}
    lines += [f"{one.name} was added to the schema" for one in extra if one.name not in changed]
    return sorted(lines)


def unreadable_tables(
    stored: Iterable[SchemaObject], expected: Iterable[SchemaObject]
) -> frozenset[str]:
    """The tables with a definition that is not ours: to read or check them may never end.

    Nothing in a trigger runs meanwhile.
    """
    added = {*stored} - {*expected}
    return frozenset(one.table.casefold() for one in added if one.type != "trigger")


def schema_faults(db: sqlite3.Connection) -> list[str]:
    """The differences between the schema of the log in the file and in this program."""
    return schema_differences(*_schemas_of_log(db)) + _header_faults(db)


def is_log_as_defined(db: sqlite3.Connection) -> bool:
    """Whether the table of the log and its indexes are defined as in this program."""
    return not unreadable_tables(*_schemas_of_log(db))


def is_log_generated(db: sqlite3.Connection) -> bool:
    """Whether a column of the log is computed when it is read, for as long as the file says."""
    sql = "SELECT 1 FROM pragma_table_xinfo('log') WHERE hidden LIMIT 1"
    return db.execute(sql).fetchone() is not None


def _schemas_of_log(db: sqlite3.Connection) -> tuple[list[SchemaObject], list[SchemaObject]]:
    """The objects of the log in the file, and in this program."""
    empty = sqlite3.connect(":memory:")
    try:
        for sql in (LOG, *TRIGGERS.values()):
            empty.execute(sql)
        expected = schema_objects(empty)
    finally:
        empty.close()
    return [one for one in schema_objects(db) if one.is_of_log], expected


def _header_faults(db: sqlite3.Connection) -> list[str]:
    """The values in the header of the file that are not those of a chronology."""
    expected = {"application_id": APPLICATION_ID, "user_version": LOG_FORMAT, "encoding": "UTF-8"}
    stored = {name: db.execute(f"PRAGMA main.{name}").fetchone()[0] for name in expected}
    return [
        f"{name} of the file is {stored[name]}, not {value}"
        for name, value in expected.items()
        if stored[name] != value
    ]


_MAX_FAULTS = 20
_TEXTS = [index for index, name in enumerate(Entry._fields) if name not in ("position", "version")]
_TYPE = re.compile(r"([a-z]+)\.(recorded|corrected|retracted)")
_RECORD_ID = re.compile(r"0|[1-9][0-9]{0,8}(?:/(?:move-)?[1-9][0-9]{0,8})?", re.ASCII)


def record_faults(db: sqlite3.Connection) -> list[str]:
    """The records that ingesting would have refused for themselves, the first of them by name."""
    lines: list[str] = []
    count = 0
    for entry in log.read(db):
        fault = _record_fault(entry)
        if fault:
            count += 1
            if count <= _MAX_FAULTS:
                lines.append(
                    f"position {entry.position}: {str(entry.stream)[:90]!r} is invalid: {fault}"
                )
    if count > _MAX_FAULTS:
        lines.append(f"{count - _MAX_FAULTS} more records are invalid")
    return lines


def _record_fault(entry: Entry) -> str | None:
    if not all(isinstance(entry[index], str) for index in _TEXTS):
        return "a value is not a text"
    subject, _, name = entry.stream.partition("/")
    kind = _TYPE.fullmatch(entry.type)
    batch, _, number = entry.record_id.partition("/")
    if not kind or kind[1] != subject or not (subject == "batch" or subject in SUBJECTS):
        return f"its type is {entry.type[:90]!r}"
    if not is_id(name) or not is_id(batch) or batch != entry.batch:
        return "an id is malformed"
    if not _RECORD_ID.fullmatch(number) or (number == "0") != (subject == "batch"):
        return f"its record_id is {entry.record_id[:90]!r}"
    if not is_timestamp(entry.recorded_at):
        return f"it was recorded at {entry.recorded_at[:90]!r}"
    try:
        check_json(SUBJECTS.get(subject, Batch), kind[2], entry.data)
    except (msgspec.MsgspecError, RecursionError) as error:
        return str(error)
    return None
