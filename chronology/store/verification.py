"""Verifying a log: its chain of digests, a published head, the pages and the schema of the file."""

from __future__ import annotations

import sqlite3

from chronology.model.errors import CorruptLog
from chronology.store import log
from chronology.store.database import LOG, TRIGGERS, normalised
from chronology.store.log import CHUNK, FIELDS, GENESIS, Head, Progress


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
            if log.digest(digest, *fields) != stored:
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
        return None if until <= log.head(db).position else f"the streams cannot be read: {error}"
    return wrong[1] if wrong else None


def _first_unreadable(db: sqlite3.Connection, last: int) -> int:
    """The position after one that was read at which reading fails; the cursor may be one ahead."""
    try:
        readable = next(log.read(db, last, last + 1), None)
    except sqlite3.DatabaseError:
        return last + 1
    return last + 2 if readable else last + 1


def check_contains(db: sqlite3.Connection, state: Head) -> None:
    """Raises `CorruptLog` unless a head that was known before is part of this log."""
    if state == Head(0, GENESIS):
        return
    found = next(log.read(db, state.position - 1, state.position), None)
    if found is None:
        raise CorruptLog(
            f"the log ends at position {log.head(db).position} and does not reach {state.position}:"
            " records were cut off, or this is another log"
        )
    if found.digest != state.digest:
        raise CorruptLog(
            f"position {state.position} has another digest than the one given: this log was"
            " written anew, or is another log"
        )


def file_faults(db: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the file: pages, and indexes that differ from their tables."""
    try:
        found = [text for (text,) in db.execute("PRAGMA integrity_check(10)")]
    except sqlite3.DatabaseError as error:
        return [f"the file is damaged: {error}"]
    return [f"the file is damaged: {text}" for text in found if text != "ok"]


def schema_faults(db: sqlite3.Connection) -> list[str]:
    """What differs between the stored definition of the log and its triggers and the source."""
    stored = dict(
        db.execute(
            "SELECT name, sql FROM sqlite_master"
            " WHERE tbl_name = 'log' AND type IN ('table', 'trigger')"
        )
    )
    wanted = {"log": LOG, **TRIGGERS}
    differences = [f"{name} was added to the schema" for name in stored if name not in wanted]
    for name, sql in wanted.items():
        if name not in stored:
            differences.append(f"{name} is missing from the schema")
        elif normalised(stored[name]) != normalised(sql):
            differences.append(f"{name} was changed in the schema")
    return differences
