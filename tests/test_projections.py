"""The rows of each table, after batches were ingested.

At the end of every test the tables must equal a fresh fold of the log.
"""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Timeline

from chronology import projections
from chronology.projections import tables
from chronology.store import log


@pytest.fixture
def timeline(refolded_timeline: Timeline) -> Timeline:
    return refolded_timeline


def row(timeline: Timeline, table: str, **key: Any) -> Any:
    (column, value) = next(iter(key.items()))
    (found,) = timeline.rows(f"SELECT * FROM {table} WHERE {column} = ?", value)
    return found


def test_a_row_of_events_follows_from_the_event_its_accounts_and_the_catalogue(
    timeline: Timeline,
) -> None:
    assert timeline.event("nis-taken") == {
        "id": "nis-taken",
        "date": "1944-10-14",
        "earliest": "1944-10-14",
        "latest": "1944-10-14",
        "sort_day": "1944-10-14",
        "time": None,
        "precision": "day",
        "basis": None,
        "title": "Niš is taken",
        "summary": None,
        "kind": "capture",
        "status": "asserted",
        "months": '["1944-10"]',
        "armies": '["57th Army"]',
        "fronts": '["3rd Ukrainian Front"]',
        "formations": '["68th Rifle Corps"]',
        "places": '["Niš"]',
        "people": "[]",
        "sources": '["First source"]',
        "latitude": 43.3211,
        "longitude": 21.8958,
        "accounts": 1,
        "disputed": "[]",
        "first_day": -9_210,
        "last_day": -9_210,
        "first_second": -9_210 * 86_400,
        "last_second": -9_209 * 86_400 - 1,
        "sequence": None,
        "sort_key": -9_210 * 86_400 * 10_000,
        "as_written": None,
        "elapsed": None,
        **dict.fromkeys(("geometry", "related", "links", "media")),
        "names": None,
        "importance": None,
        "version": 1,
        "position": 17,
        "recorded_at": "2026-01-02T00:00:00Z",
        "number": 13,
    }


def test_the_number_of_an_event_is_the_position_of_its_first_record(timeline: Timeline) -> None:
    timeline.batch("c", "- {correct: event/nis-taken, set: {title: Niš falls}, because: Shorter.}")
    found = dict(timeline.db.execute("SELECT id, number FROM events"))
    first = timeline.db.execute(
        "SELECT substr(stream, 7), position FROM log WHERE type = 'event.recorded'"
    )
    assert found == dict(first)


def test_a_row_of_accounts_has_the_fields_of_the_account(timeline: Timeline) -> None:
    timeline.batch(
        "more",
        "- {account: said-later, event: nis-taken, source: two, at: [p. 1, p. 2], stance: denies,"
        " by: tolbukhin, said: 1944-12, date: '[..1944-10-15]', basis: Counted., says: Not so.}",
    )
    assert row(timeline, "accounts", id="said-later") == {
        "id": "said-later",
        "event": "nis-taken",
        "source": "two",
        "at": "p. 1; p. 2",
        "stance": "denies",
        "by": "tolbukhin",
        "said": "1944-12",
        "date": "[..1944-10-15]",
        "earliest": None,
        "latest": "1944-10-15",
        "basis": "Counted.",
        "says": "Not so.",
        "claims": "{}",
        "as_written": None,
        "said_as_written": None,
        **dict.fromkeys(("links", "media")),
        "version": 1,
        "position": 19,
        "recorded_at": "2026-02-01T00:00:00Z",
    }


def test_claims_have_figures_as_ranges_and_texts_without_a_range(timeline: Timeline) -> None:
    timeline.batch(
        "more",
        "- {account: figures, event: nis-taken, source: two, at: '1', claims:"
        " {about: ~100, least: 500+, most: 20-, range: 15..20, one: 7.5, text: partisans}}",
    )
    found = timeline.rows("SELECT key, value, low, high FROM claims WHERE account = 'figures'")
    assert [tuple(claim.values()) for claim in found] == [
        ("about", "~100", 90.0, 110.0),
        ("least", "500+", 500.0, None),
        ("most", "20-", None, 20.0),
        ("one", "7.5", 7.5, 7.5),
        ("range", "15..20", 15.0, 20.0),
        ("text", "partisans", None, None),
    ]


