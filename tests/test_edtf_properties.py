"""Properties that hold for every date of the profile."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from edtf_dates import FIRST, autumn, profile
from hypothesis import given
from hypothesis import strategies as st

from chronology.model.edtf import parse

AROUND = [FIRST + timedelta(days=n) for n in range(-10, 101)]


def possible(text: str) -> set[date]:
    """The days in and around the autumn that a text of such days may touch, one by one."""
    members = text.strip("[]").split(",")
    ends = [member.split("/" if "/" in text else "..") for member in members]
    return {
        day
        for day in AROUND
        for low, high in ((pair[0], pair[-1]) for pair in ends)
        if (low in ("", "..") or low <= str(day)) and (high in ("", "..") or str(day) <= high)
    }


@given(profile)
def test_a_date_is_written_as_it_was_read(text: str) -> None:
    read = parse(text)
    assert str(read) == text
    assert eval(repr(read)) == read
    assert eval(repr(read)).spans == read.spans


@given(profile)
def test_bounds_enclose_spans_that_ascend_apart(text: str) -> None:
    read = parse(text)
    assert read.earliest or read.latest
    ends = [day for span in read.spans for day in span if day]
    assert ends == sorted(ends)
    gaps = zip(read.spans, read.spans[1:], strict=False)
    assert all(low - high > 1 for (_, high), (low, _) in gaps if low and high)


@given(st.dates(max_value=date(9998, 12, 31)))
def test_a_day_lies_within_its_month_season_and_year(day: date) -> None:
    year = day.year if day.month > 2 else max(day.year - 1, 1)
    season = 20 + (day.month // 3 or 4)
    around = [f"{day:%Y}".zfill(4), day.isoformat()[:7], day.isoformat()[:9] + "X"]
    around += [f"{year:04}-{season}"] if (day.year, day.month // 3) != (1, 0) else []
    assert all(parse(day.isoformat()).within(parse(text)) for text in around)


@given(st.dates())
def test_a_month_ends_with_its_last_day(day: date) -> None:
    last = calendar.monthrange(day.year, day.month)[1]
    assert str(parse(day.isoformat()[:7]).latest) == str(day.replace(day=last))


@given(st.lists(st.dates(), min_size=3, max_size=3).map(sorted))
def test_a_day_lies_within_every_interval_around_it(dates: list[date]) -> None:
    start, day, end = dates
    for text in (f"{start}/{end}", f"{start}/..", f"../{end}"):
        assert parse(str(day)).within(parse(text))


@given(autumn, autumn)
def test_spans_overlap_and_within_agree_with_counting_the_days(text: str, other: str) -> None:
    one, two = parse(text), parse(other)
    counted = {day for day in AROUND if parse(str(day)).overlaps(one)}
    assert counted == possible(text)
    assert one.overlaps(two) == bool(possible(text) & possible(other))
    closed = one.earliest is not None and one.latest is not None
    assert one.within(two) == (closed and possible(text) <= possible(other))


@given(profile, profile)
def test_overlap_is_mutual_and_follows_from_lying_within(text: str, other: str) -> None:
    one, two = parse(text), parse(other)
    assert one.overlaps(two) == two.overlaps(one)
    assert one.overlaps(two) or not one.within(two)


@given(st.integers(-99_999_999_998, 99_999_999_998).filter(lambda year: abs(year) > 10_000))
def test_long_years_adjoin_and_are_as_long_as_the_calendar_says(year: int) -> None:
    one, following = parse(f"Y{year}"), parse(f"Y{year + 1}")

    assert one.earliest
    assert one.latest
    assert one.latest + 1 == following.earliest
    assert one.latest - one.earliest == 364 + calendar.isleap(year)
    assert parse(f"Y{year}/Y{year + 1}").overlaps(one)
