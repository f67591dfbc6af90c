"""Batches as records of another log, which are checked like those of a file.

Each record is turned back into the raw form of the batch format, and read by `batch_reader`. It is
valid if this gives one item with the same content as the record. So nothing comes from another
instance that a file could not contain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import msgspec

from chronology.batches import json_reader
from chronology.batches.batch import Batch, Item
from chronology.batches.batch_reader import (
    TOO_MANY_TEXTS,
    change_items,
    not_empty,
    read_header,
    recorded_items,
)
from chronology.batches.source_text import SingleLine
from chronology.model import records
from chronology.model.errors import BatchRefused, Fault
from chronology.model.records import Record
from chronology.model.stored_data import check_json

_NUMBER = re.compile(r"[1-9][0-9]{0,8}(?:/(move-)?[1-9][0-9]{0,8})?", re.ASCII)
_REMEDY = "the records of an instance are copied only if a batch file could contain them"


def read_records(numbered: Iterable[tuple[int, Record]], file: str) -> Batch:
    """The batch of consecutive records with their positions, which faults give as lines.

    Without its header the batch continues one of which the log has the first records. Raises
    `BatchRefused` if the header has faults.
    """
    iterator = iter(numbered)
    position, first = next(iterator)
    batch = Batch(file, SingleLine(position))
    if first.type == "batch.recorded":
        _read_header(batch, position, first)
        rest: Iterable[tuple[int, Record]] = iterator
    else:
        batch.id, batch.recorded_at, batch.is_continued = first.batch, first.recorded_at, True
        rest = chain([(position, first)], iterator)
    batch.items = not_empty(batch, _items(batch, rest))
    return batch


def _read_header(batch: Batch, position: int, record: Record) -> None:
    data = json_reader.parse_line(record.data.encode(), batch.file, position)
    if not isinstance(data, dict):
        raise BatchRefused([Fault(batch.file, position, "the header is not a mapping", _REMEDY)])
    read_header(batch, {**data, "batch": record.batch, "recorded": record.recorded_at})
    name = batch.id
    expected = Record(
        *(f"{name}/0", f"batch/{name}", "batch.recorded", batch.recorded_at, name),
        records.canonical(batch.header),
    )
    if record != expected:
        _add_difference(batch, position, record, expected)
        raise BatchRefused(batch.faults)


def _items(batch: Batch, numbered: Iterable[tuple[int, Record]]) -> Iterator[Item]:
    for position, record in numbered:
        prefix, _, number = record.record_id.partition("/")
        match = _NUMBER.fullmatch(number)
        if prefix != batch.id or not match:
            batch.add_fault(position, f"{record.record_id!r} is not an id of a record", _REMEDY)
        elif not match[1]:  # The retraction of an event moves its accounts again.
            yield from _item(batch, position, number, record)


def _item(batch: Batch, position: int, number: str, record: Record) -> Iterator[Item]:
    faults, lines = len(batch.faults), SingleLine(position)
    subject, _, name = record.stream.partition("/")
    action = record.type.partition(".")[2]
    data = _raw(batch, position, record, subject, action)
    if data is not None:
        raw: dict[str, Any] = {subject: name, **data}
        if action != "recorded":
            raw = {**data, _RAW[action]: record.stream}
        read = recorded_items if action == "recorded" else change_items
        items = list(read(batch, number, raw, lines))
        if len(batch.faults) == faults:
            yield from _same(batch, position, record, items)
    if len(batch.faults) > faults:
        batch.faulty_streams.add(record.stream)


def _raw(
    batch: Batch, position: int, record: Record, subject: str, action: str
) -> dict[str, Any] | None:
    """The data of a record as plain values; None if it is not of the right types."""
    kind = records.SUBJECTS.get(subject)
    if kind is None or action not in _RAW:
        batch.add_fault(position, f"{record.type!r} is not a record of {record.stream!r}", _REMEDY)
        return None
    if records.has_too_many_texts(record.data):
        batch.add_fault(position, f"{record.stream}: {TOO_MANY_TEXTS}", "the peer must split it")
        return None
    try:
        check_json(kind, action, record.data)
    except (msgspec.MsgspecError, RecursionError) as error:
        batch.add_fault(position, f"{record.stream}: {error}", _REMEDY)
        return None
    data = json_reader.parse_line(record.data.encode(), batch.file, position)
    if isinstance(data, Fault):
        batch.add_fault(data.line, data.description, data.remedy)
        return None
    return dict(data)


_RAW = {"recorded": "", "corrected": "correct", "retracted": "retract"}
"""The keys of a raw record that corrects or retracts, by action."""


def _same(batch: Batch, position: int, record: Record, items: list[Item]) -> Iterator[Item]:
    """The items if they are one, with the content of the record."""
    if len(items) != 1:
        batch.add_fault(position, f"{record.stream!r} is not one record", _REMEDY)
        return
    (item,) = items
    kind = f"{item.subject}.{item.action}"
    expected = Record(record.record_id, item.stream, kind, batch.recorded_at, batch.id, item.data)
    if record != expected:
        _add_difference(batch, position, record, expected)
    else:
        yield item


def _add_difference(batch: Batch, position: int, record: Record, expected: Record) -> None:
    name = next(n for n in Record._fields if getattr(record, n) != getattr(expected, n))
    shown = msgspec.json.encode(getattr(record, name)[:80]).decode()
    batch.add_fault(position, f"{name} {shown} is not in the form of the log", _REMEDY)
