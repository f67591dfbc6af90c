"""Days as numbers: days since 1970-01-01 in the proleptic Gregorian calendar."""

from __future__ import annotations

from datetime import date

EPOCH = date(1970, 1, 1).toordinal()
FIRST, LAST = -4_371_587, 2_932_896
"""The first day of the year -9999 and the last one of 9999."""


def number(day: date) -> int:
    """The number of a day."""
    return day.toordinal() - EPOCH


def of(year: int, month: int, day: int) -> int:
    """The number of a day of any year; the year 0 is 1 BC.

    As in https://howardhinnant.github.io/date_algorithms.html: years begin in March, so that the
    leap day is the last, and 400 years have 146,097 days.
    """
    era, year_of_era = divmod(year - (month <= 2), 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = 365 * year_of_era + year_of_era // 4 - year_of_era // 100 + day_of_year
    return 146_097 * era + days - 719_468


def civil(number: int) -> tuple[int, int, int]:
    """The year, the month and the day of a number."""
    era, day = divmod(number + 719_468, 146_097)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day_of_year = day - (365 * year + year // 4 - year // 100)
    from_march = (5 * day_of_year + 2) // 153
    month = from_march + 3 if from_march < 10 else from_march - 9
    return 400 * era + year + (month <= 2), month, day_of_year - (153 * from_march + 2) // 5 + 1


def text(number: int) -> str:
    """A day in ISO 8601, with a sign before the year 0."""
    year, month, day = civil(number)
    return f"{'-' if year < 0 else ''}{abs(year):04}-{month:02}-{day:02}"
