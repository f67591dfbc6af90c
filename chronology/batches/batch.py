"""Batches decoded into proposed records, with every fault that a batch has by itself.

The format is `docs/format.md`. A fault that only the log shows (an unknown reference, an id used
twice) is found when the batch is ingested. Items are decoded as they are consumed: a batch of a
million events is never held in memory, except in YAML, whose size is limited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple

import msgspec
import pendulum

from chronology.batches import csv_reader, json_reader, yaml_reader
from chronology.batches.source_text import Lines, OneLine, Raw, below, refused
from chronology.model import records
from chronology.model.errors import BatchRefused, Fault

MAX_FAULTS = 200
FORMATS = ("yml", "yaml", "jsonl", "csv")
HEADER = ("format", "batch", "recorded", "note")
_READERS = {
    **dict.fromkeys(("yml", "yaml"), yaml_reader.read),
    "jsonl": json_reader.read,
    "csv": csv_reader.read,
}

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_TARGET = re.compile(r"([a-z]+)/([a-z0-9]+(?:-[a-z0-9]+)*)", re.ASCII)
_UNNAMED = "unnamed"
"""In place of an event's id that is refused, so that its accounts are checked all the same."""


class Item(NamedTuple):
    """One proposed record: `number` is its place in the batch, `12` or, nested, `12/1`.

    `data` is the text that the log keeps. `fields` are the fields of a recorded subject; `change`
    holds `set`, `unset`, `into` and `because` of a correction or retraction. The id of an account
    may be empty.
    """

    number: str
    action: str
    subject: str
    id: str
    lines: Lines
    data: str
    fields: Any = None
    change: Mapping[str, Any] = MappingProxyType({})

    @property
    def stream(self) -> str:
        return f"{self.subject}/{self.id}"


@dataclass(slots=True)
class Batch:
    """A batch while it is read: its header, its items as they are consumed, the faults so far.

    `faulty` are the streams of refused items, and `has_gaps` is true if some items could not be
    read at all: a reference to one of them is no fault of its own.
    """

    file: str
    lines: Lines
    id: str = ""
    recorded_at: str = ""
    header: records.Batch = field(default_factory=lambda: records.Batch(format=1))
    items: Iterator[Item] = field(default_factory=lambda: iter(()))
    faults: list[Fault] = field(default_factory=list)
    faulty: set[str] = field(default_factory=set)
    has_gaps: bool = False

    def fault(self, line: int, what: str, remedy: str) -> None:
        self.faults.append(Fault(self.file, line, what, remedy))
        if len(self.faults) >= MAX_FAULTS:
            raise BatchRefused(self.faults, stopped=True)


def read_batch(
    stream: BinaryIO, file: str, form: str, header: Mapping[str, str] | None = None
) -> Batch:
    """The batch in `stream`, whose items are decoded as they are consumed.

    `form` is one of FORMATS; `header` is the header of a CSV file, which cannot contain it.
    Raises `BatchRefused` when there is no usable header or the file cannot be read at all.
    """
    if form == "csv" and header is None:
        remedy = "ingest it by name, with --batch and --recorded"
        raise refused(file, 1, "a CSV file has no header of a batch", remedy)
    (found, lines), raws = _READERS[form](stream, file)
    batch = Batch(file, lines)
    _read_header(batch, dict(header or {}) if form == "csv" else found)
    batch.items = _not_empty(batch, _items(batch, raws))
    return batch


def _read_header(batch: Batch, found: Any) -> None:
    if not isinstance(found, dict):
        remedy = f"begin with {', '.join(HEADER)}"
        raise refused(batch.file, batch.lines(()), "the batch has no header", remedy)
    wanted = {"format": found.get("format", ""), **_only(found, ("note",))}
    for path, reason in records.faults_of(records.Batch, wanted):
        remedy = "this version reads format: 1" if path == ("format",) else "mend the header"
        what = f"header: {'.'.join(map(str, path))}: {reason}"
        batch.fault(batch.lines(path), what, remedy)
    for key in found:
        if key not in HEADER:
            remedy = f"known are {', '.join(HEADER)}"
            batch.fault(batch.lines((key,)), f"unknown header field {key!r}", remedy)
    batch.id = _header_id(batch, found)
    batch.recorded_at = _header_time(batch, found)
    if batch.faults:
        raise BatchRefused(batch.faults)
    batch.header = records.load(records.Batch, wanted)


