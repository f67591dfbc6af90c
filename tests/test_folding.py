"""Catching up, rebuilding and verifying lead to the same tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Timeline
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_chronology import EVENTS, START

from chronology import projections
from chronology.model.errors import CorruptLog
from chronology.projections import projector, row_writer, tables
from chronology.projections.event_rows import ARRAYS
from chronology.store import log
from chronology.store.database import transaction

BATCHES = (
    "- {correct: place/nis, set: {name: Nish}, because: As in the source.}",
    "- {event: later, date: 1944-11-02, title: Later, kind: battle, places: [nis]}",
    "- {correct: account/nis-taken-one-1, set: {event: later}, because: Of the later one.}",
    "- {retract: event/nis-taken, because: Nothing is left of it.}",
)


FULL = """\
- {correct: chronology/test, because: Needed.,
   set: {dimensions: {fronts: front, armies: army, theme: {label: Theme}}}}
- {tag: war, dimension: theme, name: War}
- {correct: formation/f3, set: {commanders: [{person: tolbukhin, source: one, at: "9"}]},
   because: Named.}
- {event: gaps, date: "[1944-10-01,1944-10-05]", title: Some day, kind: battle,
   places: [nis, belgrade], formations: [a57], people: [tolbukhin],
   related: [{event: belgrade-taken, as: follows}],
   media: [{file: 0000000000000000000000000000000000000000000000000000000000000000.png}]}
- {account: "", event: gaps, source: one, at: "7", date: 1944-10-01}
- {account: "", event: gaps, source: two, at: "8", date: 1944-10-05}
"""


@pytest.fixture
def full(timeline: Timeline) -> Timeline:
    """A chronology with rows in every table, some of them changed."""
    timeline.batch("full", FULL)
    for number, text in enumerate(BATCHES):
        timeline.batch(f"b{number}", text)
    return timeline


def faulty(timeline: Timeline) -> Any:
    return [fault.partition(":")[0] for fault in projections.verify(timeline.db)]


def dump(timeline: Timeline) -> Any:
    return {n: sorted(map(repr, timeline.rows(f"SELECT * FROM {n}"))) for n in tables.DERIVED}


def test_catching_up_batch_by_batch_equals_rebuilding_in_one_go(full: Timeline) -> None:
    step_by_step = dump(full)
    with transaction(full.db):
        projections.rebuild(full.db)
    assert dump(full) == step_by_step
    assert projections.verify(full.db) == []


def test_catching_up_on_several_batches_at_once_equals_one_after_another(
    make_timeline: Callable[..., Timeline],
) -> None:
    ahead, behind = make_timeline(START, EVENTS), make_timeline(START, EVENTS)
    for number, text in enumerate(BATCHES):
        ahead.batch(f"b{number}", text)
    log.append(behind.db, map(log.as_record, log.read(ahead.db)))
    assert not projections.is_current(behind.db)
    projections.catch_up(behind.db)
    assert dump(behind) == dump(ahead)


def test_tables_that_were_dropped_are_folded_again(timeline: Timeline) -> None:
    before = dump(timeline)
    tables.drop(timeline.db)
    assert projections.position(timeline.db) == 0
    assert not projections.is_current(timeline.db)
    projections.catch_up(timeline.db)
    assert dump(timeline) == before


def test_catching_up_with_nothing_new_changes_nothing(timeline: Timeline) -> None:
    before = dump(timeline)
    projections.catch_up(timeline.db)
    assert dump(timeline) == before


def test_tables_of_another_version_of_the_code_are_folded_again(timeline: Timeline) -> None:
    timeline.db.execute("UPDATE tracking SET version = 0")
    timeline.db.execute("UPDATE events SET title = 'Of another version'")
    assert not projections.is_current(timeline.db)
    projections.catch_up(timeline.db)
    assert projections.is_current(timeline.db)
    assert timeline.event("nis-taken")["title"] == "Niš is taken"


def test_progress_counts_every_record(timeline: Timeline) -> None:
    counts: list[int] = []
    projections.rebuild(timeline.db, counts.append)
    assert sum(counts) == 17


def test_small_chunks_leave_the_same_rows(full: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projector, "CHUNK", 2)
    with transaction(full.db):
        projections.rebuild(full.db)
    monkeypatch.undo()
    assert projections.verify(full.db) == []


def test_line_breaks_in_the_data_change_nothing(
    full: Timeline, make_timeline: Callable[..., Timeline]
) -> None:
    """Other programs may write line breaks."""
    other = make_timeline()
    spread = (
        record._replace(data=json.dumps(json.loads(record.data), indent=1, ensure_ascii=False))
        for record in map(log.as_record, log.read(full.db))
    )
    log.append(other.db, spread)
    projections.catch_up(other.db)
    assert all(
        "\n" in str(row["data"]) for row in other.rows("SELECT data FROM log WHERE data <> '{}'")
    )
    without_digests = {**dump(full), "tracking": None}
    assert {**dump(other), "tracking": None} == without_digests


def test_a_log_with_missing_records_is_folded(timeline: Timeline) -> None:
    """The digests of the log reveal the missing records; folding does not."""
    events = [f"- {{event: e{n}, date: 1944-10-20, title: E, kind: capture}}" for n in range(9)]
    timeline.batch("many", "\n".join(events))
    timeline.db.execute("DROP TRIGGER log_no_delete")
    timeline.db.execute("DELETE FROM log WHERE stream >= 'event/e2' AND stream < 'event/e7'")
    with transaction(timeline.db):
        projections.rebuild(timeline.db)
    left = timeline.rows(
        "SELECT id FROM log JOIN events ON stream = 'event/' || id AND log.position = events.number"
        " WHERE id GLOB 'e?'"
    )
    assert len(left) == 4


def test_an_account_keeps_its_own_time_within_a_batch(
    full: Timeline, make_timeline: Callable[..., Timeline]
) -> None:
    other, late = make_timeline(), "2026-02-01T00:00:07Z"
    records = [*map(log.as_record, log.read(full.db))]
    index = next(i for i, r in enumerate(records) if r.stream == "account/gaps-one-1")
    records[index] = records[index]._replace(recorded_at=late)
    log.append(other.db, records)
    projections.catch_up(other.db)
    found = other.rows("SELECT id, recorded_at FROM accounts WHERE event = 'gaps' ORDER BY id")
    assert [row["recorded_at"] for row in found] == [late, "2026-02-01T00:00:00Z"]


def test_indexes_are_made_after_a_batch_that_is_most_of_the_log(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def indexes() -> set[str]:
        return {name for (name,) in timeline.db.execute("SELECT name FROM sqlite_schema")}

    before = indexes()
    statements: list[str] = []
    monkeypatch.setattr(tables, "LARGE", 0)
    timeline.db.set_trace_callback(statements.append)
    timeline.batch("few", "- {event: a, date: 1944-10-20, title: A, kind: capture}\n")
    assert not any(sql.startswith("DROP INDEX") for sql in statements)
    events = [f"- {{event: e{n}, date: 1944-10-20, title: E, kind: capture}}" for n in range(60)]
    timeline.batch("many", "\n".join(events))
    timeline.db.set_trace_callback(None)
    assert any(sql.startswith("DROP INDEX") for sql in statements)
    assert indexes() == before
    assert projections.verify(timeline.db) == []


ODD = """\
- {account: before, event: late, source: one, at: "1"}
- {event: late, date: 1944-10-20, title: Late, kind: capture, places: [nis]}
- {event: whole, date: 1944-10-20, title: Whole, kind: capture, places: [nis],
   accounts: [{source: one, at: "2"}, {source: two, at: "3"}]}
