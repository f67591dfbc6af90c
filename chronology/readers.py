"""Files as loose values: YAML, JSON Lines and CSV, each value with the line it stands on.

Every text is NFC and has no white space around it, whatever the form, so that the same batch
gives the same records. Memory is bounded before anything is parsed. A line of JSON Lines or CSV
that cannot be read comes as a `Fault` in place of its value; a file that cannot be read on
raises `BatchRefused`.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

import msgspec
import yaml

from chronology.errors import BatchRefused, Fault
from chronology.records import Path

MAX_LINE_BYTES = 1 << 20
MAX_YAML_BYTES = 32 << 20
MAX_DEPTH = 12
BLOCK_BYTES = 1 << 17

Lines = Callable[[Path], int]
"""The line of a path into a value; of the nearest outer one that has its own."""
Raw = tuple[Any, Lines]


def read(stream: BinaryIO, file: str, form: str) -> tuple[Raw, Iterator[Raw]]:
    """The header (empty in CSV) and then the records of YAML or CSV as they are asked for."""
    return (_read_csv if form == "csv" else _read_yaml)(stream, file)


class OneLine:
    """The lines of a value that stands on one line."""

    __slots__ = ("line",)

    def __init__(self, line: int) -> None:
        self.line = line

    def __call__(self, path: Path) -> int:
        return self.line


def below(lines: Lines, *prefix: str | int) -> Lines:
    """The lines of what stands below a path."""
    if isinstance(lines, OneLine):
        return lines
    return lambda path: lines((*prefix, *path))


def refuse(file: str, line: int, what: str, remedy: str) -> BatchRefused:
    """The refusal of a file for a single fault."""
    return BatchRefused([Fault(file, line, what, remedy)])


def size(stream: BinaryIO) -> int | None:
    """The bytes of a file; None of a stream that has no end yet."""
    try:
        here = stream.tell()
        end = stream.seek(0, 2)
        stream.seek(here)
    except OSError:
        return None
    return end


def _decode(data: bytes, file: str, line: int = 1) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        raise refuse(file, line, "the file is not UTF-8", "save it again as UTF-8") from None


def _tidy(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


def _empty(file: str) -> BatchRefused:
    return refuse(file, 1, "the file is empty", "write a batch, or delete the file")


# YAML ----------------------------------------------------------------------------------------


def _read_yaml(stream: BinaryIO, file: str) -> tuple[Raw, Iterator[Raw]]:
    data = stream.read(MAX_YAML_BYTES + 1)
    if len(data) > MAX_YAML_BYTES:
        what = f"the file is larger than {MAX_YAML_BYTES >> 20} MiB"
        raise refuse(file, 1, what, "split it, or use JSON Lines")
    _check_lines(data, file)
    top, lines = _Tree(_decode(data, file), file).read()
    if not isinstance(top, dict):
        raise refuse(file, 1, "the batch has no header", "begin with format: 1")
    found = top.pop("records", None)
    if not isinstance(found, list) or not found:
        what = "the batch has no records"
        raise refuse(file, lines(("records",)), what, "add them under 'records:'")
    return (top, lines), ((raw, below(lines, "records", i)) for i, raw in enumerate(found))


def _check_lines(data: bytes, file: str) -> None:
    if not data.strip():
        raise _empty(file)
    start = 0
    for line in range(1, data.count(b"\n") + 2):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if end - start > MAX_LINE_BYTES:
            raise refuse(file, line, "the line is longer than 1 MiB", "break it")
        start = end + 1


class _Tree:
    """Plain values out of YAML's events: every scalar a text, and the line of each path.

    Aliases are refused where they stand, so that nothing can be multiplied.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.lines: dict[Path, int] = {}
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
            what, line = self._explain(error)
            remedy = "check quotes and indents"
            raise refuse(self.file, line, f"this is no YAML: {what}", remedy) from None
        return top, self._line

    def _explain(self, error: yaml.YAMLError) -> tuple[str, int]:
        what, line = str(error).splitlines()[0], 1
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            what, line = error.problem or what, error.problem_mark.line + 1
        elif isinstance(error, yaml.reader.ReaderError):
            line += self.text.encode()[: error.position].count(b"\n")
        return what, line

    def _line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def _refuse(self, event: Any, what: str, remedy: str) -> BatchRefused:
        return refuse(self.file, _line_of(event), what, remedy)

    def _value(self, event: Any, path: Path) -> Any:
        self.lines.setdefault(path, _line_of(event))
        self._check_plain(event)
        if len(path) > MAX_DEPTH:
            raise self._refuse(event, "the nesting is too deep", "see docs/format.md")
        if isinstance(event, yaml.ScalarEvent):
            return _tidy(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        return self._mapping(path)

    def _check_plain(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._refuse(event, "anchors and aliases are not allowed", "write the value out")
        if getattr(event, "tag", None) not in (None, "!"):
            raise self._refuse(event, f"the tag {event.tag!r} is not allowed", "leave it out")

    def _list(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self._check_plain(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refuse(event, "a key is no text", "quote it")
            key = _tidy(event.value)
            if key in found:
                raise self._refuse(event, f"the key {key!r} stands twice", "keep one of them")
            self.lines[(*path, key)] = _line_of(event)
            found[key] = self._value(next(self.events), (*path, key))
        return found


def _line_of(event: Any) -> int:
    return int(event.start_mark.line) + 1


# JSON Lines ----------------------------------------------------------------------------------


def _numbered(stream: BinaryIO, file: str) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise refuse(file, number, "the line is longer than 1 MiB", "split the record")
        yield number, line
    if not number:
        raise _empty(file)


class Block(NamedTuple):
    """Whole lines of a file, the number of the first, and that of the first record on them."""

    text: bytes
    line: int
    record: int


def open_jsonl(stream: BinaryIO, file: str) -> tuple[Raw, Iterator[Block]]:
    """The header and, in blocks, the lines after it."""
    for number, line in _numbered(stream, file):
        if line.strip():
            header = _json(line, file, number)
            if isinstance(header, Fault):
                raise BatchRefused([header])
            return (header, OneLine(number)), _blocks(stream, number + 1)
    return ({}, OneLine(1)), iter(())


def _blocks(stream: BinaryIO, line: int) -> Iterator[Block]:
    record = 1
    while text := stream.read(BLOCK_BYTES):
        text += stream.readline(MAX_LINE_BYTES + 1)
        yield Block(text, line, record)
        line += text.count(b"\n")
        record += sum(1 for each in text.split(b"\n") if each.strip())


def read_block(block: Block, file: str) -> Iterator[Raw]:
    """The records of a block, or the faults of lines that cannot be read."""
    for number, line in enumerate(block.text.split(b"\n"), block.line):
        if len(line) > MAX_LINE_BYTES:
            raise refuse(file, number, "the line is longer than 1 MiB", "split the record")
        if line.strip():
            yield _json(line, file, number), OneLine(number)


def _json(line: bytes, file: str, number: int) -> Any:
    """The value of a line, or the fault of having none."""
    value = _plain_json(line)
    return _careful_json(line, file, number) if value is None else value


_SPACED_WIDELY = re.compile(r'"\s|\s"')


def _plain_json(line: bytes) -> Any:
    """The value of a line of which all is plain at once, as nearly all are; None of others.

    Without escapes every quotation mark ends or begins a text and every other character of a text
    stands for itself. So if the line is NFC, its texts are; a colon less in the value written anew
    tells that a key stood twice; a space beside a quotation mark there, that a text has one around
    it; and few brackets are not deep.
    """
    if b"\\" in line:
        return None
    try:
        value = msgspec.json.decode(line)
        anew = msgspec.json.encode(value)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return None
    if (
        anew.count(b":") != line.count(b":")
        or anew.count(b"{") + anew.count(b"[") > MAX_DEPTH
        or b'" ' in anew
        or b' "' in anew
        or not (anew.isascii() or _is_tidy(anew.decode()))
    ):
        return None
    return value


def _is_tidy(text: str) -> bool:
    """Whether a line of JSON that is not ASCII is NFC, without space around any text of it."""
    return unicodedata.is_normalized("NFC", text) and not _SPACED_WIDELY.search(text)


def _careful_json(line: bytes, file: str, number: int) -> Any:
    text = _decode(line, file, number)
    try:
        # Strict where the standard library is not: lone surrogates, NaN, 1e400. It in turn
        # shows the keys that stand twice.
        msgspec.json.decode(text)
        return _tidied(json.loads(text, object_pairs_hook=_once))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        return Fault(file, number, f"this is no JSON: {error}", "write one object a line")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice")
        found[key] = value
    return found


def _tidied(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return _tidy(value)
    if depth > MAX_DEPTH:
        raise ValueError("the nesting is too deep")
    if isinstance(value, dict):
        return {_tidy(key): _tidied(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_tidied(item, depth + 1) for item in value]
    return value


# CSV -----------------------------------------------------------------------------------------

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
    lines = (
        _decode(line, file, number).replace("\r\n", "\n")
        for number, line in _numbered(stream, file)
    )
    reader = csv.reader(lines, strict=True)
    try:
        columns = [column.strip() for column in next(reader, [])]
    except csv.Error as error:
        raise refuse(file, 1, f"this is no CSV: {error}", "check the quotes") from None
    faults = [Fault(file, 1, what, remedy) for what, remedy in _column_faults(columns)]
    if faults:
        raise BatchRefused(faults)
    return ({}, OneLine(1)), _csv_rows(reader, columns, file)


def _column_faults(columns: list[str]) -> Iterator[tuple[str, str]]:
    known = ("id", *_EVENT_COLUMNS, *_ACCOUNT_COLUMNS)
    for number, column in enumerate(columns):
        if column not in known:
            yield f"unknown column {column!r}", f"known are {', '.join(known)}"
        elif column in columns[:number]:
            yield f"the column {column!r} stands twice", "keep one of them"
    for column in ("id", "date", "title", "kind"):
        if column not in columns:
            yield f"the column {column!r} is missing", "name it in the first line"


def _csv_rows(reader: Any, columns: list[str], file: str) -> Iterator[Raw]:
    start = reader.line_num + 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if len(cells) == len(columns):
                yield _csv_record(dict(zip(columns, cells, strict=True))), OneLine(line)
            elif cells:
                what = f"{len(cells)} cells where {len(columns)} columns are named"
                yield Fault(file, line, what, "check commas and quotes"), OneLine(line)
    except csv.Error as error:
        raise refuse(file, start, f"this is no CSV: {error}", "check the quotes") from None


def _csv_record(cells: dict[str, str]) -> dict[str, Any]:
    row = {column: text for column, cell in cells.items() if (text := _tidy(cell))}
    account: dict[str, Any] = {
        name: row[column] for column, name in _ACCOUNT_COLUMNS.items() if column in row
    }
    if "at" in account:
        account["at"] = _split(account["at"])
    if "date" not in row and "title" not in row:
        return {"account": "", "event": row.get("id", ""), **account}
    event: dict[str, Any] = {
        column: _split(row[column]) if column in _LISTS else row[column]
        for column in _EVENT_COLUMNS
        if column in row
    }
    return {"event": row.get("id", ""), **event, **({"accounts": [account]} if account else {})}


def _split(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";")]
