"""SIGKILL at random times. Power failures are not covered: the system keeps its caches."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from chronology import projections
from chronology.batches import http_source
from chronology.ingest import replication
from chronology.ingest.pipeline import ingest
from chronology.model.errors import CorruptLog
from chronology.store import log
from chronology.store.database import connect, transaction
from tests import peers
from tests.faults.case import SIZE, Child, Outcome, Setting, check, fill, numbered

BATCHES = 40


def _random_time(setting: Setting) -> tuple[int, float]:
    return setting.random.randint(0, 4), setting.random.uniform(0.0, 0.05)


def killed_ingest(setting: Setting) -> Outcome:
    """A writer is killed at any instruction; the next one continues after it."""
    outcome, number = Outcome(), 0
    while outcome.cases < setting.cases:
        path = setting.folder / f"timeline-{number}.db"
        fill(path, 1)
        acknowledged, done, number = {"b0"}, 1, number + 1
        while outcome.cases < setting.cases and done < BATCHES:
            before = len(acknowledged)
            child = Child(_ingesting(path, done))
            acknowledged |= set(child.kill(*_random_time(setting)))
            lost = check(path, acknowledged)
            outcome = outcome.plus((len(acknowledged) - before) * SIZE, lost * SIZE)
            done = _stored(path) // SIZE
    return outcome


def _ingesting(path: Path, start: int) -> Callable[[Callable[[str], None]], None]:
    def work(say: Callable[[str], None]) -> None:
        with closing(connect(path, write=True)) as db:
            for number in range(start, start + BATCHES):
                ingest(db, numbered(number))
                say(f"b{number}")

    return work


def killed_rebuild(setting: Setting) -> Outcome:
    """The tables are the old or the new ones, and a second run completes them."""
    path = setting.folder / "timeline.db"
    count = 12
    fill(path, count)
    names, outcome = {f"b{number}" for number in range(count)}, Outcome()

    def work(say: Callable[[str], None]) -> None:
        with closing(connect(path, write=True)) as db, transaction(db):
            projections.rebuild(db)

    for _ in range(setting.cases):
        child = Child(work)
        child.kill(0, setting.random.uniform(0.002, 0.2))
        outcome = outcome.plus(len(names) * SIZE, check(path, names) * SIZE)
    assert Child(work).end()[0] == 0
    assert not check(path, names)
    return outcome


def killed_follow(setting: Setting) -> Outcome:
    """A killed follower continues to the same end as an undisturbed one."""
    source, target = setting.folder / "source.db", setting.folder / "copy.db"
    fill(source, BATCHES)
    with closing(connect(source)) as db:
        rows, expected = peers.rows_of(db), log.head(db)
    server, url = _serve(rows)
    outcome, acknowledged, ends = Outcome(), set[str](), 0

    def work(say: Callable[[str], None]) -> None:
        with closing(connect(target, write=True)) as db, http_source.client() as client:
            replication.follow(db, replication.Peer(url, client), lambda _: say(_last_batch(db)))

    try:
        for _ in range(setting.cases):
            child = Child(work)
            acknowledged |= set(child.kill(*_random_time(setting)))
            lost = check(target, acknowledged) if _stored(target) else len(acknowledged)
            outcome = outcome.plus(len(acknowledged) * SIZE, lost * SIZE)
            if _stored(target) == expected.position:
                acknowledged.clear()
                target.unlink()
                ends += 1
        assert Child(work).end()[0] == 0
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
    with closing(connect(target)) as db:
        assert log.head(db) == expected
    return outcome


def _last_batch(db: sqlite3.Connection) -> str:
    (entry,) = log.read(db, log.head(db).position - 1)
    return entry.batch


def _serve(rows: list[peers.Row]) -> tuple[int, str]:
    """A peer in another process, so that this one has no threads when it forks."""
    server = peers.Peer(rows, peers.plain)
    pid = os.fork()
    if not pid:
        try:
            server.serve_forever()
        finally:
            os._exit(0)
    url = server.url
    server.socket.close()
    return pid, url


def _stored(path: Path) -> int:
    if not path.exists() or not path.stat().st_size:
        return 0
    try:
        with closing(connect(path)) as db:
            return log.head(db).position
    except CorruptLog:
        return 0  # Killed before the log was created.
