"""Notices when the file of a chronology was replaced, truncated, restored or deleted.

Every request compares the identity of the file with the last one: no thread runs in between. A
writer that appends keeps the file and the head of the log. Anything else is another file: the
database of Datasette is then replaced, with its connections, and with all that is remembered of it.
Requests that run keep the old one, so that no download mixes two files.
"""

from __future__ import annotations

import asyncio
import sqlite3
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from weakref import WeakKeyDictionary, finalize

from datasette import database as datasette_database

from chronology.web.datasette_compat import Datasette

_UNDECIDED = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
)
"""The errors while a writer commits, or after one was killed."""
_UNAVAILABLE = _UNDECIDED | {
    *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR),
}

_MAX_CAUSES = 20
_numbers = count()


class _Identity(NamedTuple):
    device: int
    inode: int
    size: int
    modified_ns: int


class _File:
    """The file of one database: its identity, the head of its log, whether it can be read."""

    def __init__(self) -> None:
        self.identity: _Identity | None = None
        self.head: tuple[int, str] | None = None
        self.is_readable = True
        self.has_failed = False


class Files:
    """The files of the chronologies of a Datasette."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}
        self.reopened = 0

    def unreadable(self) -> list[str]:
        """The names of the databases whose file is missing or is no chronology."""
        return [name for name, file in self._files.items() if not file.is_readable]

    def note(self, error: BaseException) -> None:
        """Has the databases opened again at the next check, unless an error passes by itself."""
        if _code(error) not in _UNDECIDED:
            for file in self._files.values():
                file.has_failed = True

    def check(self, datasette: Datasette, name: str, database: Any) -> None:
        """Compares the file of a database with the last check, and reopens it if it is another."""
        file = self._files.setdefault(name, _File())
        try:
            status = Path(database.path).stat()
        except OSError:
            file.identity, file.is_readable = None, False
            return
        identity = _Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        if identity == file.identity and not file.has_failed:
            return
        try:
            head, has_last = _heads(database.path, file.head)
        except sqlite3.DatabaseError as error:
            if _code(error) not in _UNDECIDED:
                file.is_readable = False
            return
        before, file.identity = file.identity, identity
        is_same = before is not None and before[:2] == identity[:2] and has_last
        if file.head is not None and (not is_same or file.has_failed or not file.is_readable):
            _reopen(datasette, name, database)
            self.reopened += 1
        file.head, file.is_readable, file.has_failed = head, True, False


_all: WeakKeyDictionary[Any, Files] = WeakKeyDictionary()


def of(datasette: Datasette) -> Files:
    """The files of a Datasette."""
    return _all.setdefault(datasette, Files())


def is_unavailable(error: BaseException) -> bool:
    """Whether an error, or one behind it, means that the file cannot be read at the moment."""
    return _code(error) in _UNAVAILABLE


def _code(error: BaseException | None) -> int:
    """The code of SQLite, without its extension, of an error or of one behind it; 0 if none."""
    for _ in range(_MAX_CAUSES):
        if error is None:
            break
        if code := getattr(error, "sqlite_errorcode", 0) & 0xFF:
            return code
        error = error.__cause__ or error.__context__
    return 0


def _heads(path: str, last: tuple[int, str] | None) -> tuple[tuple[int, str], bool]:
    """The head of the log of a file, and whether the log contains the last head."""
    db = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=0)
    try:
        head = db.execute(
            "SELECT position, digest FROM log ORDER BY position DESC LIMIT 1"
        ).fetchone() or (0, "")
        if last is None or last[0] == 0:
            return head, True
        row = db.execute("SELECT digest FROM log WHERE position = ?", last[:1]).fetchone()
        return head, row == last[1:]
    finally:
        db.close()


class _Database(datasette_database.Database):
    """A database whose connections no thread takes for those of the file before.

    Datasette 0.65 finds the connection of a thread by the name of the database.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name_of_connections = f"chronology {next(_numbers)}"

    async def execute_fn(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        if self.ds.executor is None or hasattr(self, "_thread_local_id"):
            return await super().execute_fn(fn, *args, **kwargs)
        name = self._name_of_connections

        def in_thread() -> Any:
            connection = getattr(datasette_database.connections, name, None)
            if connection is None:
                connection = self.connect()
                self.ds._prepare_connection(connection, self.name)
                setattr(datasette_database.connections, name, connection)
            return fn(connection)

        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.ds.executor, in_thread)


def _reopen(datasette: Datasette, name: str, old: Any) -> None:
    """Replaces a database by a new one; the connections of the old one close after its last use."""
    new = _Database(datasette, path=old.path, is_mutable=old.is_mutable)
    new.name, new.route = old.name, old.route
    if hasattr(old, "mode"):
        new.mode = old.mode
    datasette.databases = {**datasette.databases, name: new}
    connections = old.__dict__.get("_all_connections", old.__dict__.get("_all_file_connections"))
    vars(old).pop("execute", None)
    if warming := vars(old).pop("warming", None):
        warming.cancel()
    finalize(old, _close, connections)


def _close(connections: list[sqlite3.Connection]) -> None:
    for connection in connections:
        connection.close()
