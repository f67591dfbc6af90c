"""Dates drawn on an axis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chronology.model.days import number
from chronology.model.edtf import parse
from chronology.web.pages import date_axis, day_histogram
from chronology.web.pages.date_axis import WIDTH, Axis, Piece

DAY = 86_400
WINDOW = parse("1944-09-01/1944-11-30")


def axis_of(first: date, last: date) -> Axis:
    """The axis from a first to a last day."""
    return Axis(number(first) * DAY, (number(last) + 1) * DAY)


TEN_DAYS = axis_of(date(1944, 10, 1), date(1944, 10, 10))


def test_a_day_is_certain_and_a_set_possible() -> None:
    assert date_axis.bars(TEN_DAYS, parse("1944-10-03"))[-1] == Piece("certain", 200, 100)
    assert date_axis.bars(TEN_DAYS, parse("[1944-10-03..1944-10-04]")) == [
        Piece("possible", 200, 200)
    ]


def test_a_set_with_a_gap_is_drawn_with_it() -> None:
    found = date_axis.bars(TEN_DAYS, parse("[1944-10-01,1944-10-05]"))

    assert [(piece.x, piece.width) for piece in found] == [(0, 100), (400, 100)]


def test_an_open_end_goes_to_the_edge_and_says_so() -> None:
    (found,) = date_axis.bars(TEN_DAYS, parse("[..1944-10-02]"))
    assert found == Piece("possible", 0, 200, open_start=True)

    (lasting, *_) = date_axis.bars(TEN_DAYS, parse("1944-10-09/.."))
    assert (lasting.x, lasting.open_end) == (800, True)


def test_what_began_and_ended_on_known_days_is_certain_between() -> None:
    possible, certain = date_axis.tenure(TEN_DAYS, "[1944-10-02..1944-10-03]", "1944-10-05")

    assert (possible.kind, possible.x, possible.width) == ("possible", 100, 400)
    assert (certain.kind, certain.x, certain.width) == ("certain", 200, 300)
    assert date_axis.tenure(TEN_DAYS, None, None) == [Piece("possible", 0, WIDTH, True, True)]
    assert date_axis.tenure(TEN_DAYS, None, "1944-09-30") == []


def test_the_axis_of_some_dates_has_room_and_stays_in_the_window() -> None:
    axis = date_axis.around([parse("1944-10-13"), parse("[1944-10-13,1944-10-14]")], WINDOW)
    assert axis == axis_of(date(1944, 10, 12), date(1944, 10, 15))

    edge = date_axis.around([parse("1944-09-01")], WINDOW)
    assert edge == axis_of(date(1944, 9, 1), date(1944, 9, 2))


def test_a_date_before_the_window_is_drawn_whole() -> None:
    axis = date_axis.around([parse("1944-04/1944-10-01")], WINDOW)

    assert axis is not None
    assert axis.first == "1 April 1944"


def test_the_axis_of_the_first_and_the_last_days_ends_with_them() -> None:
    ends = [parse("0001-01-01"), parse("9999-12-31")]
    everything = parse("0001-01-01/9999-12-31")

    assert date_axis.around(ends, everything) == axis_of(date.min, date.max)
    for end in ends:
        axis = date_axis.around([end], everything)
        assert axis is not None
        assert axis.length == 2 * DAY
        assert [piece.width for piece in date_axis.bars(axis, end)] == [WIDTH / 2] * 2


def test_times_have_an_axis_of_hours() -> None:
    dates = [parse("1972-12-12T17:00Z"), parse("1972-12-12T19:00Z")]
    axis = date_axis.around(dates, parse("1972-12-11/1972-12-13"))
    assert axis is not None
    assert [tick.label for tick in axis.ticks] == [
        "17:00 12 Dec",
        "",
        "18:00",
        "18:30",
        "19:00",
    ]
    pieces = [date_axis.bars(axis, each)[-1] for each in dates]
    assert pieces[0].x < pieces[1].x
    assert {piece.kind for piece in pieces} == {"certain"}


def test_a_day_beside_a_time_has_an_axis_of_days() -> None:
    axis = date_axis.around([parse("1972-12-12T17:00Z"), parse("1972-12-12")], parse("1972"))
    assert axis == axis_of(date(1972, 12, 11), date(1972, 12, 13))


@given(st.dates(date(1200, 1, 1), date(1990, 1, 1)), st.integers(0, 40_000))
def test_an_axis_has_few_labels_in_order(first: date, length: int) -> None:
    axis = axis_of(first, date.fromordinal(first.toordinal() + length))

    ticks = axis.ticks

    assert len(ticks) <= 14
    assert [tick.x for tick in ticks] == sorted({tick.x for tick in ticks})
    assert all(0 <= tick.x < WIDTH for tick in ticks)


def test_a_strip_spreads_what_is_uncertain_over_its_days() -> None:
    drawn = date_axis.strip(TEN_DAYS, [("1944-10-02", 2), ("[1944-10-02..1944-10-03]", 2)])

    bars = {bar["words"]: (bar["certain"], bar["possible"]) for bar in drawn["bars"]}
    height = drawn["height"]
    assert bars["2 October 1944"] == (
        pytest.approx(height * 2 / 3, 0.01),
        pytest.approx(height / 3, 0.01),
    )
    assert bars["3 October 1944"] == (0, pytest.approx(height / 3, 0.01))
    assert date_axis.strip(TEN_DAYS, []) == {}
    assert date_axis.strip(None, [("1944-10-02", 2)]) == {}


def test_a_strip_of_centuries_puts_days_together() -> None:
    axis = axis_of(date(1700, 1, 1), date(1899, 12, 31))

    drawn = date_axis.strip(axis, [("1750", 1), ("1800-01-01", 3)])

    assert len(drawn["bars"]) <= 10
    assert max(bar["x"] for bar in drawn["bars"]) < WIDTH


def _written(form: str, days: Sequence[str]) -> str:
    return form.format(*days)


POINTS = st.integers(-5, 95).map(lambda n: str(date(1944, 9, 1) + timedelta(days=n)))
DATES = POINTS | st.lists(POINTS, min_size=2, max_size=3).map(sorted).map(
    lambda days: days[-1] if len(set(days)) < 2 else f"[{','.join(dict.fromkeys(days))}]"
)
RANGES = st.lists(POINTS, min_size=2, max_size=2, unique=True).map(sorted)
TEXTS = st.one_of(
    DATES,
    *(RANGES.map(partial(_written, form)) for form in ("[{}..{}]", "{}/{}")),
    *(st.tuples(POINTS).map(partial(_written, form)) for form in ("[..{}]", "[{}..]", "{}/..")),
    st.sampled_from(["1944-10", "1944-10-1X", "1944", "1944-09-10/1944-10", "1944-09/1944-09-10"]),
)


@settings(max_examples=30)
@given(st.lists(st.tuples(TEXTS, st.integers(1, 9)), min_size=1, max_size=8), st.integers(0, 400))
def test_a_strip_counts_events_in_its_bars(dated: list[tuple[str, int]], more: int) -> None:
    """As the tally of the home page does, with bars as high as their numbers."""
    axis = date_axis.of_window(parse(f"1944-09-01/{date(1944, 11, 30) + timedelta(days=more)}"))
    assert axis
    each = -(-axis.length // (400 * DAY)) * DAY
    tally = day_histogram.Tally(range(axis.start, axis.end + each, each), 1)
    for text, count in dated:
        tally.add(parse(text), [0], count)
    most = max(map(sum, zip(tally.certain[0], tally.possible[0], strict=True)))

    drawn = date_axis.strip(axis, dated)

    width = round(WIDTH * each / axis.length, 2)
    bars = {round(bar["x"] / width): bar for bar in drawn.get("bars", [])}
    for index, pair in enumerate(zip(tally.certain[0], tally.possible[0], strict=True)):
        bar = bars.get(index, {"certain": 0, "possible": 0})
        if most:
            height = drawn["height"] / most
            assert bar["certain"] == pytest.approx(pair[0] * height, abs=0.02)
            assert bar["possible"] == pytest.approx(pair[1] * height, abs=0.02)
