"""The events near one event: before and after it, on the same days, at the same places."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Timeline
from small_chronology import START

from chronology.timeline import linked_events
from chronology.timeline.linked_events import decode_arrays
from chronology.timeline.neighbours import Neighbours, neighbours


def ordered_ids(timeline: Timeline, where: str = "") -> list[str]:
    rows = timeline.rows(f"SELECT id FROM events {where} ORDER BY sort_key, id")
    return [str(row["id"]) for row in rows]


def neighbours_of(timeline: Timeline, name: str) -> Neighbours:
    return neighbours(timeline.db, decode_arrays(timeline.event(name)))


def on_same_days(timeline: Timeline, name: str) -> list[str]:
    return [event["id"] for event in neighbours_of(timeline, name).same_days]


def event(name: str, date: str, places: str = "") -> str:
    return (
        f"- {{event: {name}, date: '{date}', title: An event, kind: battle, places: [{places}]}}\n"
    )


@pytest.mark.parametrize("index", [0, 1, 500, -1])
def test_the_events_before_and_after_are_adjacent_in_time(many: Timeline, index: int) -> None:
    ids: list[str | None] = [None, *ordered_ids(many), None]
    position = index + 1 if index >= 0 else len(ids) - 2

    near = neighbours_of(many, str(ids[position]))

    adjacent = [row and row["id"] for row in (near.before, near.after)]
    assert adjacent == [ids[position - 1], ids[position + 1]]


@pytest.mark.parametrize("is_scan", [True, False], ids=["scan", "sort"])
def test_the_nearest_events_at_a_place_are_three_before_and_three_after(
    many: Timeline, monkeypatch: pytest.MonkeyPatch, is_scan: bool
) -> None:
    monkeypatch.setattr(linked_events, "is_scan_faster", lambda *_: is_scan)
    (place,) = many.rows(
        "SELECT value FROM facet_values WHERE facet = 'places' ORDER BY count DESC LIMIT 1"
    )
    ids = ordered_ids(many, f"""WHERE places LIKE '%"{place["value"]}"%'""")
    middle = len(ids) // 2

    events = dict(neighbours_of(many, ids[middle]).same_places)[str(place["value"])]

    assert [event["id"] for event in events] == ids[middle - 3 : middle] + ids[middle + 1 :][:3]


def test_two_places_are_shown_that_have_other_events(timeline: Timeline) -> None:
    timeline.batch(
        "places",
        "- {place: far, name: Far}\n"
        + event("a", "1944-10-01", "far, nis, belgrade")
        + event("b", "1944-10-02", "nis, belgrade"),
    )

    assert [place for place, _ in neighbours_of(timeline, "a").same_places] == ["Niš"]
    assert [place for place, _ in neighbours_of(timeline, "b").same_places] == ["Niš", "Belgrade"]


def test_events_on_the_same_day_exclude_the_event_itself(timeline: Timeline) -> None:
    timeline.batch("same", event("b", "1944-10-14") + event("c", "1944-10-15"))

    assert on_same_days(timeline, "nis-taken") == ["b"]


def test_events_on_the_same_days_begin_up_to_the_last_possible_day(timeline: Timeline) -> None:
    timeline.batch(
        "same",
        event("long", "[1944-10-15..1944-10-20]")
        + event("before", "[1944-10-14..1944-10-16]")
        + event("first", "1944-10-15")
        + event("after", "1944-10-21"),
    )

    assert on_same_days(timeline, "long") == ["first", "belgrade-taken"]


def test_an_event_with_an_open_end_shares_its_first_day(timeline: Timeline) -> None:
    timeline.batch(
        "same",
        event("open", "[1944-10-15..]") + event("same", "1944-10-15") + event("c", "1944-10-16"),
    )

    assert on_same_days(timeline, "open") == ["same"]


def test_events_on_the_same_days_are_limited_to_the_first_six(timeline: Timeline) -> None:
    names = [f"e{number}" for number in range(8)]
    timeline.batch("same", "".join(event(name, "1944-11-01") for name in names))

    assert on_same_days(timeline, "e7") == names[:6]


def test_the_only_event_has_no_neighbours(make_timeline: Callable[..., Timeline]) -> None:
    timeline = make_timeline(START)
    timeline.batch("one", event("one", "1944-10-01", "nis"))

    assert neighbours_of(timeline, "one") == Neighbours(None, None, [], [])
