"""Batches in CSV: one event per row, with an account in the same row or in rows after it.

The batch header is not in the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, BinaryIO

from chronology.batches import source_text
from chronology.batches.source_text import RawRecord, SingleLine, normalise, refusal
from chronology.model.errors import BatchRefused, Fault

_LISTS = ("places", "formations", "people", "links", "media")
_EVENT_COLUMNS = (
    "date",
    "title",
    "kind",
    "summary",
    "basis",
    "sequence",
    "calendar",
    "as_written",
    "importance",
    "latitude",
    "longitude",
    "geometry",
    *_LISTS,
)
_MAPS = ("tags", "quantities")
"""Fields whose keys are in the names of their columns: `tags.country`, `quantities.mass_kg`."""
_ACCOUNT_COLUMNS = {
    "source": "source",
    "at": "at",
    "says": "says",
    "stance": "stance",
    "by": "by",
    "said": "said",
    "said_as_written": "said_as_written",
    "account_date": "date",
    "account_calendar": "calendar",
    "account_as_written": "as_written",
    "account_basis": "basis",
}


def read(stream: BinaryIO, file: str) -> tuple[RawRecord, Iterator[RawRecord]]:
    """An empty header and the records of the rows; a row with missing cells becomes a `Fault`."""
    lines = _Lines(stream, file)
    reader = csv.reader(lines, strict=True)
    try:
        columns = [column.strip() for column in next(reader, [])]
    except csv.Error as error:
        raise refusal(file, 1, f"invalid CSV: {error}", "check the quotes") from None
    faults = [
        Fault(file, 1, description, remedy) for description, remedy in _column_faults(columns)
    ]
    if faults:
        raise BatchRefused(faults)
    return ({}, SingleLine(1)), _csv_rows(reader, lines, columns, file)


class _Lines:
    """The lines of a file as text; raises for a row of more than 1 MiB.

    A row has several lines if its cells contain line breaks.
    """

    def __init__(self, stream: BinaryIO, file: str) -> None:
        self._numbered = source_text.numbered_lines(stream, file)
        self._file = file
        self._row_bytes = 0

    def end_row(self) -> None:
        self._row_bytes = 0

    def __iter__(self) -> Iterator[str]:
        for number, line in self._numbered:
            self._row_bytes += len(line)
            if self._row_bytes > source_text.MAX_LINE_BYTES:
                description = "the row is longer than 1 MiB"
                raise refusal(self._file, number, description, "check the quotes, or split it")
            yield source_text.decode(line, self._file, number).replace("\r\n", "\n")


def _column_faults(columns: list[str]) -> Iterator[tuple[str, str]]:
    known = ("id", *_EVENT_COLUMNS, "part_of", *_ACCOUNT_COLUMNS)
    for number, column in enumerate(columns):
        if column not in known and not _is_of_map(column):
            others = ", ".join(f"{field}.NAME" for field in _MAPS)
            yield f"{column!r} is not a column", f"columns: {', '.join(known)}, {others}"
        elif column in columns[:number]:
            yield f"the column {column!r} occurs twice", "keep one of them"
    for column in ("id", "date", "title", "kind"):
        if column not in columns:
            yield f"the column {column!r} is missing", "add it to the first line"


def _csv_rows(reader: Any, lines: _Lines, columns: list[str], file: str) -> Iterator[RawRecord]:
    start = reader.line_num + 1
    lines.end_row()
    try:
        for cells in reader:
            lines.end_row()
            line, start = start, reader.line_num + 1
            if len(cells) == len(columns):
                yield _csv_record(dict(zip(columns, cells, strict=True))), SingleLine(line)
            elif cells:
                description = f"{len(cells)} cells for {len(columns)} columns"
                yield (
                    Fault(file, line, description, "check the commas and quotes"),
                    SingleLine(line),
                )
    except csv.Error as error:
        raise refusal(file, start, f"invalid CSV: {error}", "check the quotes") from None


def _csv_record(cells: dict[str, str]) -> dict[str, Any]:
    row = {column: text for column, cell in cells.items() if (text := normalise(cell))}
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
    if "part_of" in row:
        event["related"] = [{"event": o, "as": "part-of"} for o in _split(row["part_of"])]
    for column in filter(_is_of_map, row):
        field, _, key = column.partition(".")
        value = _split(row[column]) if field == "tags" else row[column]
        event.setdefault(field, {})[key] = value
    return {"event": row.get("id", ""), **event, **({"accounts": [account]} if account else {})}


def _is_of_map(column: str) -> bool:
    field, _, key = column.partition(".")
    return field in _MAPS and bool(key)


def _split(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";")]
