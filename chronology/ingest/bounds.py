"""The bounds of a batch: what it may declare, and what ingesting and reading keep in memory.

A batch from a file has the narrow bounds. Earlier versions had none, and the logs that they made
are still followed: a batch of a peer has the wide bounds if it was recorded in their time. Reading
copes with both. The bounds of memory are the same for all. `docs/security.md` lists them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from chronology.batches.batch import Batch, Item
from chronology.ingest import retractions
from chronology.model.errors import BatchRefused
from chronology.model.reserved_names import PARAMETERS
from chronology.model.validation import FieldPath
from chronology.model.vocabulary import Chronology
from chronology.projections.catalogue import CATALOGUED, catalogue_size, size_in_memory
from chronology.projections.subject_rows import linked_events

SINCE = "2026-12-01T00:00:00Z"
"""Batches recorded earlier may come from a version without the narrow bounds."""


class Bounds(NamedTuple):
    """The most links of a chain and declared columns, and the names that none of them has.

    Dimensions and quantities are columns, and a table has at most 2,000.
    """

    chain: int
    dimensions: int
    parameters: frozenset[str]

    def faults(
        self, declared: Chronology, before: Chronology | None
    ) -> Iterator[tuple[FieldPath, str, str]]:
        """Names and numbers beyond the bounds, with remedies; what was declared before may stay."""
        columns, levels = (before.declared, before.levels) if before else ({}, {})
        quantities = before.quantities if before else {}
        names: list[tuple[FieldPath, str]] = [
            (("dimensions", name), name) for name in declared.declared if name not in columns
        ]
        names += [
            (("levels", n), name) for n, name in enumerate(declared.levels) if name not in levels
        ]
        for path, name in names:
            if name in self.parameters:
                fault = f"'_{name}' is already a parameter of addresses"
                yield path, fault, "choose another name"
        limit = max(self.dimensions, len(columns))
        if len(declared.declared) > limit:
            yield ("dimensions",), f"there are more than {limit} dimensions", "declare fewer"
        limit = max(self.dimensions, len(quantities))
        if len(declared.quantities) > limit:
            yield ("quantities",), f"there are more than {limit} quantities", "declare fewer"


NARROW = Bounds(50, 100, PARAMETERS)
WIDE = Bounds(2_000, 400, frozenset())


def bounds_of_peer(recorded_at: str) -> Bounds:
    """The bounds of a peer's batch with this time."""
    return NARROW if recorded_at >= SINCE else WIDE


class MemoryBounds(NamedTuple):
    """The most that ingesting keeps in memory.

    `changes` are the corrections and retractions of a batch, with the accounts that these move,
    and `corrected_bytes` what they change. `subjects` and `subjects_bytes` are the records of the
    catalogue in the log and their memory, `unknown` the references to records that come later in
    the batch, `relations` those of the events that it records or changes, `accounts_bytes` the
    accounts of one event, each with `account_bytes` more. `reasons_bytes` are the reasons of a
    batch, and `copied_bytes` those that change the catalogue, once for each event that shows the
    change, with `copy_bytes` more. `members` are the places, formations and people of one event.
    """

    changes: int = 500_000
    corrected_bytes: int = 1 << 30
    reasons_bytes: int = 16 << 20
    copied_bytes: int = 1 << 30
    copy_bytes: int = 200
    members: int = 5_000
    subjects: int = 200_000
    subjects_bytes: int = 128 << 20
    unknown: int = 200_000
    accounts_bytes: int = 4 << 20
    relations: int = 500_000
    account_bytes: int = 400


MEMORY = MemoryBounds()


class Sizes:
    """Counts what a batch adds to the memory of ingesting and reading.

    Refuses the batch at the first item beyond a bound, before more is read.
    """

    def __init__(self, db: sqlite3.Connection, batch: Batch, position: int) -> None:
        self.db = db
        self.batch = batch
        self.position = position
        self.changes = 0
        self.corrected_bytes = 0
        self.linked: dict[str, int] = {}
        self.reasons_bytes = 0
        self.copied_bytes = 0
        self.subjects, self.subjects_bytes = catalogue_size(db)

    def add(self, item: Item) -> None:
        """Counts an item that is about to be appended."""
        if item.action != "recorded":
            self._add_change(item)
        if item.subject in CATALOGUED:
            self.subjects += 1
            self.subjects_bytes += size_in_memory(item.data)
            if self.subjects > MEMORY.subjects or self.subjects_bytes > MEMORY.subjects_bytes:
                most = f"{MEMORY.subjects:,} records, {MEMORY.subjects_bytes >> 20} MiB in memory"
                description = f"the log has more sources, places, people and formations than {most}"
                self._refuse(item, description, "start another chronology")

    def _add_change(self, item: Item) -> None:
        size = len(item.change["because"])
        self.changes += 1
        self.reasons_bytes += size
        if item.subject in CATALOGUED:
            self.copied_bytes += (MEMORY.copy_bytes + size) * self._linked_events(item)
        fault = None
        if self.changes > MEMORY.changes:
            fault = f"the batch has more than {MEMORY.changes:,} changes"
        elif self.reasons_bytes > MEMORY.reasons_bytes:
            fault = f"the batch has more than {MEMORY.reasons_bytes >> 20} MiB of reasons"
        elif self.copied_bytes > MEMORY.copied_bytes:
            most = f"{MEMORY.copied_bytes >> 20} MiB"
            fault = f"the batch gives more than {most} of reasons to the events that it changes"
        if fault:
            self._refuse(item, fault, "split the batch")

    def _linked_events(self, item: Item) -> int:
        """The events that show a subject, counted once: a batch may change it many times."""
        if item.stream not in self.linked:
            self.linked[item.stream] = linked_events(self.db, item.subject, item.id)
        return self.linked[item.stream]

    def add_moves(self, item: Item, count: int) -> None:
        """Counts the accounts that the retraction of an event moves."""
        self.changes += count
        if self.changes > MEMORY.changes:
            fault = f"the batch has more than {MEMORY.changes:,} changes and moved accounts"
            self._refuse(item, fault, "split the batch")

    def add_corrected(self, item: Item, size: int) -> None:
        """Counts the bytes that a correction reads: the subject, once for each record of it."""
        self.corrected_bytes += size
        if self.corrected_bytes > MEMORY.corrected_bytes:
            most = f"{MEMORY.corrected_bytes >> 20} MiB"
            fault = f"the batch corrects more than {most} of data, counted at each correction"
            self._refuse(item, fault, "split the batch")

    def check_accounts(self) -> None:
        """Adds a fault for each event that has too many accounts after the batch."""
        limits = MEMORY.accounts_bytes, MEMORY.account_bytes
        for event, _ in retractions.find_crowded(self.db, self.position, *limits):
            description = f"event/{event} has more than {limits[0] >> 20} MiB of accounts"
            self.batch.add_fault(1, description, "divide the event")

    def _refuse(self, item: Item, description: str, remedy: str) -> None:
        self.batch.add_fault(item.lines(()), description, remedy)
        raise BatchRefused(self.batch.faults, stopped=True)
