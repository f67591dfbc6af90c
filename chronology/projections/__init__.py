"""Projections: every published table, folded from the log, and nothing that is not in it.

`catch_up` folds what the log holds beyond the tracked position, batch by batch; `rebuild` folds
all of it again. Both leave the same rows, whatever the way. Rows change at the end of a batch.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Iterator
from functools import partial
from urllib.parse import quote

import msgspec

from chronology.model.errors import CorruptLog, DateError
from chronology.projections import tables
from chronology.projections.catalogue import Catalogue, load_catalogue
from chronology.projections.projector import Fold, Progress
from chronology.projections.row_writer import BatchRange
from chronology.store import log
from chronology.store.database import CACHE_KB

__all__ = ["UNFIT", "Progress", "catch_up", "is_current", "position", "rebuild", "verify"]

UNFIT = (
    *(msgspec.MsgspecError, CorruptLog, DateError),
    *(LookupError, ValueError, TypeError, AttributeError, RecursionError, OverflowError),
)
"""What folding raises over records that ingesting would have refused."""


def position(db: sqlite3.Connection) -> int:
    """The position up to which the tables reflect the log, 0 if there are none."""
    found = tables.tracked(db)
    return found.position if found else 0


def is_current(db: sqlite3.Connection) -> bool:
    """Whether the tables reflect the whole log and are of this version of the code."""
    found, head = tables.tracked(db), log.head(db)
    if found is None:
        return head.position == 0
    return found == (head.position, tables.VERSION, head.digest)


def catch_up(db: sqlite3.Connection, progress: Progress | None = None) -> None:
    """Brings the tables to the head of the log, inside the caller's transaction."""
    found = tables.tracked(db)
    if found is None or found.version != tables.VERSION:
        return rebuild(db, progress)
    if _is_within_batch(db, found.position):
        return rebuild(db, progress)
    catalogue = load_catalogue(db, found.position)
    for batch in _batches(db, found.position):
        if not Fold(db, catalogue, batch).run(progress):
            return rebuild(db, progress)
    return None


def rebuild(db: sqlite3.Connection, progress: Progress | None = None) -> None:
    """Drops all tables and folds the log from the first record, in the caller's transaction."""
    tables.drop(db)
    final = load_catalogue(db).chronology
    if final is None:
        return
    tables.create(db, final)
    # Past states are published in today's columns.
    catalogue = Catalogue(final.dimensions)
    for batch in _batches(db, 0):
        Fold(db, catalogue, batch).run(progress)


def _is_within_batch(db: sqlite3.Connection, position: int) -> bool:
    """Whether a batch was folded in part: a copy may get its records in two goes."""
    found = [entry.batch for entry in log.read(db, position - 1, position + 1)]
    return len(found) == 2 and found[0] == found[1]


def _batches(db: sqlite3.Connection, after: int) -> Iterator[BatchRange]:
    """The batches after a position: each stands whole and by itself, so its end is searched for."""
    head = log.head(db).position
    sql = "SELECT position, batch, recorded_at FROM log WHERE position > ? ORDER BY 1 LIMIT 1"
    while found := db.execute(sql, (after,)).fetchone():
        first, batch, recorded_at = found
        is_over = partial(_is_after, db, batch)
        length = bisect_left(range(first, head + 1), True, key=is_over)
        after, _ = _at(db, first + length - 1)
        yield BatchRange(batch, first, after, recorded_at)


def _is_after(db: sqlite3.Connection, batch: str, position: int) -> bool:
    return _at(db, position)[1] != batch


def _at(db: sqlite3.Connection, position: int) -> tuple[int, str]:
    """The last record up to a position, and its batch."""
    sql = "SELECT position, batch FROM log WHERE position <= ? ORDER BY position DESC LIMIT 1"
    found: tuple[int, str] = db.execute(sql, (position,)).fetchone()
    return found


def verify(db: sqlite3.Connection, progress: Progress | None = None) -> list[str]:
    """How the tables differ from a fresh fold of the log; O(size of the log), on disk."""
    # A database without a name is a temporary file, in memory only as far as the cache goes.
    fresh = sqlite3.connect("", uri=True, isolation_level=None)
    try:
        _show_log(db, fresh)
        fresh.execute("BEGIN")
        rebuild(fresh, progress)
        if not tables.exist(db) or not tables.exist(fresh):
            return [] if tables.exist(db) == tables.exist(fresh) else ["the tables are missing"]
        return tables.differences(db, fresh)
    except sqlite3.DatabaseError as error:
        return [f"the tables cannot be read: {error}"]
    except UNFIT as error:
        return [f"the log cannot be folded into tables: {error}"]
    finally:
        fresh.close()


def _show_log(db: sqlite3.Connection, fresh: sqlite3.Connection) -> None:
    """Lets a database without tables read the log of another as if it were its own."""
    fresh.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    fresh.execute("PRAGMA synchronous = OFF")
    (path,) = db.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()
    if path:
        fresh.execute("ATTACH ? AS stored", (f"file:{quote(path)}?mode=ro",))
    else:
        db.backup(fresh)