def _only(mapping: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: mapping[key] for key in keys if key in mapping}


def _header_id(batch: Batch, found: Mapping[str, Any]) -> str:
    name = found.get("batch", "")
    if records.is_id(name):
        return str(name)
    remedy = "give it a unique id, as in 'savich'"
    batch.fault(batch.lines(("batch",)), f"header: batch: {name!r} is no id", remedy)
    return ""


def parse_timestamp(text: str) -> str:
    """An ISO 8601 time with a zone as UTC to the second; raises ValueError."""
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError(f"{text!r} is no timestamp with a zone")
    try:
        moment = pendulum.parse(text)
        assert isinstance(moment, pendulum.DateTime)
        return moment.in_timezone("UTC").format("YYYY-MM-DDTHH:mm:ss[Z]")
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} does not exist in the calendar") from None


def _header_time(batch: Batch, found: Mapping[str, Any]) -> str:
    try:
        return parse_timestamp(str(found.get("recorded", "")))
    except ValueError as error:
        what = f"header: recorded: {error}"
        batch.fault(batch.lines(("recorded",)), what, "write it as in 2026-11-21T12:00:00Z")
        return ""


# Items ---------------------------------------------------------------------------------------


def _not_empty(batch: Batch, items: Iterator[Item]) -> Iterator[Item]:
    first = next(items, None)
    if first:
        yield from chain([first], items)
    elif not batch.faults:
        batch.fault(1, "the batch has no records", "add records, or delete the file")


def _items(batch: Batch, raws: Iterator[Raw]) -> Iterator[Item]:
    for count, (raw, lines) in enumerate(_readable(batch, raws), 1):
        if isinstance(raw, Fault):
            batch.has_gaps = True
            batch.fault(raw.line, raw.what, raw.remedy)
        elif not isinstance(raw, dict):
            batch.fault(lines(()), f"record {count} is no mapping", "write fields as 'key: value'")
        elif "correct" in raw or "retract" in raw:
            yield from _change(batch, str(count), raw, lines)
        else:
            yield from _recorded(batch, str(count), raw, lines)


def _readable(batch: Batch, raws: Iterator[Raw]) -> Iterator[Raw]:
    """The same; if the file cannot be read to its end, the faults before are reported as well."""
    try:
        yield from raws
    except BatchRefused as error:
        raise BatchRefused([*batch.faults, *error.faults]) from None


def _recorded(batch: Batch, number: str, raw: dict[str, Any], lines: Lines) -> Iterator[Item]:
    named = [key for key in raw if key in records.SUBJECTS]
    if not named:
        kinds = ", ".join(records.SUBJECTS)
        what = f"{next(iter(raw), '')!r} is no subject"
        batch.fault(lines(()), what, f"begin the record with one of {kinds}")
        return
    subject = "account" if "account" in named else named[0]
    name = raw.pop(subject)
    nested = raw.pop("accounts", []) if subject == "event" else []
    if item := _item(batch, number, subject, name, raw, lines):
        yield item
    if isinstance(nested, list):
        event = name if item or records.is_id(name) else _UNNAMED
        yield from _nested(batch, number, event, nested, lines)
    else:
        batch.fault(lines(("accounts",)), "accounts is no list", "begin each account with '-'")


def _nested(
    batch: Batch, number: str, event: str, accounts: list[Any], lines: Lines
) -> Iterator[Item]:
    for index, account in enumerate(accounts):
        deeper = below(lines, "accounts", index)
        if not isinstance(account, dict):
            batch.fault(deeper(()), "an account is no mapping", "write it as {source: …, at: …}")
            continue
        if "event" in account:
            batch.fault(deeper(("event",)), "a nested account names an event", "leave it out")
        account["event"] = event
        name = account.pop("id", "")
        place = f"{number}/{index + 1}"
        if item := _item(batch, place, "account", name, account, _with_id(deeper)):
            yield item


def _with_id(lines: Lines) -> Lines:
    """Lines of a nested account, whose id stands under `id`."""
    if isinstance(lines, OneLine):
        return lines
    return lambda path: lines(("id",) if path == ("account",) else path)


