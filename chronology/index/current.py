"""The bitmap index of one database: the current events, and the versions superseded so far.

`EventIndex` loads bitmaps when they are first needed and applies the changes of each new head.
Events are identified by their `number` in `events`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import RLock
from typing import Any

import msgspec
from pyroaring import BitMap

from chronology.index.bitmaps import BitmapIndex, add_days, after_cursor, in_time
from chronology.index.predicates import (
    DAY_COLUMNS,
    SORT_DAY,
    SORT_DAY_STEPS,
    ChangedAfter,
    Cursor,
    FacetEquals,
    NumberQuery,
    Predicate,
    leaves,
)
from chronology.index.superseded import SupersededReader, SupersededVersions
from chronology.lru_cache import LruCache
from chronology.projections import tables
from chronology.projections.event_rows import LINK_FACETS
from chronology.store.database import snapshot

_RESULTS_BYTES = 32 << 20
# With more events changed, loading everything again is faster.
_CHANGED_SHARE = 0.1
_AMONG = "WHERE number IN (SELECT value FROM json_each(?))"
_VALUE_NUMBER = "SELECT number FROM facet_values WHERE facet = ? AND value = ?"
# Below this share of a day's events their ids are looked up; above it the day is read through.
_LOOK_UP_SHARE = 0.05
TimeLimit = Callable[[sqlite3.Connection], AbstractContextManager[Any]]
Queries = Mapping[Any, Callable[[], BitMap]]
SUPERSEDED = "superseded"
"""Given to `EventIndex.load` in place of a facet value or a column of days."""


class EventIndex:
    """The bitmaps of one database; about 7 MB for a million events with twelve values each."""

    def __init__(self) -> None:
        self._lock = RLock()
        self.tracked: tables.Tracked | None = None
        self.value_numbers: dict[FacetEquals, int] = {}
        self.by_value: dict[int, BitMap] = {}
        self.by_day: dict[str, dict[int | None, BitMap]] = {}
        self.superseded = SupersededVersions()
        self.results: LruCache[Any, BitMap] = LruCache(_RESULTS_BYTES, _size_bytes)
        self._running: dict[Any, Future[BitMap]] = {}

    @contextmanager
    def at_head(
        self, db: sqlite3.Connection, limit: TimeLimit | None = None, slow: Queries | None = None
    ) -> Iterator[IndexReader]:
        """A reader of the current head, in one read transaction and for one thread at a time.

        `limit` bounds the time of queries that a visitor wrote. The queries in `slow` run first
        and outside the lock, so that other threads do not wait; see `IndexReader.run`.
        """
        tracked, finished = self._run_slow(db, slow) if slow else (None, {})
        with self._lock, snapshot(db):
            self._catch_up(db)
            limit = limit or (lambda _: nullcontext())
            yield IndexReader(self, db, limit, finished if tracked == self.tracked else {})

    def _run_slow(
        self, db: sqlite3.Connection, slow: Queries
    ) -> tuple[tables.Tracked | None, dict[Any, BitMap]]:
        """The results of slow queries, and the head at which they ran."""
        missing = {key: query for key, query in slow.items() if key not in self.results}
        if not missing:
            return None, {}
        with snapshot(db):
            head = tables.tracked(db)
            return head, {key: self._run_once((head, key), q) for key, q in missing.items()}

    def _run_once(self, key: Any, query: Callable[[], BitMap]) -> BitMap:
        """The result of a query; if another thread is running it, that thread's result."""
        mine: Future[BitMap] = Future()
        first = self._running.setdefault(key, mine)
        if first is not mine:
            return first.result()
        try:
            mine.set_result(query())
        except BaseException as error:
            mine.set_exception(error)
        finally:
            del self._running[key]
        return mine.result()

    def _catch_up(self, db: sqlite3.Connection) -> None:
        head = tables.tracked(db)
        if head == self.tracked:
            return
        before, self.tracked = self.tracked, None
        self.results.clear()
        # The numbers of values that are gone are reused.
        rows = db.execute("SELECT facet, value, number FROM facet_values")
        self.value_numbers = {FacetEquals(facet, value): number for facet, value, number in rows}
        if before is None or head is None or not self._update(db, before, head):
            self.by_value.clear()
            self.by_day.clear()
            self.superseded = SupersededVersions()
        self.tracked = head

    def load(self, db: sqlite3.Connection, part: FacetEquals | str) -> None:
        """Loads one part of the index before it is needed, without blocking other threads.

        The part is a facet value, a column of days, or `SUPERSEDED`. If the head moves meanwhile,
        the part is discarded.
        """
        with self._lock, snapshot(db):
            self._catch_up(db)
        with snapshot(db):
            head = tables.tracked(db)
            if head is None:
                return
            store = self._read(db, part, head.position)
        with self._lock:
            if head == self.tracked:
                store()

    def _read(
        self, db: sqlite3.Connection, part: FacetEquals | str, position: int
    ) -> Callable[[], object]:
        """Reads a part of the index, and returns the function that stores it."""
        if part == SUPERSEDED:
            versions = SupersededVersions()
            versions.extend(db, position)
            return partial(setattr, self, "superseded", versions)
        if isinstance(part, str):
            return partial(self.by_day.setdefault, part, _read_days(db, part))
        number = db.execute(_VALUE_NUMBER, (part.facet, part.value)).fetchone()
        if number is None:
            return lambda: None
        return partial(self.by_value.setdefault, number[0], _read_value(db, *number))

    def _update(self, db: sqlite3.Connection, before: tables.Tracked, head: tables.Tracked) -> bool:
        """Applies the changes since `before`; False if there are many or the tables are new."""
        if before.version != head.version or not _continues(db, before):
            return False
        changed = db.execute(
            "SELECT event, numbers FROM event_values WHERE position > ?", (before.position,)
        ).fetchall()
        (total,) = db.execute("SELECT count(*) FROM event_values").fetchone()
        if len(changed) > _CHANGED_SHARE * total:
            return False
        events = BitMap([event for event, _ in changed])
        added: dict[int, list[int]] = {}
        for event, numbers in changed:
            for number in msgspec.json.decode(numbers):
                added.setdefault(number, []).append(event)
        for number, members in self.by_value.items():
            members -= events
            members.update(added.get(number, ()))
        for column, days in self.by_day.items():
            for members in days.values():
                members -= events
            add_days(days, _read_days(db, column, _AMONG, json.dumps(list(events))))
        return True


