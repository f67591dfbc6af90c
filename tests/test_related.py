"""A few of many events: both ways of finding them give what plain SQL gives."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import many_events
import pytest
from conftest import START, Timeline

from chronology.index.current import EventIndex
from chronology.index.predicates import Cursor, FacetEquals
from chronology.index.selection import EventFilter, select
from chronology.timeline import disagreements, linked_events
from chronology.timeline.filters import DISPUTED as DISPUTED_EVENTS
from chronology.timeline.neighbours import neighbours
from chronology.timeline.similar_ids import similar_ids
from chronology.timeline.subject_detail import subject_detail


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """1,100 events, which these tests only read."""
    found = Timeline(tmp_path_factory.mktemp("many") / "timeline.db")
    for name, text in many_events.batches(START).items():
        found.ingest(text, name.rpartition(".")[2])
    yield found
    found.db.close()


def ordered(many: Any, where: str) -> list[str]:
    return [row["id"] for row in many.rows(f"SELECT id FROM events {where} ORDER BY sort_day, id")]


IN_SERBIA = """WHERE number IN (SELECT event FROM event_links JOIN facet_values ON number =
    event_links.value WHERE facet = 'place_within' AND facet_values.value = 'serbia')"""


@pytest.mark.parametrize("is_scan_faster", [True, False], ids=["walked", "sorted"])
def test_the_events_of_a_subject_come_in_order_of_time(many, monkeypatch, walks):
    monkeypatch.setattr(linked_events, "is_scan_faster", lambda *_: walks)
    wanted = ordered(many, IN_SERBIA)

    found = linked_events.first_events(many.db, "place_within", "serbia", 25)

    assert len(wanted) == linked_events.count_events(many.db, "place_within", "serbia") > 25
    assert [row["id"] for row in found] == wanted[:25]


@pytest.mark.parametrize("is_scan_faster", [True, False], ids=["walked", "sorted"])
def test_the_nearest_at_a_place_are_those_before_and_after(many, monkeypatch, walks):
    monkeypatch.setattr(linked_events, "is_scan_faster", lambda *_: walks)
    (place,) = many.rows(
        "SELECT value FROM facet_values WHERE facet = 'places' ORDER BY count DESC LIMIT 1"
    )
    there = ordered(many, f"""WHERE places LIKE '%"{place["value"]}"%'""")
    middle = len(there) // 2
    (row,) = many.rows("SELECT * FROM events WHERE id = ?", there[middle])

    beside = neighbours(many.db, linked_events.decode_arrays(row))

    near = dict(beside.same_places)[place["value"]]
    assert [event["id"] for event in near] == there[middle - 3 : middle] + there[middle + 1 :][:3]


def test_an_event_has_its_neighbours_in_order_of_time(many):
    wanted = ordered(many, "")
    for index in (0, 1, 500, len(wanted) - 1):
        (row,) = many.rows("SELECT * FROM events WHERE id = ?", wanted[index])
        beside = neighbours(many.db, linked_events.decode_arrays(row))
        before, after = (event and event["id"] for event in (beside.before, beside.after))
        assert before == (wanted[index - 1] if index else None)
        assert after == (wanted[index + 1] if index + 1 < len(wanted) else None)


def test_the_days_of_a_subject_count_its_events_unless_there_are_too_many(many, monkeypatch):
    counts = linked_events.count_by_date(many.db, "place_within", "serbia")
    assert sum(count for _, count in counts) == linked_events.count_events(
        many.db, "place_within", "serbia"
    )

    monkeypatch.setattr(linked_events, "_MOST_COUNTED", 10)
    assert linked_events.count_by_date(many.db, "place_within", "serbia") == []
    assert linked_events.count_by_other_facet(many.db, "place_within", "serbia", "sources", 5) == []


def test_shared_values_are_counted_among_the_events_of_a_subject(many):
    wanted = many.rows(
        "SELECT json_each.value, count(*) AS count FROM events, json_each(sources)"
        f" {IN_SERBIA.replace('number', 'events.number', 1)} GROUP BY 1 ORDER BY 2 DESC, 1"
    )

    assert (
        linked_events.count_by_other_facet(many.db, "place_within", "serbia", "sources", 9)
        == wanted[:9]
    )


def test_a_wrong_id_leads_to_ids_that_are_like_it(timeline):
    near = similar_ids(timeline.db, "events", "nis-take")
    assert near[0] == {"id": "nis-taken", "name": "Niš is taken"}

    assert similar_ids(timeline.db, "places", "belgrad")[0]["id"] == "belgrade"
    assert similar_ids(timeline.db, "events", '"; DROP') == []


def test_a_wrong_id_finds_events_by_their_words_too(timeline):
    assert [row["id"] for row in similar_ids(timeline.db, "events", "fall-of-belgrade")] == [
        "belgrade-taken"
    ]


# Profiles and disagreements -------------------------------------------------------------------


def test_a_profile_tells_what_belongs_to_it(timeline):
    serbia = subject_detail(timeline.db, "places", "serbia")
    nis = subject_detail(timeline.db, "places", "nis")
    corps = subject_detail(timeline.db, "formations", "c68")
    source = subject_detail(timeline.db, "sources", "one")

    assert [place["id"] for place in serbia["inside"]] == ["belgrade", "nis"]
    assert [place["id"] for place in nis["around"]] == ["serbia"]
    assert [event["id"] for event in serbia["shown"]] == ["nis-taken", "belgrade-taken"]
    assert [tie["other"] for tie in corps["superiors"]] == ["a57"]
    assert (source["told"], source["total"], source["disputed"]) == (2, 2, 0)
    assert subject_detail(timeline.db, "people", "nobody") is None


def test_a_front_has_the_events_of_what_was_under_it(timeline):
    front = subject_detail(timeline.db, "formations", "f3")

    assert [event["id"] for event in front["shown"]] == ["nis-taken"]
    assert [tie["other"] for tie in front["subordinates"]] == ["a57"]


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


def no_limit(_: object) -> object:
    return nullcontext()


DISPUTED = """\
- event: disputed-{0}
  date: 1944-10-0{1}
  title: It is disputed when
  kind: battle
  accounts:
  - {{source: one, at: "1", date: 1944-10-0{1}}}
  - {{source: two, at: "1", date: 1944-11-0{1}}}
