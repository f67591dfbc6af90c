"""Bins of time: they cover the window, are few, and count each event once in each."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise

import pytest
from edtf_dates import points
from hypothesis import given
from hypothesis import strategies as st

from chronology.model.edtf import parse
from chronology.model.errors import DateError
from chronology.web.pages import day_histogram
from chronology.web.pages.time_bins import MOST, Division, divide

WINDOWS = st.tuples(
    st.dates(), st.sampled_from([0, 2, 90, 365, 3_000, 22_000, 550_000, 3_600_000])
).map(lambda pair: (pair[0], _later(*pair)))


def _later(first: date, days: int) -> date:
    return date.fromordinal(min(first.toordinal() + days, date.max.toordinal()))


def edges(division: Division) -> list[int]:
    return [*(each.first.toordinal() for each in division.bins), division.bins[-1].end]


@given(WINDOWS)
def test_bins_cover_the_window_without_gaps_and_are_few(window: tuple[date, date]) -> None:
    division = divide(*window)
    assert 1 <= len(division.bins) <= MOST + 1
    assert len(division.sections) <= 12
    assert division.bins[0].first <= window[0]
    assert division.bins[-1].end > window[1].toordinal()
    for one, next_one in pairwise(division.bins):
        assert one.end == next_one.first.toordinal()


@given(WINDOWS)
def test_the_name_of_a_bin_is_a_date_of_its_days(window: tuple[date, date]) -> None:
    for each in divide(*window).bins:
        named = parse(each.name)
        assert named.earliest == each.first
        assert named.latest == date.fromordinal(each.end - 1)


@pytest.mark.parametrize(
    ("window", "unit", "number", "labels"),
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
def test_the_unit_fits_the_window(window: str, unit: str, number: int, labels: list[str]) -> None:
    span = parse(window)
    assert span.earliest
    assert span.latest
    division = divide(span.earliest, span.latest)
    assert (division.unit, len(division.bins)) == (unit, number)
    assert [each.label for each in division.bins if each.label][:3] == labels


def test_an_event_of_decades_counts_once_in_each_bin() -> None:
    window = parse("1940/1999")
    drawn = day_histogram.histogram(window, [], Counter({("1945/1978", None): 1}))
    words = [bar["words"] for section in drawn["sections"] for bar in section["bars"]]
    assert drawn["most"] == 1.0
    assert sum("1 certain" in text for text in words) == 34


@given(WINDOWS, st.lists(st.tuples(points, st.integers(1, 5)), min_size=1, max_size=12))
def test_bins_sum_to_the_events(window: tuple[date, date], dated: list[tuple[str, int]]) -> None:
    """A moment counts once in all bins together, a single day of a span in the bin that has it."""
    division = divide(*window)
    tally = day_histogram.Tally(edges(division), 1)
    expected = 0
    first, last = division.bins[0].first, date.fromordinal(division.bins[-1].end - 1)
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
    division = divide(window[0], min(window[1], _later(window[0], 5_000)))
    tally = day_histogram.Tally(edges(division), 1)
    certain, possible = Counter[int](), defaultdict[int, float](float)
    numbers = {
        day: number
        for number, each in enumerate(division.bins)
        for day in range(each.first.toordinal(), each.end)
    }
    for start, length, lasts in spans:
        try:
            low = window[0] + timedelta(days=start)
            high = low + timedelta(days=length)
            event = parse(f"{low}/{high}" if lasts else f"[{low}..{high}]")
        except (OverflowError, DateError):
            continue
        tally.add(event, [0], 1)
        days = [day for day in range(low.toordinal(), high.toordinal() + 1) if day in numbers]
        if event.core:
            certain.update({numbers[day] for day in days})
        else:
            for day in days:
                possible[numbers[day]] += 1 / len(days)
    for number in range(len(division.bins)):
        assert tally.certain[0][number] == pytest.approx(certain[number], abs=1e-4)
        assert tally.possible[0][number] == pytest.approx(possible[number], abs=1e-4)
