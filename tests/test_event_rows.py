"""The columns of `events`: the status, the point, the months, the dates and the disputes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Timeline
from small_chronology import EVENTS, START

from chronology import projections
from chronology.model.edtf import parse
from chronology.projections.event_dates import months_of


@pytest.fixture
def timeline(make_timeline: Callable[..., Timeline]) -> Iterator[Timeline]:
    """The small chronology with its two events; in the end it equals a fresh fold."""
    made = make_timeline(START, EVENTS)
    yield made
    assert projections.verify(made.db) == []


def add_event(
    timeline: Timeline, name: str = "e", date: str = '"1944-10-10"', **fields: Any
) -> Any:
    more = {"kind": "battle", "title": "Something", **fields}
    text = ", ".join(f"{key}: {value}" for key, value in more.items())
    timeline.batch(f"add-{name}", f"- {{event: {name}, date: {date}, {text}}}\n")
    return timeline.event(name)


@pytest.mark.parametrize(
    ("stances", "status"),
    [
        ([], "asserted"),
        (["asserts"], "asserted"),
        (["plans"], "planned"),
        (["denies"], "denied"),
        (["denies", "plans"], "planned"),
        (["plans", "denies", "asserts"], "asserted"),
    ],
)
def test_the_status_is_the_strongest_stance(
    timeline: Timeline, stances: list[str], status: str
) -> None:
    accounts = ", ".join(f"{{source: one, at: '1', stance: {stance}}}" for stance in stances)
    assert add_event(timeline, accounts=f"[{accounts}]")["status"] == status


NIS, BELGRADE, BETWEEN = (43.3211, 21.8958), (44.804, 20.4651), (44.06255, 21.18045)


@pytest.mark.parametrize(
    ("places", "point"),
    [
        ("", (None, None)),
        ("serbia", (None, None)),
        ("nis", NIS),
        ("serbia, belgrade, nis", BELGRADE),
        ("{place: belgrade, role: near}, nis", NIS),
        ("{place: nis, role: between}, {place: belgrade, role: between}", BETWEEN),
        ("{place: nis, role: between}, {place: serbia, role: between}", NIS),
        ("{place: belgrade, role: from}, {place: nis, role: to}", BELGRADE),
        ("{place: belgrade, role: near}, {place: nis, role: between}", NIS),
        ("{place: serbia, role: at}, {place: nis, role: near}", NIS),
    ],
)
def test_the_point_is_that_of_at_or_between_or_the_first_located_place(
    timeline: Timeline, places: str, point: tuple[Any, ...]
) -> None:
    event = add_event(timeline, places=f"[{places}]")
    assert (event["latitude"], event["longitude"]) == point


@pytest.mark.parametrize(
    ("date", "months"),
    [
        ("1944-10-14", ["1944-10"]),
        ("1944-09-30/1944-10-01", ["1944-09", "1944-10"]),
        ("1944-07-01/1944-09-02", ["1944-09"]),
        ("1944-11-29/1945-05", ["1944-11"]),
        ("1944", ["1944-09", "1944-10", "1944-11"]),
        ("[1944-09-01,1944-11-30]", ["1944-09", "1944-11"]),
        ("[..1944-10-08]", ["1944-09", "1944-10"]),
    ],
)
def test_the_months_are_the_possible_ones_within_the_window(
    timeline: Timeline, date: str, months: list[str]
) -> None:
    assert json.loads(add_event(timeline, date=f'"{date}"')["months"]) == months


@pytest.mark.parametrize(
    ("date", "columns"),
    [
        ("[..1944-10-08]", (None, "1944-10-08", "1944-10-08", "set", None)),
        ("1944-10-10/..", ("1944-10-10", None, "1944-10-10", "interval", None)),
        ("1944-10", ("1944-10-01", "1944-10-31", "1944-10-01", "month", None)),
        ("1944-10-14T17:00", ("1944-10-14", "1944-10-14", "1944-10-14", "time", "17:00")),
    ],
)
def test_a_date_gives_days_precision_and_time(
    timeline: Timeline, date: str, columns: tuple[Any, ...]
) -> None:
    event = add_event(timeline, date=f'"{date}"')
    names = ("earliest", "latest", "sort_day", "precision", "time")
    assert tuple(event[name] for name in names) == columns


def test_disagreeing_accounts_make_an_event_disputed(timeline: Timeline) -> None:
    timeline.batch(
        "more",
        "- {account: '', event: nis-taken, source: two, at: '1', date: 1944-10-15,"
        " claims: {tanks: 40}}",
    )
    assert timeline.event("nis-taken")["disputed"] == '["date","figures"]'


def test_a_source_with_two_accounts_is_named_once(timeline: Timeline) -> None:
    timeline.batch("more", "- {account: '', event: nis-taken, source: one, at: '7'}")
    event = timeline.event("nis-taken")
    assert (event["sources"], event["accounts"]) == ('["First source"]', 2)


TWO_YEARS = " ".join(f"{year}-{month:02}" for year in (1943, 1944) for month in range(1, 13))


@pytest.mark.parametrize(
    ("text", "window", "months"),
    [
        ("1944-10-14", "1944-09-01/1944-11-30", "1944-10"),
        ("1944-09-28/1944-10-03", "1944-09-01/1944-11-30", "1944-09 1944-10"),
        ("1944", "1944-09-01/1944-11-30", "1944-09 1944-10 1944-11"),
        ("[1944-09-30,1944-11-01]", "1944-09-01/1944-11-30", "1944-09 1944-11"),
        ("[..1944-10-08]", "1944-09-01/1944-11-30", "1944-09 1944-10"),
        ("1944-11-10/..", "1944-09-01/1944-11-30", "1944-11"),
        ("1943", "1944-09-01/1944-11-30", ""),
        ("1944-12-24/1945-01-06", "1944/..", "1944-12 1945-01"),
        ("1944-12-24/..", "1944/..", "1944-12"),
        ("[..1944-10-08]", "1944-09-01/..", "1944-09 1944-10"),
        ("../1944-10-08", "../1945", "1944-10"),
        ("1944-10", "[1944-09..1944-10-05,1944-10-20..1944-12-05]", "1944-10"),
        ("1944-10-10", "[1944-10-01,1944-10-20]", ""),
        (
            "1943-01/1944-12",
            "1900/1999",
            " ".join(f"{1943 + n // 12}-{n % 12 + 1:02}" for n in range(24)),
        ),
        ("1943-01/1945-01", "1900/1999", ""),
        ("1000/..", "0001/9999", ""),
        ("0001/9999", "0001/9999", ""),
        ("0001", "0001-02/0001-03", "0001-02 0001-03"),
    ],
)
def test_months_are_those_touched_within_the_window(text: str, window: str, months: str) -> None:
    assert months_of(parse(text), parse(window)) == months.split()


@pytest.mark.parametrize(
    ("west", "east", "middle"),
    [(10, 20, 15), (-10, 10, 0), (179, -179, 180), (170, -150, -170), (-170, 150, 170)],
)
def test_the_point_between_places_lies_on_the_shorter_way_round(
    timeline: Timeline, west: float, east: float, middle: float
) -> None:
    places = "".join(
        f"- {{place: {name}, name: {name.title()}, latitude: 10, longitude: {longitude}}}\n"
        for name, longitude in (("west", west), ("east", east))
    )
    timeline.batch("places", places)
    between = "[{place: west, role: between}, {place: east, role: between}]"
    assert add_event(timeline, places=between)["longitude"] == middle


@pytest.mark.parametrize(
    ("title", "indexed"),
    [
        ("Niš", "Niš"),
        ("Łódź", "Łódź\nLódź"),
        ("Nis", "Nis"),
    ],
)
def test_the_search_index_has_only_texts_with_special_letters_twice(
    timeline: Timeline, title: str, indexed: str
) -> None:
    timeline.batch(
        "title", f"- {{correct: event/nis-taken, set: {{title: {title}}}, because: Short.}}"
    )
    (number,) = timeline.rows("SELECT number FROM events WHERE id = 'nis-taken'")
    (row,) = timeline.rows("SELECT title FROM events_fts WHERE rowid = ?", number["number"])
    assert row["title"] == indexed
