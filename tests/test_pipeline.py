"""Ingesting: ids of accounts, retractions, and batches appended as a whole."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping

import pytest
from conftest import Timeline
from ingest_faults import EVENT, Make
from small_chronology import EVENTS, START

from chronology.batches.batch import Batch
from chronology.batches.batch_reader import read_batch
from chronology.ingest import pipeline
from chronology.model.errors import BatchRefused
from chronology.store import log, verification


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


def test_the_other_event_of_a_distinction_may_be_retracted_later(
    timeline: Timeline,
) -> None:
    timeline.batch(
        "distinct",
        EVENT
        + EVENT.replace("event: a", "event: b").replace(
            "}", ", distinct: [{event: a, because: Another one}]}"
        ),
    )
    timeline.batch("gone", "- {retract: event/a, because: c}\n")
    timeline.batch("title", "- {correct: event/b, set: {title: B}, because: c}\n")
    assert timeline.event("b")["title"] == "B"


def _account(source: str, **more: str) -> dict[str, object]:
    return {"source": source, "at": "p. 1", **more}


NUMBERED: list[dict[str, object]] = [
    {"event": "a", "accounts": [_account("one"), _account("one"), _account("two")]},
    {"event": "b", "accounts": [_account("one", id="b-one-2"), _account("one"), _account("one")]},
    {"account": "", "event": "a", **_account("one")},
]


def _read(rows: Iterable[Mapping[str, object]], name: str) -> Batch:
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
        ({"event": "nis-taken"}, "the id 'nis-taken' is already recorded"),
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


def test_corrections_of_one_event_read_its_earlier_records_once(timeline: Timeline) -> None:
    statements: list[str] = []
    timeline.db.set_trace_callback(statements.append)
    timeline.batch(
        "retitled",
        "".join(
            f"- {{correct: event/nis-taken, set: {{title: T {n}}}, because: So {n}.}}\n"
            for n in range(60)
        ),
    )
    timeline.db.set_trace_callback(None)

    reads = [sql for sql in statements if "FROM log WHERE stream = 'event/nis-taken'" in sql]
    assert len(reads) == 1
    assert timeline.event("nis-taken")["title"] == "T 59"


def test_the_default_id_of_an_account_is_cut_to_the_length_of_ids(timeline: Timeline) -> None:
    """What is ingested, `verify` accepts."""
    source, events = "s" * 60, [f"{'e' * 77}-{n}" for n in (1, 2)]
    timeline.batch(
        "long",
        f"- {{source: {source}, name: Long}}\n"
        + "".join(
            f"- {{event: {event}, date: 1944-10-14, title: Long, kind: battle, accounts: ["
            f"{{source: {source}, at: a}}, {{source: {source}, at: b}}]}}\n"
            for event in events
        ),
    )
    found = timeline.rows("SELECT id, event, at FROM accounts WHERE source = ?", source)

    assert len({row["id"] for row in found}) == 4
    assert max(len(str(row["id"])) for row in found) <= 80
    assert verification.record_faults(timeline.db) == []
