"""One event in detail: its accounts, places, formations, people and history."""

from __future__ import annotations

import pytest
from conftest import Timeline

from chronology.timeline.as_of import TimelineAt, at_head, read_point
from chronology.timeline.event_detail import EventDetail, event_detail


@pytest.fixture
def revised(timeline: Timeline) -> Timeline:
    """The small chronology with more accounts of Niš, a quotation and a correction."""
    timeline.batch(
        "more",
        "- {account: quoted, event: nis-taken, source: two, at: '1', by: tolbukhin, said: 1944-12,"
        " date: 1944-10-15, claims: {tanks: '500', taken_by: partisans}}\n"
        "- {correct: event/nis-taken, set: {title: Niš falls, people: [tolbukhin]},"
        " because: Shorter.}\n",
    )
    return timeline


def detail(timeline: Timeline, name: str, as_of: int | None = None) -> EventDetail:
    point = read_point(timeline.db, [] if as_of is None else [str(as_of)])
    found = event_detail(TimelineAt(timeline.db, point), name)
    assert found is not None
    return found


def test_the_arrays_of_the_row_are_lists_and_the_date_is_also_in_words(revised: Timeline) -> None:
    event = detail(revised, "nis-taken").event
    assert event["title"] == "Niš falls"
    assert event["date_in_words"] == "14 October 1944"
    assert event["fronts"] == ["3rd Ukrainian Front"]
    assert event["armies"] == ["57th Army"]
    assert event["disputed"] == ["date", "figures"]
    assert event["people"] == ["Fyodor Tolbukhin"]


def test_the_accounts_are_in_the_order_of_their_records(revised: Timeline) -> None:
    one, quoted = detail(revised, "nis-taken").accounts
    assert (one["id"], one["source_name"], one["at"]) == ("nis-taken-one-1", "First source", "¶1")
    assert (one["claims"], one["says"]) == ({"tanks": "160"}, "The town falls.")
    assert (one["by_name"], one["said_in_words"]) == (None, None)
    assert (quoted["by"], quoted["by_name"]) == ("tolbukhin", "Fyodor Tolbukhin")
    assert quoted["said_in_words"] == "December 1944"
    assert quoted["date_in_words"] == "15 October 1944"


def test_the_disagreements_are_the_different_values_of_one_claim(revised: Timeline) -> None:
    assert detail(revised, "nis-taken").disagreements == [
        {
            "key": "tanks",
            "values": [
                {"account": "nis-taken-one-1", "value": "160"},
                {"account": "quoted", "value": "500"},
            ],
        }
    ]


def test_a_place_has_its_role_its_names_and_the_places_around_it(revised: Timeline) -> None:
    (place,) = detail(revised, "belgrade-taken").places
    assert place == {
        "id": "belgrade",
        "name": "Belgrade",
        "role": "at",
        "names": ["Beograd"],
        "within": ["Serbia"],
        "latitude": 44.804,
        "longitude": 20.4651,
        "radius_km": None,
    }


def test_a_formation_has_its_superiors_on_the_day(revised: Timeline) -> None:
    (formation,) = detail(revised, "nis-taken").formations
    assert (formation["id"], formation["level"], formation["side"]) == ("c68", "corps", "soviet")
    assert formation["superiors"] == [
        {"id": "a57", "name": "57th Army"},
        {"id": "f3", "name": "3rd Ukrainian Front"},
    ]


def test_a_person_has_an_id_and_a_name(revised: Timeline) -> None:
    people = detail(revised, "nis-taken").people
    assert people == [{"id": "tolbukhin", "name": "Fyodor Tolbukhin"}]


def test_the_history_has_every_version_with_its_changes(revised: Timeline) -> None:
    first, second = detail(revised, "nis-taken").history
    assert (first["action"], first["changed"]) == ("recorded", {})
    assert (second["action"], second["because"]) == (
        "corrected",
        "account/quoted recorded; Shorter.",
    )
    assert second["changed"]["title"] == {"from": "Niš is taken", "to": "Niš falls"}
    assert set(second["changed"]) == {"title", "people", "sources", "accounts", "disputed"}


@pytest.mark.parametrize("name", ["none", "belgrade-taken"])
def test_an_unknown_or_retracted_event_has_no_detail(timeline: Timeline, name: str) -> None:
    timeline.batch("r", "- {retract: event/belgrade-taken, into: nis-taken, because: The same.}")
    assert event_detail(at_head(timeline.db), name) is None


def test_the_chronology_of_the_head_is_the_corrected_one(timeline: Timeline) -> None:
    timeline.batch("c", "- {correct: chronology/test, set: {title: Another}, because: Better.}")
    chronology = at_head(timeline.db).chronology
    assert chronology is not None
    assert chronology.title == "Another"


def test_a_past_state_has_the_row_accounts_and_open_version_of_that_state(
    revised: Timeline,
) -> None:
    past = detail(revised, "nis-taken", as_of=17)

    assert past.event["title"] == "Niš is taken"
    assert [account["id"] for account in past.accounts] == ["nis-taken-one-1"]
    assert [(version["action"], version["until_position"]) for version in past.history] == [
        ("recorded", None)
    ]


def test_a_past_state_has_the_accounts_that_were_moved_or_retracted_since(
    timeline: Timeline,
) -> None:
    timeline.batch(
        "moved",
        "- {correct: account/belgrade-taken-one-1, set: {event: nis-taken}, because: Of Niš.}\n"
        "- {retract: account/belgrade-taken-two-1, because: Misread.}\n",
    )

    past, current = (detail(timeline, "belgrade-taken", position) for position in (17, None))

    assert [account["id"] for account in past.accounts] == [
        "belgrade-taken-one-1",
        "belgrade-taken-two-1",
    ]
    assert current.accounts == []


def test_a_distinct_event_has_its_title_only_while_it_is_in_the_timeline(
    timeline: Timeline,
) -> None:
    timeline.batch(
        "distinct",
        "- correct: event/nis-taken\n"
        "  set: {distinct: [{event: belgrade-taken, because: Another town.}]}\n"
        "  because: They were confused.\n",
    )
    (other,) = detail(timeline, "nis-taken").distinct
    assert other == {
        "event": "belgrade-taken",
        "title": "Belgrade is taken",
        "because": "Another town.",
    }
