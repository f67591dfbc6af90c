"""Replication: copies the log of another instance through its JSON API, and verifies every record.

Each batch is appended in its own transaction. So an interrupted copy continues where it stopped,
and always equals an earlier state of its source.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated

import httpx
import msgspec
from msgspec import Meta, Struct
from msgspec.structs import astuple

from chronology import projections
from chronology.batches import http_source
from chronology.batches.batch import Batch
from chronology.batches.log_reader import read_records
from chronology.ingest import pipeline
from chronology.ingest.bounds import bounds_of_peer
from chronology.ingest.pipeline import Clock, utc_now
from chronology.ingest.unchanged import is_ingested
from chronology.model.addresses import shown_address
from chronology.model.errors import BatchRefused, ChronologyError, RecordConflict
from chronology.model.records import MAX_RECORD_BYTES
from chronology.store import log
from chronology.store.database import transaction
from chronology.store.log import Entry, Head, as_record

MAX_PAGE_BYTES = 16 << 20
"""Enough for any single record, whose JSON may be three times as long when it is escaped again."""
MAX_BATCH_BYTES = 1 << 30
_PAGE_SIZES = ("max", "100", "10", "1")
_IN_MEMORY_BYTES = 8 << 20
_Name = Annotated[str, Meta(max_length=120)]


class _Row(Struct):
    """A record as Datasette serves it; limits hold while it is decoded."""

    position: int
    record_id: _Name
    stream: _Name
    version: int
    type: _Name
    recorded_at: _Name
    batch: _Name
    data: Annotated[str, Meta(max_length=MAX_RECORD_BYTES)]
    digest: _Name


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
        self.address = url.rstrip("/")
        self.url = f"{self.address}/log.json"
        self.name = shown_address(self.url)
        self.client = client

    def media(self, name: str) -> str:
        """The address of a file of media."""
        return f"{self.address}/media/{name}"

    def after(self, position: int, sizes: Sequence[str] = _PAGE_SIZES) -> list[Entry]:
        """A page of the records after a position, in order; empty at the end of the log.

        A page that is too large is requested again with fewer records.
        """
        size, *smaller = sizes
        params = {
            "_shape": "array",
            "_sort": "position",
            "position__gt": str(position),
            "_size": size,
        }
        page = bytearray()
        try:
            with http_source.get(self.client, self.url, params) as response:
                for chunk in http_source.read_body(response, MAX_PAGE_BYTES):
                    page += chunk
            return [Entry(*astuple(row)) for row in _decode_rows(page)]
        except http_source.FetchTooLarge as error:
            if not smaller:
                raise PeerRefused(str(error)) from error
        except http_source.FetchUnavailable as error:
            raise PeerUnavailable(str(error)) from error
        except http_source.FetchFailed as error:
            raise PeerRefused(str(error)) from error
        except msgspec.ValidationError as error:
            field = re.search(r"field `(\w+)`|\.(\w+)`$", str(error))
            name = field and (field[1] or field[2])
            reason = f"a row has no {name} in the form of the log" if name else error
            raise PeerRefused(f"{self.name} is not a log: {reason}") from error
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise PeerRefused(f"{self.name} is not a log: {error}") from error
        return self.after(position, smaller)

    def digest(self, position: int) -> str | None:
        """The digest at a position, or None after the end of the log."""
        page = self.after(position - 1, ["1"])
        return page[0].digest if page and page[0].position == position else None


_decode_rows = msgspec.json.Decoder(list[_Row]).decode


def follow(
    db: sqlite3.Connection,
    peer: Peer,
    progress: Callable[[int], None] | None = None,
    clock: Clock = utc_now,
) -> Head:
    """Copies the records of the peer after the head, and returns the new head.

    Raises `HistoryDiverged` if the log of the peer does not contain this one, `PeerUnavailable` if
    the peer does not respond, and `PeerRefused` if it sends a record that is not valid or does not
    follow from the one before. Earlier batches stay copied.
    """
    _refuse_diverged(db, peer)
    with closing(_batches(_entries(peer, log.head(db)))) as batches:
        for batch in batches:
            _append(db, batch, peer.name, clock)
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


class _Batch:
    """The consecutive records of one batch of the peer, in a file: a batch may be large."""

    def __init__(self, file: IO[bytes], entries: Iterable[Entry]) -> None:
        """Writes the records to a file; raises `PeerRefused` beyond the size limit."""
        self._file = file
        positions: list[Entry] = []
        size = 0
        for entry in entries:
            positions[1:] = [entry]
            size += file.write(msgspec.json.encode(entry) + b"\n")
            if size > MAX_BATCH_BYTES:
                limit = MAX_BATCH_BYTES >> 20
                raise PeerRefused(f"the peer's batch {entry.batch} is larger than {limit} MiB")
        self.first, self.last = positions[0], positions[-1]

    def __len__(self) -> int:
        return self.last.position - self.first.position + 1

    def __iter__(self) -> Iterator[Entry]:
        self._file.seek(0)
        return map(msgspec.json.Decoder(Entry).decode, self._file)


def _batches(entries: Iterable[Entry]) -> Generator[_Batch]:
    for _, batch in groupby(entries, key=lambda entry: entry.batch):
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
            yield _Batch(file, batch)


def _entries(peer: Peer, last: Head) -> Iterator[Entry]:
    """The records of the peer after a head, with every digest checked."""
    while page := peer.after(last.position):
        for entry in page:
            last = _check_digest(last, entry)
            yield entry


def _check_digest(last: Head, entry: Entry) -> Head:
    if entry.position != last.position + 1 or not log.continues(last, entry):
        raise PeerRefused(
            f"the peer's record at position {entry.position} does not follow from the record at"
            f" position {last.position}"
        )
    return Head(entry.position, entry.digest)


def _append(db: sqlite3.Connection, records: _Batch, source: str, clock: Clock) -> None:
    """Appends a batch of the peer as a file with the same content would be appended."""
    first, last = records.first, records.last
    name = f"the peer's batch {first.batch} (positions {first.position} to {last.position})"
    try:
        with transaction(db):
            before = log.head(db)
            if before.position != first.position - 1 or not log.continues(before, first):
                raise PeerRefused(f"{name} does not fit: this log has changed meanwhile")
            batch = read_records(((entry.position, as_record(entry)) for entry in records), source)
            _check_start(db, batch, first)
            bounds = bounds_of_peer(batch.recorded_at)
            head = pipeline.append(db, batch, clock=clock, bounds=bounds).head
            if head != Head(last.position, last.digest):
                raise PeerRefused(f"{name} moves accounts otherwise than its retractions do")
    except BatchRefused as error:
        raise PeerRefused(f"{name} contains an invalid record: {error.faults[0]}") from error
    except (*projections.UNFIT, RecordConflict, sqlite3.IntegrityError) as error:
        raise PeerRefused(f"{name} contains an invalid record: {error}") from error


def _check_start(db: sqlite3.Connection, batch: Batch, first: Entry) -> None:
    """Checks that a batch is new, or continues the one at the head of this log."""
    previous = next(log.read(db, first.position - 2, first.position - 1), None)
    is_rest = previous is not None and previous.batch == batch.id
    if batch.is_continued != is_rest:
        raise ValueError(f"position {first.position} does not start with the header of the batch")
    if previous and is_rest and previous.recorded_at != batch.recorded_at:
        raise ValueError(f"position {first.position} has another time than its batch")
    if not is_rest and is_ingested(db, batch.id):
        raise ValueError(f"the id {batch.id!r} belongs to an earlier batch")
