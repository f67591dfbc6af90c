"""One source, place, formation or person in detail."""

from __future__ import annotations

from typing import Any

from conftest import Timeline

from chronology.timeline.subject_detail import subject_detail

QUOTED = """\
- event: bridge-blown
  date: 1944-10-19
  title: The bridge is blown
  kind: battle
  accounts:
  - {source: one, at: "¶10", date: 1944-10-19, by: tolbukhin, claims: {tanks: 5}}
  - {source: two, at: "¶2", date: 1944-10-18, claims: {tanks: 9}}
- event: bridge-held
  date: 1944-10-19
  title: The bridge is held
  kind: battle
  accounts:
  - {source: one, at: "¶9", date: 1944-10-19}
"""


def detail(timeline: Timeline, table: str, name: str) -> dict[str, Any]:
    row = subject_detail(timeline.db, table, name)
    assert row is not None
    return row


def ids(rows: list[dict[str, Any]], key: str = "id") -> list[str]:
    return [row[key] for row in rows]


def test_an_unknown_id_has_no_detail(timeline: Timeline) -> None:
    assert subject_detail(timeline.db, "people", "nobody") is None


def test_a_place_has_the_places_around_it_and_within_it(timeline: Timeline) -> None:
    serbia, nis = detail(timeline, "places", "serbia"), detail(timeline, "places", "nis")

    assert (ids(serbia["inside"]), ids(serbia["around"])) == (["belgrade", "nis"], [])
    assert (ids(nis["inside"]), ids(nis["around"])) == ([], ["serbia"])


def test_a_place_has_the_events_of_all_that_lies_within_it(timeline: Timeline) -> None:
    serbia = detail(timeline, "places", "serbia")

    assert ids(serbia["shown"]) == ["nis-taken", "belgrade-taken"]
    assert serbia["total"] == 2
    assert serbia["days"] == [("1944-10-14", 1), ("1944-10-20", 1)]
    assert serbia["sources"] == [
        {"value": "First source", "count": 2},
        {"value": "Second source", "count": 1},
    ]


def test_a_formation_has_its_superiors_subordinates_and_all_their_events(
    timeline: Timeline,
) -> None:
    corps, front = detail(timeline, "formations", "c68"), detail(timeline, "formations", "f3")

    assert ids(corps["superiors"], "other") == ["a57"]
    assert (ids(front["superiors"]), ids(front["subordinates"], "other")) == ([], ["a57"])
    assert ids(front["shown"]) == ["nis-taken"]


def test_a_formation_and_a_person_have_the_commands_in_order_of_time(timeline: Timeline) -> None:
    timeline.batch(
        "commands",
        "- correct: formation/f3\n"
        "  set: {commanders: [{person: tolbukhin, source: two, at: '2', from: 1944-11-01},\n"
        "    {person: tolbukhin, source: one, at: '1', from: 1944-10-01, until: 1944-10-30}]}\n"
        "  because: Named.\n",
    )
    front, person = detail(timeline, "formations", "f3"), detail(timeline, "people", "tolbukhin")

    assert [(tie["name"], tie["from"]) for tie in front["commands"]] == [
        ("Fyodor Tolbukhin", "1944-10-01"),
        ("Fyodor Tolbukhin", "1944-11-01"),
    ]
    assert ids(person["commands"], "source_name") == ["First source", "Second source"]


def test_a_source_counts_its_accounts_its_events_and_those_in_dispute(timeline: Timeline) -> None:
    source = detail(timeline, "sources", "one")
    assert (source["account_count"], source["total"], source["disputed"]) == (2, 2, 0)

    timeline.batch("quoted", QUOTED)

    source = detail(timeline, "sources", "one")
    assert (source["account_count"], source["total"], source["disputed"]) == (4, 4, 1)


def test_the_passages_of_a_source_are_in_the_order_of_their_numbers(timeline: Timeline) -> None:
    timeline.batch("quoted", QUOTED)

    assert ids(detail(timeline, "sources", "one")["accounts"], "at") == ["¶1", "¶2", "¶9", "¶10"]


def test_a_person_is_quoted_by_the_accounts_that_name_them(timeline: Timeline) -> None:
    timeline.batch("quoted", QUOTED)

    quoted = detail(timeline, "people", "tolbukhin")["quoted"]

    assert [(quote["event"], quote["at"]) for quote in quoted] == [("bridge-blown", "¶10")]


def test_a_statement_has_the_name_of_its_source(timeline: Timeline) -> None:
    timeline.batch(
        "stated",
        "- correct: place/nis\n"
        "  set: {statements: [{source: two, at: '7', says: A fortress.}]}\n"
        "  because: Context.\n",
    )
    (statement,) = detail(timeline, "places", "nis")["statements"]
    assert statement["source_name"] == "Second source"
