"""Dates as sources write them: in the Julian calendar, or as the time since a zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from conftest import Timeline
from convertdate import julian
from hypothesis import given
from hypothesis import strategies as st
from ingest_faults import faults

from chronology import projections
from chronology.model import fields, records, vocabulary
from chronology.model.as_written import elapsed, read, resolve
from chronology.model.calendars import JULIAN
from chronology.model.days import FIRST, LAST, Day
from chronology.model.edtf import Date, EventDate, parse
from chronology.model.errors import DateError
from chronology.model.instants import seconds
from chronology.store.log import head
from chronology.timeline.as_of import at_head
from chronology.timeline.event_detail import event_detail

ZERO = parse("1972-12-07T05:33:00Z")
APOLLO = """
format: 1
batch: start
recorded: 2026-01-01T00:00:00Z
records:
- chronology: apollo
  title: A flight to the Moon
  window: 1972-12-06/1972-12-20
  zero: 1972-12-07T05:33:00Z
  clock: Ground elapsed time
  zero_as_written: lift-off at 12:33 a.m. EST
  kinds: {step: A step of the flight}
- source: log
  name: The log
"""
LANDING = """
- event: landing
  date: T+110:21:58
  title: Landing
  kind: step
  accounts: [{source: log, at: "1", date: "T+110:21:58"}]
"""
SPLASH = """
- event: splash
  date: 1972-12-19T19:24Z
  title: Splashdown
  kind: step
