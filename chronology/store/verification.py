"""Verification of a log: its chain of digests, a published head, its schema and its file."""

from __future__ import annotations

import sqlite3

from chronology.model.errors import CorruptLog
from chronology.store import log
from chronology.store.database import LOG, TRIGGERS, normalise_sql
from chronology.store.log import CHUNK, FIELDS, GENESIS, Head, Progress


def verify(db: sqlite3.Connection, progress: Progress | None = None) -> Head:
    """Recomputes the chain of digests and returns the head of the log.

    Raises `CorruptLog` with the first position that has a gap, a version out of order, or a digest
    that does not follow. Records removed from the end are not detected: for these, compare the head
    with a published one (`check_contains`).
    """
    last, fault = _check_chain(db, progress)
    version_fault = _check_versions(db, last.position + 1)
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
    rows = db.execute(
        "SELECT stream, version, position FROM log ORDER BY stream, version, position"
    )
    try:
        for stream, version, position in rows:
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
            previous_stream, previous_version, previous_position = stream, version, position
    except sqlite3.DatabaseError as error:
        return None if until <= log.head(db).position else f"the streams cannot be read: {error}"
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


def file_faults(db: sqlite3.Connection) -> list[str]:
    """The faults that SQLite finds in the pages and the indexes of the file."""
    try:
        messages = [text for (text,) in db.execute("PRAGMA integrity_check(10)")]
    except sqlite3.DatabaseError as error:
        return [f"the file is damaged: {error}"]
    return [f"the file is damaged: {text}" for text in messages if text != "ok"]


def schema_faults(db: sqlite3.Connection) -> list[str]:
    """The differences between the schema of the log in the file and in this program."""
    stored = dict(
        db.execute(
            "SELECT name, sql FROM sqlite_master"
            " WHERE tbl_name = 'log' AND type IN ('table', 'trigger')"
        )
    )
    definitions = {"log": LOG, **TRIGGERS}
    differences = [f"{name} was added to the schema" for name in stored if name not in definitions]
    for name, sql in definitions.items():
        if name not in stored:
            differences.append(f"{name} is missing from the schema")
        elif normalise_sql(stored[name]) != normalise_sql(sql):
            differences.append(f"{name} was changed in the schema")
    return differences
