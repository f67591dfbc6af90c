"""Find the line of a table that names its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chronology.importing.tables import clean
from chronology.model import written_dates
from chronology.model.errors import DateError

LINES = 20
"""The header is one of the first lines."""
_NUMBER = re.compile(r"[-+]?[\d.,:]*\d[\d.,:]*")


def find_header(rows: Sequence[Sequence[str]]) -> int | None:
    """The index of the header among the first rows; None if the first full row has values.

    Titles and empty lines may be above it. A row of values has a number or a date in it.
    """
    widths = [sum(1 for cell in row if cell.strip()) for row in rows]
    widest = max(widths, default=0)
    for index, row in enumerate(rows):
        if widths[index] * 10 >= widest * 6 and widths[index] >= min(2, widest):
            return None if any(map(_is_value, row)) else index
    return None


def _is_value(cell: str) -> bool:
    cell = clean(cell)
    if not re.search(r"\d", cell):
        return False
    if _NUMBER.fullmatch(cell):
        return True
    try:
        written_dates.read(cell)
    except DateError:
        return False
    return True