"""
Make = Callable[..., Timeline]


# The Julian calendar --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "gregorian"),
    [
        ("-0043-03-15", "-0043-03-13"),
        ("0001-01-01", "0000-12-30"),
        ("0325-05-20", "0325-05-21"),
        ("1582-10-05", "1582-10-15"),
        ("1700-02-29", "1700-03-11"),
        ("1731-02-11", "1731-02-22"),
        ("1917-10-25T21:40", "1917-11-07T21:40"),
        ("1917-10-25?", "1917-11-07?"),
        ("1917-~10-25?", "1917-11-07%"),
        ("1917-10", "[1917-10-14..1917-11-13]"),
        ("1917-10~", "[1917-10-14~..1917-11-13~]"),
        ("1917", "[1917-01-14..1918-01-13]"),
        ("1917-10-2X", "[1917-11-02..1917-11-11]"),
        ("19XX", "[1900-01-13..2000-01-13]"),
        ("1917-23", "[1917-09-14..1917-12-13]"),
        ("1917-10-25/1917-11-02", "1917-11-07/1917-11-15"),
        ("1917-10/1917-12", "1917-10-14~/1918-01-13~"),
        ("1917-10-25/..", "1917-11-07/.."),
        ("/1917-10-25", "/1917-11-07"),
        ("[1917-10-24,1917-10-25]", "[1917-11-06,1917-11-07]"),
        ("[1917-10-24,1917-11]", "[1917-11-06,1917-11-14..1917-12-13]"),
        ("[..1917-10-25]", "[..1917-11-07]"),
        ("[1917-10..]", "[1917-10-14..]"),
        ("{1917-10-24,1917-10-25}", "{1917-11-06,1917-11-07}"),
    ],
)
def test_a_date_in_the_julian_calendar_has_its_days_in_the_gregorian(
    text: str, gregorian: str
) -> None:
    found = resolve(text, "julian", None)

    assert found.text == gregorian
    written = parse(text, JULIAN)
    assert (found.earliest, found.latest) == (written.earliest, written.latest)


def test_a_thousand_days_are_those_of_an_independent_computation() -> None:
    """The library converts; here every fourth year is a leap year, from March on."""

    def number(year: int, month: int, day: int) -> int:
        years, months = divmod(12 * year + month - 3, 12)
        return 365 * years + years // 4 + (153 * months + 2) // 5 + day - 1

    same = Day.of(1582, 10, 15) - number(1582, 10, 5)
    for day in range(int(FIRST), int(LAST), (LAST - FIRST) // 1_000):
        year, month, day_of_month = JULIAN.parts(Day(day))
        assert day == same + number(year, month, day_of_month)
        assert JULIAN.day(year, month, day_of_month) == day
        assert julian.to_gregorian(year, month, day_of_month) == Day(day).parts


@given(st.integers(int(FIRST) + 400, int(LAST) - 400).map(Day))
def test_a_day_is_the_same_in_both_calendars(day: Day) -> None:
    year, month, day_of_month = JULIAN.parts(day)
    text = f"{'-' if year < 0 else ''}{abs(year):04}-{month:02}-{day_of_month:02}"

    assert resolve(text, "julian", None) == parse(str(day))
    assert read(text).text == text


@pytest.mark.parametrize("text", ["1900-02-29", "-0100-02-29"])
def test_a_day_of_the_julian_calendar_alone_needs_it(text: str) -> None:
    assert not isinstance(read(text), Date)
    assert resolve(text, "julian", None).earliest
    with pytest.raises(DateError, match="day 29 does not exist"):
        resolve(text, None, None)


def test_the_table_has_the_gregorian_date_and_the_one_as_written(timeline: Timeline) -> None:
    timeline.batch(
        "added",
        "- event: council\n  date: 1944-10-01\n  calendar: julian\n  title: T\n  kind: battle\n"
        "  accounts:\n  - {source: one, at: '1', date: 1944-10-01, calendar: julian}\n"
        "  - {source: two, at: '1', date: 1944-10-14, as_written: the fourteenth}\n",
    )

    event = timeline.event("council")
    assert (event["date"], event["earliest"]) == ("1944-10-14", "1944-10-14")
    assert event["as_written"] == "1 October 1944 (Julian calendar)"
    assert event["disputed"] == "[]"
    accounts = timeline.rows("SELECT date, as_written FROM accounts WHERE event = 'council'")
    assert [(row["date"], row["as_written"]) for row in accounts] == [
        ("1944-10-14", "1 October 1944 (Julian calendar)"),
        ("1944-10-14", "the fourteenth"),
    ]
    (data,) = timeline.db.execute("SELECT data FROM log WHERE stream = 'event/council'").fetchone()
    assert '"calendar":"julian","date":"1944-10-01"' in data
    assert projections.verify(timeline.db) == []


def test_what_is_outside_the_window_by_its_gregorian_date_is_refused(timeline: Timeline) -> None:
    event = "- {event: a, date: 1944-11-20, calendar: julian, title: T, kind: battle}\n"

    assert "1944-12-03 is outside the window" in "".join(faults(timeline, event))


# Times since a zero ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("T+118:07:34", "1972-12-12T03:40:34Z"),
        ("T-00:30:00", "1972-12-07T05:03:00Z"),
        ("T+00:00", "1972-12-07T05:33Z"),
        ("T+01:30/T+02:00", "1972-12-07T07:03Z/1972-12-07T07:33Z"),
    ],
)
def test_a_time_since_the_zero_is_an_instant_and_is_shown_as_written(
    text: str, instant: str
) -> None:
    found = resolve(text, None, ZERO)

    assert found.text == instant
    assert elapsed(found, ZERO) == text


@given(st.integers(-(10**8), 10**8))
def test_times_since_a_zero_are_read_back(number: int) -> None:
    second = (seconds(ZERO)[0] or 0) + number
    hours, rest = divmod(abs(number), 3_600)
    text = f"T{'-' if number < 0 else '+'}{hours:02}:{rest // 60:02}:{rest % 60:02}"

    found = resolve(text, None, ZERO)

    assert seconds(found) == (second, second)
    assert elapsed(found, ZERO) == text


@pytest.mark.parametrize("text", ["T+1:00", "T+01:60", "+118:07:34", "T+01:00/..", "T118:07"])
def test_other_forms_are_no_times_since_a_zero(text: str) -> None:
    with pytest.raises(DateError):
        read(text)


def test_a_time_without_a_zone_is_at_no_known_time_since_the_zero() -> None:
    assert elapsed(parse("1972-12-12T03:40:34"), ZERO) is None
    assert elapsed(parse("1972-12-12"), ZERO) is None


def test_an_event_is_placed_by_its_time_since_the_zero(make_timeline: Make) -> None:
    flight = make_timeline(APOLLO)
    flight.batch("landing", LANDING)

    event = flight.event("landing")
    assert (event["date"], event["as_written"]) == ("1972-12-11T19:54:58Z", "T+110:21:58")
    detail = event_detail(at_head(flight.db), "landing")
    assert detail is not None
    assert (detail.event["elapsed"], detail.event["clock"]) == (
        "T+110:21:58",
        "Ground elapsed time",
    )
    assert detail.event["zero_as_written"] == "lift-off at 12:33 a.m. EST"
    assert projections.verify(flight.db) == []


def test_a_corrected_zero_moves_what_counts_from_it(make_timeline: Make) -> None:
    flight = make_timeline(APOLLO)
    flight.batch("landing", LANDING)
    flight.batch("splash", SPLASH)
    assert flight.event("splash")["elapsed"] == "T+301:51"
    flight.batch(
        "later", "- {correct: chronology/apollo, set: {zero: 1972-12-07T05:34:00Z}, because: Late.}"
    )

    assert flight.event("landing")["date"] == "1972-12-11T19:55:58Z"
    assert flight.event("landing")["elapsed"] == "T+110:21:58"
    assert flight.event("splash")["elapsed"] == "T+301:50"
    assert flight.rows("SELECT date FROM accounts") == [{"date": "1972-12-11T19:55:58Z"}]
    assert projections.verify(flight.db) == []


def test_the_zero_is_a_time_with_a_zone_and_stays_while_it_is_used(make_timeline: Make) -> None:
    flight = make_timeline(APOLLO)
    flight.batch("landing", LANDING)

    correct = "- {{correct: chronology/apollo, {0}, because: x}}\n"
    assert "not a time with a zone" in faults(flight, correct.format("set: {zero: 1972-12-07}"))[0]
    assert "count from the zero" in faults(flight, correct.format("unset: [zero]"))[0]


def test_without_a_zero_a_time_since_it_is_refused(timeline: Timeline) -> None:
    before = head(timeline.db)
    event = "- {event: a, date: T+01:00, title: T, kind: battle}\n"

    assert "the zero of the chronology, which has none" in faults(timeline, event)[0]
    assert head(timeline.db) == before


@pytest.mark.parametrize("field", ["published", "accessed"])
def test_other_dates_are_not_in_such_forms(timeline: Timeline, field: str) -> None:
    source = f"- {{source: three, name: Third, {field}: T+01:00}}\n"

    assert "is not a date" in faults(timeline, source)[0]


# The words of the source ----------------------------------------------------------------------

WRITTEN = """\
- {person: ivan, name: Ivan, born: 1894-06-16, born_as_written: 4 June 1894 O.S.,
   died_as_written: in the year of the comet,
   statements: [{source: one, at: "1", says: Was ill, date: 1900, as_written: in his youth}]}
