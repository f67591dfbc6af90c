"""Checks against the log: several faults, and batches that pass."""

from __future__ import annotations

import json

from conftest import Timeline
from ingest_faults import EVENT, FORMATION, Make, faults, refused
from small_chronology import START


def test_a_batch_recorded_before_the_head_is_refused(timeline: Timeline) -> None:
    assert faults(timeline, EVENT, recorded="2026-01-01T23:59:59Z") == [
        "3: recorded 2026-01-01T23:59:59Z is earlier than the head of the log,"
        " 2026-01-02T00:00:00Z; write the current time"
    ]


def test_a_batch_recorded_at_the_time_of_the_head_is_appended(timeline: Timeline) -> None:
    assert timeline.batch("b", EVENT, recorded="2026-01-02T01:00:00+01:00").records == 2


def test_eight_faults_of_one_batch_are_reported_in_order_of_line(timeline: Timeline) -> None:
    found = faults(
        timeline,
        "- {event: a, date: 1945, title: A, kind: battle}\n"
        "- {event: b, date: 1944-10-10, title: B, kind: siege}\n"
        "- {place: nis, name: X}\n"
        "- {place: y, name: Niš}\n"
        "- {event: c, date: 1944-13, title: C, kind: battle}\n"
        "- {event: d, date: 1944-10, title: D, kind: battle, places: [z]}\n"
        "- {correct: event/e, set: {title: E}, because: x}\n"
        "- {place: z, name: Z, nme: Z}\n"
        "- {retract: person/tolbukhin, because: x}\n",
    )
    lines = [line.split(":")[0] for line in found]
    assert lines == ["5", "6", "7", "8", "9", "11", "12", "13"]


def test_a_reference_to_a_refused_record_is_not_a_second_fault(timeline: Timeline) -> None:
    found = faults(
        timeline,
        "- {place: x, name: X, latitude: 91}\n"
        "- {place: y, name: Niš}\n"
        "- event: a\n  date: soon\n  title: A\n  kind: battle\n"
        "  accounts: [{source: one, at: x}]\n"
        "- {event: b, date: 1944-10, title: B, kind: battle, places: [x, y]}\n",
    )
    assert [line.split(":")[0] for line in found] == ["5", "6", "8"]


def test_two_formations_attached_to_each_other_are_both_reported(timeline: Timeline) -> None:
    found = faults(
        timeline,
        f"{FORMATION}, attached: [{{to: y, source: one, at: z}}]}}\n"
        f"{FORMATION.replace('x, name: X', 'y, name: Y')},"
        " attached: [{to: x, source: one, at: z}]}\n",
    )
    assert [line.split(":")[0] for line in found] == ["5", "6"]


def test_only_a_place_within_itself_is_reported_not_the_places_in_it(timeline: Timeline) -> None:
    found = faults(
        timeline,
        "- {place: x, name: X, within: y}\n- {place: y, name: Y, within: x}\n"
        "- {place: z, name: Z, within: x}\n",
    )
    assert [line.split(" ")[1] for line in found] == ["place/x", "place/y"]


def test_a_kind_that_the_batch_uses_cannot_be_removed_in_it(timeline: Timeline) -> None:
    (found,) = faults(
        timeline,
        "- {event: a, date: 1944-10-10, title: A, kind: death}\n"
        "- {correct: chronology/test, set: {kinds: {battle: B, capture: C}}, because: x}\n",
    )
    assert "'death' is still in use" in found


def test_a_kind_that_the_batch_stops_using_can_be_removed_in_it(timeline: Timeline) -> None:
    timeline.batch(
        "b",
        "- {correct: event/nis-taken, set: {kind: battle}, because: x}\n"
        "- {correct: event/belgrade-taken, set: {kind: battle}, because: x}\n"
        "- {correct: chronology/test, set: {kinds: {battle: B}}, because: x}\n",
    )
    assert timeline.event("nis-taken")["kind"] == "battle"


def test_a_first_batch_without_a_chronology_is_refused(make_timeline: Make) -> None:
    timeline = make_timeline()
    assert faults(timeline, "- {source: one, name: First}\n") == [
        "1: no chronology is recorded; start the first batch with one"
    ]


def test_a_missing_chronology_is_reported_once(make_timeline: Make) -> None:
    timeline = make_timeline()
    found = faults(timeline, f"{FORMATION}}}\n{EVENT}")
    assert found == [
        "5: formation/x: no chronology is recorded before this record; start the first batch with"
        " one"
    ]


def test_a_refused_chronology_is_the_only_fault(make_timeline: Make) -> None:
    (found,) = refused(
        make_timeline(),
        START.replace("title: A test", "titel: A test").replace(
            "window:", "title: A test\n  window:"
        ),
    )
    assert found.startswith(
        "7: chronology/test.titel: 'titel' is not a field (did you mean 'title'"
    )


