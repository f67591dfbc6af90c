"""Events selected by a filter: counts, facets, pages and rows.

`SqlSelection` reads the tables and defines the answers. `IndexSelection` gives the same answers
from bitmaps, many times faster; `tests/test_selection.py` compares the two.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from pyroaring import BitMap

from chronology.index.bitmaps import after_cursor, in_time
from chronology.index.current import SUPERSEDED, EventIndex, IndexReader, TimeLimit, slow_queries
from chronology.index.predicates import EVERY, And, ChangedAfter, Cursor, Not, Predicate
from chronology.projections.event_rows import SINGLE_VALUED

Counts = list[tuple[str, int]]
Relation = tuple[str, Mapping[str, Any]]
"""A FROM clause with its parameters."""
Gaps = Mapping[int, list[tuple[int | None, int | None]]]
"""The first and last days of the spans of rows, by number."""


class EventFilter(NamedTuple):
    """A condition on events, as SQL and as a predicate.

    `sql` is a WHERE clause (empty for all rows) on `events`. As of a `position` it applies to
    `history`, and includes that versions were current then. `predicate` is the same condition,
    None if only SQL can express it. `description` is in English.
    """

    sql: str
    params: Mapping[str, Any]
    predicate: Predicate | None
    description: str = ""
    position: int | None = None

    @property
    def table(self) -> str:
        return "events" if self.position is None else "history"

    def and_also(self, other: EventFilter) -> EventFilter:
        """The conjunction of two filters; their parameters have different names."""
        return all_of([self, other], self.position)


def all_of(filters: Iterable[EventFilter], position: int | None = None) -> EventFilter:
    """The conjunction of filters; their parameters have different names."""
    conditions = [each for each in filters if each.sql]
    predicates = [each.predicate for each in conditions]
    known = tuple(predicate for predicate in predicates if predicate is not None)
    return EventFilter(
        " AND ".join(f"({each.sql})" for each in conditions),
        {name: value for each in conditions for name, value in each.params.items()},
        And(known) if len(known) == len(conditions) else None,
        " and ".join(each.description for each in conditions if each.description),
        position,
    )


def commonest_first(counts: Iterable[tuple[str, int]]) -> Counts:
    """Values with their counts, the commonest first; those of equal counts by value."""
    return sorted(counts, key=lambda pair: (-pair[1], pair[0]))


class SqlSelection:
    """The selected events, read from the tables."""

    def __init__(self, db: sqlite3.Connection, selected: EventFilter) -> None:
        self.db = db
        self.filter = selected

    @property
    def relation(self) -> Relation:
        """The selected rows as a FROM clause with its parameters."""
        return f"FROM {self.filter.table}{self._where()}", self.filter.params

    def count(self) -> int:
        if self.filter.table == "events" and not self.filter.sql:
            sql = "SELECT coalesce(sum(count), 0) FROM facet_values WHERE facet = 'status'"
        else:
            sql = f"SELECT count(*) FROM {self.filter.table}{self._where()}"
        (count,) = self.db.execute(sql, self.filter.params).fetchone()
        return int(count)

    def counts(self, facet: str) -> Counts:
        """The values of a facet, with the number of selected events for each."""
        if self.filter.table == "history":
            sql = _HISTORY_COUNTS[facet in SINGLE_VALUED].format(facet=facet, where=self._where())
        elif self.filter.sql:
            sql = _EVENT_COUNTS.format(where=self._where())
        else:
            sql = "SELECT value, count FROM facet_values WHERE facet = :counted_facet"
        rows = self.db.execute(sql, {**self.filter.params, "counted_facet": facet})
        return [(value, count) for value, count in rows]

    def page(self, descending: bool, after: Cursor | None, size: int) -> list[int]:
        """The numbers of the first rows after a cursor, in order of time, then by id."""
        condition, params = after_cursor(descending, after)
        rows = self.db.execute(
            f"SELECT number FROM {self.filter.table}{self._where(condition)}"
            f" ORDER BY {in_time(descending)} LIMIT {size}",
            {**self.filter.params, **params},
        )
        return [number for (number,) in rows]

    def day_counts(self, column: str) -> Mapping[int | None, int]:
        """The number of selected rows for each day in `first_day` or `last_day`."""
        sql = f"SELECT {column}, count(*) FROM {self.filter.table}{self._where()} GROUP BY 1"
        return dict(self.db.execute(sql, self.filter.params).fetchall())

    def gaps(self) -> Gaps:
        """The possible days of the selected rows that have gaps between them."""
        return _gaps(self.db, self.filter.table, self.relation)

    def numbers(self) -> list[int]:
        """The numbers of all selected rows."""
        sql = f"SELECT number FROM {self.filter.table}{self._where()}"
        return [number for (number,) in self.db.execute(sql, self.filter.params)]

    def _where(self, condition: str = "") -> str:
        parts = [part for part in (self.filter.sql, condition) if part]
        return f" WHERE {' AND '.join(parts)}" if parts else ""


class IndexSelection:
    """The selected events, read from bitmaps.

    Most events have not changed since a position: they are found among the current events. The
    versions superseded since then have bitmaps of their own; at the head there are none.
    """

    def __init__(
        self, reader: IndexReader, selected: EventFilter, predicate: Predicate, limit: TimeLimit
    ) -> None:
        self.reader = reader
        self.filter = selected
        self.position = selected.position
        if self.position is not None:
            predicate = And((predicate, Not(ChangedAfter(self.position))))
        self.current = reader.evaluate(predicate)
        self.superseded = BitMap()
        if self.position is not None:
            self.superseded = self._find_superseded(self.position, limit)

    def _find_superseded(self, position: int, limit: TimeLimit) -> BitMap:
        predicate = self.filter.predicate
        versions = self.reader.superseded
        query = partial(_read_superseded, self.reader.db, self.filter, limit)

        def find() -> BitMap:
            if predicate is not None and versions.versions.can_evaluate(predicate):
                return versions.evaluate(predicate) & versions.versions.current_at(position)
            return self.reader.run(_key(self.filter), query)

        return self.reader.index.results.get_or_make(_key(self.filter), find)

    @property
    def relation(self) -> Relation:
        numbers = json.dumps(self.numbers())
        chosen = "SELECT value FROM json_each(:selected_numbers)"
        return f"FROM {self.filter.table} WHERE number IN ({chosen})", {"selected_numbers": numbers}

    def count(self) -> int:
        return len(self.current) + len(self.superseded)

    def counts(self, facet: str) -> Counts:
        counts = Counter(dict(self.reader.counts(facet, self.current)))
        if self.superseded:
            for value, rows in self.reader.superseded.versions.values.get(facet, {}).items():
                counts[value] += rows.intersection_cardinality(self.superseded)
        return [(value, count) for value, count in counts.items() if count]

    def page(self, descending: bool, after: Cursor | None, size: int) -> list[int]:
        current = self.reader.page(self.current, descending, after, size)
        if self.position is None:
            return current
        superseded = self.reader.superseded.page(self.superseded, descending, after, size)
        keys = [*self._keys(_CURRENT_KEYS, current), *self._keys(_SUPERSEDED_KEYS, superseded)]
        # Sorted twice, since ids ascend also where time descends.
        keys.sort(key=lambda key: key[1])
        keys.sort(key=lambda key: key[0], reverse=descending)
        return [number for _, _, number in keys[:size]]

    def day_counts(self, column: str) -> Mapping[int | None, int]:
        parts = [(self.reader.by_day(column), self.current)]
        if self.superseded:
            parts.append((self.reader.superseded.by_day(column), self.superseded))
        counts: dict[int | None, int] = {}
        for by_day, selected in parts:
            for day, rows in by_day.items():
                if number := rows.intersection_cardinality(selected):
                    counts[day] = counts.get(day, 0) + number
        return counts

    def gaps(self) -> Gaps:
        return _gaps(self.reader.db, self.filter.table, self.relation)

    def numbers(self) -> list[int]:
        if self.position is None:
            return list(self.current)
        keys = self._keys(_CURRENT_KEYS, list(self.current))
        return [number for _, _, number in keys] + list(self.superseded)

    def _keys(self, sql: str, numbers: list[int]) -> list[tuple[int, str, int]]:
        return self.reader.db.execute(sql, (json.dumps(numbers),)).fetchall()


Selection = SqlSelection | IndexSelection


def _key(selected: EventFilter) -> Any:
    return (selected.sql, *sorted(selected.params.items()))


def _read_superseded(db: sqlite3.Connection, selected: EventFilter, limit: TimeLimit) -> BitMap:
    """The numbers of the selected versions that have been superseded since."""
    sql = f"SELECT number FROM history WHERE until_position > :as_of AND {selected.sql}"
    with limit(db):
        return BitMap([number for (number,) in db.execute(sql, selected.params)])


@contextmanager
def select(
    db: sqlite3.Connection, selected: EventFilter, index: EventIndex | None, limit: TimeLimit
) -> Iterator[Selection]:
    """The selected events, from the index if it can evaluate the filter.

    `limit` bounds the time of slow queries.
    """
    predicate = selected.predicate
    everything = selected.position is None and predicate == EVERY
    if index is None or predicate is None or everything:
        with limit(db):
            yield SqlSelection(db, selected)
        return
    slow = slow_queries(db, limit, predicate)
    if selected.position is not None:
        if not index.superseded.position:
            index.load(db, SUPERSEDED)
        if not index.superseded.can_evaluate(predicate):
            slow = {**slow, _key(selected): partial(_read_superseded, db, selected, limit)}
    with index.at_head(db, limit, slow) as reader:
        yield IndexSelection(reader, selected, predicate, limit)


def _gaps(db: sqlite3.Connection, table: str, relation: Relation) -> Gaps:
    source, params = relation
    spans: dict[int, list[tuple[int | None, int | None]]] = {}
    sql = f"{_GAPS[table]} WHERE {table}.number IN (SELECT {table}.number {source})"
    for number, first, last in db.execute(sql, params):
        spans.setdefault(number, []).append((first, last))
    return spans


class Summary(NamedTuple):
    """A summary of selected events: their number, facet counts, first rows and a FROM clause.

    `counts` are the values of each facet with their numbers, the commonest first; `first` are row
    numbers of the table in order of time.
    """

    table: str
    total: int
    counts: dict[str, Counts]
    first: list[int]
    relation: Relation


def summarise(
    db: sqlite3.Connection,
    selected: EventFilter,
    index: EventIndex | None,
    limit: TimeLimit,
    facets: Iterable[str],
    size: int,
) -> Summary:
    """Counts the selected events and the values of some facets, and finds the first `size`."""
    with select(db, selected, index, limit) as selection:
        counts = {facet: commonest_first(selection.counts(facet)) for facet in facets}
        total, first = selection.count(), selection.page(False, None, size)
        return Summary(selected.table, total, counts, first, selection.relation)


def group_counts(
    db: sqlite3.Connection, relation: Relation, columns: tuple[str, ...]
) -> Counter[tuple[Any, ...]]:
    """The number of selected events for each combination of cells in some columns."""
    source, params = relation
    names = ", ".join(f'"{column}"' for column in columns)
    cursor = db.cursor()
    cursor.row_factory = None  # Plain tuples are three times as fast as Datasette's rows.
    rows = cursor.execute(f"SELECT {names}, count(*) {source} GROUP BY {names}", params)
    return Counter({tuple(cells): count for *cells, count in rows})


_GAPS = {
    "events": "SELECT event, event_spans.first_day, event_spans.last_day"
    " FROM event_spans JOIN events ON events.number = event",
    "history": "SELECT history.number, history_spans.first_day, history_spans.last_day"
    " FROM history_spans JOIN history USING (id, from_position)",
}
_CURRENT_KEYS = (
    "SELECT events.sort_key, events.id, history.number FROM json_each(?) AS selected"
    " JOIN events ON events.number = selected.value"
    " JOIN history ON history.id = events.id AND until_position IS NULL"
)
_SUPERSEDED_KEYS = (
    "SELECT sort_key, history.id, history.number FROM json_each(?) AS selected"
    " JOIN history ON history.number = selected.value"
)
_EVENT_COUNTS = (
    "SELECT facet_values.value, count(*) FROM facet_values JOIN event_links"
    " ON event_links.value = facet_values.number WHERE facet = :counted_facet"
    " AND event IN (SELECT number FROM events{where}) GROUP BY facet_values.number"
)
# Arrays are unpacked in an outer query, since json_each has columns of its own, `id` among them.
_HISTORY_COUNTS = (
    "SELECT value, count(*) FROM (SELECT DISTINCT version, value FROM (SELECT number AS version,"
    ' "{facet}" AS listed FROM history{where}), json_each(listed)) GROUP BY value',
    'SELECT "{facet}", count(*) FROM history{where} GROUP BY 1',
)
