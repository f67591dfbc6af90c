"""Workbooks of spreadsheets: XLSX, XLS and ODS, with the values of formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import python_calamine

from chronology.importing.header_row import LINES, find_header
from chronology.importing.tables import Row, Table, Unreadable, fitted, named


def read(path: Path, settings: Mapping[str, str]) -> Table:
    """The table of one sheet; `settings` may name the sheet and the row of its header."""
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        names = workbook.sheet_names
        filled = [name for name in names if _grid(workbook, name)]
    except (python_calamine.CalamineError, OSError) as error:
        raise Unreadable(
            f"{path} cannot be read: {error}; save it again as .xlsx or .ods"
        ) from None
    if not filled:
        raise Unreadable(f"{path} is empty; save the table again")
    chosen = settings.get("sheet") or filled[0]
    if chosen not in names:
        raise Unreadable(f"there is no sheet {chosen!r}; sheets: {', '.join(names)}")
    cells = _grid(workbook, chosen)
    merged = _fill_merged(workbook, chosen, cells)
    header = _header(settings.get("header"), cells)
    # The columns of the widest row, without those that are empty everywhere.
    columns = named(cells[header] if header >= 0 else [""] * len(cells[0]))

    def rows() -> Iterator[Row]:
        for number, row in islice(enumerate(cells, 1), header + 1, None):
            yield fitted(number, row, len(columns))

    notes = [f"the sheet {n!r} is left out; import it with --sheet" for n in filled if n != chosen]
    above = [" ".join(filter(None, row)) for row in cells[: max(header, 0)]]
    notes += [f"row {n}, above the header, is left out: {t}" for n, t in enumerate(above, 1) if t]
    if merged:
        notes.append(f"merged cells: {merged} cells have the value of the cell above them")
    return Table(columns, rows, settings={"sheet": chosen, "header": str(header + 1)}, notes=notes)


def _header(setting: str | None, cells: list[list[str]]) -> int:
    if setting is None:
        found = find_header(cells[:LINES])
        return -1 if found is None else found
    if not setting.isdecimal() or int(setting) > len(cells):
        raise Unreadable(f"header: {setting!r} is not the number of a row; 0 is for none")
    return int(setting) - 1


def _grid(workbook: Any, name: str) -> list[list[str]]:
    rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    texts = [[cell_text(value) for value in row] for row in rows]
    width = max((n for row in texts for n, text in enumerate(row, 1) if text.strip()), default=0)
    return [row[:width] for row in texts] if width else []


def _fill_merged(workbook: Any, name: str, cells: list[list[str]]) -> int:
    """Gives merged cells of a column the value of the first; returns how many there are."""
    ranges = getattr(workbook.get_sheet_by_name(name), "merged_cell_ranges", None) or []
    count = 0
    for (top, left), (bottom, _) in ranges:
        for row in cells[top + 1 : bottom + 1]:
            if left < len(row) and not row[left]:
                row[left] = cells[top][left]
                count += 1
    return count


def cell_text(value: Any) -> str:
    """The value of a cell as a text; dates and times as ISO 8601 writes them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        has_time = value.time() != time.min
        return value.isoformat(" ", "seconds") if has_time else value.date().isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value)
