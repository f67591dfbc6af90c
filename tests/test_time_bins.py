"""Bins of time: they cover the window, are few, and count each event once in each."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from edtf_dates import points
from hypothesis import given
from hypothesis import strategies as st

from chronology.model.days import Day, number
from chronology.model.edtf import parse
from chronology.model.errors import DateError
from chronology.model.instants import instants
from chronology.web.pages import day_histogram
from chronology.web.pages.time_bins import MAX_BINS, Bin, Division, divide, of_window

DAY = 86_400
WINDOWS = st.tuples(
    st.dates(), st.sampled_from([0, 2, 90, 365, 3_000, 22_000, 550_000, 3_600_000])
).map(lambda pair: (pair[0], _later(*pair)))


def _later(first: date, days: int) -> date:
    return date.fromordinal(min(first.toordinal() + days, date.max.toordinal()))


def division_of(first: date | Day, last: date | Day) -> Division:
    return divide(number(first) * DAY, (number(last) + 1) * DAY)


def days_of(each: Bin) -> tuple[Day, Day]:
    """The first and the last day of a bin."""
    return Day(each.start // DAY), Day((each.end - 1) // DAY)


@given(WINDOWS)
def test_bins_cover_the_window_without_gaps_and_are_few(window: tuple[date, date]) -> None:
    division = division_of(*window)
    assert 1 <= len(division.bins) <= MAX_BINS + 1
    assert len(division.sections) <= 12
    assert days_of(division.bins[0])[0] <= number(window[0])
    assert days_of(division.bins[-1])[1] >= number(window[1])
    for one, next_one in pairwise(division.bins):
        assert one.end == next_one.start


@given(WINDOWS)
def test_the_name_of_a_bin_is_a_date_of_its_days(window: tuple[date, date]) -> None:
    for each in division_of(*window).bins:
        named = parse(each.name)
        assert (named.earliest, named.latest) == days_of(each)


@pytest.mark.parametrize(
    ("window", "headings"),
    [
        ("1945/1998", ["1940s", "1950s", "1960s", "1970s", "1980s", "1990s"]),
        ("1900-01/1900-05", ["Jan 1900", "Feb 1900", "Mar 1900", "Apr 1900", "May 1900"]),
        ("1900-01/1900-02", ["January 1900", "February 1900"]),
        ("-0063/0150", ["101–2 BC", "1 BC–99", "100–199"]),
        ("0001/0030", ["1 BC–9", "10s", "20s", "30s"]),
    ],
)
def test_the_headings_name_the_years_of_their_sections(window: str, headings: list[str]) -> None:
    span = parse(window)
    assert span.earliest
    assert span.latest
    sections = division_of(span.earliest, span.latest).sections
    assert [section.heading for section in sections] == headings


@pytest.mark.parametrize("window", ["-0063/0400", "1945/1998", "0500/1992", "1939/1945"])
def test_no_label_is_written_where_the_edge_would_cut_it(window: str) -> None:
    span = parse(window)
    assert span.earliest
    assert span.latest
    bins = division_of(span.earliest, span.latest).bins
    shown = [number / len(bins) for number, each in enumerate(bins) if each.label and each.rank]
    few = [number / len(bins) for number, each in enumerate(bins) if each.label and each.rank == 2]
    assert max(shown) <= 0.98
    assert max(few) <= 0.92


@pytest.mark.parametrize(
    ("window", "unit", "count", "labels"),
    [
        ("1944-09/1944-11", "day", 91, ["1", "2", "3"]),
        ("2020/2020", "week", 53, ["Jan", "Feb", "Mar"]),
        ("1939/1945", "month", 84, ["1939", "1940", "1941"]),
        ("1960/1980", "quarter", 84, ["1960", "1962", "1964"]),
        ("1945/1998", "year", 54, ["1945", "1950", "1955"]),
        ("0501/1993", "10 years", 150, ["500", "600", "700"]),
        ("0001/9999", "50 years", 200, ["500", "1000", "1500"]),
    ],
)
def test_the_unit_fits_the_window(window: str, unit: str, count: int, labels: list[str]) -> None:
    span = parse(window)
    assert span.earliest
    assert span.latest
    division = division_of(span.earliest, span.latest)
    assert (division.unit, len(division.bins)) == (unit, count)
    assert [each.label for each in division.bins if each.label][:3] == labels


@pytest.mark.parametrize(
    ("window", "unit", "count", "labels", "name"),
    [
        ("1972-12-12T00:00/1972-12-12T02:59", "minute", 180, ["00", "01"], "1972-12-12T00:00"),
        (
            "1972-12-12T00:00/1972-12-12T07:59",
            *("5 minutes", 96, ["00", "05"], "1972-12-12T00:00/1972-12-12T00:04"),
        ),
        (
            "1972-12-12",
            *("quarter of an hour", 96, ["00:00", "02:00"], "1972-12-12T00:00/1972-12-12T00:14"),
        ),
        (
            "1972-12-11/1972-12-13",
            "hour",
            72,
            ["00:00", "06:00"],
            "1972-12-11T00:00/1972-12-11T00:59",
        ),
        ("1972-12-01/1972-12-10", "day", 10, ["1", "2"], "1972-12-01"),
    ],
)
def test_events_with_times_have_bins_below_a_day(
    window: str, unit: str, count: int, labels: list[str], name: str
) -> None:
    ((start, end),) = instants(parse(window)).spans
    assert start is not None
    assert end is not None
    division = divide(start, end, by_time=True)
    assert (division.unit, len(division.bins)) == (unit, count)
    assert [each.label for each in division.bins if each.label][:2] == labels
    assert division.bins[0].name == name
    for each in division.bins:
        ((first, last),) = instants(parse(each.name)).spans
        # The name of an interval goes from its first minute to its last.
        assert (first, last) == (each.start, each.end)


def test_events_without_times_have_no_bins_below_a_day() -> None:
    drawn = day_histogram.histogram(
        of_window(parse("1972-12-12"), by_time=False), [], Counter({("1972-12-12", None): 2})
    )
    assert drawn["unit"] == "day"


def test_a_time_counts_in_its_bin_and_a_day_in_parts_in_all() -> None:
    dated = Counter({("1972-12-12T17:05Z", None): 2, ("1972-12-12", None): 1})
    drawn = day_histogram.histogram(of_window(parse("1972-12-12"), by_time=True), [], dated)
    bars = [bar["words"] for section in drawn["sections"] for bar in section["bars"]]
    assert bars[68].startswith("12 December 1972, 17:00 to 17:15: 2 certain")
    assert bars[67].endswith("0 certain, probably 0 or 1 more")
    assert drawn["most"] == pytest.approx(2 + 1 / 96, abs=1e-4)


@given(
    st.sampled_from([3 * 3600, 8 * 3600, DAY, 3 * DAY]),
    st.lists(st.tuples(st.integers(0, 3 * DAY), st.integers(0, 9_000)), min_size=1, max_size=12),
)
def test_bins_below_a_day_sum_to_the_events(length: int, spans: list[tuple[int, int]]) -> None:
    start = number(date(1972, 12, 12)) * DAY
    division = divide(start, start + length, by_time=True)
    tally = day_histogram.Tally(division.edges, 1)
    expected = 0
    for second, more in spans:
        low, high = (_timed(start + s - s % 60) for s in (second, second + more))
        event = parse(low if low == high else f"[{low}..{high}]")
        tally.add(event, [0], 1)
        ((first, _),) = instants(event).spans
        expected += (first or 0) < division.edges[-1]
    assert sum(tally.certain[0]) + sum(tally.possible[0]) == pytest.approx(expected, abs=1e-3)


def _timed(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%MZ}"


def test_an_event_of_decades_counts_once_in_each_bin() -> None:
    window = parse("1940/1999")
    drawn = day_histogram.histogram(
        of_window(window, by_time=False), [], Counter({("1945/1978", None): 1})
    )
    words = [bar["words"] for section in drawn["sections"] for bar in section["bars"]]
    assert drawn["most"] == 1.0
    assert sum("1 certain" in text for text in words) == 34


@given(WINDOWS, st.lists(st.tuples(points, st.integers(1, 5)), min_size=1, max_size=12))
def test_bins_sum_to_the_events(window: tuple[date, date], dated: list[tuple[str, int]]) -> None:
    """A moment counts once in all bins together, a single day of a span in the bin that has it."""
    division = division_of(*window)
    tally = day_histogram.Tally(division.edges, 1)
    expected = 0
    first, last = days_of(division.bins[0])[0], days_of(division.bins[-1])[1]
    for text, count in dated:
        event = parse(text)
        tally.add(event, [0], count)
        assert event.earliest
        assert event.latest
        expected += count * (event.earliest <= last and event.latest >= first)
    assert sum(tally.certain[0]) + sum(tally.possible[0]) == pytest.approx(expected, abs=1e-3)


@given(
    WINDOWS,
    st.lists(st.tuples(st.integers(-400, 4_000), st.integers(0, 4_000), st.booleans()), max_size=6),
)
def test_bins_are_what_counting_day_by_day_gives(
    window: tuple[date, date], spans: list[tuple[int, int, bool]]
) -> None:
    division = division_of(window[0], min(window[1], _later(window[0], 5_000)))
    tally = day_histogram.Tally(division.edges, 1)
    certain, possible = Counter[int](), defaultdict[int, float](float)
    numbers = {
        day: index
        for index, each in enumerate(division.bins)
        for day in range(days_of(each)[0], days_of(each)[1] + 1)
    }
    for start, length, lasts in spans:
        try:
            low = window[0] + timedelta(days=start)
            high = low + timedelta(days=length)
            event = parse(f"{low}/{high}" if lasts else f"[{low}..{high}]")
        except (OverflowError, DateError):
            continue
        tally.add(event, [0], 1)
        days = [day for day in range(number(low), number(high) + 1) if day in numbers]
        if event.core:
            certain.update({numbers[day] for day in days})
        else:
            for day in days:
                possible[numbers[day]] += 1 / len(days)
    for index in range(len(division.bins)):
        assert tally.certain[0][index] == pytest.approx(certain[index], abs=1e-4)
        assert tally.possible[0][index] == pytest.approx(possible[index], abs=1e-4)
