"""Ingesting a batch in one transaction: check it against the log, append it, project it.

A batch that is in the log already is compared with it. An unchanged batch is skipped, and an edited
one is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
import pendulum

from chronology import projections
from chronology.batches.batch import Batch, Item
from chronology.batches.source_text import lines_below
from chronology.ingest import retractions
from chronology.ingest.bounds import NARROW, Bounds, Sizes
from chronology.ingest.checks import Checks
from chronology.ingest.streams import Streams
from chronology.ingest.unchanged import is_ingested, refuse_if_edited
from chronology.lru_cache import LruCache
from chronology.model import records, stored_data
from chronology.model.errors import BatchRefused
from chronology.model.fields import MAX_ID
from chronology.model.records import Account
from chronology.projections.catalogue import CATALOGUED, fold_stream, load_catalogue, split_stream
from chronology.store import log
from chronology.store.database import transaction
from chronology.store.log import Entry, Head, VersionedRecord
from chronology.store.media import MediaFolder

BLOCK_SIZE = 1_000
BLOCK_BYTES = 2 << 20
"""Items are looked up in the log and appended in blocks of at most this size."""
_MAX_NUMBERS = 10_000
_MAX_CORRECTED_BYTES = 4 << 20
MAX_AHEAD = pendulum.duration(days=1)
"""How far the time of a new batch may be ahead of the clock: a later one could not be followed."""
Progress = Callable[[int], None]
Clock = Callable[[], pendulum.DateTime]


def utc_now() -> pendulum.DateTime:
    """The time by the clock of this machine."""
    return pendulum.now("UTC")


class Result(NamedTuple):
    """The result of ingesting a batch; `records` is 0 if it was in the log already."""

    batch: str
    records: int
    head: Head


def ingest(
    db: sqlite3.Connection,
    batch: Batch,
    progress: Progress | None = None,
    projection_progress: Progress | None = None,
    clock: Clock = utc_now,
    media: MediaFolder | None = None,
) -> Result:
    """Appends a batch and projects it, or raises `BatchRefused` with all its faults.

    A batch that is in the log already is compared with it, whatever the clock says. `media` has the
    files that the records name; without it they are not checked.
    """
    with transaction(db):
        if is_ingested(db, batch.id):
            refuse_if_edited(db, batch)
            return Result(batch.id, 0, log.head(db))
        return append(db, batch, progress, projection_progress, clock, media=media)


def append(
    db: sqlite3.Connection,
    batch: Batch,
    progress: Progress | None = None,
    projection_progress: Progress | None = None,
    clock: Clock = utc_now,
    bounds: Bounds = NARROW,
    media: MediaFolder | None = None,
) -> Result:
    """Appends a new batch and projects it, in the caller's transaction.

    All records enter the log here, from files and from other instances. Raises `BatchRefused` with
    all faults of the batch.
    """
    if not projections.is_current(db):
        projections.catch_up(db)
    position_before = log.head(db).position
    _BatchAppender(db, batch, clock, bounds, media).run(progress)
    projections.catch_up(db, projection_progress)
    head = log.head(db)
    return Result(batch.id, head.position - position_before, head)


class _Corrected(NamedTuple):
    """The fields of a stream after a correction of this batch, at a version of the stream."""

    version: int
    fields: Any
    size: int


class _BatchAppender:
    """Checks and appends a new batch, block by block."""

    def __init__(
        self,
        db: sqlite3.Connection,
        batch: Batch,
        clock: Clock,
        bounds: Bounds,
        media: MediaFolder | None,
    ) -> None:
        self.db = db
        self.batch = batch
        self.clock = clock
        self.catalogue = load_catalogue(db)
        self.head = log.head(db)
        self.streams = Streams(db)
        self.checks = Checks(db, batch, self.catalogue, self.streams, bounds, media)
        self.accounts = retractions.EventAccounts(db, self.head.position)
        self.sizes = Sizes(db, batch, self.head.position)
        # Without the last number of an event and a source, numbering starts again from 1.
        self.next_numbers: LruCache[str, int] = LruCache(_MAX_NUMBERS)
        # Otherwise each correction of a stream would fold all earlier ones of the batch again.
        self.corrected: LruCache[str, _Corrected] = LruCache(
            _MAX_CORRECTED_BYTES, lambda _, corrected: corrected.size
        )
        self.unwritten: list[VersionedRecord] = []

    def run(self, progress: Progress | None) -> None:
        self._check_order()
        if not self.batch.is_continued:
            header = records.canonical(self.batch.header)
            self._append("0", f"batch/{self.batch.id}", "batch.recorded", header)
        for block in self._blocks():
            self.streams.look_up(_named_streams(block))
            for item in block:
                self._append_item(item)
            self._flush()
            if progress:
                progress(len(block))
        self.sizes.check_accounts()
        self.checks.check_batch()
        if self.batch.faults:
            raise BatchRefused(self.batch.faults)

    def _blocks(self) -> Iterator[list[Item]]:
        block: list[Item] = []
        size = 0
        for item in self.batch.items:
            block.append(item)
            size += len(item.data)
            if len(block) == BLOCK_SIZE or size > BLOCK_BYTES:
                yield block
                block, size = [], 0
        if block:
            yield block

    def _check_order(self) -> None:
        latest = (self.clock() + MAX_AHEAD).format("YYYY-MM-DDTHH:mm:ss[Z]")
        if self.batch.recorded_at > latest:
            self.batch.add_fault(
                self.batch.lines(("recorded",)),
                f"recorded {self.batch.recorded_at} is more than a day ahead of the clock",
                "write the current time; if it is correct, set the clock of this machine",
            )
        if not self.head.position:
            return
        (entry,) = log.read(self.db, self.head.position - 1)
        if self.batch.recorded_at < entry.recorded_at:
            self.batch.add_fault(
                self.batch.lines(("recorded",)),
                f"recorded {self.batch.recorded_at} is earlier than the head of the log,"
                f" {entry.recorded_at}",
                "write the current time",
            )

    def _append_item(self, item: Item) -> None:
        faults = len(self.batch.faults)
        if item.action == "recorded":
            if not item.id:
                item = self._with_id(item)
            if self.checks.is_new(item):
                self.checks.check_fields(item, item.fields)
        elif item.action == "corrected":
            self._correct(item)
        else:
            self._retract(item)
        if len(self.batch.faults) > faults:
            self.batch.faulty_streams.add(item.stream)
            return
        subject = item.subject
        self.sizes.add(item)
        self._append(item.number, f"{subject}/{item.id}", f"{subject}.{item.action}", item.data)
        if subject == "event" and item.action == "retracted":
            self.checks.relations.note_retraction(item.id, item.lines(()))
        if subject in CATALOGUED:
            self.checks.note_catalogue_change(item)
            self._update_catalogue(item)

    def _append(self, number: str, stream: str, kind: str, data: str) -> None:
        version = self.streams.advance(stream, kind)
        batch = self.batch
        record_id = f"{batch.id}/{number}"
        self.unwritten.append((record_id, stream, version, kind, batch.recorded_at, batch.id, data))

    def _flush(self) -> None:
        self.head = log.append_new(self.db, self.head, self.unwritten)
        self.unwritten.clear()

    def _update_catalogue(self, item: Item) -> None:
        self.catalogue.apply(
            Entry(
                *(0, "", item.stream, 0, f"{item.subject}.{item.action}"),
                *(self.batch.recorded_at, self.batch.id, item.data, ""),
            )
        )

    def _with_id(self, item: Item) -> Item:
        """The account with the next free default id."""
        begin = _default_stream(item.fields, 0)
        number = self.next_numbers.get(begin) or 1
        while self.streams.last(stream := _default_stream(item.fields, number)):
            number += 1
        self.next_numbers.put(begin, number)
        name = split_stream(stream)[1]
        return Item(
            item.number, item.action, item.subject, name, item.lines, item.data, item.fields
        )

    # Corrections and retractions

    def _correct(self, item: Item) -> None:
        if not self.checks.is_live(item):
            return
        before, records_read = self._current_fields(item.stream)
        try:
            amended = stored_data.amend(before, item.change)
            after = records.load(records.SUBJECTS[item.subject], amended)
        except msgspec.ValidationError as error:
            description = f"another field is not valid: {error}"
            self.checks.add_fault(item, (), description, "correct that field too")
            return
        stored = records.canonical(after)
        self.sizes.add_corrected(item, len(stored) * records_read)
        if records.canonical(before) == stored:
            self.checks.add_fault(item, (), "the correction changes nothing", "leave it out")
            return
        self.checks.check_fields(item._replace(lines=lines_below(item.lines, "set")), after)
        version = self.streams.version(item.stream) + 1
        self.corrected.put(item.stream, _Corrected(version, after, len(stored)))

    def _current_fields(self, stream: str) -> tuple[Any, int]:
        """The current fields of a live subject, and the number of its records that were read."""
        corrected = self.corrected.get(stream)
        if corrected and corrected.version == self.streams.version(stream):
            return corrected.fields, 1
        self._flush()
        state = fold_stream(log.stream(self.db, stream))
        assert state is not None
        return state.fields, state.version

    def _retract(self, item: Item) -> None:
        if not self.checks.is_live(item):
            return
        into = item.change.get("into")
        if item.subject == "event":
            self._move_accounts(item, into)
        elif into is not None:
            description = "only an event has accounts to move"
            self.checks.add_fault(item, ("into",), description, "leave out 'into'")
        if item.subject == "chronology":
            self.checks.add_fault(item, (), "a chronology cannot be retracted", "correct it")

    def _move_accounts(self, item: Item, into: str | None) -> None:
        if into is not None and (into == item.id or not self.streams.is_live(f"event/{into}")):
            description = f"{into!r} is not another live event"
            self.checks.add_fault(item, ("into",), description, "name a live event")
            return
        self._flush()
        accounts = self.accounts.of(item.id)
        if accounts and into is None:
            description = f"the event still has the accounts {', '.join(accounts)}"
            remedy = "name the event that gets them with into: …, or retract them first"
            self.checks.add_fault(item, (), description, remedy)
            return
        self.sizes.add_moves(item, len(accounts))
        change = {"set": {"event": into}, "because": item.change["because"]}
        for index, account in enumerate(accounts, 1):
            number = f"{item.number}/move-{index}"
            self._append(
                number, f"account/{account}", "account.corrected", records.canonical(change)
            )


def _named_streams(block: list[Item]) -> Iterator[str]:
    """The streams that the items of a block record, change or refer to."""
    for item in block:
        if item.id:
            yield item.stream
        if item.subject == "account" and item.fields:
            yield f"event/{item.fields.event}"
            if not item.id:
                yield _default_stream(item.fields, 1)


def _default_stream(account: Account, number: int) -> str:
    """The stream of an account that has no id in its batch; long ids are cut."""
    end = f"-{number}"
    begin = f"{account.event}-{account.source}"[: MAX_ID - len(end)].rstrip("-")
    return f"account/{begin}{end}"
