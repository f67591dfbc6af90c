"""The calendars in which a date may be written: the Gregorian and the Julian one."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chronology.model.days import Day, length_of_month

_JULIAN_DAY_OF_1970 = 2_440_588  # at noon


class Calendar(NamedTuple):
    """A calendar: a day by its date, the date of a day, and the length of a month of a year."""

    name: str
    day: Callable[[int, int, int], Day]
    parts: Callable[[Day], tuple[int, int, int]]
    length_of_month: Callable[[int, int], int]


# convertdate takes long to import, and few chronologies need it.
def _julian_day(year: int, month: int, day: int) -> Day:
    from convertdate import julian

    return Day(int(julian.to_jd(year, month, day) + 0.5) - _JULIAN_DAY_OF_1970)


def _julian_parts(day: Day) -> tuple[int, int, int]:
    from convertdate import julian

    year, month, day_of_month = julian.from_jd(int(day) + _JULIAN_DAY_OF_1970)
    return int(year), int(month), int(day_of_month)


def _julian_length(year: int, month: int) -> int:
    from convertdate import julian

    return int(julian.month_length(year, month))


GREGORIAN = Calendar("Gregorian", Day.of, lambda day: day.parts, length_of_month)
JULIAN = Calendar("Julian", _julian_day, _julian_parts, _julian_length)
