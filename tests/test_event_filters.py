"""The filters of the plugin's parameters: names, days, and several at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from conftest import Timeline
from index_cases import no_limit
from small_chronology import EVENTS, START

from chronology.index.current import EventIndex
from chronology.index.selection import IndexSelection, all_of, select
from chronology.model.edtf import Date, parse
from chronology.model.errors import UnknownName
from chronology.model.instants import is_within
from chronology.timeline.filters import event_filters

DAYS = [f"1944-10-{day:02}" for day in (1, 2, 3, 5, 31)]
VAGUE = ["1944-10-02T17:00", "1944-10-0X", "1944-10", "1944-XX", "1944-23", "1944", "194X"]
FAR = ["0987-01-01/1944-10-02", "[1944-10-02,9998-12-31]"]


def every_form() -> list[str]:
    """Dates of every form over a few days: single, lasting, open, and sets with gaps or none."""
    found = [
        *DAYS,
        "1944-10",
        "1944-10-0X",
        "1944-XX",
        "1944-23",
        "1944",
        "194X",
        "1944-10-02T17:00",
    ]
    for a in DAYS:
        found += [f"[..{a}]", f"[{a}..]", f"{a}/..", f"../{a}", f"{a}/", f"/{a}"]
    for a, b in combinations(DAYS, 2):
        found += [f"{a}/{b}", f"[{a},{b}]", f"[{a}..{b}]", f"[..{a},{b}]", f"[{a},{b}..]"]
    for a, b, c in combinations(DAYS, 3):
        found += [f"[{a},{b},{c}]", f"[{a}..{b},{c}]", f"[..{a},{b},{c}]", f"[{a},{b},{c}..]"]
    return found


def matching(db: sqlite3.Connection, **given: Any) -> Any:
    """The ids of the events for which all the parameters hold."""
    parameters = {f"_{name}": values for name, values in given.items()}
    selected = all_of(event_filters(db, parameters))
    sql = f"SELECT id FROM events WHERE {selected.sql} ORDER BY id"
    return [event for (event,) in db.execute(sql, selected.params)]


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A chronology with an event of every form of date, and those dates by id."""
    timeline = Timeline(tmp_path_factory.mktemp("dated") / "timeline.db")
    timeline.ingest(START)
    dates = {f"e{number}": text for number, text in enumerate(every_form())}
    timeline.batch(
        "dated",
        "\n".join(
            f'- {{event: {name}, date: "{text}", title: On {name}, kind: battle}}'
            for name, text in dates.items()
        ),
    )
    yield timeline.db, {name: parse(text) for name, text in dates.items()}
    timeline.db.close()


# Dates


def test_within_finds_exactly_the_events_possible_on_one_of_the_days(dated: Any) -> None:
    db, dates = dated
    for text in every_form():
        expected = {name for name, date in dates.items() if date.overlaps(parse(text))}
        assert set(matching(db, within=[text])) == expected, text


def test_certain_finds_exactly_the_events_certain_to_be_among_the_days(dated: Any) -> None:
    db, dates = dated
    for text in every_form():
        within = is_within if "T" in text else Date.within
        expected = {name for name, date in dates.items() if within(date, parse(text))}
        assert set(matching(db, certain=[text])) == expected, text


TIMED = {
    "at-four": "1944-09-06T16:00",
    "at-five": "1944-09-06T17:00",
    "at-six": "1944-09-06T18:00",
    "in-berlin": "1944-09-06T19:30+02:00",
    "next-day": "1944-09-07T02:30+09:00",
    "lasting": "1944-09-06T16:30/1944-09-06T17:30",
    "from-five": "1944-09-06T17:10/..",
    "one-of": "[1944-09-06T16:00,1944-09-06T19:00]",
    "range": "[1944-09-06T17:05..1944-09-06T17:10]",
    "day": "1944-09-06",
    "month": "1944-09",
    "other-day": "1944-09-07",
}


