"""Comparison of a batch with its ingested records. Edited batches are refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import chain

import msgspec

from chronology.batches.batch import Batch, Item
from chronology.model import records
from chronology.model.errors import BatchRefused, Fault
from chronology.model.records import Account
from chronology.model.validation import FieldPath
from chronology.projections.catalogue import split_stream
from chronology.store import log
from chronology.store.log import Entry


def is_ingested(db: sqlite3.Connection, batch: str) -> bool:
    """Whether the log has a batch with this id."""
    return bool(log.versions(db, [f"batch/{batch}"])[f"batch/{batch}"])


def refuse_if_edited(db: sqlite3.Connection, batch: Batch) -> None:
    """Raises `BatchRefused` at the first record that differs from the log."""
    remedy = "restore the file and append a correction in a new batch"
    data = records.canonical(batch.header)
    header = Item("0", "recorded", "batch", batch.id, batch.lines, data, batch.header)
    removed: Entry | None = None
    entries = _ingested_entries(db, batch.id)
    entry = next(entries, None)
    for item in chain([header], batch.items):
        # Both are in the order of their numbers.
        while entry is not None and _order(entry) < _numbers(item.number):
            removed = removed or entry
            entry = next(entries, None)
        is_there = entry is not None and _order(entry) == _numbers(item.number)
        difference = _difference(item, batch, entry if is_there else None)
        if difference:
            path, description = difference
            raise BatchRefused([Fault(batch.file, item.lines(path), description, remedy)])
        entry = next(entries, None)
    if batch.faults:
        raise BatchRefused(batch.faults)
    if removed := removed or entry:
        description = f"{removed.stream} was ingested from this batch, but is no longer in it"
        raise BatchRefused([Fault(batch.file, 1, description, remedy)])


def _ingested_entries(db: sqlite3.Connection, batch: str) -> Iterator[Entry]:
    """The records of a batch in the log, without the accounts that retractions moved."""
    (first,) = log.stream(db, f"batch/{batch}")
    for entry in log.read(db, first.position - 1):
        if entry.batch != batch:
            return
        if "/move-" not in entry.record_id:
            yield entry


def _order(entry: Entry) -> tuple[int, ...]:
    return _numbers(entry.record_id.partition("/")[2])


def _numbers(number: str) -> tuple[int, ...]:
    """The number of an item as numbers: `12/1` comes after `12` and before `13`."""
    return tuple(map(int, number.split("/")))


def _difference(item: Item, batch: Batch, entry: Entry | None) -> tuple[FieldPath, str] | None:
    """The path and the description of the first difference from the ingested record."""
    name = item.stream if item.id else f"an {item.subject} without an id"
    if entry is None:
        return (), f"{name} was added to a batch that is already ingested"
    if entry.recorded_at != batch.recorded_at:
        times = f"was {entry.recorded_at} when ingested, and is {batch.recorded_at} now"
        return ("recorded",), f"recorded {times}"
    if entry.type != f"{item.subject}.{item.action}" or item.id not in (
        "",
        split_stream(entry.stream)[1],
    ):
        return (), f"{entry.type} {entry.stream} was ingested, and {name} is in its place now"
    if entry.data != item.data:
        return _changed_field(entry, item)
    if not item.id and not _is_default(entry.stream, item.fields):
        return (), f"{entry.stream} was ingested with its id, and {name} is in its place now"
    return None


def _changed_field(entry: Entry, item: Item) -> tuple[FieldPath, str]:
    before, now = msgspec.json.decode(entry.data), msgspec.json.decode(item.data)
    key = next(k for k in sorted({*before, *now}) if before.get(k) != now.get(k))
    old, new = (records.canonical(data[key]) if key in data else "absent" for data in (before, now))
    return (key,), f"{entry.stream}: {key} was {old} when ingested, and is {new} now"


def _is_default(stream: str, account: Account) -> bool:
    """Whether the id of an account is a default id."""
    prefix = f"account/{account.event}-{account.source}-"
    return stream.startswith(prefix) and stream.removeprefix(prefix).isdecimal()
