"""Following another instance: its log copied through its ordinary JSON API, proved as it comes.

Only whole batches are appended, each in a transaction of its own, so a follower that is stopped
goes on where it was, and at every moment is a state that its source once had.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec

from chronology import projections
from chronology.batches import http_source
from chronology.model.errors import ChronologyError, RecordConflict
from chronology.model.records import ID_PATTERN, SUBJECTS
from chronology.store import log
from chronology.store.database import transaction
from chronology.store.log import Entry, Head

MAX_PAGE_BYTES = 256 << 20
MAX_BATCH_BYTES = 1 << 30
_TEXTS = ("record_id", "stream", "type", "recorded_at", "batch", "data", "digest")
_FIELDS = {**dict.fromkeys(_TEXTS, str), "position": int, "version": int}

_ACTIONS = ("recorded", "corrected", "retracted")
_TYPES = {"batch.recorded", *(f"{subject}.{action}" for subject in SUBJECTS for action in _ACTIONS)}


class PeerRefused(ChronologyError):
    """A peer that cannot be read, or whose log is none."""


class PeerUnavailable(PeerRefused):
    """A peer that does not answer now, and may later."""


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
            with http_source.get(self.client, self.url, params) as response:
                page = b"".join(http_source.read_body(response, MAX_PAGE_BYTES))
            return [_entry(row) for row in msgspec.json.decode(page, type=list[dict[str, Any]])]
        except http_source.FetchUnavailable as error:
            raise PeerUnavailable(str(error)) from error
        except http_source.FetchFailed as error:
            raise PeerRefused(str(error)) from error
        except (msgspec.MsgspecError, TypeError, UnicodeDecodeError, RecursionError) as error:
            raise PeerRefused(f"{self.url} is no log: {error}") from error

    def digest(self, position: int) -> str | None:
        """The digest at a position, None past the end."""
        found = self.after(position - 1, "1")
        return found[0].digest if found and found[0].position == position else None


def _entry(row: dict[str, Any]) -> Entry:
    for name, kind in _FIELDS.items():
        if type(row.get(name)) is not kind:
            raise TypeError(f"a row has no {name}")
    return Entry(**{name: row[name] for name in Entry._fields})


def follow(
    db: sqlite3.Connection, peer: Peer, progress: Callable[[int], None] | None = None
) -> Head:
    """Copies what the peer has beyond the head, and returns the new head.

    Raises `HistoryDiverged` if the peer's log does not contain this one, `PeerUnavailable` if it
    does not answer, `PeerRefused` if it sends what does not continue its own chain or is no valid
    record. The batches before the one at fault are copied.
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
    if peer.digest(low) is None:
        raise PeerRefused(
            f"the peer's log ends at position {low - 1}, and this one at {ours.position}: the peer"
            " is behind, or its last records were cut off; nothing was copied"
        )
    raise HistoryDiverged(low)


def _batches(peer: Peer, last: Head) -> Iterator[list[Entry]]:
    """The peer's records after a head, whole batch by whole batch, each digest checked."""
    waiting: list[Entry] = []
    size = 0
    while page := peer.after(last.position):
        for entry in page:
            last = _continued(last, entry)
            if waiting and waiting[-1].batch != entry.batch:
                yield waiting
                waiting, size = [], 0
            waiting.append(entry)
            size += len(entry.data)
            if size > MAX_BATCH_BYTES:
                limit = MAX_BATCH_BYTES >> 20
                raise PeerRefused(f"the peer's batch {entry.batch} is larger than {limit} MiB")
    if waiting:
        yield waiting


def _continued(last: Head, entry: Entry) -> Head:
    if entry.position != last.position + 1 or not log.continues(last, entry):
        raise PeerRefused(
            f"the peer's record at position {entry.position} does not continue its chain after"
            f" position {last.position}"
        )
    return Head(entry.position, entry.digest)


def _append(db: sqlite3.Connection, batch: list[Entry]) -> None:
    first, last = batch[0], batch[-1]
    where = f"the peer's batch {first.batch} (positions {first.position} to {last.position})"
    try:
        with transaction(db):
            _check_batch(db, batch)
            head = log.append(db, map(log.as_record, batch))
            if head.digest != last.digest:
                raise PeerRefused(f"{where} does not fit here: this log has changed meanwhile")
            projections.catch_up(db)
    except (*projections.UNFIT, RecordConflict, sqlite3.IntegrityError) as error:
        raise PeerRefused(f"{where} holds what is no record: {error}") from error


def _check_batch(db: sqlite3.Connection, batch: list[Entry]) -> None:
    """Holds the peer to what ingesting holds to: a batch says what it is, time never runs back."""
    first = batch[0]
    before = next(log.read(db, first.position - 2, first.position - 1), None)
    is_rest = before is not None and before.batch == first.batch
    if not is_rest and (first.stream, first.type) != (f"batch/{first.batch}", "batch.recorded"):
        raise ValueError(f"position {first.position} does not begin with the batch's own record")
    times = [before.recorded_at] if before else []
    for entry in batch:
        subject, _, name = entry.stream.partition("/")
        if entry.type not in _TYPES or not entry.type.startswith(f"{subject}."):
            raise ValueError(f"position {entry.position}: no {entry.type} of {entry.stream}")
        if not re.fullmatch(ID_PATTERN, name):
            raise ValueError(f"position {entry.position}: {name!r} is no id")
        if times and entry.recorded_at < times[-1]:
            raise ValueError(f"position {entry.position} was recorded before the one before it")
        times = [entry.recorded_at]
