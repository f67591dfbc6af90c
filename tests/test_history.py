"""History and search after corrections, retractions and changes of the catalogue.

At the end of every test the tables must equal a fresh fold of the log.
"""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Timeline

from chronology.projections import tables


@pytest.fixture
def timeline(refolded_timeline: Timeline) -> Timeline:
    return refolded_timeline


def row(timeline: Timeline, table: str, **key: Any) -> Any:
    (column, value) = next(iter(key.items()))
    (found,) = timeline.rows(f"SELECT * FROM {table} WHERE {column} = ?", value)
    return found


def versions(timeline: Timeline, name: str, *columns: Any) -> Any:
    """Some columns of the versions of an event, from the first to the last."""
    found = timeline.rows("SELECT * FROM history WHERE id = ? ORDER BY from_position", name)
    return [tuple(state[column] for column in columns) for state in found]


def search(timeline: Timeline, text: str) -> Any:
    found = timeline.db.execute(
        "SELECT id FROM events WHERE number IN"
        " (SELECT rowid FROM events_fts WHERE events_fts MATCH ?) ORDER BY id",
        (f'"{text}"',),
    )
    return [name for (name,) in found]


# History


def test_a_recorded_event_has_one_current_version(timeline: Timeline) -> None:
    columns = ("from_position", "until_position", "action", "because", "title")
    assert versions(timeline, "nis-taken", *columns) == [
        (17, None, "recorded", None, "Niš is taken")
    ]


def test_a_version_has_all_cells_of_the_row(timeline: Timeline) -> None:
    (state,) = timeline.rows("SELECT * FROM history WHERE id = 'nis-taken'")
    event = timeline.event("nis-taken")
    published = {k: v for k, v in state.items() if k not in tables.HISTORY}
    assert published | {"number": event["number"]} == event
    assert (event["number"], state["number"]) == (13, 1)


def test_a_correction_ends_the_previous_version_at_the_end_of_its_batch(timeline: Timeline) -> None:
    timeline.batch(
        "c",
        "- {correct: event/nis-taken, set: {title: Niš falls}, because: Shorter.}\n"
        "- {source: three, name: Third}\n",
    )
    columns = ("from_position", "until_position", "action", "because", "title")
    assert versions(timeline, "nis-taken", *columns) == [
        (17, 20, "recorded", None, "Niš is taken"),
        (20, None, "corrected", "Shorter.", "Niš falls"),
    ]


def test_a_retraction_leaves_an_empty_version_with_the_reason(timeline: Timeline) -> None:
    timeline.batch("r", "- {retract: event/nis-taken, into: belgrade-taken, because: The same.}")
    columns = ("from_position", "until_position", "action", "because", "title")
    assert versions(timeline, "nis-taken", *columns)[-1] == (
        *(20, 20, "retracted"),
        "account/nis-taken-one-1 corrected: The same.; The same.",
        "Niš is taken",
    )


def test_the_accounts_of_an_event_move_with_its_retraction_into_another(timeline: Timeline) -> None:
    timeline.batch("r", "- {retract: event/nis-taken, into: belgrade-taken, because: The same.}")
    assert timeline.rows("SELECT id FROM events") == [{"id": "belgrade-taken"}]
    assert timeline.event("belgrade-taken")["accounts"] == 3
    assert timeline.rows("SELECT DISTINCT event FROM accounts") == [{"event": "belgrade-taken"}]


def test_an_event_recorded_and_retracted_in_one_batch_was_never_published(
    timeline: Timeline,
) -> None:
    timeline.batch(
        "r",
        "- {event: brief, date: 1944-10-10, title: Brief, kind: battle}\n"
        "- {retract: event/brief, because: A slip.}\n",
    )
    assert versions(timeline, "brief", "action") == []


def test_several_reasons_of_one_batch_are_in_the_order_of_its_records(timeline: Timeline) -> None:
    timeline.batch(
        "c",
        "- {account: new, event: nis-taken, source: two, at: '1'}\n"
        "- {correct: event/nis-taken, set: {title: Niš falls}, because: Shorter.}\n"
        "- {correct: place/nis, set: {name: Nish}, because: As in the source.}\n",
    )
    assert versions(timeline, "nis-taken", "because")[-1] == (
        "account/new recorded; Shorter.; place/nis corrected: As in the source.",
    )


def test_a_change_of_an_account_makes_a_version_of_its_event(timeline: Timeline) -> None:
    timeline.batch("r", "- {retract: account/belgrade-taken-two-1, because: Misread.}")
    assert versions(timeline, "belgrade-taken", "accounts", "because") == [
        (2, None),
        (1, "account/belgrade-taken-two-1 retracted: Misread."),
    ]


