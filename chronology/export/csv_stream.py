"""CSV (RFC 4180), with a guard against formulas of spreadsheets.

`to_csv` writes rows that are in memory. A list of events is streamed from one state of the log:
`store_numbers` stores the numbers of its rows in order, and `read_rows` then has SQLite write the
rows piece by piece. Each piece is a short transaction, so that slow readers do not block writers.
A row that has changed since is read from `history`.
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

from chronology.export.numbers import plain_number, plain_value
from chronology.index.selection import EventFilter
from chronology.projections import tables
from chronology.store.database import snapshot
from chronology.timeline.as_of import CURRENT_AT

BOM = "\ufeff"
"""The first character of a file, by which spreadsheets recognise UTF-8."""
PIECE = 2_000
"""The number of rows in a piece."""
_NUMBER_BYTES = 8
_MAX_CELLS = 100
"""A function of SQLite has at most 127 arguments."""
_QUOTED = "TEXT"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# The opening quote of a text that a spreadsheet would run as a formula. Quotes within a text are
# doubled, so that a single quote after a comma or at the start of a row opens a text.
_FORMULA = re.compile(rf'"(?=[{re.escape("".join(_FORMULA_STARTS))}])(?<![^,\n]")'.encode("ascii"))
_END = b"\r\n"


def escape_formula(value: Any) -> Any:
    """A value for a spreadsheet, with an apostrophe before a text that would run as a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def guarded(value: Any) -> Any:
    """A value for a spreadsheet: no formula, and a number in digits alone."""
    return plain_value(escape_formula(value))


def to_csv(
    rows: Iterable[Iterable[Any]], *, guard: bool, quoting: Literal[0, 2] = csv.QUOTE_MINIMAL
) -> str:
    """Rows as CSV with CRLF line ends, with or without the guard against formulas."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=quoting)
    convert = guarded if guard else plain_value
    writer.writerows(map(convert, row) for row in rows)
    return target.getvalue()


class StoredRows(NamedTuple):
    """The table of the rows whose numbers are stored, and the position of the log."""

    table: str
    position: int


def store_numbers(
    db: sqlite3.Connection,
    selected: EventFilter,
    order: str,
    numbers: IO[bytes],
) -> StoredRows:
    """Writes the numbers of the selected rows to a file, in order."""
    where = f"WHERE {selected.sql}" if selected.sql else ""
    sql = f"SELECT number FROM {selected.table} {where} ORDER BY {order}"
    with snapshot(db):
        tracked = tables.tracked(db)
        rows = db.execute(sql, selected.params)
        while piece := rows.fetchmany(PIECE):
            array("q", [number for (number,) in piece]).tofile(numbers)
    return StoredRows(selected.table, tracked.position if tracked else 0)


def read_numbers(numbers: IO[bytes]) -> Iterator[list[int]]:
    """The numbers in a file, piece by piece."""
    numbers.seek(0)
    while piece := numbers.read(PIECE * _NUMBER_BYTES):
        yield array("q", piece).tolist()


def columns(db: sqlite3.Connection) -> dict[str, str]:
    """The types of the columns of `events`, by name."""
    return {name: kind for _, name, kind, *_ in db.execute("PRAGMA table_info(events)")}


def header(names: Sequence[str]) -> bytes:
    """The header line in UTF-8."""
    return to_csv([names], guard=True, quoting=csv.QUOTE_NONNUMERIC).encode()


def read_rows(
    db: sqlite3.Connection, stored: StoredRows, numbers: list[int], types: Mapping[str, str]
) -> bytes:
    """Some of the stored rows as CSV in UTF-8, in the order of their numbers.

    `types` are the columns to write, with their types. Texts are in quotes; those that a
    spreadsheet would run as formulas begin with an apostrophe.
    """
    params = {"numbers": json.dumps(numbers), "as_of": stored.position}
    db.create_function("plain_number", 1, plain_number, deterministic=True)
    with snapshot(db):
        # Usually no row has changed and none has a formula: then one query writes them all.
        count, text = db.execute(_all_rows_sql(stored.table, types), params).fetchone()
        if count == len(numbers) and not _FORMULA.search(text or b""):
            return text + _END if numbers else b""
        lines = dict(db.execute(_unchanged_rows_sql(stored.table, types), params).fetchall())
        if len(lines) < len(numbers):
            changed = [number for number in numbers if number not in lines]
            params["numbers"] = json.dumps(changed)
            lines.update(db.execute(_past_rows_sql(types), params).fetchall())
    escaped = [_FORMULA.sub(b"\"'", lines[number]) for number in numbers]
    return _END.join([*escaped, b""])


def _all_rows_sql(table: str, types: Mapping[str, str]) -> str:
    """The number of rows that have not changed, and their lines as one text."""
    # CROSS JOIN keeps the order of the numbers.
    return (
        f"SELECT count(*), CAST(group_concat({_line_sql(table, types)}, char(13, 10)) AS BLOB)"
        f" FROM {_source_sql(table)}"
    )


def _unchanged_rows_sql(table: str, types: Mapping[str, str]) -> str:
    return (
        f"SELECT {table}.number, CAST({_line_sql(table, types)} AS BLOB) FROM {_source_sql(table)}"
    )


def _source_sql(table: str) -> str:
    # Of a version only its end changes, which is not written.
    unchanged = " WHERE events.position <= :as_of" if table == "events" else ""
    return (
        f"json_each(:numbers) AS selected CROSS JOIN {table}"
        f" ON {table}.number = selected.value{unchanged}"
    )


def _past_rows_sql(types: Mapping[str, str]) -> str:
    """Past versions by the number of their event, which is the position of its first record."""
    return (
        f"SELECT selected.value, CAST({_line_sql('history', types)} AS BLOB)"
        " FROM json_each(:numbers) AS selected"
        " CROSS JOIN log ON log.position = selected.value"
        " CROSS JOIN history ON history.id = substr(log.stream, length('event/') + 1)"
        f" AND {CURRENT_AT}"
    )


def _line_sql(table: str, types: Mapping[str, str]) -> str:
    """An expression for a row as one line: `%w` doubles the quotes within a text."""
    cells = [
        ('"%w"' if kind == _QUOTED else "%s", _value_sql(_column_sql(table, name), kind))
        for name, kind in types.items()
    ]
    parts = [cells[start : start + _MAX_CELLS] for start in range(0, len(cells), _MAX_CELLS)]
    return " || ',' || ".join(
        f"printf('{','.join(form for form, _ in part)}', {', '.join(value for _, value in part)})"
        for part in parts
    )


def _column_sql(table: str, name: str) -> str:
    """A column of `events`; for `history`, `number` is that of the event."""
    if (table, name) == ("history", "number"):
        return "(SELECT position FROM log WHERE stream = 'event/' || history.id AND version = 1)"
    return f'{table}."{name}"'


def _value_sql(name: str, kind: str) -> str:
    if kind == _QUOTED:
        return f"ifnull({name}, '')"
    if kind == "INTEGER":
        return f"ifnull({name}, '\"\"')"
    # SQLite writes 15 digits of a number, and some with an exponent.
    return (
        f"CASE WHEN {name} IS NULL THEN '\"\"'"
        f" WHEN CAST(CAST({name} AS TEXT) AS REAL) = {name}"
        f" AND ({name} = 0 OR abs({name}) BETWEEN 0.001 AND 1e14) THEN {name}"
        f" ELSE plain_number({name}) END"
    )
