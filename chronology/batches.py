"""Batches as files: YAML, JSON Lines and CSV read into proposed records, with every fault.

The format is `docs/format.md`. Reading checks what a batch can say of itself; what needs the
log (unknown references, duplicate ids, order) is checked when it is ingested. Items stream:
a batch of a million events is never held in memory, save in YAML, which is limited in size.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import msgspec
import pendulum
import yaml

from chronology import records
from chronology.errors import BatchRefused, Fault

MAX_LINE_BYTES = 1 << 20
MAX_YAML_BYTES = 32 << 20
MAX_DEPTH = 12
MAX_FAULTS = 200
FORMATS = ("yml", "yaml", "jsonl", "csv")
HEADER = ("format", "batch", "recorded", "note")

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_TARGET = re.compile(r"([a-z]+)/([a-z0-9]+(?:-[a-z0-9]+)*)", re.ASCII)

Lines = Callable[[records.Path], int]


@dataclass(frozen=True, slots=True)
class Item:
    """One proposed record: `number` is its place in the batch, `12` or, nested, `12/1`.

    `fields` holds the fields of a recorded subject; `change` holds `set`, `unset`, `into` and
    `because` of a correction or retraction. An account may still be without an id.
    """

    number: str
    action: str
    subject: str
    id: str
    lines: Lines
    fields: Any = None
    change: dict[str, Any] = field(default_factory=dict)

    @property
    def stream(self) -> str:
        return f"{self.subject}/{self.id}"

    @property
    def data(self) -> str:
        """What the log keeps of it."""
        return records.canonical(self.change or self.fields)


@dataclass(slots=True)
class Batch:
    """A batch while it is read: its header, its items as they come, and the faults so far."""

    file: str
    id: str
    recorded_at: str
    header: records.Batch
    items: Iterator[Item]
    faults: list[Fault]

    def fault(self, line: int, what: str, remedy: str) -> None:
        self.faults.append(Fault(self.file, line, what, remedy))
        if len(self.faults) >= MAX_FAULTS:
            raise BatchRefused(self.faults)


Raw = tuple[Any, Lines]


def read(
    stream: BinaryIO, file: str, form: str, header: Mapping[str, str] | None = None
) -> Batch:
    """The batch in `stream`, whose items are read as they are asked for.

    `form` is one of FORMATS; `header` stands in for the header line that CSV cannot have.
    Raises `BatchRefused` when there is no usable header or the file cannot be read at all.
    """
    readers = {"jsonl": _read_jsonl, "csv": _read_csv}
    found, raws = readers.get(form, _read_yaml)(stream, file)
    return _start(file, (dict(header), found[1]) if header is not None else found, raws)


def _refuse(file: str, line: int, what: str, remedy: str) -> BatchRefused:
    return BatchRefused([Fault(file, line, what, remedy)])


def _start(file: str, header: Raw, raws: Iterator[Raw]) -> Batch:
    found, lines = header
    batch = Batch(file, "", "", records.Batch(format=1), iter(()), [])
    if not isinstance(found, dict):
        raise _refuse(file, 1, "the batch has no header", f"begin with {', '.join(HEADER)}")
    wanted = {"format": found.get("format", ""), **_only(found, ("note",))}
    for path, reason in records.faults_of(records.Batch, wanted):
        remedy = "this version reads format 1" if path == ("format",) else "mend the header"
        batch.fault(lines(path), f"header: {'.'.join(map(str, path))}: {reason}", remedy)
    for key in found:
        if key not in HEADER:
            batch.fault(lines((key,)), f"unknown header field {key!r}", f"known are {HEADER}")
    batch.id = _header_id(batch, found, lines)
    batch.recorded_at = _header_time(batch, found, lines)
    if batch.faults:
        raise BatchRefused(batch.faults)
    batch.header = records.load(records.Batch, wanted)
    batch.items = _items(batch, raws)
    return batch


def _only(mapping: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: mapping[key] for key in keys if key in mapping}


def _header_id(batch: Batch, found: Mapping[str, Any], lines: Lines) -> str:
    found_id = found.get("batch")
    if isinstance(found_id, str) and re.fullmatch(records.ID_PATTERN, found_id):
        return found_id
    batch.fault(
        lines(("batch",)), f"batch: {found_id!r} is no id", "give it a unique id, as in 'savich'"
    )
    return ""


def timestamp(text: str) -> str:
    """An ISO 8601 time with a zone as UTC to the second; raises ValueError."""
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError(f"{text!r} is no timestamp with a zone")
    moment = pendulum.parse(text)
    assert isinstance(moment, pendulum.DateTime)
    return moment.in_timezone("UTC").format("YYYY-MM-DDTHH:mm:ss[Z]")


def _header_time(batch: Batch, found: Mapping[str, Any], lines: Lines) -> str:
    try:
        return timestamp(str(found.get("recorded", "")))
    except ValueError as error:
        batch.fault(
            lines(("recorded",)), f"recorded: {error}", "write it as in 2026-11-21T12:00:00Z"
        )
        return ""


# Items ---------------------------------------------------------------------------------------


def _items(batch: Batch, raws: Iterator[Raw]) -> Iterator[Item]:
    count = 0
    for count, (raw, lines) in enumerate(raws, 1):
        if not isinstance(raw, dict):
            batch.fault(lines(()), f"record {count} is no mapping", "write fields as 'key: value'")
        elif "correct" in raw or "retract" in raw:
            yield from _change(batch, str(count), raw, lines)
        else:
            yield from _recorded(batch, str(count), raw, lines)
    if not count:
        batch.fault(1, "the batch has no records", "add records, or delete the file")


def _recorded(batch: Batch, number: str, raw: dict[str, Any], lines: Lines) -> Iterator[Item]:
    named = [key for key in records.SUBJECTS if key in raw]
    subject = "account" if "account" in named else named[0] if named else None
    if subject is None:
        first = next(iter(raw), None)
        kinds = ", ".join(records.SUBJECTS)
        batch.fault(lines(()), f"{first!r} is no subject", f"begin the record with one of {kinds}")
        return
    fields = {key: value for key, value in raw.items() if key != subject}
    nested = fields.pop("accounts", []) if subject == "event" else []
    item = _item(batch, number, subject, raw[subject], fields, lines)
    if item:
        yield item
    if not isinstance(nested, list):
        batch.fault(lines(("accounts",)), "accounts is no list", "begin each account with '-'")
        return
    for index, account in enumerate(nested):
        deeper = _below(lines, ("accounts", index))
        if not isinstance(account, dict):
            batch.fault(deeper(()), "an account is no mapping", "write it as {source: …, at: …}")
            continue
        inner = {key: value for key, value in account.items() if key != "id"}
        inner["event"] = raw["event"]
        if "event" in account:
            batch.fault(deeper(("event",)), "a nested account names an event", "leave it out")
        nested_item = _item(
            batch, f"{number}/{index + 1}", "account", account.get("id", ""), inner, deeper
        )
        if nested_item:
            yield nested_item


def _below(lines: Lines, prefix: records.Path) -> Lines:
    return lambda path: lines((*prefix, *path))


def _item(
    batch: Batch, number: str, subject: str, found: Any, fields: dict[str, Any], lines: Lines
) -> Item | None:
    anonymous = subject == "account" and found in ("", None)
    if not anonymous and not (
        isinstance(found, str)
        and len(found) <= 80
        and re.fullmatch(records.ID_PATTERN, found, re.ASCII)
    ):
        batch.fault(
            lines((subject,)),
            f"{found!r} is no id of a {subject}",
            "use lower-case letters, digits and single hyphens, at most 80 characters",
        )
        return None
    kind = records.SUBJECTS[subject]
    wide = records.widen(subject, fields)
    try:
        checked = records.load(kind, wide)
    except msgspec.ValidationError:
        _list_faults(batch, subject, found, kind, wide, lines)
        return None
    return Item(number, "recorded", subject, found or "", lines, fields=checked)


def _list_faults(
    batch: Batch, subject: str, name: str, kind: Any, data: dict[str, Any], lines: Lines
) -> None:
    for path, reason in records.faults_of(kind, data):
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
        batch.fault(
            lines(path), f"{subject}/{name}{where}: {reason}", "see docs/format.md and mend it"
        )


_CHANGES: dict[str, tuple[str, ...]] = {
    "correct": ("correct", "set", "unset", "because"),
    "retract": ("retract", "into", "because"),
}


def _change(batch: Batch, number: str, raw: dict[str, Any], lines: Lines) -> Iterator[Item]:
    verb = "correct" if "correct" in raw else "retract"
    faults = len(batch.faults)
    target = _TARGET.fullmatch(str(raw[verb]))
    if not target or target[1] not in records.SUBJECTS:
        batch.fault(
            lines((verb,)),
            f"{raw[verb]!r} names no record to {verb}",
            "write <subject>/<id>, as in event/negotin-seized",
        )
    for key in raw:
        if key not in _CHANGES[verb]:
            batch.fault(
                lines((key,)), f"unknown field {key!r}", f"{verb} takes {', '.join(_CHANGES[verb])}"
            )
    because = raw.get("because")
    if not isinstance(because, str) or not re.match(records.TEXT_PATTERN, because):
        batch.fault(lines(("because",)), f"{verb} without a reason", "say why with because: …")
    if not target or len(batch.faults) > faults:
        return
    change = _only(raw, ("set", "unset", "into", "because"))
    if verb == "correct":
        change = _correction(batch, target[1], change, lines)
    elif "into" in change and not is_id(change["into"]):
        batch.fault(lines(("into",)), f"{change['into']!r} is no id", "name the event it moves to")
    if len(batch.faults) == faults:
        action = "corrected" if verb == "correct" else "retracted"
        yield Item(number, action, target[1], target[2], lines, change=change)


def is_id(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(records.ID_PATTERN, value, re.ASCII) is not None


def _correction(
    batch: Batch, subject: str, change: dict[str, Any], lines: Lines
) -> dict[str, Any]:
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
        where = ".".join(map(str, path))
        batch.fault(lines(path), f"{where}: {reason}", "see docs/format.md and mend it")
    if faults:
        return change
    whole = {"set": records.partial(kind, wide), "unset": cleared, "because": change["because"]}
    return {key: value for key, value in whole.items() if value}


# YAML ----------------------------------------------------------------------------------------


def _decode(data: bytes, file: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refuse(file, line, "the file is not UTF-8", "save it again as UTF-8") from None
    return unicodedata.normalize("NFC", text)


def _read_yaml(stream: BinaryIO, file: str) -> tuple[Raw, Iterator[Raw]]:
    data = stream.read(MAX_YAML_BYTES + 1)
    if len(data) > MAX_YAML_BYTES:
        raise _refuse(file, 1, "the file is larger than 32 MiB", "split it, or use JSON Lines")
    _check_lines(data, file)
    top, lines = _Tree(_decode(data, file), file).read()
    if not isinstance(top, dict):
        raise _refuse(file, 1, "the batch has no header", f"begin with {', '.join(HEADER)}")
    found = top.pop("records", None)
    if not isinstance(found, list) or not found:
        raise _refuse(
            file, lines(("records",)), "the batch has no records", "add them under 'records:'"
        )
    raws = ((raw, _below(lines, ("records", i))) for i, raw in enumerate(found))
    return (top, lines), raws


def _check_lines(data: bytes, file: str) -> None:
    if not data.strip():
        raise _refuse(file, 1, "the file is empty", "write a batch, or delete the file")
    start = 0
    for line in range(1, data.count(b"\n") + 2):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if end - start > MAX_LINE_BYTES:
            raise _refuse(file, line, "the line is longer than 1 MiB", "break it")
        start = end + 1


class _Tree:
    """Plain values out of YAML's events: every scalar a text, and the line of each path.

    Aliases are refused where they stand, so that nothing can be multiplied.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.lines: dict[records.Path, int] = {}
        self.events: Iterator[Any] = iter(())

    def read(self) -> Raw:
        try:
            self.events = yaml.parse(self.text, Loader=yaml.CSafeLoader)
            top: Any = None
            for event in self.events:
                if isinstance(event, yaml.DocumentStartEvent):
                    if top is not None:
                        raise self._refuse(event, "a second document begins", "one batch a file")
                    top = self._value(next(self.events), ())
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            what = str(getattr(error, "problem", None) or error).splitlines()[0]
            line = mark.line + 1 if mark else 1
            raise _refuse(
                self.file, line, f"this is no YAML: {what}", "check quotes and indents"
            ) from None
        return top, self._line

    def _line(self, path: records.Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def _refuse(self, event: Any, what: str, remedy: str) -> BatchRefused:
        return _refuse(self.file, event.start_mark.line + 1, what, remedy)

    def _value(self, event: Any, path: records.Path) -> Any:
        self.lines.setdefault(path, event.start_mark.line + 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._refuse(event, "anchors and aliases are not allowed", "write the value out")
        if getattr(event, "tag", None) not in (None, "!"):
            raise self._refuse(event, f"the tag {event.tag} is not allowed", "leave it out")
        if len(path) > MAX_DEPTH:
            raise self._refuse(event, "the nesting is too deep", "see docs/format.md")
        if isinstance(event, yaml.ScalarEvent):
            return event.value.strip()
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        return self._mapping(path)

    def _list(self, path: records.Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: records.Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refuse(event, "a key is no text", "quote it")
            key = event.value
            if key in found:
                raise self._refuse(event, f"the key {key!r} stands twice", "keep one of them")
            self.lines[(*path, key)] = event.start_mark.line + 1
            found[key] = self._value(next(self.events), (*path, key))
        return found


# JSON Lines and CSV --------------------------------------------------------------------------


def _numbered(stream: BinaryIO, file: str) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise _refuse(file, number, "the line is longer than 1 MiB", "split the record")
        yield number, line
    if not number:
        raise _refuse(file, 1, "the file is empty", "write a batch, or delete the file")


def _read_jsonl(stream: BinaryIO, file: str) -> tuple[Raw, Iterator[Raw]]:
    raws = _json_lines(stream, file)
    return next(raws, ({}, lambda path: 1)), raws


def _json_lines(stream: BinaryIO, file: str) -> Iterator[Raw]:
    for number, line in _numbered(stream, file):
        if not line.strip():
            continue
        try:
            value = msgspec.json.decode(_decode(line, file))
        except BatchRefused as error:
            fault = error.faults[0]
            raise _refuse(file, number, fault.what, fault.remedy) from None
        except (msgspec.DecodeError, RecursionError) as error:
            raise _refuse(
                file, number, f"this is no JSON: {error}", "write one object a line"
            ) from None
        yield value, _constant(number)


def _constant(line: int) -> Lines:
    return lambda path: line


_LISTS = ("places", "formations", "people")
_EVENT_COLUMNS = ("date", "title", "kind", "summary", "basis", *_LISTS)
_ACCOUNT_COLUMNS = {
    "source": "source",
    "at": "at",
    "says": "says",
    "stance": "stance",
    "by": "by",
    "said": "said",
    "account_date": "date",
    "account_basis": "basis",
}


def _read_csv(stream: BinaryIO, file: str) -> tuple[Raw, Iterator[Raw]]:
    lines = (_decode(line, file) for _, line in _numbered(stream, file))
    reader = csv.reader(lines, strict=True)
    try:
        columns = next(reader, [])
    except csv.Error as error:
        raise _refuse(file, 1, f"this is no CSV: {error}", "check the quotes") from None
    known = ("id", *_EVENT_COLUMNS, *_ACCOUNT_COLUMNS)
    for column in columns:
        if column not in known:
            raise _refuse(file, 1, f"unknown column {column!r}", f"known are {', '.join(known)}")
    for column in ("id", "date", "title", "kind"):
        if column not in columns:
            raise _refuse(file, 1, f"the column {column!r} is missing", "name it in the first line")
    return ({}, _constant(1)), _csv_rows(reader, columns, file)


def _csv_rows(reader: Any, columns: list[str], file: str) -> Iterator[Raw]:
    try:
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(columns):
                what = f"{len(cells)} cells where {len(columns)} columns are named"
                raise _refuse(file, reader.line_num, what, "check commas and quotes")
            yield _csv_record(dict(zip(columns, cells, strict=True)), reader.line_num)
    except csv.Error as error:
        raise _refuse(
            file, reader.line_num, f"this is no CSV: {error}", "check the quotes"
        ) from None


def _csv_record(row: dict[str, str], line: int) -> Raw:
    row = {key: value.strip() for key, value in row.items() if value.strip()}
    account = {name: row[column] for column, name in _ACCOUNT_COLUMNS.items() if column in row}
    if "at" in account:
        account["at"] = [part.strip() for part in account["at"].split(";")]  # type: ignore[assignment]
    if "date" not in row and "title" not in row:
        return {"account": "", "event": row.get("id", ""), **account}, _constant(line)
    event: dict[str, Any] = {"event": row.get("id", ""), **_only(row, _EVENT_COLUMNS)}
    for column in _LISTS:
        if column in event:
            event[column] = [part.strip() for part in event[column].split(";")]
    if account:
        event["accounts"] = [account]
    return event, _constant(line)

