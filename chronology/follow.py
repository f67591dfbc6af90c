"""Following another instance: its log copied through its ordinary JSON API, proved as it comes.

Only whole batches are appended, each in a transaction of its own, so a follower that is stopped
goes on where it was, and at every moment is a state that its source once had.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec

from chronology import log, projections, schema
from chronology.errors import ChronologyError
from chronology.log import Entry, Head
from chronology.records import Record

TIMEOUT_S = 30.0
MAX_PAGE_BYTES = 256 << 20
_TEXTS = ("record_id", "stream", "type", "recorded_at", "batch", "data", "digest")


class PeerRefused(ChronologyError):
    """A peer that cannot be read, or whose log is none."""


class HistoryDiverged(ChronologyError):
    """The peer's log is not a continuation of this one."""

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(
            f"the peer's history differs from this one from position {position} on;"
            " nothing was copied: follow into a new file, and compare the two"
        )


class Peer:
    """The log of another instance, at the address of its database, as in http://host/timeline."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self.url = f"{url.rstrip('/')}/log.json"
        self.client = client

    def after(self, position: int, size: str = "max") -> list[Entry]:
        """A page of the records after a position, in order; none at the end of the log."""
        params = {
            "_shape": "array",
            "_sort": "position",
            "position__gt": str(position),
            "_size": size,
        }
        try:
            response = self.client.get(self.url, params=params)
            if response.status_code != 200:
                raise PeerRefused(f"{response.url} answered {response.status_code}")
            if len(response.content) > MAX_PAGE_BYTES:
                raise PeerRefused(f"{response.url} answered more than {MAX_PAGE_BYTES >> 20} MiB")
            return [_entry(row) for row in msgspec.json.decode(response.content)]
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PeerRefused(f"{self.url}: {error or type(error).__name__}") from error
        except (msgspec.DecodeError, TypeError) as error:
            raise PeerRefused(f"{self.url} is no log: {error}") from error

    def digest(self, position: int) -> str | None:
        """The digest at a position, None past the end."""
        found = self.after(position - 1, "1")
        return found[0].digest if found and found[0].position == position else None


def _entry(row: Any) -> Entry:
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in _TEXTS):
        raise TypeError("a row is no record")
    if not all(isinstance(row.get(name), int) for name in ("position", "version")):
        raise TypeError("a row has no position or version")
    return Entry(**{name: row[name] for name in Entry._fields})


def follow(
    db: sqlite3.Connection, peer: Peer, progress: Callable[[int], None] | None = None
) -> Head:
    """Copies what the peer has beyond the head, and returns the new head.

    Raises `HistoryDiverged` if the peer's log does not contain this one, `PeerRefused` if the
    peer sends what does not continue its own chain or is no valid record.
    """
    _refuse_diverged(db, peer)
    for batch in _batches(peer, log.head(db)):
        _append(db, batch)
        if progress:
            progress(len(batch))
    return log.head(db)


def _refuse_diverged(db: sqlite3.Connection, peer: Peer) -> None:
    ours = log.head(db)
    if not ours.position or peer.digest(ours.position) == ours.digest:
        return
    # Digests cover all that went before: once they differ, they differ for good.
    low, high = 1, ours.position
    while low < high:
        middle = (low + high) // 2
        (entry,) = log.read(db, middle - 1, middle)
        if peer.digest(middle) == entry.digest:
            low = middle + 1
        else:
            high = middle
    raise HistoryDiverged(low)


def _batches(peer: Peer, last: Head) -> Iterator[list[Entry]]:
    """The peer's records after a head, whole batch by whole batch, each digest checked."""
    waiting: list[Entry] = []
    while page := peer.after(last.position):
        for entry in page:
            last = _continued(last, entry)
            if waiting and waiting[-1].batch != entry.batch:
                yield waiting
                waiting = []
            waiting.append(entry)
    if waiting:
        yield waiting


def _continued(last: Head, entry: Entry) -> Head:
    wanted = log.digest_of(last.digest, last.position + 1, log.as_record(entry), entry.version)
    if entry.position != last.position + 1 or entry.digest != wanted:
        raise PeerRefused(
            f"the peer's record at position {entry.position} does not continue its chain after"
            f" position {last.position}"
        )
    return Head(entry.position, entry.digest)


def _append(db: sqlite3.Connection, batch: list[Entry]) -> None:
    records: list[Record] = [log.as_record(entry) for entry in batch]
    try:
        with schema.transaction(db):
            head = log.append(db, records)
            if head.digest != batch[-1].digest:
                raise PeerRefused(f"the peer's batch {batch[0].batch} does not fit here")
            projections.catch_up(db)
    except (msgspec.ValidationError, msgspec.DecodeError, KeyError, ValueError) as error:
        where = f"positions {batch[0].position} to {batch[-1].position}"
        raise PeerRefused(f"the peer's batch {batch[0].batch} ({where}): {error}") from error