@pytest.mark.parametrize(
    ("query", "possible", "certain"),
    [
        (
            "1944-09-06T17:00/1944-09-06T18:00",
            "at-five at-six in-berlin next-day lasting from-five range day month",
            "at-five at-six in-berlin next-day range",
        ),
        ("1944-09-06T16:00", "at-four one-of day month", "at-four"),
        ("1944-09-06T17:08:30", "lasting range day month", ""),
        (
            "1944-09-06T19:30+02:00",
            "in-berlin next-day lasting from-five day month",
            "in-berlin next-day",
        ),
        (
            "[1944-09-06T16:00,1944-09-06T19:00]",
            "at-four from-five one-of day month",
            "at-four one-of",
        ),
        ("../1944-09-06T16:00", "at-four one-of day month", "at-four"),
        (
            "1944-09-06T18:00/1944-09-07",
            "at-six from-five one-of day month other-day",
            "at-six other-day",
        ),
    ],
)
@pytest.mark.parametrize("past", [False, True])
def test_a_time_selects_events_by_their_times(
    make_timeline: Callable[..., Timeline], query: str, possible: str, certain: str, past: bool
) -> None:
    """A day without a time is possible at each of its times, and certain at none."""
    timeline = make_timeline(START)
    timeline.batch(
        "timed",
        "".join(
            f'- {{event: {name}, date: "{text}", title: {name}, kind: battle}}\n'
            for name, text in TIMED.items()
        ),
    )
    given: dict[str, list[str]] = {}
    if past:
        (position,) = timeline.db.execute("SELECT max(position) FROM log").fetchone()
        given = {"_as_of": [str(position)]}
    table = "history" if past else "events"
    for name, expected in (("_within", possible), ("_certain", certain)):
        selected = all_of(event_filters(timeline.db, {**given, name: [query]}))
        sql = f"SELECT id FROM {table} WHERE {selected.sql}"
        found = {event for (event,) in timeline.db.execute(sql, selected.params)}
        assert found & TIMED.keys() == set(expected.split()), name


def test_certain_is_always_within(dated: Any) -> None:
    db, _ = dated
    for text in every_form():
        assert set(matching(db, certain=[text])) <= set(matching(db, within=[text])), text


def test_repeated_dates_must_all_hold(dated: Any) -> None:
    db, dates = dated
    texts = ["[1944-10-01,1944-10-05]", "1944-10-02/1944-10-05"]
    expected = {n for n, date in dates.items() if all(date.overlaps(parse(text)) for text in texts)}
    assert set(matching(db, within=texts)) == expected


@pytest.mark.parametrize("name", ["within", "certain"])
def test_an_error_for_a_malformed_date_names_the_parameter_and_the_reason(
    timeline: Timeline, name: str
) -> None:
    with pytest.raises(
        UnknownName, match=f"^_{name}: '8 October' is not a date: a date has no spaces"
    ):
        matching(timeline.db, **{name: ["8 October"]})


def test_a_filter_has_a_description_in_english(timeline: Timeline) -> None:
    given = {
        "_front": ["f3"],
        "_place": ["nis"],
        "_within": ["1944-10"],
        "_certain": ["1944-10-14"],
    }
    assert [each.description for each in event_filters(timeline.db, given)] == [
        "front is 3rd Ukrainian Front",
        "place is in Niš",
        "date could be in October 1944",
        "date is certainly on 14 October 1944",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1944-10-14", "on 14 October 1944"),
        ("1944-10-14T17:00", "on 14 October 1944, 17:00"),
        ("1944-23", "in autumn 1944"),
        ("194X", "in the 1940s"),
        ("1944-10-XX", "on some day of October 1944"),
        ("1944-XX", "in some month of 1944"),
        ("1944-10-14/1944-10-20", "between 14 and 20 October 1944"),
        ("1944-10-14/..", "on or after 14 October 1944"),
        ("/1944-10-14", "on or before 14 October 1944"),
        ("[1944-10-13,1944-10-14]", "on 13 or 14 October 1944"),
        ("[..1944-10-14]", "by 14 October 1944"),
    ],
)
def test_a_description_of_days_is_a_clause(timeline: Timeline, text: str, said: str) -> None:
    (within,) = event_filters(timeline.db, {"_within": [text]})
    (certain,) = event_filters(timeline.db, {"_certain": [text]})
    assert within.description == f"date could be {said}"
    assert certain.description == f"date is certainly {said}"


