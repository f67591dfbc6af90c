"""Projections: the published tables, all of whose rows follow from the log.

`catch_up` folds the records after the tracked position, batch by batch; `rebuild` folds the whole
log. Both leave the same rows. Rows change at the end of a batch.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Iterator
from functools import partial
from urllib.parse import quote

import msgspec

from chronology.model.errors import CorruptLog, DateError
from chronology.projections import comparison, tables
from chronology.projections.catalogue import Catalogue, load_catalogue
from chronology.projections.projector import BatchProjector, Progress
from chronology.projections.row_writer import BatchRange
from chronology.store import log
from chronology.store.database import CACHE_KB, LOG
from chronology.store.verification import (
    SchemaObject,
    file_faults,
    schema_differences,
    schema_objects,
    unreadable_tables,
)

__all__ = [
    "UNFIT",
    "Progress",
    "catch_up",
    "is_current",
    "is_outdated",
    "position",
    "rebuild",
    "verify",
]

UNFIT = (
    *(msgspec.MsgspecError, CorruptLog, DateError),
    *(LookupError, ValueError, TypeError, AttributeError, RecursionError, OverflowError),
)
"""The errors of folding records that ingesting would have refused."""


def position(db: sqlite3.Connection) -> int:
    """The position up to which the tables reflect the log, 0 if there are none."""
    tracked = tables.tracked(db)
    return tracked.position if tracked else 0


def is_current(db: sqlite3.Connection) -> bool:
    """Whether the tables reflect the whole log and were folded by this version of the code."""
    tracked, head = tables.tracked(db), log.head(db)
    if tracked is None:
        return head.position == 0
    return tracked == (head.position, tables.VERSION, head.digest)


def is_outdated(db: sqlite3.Connection) -> bool:
    """Whether another version of the code folded the tables."""
    tracked = tables.tracked(db)
    return tracked is not None and tracked.version != tables.VERSION


def catch_up(db: sqlite3.Connection, progress: Progress | None = None) -> None:
    """Brings the tables to the head of the log, in the caller's transaction."""
    tracked = tables.tracked(db)
    if tracked is None or tracked.version != tables.VERSION:
        return rebuild(db, progress)
    if _is_within_batch(db, tracked.position):
        return rebuild(db, progress)
    catalogue = load_catalogue(db, tracked.position)
    for batch in _batches(db, tracked.position):
        if not BatchProjector(db, catalogue, batch).run(progress):
            return rebuild(db, progress)
    return None


def rebuild(db: sqlite3.Connection, progress: Progress | None = None) -> None:
    """Drops all tables and folds the log from its first record, in the caller's transaction."""
    tables.drop(db)
    final = load_catalogue(db).chronology
    if final is None:
        return
    tables.create(db, final)
    # The columns follow the current declarations, also for past versions.
    catalogue = Catalogue(final.layout)
    for batch in _batches(db, 0):
        BatchProjector(db, catalogue, batch).run(progress)


def _is_within_batch(db: sqlite3.Connection, position: int) -> bool:
    """Whether only part of a batch was folded: a copy may receive a batch in two parts."""
    batches = [entry.batch for entry in log.read(db, position - 1, position + 1)]
    return len(batches) == 2 and batches[0] == batches[1]


def _batches(db: sqlite3.Connection, after: int) -> Iterator[BatchRange]:
    """The batches after a position; their records are contiguous, so bisection finds each end."""
    head = log.head(db).position
    sql = "SELECT position, batch, recorded_at FROM log WHERE position > ? ORDER BY 1 LIMIT 1"
    while row := db.execute(sql, (after,)).fetchone():
        first, batch, recorded_at = row
        is_over = partial(_is_after, db, batch)
        length = bisect_left(range(first, head + 1), True, key=is_over)
        after, _ = _record_at(db, first + length - 1)
        yield BatchRange(batch, first, after, recorded_at)


def _is_after(db: sqlite3.Connection, batch: str, position: int) -> bool:
    return _record_at(db, position)[1] != batch


def _record_at(db: sqlite3.Connection, position: int) -> tuple[int, str]:
    """The position of the last record up to a position, and its batch."""
    sql = "SELECT position, batch FROM log WHERE position <= ? ORDER BY position DESC LIMIT 1"
    row: tuple[int, str] = db.execute(sql, (position,)).fetchone()
    return row


def verify(db: sqlite3.Connection, progress: Progress | None = None) -> list[str]:
    """The differences between the tables and a fresh fold of the log; takes time O(log)."""
    # A database without a name is a temporary file: large logs do not fill the memory.
    fresh = sqlite3.connect("", uri=True, isolation_level=None)
    try:
        _attach_log(db, fresh)
        fresh.execute("BEGIN")
        rebuild(fresh, progress)
        schemas = _schemas(db), _schemas(fresh)
        faults, unreadable = schema_differences(*schemas), unreadable_tables(*schemas)
        if damage := [] if unreadable else file_faults(db):
            return faults + damage
        if not tables.exist(db) or not tables.exist(fresh):
            is_same = tables.exist(db) == tables.exist(fresh)
            return faults if is_same else ["the tables are missing"]
        return faults + comparison.differences(db, fresh, unreadable)
    except sqlite3.DatabaseError as error:
        return [f"the tables cannot be read: {error}"]
    except UNFIT as error:
        return [f"the log cannot be folded into tables: {error}"]
    finally:
        fresh.close()


def _schemas(db: sqlite3.Connection) -> list[SchemaObject]:
    """All objects but those of the log, whose schema `store.verification` checks."""
    return [one for one in schema_objects(db) if not one.is_of_log]


def _attach_log(db: sqlite3.Connection, fresh: sqlite3.Connection) -> None:
    """Makes the log of one database readable in another, which has no tables of its own."""
    fresh.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    fresh.execute("PRAGMA synchronous = OFF")
    (path,) = db.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()
    if path:
        fresh.execute("ATTACH ? AS stored", (f"file:{quote(path)}?mode=ro",))
    else:
        fresh.execute(LOG)
        rows = db.execute("SELECT * FROM log ORDER BY position")
        fresh.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
