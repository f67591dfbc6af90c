"""How many events are chosen, how many of them have each value, and which stand on a page.

Asked of the sets in memory where what is chosen can be told in their terms, else in SQL. Both
give the same; `tests/test_counting.py` holds them to it.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from chronology.projections.events import ARRAYS
from chronology.sets import Cursor, Every, Limit, Not, Numbers, Sets, Term, View, asking, by_day

Counts = list[tuple[str, int]]
PLAIN = ("kind", "status")
"""The columns with one value that are counted by links; the others have arrays."""


def array_columns(columns: Sequence[str]) -> list[str]:
    """The columns of `events` that hold arrays of values; among all of them."""
    start, end = columns.index("months"), columns.index("formations")
    return [*ARRAYS, *columns[start + 1 : end]]


class Chosen(NamedTuple):
    """Rows of `events`, or of `history` as of the moment `params["as_of"]`.

    A WHERE clause (empty for all rows) with its parameters, and the same as a term over events,
    None if only SQL can tell.
    """

    table: str
    where: str
    params: dict[str, Any]
    term: Term | None


class InSql:
    """What is chosen, asked of the tables."""

    def __init__(self, db: sqlite3.Connection, chosen: Chosen) -> None:
        self.db = db
        self.chosen = chosen

    def count(self) -> int:
        """How many are chosen."""
        table, where, params, _ = self.chosen
        if table == "events" and not where:
            sql = "SELECT coalesce(sum(count), 0) FROM facet_values WHERE facet = 'status'"
        else:
            sql = f"SELECT count(*) FROM {table}{self._where()}"
        (found,) = self.db.execute(sql, params).fetchone()
        return int(found)

    def counts(self, facet: str) -> Counts:
        """The values of a facet among what is chosen, with how many have them."""
        if self.chosen.table == "history":
            sql = _OF_STATES[facet in PLAIN].format(facet=facet, where=self._where())
        elif self.chosen.where:
            sql = _OF_CHOSEN.format(where=self._where())
        else:
            sql = "SELECT value, count FROM facet_values WHERE facet = :facet_of_links"
        return self.db.execute(sql, {**self.chosen.params, "facet_of_links": facet}).fetchall()

    def page(self, descending: bool, after: Cursor | None, size: int) -> list[int]:
        """The row numbers of what follows a cursor, in the order of days, then of ids."""
        direction = " DESC" if descending else ""
        found: list[int] = []
        for condition, params in _following(descending, after):
            rows = self.db.execute(
                f"SELECT rowid FROM {self.chosen.table}{self._where(condition)}"
                f" ORDER BY sort_day{direction}, id LIMIT {size - len(found)}",
                {**self.chosen.params, **params},
            )
            found += [number for (number,) in rows]
        return found

    def _where(self, condition: str = "") -> str:
        parts = [part for part in (self.chosen.where, condition) if part]
        return f" WHERE {' AND '.join(parts)}" if parts else ""


class InSets:
    """What is chosen of `events`, asked of the sets."""

    def __init__(self, view: View, term: Term) -> None:
        self.view = view
        self.term = term

    def count(self) -> int:
        return self.view.count(self.term)

    def counts(self, facet: str) -> Counts:
        return self.view.counts(facet, self.term)

    def page(self, descending: bool, after: Cursor | None, size: int) -> list[int]:
        return self.view.page(self.term, descending, after, size)


class Ended(NamedTuple):
    """States that have ended: their row numbers by day and id, and how many have which value."""

    ascending: array[int]
    descending: array[int]
    """Days descend; ids ascend here as well."""
    values: dict[str, Counter[str]]


class InStates:
    """What is chosen of `history` as of a moment.

    Most events have not changed since: these are asked of the sets. Of the states that have ended
    since, the table is asked once for each head.
    """

    def __init__(self, view: View, lasting: Term, key: Any, read: Callable[[], Ended]) -> None:
        self.view = view
        self.lasting = InSets(view, lasting)
        self.key = key
        self.read = read

    def count(self) -> int:
        return self.lasting.count() + len(self._ended().ascending)

    def counts(self, facet: str) -> Counts:
        found = Counter(dict(self.lasting.counts(facet)))
        found.update(self._ended().values[facet])
        return list(found.items())

    def page(self, descending: bool, after: Cursor | None, size: int) -> list[int]:
        ended = self._ended().descending if descending else self._ended().ascending
        start = self._first(ended, descending, after) if after else 0
        lasting = self.lasting.page(descending, after, size)
        keys = self._keys(_LASTING, lasting) + self._keys(_STATES, ended[start : start + size])
        # Twice, since ids ascend also where days descend.
        keys.sort(key=lambda key: key[1])
        keys.sort(key=lambda key: by_day(key[0]), reverse=descending)
        return [number for _, _, number in keys[:size]]

    def _ended(self) -> Ended:
        found: Ended = self.view.keep(self.key, lambda: self.view.made(self.key, self.read))
        return found

    def _first(self, ended: array[int], descending: bool, after: Cursor) -> int:
        """The index of the first of the states that follows a cursor."""

        def follows(number: int) -> bool:
            ((day, name, _),) = self._keys(_STATES, [number])
            return after.precedes(day, name, descending)

        return bisect_left(ended, True, key=follows)

    def _keys(self, sql: str, numbers: Sequence[int]) -> list[tuple[str | None, str, int]]:
        return self.view.db.execute(sql, (json.dumps(list(numbers)),)).fetchall()


def _read(db: sqlite3.Connection, chosen: Chosen, limit: Limit) -> Ended:
    """The states of what is chosen that have ended since its moment."""
    held = [name for _, name, *_ in db.execute("PRAGMA table_info(events)")]
    facets = (*PLAIN, *array_columns(held))
    names = ", ".join(f'"{facet}"' for facet in facets)
    days: dict[str | None, array[int]] = {}
    texts: list[Counter[str]] = [Counter() for _ in facets]
    with limit(db):
        found = db.execute(
            f"SELECT rowid, sort_day, {names} FROM history"
            f" WHERE until_position > :as_of AND {chosen.where} ORDER BY sort_day, id",
            chosen.params,
        )
        while rows := found.fetchmany(_READ):
            numbers, at, *columns = zip(*rows, strict=True)
            for number, day in zip(numbers, at, strict=True):
                days.setdefault(day, array("q")).append(number)
            # By column: a Counter counts what it is given at once much faster.
            for counter, column in zip(texts, columns, strict=True):
                counter.update(column)
    return Ended(
        array("q", chain(*days.values())),
        array("q", chain(*reversed(days.values()))),
        {
            facet: counter if facet in PLAIN else _by_value(counter)
            for facet, counter in zip(facets, texts, strict=True)
        },
    )


def _by_value(texts: Counter[str]) -> Counter[str]:
    """The same for the values in arrays; one that stands twice in an array counts once."""
    found: Counter[str] = Counter()
    for text, count in texts.items():
        for value in set(msgspec.json.decode(text)):
            found[value] += count
    return found


@contextmanager
def asked(
    db: sqlite3.Connection, chosen: Chosen, sets: Sets | None, limit: Limit
) -> Iterator[InSql | InSets | InStates]:
    """What is chosen, to be asked in the quickest way; `limit` bounds the time of queries."""
    plain = chosen.table == "events" and chosen.term in (None, Every(()))
    if sets is None or plain or chosen.term is None:
        with limit(db):
            yield InSql(db, chosen)
        return
    if chosen.table == "events":
        with sets.at_head(db, limit, asking(db, limit, chosen.term)) as view:
            yield InSets(view, chosen.term)
        return
    changed = Numbers(_CHANGED, (("as_of", chosen.params["as_of"]),))
    lasting = Every((chosen.term, Not(changed)))
    key = (chosen.where, *sorted(chosen.params.items()))
    read = partial(_read, db, chosen, limit)
    with sets.at_head(db, limit, {**asking(db, limit, lasting), key: read}) as view:
        yield InStates(view, lasting, key, read)


_CHANGED = (
    "SELECT event FROM event_values JOIN events ON events.rowid = event"
    " WHERE event_values.position > :as_of AND events.position > :as_of"
)
_READ = 1_000
_LASTING = (
    "SELECT events.sort_day, events.id, history.rowid FROM json_each(?) AS wanted"
    " JOIN events ON events.rowid = wanted.value"
    " JOIN history ON history.id = events.id AND until_position IS NULL"
)
_STATES = (
    "SELECT sort_day, history.id, history.rowid FROM json_each(?) AS wanted"
    " JOIN history ON history.rowid = wanted.value"
)
_OF_CHOSEN = (
    "SELECT facet_values.value, count(*) FROM facet_values JOIN event_links"
    " ON event_links.value = number WHERE facet = :facet_of_links"
    " AND event IN (SELECT rowid FROM events{where}) GROUP BY number"
)
# The inner query of arrays first: json_each has columns of its own, `id` among them.
_OF_STATES = (
    "SELECT value, count(*) FROM (SELECT DISTINCT state, value FROM (SELECT rowid AS state,"
    ' "{facet}" AS listed FROM history{where}), json_each(listed)) GROUP BY value',
    'SELECT "{facet}", count(*) FROM history{where} GROUP BY 1',
)


def _following(descending: bool, after: Cursor | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Conditions that together hold what follows a cursor, each answered by the index alone.

    One condition with `or` would be answered by reading all before the cursor as well.
    """
    if after is None:
        yield "", {}
        return
    known = {"after_day": after.day, "after_id": after.id}
    yield "sort_day IS :after_day AND id > :after_id", known
    if after.day is None:
        if not descending:
            yield "sort_day IS NOT NULL", {}
    elif descending:
        yield "sort_day < :after_day", known
        yield "sort_day IS NULL", {}
    else:
        yield "sort_day > :after_day", known