def test_sources_have_their_fields_and_the_number_of_their_events(timeline: Timeline) -> None:
    timeline.batch(
        "more",
        "- {source: three, name: Third, author: Somebody, published: 1975, cites: [A, B],"
        " url: 'https://example.org/', statements: [{source: one, at: '1', says: It exists.}]}",
    )
    third = row(timeline, "sources", id="three")
    assert (third["author"], third["published"], third["cites"]) == (
        "Somebody",
        "1975",
        '["A","B"]',
    )
    assert third["statements"] == '[{"at":"1","says":"It exists.","source":"one"}]'
    assert third["title"] is third["language"] is third["note"] is None
    counts = timeline.rows("SELECT id, events FROM sources ORDER BY id")
    assert {s["id"]: s["events"] for s in counts} == {"one": 2, "three": 0, "two": 1}


def test_places_count_the_events_within_them(timeline: Timeline) -> None:
    found = row(timeline, "places", id="belgrade")
    assert found == {
        "id": "belgrade",
        "name": "Belgrade",
        "names": '[{"name":"Beograd","use":"translation"}]',
        "type": None,
        "latitude": 44.804,
        "longitude": 20.4651,
        "radius_km": None,
        "within": "serbia",
        "ids": "{}",
        "note": None,
        "statements": "[]",
        "events": 1,
        "geometry": None,
        "links": "[]",
        "media": "[]",
        "version": 1,
        "position": 7,
        "recorded_at": "2026-01-01T00:00:00Z",
    }
    assert row(timeline, "places", id="serbia")["events"] == 2


def test_people_have_their_fields_and_the_number_of_their_events(timeline: Timeline) -> None:
    timeline.batch(
        "c",
        "- {correct: person/tolbukhin, set: {born: 1894-06-16, role: Marshal}, because: Known.}",
    )
    found = row(timeline, "people", id="tolbukhin")
    assert (found["born"], found["role"], found["side"]) == ("1894-06-16", "Marshal", "soviet")
    assert (found["events"], found["version"], found["position"]) == (1, 2, 19)


def test_formations_count_the_events_of_their_subordinates(timeline: Timeline) -> None:
    found = timeline.rows("SELECT id, level, side, events FROM formations ORDER BY id")
    assert [tuple(formation.values()) for formation in found] == [
        ("a57", "army", "soviet", 1),
        ("c68", "corps", "soviet", 1),
        ("f3", "front", "soviet", 1),
    ]


def test_attachments_have_one_row_for_each_superior(timeline: Timeline) -> None:
    timeline.batch(
        "c",
        "- {correct: formation/c68, set: {attached: [{to: a57, source: one, at: '2',"
        " from: 1944-10-01, until: '[1944-10-20..]', basis: Counted.},"
        " {to: f3, source: two, at: '3', part: true}]}, because: More is known.}",
    )
    found = timeline.rows("SELECT * FROM attachments WHERE formation = 'c68' ORDER BY superior")
    assert [tuple(attachment.values()) for attachment in found] == [
        ("c68", "a57", "1944-10-01", "[1944-10-20..]", 0, "one", "2", "Counted.", None, None),
        ("c68", "f3", None, None, 1, "two", "3", None, None, None),
    ]


def test_commanders_have_one_row_for_each_command(timeline: Timeline) -> None:
    timeline.batch(
        "c",
        "- {correct: formation/f3, set: {commanders: [{person: tolbukhin, source: one, at: '9',"
        " from: 1944-05}]}, because: Named.}",
    )
    assert timeline.rows("SELECT * FROM commanders") == [
        {
            "formation": "f3",
            "person": "tolbukhin",
            "from": "1944-05",
            "until": None,
            "source": "one",
            "at": "9",
            "basis": None,
            "from_as_written": None,
            "until_as_written": None,
        }
    ]


