"""Reading batches: proposed records, with every fault that can be found without the log.

`docs/format.md` specifies the format. Faults that need the log, such as unknown references and
ids used twice, are found when the batch is ingested. Items are decoded one at a time, so that a
large batch needs little memory. Only YAML is read as a whole, and its size is limited.

To add a format, write a reader like `json_reader` and add it to `_READERS` and to `batch.FORMATS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, BinaryIO

import msgspec

from chronology.batches import csv_reader, json_reader, yaml_reader
from chronology.batches.batch import Batch, Item
from chronology.batches.source_text import LineLookup, RawRecord, SingleLine, lines_below, refusal
from chronology.model import records, stored_data
from chronology.model.errors import BatchRefused, Fault
from chronology.model.fields import TEXT_PATTERN
from chronology.model.short_forms import expand_short_forms
from chronology.model.timestamps import parse_timestamp
from chronology.model.validation import FieldPath, find_change_faults, find_faults

HEADER = ("format", "batch", "recorded", "note")
_READERS = {
    **dict.fromkeys(("yml", "yaml"), yaml_reader.read),
    "jsonl": json_reader.read,
    "csv": csv_reader.read,
}

_TARGET = re.compile(r"([a-z]+)/([a-z0-9]+(?:-[a-z0-9]+)*)", re.ASCII)
_UNNAMED = "unnamed"
"""Replaces an invalid id of an event, so that its accounts are still checked."""


def read_batch(
    stream: BinaryIO, file: str, form: str, header: Mapping[str, str] | None = None
) -> Batch:
    """The batch in `stream`; its items are decoded as they are consumed.

    `form` is one of FORMATS. `header` is the header of a CSV file, which has no place for one.
    Raises `BatchRefused` if the header has faults or the file cannot be read.
    """
    if form == "csv" and header is None:
        remedy = "ingest the file by name, with --batch and --recorded"
        raise refusal(file, 1, "a CSV file needs a batch header", remedy)
    (file_header, lines), raw_records = _READERS[form](stream, file)
    batch = Batch(file, lines)
    read_header(batch, dict(header or {}) if form == "csv" else file_header)
    batch.items = not_empty(batch, _items(batch, raw_records))
    return batch


def read_header(batch: Batch, header: Any) -> None:
    """Reads a header into the batch; raises `BatchRefused` if it has faults."""
    if not isinstance(header, dict):
        remedy = f"start with {', '.join(HEADER)}"
        raise refusal(batch.file, batch.lines(()), "the batch header is missing", remedy)
    fields = {"format": header.get("format", ""), **_only(header, ("note",))}
    for path, reason in find_faults(records.Batch, fields):
        remedy = "this version reads format: 1" if path == ("format",) else "correct the header"
        description = f"header: {'.'.join(map(str, path))}: {reason}"
        batch.add_fault(batch.lines(path), description, remedy)
    for key in header:
        if key not in HEADER:
            remedy = f"fields: {', '.join(HEADER)}"
            batch.add_fault(batch.lines((key,)), f"{key!r} is not a field of the header", remedy)
    batch.id = _header_id(batch, header)
    batch.recorded_at = _header_time(batch, header)
    if batch.faults:
        raise BatchRefused(batch.faults)
    batch.header = records.load(records.Batch, fields)


def _only(mapping: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: mapping[key] for key in keys if key in mapping}


def _header_id(batch: Batch, header: Mapping[str, Any]) -> str:
    name = header.get("batch", "")
    if records.is_id(name):
        return str(name)
    remedy = "give it a unique id, like 'savich'"
    batch.add_fault(batch.lines(("batch",)), f"header: batch: {name!r} is not an id", remedy)
    return ""


def _header_time(batch: Batch, header: Mapping[str, Any]) -> str:
    try:
        return parse_timestamp(str(header.get("recorded", "")))
    except ValueError as error:
        description = f"header: recorded: {error}"
        batch.add_fault(
            batch.lines(("recorded",)), description, "write it like 2026-11-21T12:00:00Z"
        )
        return ""


def not_empty(batch: Batch, items: Iterator[Item]) -> Iterator[Item]:
    """The items; a batch without any gets a fault."""
    first = next(items, None)
    if first:
        yield from chain([first], items)
    elif not batch.faults:
        batch.add_fault(1, "the batch has no records", "add records or delete the file")


def _items(batch: Batch, raw_records: Iterator[RawRecord]) -> Iterator[Item]:
    for count, (raw, lines) in enumerate(_with_earlier_faults(batch, raw_records), 1):
        if isinstance(raw, Fault):
            batch.has_unreadable_items = True
            batch.add_fault(raw.line, raw.description, raw.remedy)
        elif not isinstance(raw, dict):
            batch.add_fault(
                lines(()), f"record {count} is not a mapping", "write its fields as 'key: value'"
            )
        elif "correct" in raw or "retract" in raw:
            yield from change_items(batch, str(count), raw, lines)
        else:
            yield from recorded_items(batch, str(count), raw, lines)


def _with_earlier_faults(batch: Batch, raw_records: Iterator[RawRecord]) -> Iterator[RawRecord]:
    """The raw records; if the file becomes unreadable, earlier faults are reported as well."""
    try:
        yield from raw_records
    except BatchRefused as error:
        raise BatchRefused([*batch.faults, *error.faults]) from None


def recorded_items(
    batch: Batch, number: str, raw: dict[str, Any], lines: LineLookup
) -> Iterator[Item]:
    """The valid items of a raw record: a new subject, and the nested accounts of an event."""
    subjects = [key for key in raw if key in records.SUBJECTS]
    if not subjects:
        kinds = ", ".join(records.SUBJECTS)
        description = f"{next(iter(raw), '')!r} is not a subject"
        batch.add_fault(lines(()), description, f"subjects: {kinds}")
        return
    subject = "account" if "account" in subjects else subjects[0]
    name = raw.pop(subject)
    nested = raw.pop("accounts", []) if subject == "event" else []
    if item := _item(batch, number, subject, name, raw, lines):
        yield item
    if isinstance(nested, list):
        event = name if item or records.is_id(name) else _UNNAMED
        yield from _nested(batch, number, event, nested, lines)
    else:
        batch.add_fault(
            lines(("accounts",)), "accounts is not a list", "start each account with '-'"
        )


def _nested(
    batch: Batch, number: str, event: str, accounts: list[Any], lines: LineLookup
) -> Iterator[Item]:
    for index, account in enumerate(accounts):
        account_lines = lines_below(lines, "accounts", index)
        if not isinstance(account, dict):
            batch.add_fault(
                account_lines(()), "an account is not a mapping", "write it like {source: …, at: …}"
            )
            continue
        if "event" in account:
            batch.add_fault(
                account_lines(("event",)), "a nested account has the field 'event'", "leave it out"
            )
        account["event"] = event
        name = account.pop("id", "")
        nested_number = f"{number}/{index + 1}"
        if item := _item(batch, nested_number, "account", name, account, _with_id(account_lines)):
            yield item


def _with_id(lines: LineLookup) -> LineLookup:
    """The lines of a nested account, which has its id in the field `id`."""
    if isinstance(lines, SingleLine):
        return lines
    return lambda path: lines(("id",) if path == ("account",) else path)


def _item(
    batch: Batch, number: str, subject: str, name: Any, fields: dict[str, Any], lines: LineLookup
) -> Item | None:
    name = "" if name is None else name
    if not (subject == "account" and name == "") and not records.is_id(name):
        batch.faulty_streams.add(f"{subject}/{_UNNAMED}")
        batch.add_fault(
            lines((subject,)),
            f"{name!r} is not an id for {_WITH_ARTICLE[subject]}",
            "use lower-case letters, digits and single hyphens, at most 80 characters",
        )
        return None
    kind = records.SUBJECTS[subject]
    expanded = expand_short_forms(subject, fields)
    try:
        loaded = records.load(kind, expanded)
    except msgspec.ValidationError as error:
        batch.faulty_streams.add(f"{subject}/{name}")
        before = len(batch.faults)
        for path, reason in find_faults(kind, expanded):
            description = f"{_label(subject, name, path)}: {reason}"
            batch.add_fault(lines(path), description, "see docs/format.md")
        if len(batch.faults) == before:
            batch.add_fault(
                lines(()), f"{_label(subject, name, ())}: {error}", "see docs/format.md"
            )
        return None
    data = records.canonical(loaded)
    if _is_too_large(batch, data, lines):
        return None
    return Item(number, "recorded", subject, name, lines, data, loaded)


def _is_too_large(batch: Batch, data: str, lines: LineLookup) -> bool:
    limit = records.MAX_RECORD_BYTES
    if len(data) * 4 > limit and len(data.encode()) > limit:
        batch.add_fault(lines(()), f"the record is larger than {limit >> 20} MiB", "split it")
        return True
    if records.has_too_many_texts(data):
        batch.add_fault(lines(()), TOO_MANY_TEXTS, "split it")
        return True
    return False


TOO_MANY_TEXTS = f"the record has more than {records.MAX_RECORD_TEXTS:,} texts and names of fields"


_WITH_ARTICLE = {
    subject: f"{'an' if subject[0] in 'ae' else 'a'} {subject}" for subject in records.SUBJECTS
}


def _label(subject: str, name: str, path: FieldPath) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"{subject}/{name}{place}" if name else f"{subject}{place}"


_CHANGES: dict[str, tuple[str, ...]] = {
    "correct": ("correct", "set", "unset", "because"),
    "retract": ("retract", "into", "because"),
}


def change_items(
    batch: Batch, number: str, raw: dict[str, Any], lines: LineLookup
) -> Iterator[Item]:
    """The item of a raw correction or retraction, if it is valid."""
    verb = "correct" if "correct" in raw else "retract"
    faults = len(batch.faults)
    target = _check_change(batch, verb, raw, lines)
    if not target:
        return
    change = _only(raw, ("set", "unset", "into", "because"))
    if verb == "correct":
        change = _correction(batch, target[1], change, lines)
    elif "into" in change and not records.is_id(change["into"]):
        batch.add_fault(
            lines(("into",)),
            f"{change['into']!r} is not an id",
            "name the event that gets the accounts",
        )
    if len(batch.faults) == faults:
        action = "corrected" if verb == "correct" else "retracted"
        data = records.canonical(change)
        if not _is_too_large(batch, data, lines):
            yield Item(number, action, target[1], target[2], lines, data, change=change)


def _check_change(
    batch: Batch, verb: str, raw: dict[str, Any], lines: LineLookup
) -> re.Match[str] | None:
    """The target of a correction or retraction; reports its faults."""
    target = _TARGET.fullmatch(str(raw[verb]))
    if target and target[1] not in records.SUBJECTS:
        target = None
    if not target:
        description = f"{raw[verb]!r} is not a record to {verb}"
        batch.add_fault(
            lines((verb,)), description, "write <subject>/<id>, like event/negotin-seized"
        )
    for key in raw:
        if key not in _CHANGES[verb]:
            remedy = f"fields: {', '.join(_CHANGES[verb])}"
            batch.add_fault(lines((key,)), f"{key!r} is not a field of {verb}", remedy)
    because = raw.get("because")
    if not isinstance(because, str) or not re.match(TEXT_PATTERN, because):
        batch.add_fault(lines(("because",)), f"{verb} needs a reason", "give it with because: …")
    return target


def _correction(
    batch: Batch, subject: str, change: dict[str, Any], lines: LineLookup
) -> dict[str, Any]:
    changed, unset = change.get("set", {}), change.get("unset", [])
    if not isinstance(changed, dict) or not isinstance(unset, list):
        description = "set must be a mapping of fields, and unset a list of field names"
        batch.add_fault(lines(("set",)), description, "see docs/format.md")
        return change
    if not changed and not unset:
        batch.add_fault(lines(()), "the correction changes nothing", "add set: {…} or unset: […]")
    kind = records.SUBJECTS[subject]
    expanded = expand_short_forms(subject, changed)
    before = len(batch.faults)
    for path, reason in find_change_faults(kind, expanded, unset):
        description = f"{'.'.join(map(str, path))}: {reason}"
        batch.add_fault(lines(path), description, "see docs/format.md")
    if len(batch.faults) > before:
        return change
    correction = {
        "set": stored_data.load_partial(kind, expanded),
        "unset": unset,
        "because": change.get("because"),
    }
    return {key: value for key, value in correction.items() if value}
