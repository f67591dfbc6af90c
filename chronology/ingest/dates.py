"""Checks of the window and the zero of a chronology, and of years that no column can carry."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from chronology.model.edtf import EventDate
from chronology.model.instants import is_zoned
from chronology.model.validation import FieldPath
from chronology.model.vocabulary import Chronology


def find_faults(fields: Chronology) -> Iterator[tuple[FieldPath, str, str]]:
    """The faults of a recorded or corrected chronology: path, description and remedy."""
    yield from long_year_faults("window", fields.window)
    zero = fields.zero
    if zero and not (zero.precision == "time" and is_zoned(zero)):
        description = f"the zero {zero} is not a time with a zone"
        yield ("zero",), description, "write it as 1972-12-07T05:33:00Z"


def long_year_faults(field: str, date: EventDate | None) -> Iterator[tuple[FieldPath, str, str]]:
    """The fault of a date of an event with a year for which `sort_key` has no exact number."""
    if date and "Y" in date.text:
        description = f"{date} is beyond the years -9999 to 9999, within which events are sorted"
        yield (field,), description, "record it as a statement of a subject instead"


def has_elapsed_dates(db: sqlite3.Connection) -> bool:
    """Whether the date of any event or account counts from the zero."""
    row = db.execute('SELECT 1 FROM log WHERE instr(data, \'"date":"T\') LIMIT 1').fetchone()
    return row is not None