def _continues(db: sqlite3.Connection, before: tables.Tracked) -> bool:
    """Whether the log continues an earlier head: the file may have been replaced."""
    row = db.execute("SELECT digest FROM log WHERE position = ?", (before.position,)).fetchone()
    return bool(row and row[0] == before.digest)


def _read_value(db: sqlite3.Connection, number: int) -> BitMap:
    (events,) = db.execute(
        "SELECT json_group_array(event) FROM event_links WHERE value = ?", (number,)
    ).fetchone()
    return BitMap(msgspec.json.decode(events))


def _read_days(
    db: sqlite3.Connection, column: str, where: str = "", *params: str
) -> dict[int | None, BitMap]:
    """The events of each day in a column."""
    rows = db.execute(
        f"SELECT {column}, json_group_array(number) FROM events {where} GROUP BY 1", params
    )
    return {day: BitMap(msgspec.json.decode(events)) for day, events in rows}


@dataclass(eq=False)
class IndexReader(BitmapIndex):
    """The bitmaps of one head, valid inside `EventIndex.at_head`.

    Results are computed once for each head as long as they fit into the cache. `finished` are the
    results of slow queries that ran before.
    """

    index: EventIndex
    db: sqlite3.Connection
    limit: TimeLimit
    finished: Mapping[Any, BitMap]

    def evaluate(self, predicate: Predicate) -> BitMap:
        results = self.index.results
        return results.get_or_make(predicate, lambda: super(IndexReader, self).evaluate(predicate))

    def run(self, key: Any, query: Callable[[], BitMap]) -> BitMap:
        """The result of a query, which runs now unless it has finished before."""
        return self.finished[key] if key in self.finished else query()

    def counts(self, facet: str, rows: BitMap) -> list[tuple[str, int]]:
        """The values of a facet among some events, with the number of events for each."""
        values = [value for value in self.index.value_numbers if value.facet == facet]
        pairs = (
            (value.value, rows.intersection_cardinality(self.by_value(value))) for value in values
        )
        return [(value, count) for value, count in pairs if count]

    @property
    def superseded(self) -> SupersededReader:
        index = self.index
        assert index.tracked is not None
        if index.superseded.position < index.tracked.position:
            index.superseded.extend(self.db, index.tracked.position)
        return SupersededReader(index.superseded, self.db)

    def first_of_day(
        self, day: int, rows: BitMap, descending: bool, after: Cursor | None, size: int
    ) -> list[int]:
        condition, params = after_cursor(descending, after)
        if len(rows) < _LOOK_UP_SHARE * len(self.by_day(SORT_DAY)[day]):
            rows_after = self.db.execute(
                "SELECT number FROM events WHERE number IN (SELECT value FROM json_each(:rows))"
                f" AND {condition} ORDER BY {in_time(descending)} LIMIT :size",
                {"rows": json.dumps(list(rows)), "size": size, **params},
            )
            return [event for (event,) in rows_after]
        # The neighbouring days too, since the division of SQL rounds towards zero.
        events = self.db.execute(
            "SELECT number FROM events WHERE sort_key BETWEEN :first AND :last"
            f" AND {condition} ORDER BY {in_time(descending)}",
            {"first": (day - 1) * SORT_DAY_STEPS, "last": (day + 1) * SORT_DAY_STEPS, **params},
        )
        return list(islice((event for (event,) in events if event in rows), size))

    def by_value(self, value: FacetEquals) -> BitMap:
        number = self.index.value_numbers.get(value)
        if number is None:
            return BitMap()
        loaded = self.index.by_value
        if number not in loaded:
            loaded[number] = _read_value(self.db, number)
        return loaded[number]

    def by_day(self, column: str) -> Mapping[int | None, BitMap]:
        loaded = self.index.by_day
        if column not in loaded:
            loaded[column] = _read_days(self.db, column)
        return loaded[column]

    def query(self, predicate: ChangedAfter | NumberQuery) -> BitMap:
        if isinstance(predicate, NumberQuery):
            rows = self.run(predicate, partial(_run, self.db, self.limit, predicate))
            return rows & self.all()
        # The number of an event is the position of its first record.
        recorded = self.all()
        changed = self.superseded.versions.changed_after(predicate.position) & recorded
        recorded.remove_range(0, predicate.position + 1)
        return changed | recorded

    def not_loaded(self) -> list[FacetEquals | str]:
        """The parts that pages filter and count by, as far as they are not loaded."""
        index = self.index
        values = [v for v, number in index.value_numbers.items() if number not in index.by_value]
        on_pages = [value for value in values if value.facet not in LINK_FACETS]
        superseded = [] if index.superseded.position else [SUPERSEDED]
        return [*on_pages, *(c for c in DAY_COLUMNS if c not in index.by_day), *superseded]


def _run(db: sqlite3.Connection, limit: TimeLimit, query: NumberQuery) -> BitMap:
    with limit(db):
        (events,) = db.execute(
            f"SELECT json_group_array(event) FROM (SELECT event FROM ({query.sql}))",
            dict(query.params),
        ).fetchone()
    return BitMap(msgspec.json.decode(events))


def slow_queries(db: sqlite3.Connection, limit: TimeLimit, predicate: Predicate) -> Queries:
    """The queries of a predicate by key, for `EventIndex.at_head`."""
    queries = (leaf for leaf in leaves(predicate) if isinstance(leaf, NumberQuery))
    return {query: partial(_run, db, limit, query) for query in queries}


def _size_bytes(key: Any, rows: BitMap) -> int:
    """The approximate memory of a bitmap."""
    size = rows.get_statistics()
    return (
        size["n_bytes_array_containers"]
        + size["n_bytes_run_containers"]
        + size["n_bytes_bitset_containers"]
    )
