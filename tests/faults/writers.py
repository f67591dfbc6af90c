"""Competing writers: their results compared with the log."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from chronology.ingest.pipeline import ingest
from chronology.model.errors import WrongExpectedVersion
from chronology.model.records import Record
from chronology.store import log, verification
from chronology.store.database import connect, transaction
from tests.faults.case import RECORDED, SIZE, Child, Outcome, Setting, check, numbered

WRITERS = 5
STREAMS = 2


def competing_versions(setting: Setting) -> Outcome:
    """Only one writer can append at an expected version; the others get an error."""
    path = setting.folder / "timeline.db"
    each = setting.cases // WRITERS
    seeds = [setting.random.random() for _ in range(WRITERS)]
    children = [Child(_expecting(path, name, each, seed)) for name, seed in enumerate(seeds)]
    results = [line.split() for child in children for line in _ended(child)]
    won = [
        (stream, int(version), record)
        for result, stream, version, record in results
        if result == "won"
    ]
    lost = sum(result == "lost" for result, *_ in results)
    assert len(won) + lost == each * WRITERS
    assert lost, "the writers never met"
    uses = Counter((stream, version) for stream, version, _ in won)
    assert max(uses.values()) == 1, "two writers appended the same version"
    with closing(connect(path)) as db:
        verification.verify(db)
        stored = {(entry.stream, entry.version, entry.record_id) for entry in log.read(db)}
        assert log.head(db).position == len(stored) == len(won)
    return Outcome(len(results), len(won), len(set(won) - stored))


def _expecting(
    path: Path, name: int, count: int, seed: float
) -> Callable[[Callable[[str], None]], None]:
    """Reads the version of a stream, waits a little, and appends at that version."""

    def work(say: Callable[[str], None]) -> None:
        random = Random(seed)
        with closing(connect(path, write=True)) as db:
            for number in range(count):
                stream = f"event/s{random.randrange(STREAMS)}"
                version = log.versions(db, [stream])[stream]
                record = Record(f"w{name}-{number}", stream, "event.recorded", RECORDED, "b", "{}")
                time.sleep(random.uniform(0, 0.003))
                try:
                    with transaction(db):
                        log.append(db, [record], version)
                except WrongExpectedVersion:
                    say(f"lost {stream} {version + 1} {record.record_id}")
                else:
                    say(f"won {stream} {version + 1} {record.record_id}")

    return work


def competing_batches(setting: Setting) -> Outcome:
    """All writers ingest the same batches into a new file; each batch is appended once."""
    outcome = Outcome()
    for number in range(setting.cases):
        path = setting.folder / f"timeline-{number}.db"
        children = [Child(_ingesting(path, setting.random.random())) for _ in range(WRITERS)]
        results = [line.split() for child in children for line in _ended(child)]
        won = Counter(name for name, records in results if records != "0")
        assert set(won.values()) == {1}, "a batch was appended twice"
        assert len(results) == WRITERS * len(won)
        outcome = outcome.plus(len(won) * SIZE, check(path, won) * SIZE)
    return outcome


def _ingesting(path: Path, seed: float) -> Callable[[Callable[[str], None]], None]:
    def work(say: Callable[[str], None]) -> None:
        numbers = list(range(1, 6))
        Random(seed).shuffle(numbers)
        with closing(connect(path, write=True)) as db:
            for number in (0, *numbers):
                say(f"b{number} {ingest(db, numbered(number)).records}")

    return work


def _ended(child: Child) -> list[str]:
    status, reports = child.end()
    assert status == 0, "a writer failed"
    return reports