def test_an_account_that_moves_changes_both_events(timeline: Timeline) -> None:
    timeline.batch(
        "m",
        "- {correct: account/belgrade-taken-two-1, set: {event: nis-taken}, because: Of Niš.}",
    )
    assert versions(timeline, "belgrade-taken", "accounts") == [(2,), (1,)]
    assert versions(timeline, "nis-taken", "accounts", "sources") == [
        (1, '["First source"]'),
        (2, '["First source","Second source"]'),
    ]


# Changes of the catalogue


@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        ("place/nis, set: {name: Nish}", "places", '["Nish"]'),
        ("place/nis, unset: [latitude, longitude]", "latitude", None),
        ("source/one, set: {name: Savich}", "sources", '["Savich"]'),
        ("formation/c68, set: {name: LXVIII Corps}", "formations", '["LXVIII Corps"]'),
        ("formation/a57, set: {name: LVII Army}", "armies", '["LVII Army"]'),
        ("formation/f3, set: {name: Third Front}", "fronts", '["Third Front"]'),
        ("formation/c68, unset: [attached]", "fronts", "[]"),
        ("formation/a57, set: {level: corps}", "armies", "[]"),
        ("chronology/test, set: {window: 1944-11-01/1944-11-30}", "months", "[]"),
    ],
)
def test_a_change_of_the_catalogue_makes_versions_of_the_events_that_refer_to_it(
    timeline: Timeline, change: str, column: str, value: Any
) -> None:
    before = timeline.event("nis-taken")[column]
    timeline.batch("c", f"- {{correct: {change}, because: Better known.}}")
    assert timeline.event("nis-taken")[column] == value
    subject = change.partition(",")[0]
    assert versions(timeline, "nis-taken", column, "because") == [
        (before, None),
        (value, f"{subject} corrected: Better known."),
    ]


def test_a_change_of_a_person_makes_versions_of_their_events(timeline: Timeline) -> None:
    timeline.batch("c", "- {correct: person/tolbukhin, set: {name: Tolbukhin}, because: Short.}")
    assert versions(timeline, "belgrade-taken", "people") == [
        ('["Fyodor Tolbukhin"]',),
        ('["Tolbukhin"]',),
    ]
    assert len(versions(timeline, "nis-taken", "people")) == 1


def test_another_superior_counts_from_its_first_day(timeline: Timeline) -> None:
    timeline.batch(
        "c",
        "- {formation: a46, name: 46th Army, level: army, side: soviet}\n"
        "- {correct: formation/c68, set: {attached: [{to: a57, source: one, at: '1',"
        " until: 1944-10-13}, {to: a46, source: one, at: '1', from: 1944-10-14}]},"
        " because: It moved.}\n",
    )
    assert versions(timeline, "nis-taken", "armies", "fronts") == [
        ('["57th Army"]', '["3rd Ukrainian Front"]'),
        ('["46th Army"]', "[]"),
    ]
    counts = timeline.rows("SELECT id, events FROM formations ORDER BY id")
    assert {f["id"]: f["events"] for f in counts} == {"a46": 1, "a57": 0, "c68": 1, "f3": 0}


def test_a_change_that_alters_no_row_makes_no_version(timeline: Timeline) -> None:
    timeline.batch("c", "- {correct: place/nis, set: {note: On the Nišava.}, because: Context.}")
    assert len(versions(timeline, "nis-taken", "id")) == 1
    assert row(timeline, "places", id="nis")["note"] == "On the Nišava."


def test_a_place_that_moves_into_another_is_counted_there_without_a_version(
    timeline: Timeline,
) -> None:
    timeline.batch(
        "c",
        "- {place: balkans, name: Balkans}\n"
        "- {correct: place/serbia, set: {within: balkans}, because: Wider.}\n",
    )
    assert row(timeline, "places", id="balkans")["events"] == 2
    assert len(versions(timeline, "nis-taken", "id")) == 1


def test_another_dimension_becomes_a_column_of_events_and_of_history(timeline: Timeline) -> None:
    timeline.batch(
        "c",
        "- {correct: chronology/test, set: {dimensions: {corps: corps, fronts: front}},"
        " because: Corps matter.}",
    )
    event = timeline.event("nis-taken")
    assert (event["corps"], event["fronts"]) == ('["68th Rifle Corps"]', '["3rd Ukrainian Front"]')
    assert "armies" not in event
    assert versions(timeline, "nis-taken", "corps") == [('["68th Rifle Corps"]',)]


