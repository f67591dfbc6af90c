"""Days of the proleptic Gregorian calendar from the year -9999 to 9999, as numbers.

Days are counted from 1970-01-01. `datetime.date` begins with the year 1; years are counted here as
astronomers do: 0 is 1 BC, -43 is 44 BC.
"""

from __future__ import annotations

from calendar import isleap
from datetime import MAXYEAR, MINYEAR, date

EPOCH = date(1970, 1, 1).toordinal()
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# The calendar repeats itself.
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097


class Day(int):
    """A day as the number of days since 1970-01-01. Its text is ISO 8601: `1944-10-14`."""

    __slots__ = ()

    @property
    def date(self) -> date | None:
        """The same day as `datetime.date`; None before the year 1."""
        ordinal = int(self) + EPOCH
        return date.fromordinal(ordinal) if ordinal > 0 else None

    @property
    def parts(self) -> tuple[int, int, int]:
        """The year, the month and the day of the month."""
        return civil(self)

    @property
    def year(self) -> int:
        return self.parts[0]

    @property
    def month(self) -> int:
        return self.parts[1]

    @property
    def day(self) -> int:
        return self.parts[2]

    def isoformat(self) -> str:
        """The day as EDTF writes it, with a sign before the year 0: `-0043-03-15`."""
        return text(self)

    def __str__(self) -> str:
        return text(self)

    def __repr__(self) -> str:
        return f"Day.of({', '.join(map(str, self.parts))})"

    def __bool__(self) -> bool:
        """True, also for 1970-01-01, so that `day or other` asks whether a day is known."""
        return True

    def __add__(self, days: int) -> Day:
        return Day(int(self) + days)

    @staticmethod
    def of(year: int, month: int, day: int) -> Day:
        """A day by its date; raises ValueError if the date does not exist."""
        cycles = 0
        if not MINYEAR <= year <= MAXYEAR:
            cycles, before = divmod(year - 1, _CYCLE_YEARS)
            year = before + 1
        return Day(date(year, month, day).toordinal() + cycles * _CYCLE_DAYS - EPOCH)


FIRST, LAST = Day.of(-9999, 1, 1), Day.of(9999, 12, 31)
_FIRST_DATE = 1 - EPOCH
of = Day.of


def number(day: date | Day) -> int:
    """The number of a day."""
    return int(day) if isinstance(day, Day) else day.toordinal() - EPOCH


def civil(number: int) -> tuple[int, int, int]:
    """The year, the month and the day of a number."""
    cycles, before = divmod(int(number) + EPOCH - 1, _CYCLE_DAYS)
    found = date.fromordinal(before + 1)
    return found.year + _CYCLE_YEARS * cycles, found.month, found.day


def text(number: int) -> str:
    """A day in ISO 8601, with a sign before the year 0."""
    if _FIRST_DATE <= number <= LAST:
        return date.fromordinal(number + EPOCH).isoformat()
    year, month, day = civil(number)
    return f"{year_text(year)}-{month:02}-{day:02}"


def year_text(year: int) -> str:
    """A year with four digits: `0079`, `-0043`."""
    return f"{'-' if year < 0 else ''}{abs(year):04}"


def length_of_month(year: int, month: int) -> int:
    """The number of days of a month."""
    return _LENGTHS[month - 1] + (month == 2 and isleap(year))
