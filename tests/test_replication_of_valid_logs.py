"""Replication of logs that ingesting made: each is copied, record by record."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import growing
import hostile
import many_events
import pytest
from conftest import ROOT, Timeline
from small_chronology import EVENTS, START

from chronology.batches.log_reader import read_records
from chronology.ingest import replication
from chronology.store import log
from chronology.store.database import connect
from tests.attack.forged_logs import ForgedPeer

Make = Callable[..., Timeline]
LOGS = {
    "corrections and moves": growing.BATCHES,
    "markup in every field": hostile.batches(),
    "many events": many_events.batches(START, 200),
}


def copied(source: Timeline, copy: Timeline) -> bool:
    rows = [entry._asdict() for entry in log.read(source.db)]
    replication.follow(copy.db, ForgedPeer(rows))
    return list(log.read(copy.db)) == list(log.read(source.db))


@pytest.mark.parametrize("name", LOGS)
def test_a_log_of_every_kind_of_record_is_copied(make_timeline: Make, name: str) -> None:
    source = make_timeline()
    for file, text in LOGS[name].items():
        source.ingest(text, file.rpartition(".")[2])
    assert copied(source, make_timeline())


def test_fields_at_their_limits_are_copied(make_timeline: Make) -> None:
    text, line = "ж" * 20_000, "日" * 300
    event = {
        "event": "a" * 80,
        "date": "1944-10-14",
        "title": line,
        "kind": "death",
        "summary": text,
        "basis": text,
        "places": [{"place": "nis", "role": "near"}],
        "accounts": [
            {
                "id": f"{n}-{'b' * 70}",
                "source": "one",
                "at": [line] * 50,
                "by": line,
                "says": text,
                "basis": text,
                "claims": {f"c{i}": line for i in range(100)},
            }
            for n in range(4)
        ],
    }
    because = {"because": text * 5}
    records = [event, {"correct": f"event/{'a' * 80}", "set": {"title": "new"}, **because}]
    header = {"format": 1, "batch": "c" * 80, "recorded": "2026-02-01T00:00:00Z", "note": text}
    source = make_timeline(START)
    lines = (json.dumps(one, ensure_ascii=False) for one in (header, *records))
    source.ingest("\n".join(lines), "jsonl")
    assert copied(source, make_timeline())


@pytest.mark.parametrize("seed", range(5))
def test_random_corrections_and_retractions_are_copied(make_timeline: Make, seed: int) -> None:
    chance = random.Random(seed)
    source = make_timeline(START, EVENTS)
    live = ["nis-taken", "belgrade-taken"]
    for number in range(8):
        name = f"event-{number}"
        target, into = chance.choice(live), chance.choice(live)
        records = f"- {{event: {name}, date: 1944-10-{number + 1:02}, title: E, kind: battle,\n"
        records += f"   accounts: [{{source: two, at: '{number}', claims: {{n: {number}}}}}]}}\n"
        records += f"- {{correct: event/{target}, set: {{title: T {number}}}, because: So.}}\n"
        records += f"- {{account: own-{number}, event: {into}, source: one, at: '1'}}\n"
        if into != target:
            records += f"- {{retract: event/{target}, into: {into}, because: Twice.}}\n"
            live.remove(target)
        live.append(name)
        source.batch(f"more-{number}", records)
    assert copied(source, make_timeline())


@pytest.mark.parametrize("path", [ROOT / "timeline.db", ROOT / "tests/data/log-format-1.db"])
def test_every_batch_of_a_committed_log_is_valid(path: Path) -> None:
    db = connect(path)
    for _, entries in groupby(log.read(db), key=lambda entry: entry.batch):
        records = ((entry.position, log.as_record(entry)) for entry in entries)
        batch = read_records(records, "peer")
        assert list(batch.items)
        assert not batch.faults
    db.close()