def _item(
    batch: Batch, number: str, subject: str, name: Any, fields: dict[str, Any], lines: Lines
) -> Item | None:
    name = "" if name is None else name
    if not (subject == "account" and name == "") and not records.is_id(name):
        batch.faulty.add(f"{subject}/{_UNNAMED}")
        batch.fault(
            lines((subject,)),
            f"{name!r} is no id of {_A[subject]}",
            "use lower-case letters, digits and single hyphens, at most 80 characters",
        )
        return None
    kind = records.SUBJECTS[subject]
    wide = records.widen(subject, fields)
    try:
        checked = records.load(kind, wide)
    except msgspec.ValidationError as error:
        batch.faulty.add(f"{subject}/{name}")
        found = list(records.faults_of(kind, wide)) or [((), str(error))]
        for path, reason in found:
            what = f"{_label(subject, name, path)}: {reason}"
            batch.fault(lines(path), what, "see docs/format.md and mend it")
        return None
    return Item(number, "recorded", subject, name, lines, records.canonical(checked), checked)


_A = {subject: f"{'an' if subject[0] in 'ae' else 'a'} {subject}" for subject in records.SUBJECTS}


def _label(subject: str, name: str, path: records.Path) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"{subject}/{name}{where}" if name else f"{subject}{where}"


_CHANGES: dict[str, tuple[str, ...]] = {
    "correct": ("correct", "set", "unset", "because"),
    "retract": ("retract", "into", "because"),
}


def _change(batch: Batch, number: str, raw: dict[str, Any], lines: Lines) -> Iterator[Item]:
    verb = "correct" if "correct" in raw else "retract"
    faults = len(batch.faults)
    target = _check_change(batch, verb, raw, lines)
    if not target:
        return
    change = _only(raw, ("set", "unset", "into", "because"))
    if verb == "correct":
        change = _correction(batch, target[1], change, lines)
    elif "into" in change and not records.is_id(change["into"]):
        batch.fault(lines(("into",)), f"{change['into']!r} is no id", "name the event it moves to")
    if len(batch.faults) == faults:
        action = "corrected" if verb == "correct" else "retracted"
        data = records.canonical(change)
        yield Item(number, action, target[1], target[2], lines, data, change=change)


def _check_change(
    batch: Batch, verb: str, raw: dict[str, Any], lines: Lines
) -> re.Match[str] | None:
    """The target of a change, with its faults told."""
    target = _TARGET.fullmatch(str(raw[verb]))
    if target and target[1] not in records.SUBJECTS:
        target = None
    if not target:
        what = f"{raw[verb]!r} names no record to {verb}"
        batch.fault(lines((verb,)), what, "write <subject>/<id>, as in event/negotin-seized")
    for key in raw:
        if key not in _CHANGES[verb]:
            remedy = f"{verb} takes {', '.join(_CHANGES[verb])}"
            batch.fault(lines((key,)), f"unknown field {key!r}", remedy)
    because = raw.get("because")
    if not isinstance(because, str) or not re.match(records.TEXT_PATTERN, because):
        batch.fault(lines(("because",)), f"{verb} without a reason", "say why with because: …")
    return target


def _correction(batch: Batch, subject: str, change: dict[str, Any], lines: Lines) -> dict[str, Any]:
    found, cleared = change.get("set", {}), change.get("unset", [])
    if not isinstance(found, dict) or not isinstance(cleared, list):
        what = "set is a map of fields and unset a list of them"
        batch.fault(lines(("set",)), what, "see docs/format.md and mend it")
        return change
    if not found and not cleared:
        batch.fault(lines(()), "the correction changes nothing", "add set: {…} or unset: […]")
    kind = records.SUBJECTS[subject]
    wide = records.widen(subject, found)
    faults = list(records.change_faults(kind, wide, cleared))
    for path, reason in faults:
        what = f"{'.'.join(map(str, path))}: {reason}"
        batch.fault(lines(path), what, "see docs/format.md and mend it")
    if faults:
        return change
    whole = {"set": records.partial(kind, wide), "unset": cleared, "because": change.get("because")}
    return {key: value for key, value in whole.items() if value}