def test_a_rebuild_succeeds_with_dimensions_that_were_removed(timeline: Timeline) -> None:
    timeline.batch(
        "c", "- {correct: chronology/test, unset: [dimensions], because: None are needed.}"
    )
    timeline.batch("d", "- {correct: event/nis-taken, set: {title: Niš falls}, because: Shorter.}")
    assert "fronts" not in timeline.event("nis-taken")
    assert versions(timeline, "nis-taken", "title") == [("Niš is taken",), ("Niš falls",)]


# Search


@pytest.mark.parametrize("text", ["Nis", "Niš", "niš is TAKEN", "the town falls"])
def test_search_covers_titles_and_accounts_and_ignores_diacritics(
    timeline: Timeline, text: str
) -> None:
    assert search(timeline, text) == ["nis-taken"]


@pytest.mark.parametrize("text", ["Duric", "Đurić", "đurić", "Gjura", "Tolbukhin"])
def test_search_finds_people_by_any_name_with_or_without_diacritics(
    timeline: Timeline, text: str
) -> None:
    timeline.batch("more", "- {person: djuric, name: Đurić, names: [{name: Gjura}]}")
    timeline.batch(
        "meeting",
        "- {event: meeting, date: 1944-10-10, title: They meet, kind: battle,"
        " people: [djuric, tolbukhin]}",
    )
    assert "meeting" in search(timeline, text)


@pytest.mark.parametrize("text", ["Belgrade", "Beograd"])
def test_search_finds_a_place_by_its_other_names(timeline: Timeline, text: str) -> None:
    assert search(timeline, text) == ["belgrade-taken"]


def test_a_new_name_of_a_place_is_found_and_makes_no_version(timeline: Timeline) -> None:
    timeline.batch(
        "c", "- {correct: place/nis, set: {names: [{name: Naissus}]}, because: The Roman name.}"
    )
    assert search(timeline, "Naissus") == ["nis-taken"]
    assert len(versions(timeline, "nis-taken", "id")) == 1


def test_search_finds_quoted_people_by_their_current_names(timeline: Timeline) -> None:
    timeline.batch(
        "q",
        "- {account: '', event: nis-taken, source: two, at: '1', by: tolbukhin}\n"
        "- {account: '', event: nis-taken, source: two, at: '2', by: A Bulgarian officer}\n",
    )
    timeline.batch("c", "- {correct: person/tolbukhin, set: {name: Marshal T}, because: Short.}")
    assert search(timeline, "Marshal T") == ["belgrade-taken", "nis-taken"]
    assert search(timeline, "Bulgarian officer") == ["nis-taken"]


def test_search_does_not_find_corrected_or_retracted_texts(timeline: Timeline) -> None:
    timeline.batch(
        "c",
        "- {correct: event/nis-taken, set: {title: The town falls}, because: Shorter.}\n"
        "- {correct: place/nis, set: {name: Nish}, because: As in the source.}\n"
        "- {retract: event/belgrade-taken, into: nis-taken, because: The same.}\n",
    )
    assert search(timeline, "Niš") == search(timeline, "Belgrade") == []


def test_the_search_index_contains_only_live_events(timeline: Timeline) -> None:
    timeline.batch("r", "- {retract: event/nis-taken, into: belgrade-taken, because: The same.}")
    assert timeline.rows("SELECT rowid FROM events_fts") == [{"rowid": 15}]


def test_a_corrected_date_leaves_no_old_spans(timeline: Timeline) -> None:
    for name, date in (("one", "[1944-10-01,1944-10-05]"), ("two", "[1944-10-02,1944-10-05]")):
        timeline.batch(
            name, f'- {{correct: event/nis-taken, set: {{date: "{date}"}}, because: Doubtful.}}'
        )
    days = timeline.rows("SELECT date(first_day * 86400, 'unixepoch') AS day FROM event_spans")
    assert [row["day"] for row in days] == ["1944-10-02", "1944-10-05"]
    timeline.batch("three", "- {correct: event/nis-taken, set: {date: 1944-10}, because: Vague.}")
    assert timeline.rows("SELECT * FROM event_spans") == []


def test_a_corrected_account_leaves_no_old_claims(timeline: Timeline) -> None:
    timeline.batch(
        "c",
        "- {correct: account/nis-taken-one-1, set: {claims: {guns: 9}}, because: No tanks.}",
    )
    assert [claim["key"] for claim in timeline.rows("SELECT key FROM claims")] == ["guns"]