def test_an_unreadable_line_neither_hides_nor_causes_other_faults(
    timeline: Timeline,
) -> None:
    found = refused(
        timeline,
        '{"format": 1, "batch": "b", "recorded": "2026-02-01T00:00:00Z"}\n'
        '{"place": "x", "name": "X",}\n'
        '{"event": "a", "date": "1944-10", "title": "A", "kind": "siege", "places": ["x"]}\n'
        '{"event": "b", "date": "1944-10", "title": "B", "kind": "battle", "places": ["x"]}\n',
        "jsonl",
    )
    assert [line.split(":")[0] for line in found] == ["2", "3"]


def test_a_retracted_id_is_never_used_again(timeline: Timeline) -> None:
    timeline.batch("x", "- {retract: account/nis-taken-one-1, because: c}\n")
    (found,) = faults(
        timeline, "- {account: nis-taken-one-1, event: nis-taken, source: one, at: x}\n"
    )
    assert "the id 'nis-taken-one-1' was retracted, and ids are never reused" in found


def test_a_retracted_record_is_not_corrected(timeline: Timeline) -> None:
    timeline.batch("x", "- {retract: account/nis-taken-one-1, because: c}\n")
    (found,) = faults(timeline, "- {correct: account/nis-taken-one-1, set: {at: y}, because: d}\n")
    assert found.startswith("5: account/nis-taken-one-1: the record was retracted; name a live")


def test_a_retracted_event_gets_no_account(timeline: Timeline) -> None:
    (found,) = faults(
        timeline,
        "- {retract: event/nis-taken, into: belgrade-taken, because: c}\n"
        "- {account: , event: nis-taken, source: one, at: x}\n",
    )
    assert found.startswith("6: account/nis-taken-one-2: unknown event 'nis-taken'")


def test_a_fault_after_a_thousand_good_records_leaves_nothing(timeline: Timeline) -> None:
    many = "".join(
        json.dumps({"event": f"e{n}", "date": "1944-10-10", "title": f"E{n}", "kind": "battle"})
        + "\n"
        for n in range(2_500)
    )
    (found,) = refused(
        timeline,
        '{"format": 1, "batch": "b", "recorded": "2026-02-01T00:00:00Z"}\n'
        + many
        + '{"event": "e7", "date": "1944-10-10", "title": "E", "kind": "battle"}\n',
        "jsonl",
    )
    assert found.startswith("2502: event/e7: the id 'e7' is already recorded")


def test_a_reference_may_precede_its_target(timeline: Timeline) -> None:
    result = timeline.batch(
        "b",
        "- {account: x, event: a, source: three, at: y, by: zhukov}\n"
        "- {event: a, date: 1944-10, title: A, kind: battle, places: [p], formations: [x]}\n"
        f"{FORMATION}, commanders: [{{person: zhukov, source: three, at: y}}]}}\n"
        "- {place: p, name: P, within: q}\n- {place: q, name: Q}\n"
        "- {person: zhukov, name: Zhukov}\n- {source: three, name: Third}\n",
    )
    assert result.records == 8


def test_an_event_possibly_in_the_window_is_recorded(timeline: Timeline) -> None:
    timeline.batch("b", '- {event: a, date: "[..1944-09-01]", title: A, kind: battle}\n')
    assert timeline.event("a")["date"] == "[..1944-09-01]"


def test_two_subjects_may_share_an_id(timeline: Timeline) -> None:
    timeline.batch("b", EVENT.replace("event: a", "event: nis"))
    assert timeline.event("nis")["title"] == "A"


def test_the_person_quoted_may_be_a_text(timeline: Timeline) -> None:
    timeline.batch("b", "- {account: x, event: nis-taken, source: one, at: y, by: A witness}\n")
    assert timeline.rows("SELECT by FROM accounts WHERE id = 'x'") == [{"by": "A witness"}]


def test_a_name_may_move_to_another_subject_in_a_batch(timeline: Timeline) -> None:
    timeline.batch(
        "b",
        "- {correct: place/nis, set: {name: Niš town}, because: c}\n- {place: x, name: Niš}\n",
    )
    assert timeline.rows("SELECT name FROM places WHERE id = 'x'") == [{"name": "Niš"}]


def test_a_subject_without_references_can_be_retracted(timeline: Timeline) -> None:
    timeline.batch(
        "b",
        "- {retract: person/tolbukhin, because: c}\n"
        "- {correct: event/belgrade-taken, unset: [people], because: d}\n",
    )
    assert timeline.rows("SELECT id FROM people") == []


def test_two_corrections_of_one_record_in_a_batch_follow_each_other(timeline: Timeline) -> None:
    timeline.batch(
        "b",
        "- {correct: event/nis-taken, set: {title: A, summary: B}, because: c}\n"
        "- {correct: event/nis-taken, set: {title: D}, unset: [summary], because: e}\n",
    )
    row = timeline.event("nis-taken")
    assert (row["title"], row["summary"], row["version"]) == ("D", None, 3)