"""


def test_a_person_is_quoted_where_an_account_says_so(timeline):
    timeline.batch("quoted", QUOTED)

    person = subject_detail(timeline.db, "people", "tolbukhin")

    assert [(quote["event"], quote["at"]) for quote in person["quoted"]] == [
        ("bridge-blown", "¶10")
    ]


def test_passages_stand_in_the_order_of_their_numbers(timeline):
    timeline.batch("quoted", QUOTED)

    found = subject_detail(timeline.db, "sources", "one")["accounts"]

    assert [account["at"] for account in found] == ["¶1", "¶2", "¶9", "¶10"]


def test_disagreements_are_the_disputed_events_with_what_each_gives(timeline):
    timeline.batch("quoted", QUOTED)
    captures = EventFilter("kind = 'capture'", {}, FacetEquals("kind", "capture"))

    with select(timeline.db, DISPUTED_EVENTS, EventIndex(), no_limit) as disputed:
        (event,), end = disagreements.page(timeline.db, disputed, None, 10)
        total, kinds = disputed.count(), disagreements.kinds(disputed)
    with select(
        timeline.db, captures.and_also(DISPUTED_EVENTS), EventIndex(), no_limit
    ) as disputed:
        none = disagreements.kinds(disputed)

    assert (event["id"], end) == ("bridge-blown", None)
    assert [(row["key"], [v["value"] for v in row["values"]]) for row in event["compared"]] == [
        ("date", ["1944-10-19", "1944-10-18"]),
        ("tanks", ["5", "9"]),
    ]
    assert total == 1
    assert {row["value"]: row["count"] for row in kinds} == {"date": 1, "figures": 1}
    assert none == []


@pytest.mark.parametrize("index", [EventIndex(), None], ids=["index", "tables"])
def test_disagreements_follow_one_another_page_after_page(timeline, index):
    timeline.batch("disputed", "".join(DISPUTED.format(n, n % 3 + 1) for n in range(20)))
    wanted = ordered(timeline, "WHERE disputed != '[]'")
    found: list[str] = []
    after: Cursor | None = None
    while True:
        with select(timeline.db, DISPUTED_EVENTS, index, no_limit) as disputed:
            events, after = disagreements.page(timeline.db, disputed, after, 7)
        found += [event["id"] for event in events]
        if after is None:
            break

    assert found == wanted
    assert len(found) == 20