- {source: three, name: Third, published: 1944, published_as_written: Anno MCMXLIV,
   accessed: 2026-01-01, accessed_as_written: New Year, url: "https://example.org/"}
- {formation: d1, name: 1st Division, level: division, side: soviet,
   attached: [{to: c68, source: one, at: "3", from: 1944-10-01, from_as_written: 18 Sept O.S.,
    until_as_written: till Christmas}],
   commanders: [{person: ivan, source: one, at: "4", until: 1944-10-20,
    until_as_written: the day of the liberation}]}
- event: spoken
  date: 1944-10-14
  title: He speaks
  kind: battle
  accounts: [{source: one, at: "1", by: ivan, said: 1944-10-15, said_as_written: the next day}]
"""


def test_every_date_of_a_record_can_have_the_words_of_the_source() -> None:
    """A field `date` has `as_written`; any other, `<field>_as_written`."""
    modules = (fields, records, vocabulary)
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    dates = [
        (kind, name)
        for kind in kinds
        if issubclass(kind, fields.Fields)
        for name, each in records.fields_of(kind).items()
        if each.type in (Date, EventDate) or {Date, EventDate} & {*get_args(each.type)}
    ]

    assert len(dates) >= 13
    for kind, name in dates:
        written = "as_written" if name == "date" else f"{name}_as_written"
        assert (written in records.fields_of(kind)) == (name != "window"), (kind, name)


def test_the_words_of_the_source_are_in_the_tables_and_in_the_log(timeline: Timeline) -> None:
    timeline.batch("written", WRITTEN)

    columns = {
        "people": ("ivan", "born_as_written", "died_as_written"),
        "sources": ("three", "published_as_written", "accessed_as_written"),
        "accounts": ("spoken-one-1", "as_written", "said_as_written"),
    }
    for table, (name, *names) in columns.items():
        (row,) = timeline.rows(f"SELECT {', '.join(names)} FROM {table} WHERE id = '{name}'")
        texts = {text for text in row.values() if text}
        assert texts
        for text in texts:
            assert timeline.rows(f"SELECT 1 FROM log WHERE instr(data, '{text}')")
    (tie,) = timeline.rows(
        "SELECT from_as_written, until, until_as_written FROM attachments WHERE formation = 'd1'"
    )
    assert tuple(tie.values()) == ("18 Sept O.S.", None, "till Christmas")
    assert projections.verify(timeline.db) == []


def test_the_words_of_the_source_are_corrected_as_other_fields(timeline: Timeline) -> None:
    timeline.batch("written", WRITTEN)
    timeline.batch(
        "corrected",
        "- correct: person/ivan\n  set: {born_as_written: 4 July 1894 O.S.}\n"
        "  unset: [died_as_written]\n  because: Misread.\n",
        "2026-02-02T00:00:00Z",
    )

    assert timeline.rows(
        "SELECT born_as_written, died_as_written FROM people WHERE id = 'ivan'"
    ) == [{"born_as_written": "4 July 1894 O.S.", "died_as_written": None}]