- {account: apart, event: late, source: two, at: "4", claims: {guns: "3"}}
- {event: undone, date: 1944-10-20, title: Undone, kind: capture}
- {retract: event/undone, because: A mistake.}
- {event: better, date: 1944-10-20, title: Bettr, kind: capture, accounts: [{source: one, at: "5"}]}
- {correct: event/better, set: {title: Better}, because: Misspelt.}
- {correct: account/whole-two-1, set: {event: late}, because: It tells of the other.}
"""


def test_the_records_of_an_event_may_be_in_any_order(
    full: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each event gets one version, `recorded`, with all its accounts in the batch."""
    full.batch("odd", ODD)
    found = full.db.execute(
        "SELECT id, title, accounts, action, because, until_position FROM history"
        " WHERE from_position = (SELECT max(position) FROM log) ORDER BY id"
    ).fetchall()
    assert found == [
        ("better", "Better", 1, "recorded", None, None),
        ("late", "Late", 3, "recorded", None, None),
        ("whole", "Whole", 1, "recorded", None, None),
    ]
    monkeypatch.setattr(projector, "CHUNK", 1)
    assert projections.verify(full.db) == []


DATES = ("1944-10-14", "[1944-10-01,1944-10-05]", "1944-09/1944-11", "[..1944-10-09]")

# A line of each kind by a number that is new and one that is old.
KINDS: dict[str, Callable[[int, int], Any]] = {
    "event": lambda new, old: event(new, DATES[old % 4], old % 3),
    "account": lambda _, old: {"account": "", "event": f"e{old}", "source": "two", "at": "9"},
    "correction": lambda new, old: {
        "correct": f"event/e{old}",
        "set": {"title": f"Better {new}"},
        "because": "So.",
    },
    "moved": lambda _, old: {
        "correct": "account/nis-taken-one-1",
        "set": {"event": f"e{old}"},
        "because": "So.",
    },
    "place": lambda new, _: {"place": f"p{new}", "name": f"P {new}"},
    "name": lambda new, _: {
        "correct": "place/nis",
        "set": {"name": f"Niš {new}"},
        "because": "So.",
    },
}


