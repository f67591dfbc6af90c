"""Batches: their header, their proposed records and the faults found so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from chronology.batches.source_text import LineLookup
from chronology.model import records
from chronology.model.errors import BatchRefused, Fault

MAX_FAULTS = 200
MAX_DESCRIPTION = 1_000
"""The most characters of the description of a fault, which may quote a value of any length."""
FORMATS = ("yml", "yaml", "jsonl", "csv")


class Item(NamedTuple):
    """A proposed record.

    `number` is its place in the batch: `12`, or `12/1` for a nested account. `data` is the text
    that is stored in the log. `fields` are the fields of a recorded subject. `change` has the
    `set`, `unset`, `into` and `because` of a correction or retraction. `id` may be empty for an
    account.
    """

    number: str
    action: str
    subject: str
    id: str
    lines: LineLookup
    data: str
    fields: Any = None
    change: Mapping[str, Any] = MappingProxyType({})

    @property
    def stream(self) -> str:
        return f"{self.subject}/{self.id}"


@dataclass(slots=True)
class Batch:
    """A batch while it is read: its header, its items and the faults found so far.

    If `is_continued` is true, the log has the header and the first records already.
    `faulty_streams` are the streams of refused items, and `has_unreadable_items` is true if some
    items cannot be read at all. A reference to such an item is not reported as a second fault.
    """

    file: str
    lines: LineLookup
    id: str = ""
    recorded_at: str = ""
    header: records.Batch = field(default_factory=lambda: records.Batch(format=1))
    items: Iterator[Item] = field(default_factory=lambda: iter(()))
    faults: list[Fault] = field(default_factory=list)
    faulty_streams: set[str] = field(default_factory=set)
    has_unreadable_items: bool = False
    is_continued: bool = False

    def add_fault(self, line: int, description: str, remedy: str) -> None:
        if len(description) > MAX_DESCRIPTION:
            description = f"{description[:MAX_DESCRIPTION]}…"
        self.faults.append(Fault(self.file, line, description, remedy))
        if len(self.faults) >= MAX_FAULTS:
            raise BatchRefused(self.faults, stopped=True)
