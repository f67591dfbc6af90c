"""How many events are chosen, how many of them have each value, and which stand on a page.

Asked of the sets in memory where what is chosen can be told in their terms, else in SQL. Both
give the same; `tests/test_counting.py` holds them to it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from chronology.index import BitMap
from chronology.projections.events import PLAIN
from chronology.sets import STATES, Limit, Sets, View, asking
from chronology.terms import Cursor, Every, Not, Since, Term, by_day

Counts = list[tuple[str, int]]


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
                f"SELECT number FROM {self.chosen.table}{self._where(condition)}"
                f" ORDER BY sort_day{direction}, id LIMIT {size - len(found)}",
                {**self.chosen.params, **params},
            )
            found += [number for (number,) in rows]
        return found

    def numbers(self) -> list[int]:
        """The row numbers of all."""
        sql = f"SELECT number FROM {self.chosen.table}{self._where()}"
        return [number for (number,) in self.db.execute(sql, self.chosen.params)]

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

    def numbers(self) -> list[int]:
        return list(self.view.members(self.term))


class InStates:
    """What is chosen of `history` as of a moment.

    Most events have not changed since: these are asked of the sets of events, and the states that
    have ended since of theirs. What the latter cannot tell is read from the table.
    """

    def __init__(self, view: View, chosen: Chosen, term: Term, read: Callable[[], Any]) -> None:
        self.view = view
        self.lasting = InSets(view, _lasting(chosen, term))
        self.ended = view.ended()
        self.members = view.keep(_key(chosen), lambda: self._find(chosen, term, read))

    def _find(self, chosen: Chosen, term: Term, read: Callable[[], Any]) -> Any:
        states = self.ended.states
        if states.tell(term):
            return self.ended.members(term) & states.at(chosen.params["as_of"])
        return self.view.made(_key(chosen), read)

    def count(self) -> int:
        return self.lasting.count() + len(self.members)

    def counts(self, facet: str) -> Counts:
        found = Counter(dict(self.lasting.counts(facet)))
        for value, states in self.ended.states.of_value.get(facet, {}).items():
            found[value] += states.intersection_cardinality(self.members)
        return [(value, count) for value, count in found.items() if count]

    def page(self, descending: bool, after: Cursor | None, size: int) -> list[int]:
        lasting = self.lasting.page(descending, after, size)
        ended = self.ended.in_order(self.members, descending, after, size)
        keys = [*self._keys(_LASTING, lasting), *self._keys(_STATES, ended)]
        # Twice, since ids ascend also where days descend.
        keys.sort(key=lambda key: key[1])
        keys.sort(key=lambda key: by_day(key[0]), reverse=descending)
        return [number for _, _, number in keys[:size]]

    def _keys(self, sql: str, numbers: list[int]) -> list[tuple[str | None, str, int]]:
        return self.view.db.execute(sql, (json.dumps(numbers),)).fetchall()


def _lasting(chosen: Chosen, term: Term) -> Term:
    return Every((term, Not(Since(chosen.params["as_of"]))))


def _key(chosen: Chosen) -> Any:
    return (chosen.where, *sorted(chosen.params.items()))


def _read(db: sqlite3.Connection, chosen: Chosen, limit: Limit) -> Any:
    """The numbers of the states of what is chosen that have ended since its moment."""
    sql = f"SELECT number FROM history WHERE until_position > :as_of AND {chosen.where}"
    with limit(db):
        return BitMap([number for (number,) in db.execute(sql, chosen.params)])


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
    if not sets.states.position:
        sets.load(db, STATES)
    read = partial(_read, db, chosen, limit)
    ahead = asking(db, limit, chosen.term)
    if not sets.states.tell(chosen.term):
        ahead = {**ahead, _key(chosen): read}
    with sets.at_head(db, limit, ahead) as view:
        yield InStates(view, chosen, chosen.term, read)


_LASTING = (
    "SELECT events.sort_day, events.id, history.number FROM json_each(?) AS wanted"
    " JOIN events ON events.number = wanted.value"
    " JOIN history ON history.id = events.id AND until_position IS NULL"
)
_STATES = (
    "SELECT sort_day, history.id, history.number FROM json_each(?) AS wanted"
    " JOIN history ON history.number = wanted.value"
)
_OF_CHOSEN = (
    "SELECT facet_values.value, count(*) FROM facet_values JOIN event_links"
    " ON event_links.value = facet_values.number WHERE facet = :facet_of_links"
    " AND event IN (SELECT number FROM events{where}) GROUP BY facet_values.number"
)
# The inner query of arrays first: json_each has columns of its own, `id` among them.
_OF_STATES = (
    "SELECT value, count(*) FROM (SELECT DISTINCT state, value FROM (SELECT number AS state,"
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
