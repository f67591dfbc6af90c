"""The last records of the streams that a batch names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from chronology.store import log
from chronology.store.log import Latest


class Streams:
    """The last record of each stream, including the records of the current batch."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.latest: dict[str, Latest | None] = {}

    def look_up(self, streams: Iterable[str]) -> None:
        """Replaces the cache with the last records of these streams, in one query."""
        names = {*streams}
        self.latest = {**dict.fromkeys(names), **log.latest(self.db, names)}

    def last(self, stream: str) -> Latest | None:
        try:
            return self.latest[stream]
        except KeyError:
            last = self.latest[stream] = log.latest(self.db, [stream]).get(stream)
            return last

    def version(self, stream: str) -> int:
        """The version of the last record of a stream, 0 if there is none."""
        last = self.last(stream)
        return last.version if last else 0

    def is_live(self, stream: str) -> bool:
        last = self.last(stream)
        return last is not None and not last.type.endswith(".retracted")

    def advance(self, stream: str, kind: str) -> int:
        """Counts one more record of a stream, and returns its version."""
        version = self.version(stream) + 1
        self.latest[stream] = Latest(version, kind)
        return version
