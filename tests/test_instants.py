"""Dates as instants: with times, with zones, and in step with their days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from edtf_dates import points
from hypothesis import given
from hypothesis import strategies as st

from chronology.model.edtf import parse
from chronology.model.instants import instants

DAY = 86_400


def seconds(text: str) -> int:
    """The seconds of a time; the Gregorian calendar repeats itself after 400 years."""
    year = int(text[: text.index("-", 1)])
    moment = datetime.fromisoformat(f"{year % 400 + 2000}{text[text.index('-', 1) :]}")
    cycles = year // 400 - 5
    return int(moment.replace(tzinfo=UTC).timestamp()) + cycles * 146_097 * DAY


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("1944-10-14", "1944-10-14T00:00", "1944-10-15T00:00"),
        ("1944-10-14T05:30", "1944-10-14T05:30", "1944-10-14T05:31"),
        ("1944-10-14T05:30:12", "1944-10-14T05:30:12", "1944-10-14T05:30:13"),
        ("1944-10-14T05:30+02:00", "1944-10-14T03:30", "1944-10-14T03:31"),
        ("1944-10-14T01:00:30+02:00", "1944-10-13T23:00:30", "1944-10-13T23:00:31"),
        ("1944-10-14T05:00/1944-10-14T17:30", "1944-10-14T05:00", "1944-10-14T17:30"),
        ("1944-10-14T05:00/1944-10-16", "1944-10-14T05:00", "1944-10-17T00:00"),
        ("0001-01-01T00:00", "0001-01-01T00:00", "0001-01-01T00:01"),
    ],
)
def test_certain_seconds_of_a_date(text: str, first: str, end: str) -> None:
    assert instants(parse(text)).core == (seconds(first), seconds(end))


@pytest.mark.parametrize("text", ["1944-10", "[1944-10-13,1944-10-14]", "1944-10-14/..", "../1944"])
def test_a_date_without_a_certain_day_has_no_certain_second(text: str) -> None:
    assert instants(parse(text)).core is None


def test_open_ends_stay_open_and_members_apart() -> None:
    assert instants(parse("1944-10-14T05:00/..")).spans == ((seconds("1944-10-14T05:00"), None),)
    days = instants(parse("[1944-10-01,1944-10-05..1944-10-07]")).spans
    assert [(end or 0) - (start or 0) for start, end in days] == [DAY, 3 * DAY]


@given(st.one_of(points))
def test_a_date_without_times_has_the_seconds_of_its_days(text: str) -> None:
    if "T" in text:
        return
    date = parse(text)
    ((start, end),) = instants(date).spans
    assert date.earliest
    assert date.latest
    assert start == seconds(date.earliest.isoformat())
    assert end is not None
    assert end - (start or 0) == (date.latest - date.earliest + 1) * DAY


@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timedelta(minutes=minutes)),
)
def test_the_same_moment_in_two_zones_is_one_instant(moment: datetime, offset: timedelta) -> None:
    moment = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    sign = "-" if offset < timedelta() else "+"
    local = (moment + offset).replace(tzinfo=None)
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    zone = f"{sign}{hours:02}:{minutes:02}" if offset else "Z"
    elsewhere = parse(f"{local.isoformat(timespec='minutes')}{zone}")
    here = parse(f"{moment.replace(tzinfo=None).isoformat(timespec='minutes')}Z")
    assert instants(elsewhere) == instants(here)
