"""The event index: loading, caching, and threads that read while the log grows."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import Timeline
from index_cases import batch, change
from pyroaring import BitMap
from small_chronology import START

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


def test_an_answer_includes_all_that_was_committed_before_the_question(tmp_path: Path) -> None:
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


def test_parts_loaded_ahead_equal_parts_loaded_on_demand(timeline: Timeline) -> None:
    ahead, on_demand = EventIndex(), EventIndex()
    timeline.ingest(batch(0, change(timeline.db, "date", 0, 1)), "jsonl")
    parts = loadable(ahead, timeline.db)
    for part in parts:
        ahead.load(timeline.db, part)
    with on_demand.at_head(timeline.db) as reader:
        reader.evaluate(Or(tuple(part for part in parts if isinstance(part, FacetEquals))))
        reader.evaluate(Or(tuple(DayComparison(column, "=", None) for column in DAY_COLUMNS)))
        assert reader.superseded

    assert loadable(ahead, timeline.db) == []
    assert ahead.by_day == on_demand.by_day
    loaded = {number: ahead.by_value[number] for number in on_demand.by_value}
    assert loaded == on_demand.by_value
    assert any(ahead.by_value.values()), "nothing was compared"
    assert vars(ahead.superseded) == vars(on_demand.superseded)
    assert ahead.superseded.values, "nothing was compared"


def test_a_part_read_at_another_head_is_discarded(
    timeline: Timeline, make_timeline: Callable[..., Timeline]
) -> None:
    """The log may grow between reading a part and storing it."""
    other = make_timeline(START)
    index = EventIndex()
    parts = loadable(index, timeline.db)
    for part in parts:
        index.load(other.db, part)

    assert loadable(index, timeline.db) == parts


def test_a_slow_query_runs_once_and_does_not_block_other_threads(timeline: Timeline) -> None:
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
def test_threads_with_the_same_query_run_it_once(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch, fault: Exception | None
) -> None:
    waiting = threading.Semaphore(0)
    made: list[bool] = []
    found: list[BitMap | str] = []

    class Watched(Future[Any]):
        def result(self, timeout: float | None = None) -> Any:
            if not self.done():
                waiting.release()
            return super().result(10)

    def make() -> BitMap:
        made.append(True)
        for _ in range(2):
            waiting.acquire(timeout=10)
        if fault:
            raise fault
        return BitMap([1])

    def want() -> None:
        with closing(connect(timeline.path)) as db:
            try:
                with index.at_head(db, None, {"key": make}) as reader:
                    found.append(reader.run("key", lambda: BitMap([2])))
            except ZeroDivisionError as error:
                found.append(str(error))

    monkeypatch.setattr("chronology.index.current.Future", Watched)
    index = EventIndex()
    threads = [threading.Thread(target=want) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [str(fault) if fault else BitMap([1])] * 3
    assert len(made) == 1
    with index.at_head(timeline.db, None, {"key": lambda: BitMap([3])}) as reader:
        assert reader.run("key", lambda: BitMap([2])) == BitMap([3])


def test_the_cache_of_results_is_bounded_and_exact(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chronology.index.current._RESULTS_BYTES", 1000)
    index = EventIndex()
    with index.at_head(timeline.db) as reader:
        for number in range(50):
            result = BitMap(range(0, 300 + 2 * number, 2))
            assert reader.index.results.get_or_make(number, partial(BitMap, result)) == result
        assert 1 < len(index.results) <= 1000 // (2 * 150)


def test_a_file_that_replaces_another_is_read_again(
    make_timeline: Callable[..., Timeline],
) -> None:
    """Both logs have the same length; only their digests differ."""
    replaced, other = make_timeline(START), make_timeline(START)
    line = '- {{event: e{}, date: "1944-10-14", title: T, kind: {}}}\n'
    replaced.batch("one", line.format(1, "battle") + line.format(2, "capture"))
    replaced.batch("two", line.format(3, "battle"))
    other.batch("one", line.format(1, "battle") + line.format(2, "capture"))
    other.batch("two", line.format(3, "capture"))
    index = EventIndex()
    with index.at_head(replaced.db) as reader:
        assert len(reader.evaluate(FacetEquals("kind", "battle"))) == 2
    other.db.backup(replaced.db)
    with index.at_head(replaced.db) as reader:
        assert len(reader.evaluate(FacetEquals("kind", "battle"))) == 1
