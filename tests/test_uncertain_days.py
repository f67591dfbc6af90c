"""An uncertain day counts with all the days that it may be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Timeline
from small_chronology import START

from chronology.model.edtf import parse
from chronology.projections.catalogue import load_catalogue
from chronology.timeline import duplicates, neighbours, order_of_battle
from chronology.timeline.linked_events import decode_arrays

Make = Callable[..., Timeline]


@pytest.mark.parametrize(
    ("since", "until", "day", "sure"),
    [
        ("1944-10-01", "1944-10-20", "1944-10-05", True),
        ("1944-10-05", "1944-10-05", "1944-10-05", True),
        ("1944-10", "1944-11-20", "1944-10-05", False),
        ("1944-10-01", "1944-10", "1944-10-05", False),
        ("1944-10-01", "1944-10-20", "1944-10-15/1944-10-25", False),
        ("1944-10-10", "1944-10-20", "1944-10-05/1944-10-15", False),
    ],
)
def test_a_command_is_sure_if_it_covers_every_possible_day(
    make_timeline: Make, since: str, until: str, day: str, sure: bool
) -> None:
    timeline = make_timeline(START)
    timeline.batch(
        "command",
        "- {formation: a4, name: 4th Army, level: army, side: soviet, commanders:"
        f" [{{person: tolbukhin, source: one, at: '1', from: '{since}', until: '{until}'}}]}}\n",
    )
    sides = order_of_battle.on_day(load_catalogue(timeline.db), parse(day))
    (army,) = (unit for side in sides for unit in side.loose if unit.id == "a4")
    assert [commander.sure for commander in army.commanders] == [sure]


def event(name: str, date: str, **fields: str) -> str:
    values = {"title": name, "source": "one", **fields}
    return (
        f"- {{event: {name}, date: '{date}', title: {values['title']}, kind: capture,"
        f" places: [nis], accounts: [{{source: {values['source']}, at: '1'}}]}}\n"
    )


def test_events_of_any_possible_day_are_events_of_the_same_days(make_timeline: Make) -> None:
    timeline = make_timeline(START)
    days = {"before": "13", "first": "14", "last": "16", "after": "17"}
    records = [event(name, f"1944-10-{day}") for name, day in days.items()]
    records.append(event("uncertain", "[1944-10-14..1944-10-16]"))
    timeline.batch("events", "".join(records))
    row = decode_arrays(timeline.event("uncertain"))
    same = neighbours.neighbours(timeline.db, row).same_days
    assert [other["id"] for other in same] == ["first", "last"]


def test_two_events_of_one_source_are_less_likely_one_event(make_timeline: Make) -> None:
    """A source that reports both mostly reports two events."""
    scores = []
    for source in ("one", "two"):
        timeline = make_timeline(START)
        first = event("a", "1944-10-14", title="Soviet troops take Niš")
        second = event("b", "1944-10-14", title="Soviet troops take Niš", source=source)
        timeline.batch("events", first + second)
        (pair,) = duplicates.find(timeline.db)
        scores.append(pair.score)
    assert scores[0] < scores[1]


def test_events_that_last_the_same_days_are_as_close_as_events_of_one_day(
    make_timeline: Make,
) -> None:
    scores = []
    for days in ("1944-10-14", "1944-10-14/1944-10-20"):
        timeline = make_timeline(START)
        names = {"a": "one", "b": "two"}
        records = [event(name, days, title="Niš falls", source=names[name]) for name in names]
        timeline.batch("events", "".join(records))
        (pair,) = duplicates.find(timeline.db)
        scores.append(pair.score)
    assert scores[0] == scores[1]


def test_an_event_that_lasts_is_less_close_if_it_shares_fewer_days(make_timeline: Make) -> None:
    scores = []
    for days in ("1944-10-14/1944-10-20", "1944-10-15/1944-10-20", "1944-10-18/1944-10-20"):
        timeline = make_timeline(START)
        first = event("a", "1944-10-14/1944-10-20", title="Niš falls")
        timeline.batch("events", first + event("b", days, title="Niš falls", source="two"))
        scores += [pair.score for pair in duplicates.find(timeline.db)]
    assert len(scores) >= 2
    assert sorted(set(scores), reverse=True) == scores


def test_events_are_less_likely_one_event_the_further_their_days_are_apart(
    make_timeline: Make,
) -> None:
    scores = []
    for day in ("14", "15", "16"):
        timeline = make_timeline(START)
        first = event("a", "1944-10-14", title="Niš falls")
        second = event("b", f"1944-10-{day}", title="Niš falls", source="two")
        timeline.batch("events", first + second)
        (pair,) = duplicates.find(timeline.db)
        scores.append(pair.score)
    assert scores[0] > scores[1] > scores[2]


@pytest.mark.parametrize(
    ("date", "day", "found"),
    [
        ("[..1944-10-14]", "14", True),
        ("[..1944-10-14]", "15", True),
        ("[..1944-10-14]", "20", False),
        ("[1944-10-14..]", "14", True),
        ("[1944-10-14..]", "13", True),
        ("[1944-10-14..]", "08", False),
    ],
)
def test_a_date_with_an_open_side_is_compared_by_the_other(
    make_timeline: Make, date: str, day: str, found: bool
) -> None:
    timeline = make_timeline(START)
    first = event("a", date, title="Niš falls")
    second = event("b", f"1944-10-{day}", title="Niš falls", source="two")
    timeline.batch("events", first + second)
    assert bool(duplicates.find(timeline.db)) == found
