"""Ids of events: from the key of a row, by which the same sheet finds them again, or the title."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator

from chronology.importing.conversion import Converted
from chronology.importing.map_file import ImportMap
from chronology.importing.names import folded
from chronology.importing.row_dates import RowFault
from chronology.importing.slugs import slug
from chronology.model import records


class EventIds:
    """Gives ids to rows, and remembers them in a temporary table."""

    def __init__(self, log: sqlite3.Connection, name: str, mapping: ImportMap) -> None:
        self.log = log
        self.name = name
        self.key = mapping.key
        self.has_ids = bool(mapping.of("id"))
        # Without a name it is a temporary file, in memory as long as it is small.
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID")
        self._seen.execute("BEGIN")

    def close(self) -> None:
        self._seen.close()

    def get(self, row: Converted) -> str:
        """The id of the event of a row; raises `RowFault` for an empty or repeated key."""
        if not self.key:
            return self._free(slug(row.event["title"], "event"), row.row)
        columns = ", ".join(self.key)
        if not row.key.strip():
            raise RowFault(columns, "", "the key is empty", "fill it in, or name another key")
        if self.has_ids and not records.is_id(row.key):
            raise RowFault(columns, row.key, "it is not an id", "write small letters and hyphens")
        found = self._live(row.key if self.has_ids else key_id(self.name, row.key))
        if self.is_seen(found):
            (first,) = self._seen.execute("SELECT row FROM seen WHERE id = ?", (found,)).fetchone()
            reason = "the key is in an earlier row too"
            remedy = f"make it unique (it is also in row {first}), or name more columns under 'key'"
            raise RowFault(columns, row.key, reason, remedy)
        self._remember(found, row.row)
        return found

    def is_seen(self, event: str) -> bool:
        found = self._seen.execute("SELECT 1 FROM seen WHERE id = ?", (event,)).fetchone()
        return found is not None

    def _remember(self, event: str, row: int) -> None:
        self._seen.execute("INSERT INTO seen VALUES (?, ?)", (event, row))

    def _free(self, base: str, row: int) -> str:
        for event in _numbered(base):
            if not self.is_seen(event) and not self._is_used(event):
                self._remember(event, row)
                return event
        raise AssertionError

    def _live(self, base: str) -> str:
        """The first id of a series that was never retracted."""
        return next(e for e in _numbered(base) if self.last_type(e) != "event.retracted")

    def _is_used(self, event: str) -> bool:
        """Whether the log has an event or an account of this id; both get the same."""
        sql = "SELECT 1 FROM log WHERE stream IN (?, ?) LIMIT 1"
        streams = (f"event/{event}", f"account/{event}")
        return self.log.execute(sql, streams).fetchone() is not None

    def last_type(self, event: str) -> str | None:
        """The type of the last record of an event in the log."""
        sql = "SELECT type FROM log WHERE stream = ? ORDER BY version DESC LIMIT 1"
        row = self.log.execute(sql, (f"event/{event}",)).fetchone()
        return row[0] if row else None


def _numbered(base: str) -> Iterator[str]:
    yield base
    number = 1
    while True:
        number += 1
        yield f"{base}-{number}"


def key_id(name: str, key: str) -> str:
    """The id for a key; one that loses characters has a digest of the whole key."""
    words = slug(f"{name}-{key}")
    if words == f"{name}-{folded(key).replace(' ', '-')}":
        return words
    return f"{words[:50].strip('-')}-{hashlib.sha256(folded(key).encode()).hexdigest()[:8]}"
