"""The event index: loading, caching, and threads that read while the log grows."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import START, Timeline
from index_cases import batch, change
from pyroaring import BitMap

from chronology.index.current import EventIndex, slow_queries
from chronology.index.predicates import (
    DAY_COLUMNS,
    And,
    DayComparison,
    FacetEquals,
    Not,
    NumberQuery,
    Or,
)
from chronology.store.database import connect


def test_no_answer_is_older_than_what_was_committed_before_it_was_asked(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path / "timeline.db")
    timeline.ingest(START)
    index, committed, over = EventIndex(), [0], threading.Event()
    stale: list[tuple[int, int]] = []

    def read() -> None:
        with closing(connect(timeline.path)) as db:
            while not over.is_set():
                least = committed[0]
                with index.at_head(db) as reader:
                    found = len(reader.evaluate(FacetEquals("kind", "battle")))
                if found < least:
                    stale.append((least, found))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for number in range(40):
            records = [
                {"event": f"e{number}", "date": "1944-10-14", "title": "T", "kind": "battle"}
            ]
            timeline.ingest(batch(number, records), "jsonl")
            committed[0] = number + 1
    finally:
        over.set()
        for reader in readers:
            reader.join()
        timeline.db.close()
    assert stale == []


def loadable(index: EventIndex, db: sqlite3.Connection) -> list[FacetEquals | str]:
    with index.at_head(db) as reader:
        return reader.not_loaded()


def test_what_is_loaded_ahead_is_what_would_be_loaded_when_asked(timeline: Timeline) -> None:
    ahead, on_demand = EventIndex(), EventIndex()
    timeline.ingest(batch(0, change(timeline.db, "date", 0, 1)), "jsonl")
    wanted = loadable(ahead, timeline.db)
    for what in wanted:
        ahead.load(timeline.db, what)
    with on_demand.at_head(timeline.db) as reader:
        reader.evaluate(Or(tuple(what for what in wanted if isinstance(what, FacetEquals))))
        reader.evaluate(Or(tuple(DayComparison(column, "=", None) for column in DAY_COLUMNS)))
        assert reader.superseded

    assert loadable(ahead, timeline.db) == []
    assert ahead.by_day == on_demand.by_day
    loaded = {number: ahead.by_value[number] for number in on_demand.by_value}
    assert loaded == on_demand.by_value
    assert any(ahead.by_value.values()), "nothing was compared"
    assert vars(ahead.superseded) == vars(on_demand.superseded)
    assert ahead.superseded.values, "nothing was compared"


def test_what_was_read_of_another_state_is_not_kept(
    timeline: Timeline, make_timeline: Callable[..., Timeline]
) -> None:
    """As where the log grows between the reading and the keeping."""
    other = make_timeline(START)
    index = EventIndex()
    wanted = loadable(index, timeline.db)
    for what in wanted:
        index.load(other.db, what)

    assert loadable(index, timeline.db) == wanted


def test_a_query_is_asked_once_and_before_other_threads_have_to_wait(timeline: Timeline) -> None:
    index, read_meanwhile = EventIndex(), []
    predicate = And(
        (FacetEquals("kind", "capture"), Not(NumberQuery("SELECT number AS event FROM events")))
    )

    @contextmanager
    def limit(_: sqlite3.Connection) -> Iterator[None]:
        def wait() -> None:
            with closing(connect(timeline.path)) as db, index.at_head(db):
                read_meanwhile.append(True)

        other = threading.Thread(target=wait)
        other.start()
        other.join(10)
        yield

    for _ in range(2):
        slow = slow_queries(timeline.db, limit, predicate)
        with index.at_head(timeline.db, limit, slow) as reader:
            assert not reader.evaluate(predicate)
    assert read_meanwhile == [True]


@pytest.mark.parametrize("fault", [None, ZeroDivisionError("in the making")])
def test_what_several_threads_want_at_once_is_made_once(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch, fault: Exception | None
) -> None:
    waiting, made, found = threading.Semaphore(0), [], []

    class Watched(Future[Any]):
        def result(self, timeout: float | None = None) -> Any:
            if not self.done():
                waiting.release()
            return super().result(10)

    def make() -> str:
        made.append(True)
        for _ in range(2):
            waiting.acquire(timeout=10)
        if fault:
            raise fault
        return "slow"

    def want() -> None:
        with closing(connect(timeline.path)) as db:
            try:
                with index.at_head(db, None, {"key": make}) as reader:
                    found.append(reader.run("key", lambda: "made again"))
            except ZeroDivisionError as error:
                found.append(str(error))

    monkeypatch.setattr("chronology.index.current.Future", Watched)
    index = EventIndex()
    threads = [threading.Thread(target=want) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [str(fault or "slow")] * 3
    assert len(made) == 1
    with index.at_head(timeline.db, None, {"key": lambda: "anew"}) as reader:
        assert reader.run("key", lambda: "made again") == "anew"


def test_what_is_kept_is_bounded_and_what_comes_back_is_the_same(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chronology.index.current._RESULTS_BYTES", 1000)
    index = EventIndex()
    with index.at_head(timeline.db) as reader:
        for number in range(50):
            made = reader.cached(
                number, lambda number=number: BitMap(range(0, 300 + 2 * number, 2))
            )
            assert len(made) == 150 + number
        assert 1 < len(index.results) <= 1000 // (2 * 150)


def test_a_file_put_in_the_place_of_another_is_read_anew(
    make_timeline: Callable[..., Timeline],
) -> None:
    """Both logs are as long; only their digests differ."""
    held, other = make_timeline(START), make_timeline(START)
    line = '- {{event: e{}, date: "1944-10-14", title: T, kind: {}}}\n'
    held.batch("one", line.format(1, "battle") + line.format(2, "capture"))
    held.batch("two", line.format(3, "battle"))
    other.batch("one", line.format(1, "battle") + line.format(2, "capture"))
    other.batch("two", line.format(3, "capture"))
    index = EventIndex()
    with index.at_head(held.db) as reader:
        assert len(reader.evaluate(FacetEquals("kind", "battle"))) == 2
    other.db.backup(held.db)
    with index.at_head(held.db) as reader:
        assert len(reader.evaluate(FacetEquals("kind", "battle"))) == 1
