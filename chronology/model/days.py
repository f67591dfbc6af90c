"""Days as numbers: days since 1970-01-01 in the proleptic Gregorian calendar."""

from __future__ import annotations

from datetime import date

EPOCH = date(1970, 1, 1).toordinal()
FIRST, LAST = -4_371_587, 2_932_896
"""The first day of the year -9999 and the last one of 9999."""


def number(day: date) -> int:
    """The number of a day."""
    return day.toordinal() - EPOCH