# Places and levels


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("nis", ["nis-taken"]),
        ("Niš", ["nis-taken"]),
        ("serbia", ["belgrade-taken", "nis-taken"]),
        ("Serbia", ["belgrade-taken", "nis-taken"]),
    ],
)
def test_a_place_includes_the_places_within_it(
    timeline: Timeline, place: str, found: list[str]
) -> None:
    assert matching(timeline.db, place=[place]) == found


def test_an_id_takes_precedence_over_a_name(timeline: Timeline) -> None:
    timeline.batch("more", "- {place: odd, name: nis}")
    assert matching(timeline.db, place=["nis"]) == ["nis-taken"]


@pytest.mark.parametrize(
    ("level", "name"),
    [("front", "f3"), ("front", "3rd Ukrainian Front"), ("army", "a57"), ("army", "57th Army")],
)
def test_a_formation_is_found_at_its_level_by_id_and_by_name(
    timeline: Timeline, level: str, name: str
) -> None:
    assert matching(timeline.db, **{level: [name]}) == ["nis-taken"]


def test_several_parameters_must_all_hold(timeline: Timeline) -> None:
    assert matching(timeline.db, place=["serbia"], front=["f3"]) == ["nis-taken"]
    assert matching(timeline.db, place=["nis", "belgrade"]) == []


def test_a_level_may_have_any_id(make_timeline: Callable[..., Timeline]) -> None:
    text = START.replace("army: Armies", "army-group: Army groups")
    text = text.replace("armies: army", "armies: army-group").replace(
        "level: army", "level: army-group"
    )
    timeline = make_timeline(text, EVENTS)
    assert matching(timeline.db, **{"army-group": ["a57"]}) == ["nis-taken"]


def test_an_error_for_an_unknown_formation_lists_the_formations(timeline: Timeline) -> None:
    with pytest.raises(UnknownName) as raised:
        matching(timeline.db, front=["4th"])
    assert str(raised.value) == "_front: '4th' is not a front. Fronts: 3rd Ukrainian Front."


def test_a_formation_of_another_level_is_unknown(timeline: Timeline) -> None:
    with pytest.raises(UnknownName, match="'a57' is not a front"):
        matching(timeline.db, front=["a57"])


def test_an_error_for_an_unknown_place_names_the_table(timeline: Timeline) -> None:
    with pytest.raises(
        UnknownName, match=r"'paris' is not a place\. The table places lists them all"
    ):
        matching(timeline.db, place=["paris"])


def test_other_parameters_make_no_filter(timeline: Timeline) -> None:
    given = {"_corps": ["c68"], "_sort": ["id"], "kind": ["x"]}
    assert event_filters(timeline.db, given) == []


def test_a_quotation_mark_in_a_name_is_escaped(timeline: Timeline) -> None:
    timeline.batch("more", "- {place: odd, name: \"O'Brien's; DROP TABLE log\"}")
    assert matching(timeline.db, place=["O'Brien's; DROP TABLE log"]) == []


@pytest.mark.parametrize("key", ["within", "certain"])
@pytest.mark.parametrize("days", ["1944-10-02", "1944-10-03/..", "[..1944-10-02,1944-10-31]"])
def test_the_index_finds_the_events_that_sql_finds(dated: Any, key: str, days: str) -> None:
    db, _ = dated
    selected = all_of(event_filters(db, {f"_{key}": [days]}))
    with select(db, selected, EventIndex(), no_limit) as selection:
        assert isinstance(selection, IndexSelection)
        numbers = selection.numbers()
    sql = f"SELECT number FROM events WHERE {selected.sql}"
    assert set(numbers) == {number for (number,) in db.execute(sql, selected.params)}
    assert numbers


def test_a_search_of_the_past_finds_the_versions_with_all_its_words(timeline: Timeline) -> None:
    (head,) = timeline.db.execute("SELECT max(position) FROM log").fetchone()

    def found(*words: str) -> list[str]:
        given = {"_as_of": [str(head)], "_search": [f'"{word}"' for word in words]}
        selected = all_of(event_filters(timeline.db, given))
        sql = f"SELECT id FROM history WHERE {selected.sql} ORDER BY id"
        return [event for (event,) in timeline.db.execute(sql, selected.params)]

    assert found("taken") == ["belgrade-taken", "nis-taken"]
    assert found("taken", "Belgrade") == ["belgrade-taken"]
