"""Ingesting: what a batch is at fault for against the log, and what it leaves there."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import EVENTS, START, Timeline

from chronology.batches.batch import Batch
from chronology.batches.batch_reader import read_batch
from chronology.ingest import pipeline, sources
from chronology.model.errors import BatchRefused
from chronology.store import log

Make = Callable[..., Timeline]

EVENT = "- {event: a, date: 1944-10-10, title: A, kind: battle}\n"
FORMATION = "- {formation: x, name: X, level: army, side: soviet"


def refused(timeline: Timeline, text: str, form: str = "yml") -> list[str]:
    """The faults of a batch, of which nothing was appended."""
    head, content = log.head(timeline.db), timeline.path.read_bytes()
    with pytest.raises(BatchRefused) as error:
        timeline.ingest(text, form)
    assert log.head(timeline.db) == head
    assert timeline.path.read_bytes() == content
    assert all(fault.remedy for fault in error.value.faults)
    return [str(fault).removeprefix(f"batch.{form}:") for fault in error.value.faults]


def faults(timeline: Timeline, records: str, recorded: str = "2026-02-01T00:00:00Z") -> list[str]:
    """The faults of records under a header of three lines; the first record is on line 5."""
    return refused(timeline, f"format: 1\nbatch: b\nrecorded: {recorded}\nrecords:\n{records}")


# Faults


@pytest.mark.parametrize(
    ("records", "fault"),
    [
        (
            "- {event: a, date: 1944-12-01, title: A, kind: battle}\n",
            "5: event/a: 1944-12-01 cannot fall in the window 1944-09-01/1944-11-30; mend the date",
        ),
        (
            "- {event: a, date: 1944-10, title: A, kind: siege}\n",
            "5: event/a: 'siege' is not a kind of the chronology; known kinds are battle, capture, death",
        ),
        (f"{FORMATION.replace('army', 'squad')}}}\n", "5: formation/x: 'squad' is no level of the"),
        (f"{FORMATION.replace('soviet', 'red')}}}\n", "5: formation/x: 'red' is no side of the ch"),
        ("- {person: x, name: X, side: red}\n", "5: person/x: 'red' is no side of the chronology"),
        (
            "- event: a\n  date: 1944\n  title: A\n  kind: battle\n  places:\n  - nis\n  - nish\n",
            "11: event/a: unknown place 'nish'; record the place, or mend the id",
        ),
        (EVENT.replace("}", ", formations: [c99]}"), "5: event/a: unknown formation 'c99'; record"),
        (EVENT.replace("}", ", people: [zhukov]}"), "5: event/a: unknown person 'zhukov'; record"),
        (
            EVENT.replace("}", ",\n  accounts: [{source: three, at: x}]}"),
            "6: account/a-three-1: unknown source 'three'; record the source, or mend the id",
        ),
        ("- {account: , event: a, source: one, at: x}\n", "5: account/a-one-1: unknown event 'a'"),
        (
            "- account: x\n  event: nis-taken\n  source: one\n  at: x\n  by: zhukov\n",
            "9: account/x: unknown person 'zhukov'; record the person, or mend the id",
        ),
        ("- {place: x, name: X, within: y}\n", "5: place/x: unknown place 'y'; record the place"),
        (
            "- {place: x, name: X, statements: [{source: y, at: z, says: w}]}\n",
            "5: place/x: unknown source 'y'",
        ),
        (
            f"{FORMATION}, attached: [{{to: y, source: one, at: z}}]}}\n",
            "5: formation/x: unknown formation 'y'",
        ),
        (
            f"{FORMATION}, attached: [{{to: f3, source: y, at: z}}]}}\n",
            "5: formation/x: unknown source 'y'",
        ),
        (
            f"{FORMATION}, commanders: [{{person: y, source: one, at: z}}]}}\n",
            "5: formation/x: unknown person 'y'",
        ),
        ("- {place: x, name: X, latitude: 1}\n", "5: place/x: it has only one of latitude and lon"),
        ("- {place: x, name: X, longitude: 1}\n", "5: place/x: it has only one of latitude and lo"),
        ("- {place: x, name: X, within: x}\n", "5: place/x lies within itself; mend one of the"),
        (
            f"{FORMATION}, attached: [{{to: x, source: one, at: z}}]}}\n",
            "5: formation/x: the attachments lead back to it: x → x; mend one of the attachments",
        ),
        (
            "- {source: one, name: X}\n",
            "5: source/one: the id 'one' is recorded already; choose another, or correct it",
        ),
        (f"{EVENT}{EVENT}", "6: event/a: the id 'a' is recorded already; choose another, or"),
        *(
            (
                EVENT.replace("}", f", {key}: [{twice}]}}"),
                f"5: event/a: {key}: '{name}' is named tw",
            )
            for key, twice, name in (
                ("places", "nis, belgrade, nis", "nis"),
                ("places", "{place: nis, role: at}, nis", "nis"),
                ("formations", "a57, a57", "a57"),
                ("people", "tolbukhin, tolbukhin", "tolbukhin"),
            )
        ),
        (
            EVENT.replace("}", ",\n   distinct: [{event: b, because: c}]}"),
            "6: event/a: unknown event 'b'; record the event, or mend the id",
        ),
        (
            EVENT.replace("}", ", distinct: [{event: a, because: c}]}"),
            "5: event/a: it is told from itself; name the other event",
        ),
        (
            "- {correct: event/nis-taken, set: {distinct: [{event: b, because: c}]}, because: d}\n",
            "5: event/nis-taken: unknown event 'b'; record the event, or mend the id",
        ),
        (
            "- {account: nis-taken-one-1, event: nis-taken, source: one, at: x}\n",
            "5: account/nis-taken-one-1: the id 'nis-taken-one-1' is recorded already",
        ),
        (
            "- {place: x, name: Niš}\n",
            "5: place/x: the name 'Niš' is that of place/nis; names are unique: add what tells",
        ),
        (
            "- {place: x, name: Nis\u030c}\n",
            "5: place/x: the name 'Niš' is that of place/nis",
        ),
        (
            "- {chronology: x, title: X, window: 1944/1945, kinds: {battle: B}}\n",
            "5: chronology/x: the log has its chronology already; correct that one",
        ),
        (
            "- {correct: event/b, set: {title: B}, because: c}\n",
            "5: event/b: it is not recorded; name a live record as <subject>/<id>",
        ),
        ("- {retract: event/b, because: c}\n", "5: event/b: it is not recorded; name a live"),
        (
            "- {correct: event/nis-taken, set: {date: 1944-10-14}, because: c}\n",
            "5: event/nis-taken: the correction changes nothing; leave it out",
        ),
        (
            "- {correct: event/nis-taken, unset: [summary], because: c}\n",
            "5: event/nis-taken: the correction changes nothing",
        ),
        (
            "- correct: event/nis-taken\n  because: c\n  set:\n    title: A\n    date: 1945\n",
            "9: event/nis-taken: 1945 cannot fall in the window",
        ),
        (
            "- correct: place/nis\n  because: c\n  set:\n    type: town\n    within: narnia\n",
            "9: place/nis: unknown place 'narnia'",
        ),
        (
            "- {correct: place/nis, unset: [latitude], because: c}\n",
            "5: place/nis: it has only one of latitude and longitude",
        ),
        (
            "- {correct: place/nis, set: {name: Belgrade}, because: c}\n",
            "5: place/nis: the name 'Belgrade' is that of place/belgrade",
        ),
        (
            "- {correct: place/serbia, set: {within: nis}, because: c}\n",
            "5: place/serbia lies within itself",
        ),
        (
            "- correct: formation/f3\n  set: {attached: [{to: c68, source: one, at: x}]}\n"
            "  because: c\n",
            "5: formation/f3: the attachments lead back to it: f3 → c68 → a57 → f3",
        ),
        (
            "- {retract: event/nis-taken, because: c}\n",
            "5: event/nis-taken: it still has the accounts nis-taken-one-1; say into which event",
        ),
        (
            "- {retract: event/nis-taken, into: nis-taken, because: c}\n",
            "5: event/nis-taken: 'nis-taken' is no other live event; name a live event",
        ),
        (
            "- {retract: event/nis-taken, into: b, because: c}\n",
            "5: event/nis-taken: 'b' is no oth",
        ),
        (
            "- {retract: source/two, into: one, because: c}\n",
            "5: source/two: only an event has acc",
        ),
        (
            "- {retract: chronology/test, because: c}\n",
            "5: chronology/test: a chronology cannot be",
        ),
        (
            "- {retract: place/nis, because: c}\n",
            "5: place/nis is retracted while event/nis-taken still names it; correct event/nis-ta",
        ),
        (
            "- {retract: place/serbia, because: c}\n- {correct: place/nis, unset: [within],"
            " because: d}\n",
            "5: place/serbia is retracted while place/belgrade still names it",
        ),
        (
            "- {retract: source/two, because: c}\n",
            "5: source/two is retracted while account/belgrade-taken-two-1 still names it",
        ),
        (
            "- {retract: person/tolbukhin, because: c}\n",
            "5: person/tolbukhin is retracted while event/belgrade-taken still names it",
        ),
        (
            "- {retract: formation/a57, because: c}\n",
            "5: formation/a57 is retracted while formation/c68 still names it",
        ),
        (
            "- {correct: chronology/test, set: {kinds: {battle: B, death: D}}, because: c}\n",
            "5: chronology/test: 'capture' is still in use; keep it in kinds",
        ),
        (
            "- {correct: chronology/test, set: {sides: {german: G}}, because: c}\n",
            "5: chronology/test: 'soviet' is still in use; keep it in sides",
        ),
        (
            "- {correct: chronology/test, set: {window: 1944-09-01/..}, because: c}\n",
            "5: chronology/test: the window is open; give its first and last day",
        ),
        (
            "- {correct: chronology/test, set: {dimensions: {squads: squad}}, because: c}\n",
            "5: chronology/test: 'squad' is no level; add it to the levels",
        ),
        *(
            (
                "- {correct: chronology/test, because: c,"
                f" set: {{dimensions: {{{column}: army}}}}}}\n",
                f"5: chronology/test: '{column}' is a column already; choose another name",
            )
            for column in ("title", "position", "because", "rowid", "number", "chain")
        ),
    ],
)
def test_a_fault_against_the_log_is_told_with_its_line(
    timeline: Timeline, records: str, fault: str
) -> None:
    (found,) = faults(timeline, records)
    assert found.startswith(fault)


def test_a_batch_recorded_before_the_head_is_refused(timeline: Timeline) -> None:
    assert faults(timeline, EVENT, recorded="2026-01-01T23:59:59Z") == [
        "3: recorded 2026-01-01T23:59:59Z is earlier than the head of the log,"
        " 2026-01-02T00:00:00Z; give it the time at which it is recorded now"
    ]


def test_a_batch_recorded_at_the_time_of_the_head_is_appended(timeline: Timeline) -> None:
    assert timeline.batch("b", EVENT, recorded="2026-01-02T01:00:00+01:00").records == 2


def test_eight_faults_of_one_batch_are_told_together_in_order_of_line(timeline: Timeline) -> None:
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


def test_what_names_a_refused_record_is_not_told_as_a_fault(timeline: Timeline) -> None:
    found = faults(
        timeline,
        "- {place: x, name: X, latitude: 91}\n"
        "- {place: y, name: Niš}\n"
        "- event: a\n  date: soon\n  title: A\n  kind: battle\n"
        "  accounts: [{source: one, at: x}]\n"
        "- {event: b, date: 1944-10, title: B, kind: battle, places: [x, y]}\n",
    )
    assert [line.split(":")[0] for line in found] == ["5", "6", "8"]


def test_two_formations_attached_to_each_other_are_both_told(timeline: Timeline) -> None:
    found = faults(
        timeline,
        f"{FORMATION}, attached: [{{to: y, source: one, at: z}}]}}\n"
        f"{FORMATION.replace('x, name: X', 'y, name: Y')},"
        " attached: [{to: x, source: one, at: z}]}\n",
    )
    assert [line.split(":")[0] for line in found] == ["5", "6"]


def test_only_what_lies_within_itself_is_told_not_what_lies_in_it(timeline: Timeline) -> None:
    found = faults(
        timeline,
        "- {place: x, name: X, within: y}\n- {place: y, name: Y, within: x}\n"
        "- {place: z, name: Z, within: x}\n",
    )
    assert [line.split(" ")[1] for line in found] == ["place/x", "place/y"]


def test_a_kind_that_this_batch_uses_cannot_be_dropped_in_it(timeline: Timeline) -> None:
    (found,) = faults(
        timeline,
        "- {event: a, date: 1944-10-10, title: A, kind: death}\n"
        "- {correct: chronology/test, set: {kinds: {battle: B, capture: C}}, because: x}\n",
    )
    assert "'death' is still in use" in found


def test_a_kind_that_this_batch_gives_up_can_be_dropped_in_it(timeline: Timeline) -> None:
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
        "1: no chronology is recorded; begin the first batch with one"
    ]


def test_a_vocabulary_used_before_its_chronology_is_told_once(make_timeline: Make) -> None:
    timeline = make_timeline()
    found = faults(timeline, f"{FORMATION}}}\n{EVENT}")
    assert found == [
        "5: formation/x: no chronology is recorded before it; begin the first batch with one"
    ]


def test_a_refused_chronology_is_the_only_fault(make_timeline: Make) -> None:
    (found,) = refused(
        make_timeline(),
        START.replace("title: A test", "titel: A test").replace(
            "window:", "title: A test\n  window:"
        ),
    )
    assert found.startswith("7: chronology/test.titel: unknown field 'titel': did you mean 'title'")


def test_a_line_of_json_that_cannot_be_read_hides_no_fault_and_makes_none(
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
    assert "the id 'nis-taken-one-1' was retracted, and ids are never used again" in found


def test_a_retracted_record_is_not_corrected(timeline: Timeline) -> None:
    timeline.batch("x", "- {retract: account/nis-taken-one-1, because: c}\n")
    (found,) = faults(timeline, "- {correct: account/nis-taken-one-1, set: {at: y}, because: d}\n")
    assert found.startswith("5: account/nis-taken-one-1: it was retracted; name a live record")


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
    assert found.startswith("2502: event/e7: the id 'e7' is recorded already")


# What may be


def test_a_reference_may_stand_before_what_it_names(timeline: Timeline) -> None:
    result = timeline.batch(
        "b",
        "- {account: x, event: a, source: three, at: y, by: zhukov}\n"
        "- {event: a, date: 1944-10, title: A, kind: battle, places: [p], formations: [x]}\n"
        f"{FORMATION}, commanders: [{{person: zhukov, source: three, at: y}}]}}\n"
        "- {place: p, name: P, within: q}\n- {place: q, name: Q}\n"
        "- {person: zhukov, name: Zhukov}\n- {source: three, name: Third}\n",
    )
    assert result.records == 8


def test_an_event_that_only_may_fall_in_the_window_is_recorded(timeline: Timeline) -> None:
    timeline.batch("b", '- {event: a, date: "[..1944-09-01]", title: A, kind: battle}\n')
    assert timeline.event("a")["date"] == "[..1944-09-01]"


def test_the_same_id_may_stand_in_two_subjects(timeline: Timeline) -> None:
    timeline.batch("b", EVENT.replace("event: a", "event: nis"))
    assert timeline.event("nis")["title"] == "A"


def test_who_is_quoted_may_be_a_text(timeline: Timeline) -> None:
    timeline.batch("b", "- {account: x, event: nis-taken, source: one, at: y, by: A witness}\n")
    assert timeline.rows("SELECT by FROM accounts WHERE id = 'x'") == [{"by": "A witness"}]


def test_a_name_may_pass_from_one_to_another_in_a_batch(timeline: Timeline) -> None:
    timeline.batch(
        "b",
        "- {correct: place/nis, set: {name: Niš town}, because: c}\n- {place: x, name: Niš}\n",
    )
    assert timeline.rows("SELECT name FROM places WHERE id = 'x'") == [{"name": "Niš"}]


def test_what_is_no_longer_named_can_be_retracted(timeline: Timeline) -> None:
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


# Account ids


def test_accounts_without_an_id_are_numbered_by_event_and_source(timeline: Timeline) -> None:
    timeline.batch(
        "b",
        "- {account: , event: nis-taken, source: one, at: x}\n"
        "- {account: , event: nis-taken, source: two, at: x}\n"
        "- {account: , event: nis-taken, source: one, at: y}\n",
    )
    found = timeline.rows("SELECT id FROM accounts WHERE event = 'nis-taken' ORDER BY id")
    assert [row["id"] for row in found] == [
        "nis-taken-one-1",
        "nis-taken-one-2",
        "nis-taken-one-3",
        "nis-taken-two-1",
    ]


def test_the_number_of_a_retracted_account_is_not_given_again(timeline: Timeline) -> None:
    timeline.batch("a", "- {retract: account/nis-taken-one-1, because: c}\n")
    timeline.batch("b", "- {account: , event: nis-taken, source: one, at: x}\n")
    assert timeline.rows("SELECT id FROM accounts WHERE event = 'nis-taken'") == [
        {"id": "nis-taken-one-2"}
    ]


def test_an_account_may_have_an_id_of_its_own(timeline: Timeline) -> None:
    timeline.batch("b", EVENT.replace("}", ", accounts: [{id: own, source: one, at: x}]}"))
    assert timeline.rows("SELECT id FROM accounts WHERE event = 'a'") == [{"id": "own"}]


def test_an_account_keeps_its_id_when_it_moves(timeline: Timeline) -> None:
    timeline.batch(
        "b",
        "- {correct: account/nis-taken-one-1, set: {event: belgrade-taken, source: two},"
        " because: c}\n",
    )
    assert timeline.rows("SELECT event, source FROM accounts WHERE id = 'nis-taken-one-1'") == [
        {"event": "belgrade-taken", "source": "two"}
    ]


# Retraction of events


def test_the_accounts_of_a_retracted_event_move(timeline: Timeline) -> None:
    result = timeline.batch(
        "b", "- {retract: event/nis-taken, into: belgrade-taken, because: Twice.}\n"
    )
    assert result.records == 3
    assert timeline.event("belgrade-taken")["accounts"] == 3
    assert timeline.rows("SELECT id FROM events") == [{"id": "belgrade-taken"}]
    assert timeline.rows(
        "SELECT record_id, type, data FROM log WHERE stream = 'account/nis-taken-one-1'"
        " AND version = 2"
    ) == [
        {
            "record_id": "b/1/move-1",
            "type": "account.corrected",
            "data": '{"because":"Twice.","set":{"event":"belgrade-taken"}}',
        }
    ]


def test_accounts_that_were_moved_move_on(timeline: Timeline) -> None:
    timeline.batch("a", EVENT)
    timeline.batch(
        "b",
        "- {retract: event/nis-taken, into: belgrade-taken, because: c}\n"
        "- {retract: event/belgrade-taken, into: a, because: c}\n",
    )
    assert timeline.event("a")["accounts"] == 3


def test_an_event_whose_accounts_are_retracted_can_be_retracted(timeline: Timeline) -> None:
    timeline.batch(
        "b",
        "- {retract: account/nis-taken-one-1, because: c}\n"
        "- {retract: event/nis-taken, because: d}\n",
    )
    assert timeline.rows("SELECT id FROM events") == [{"id": "belgrade-taken"}]


def test_an_event_whose_accounts_were_moved_away_can_be_retracted(timeline: Timeline) -> None:
    timeline.batch(
        "b",
        "- {correct: account/nis-taken-one-1, set: {event: belgrade-taken}, because: c}\n"
        "- {retract: event/nis-taken, because: d}\n",
    )
    assert timeline.event("belgrade-taken")["accounts"] == 3


# Once


@pytest.mark.parametrize("text", [START, EVENTS])
def test_a_second_ingest_does_nothing(timeline: Timeline, text: str) -> None:
    head, content = log.head(timeline.db), timeline.path.read_bytes()
    assert timeline.ingest(text) == (text.split("\n")[1].removeprefix("batch: "), 0, head)
    assert timeline.path.read_bytes() == content


def test_a_batch_with_moves_is_the_same_when_it_comes_again(timeline: Timeline) -> None:
    records = "- {retract: event/nis-taken, into: belgrade-taken, because: c}\n"
    timeline.batch("b", records)
    assert timeline.batch("b", records).records == 0


def test_another_order_of_fields_and_another_layout_are_no_difference(timeline: Timeline) -> None:
    again = EVENTS.replace(
        "  date: 1944-10-14\n  title: Niš is taken\n",
        "  title: 'Niš is taken'  # a comment\n  date: '1944-10-14'\n",
    )
    assert again != EVENTS
    assert timeline.ingest(again).records == 0


def test_the_same_batch_in_another_form_is_no_difference(timeline: Timeline) -> None:
    rows = [
        {"format": 1, "batch": "b", "recorded": "2026-02-01T00:00:00Z"},
        {"event": "a", "date": "1944-10-10", "title": "A", "kind": "battle"},
    ]
    timeline.ingest("".join(json.dumps(row) + "\n" for row in rows), "jsonl")
    assert timeline.batch("b", EVENT).records == 0


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "title: Niš is taken",
            "title: Nis is taken",
            '7: event/nis-taken: title was "Niš is taken" when ingested, and is "Nis is taken" now',
        ),
        (
            "  kind: capture\n  places: [nis]",
            "  summary: S\n  kind: capture\n  places: [nis]",
            '8: event/nis-taken: summary was absent when ingested, and is "S" now',
        ),
        ("  places: [nis]\n", "", '5: event/nis-taken: places was [{"place":"nis"}] when ingested'),
        (
            'at: "¶1"',
            'at: "¶9"',
            '12: account/nis-taken-one-1: at was ["¶1"] when ingested, and is',
        ),
        ("event: nis-taken", "event: nis-falls", "5: event.recorded event/nis-taken was ingested"),
        (
            '{source: one, at: "¶1"',
            '{id: own, source: one, at: "¶1"',
            "12: account.recorded account/nis-taken-one-1 was ingested here, and account/own",
        ),
        ("batch: events\n", "batch: events\nnote: N\n", "3: batch/events: note was absent when"),
        (
            "recorded: 2026-01-02T00:00:00Z",
            "recorded: 2026-01-03T00:00:00Z",
            "3: recorded was 2026-01-02T00:00:00Z when ingested, and is 2026-01-03T00:00:00Z now",
        ),
    ],
)
def test_an_edited_batch_is_refused_with_what_differs(
    timeline: Timeline, old: str, new: str, fault: str
) -> None:
    assert old in EVENTS
    (found,) = refused(timeline, EVENTS.replace(old, new, 1))
    assert found.startswith(fault)
    assert found.endswith("restore the file and append a correction in a new batch")


def test_a_record_added_to_an_ingested_batch_is_refused(timeline: Timeline) -> None:
    (found,) = refused(timeline, EVENTS + EVENT)
    line = EVENTS.count("\n") + 1
    assert found.startswith(f"{line}: event/a was added to a batch that is in the log already;")


def test_an_account_added_to_an_ingested_batch_is_refused(timeline: Timeline) -> None:
    (found,) = refused(timeline, EVENTS + "  - {source: one, at: x}\n")
    assert "an account without an id was added to a batch that is in the log already" in found


def test_a_record_removed_from_an_ingested_batch_is_refused(timeline: Timeline) -> None:
    (found,) = refused(timeline, EVENTS[: EVENTS.rindex("  - {source: two")])
    assert found.startswith(
        "1: account/belgrade-taken-two-1 was ingested from this batch and is no longer in it;"
    )


def test_a_record_removed_from_the_middle_is_refused(timeline: Timeline) -> None:
    start, end = EVENTS.index("- event: nis-taken"), EVENTS.index("- event: belgrade-taken")
    (found,) = refused(timeline, EVENTS[:start] + EVENTS[end:])
    assert found.startswith(
        "5: event.recorded event/nis-taken was ingested here, and event/belgrade-taken stands here"
    )


def test_an_id_removed_from_an_account_is_refused(timeline: Timeline) -> None:
    records = EVENT.replace("}", ", accounts: [{id: own, source: one, at: x}]}")
    timeline.batch("b", records)
    (found,) = faults(timeline, records.replace("id: own, ", ""))
    assert found.startswith("5: account/own was ingested here with its id, and an account without")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "because: c",
            "because: d",
            '5: event/nis-taken: because was "c" when ingested, and is "d"',
        ),
        (
            "{title: A}",
            "{title: B}",
            '5: event/nis-taken: set was {"title":"A"} when ingested, and',
        ),
        ("{correct", "{retract", "5: unknown field 'set'"),
    ],
)
def test_an_edited_correction_is_refused(
    timeline: Timeline, old: str, new: str, fault: str
) -> None:
    records = "- {correct: event/nis-taken, set: {title: A}, because: c}\n"
    timeline.batch("b", records)
    assert faults(timeline, records.replace(old, new))[0].startswith(fault)


def test_an_ingested_batch_that_can_no_longer_be_read_is_refused(timeline: Timeline) -> None:
    assert refused(timeline, EVENTS + "  - {source: [\n")[0].startswith("23: invalid YAML")


# A folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "events"
    found.mkdir()
    (found / "0001-start.yml").write_text(START, "utf-8")
    (found / "0003-events.yml").write_text(EVENTS, "utf-8")
    return found


def test_a_folder_is_ingested_in_order_of_name(folder: Path) -> None:
    (folder / "0002-more.jsonl").touch()
    for other in (".0000-hidden.yml", "0004-notes.txt", "README.md"):
        (folder / other).touch()
    (folder / "0005-folder.yml").mkdir()
    assert [path.name for path in sources.files(folder)] == [
        "0001-start.yml",
        "0002-more.jsonl",
        "0003-events.yml",
    ]


def test_a_missing_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(BatchRefused, match="nowhere:1: the folder does not exist; create it"):
        sources.files(tmp_path / "nowhere")


def test_only_what_is_not_in_the_log_is_pending(folder: Path, make_timeline: Make) -> None:
    timeline = make_timeline(START)
    assert sources.pending(timeline.db, sources.files(folder)) == [folder / "0003-events.yml"]


def test_a_new_batch_that_sorts_before_an_old_one_is_refused(
    folder: Path, timeline: Timeline
) -> None:
    late = folder / "0002-late.yml"
    late.write_text(EVENTS.replace("batch: events", "batch: late"), "utf-8")
    with pytest.raises(BatchRefused) as error:
        sources.pending(timeline.db, sources.files(folder))
    assert str(error.value) == (
        f"{late}:1: 0002-late.yml is new, and sorts before 0003-events.yml, which is ingested;"
        " give it a number after the last one"
    )


def test_an_edited_file_of_the_folder_is_refused(folder: Path, timeline: Timeline) -> None:
    path = folder / "0001-start.yml"
    path.write_text(START.replace("First source", "Best source"), "utf-8")
    with pytest.raises(BatchRefused) as error:
        sources.pending(timeline.db, sources.files(folder))
    (fault,) = error.value.faults
    assert (fault.file, fault.line) == (str(path), 13)
    assert (
        fault.description
        == 'source/one: name was "First source" when ingested, and is "Best source" now'
    )


def test_the_same_batches_give_the_same_head_everywhere(make_timeline: Make) -> None:
    heads = {log.head(make_timeline(START, EVENTS).db) for _ in range(2)}
    assert len(heads) == 1


def test_progress_counts_every_item(make_timeline: Make) -> None:
    timeline = make_timeline(START)
    done: list[int] = []
    pipeline.ingest(
        timeline.db, read_batch(io.BytesIO(EVENTS.encode()), "e.yml", "yml"), done.append
    )
    assert sum(done) == 5


def test_a_place_may_have_two_roles(timeline: Timeline) -> None:
    places = ", places: [{place: nis, role: from}, {place: nis, role: to}]}"
    timeline.batch("more", EVENT.replace("}", places))
    assert json.loads(str(timeline.event("a")["places"])) == ["Niš"]


def test_what_an_event_was_told_from_may_be_retracted_since(timeline: Timeline) -> None:
    timeline.batch(
        "told",
        EVENT
        + EVENT.replace("event: a", "event: b").replace(
            "}", ", distinct: [{event: a, because: Another one}]}"
        ),
    )
    timeline.batch("gone", "- {retract: event/a, because: c}\n")
    timeline.batch("title", "- {correct: event/b, set: {title: B}, because: c}\n")
    assert timeline.event("b")["title"] == "B"


# The ids that accounts get, and the trigger of the log


def _account(source: str, **more: str) -> dict[str, object]:
    return {"source": source, "at": "p. 1", **more}


NUMBERED = [
    {"event": "a", "accounts": [_account("one"), _account("one"), _account("two")]},
    {"event": "b", "accounts": [_account("one", id="b-one-2"), _account("one"), _account("one")]},
    {"account": "", "event": "a", **_account("one")},
]


def _read(rows: list[dict[str, object]], name: str) -> Batch:
    header = {"format": 1, "batch": name, "recorded": "2026-02-01T00:00:00Z"}
    event = {"date": "1944-10-10", "title": "T", "kind": "battle"}
    lines = [header, *({**row, **(event if "event" in list(row)[:1] else {})} for row in rows)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    return read_batch(io.BytesIO(text.encode()), "b.jsonl", "jsonl")


@pytest.mark.parametrize("block", [1, 3, 1_000])
def test_accounts_without_an_id_get_the_next_free_number(
    timeline: Timeline, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BLOCK_SIZE", block)
    pipeline.ingest(timeline.db, _read(NUMBERED, "more"))
    streams = [entry.stream for entry in log.read(timeline.db) if entry.batch == "more"]
    assert [stream for stream in streams if stream.startswith("account/")] == [
        *("account/a-one-1", "account/a-one-2", "account/a-two-1"),
        *("account/b-one-2", "account/b-one-1", "account/b-one-3", "account/a-one-3"),
    ]


def test_the_trigger_of_the_log_stays_during_a_large_batch(timeline: Timeline) -> None:
    statements: list[str] = []
    timeline.db.set_trace_callback(statements.append)
    pipeline.ingest(timeline.db, _read([{"event": f"e{n}"} for n in range(9_000)], "large"))
    timeline.db.set_trace_callback(None)
    assert not [sql for sql in statements if "TRIGGER" in sql.upper()]


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"event": "nis-taken"}, "the id 'nis-taken' is recorded already"),
        ({"event": "x", "places": ["nowhere"]}, "unknown place 'nowhere'"),
    ],
)
def test_a_fault_at_the_end_of_a_batch_leaves_nothing_of_it(
    timeline: Timeline, wrong: dict[str, object], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BLOCK_SIZE", 3)
    before = list(timeline.db.iterdump())
    with pytest.raises(BatchRefused, match=fault):
        pipeline.ingest(
            timeline.db, _read([*({"event": f"e{n}"} for n in range(20)), wrong], "more")
        )
    assert list(timeline.db.iterdump()) == before
