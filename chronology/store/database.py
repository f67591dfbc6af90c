"""The database file: connections, the table of the log with its triggers, and transactions.

The table of the log is a contract, because other programs read it. The tables of projections are
declared in `projections`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chronology.model.errors import ChronologyError, CorruptLog

APPLICATION_ID = 0x4348524E
"""`CHRN`, by which `file` and other tools recognise the database."""
LOG_FORMAT = 1
"""The format of the log, in `user_version`. Earlier formats can be read, later ones are refused."""
MIN_SQLITE = (3, 37, 0)
BUSY_TIMEOUT_S = 30.0
CACHE_KB = 48 << 10
"""The memory for uncommitted changes, enough for about 25,000 new events."""

LOG = """
CREATE TABLE log (
    position INTEGER PRIMARY KEY CHECK (position > 0),
    record_id TEXT NOT NULL UNIQUE,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    batch TEXT NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data)),
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    UNIQUE (stream, version)
) STRICT
"""

# REPLACE deletes conflicting rows without firing a DELETE trigger. So the insert trigger refuses
# every position, record_id and version that conflicts.
TRIGGERS = {
    "log_no_update": """
CREATE TRIGGER log_no_update BEFORE UPDATE ON log BEGIN
    SELECT RAISE(ABORT, 'the log is append-only: records are never updated');
END
""",
    "log_no_delete": """
CREATE TRIGGER log_no_delete BEFORE DELETE ON log BEGIN
    SELECT RAISE(ABORT, 'the log is append-only: records are never deleted');
END
""",
    "log_append_only": """
CREATE TRIGGER log_append_only BEFORE INSERT ON log
WHEN NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM log)
    OR NEW.version IS NOT (
        SELECT coalesce(max(version), 0) + 1 FROM log WHERE stream = NEW.stream)
    OR EXISTS (SELECT 1 FROM log WHERE record_id = NEW.record_id)
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only: only the next position and version are taken');
END
""",
}


_SCHEMA_STEPS = 1_000_000
"""The instructions in which SQLite reads the schema: enough for 100,000 tables and indexes."""


class SQLiteTooOld(ChronologyError):
    """The SQLite library of this Python cannot read the log."""


def require_sqlite() -> None:
    """Raises `SQLiteTooOld` unless SQLite knows STRICT tables; it would call the file malformed."""
    if sqlite3.sqlite_version_info < MIN_SQLITE:
        needed = ".".join(map(str, MIN_SQLITE))
        raise SQLiteTooOld(
            f"a chronology needs SQLite {needed} or later, and this Python has"
            f" {sqlite3.sqlite_version}; use a newer build of Python, or install a newer SQLite"
        )


def connect(path: str | Path, *, write: bool = False) -> sqlite3.Connection:
    """The database at `path`: read-only, or writable and created with an empty log if missing.

    Rows are plain tuples; transactions are explicit (`transaction`).
    Raises `CorruptLog` if the file is not a chronology or has a later format.
    """
    require_sqlite()
    try:
        if not write:
            recover(path)
        db = _open(path, "rwc" if write else "ro")
        with ExitStack() as unless_ready:
            unless_ready.callback(db.close)
            _read_schema(db, path)
            _prepare(db, path, write)
            unless_ready.pop_all()
    except sqlite3.DatabaseError as error:
        raise CorruptLog(f"{path} cannot be opened as a chronology: {error}") from error
    return db


def _open(path: str | Path, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(str(path))}?mode={mode}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S)


def recover(path: str | Path) -> None:
    """Rolls back the unfinished transaction of a writer that was killed.

    Until then, SQLite refuses read-only connections, which cannot roll it back themselves.
    """
    if Path(f"{path}-journal").exists() and os.access(path, os.W_OK):
        db = _open(path, "rw")
        try:
            _read_schema(db, path)
        finally:
            db.close()


def _read_schema(db: sqlite3.Connection, path: str | Path) -> None:
    """Makes SQLite read the schema, which a forged file may have repeat a page for ever."""
    db.set_progress_handler(lambda: True, _SCHEMA_STEPS)
    try:
        db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise CorruptLog(f"{path} has a list of tables that does not end") from error
        raise
    finally:
        db.set_progress_handler(None, 0)


def _prepare(db: sqlite3.Connection, path: str | Path, write: bool) -> None:
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "log" in tables:
        (log_format,) = db.execute("PRAGMA user_version").fetchone()
        if log_format > LOG_FORMAT:
            raise CorruptLog(f"{path} has log format {log_format}; upgrade this program to read it")
        # A table `log` of another program fails here.
        db.execute("SELECT position, record_id, stream, version, data, digest FROM log LIMIT 0")
    elif tables or not write:
        raise CorruptLog(f"{path} is not a chronology: it has no table 'log'")
    if not write:
        return
    # A commit waits for the disk, because the log is the only copy of the records.
    db.execute("PRAGMA synchronous = FULL")
    # Some builds of SQLite overwrite deleted data with zeros. Only projections are ever deleted,
    # and dropping the tables of a million events is six times as fast without.
    db.execute("PRAGMA secure_delete = OFF")
    # Changes stay in memory until the commit. If they need more than this, SQLite writes to the
    # file earlier, and locks readers out until the commit.
    db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    if not tables:
        db.execute("PRAGMA journal_mode = DELETE")
        create_log(db)


def create_log(db: sqlite3.Connection) -> None:
    """Creates the table of the log, unless another writer was first."""
    with transaction(db):
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'log'").fetchone():
            return
        db.execute(LOG)
        for trigger in TRIGGERS.values():
            db.execute(trigger)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {LOG_FORMAT}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """A write transaction; waits up to BUSY_TIMEOUT_S for another writer."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def snapshot(db: sqlite3.Connection) -> Iterator[None]:
    """A read transaction over several statements, or a part of the current transaction."""
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("ROLLBACK")


Row = dict[str, Any]


def fetch_rows(
    db: sqlite3.Connection, sql: str, params: Mapping[str, Any] | Sequence[Any] = ()
) -> list[Row]:
    """The rows of a query as dictionaries."""
    cursor = db.execute(sql, params)
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor]


def normalise_sql(sql: str) -> str:
    """SQL with single spaces, for comparing a stored definition with its source."""
    return " ".join(sql.split())
