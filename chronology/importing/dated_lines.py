"""Plain texts of dated lines, such as minutes: `15:27 - Text` under the heading of a day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from chronology.importing.delimited import find_encoding
from chronology.importing.tables import Row, Table, Unreadable, fitted
from chronology.model import written_dates
from chronology.model.errors import DateError

_HEADING = re.compile(r"(?:#+\s*|\*\*|==+\s*)?(.+?)(?:\*\*|\s*==+)?:?")
_LINE = re.compile(r"(?:[-*•]\s+)?(.{1,60}?)\s*(?:\s[-–—]\s|[–—|\t]|:\s)\s*(.*)")
_TIME = re.compile(
    r"\d{1,2}[:.h]\d\d(?:[:.]\d\d)?(?:\s*[ap]\.?m\.?)?(?:\s+[A-Z]{2,5})?", re.IGNORECASE
)
COLUMNS = ["date", "time", "text"]


def read(path: Path, settings: Mapping[str, str]) -> Table:
    """The lines that begin with a time or a date; others continue the line before them."""
    encoding = settings.get("encoding") or find_encoding(path)
    try:
        lines = path.read_text(encoding).splitlines()
    except UnicodeError as error:
        raise Unreadable(
            f"{path} is not {encoding}: {error}; name its encoding in the map"
        ) from None
    rows, notes = _parsed(lines)
    if not rows:
        raise Unreadable(f"{path} has no lines that begin with a date or a time; write a table")

    def read_rows() -> Iterator[Row]:
        for number, cells in rows:
            yield fitted(number, cells, len(COLUMNS))

    roles = {"date": "date", "time": "time", "text": "title"}
    return Table(COLUMNS, read_rows, roles, {"encoding": encoding}, notes, unit="line")


def _parsed(lines: list[str]) -> tuple[list[tuple[int, list[str]]], list[str]]:
    rows: list[tuple[int, list[str]]] = []
    notes: list[str] = []
    day = ""
    for number, line in enumerate(map(str.strip, lines), 1):
        heading, entry = _HEADING.fullmatch(line), _LINE.fullmatch(line)
        if heading and _is_date(heading[1]):
            day = heading[1]
        elif entry and _TIME.fullmatch(entry[1]) and day:
            rows.append((number, [day, entry[1], entry[2]]))
        elif entry and _is_date(entry[1]):
            rows.append((number, [entry[1], "", entry[2]]))
        elif line and rows and not line.startswith("#"):
            rows[-1][1][2] += f"\n{line}"
        elif line:
            notes.append(f"line {number} is left out, since it has no date: {line}")
    return rows, notes


def _is_date(text: str) -> bool:
    if not re.search(r"\d", text):
        return False
    try:
        written_dates.read(text)
    except DateError:
        return False
    return True