def test_batches_have_their_positions_and_the_numbers_of_actions(timeline: Timeline) -> None:
    timeline.batch(
        "clean-up",
        "- {correct: event/nis-taken, set: {title: Niš falls}, because: Shorter.}\n"
        "- {retract: account/belgrade-taken-two-1, because: Misread.}\n",
    )
    columns = "id, note, first_position, last_position, recorded, corrected, retracted"
    found = timeline.rows(f"SELECT {columns} FROM batches ORDER BY first_position")
    assert [tuple(batch.values()) for batch in found] == [
        ("start", "A small chronology for tests", 1, 11, 10, 0, 0),
        ("events", None, 12, 17, 5, 0, 0),
        ("clean-up", None, 18, 20, 0, 1, 1),
    ]


def test_event_values_list_the_events_changed_since_a_position_with_their_links(
    timeline: Timeline,
) -> None:
    def changed(position: int) -> Any:
        return timeline.db.execute(
            "SELECT stream, (SELECT json_group_array(facet_values.value) FROM json_each(numbers)"
            "  JOIN facet_values ON number = json_each.value WHERE facet = 'place_within')"
            " FROM event_values JOIN log ON log.position = event"
            " WHERE event_values.position > ? ORDER BY stream",
            (position,),
        ).fetchall()

    all_events = [event for event, _ in changed(0)]
    before = log.head(timeline.db).position
    assert changed(before) == []
    # A place moves out of another: the rows of events stay, their links do not.
    timeline.batch("moved", "- {correct: place/nis, unset: [within], because: A mistake.}\n")
    assert changed(before) == [("event/nis-taken", '["nis"]')]
    before = log.head(timeline.db).position
    timeline.batch(
        "gone", "- {retract: event/nis-taken, into: belgrade-taken, because: The same.}\n"
    )
    assert [event for event, _ in changed(before)] == ["event/belgrade-taken", "event/nis-taken"]
    assert ("event/nis-taken", "[]") in changed(before)
    assert [event for event, _ in changed(0)] == all_events


def test_an_event_is_linked_by_the_names_of_its_facets_and_by_ids(timeline: Timeline) -> None:
    found = timeline.db.execute(
        "SELECT facet, facet_values.value FROM event_links JOIN events ON events.number = event"
        " JOIN facet_values ON facet_values.number = event_links.value WHERE id = ?",
        ("nis-taken",),
    )
    assert sorted(found) == [
        ("armies", "57th Army"),
        ("chain", "a57"),
        ("chain", "c68"),
        ("chain", "f3"),
        ("formations", "68th Rifle Corps"),
        ("fronts", "3rd Ukrainian Front"),
        ("kind", "capture"),
        ("months", "1944-10"),
        ("place_within", "nis"),
        ("place_within", "serbia"),
        ("places", "Niš"),
        ("source", "one"),
        ("sources", "First source"),
        ("status", "asserted"),
    ]


def test_only_dates_with_gaps_have_spans(timeline: Timeline) -> None:
    timeline.batch(
        "gaps",
        "- {event: gaps, date: '[1944-10-01,1944-10-05..]', title: T, kind: battle}",
    )
    found = timeline.rows(
        "SELECT id, date(s.first_day * 86400, 'unixepoch') AS earliest,"
        " date(s.last_day * 86400, 'unixepoch') AS latest"
        " FROM event_spans s JOIN events ON events.number = event"
    )
    assert [(span["id"], span["earliest"], span["latest"]) for span in found] == [
        ("gaps", "1944-10-01", "1944-10-01"),
        ("gaps", "1944-10-05", None),
    ]


def test_tracking_has_the_head_that_the_tables_reflect(timeline: Timeline) -> None:
    head = log.head(timeline.db)
    (tracked,) = timeline.db.execute("SELECT position, digest, version FROM tracking")
    assert tracked == (*head, tables.VERSION)
    assert projections.position(timeline.db) == head.position
    assert projections.is_current(timeline.db)
