"""CSV (RFC 4180): how rows are written, and the guard against formulas of spreadsheets.

`text` writes rows that are in memory. `lines` has SQLite write the rows of a list of events, from
one state of the log however long it takes: first the numbers of the rows are stored in their
order. The rows are then read piece by piece, each in a short transaction, so that a slow reader
holds up no writer. A row that has changed since is read from `history` as it was.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, Literal, NamedTuple

from chronology.index.selection import EventFilter
from chronology.projections import tables
from chronology.store.database import snapshot
from chronology.timeline.as_of import CURRENT_AT

BOM = "\ufeff"
"""At the beginning of a file, so that spreadsheets read it as UTF-8."""
PIECE = 2_000
"""Rows in a piece."""
_NUMBER_BYTES = 8
_QUOTED = "TEXT"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# The quote before a text that a spreadsheet would run. Within a text quotes are doubled, so that
# a single one after a comma, or at the beginning of a row, opens a text.
_FORMULA = re.compile(rf'"(?=[{re.escape("".join(_FORMULA_STARTS))}])(?<![^,\n]")'.encode("ascii"))
_END = b"\r\n"


def guarded(value: Any) -> Any:
    """A value for a spreadsheet: an apostrophe makes a formula text, numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def text(
    rows: Iterable[Iterable[Any]], *, guard: bool, quoting: Literal[0, 2] = csv.QUOTE_MINIMAL
) -> str:
    """Rows as CSV, lines ended by CRLF; with or without the guard against formulas."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=quoting)
    writer.writerows(map(guarded, row) if guard else row for row in rows)
    return target.getvalue()


class Fixed(NamedTuple):
    """What a sheet holds: the table, and the state of the log that it is of."""

    table: str
    position: int


def fix(
    db: sqlite3.Connection,
    selected: EventFilter,
    order: str,
    numbers: IO[bytes],
) -> Fixed:
    """Writes the numbers of the selected rows to a file, in order."""
    where = f"WHERE {selected.sql}" if selected.sql else ""
    sql = f"SELECT number FROM {selected.table} {where} ORDER BY {order}"
    with snapshot(db):
        tracked = tables.tracked(db)
        rows = db.execute(sql, selected.params)
        while found := rows.fetchmany(PIECE):
            array("q", [number for (number,) in found]).tofile(numbers)
    return Fixed(selected.table, tracked.position if tracked else 0)


def pieces(numbers: IO[bytes]) -> Iterator[list[int]]:
    """The numbers in a file, piece by piece."""
    numbers.seek(0)
    while read := numbers.read(PIECE * _NUMBER_BYTES):
        yield array("q", read).tolist()


def columns(db: sqlite3.Connection) -> dict[str, str]:
    """The columns of `events` with their types."""
    return {name: kind for _, name, kind, *_ in db.execute("PRAGMA table_info(events)")}


def header(names: Sequence[str]) -> bytes:
    """The first line."""
    return text([names], guard=True, quoting=csv.QUOTE_NONNUMERIC).encode()


def lines(
    db: sqlite3.Connection, fixed: Fixed, numbers: list[int], chosen: Mapping[str, str]
) -> bytes:
    """The lines of some rows in UTF-8, in the order of their numbers, ended by CRLF.

    Texts are in quotes; one that a spreadsheet would run is led by an apostrophe.

    `chosen` are the columns with their types.
    """
    given = {"numbers": json.dumps(numbers), "as_of": fixed.position}
    with snapshot(db):
        # Nearly always nothing has changed, and there is no formula: then SQLite makes all of it.
        count, text = db.execute(_whole(fixed.table, chosen), given).fetchone()
        if count == len(numbers) and not _FORMULA.search(text or b""):
            return text + _END if numbers else b""
        found = dict(db.execute(_held(fixed.table, chosen), given).fetchall())
        if len(found) < len(numbers):
            changed = [number for number in numbers if number not in found]
            given["numbers"] = json.dumps(changed)
            found.update(db.execute(_as_of(chosen), given).fetchall())
    rows = [_FORMULA.sub(b"\"'", found[number]) for number in numbers]
    return _END.join([*rows, b""])


def _whole(table: str, chosen: Mapping[str, str]) -> str:
    """How many of the rows are as they were, and their lines in one text."""
    # CROSS JOIN keeps the order of the numbers.
    return (
        f"SELECT count(*), CAST(group_concat({_line(table, chosen)}, char(13, 10)) AS BLOB)"
        f" FROM {_wanted(table)}"
    )


def _held(table: str, chosen: Mapping[str, str]) -> str:
    return f"SELECT {table}.number, CAST({_line(table, chosen)} AS BLOB) FROM {_wanted(table)}"


def _wanted(table: str) -> str:
    # What a state tells does not change, but for when it ends, which is not told here.
    unchanged = " WHERE events.position <= :as_of" if table == "events" else ""
    return (
        f"json_each(:numbers) AS wanted CROSS JOIN {table}"
        f" ON {table}.number = wanted.value{unchanged}"
    )


def _as_of(chosen: Mapping[str, str]) -> str:
    """Events by number as they were: the number is the position of the event's first record."""
    return (
        f"SELECT wanted.value, CAST({_line('history', chosen)} AS BLOB)"
        " FROM json_each(:numbers) AS wanted"
        " CROSS JOIN log ON log.position = wanted.value"
        " CROSS JOIN history ON history.id = substr(log.stream, length('event/') + 1)"
        f" AND {CURRENT_AT}"
    )


def _line(table: str, chosen: Mapping[str, str]) -> str:
    """A row as one text: `%w` doubles the quotes within a text."""
    form = ",".join('"%w"' if kind == _QUOTED else "%s" for kind in chosen.values())
    values = [_value(_cell(table, name), kind) for name, kind in chosen.items()]
    return f"printf('{form}', {', '.join(values)})"


def _cell(table: str, name: str) -> str:
    """A column of `events`; a state in `history` has the number of its event."""
    if (table, name) == ("history", "number"):
        return "(SELECT position FROM log WHERE stream = 'event/' || history.id AND version = 1)"
    return f'{table}."{name}"'


def _value(name: str, kind: str) -> str:
    if kind == _QUOTED:
        return f"ifnull({name}, '')"
    if kind == "INTEGER":
        return f"ifnull({name}, '\"\"')"
    # SQLite tells 15 digits of a number, enough for degrees, unless asked for more.
    return (
        f"CASE WHEN {name} IS NULL THEN '\"\"'"
        f" WHEN CAST(CAST({name} AS TEXT) AS REAL) = {name} THEN {name}"
        f" ELSE printf('%!.17g', {name}) END"
    )
