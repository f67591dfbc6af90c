"""Replication: copies the log of another instance through its JSON API, and verifies every record.

Each batch is appended in its own transaction. So an interrupted copy continues where it stopped,
and always equals an earlier state of its source.
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
    """A peer cannot be read, or its log is not valid."""


class PeerUnavailable(PeerRefused):
    """A peer does not respond now, but may respond later."""


class HistoryDiverged(ChronologyError):
    """The log of the peer does not continue this one."""

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(
            f"the peer's log differs from this one from position {position} on, so nothing was"
            " copied; follow the peer into a new file, and compare the two"
        )


class Peer:
    """The log of another instance, at the address of its database, like http://host/timeline."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self.url = f"{url.rstrip('/')}/log.json"
        self.client = client

    def after(self, position: int, size: str = "max") -> list[Entry]:
        """A page of the records after a position, in order; empty at the end of the log."""
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
            raise PeerRefused(f"{self.url} is not a log: {error}") from error

    def digest(self, position: int) -> str | None:
        """The digest at a position, or None after the end of the log."""
        page = self.after(position - 1, "1")
        return page[0].digest if page and page[0].position == position else None


def _entry(row: dict[str, Any]) -> Entry:
    for name, kind in _FIELDS.items():
        if type(row.get(name)) is not kind:
            raise TypeError(f"a row has no {name}")
    return Entry(**{name: row[name] for name in Entry._fields})


def follow(
    db: sqlite3.Connection, peer: Peer, progress: Callable[[int], None] | None = None
) -> Head:
    """Copies the records of the peer after the head, and returns the new head.

    Raises `HistoryDiverged` if the log of the peer does not contain this one, `PeerUnavailable` if
    the peer does not respond, and `PeerRefused` if it sends a record that is not valid or does not
    follow from the one before. Earlier batches stay copied.
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
    # A digest covers all earlier records, so the digests differ at every later position too.
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
            f"the peer's log ends at position {low - 1}, before this one at {ours.position}: the"
            " peer is behind, or its last records were removed; nothing was copied"
        )
    raise HistoryDiverged(low)


def _batches(peer: Peer, last: Head) -> Iterator[list[Entry]]:
    """The batches of the peer after a head, with every digest checked."""
    batch: list[Entry] = []
    size = 0
    while page := peer.after(last.position):
        for entry in page:
            last = _check_digest(last, entry)
            if batch and batch[-1].batch != entry.batch:
                yield batch
                batch, size = [], 0
            batch.append(entry)
            size += len(entry.data)
            if size > MAX_BATCH_BYTES:
                limit = MAX_BATCH_BYTES >> 20
                raise PeerRefused(f"the peer's batch {entry.batch} is larger than {limit} MiB")
    if batch:
        yield batch


def _check_digest(last: Head, entry: Entry) -> Head:
    if entry.position != last.position + 1 or not log.continues(last, entry):
        raise PeerRefused(
            f"the peer's record at position {entry.position} does not follow from the record at"
            f" position {last.position}"
        )
    return Head(entry.position, entry.digest)


def _append(db: sqlite3.Connection, batch: list[Entry]) -> None:
    first, last = batch[0], batch[-1]
    name = f"the peer's batch {first.batch} (positions {first.position} to {last.position})"
    try:
        with transaction(db):
            _check_batch(db, batch)
            head = log.append(db, map(log.as_record, batch))
            if head.digest != last.digest:
                raise PeerRefused(f"{name} does not fit: this log has changed meanwhile")
            projections.catch_up(db)
    except (*projections.UNFIT, RecordConflict, sqlite3.IntegrityError) as error:
        raise PeerRefused(f"{name} contains an invalid record: {error}") from error


def _check_batch(db: sqlite3.Connection, batch: list[Entry]) -> None:
    """Checks the rules of ingesting: a batch starts with its header, and times never decrease."""
    first = batch[0]
    previous = next(log.read(db, first.position - 2, first.position - 1), None)
    is_rest = previous is not None and previous.batch == first.batch
    if not is_rest and (first.stream, first.type) != (f"batch/{first.batch}", "batch.recorded"):
        raise ValueError(f"position {first.position} does not start with the header of the batch")
    last_time = previous.recorded_at if previous else ""
    for entry in batch:
        subject, _, name = entry.stream.partition("/")
        if entry.type not in _TYPES or not entry.type.startswith(f"{subject}."):
            raise ValueError(
                f"position {entry.position}: {entry.type} is not a record of {entry.stream}"
            )
        if not re.fullmatch(ID_PATTERN, name):
            raise ValueError(f"position {entry.position}: {name!r} is not an id")
        if entry.recorded_at < last_time:
            raise ValueError(f"position {entry.position} was recorded before the previous record")
        last_time = entry.recorded_at