def event(number: int, date: str = DATES[0], count: int = 1) -> Any:
    accounts = [{"source": "one", "at": str(n), "claims": {"guns": n}} for n in range(count)]
    fields = {"event": f"e{number}", "date": date, "title": f"E {number}", "kind": "battle"}
    return {**fields, "places": ["nis"], "formations": ["c68"], "accounts": accounts}


@st.composite
def mixed(draw: st.DrawFn) -> Any:
    """Lines of a valid batch: mostly new events, with a few other records among them."""
    known, lines, moved = [0], [event(0)], None
    for number in range(1, draw(st.integers(1, 14))):
        kinds = ["event"] * draw(st.sampled_from([1, 12])) + [*KINDS]
        kind, old = draw(st.sampled_from(kinds)), draw(st.sampled_from(known))
        if kind == "moved" and moved == old:
            continue
        lines.append(KINDS[kind](number, old))
        moved = old if kind == "moved" else moved
        if kind == "event":
            known.append(number)
    return lines


@given(lines=mixed(), chunk=st.sampled_from([1, 3, 1_000]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_batch_leaves_the_tables_that_a_rebuild_makes(
    make_timeline: Callable[..., Timeline],
    monkeypatch: pytest.MonkeyPatch,
    lines: list[dict[str, Any]],
    chunk: int,
) -> None:
    timeline = make_timeline(START, EVENTS)
    header = {"format": 1, "batch": "lines", "recorded": "2026-03-01T00:00:00Z"}
    with monkeypatch.context() as patched:
        patched.setattr(projector, "CHUNK", chunk)
        patched.setattr(row_writer, "LINKED_TOGETHER", 3)
        patched.setattr(tables, "is_most", lambda records, _: records > 3)
        text = "".join(json.dumps(line) + "\n" for line in [header, *lines])
        timeline.ingest(text, "jsonl")
        assert projections.verify(timeline.db) == []


def test_an_empty_log_has_no_tables_and_they_are_current(memory: sqlite3.Connection) -> None:
    projections.catch_up(memory)
    assert projections.is_current(memory)
    assert projections.verify(memory) == []


@pytest.mark.parametrize("table", tables.DERIVED)
def test_verify_names_the_table_that_lacks_a_row(full: Timeline, table: str) -> None:
    column = full.db.execute(f"SELECT * FROM {table}").description[0][0]
    full.db.execute(f"DELETE FROM {table} WHERE {column} = (SELECT max({column}) FROM {table})")
    assert faulty(full) == [table]


@pytest.mark.parametrize(
    ("forge", "table"),
    [
        ("UPDATE events SET title = 'Forged' WHERE id = 'nis-taken'", "events"),
        ("UPDATE events SET number = 99 WHERE id = 'nis-taken'", "events"),
        ("UPDATE history SET until_position = 17", "history"),
        ("UPDATE tracking SET position = 11", "tracking"),
        ("UPDATE facet_values SET count = 7 WHERE value = 'Niš'", "facet_values"),
        ("INSERT INTO claims VALUES ('nis-taken-one-1', 'guns', '1', 1, 1)", "claims"),
    ],
)
def test_verify_names_the_table_that_was_changed(
    timeline: Timeline, forge: str, table: str
) -> None:
    timeline.db.execute(forge)
    assert faulty(timeline) == [table]


def test_verify_reports_missing_tables(timeline: Timeline) -> None:
    timeline.db.execute("DROP TABLE accounts")
    faults = projections.verify(timeline.db)
    assert "accounts is missing from the schema" in faults
    assert any("no such table: " in fault for fault in faults)
    tables.drop(timeline.db)
    assert projections.verify(timeline.db) == ["the tables are missing"]


def test_the_counts_equal_the_links_and_the_arrays(full: Timeline) -> None:
    counted = set(full.db.execute("SELECT facet, value, count FROM facet_values"))
    linked = (
        "SELECT facet, facet_values.value, count(*) FROM event_links"
        " JOIN facet_values ON event_links.value = number GROUP BY number"
    )
    assert counted == set(full.db.execute(linked))
    for column in (*ARRAYS, "fronts", "armies"):
        of_rows = full.db.execute(
            f"SELECT ?, value, count(*) FROM events, json_each({column}) GROUP BY value", (column,)
        )
        assert {count for count in counted if count[0] == column} == set(of_rows)


def test_a_log_that_begins_without_a_chronology_is_corrupt(
    full: Timeline, make_timeline: Callable[..., Timeline]
) -> None:
    other = make_timeline()
    records = map(log.as_record, log.read(full.db))
    log.append(other.db, sorted(records, key=lambda one: one.type.startswith("chronology")))
    with pytest.raises(CorruptLog, match="no chronology is recorded before it"):
        projections.catch_up(other.db)
