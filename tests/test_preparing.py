"""Batches folded while they are appended: the same log and tables as folded when they are whole."""

from __future__ import annotations

import io
import json
import sqlite3

import pytest
from conftest import EVENTS, START
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chronology import batches, ingest, log, projections, readers, schema, workers
from chronology.errors import BatchRefused
from chronology.lots import gather
from chronology.preparing import Preparer
from chronology.projections import fold, publish, state, tables
from chronology.projections.events import Numbers

HEADER = {"format": 1, "batch": "lines", "recorded": "2026-03-01T00:00:00Z"}
DATES = ("1944-10-14", "[1944-10-01,1944-10-05]", "1944-09/1944-11", "[..1944-10-09]")


@pytest.fixture
def tight(monkeypatch):
    """Blocks of a few lines, and little of everything that a large batch has much of."""
    monkeypatch.setattr(readers, "BLOCK_BYTES", 300)
    monkeypatch.setattr(tables, "LARGE", 3)
    monkeypatch.setattr(publish, "LINKED_TOGETHER", 3)
    monkeypatch.setattr(schema, "GUARDED", 5)


@pytest.fixture
def small_log(monkeypatch):
    """A batch has soon more than all before it."""
    monkeypatch.setattr(tables, "is_most", lambda records, _: records > 3)


def event(number, date=DATES[0], accounts=1, **fields):
    told = [{"source": "one", "at": str(n), "claims": {"guns": n}} for n in range(accounts)]
    found = {"event": f"e{number}", "date": date, "title": f"E {number}", "kind": "battle"}
    return {**found, "places": ["nis"], "formations": ["c68"], "accounts": told, **fields}


def ingested(timeline, lines, header=HEADER):
    return timeline.ingest("".join(json.dumps(line) + "\n" for line in [header, *lines]), "jsonl")


def content(timeline):
    """All that is in the file, and what it consists of."""
    names = [name for (name,) in timeline.db.execute("SELECT name FROM sqlite_schema")]
    rows = {
        name: timeline.db.execute(
            f"SELECT {'rowid, ' if name in tables.SEARCHED else ''}* FROM {name}"
        ).fetchall()
        for name in ("log", *tables.DERIVED)
    }
    return sorted(names), {name: sorted(map(repr, found)) for name, found in rows.items()}


def unprepared(monkeypatch):
    monkeypatch.setattr(ingest._Ingestion, "_fold_meanwhile", lambda _: None)


# A line of each kind by a number that is new and one that is old.
KINDS = {
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


@st.composite
def mixed(draw):
    """Lines of a batch that is right: new events, and seldom something else among them."""
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


@given(lines=mixed())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_folded_ahead_or_afterwards_the_file_is_the_same(
    make_timeline, tight, small_log, monkeypatch, lines
):
    ahead, afterwards = make_timeline(START, EVENTS), make_timeline(START, EVENTS)
    ingested(ahead, lines)
    with monkeypatch.context() as patched:
        unprepared(patched)
        ingested(afterwards, lines)
    assert content(ahead) == content(afterwards)
    assert projections.verify(ahead.db) == []


def test_nothing_but_new_events_is_folded_only_ahead(timeline, tight, monkeypatch):
    monkeypatch.setattr(fold.Fold, "run", None)
    ingested(timeline, [event(n, DATES[n % 4]) for n in range(30)])
    monkeypatch.undo()
    assert projections.is_current(timeline.db)
    assert projections.verify(timeline.db) == []
    assert timeline.rows("SELECT position FROM history WHERE id = 'e3'") == [
        {"position": timeline.rows("SELECT max(position) AS top FROM log")[0]["top"]}
    ]


def test_what_another_process_prepares_is_the_same(make_timeline, tight, monkeypatch):
    lines = [event(n, DATES[n % 4], n % 3) for n in range(40)]
    here, there = make_timeline(START, EVENTS), make_timeline(START, EVENTS)
    ingested(here, lines)
    monkeypatch.setattr(batches, "BLOCKS_ALONE", 2)
    monkeypatch.setattr(workers, "MEANWHILE", 1)
    monkeypatch.setattr(fold.Fold, "run", None)
    ingested(there, lines)
    monkeypatch.undo()
    assert content(here) == content(there)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (event(3), "the id 'e3' is recorded already"),
        (event("x", places=["nowhere"]), "unknown place 'nowhere'"),
        (event("x", date="1950"), "cannot fall in the window"),
    ],
)
def test_a_fault_behind_what_was_folded_ahead_leaves_nothing_of_it(
    timeline, tight, small_log, wrong, said
):
    before = content(timeline)
    lines = [event(n) for n in range(20)]
    with pytest.raises(BatchRefused, match=said):
        ingested(timeline, [*lines, wrong, *(event(n) for n in range(30, 40))])
    assert content(timeline) == before


def test_the_log_is_guarded_again_after_a_large_batch(timeline, tight):
    statements = []
    timeline.db.set_trace_callback(statements.append)
    ingested(timeline, [event(n) for n in range(30)])
    timeline.db.set_trace_callback(None)
    assert "DROP TRIGGER log_append_only" in statements
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        timeline.db.execute(
            "INSERT INTO log SELECT 99, 'x', 'x', 1, type, '', '', data, digest"
            " FROM log WHERE position = 1"
        )


@pytest.mark.parametrize("again", ["99, 'new', stream", "99, record_id, 'event/new'"])
def test_the_keys_of_the_log_hold_while_it_is_unguarded(timeline, again):
    """Should a writer err, SQLite still refuses a version or a record that is there already."""
    sql = f"SELECT {again}, version, type, '', '', data, digest FROM log WHERE position = 1"

    def append() -> None:
        with schema.transaction(timeline.db), schema.Unguarded(timeline.db) as unguarded:
            unguarded.count(schema.GUARDED)
            timeline.db.execute(f"INSERT INTO log {sql}")

    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        append()


def test_a_preparer_ends_at_the_first_lot_that_is_more_than_new(timeline):
    lines = [HEADER, event(1), {"place": "p", "name": "P"}, event(2)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    items = list(batches.read(io.BytesIO(text.encode()), "b", "jsonl").items)
    head = log.head(timeline.db)
    prepare = Preparer(state.load(timeline.db), Numbers({}), head, "b", "2026-03-01T00:00:00Z")
    assert prepare(gather(items[:2])).after == head
    assert prepare(gather(items[2:3])) is None
    assert prepare(gather(items[3:])) is None


def test_what_was_prepared_for_another_head_is_not_appended(timeline, tight, monkeypatch):
    def elsewhere(self, lot, call=Preparer.__call__):
        prepared = call(self, lot)
        return prepared and prepared._replace(after=log.Head(3, "0" * 64), digests=[])

    monkeypatch.setattr(Preparer, "__call__", elsewhere)
    ingested(timeline, [event(n) for n in range(5)])
    assert (
        log.verify(timeline.db).position == timeline.rows("SELECT count(*) AS n FROM log")[0]["n"]
    )
    assert projections.verify(timeline.db) == []
