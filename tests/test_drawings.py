"""Dates drawn on an axis."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chronology.model.edtf import parse
from chronology.model.edtf_text import MONTHS
from chronology.web.pages import date_axis, day_histogram, formatting
from chronology.web.pages.date_axis import WIDTH, Axis, Piece

WINDOW = parse("1944-09-01/1944-11-30")
TEN_DAYS = Axis(date(1944, 10, 1), date(1944, 10, 10))


def test_a_day_is_certain_and_a_set_possible():
    assert date_axis.bars(TEN_DAYS, parse("1944-10-03"))[-1] == Piece("certain", 200, 100)
    assert date_axis.bars(TEN_DAYS, parse("[1944-10-03..1944-10-04]")) == [
        Piece("possible", 200, 200)
    ]


def test_a_set_with_a_gap_is_drawn_with_it():
    found = date_axis.bars(TEN_DAYS, parse("[1944-10-01,1944-10-05]"))

    assert [(piece.x, piece.width) for piece in found] == [(0, 100), (400, 100)]


def test_an_open_end_goes_to_the_edge_and_says_so():
    (found,) = date_axis.bars(TEN_DAYS, parse("[..1944-10-02]"))
    assert found == Piece("possible", 0, 200, open_start=True)

    (lasting, *_) = date_axis.bars(TEN_DAYS, parse("1944-10-09/.."))
    assert (lasting.x, lasting.open_end) == (800, True)


def test_what_began_and_ended_on_known_days_is_certain_between():
    possible, certain = date_axis.tenure(TEN_DAYS, "[1944-10-02..1944-10-03]", "1944-10-05")

    assert (possible.kind, possible.x, possible.width) == ("possible", 100, 400)
    assert (certain.kind, certain.x, certain.width) == ("certain", 200, 300)
    assert date_axis.tenure(TEN_DAYS, None, None) == [Piece("possible", 0, WIDTH, True, True)]
    assert date_axis.tenure(TEN_DAYS, None, "1944-09-30") == []


def test_the_axis_of_some_dates_has_room_and_stays_in_the_window():
    axis = date_axis.around([parse("1944-10-13"), parse("[1944-10-13,1944-10-14]")], WINDOW)
    assert axis == Axis(date(1944, 10, 12), date(1944, 10, 15))

    edge = date_axis.around([parse("1944-09-01")], WINDOW)
    assert edge == Axis(date(1944, 9, 1), date(1944, 9, 2))


def test_a_date_before_the_window_is_drawn_whole():
    axis = date_axis.around([parse("1944-04/1944-10-01")], WINDOW)

    assert axis is not None
    assert axis.first == date(1944, 4, 1)


def test_the_axis_of_the_first_and_the_last_days_ends_with_them():
    ends = [parse("0001-01-01"), parse("9999-12-31")]
    everything = parse("0001-01-01/9999-12-31")

    assert date_axis.around(ends, everything) == Axis(date.min, date.max)
    for end in ends:
        axis = date_axis.around([end], everything)
        assert axis is not None
        assert axis.length == 2
        assert [piece.width for piece in date_axis.bars(axis, end)] == [WIDTH / 2] * 2


@given(st.dates(date(1200, 1, 1), date(1990, 1, 1)), st.integers(0, 40_000))
def test_an_axis_has_few_labels_in_order(first, length):
    axis = Axis(first, date.fromordinal(first.toordinal() + length))

    ticks = axis.ticks

    assert len(ticks) <= 14
    assert [tick.x for tick in ticks] == sorted({tick.x for tick in ticks})
    assert all(0 <= tick.x < WIDTH for tick in ticks)


def test_a_strip_spreads_what_is_uncertain_over_its_days():
    drawn = date_axis.strip(TEN_DAYS, [("1944-10-02", 2), ("[1944-10-02..1944-10-03]", 2)])

    bars = {bar["day"].day: (bar["certain"], bar["possible"]) for bar in drawn["bars"]}
    height = drawn["height"]
    assert bars[2] == (pytest.approx(height * 2 / 3, 0.01), pytest.approx(height / 3, 0.01))
    assert bars[3] == (0, pytest.approx(height / 3, 0.01))
    assert date_axis.strip(TEN_DAYS, []) == {}
    assert date_axis.strip(None, [("1944-10-02", 2)]) == {}


def test_a_strip_of_centuries_puts_days_together():
    axis = Axis(date(1700, 1, 1), date(1899, 12, 31))

    drawn = date_axis.strip(axis, [("1750", 1), ("1800-01-01", 3)])

    assert len(drawn["bars"]) <= 10
    assert max(bar["x"] for bar in drawn["bars"]) < WIDTH


POINTS = st.integers(-5, 95).map(lambda n: str(date(1944, 9, 1) + timedelta(days=n)))
DATES = POINTS | st.lists(POINTS, min_size=2, max_size=3).map(sorted).map(
    lambda days: days[-1] if len(set(days)) < 2 else f"[{','.join(dict.fromkeys(days))}]"
)
RANGES = st.lists(POINTS, min_size=2, max_size=2, unique=True).map(sorted)
TEXTS = st.one_of(
    DATES,
    *(RANGES.map(lambda days, form=form: form.format(*days)) for form in ("[{}..{}]", "{}/{}")),
    *(
        POINTS.map(lambda day, form=form: form.format(day))
        for form in ("[..{}]", "[{}..]", "{}/..")
    ),
    st.sampled_from(["1944-10", "1944-10-1X", "1944", "1944-09-10/1944-10", "1944-09/1944-09-10"]),
)


@settings(max_examples=30)
@given(st.lists(st.tuples(TEXTS, st.integers(1, 9)), min_size=1, max_size=8), st.integers(0, 400))
def test_the_calendar_the_strips_and_the_lanes_share_out_events_alike(dated, more):
    """For each day; and the bars of a strip add up like their days, however wide they are."""
    window = parse(f"1944-09-01/{date(1944, 11, 30) + timedelta(days=more)}")
    axis = date_axis.of_window(window)
    counts = Counter()
    for text, count in dated:
        counts[text] += count
    tally = day_histogram.Tally(axis.first, axis.length, 1)
    for text, count in counts.items():
        tally.add(parse(text), [0], count)
    days = list(zip(tally.certain[0], tally.possible[0], strict=True))

    events = 0
    for text, count in counts.items():
        event = parse(text)
        if event.lasts and event.core:
            first, last = max(event.core[0], axis.first), min(event.core[1], axis.last)
            events += count * max((last - first).days + 1, 0)  # whole on each certain day
        elif not event.lasts:
            events += count * event.overlaps(window)
    assert sum(map(sum, days)) == pytest.approx(events, abs=1e-3)

    calendar = day_histogram.months(window, [], {(text, None): n for text, n in counts.items()})
    by_name = {bar["name"]: bar for section in calendar["sections"] for bar in section}
    for name, bar in by_name.items():
        inside = [
            pair
            for number, pair in enumerate(days)
            if str(axis.first + timedelta(days=number)).startswith(name)
        ]
        for kind, place in (("certain", 0), ("possible", 1)):
            assert bar[kind] == pytest.approx(sum(pair[place] for pair in inside), abs=0.02)

    drawn = date_axis.strip(axis, list(counts.items()))
    each = -(-axis.length // 400)
    sums = [
        [sum(pair[kind] for pair in days[start : start + each]) for kind in (0, 1)]
        for start in range(0, axis.length, each)
    ]
    most = max(map(sum, sums))
    bars = {(bar["day"] - axis.first).days // each: bar for bar in drawn.get("bars", [])}
    for number, (certain, possible) in enumerate(sums):
        bar = bars.get(number, {"certain": 0, "possible": 0})
        if most:
            height = drawn["height"] / most
            assert bar["certain"] == pytest.approx(certain * height, abs=0.02)
            assert bar["possible"] == pytest.approx(possible * height, abs=0.02)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1944-10-14", ""),
        ("1944-10-14T17:00", "At 17:00."),
        ("1944-10-14?", "The date is marked as uncertain."),
        (
            "1944-10%",
            "A single event on one of 31 possible days; marked as uncertain and approximate.",
        ),
        ("[..1944-10-08]", "At some point up to 8 October 1944."),
        ("[1944-10-08..]", "At some point from 8 October 1944 on."),
        ("1944-10-01/1944-10-03", "Lasted from the first day to the last."),
        ("1944-10-01/..", "Lasted from the first day to the last; the end is not known."),
        (
            "[1944-10-13,1944-10-20]",
            "A single event on one of 2 possible days.",
        ),
    ],
)
def test_a_date_is_told_in_a_sentence(text, says):
    assert formatting.meaning(text) == says


def test_months_have_the_same_names_in_dates_labels_and_headings():
    shorter = {"September": "Sept", "January": "Jan", "October": "Oct"}
    for number, name in enumerate(MONTHS, 1):
        day = date(1944, number, 7)
        assert parse(str(day)).in_words() == f"7 {name} 1944"
        assert formatting.spoken(day) == f"{formatting.day_and_month(day)} 1944" == f"7 {name} 1944"
        assert formatting.month_and_year(day) == f"{name} 1944" == day.strftime("%B %Y")
        assert name.startswith(formatting.month(day))
        assert formatting.month(day) == shorter.get(name, formatting.month(day))
        assert len(formatting.month(day)) <= 5


def test_no_other_module_lists_the_months():
    package = Path(formatting.__file__).parents[2]
    listing = {path.name for path in package.rglob("*.py") if "February" in path.read_text("utf-8")}
    assert listing == {"edtf_text.py"}
