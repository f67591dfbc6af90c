"""How many events are chosen, how many of them have each value, and which stand on a page.

Asked of the sets in memory where what is chosen can be told in their terms, else in SQL. Both
give the same; `tests/test_counting.py` holds them to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from chronology.sets import Cursor, Every, Limit, Sets, Term, View

Counts = list[tuple[str, int]]
PLAIN = ("kind", "status")
"""The columns with one value that are counted by links; the others have arrays."""


class Chosen(NamedTuple):
    """Rows of `events`, or of `history` as of a moment: a WHERE clause (empty for all rows) with
    its parameters, and the same as a term, None if only SQL can tell."""

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


@contextmanager
def asked(
    db: sqlite3.Connection, chosen: Chosen, sets: Sets | None, limit: Limit
) -> Iterator[InSql | InSets]:
    """What is chosen, to be asked in the quickest way; `limit` bounds the time of queries."""
    plain = chosen.table == "events" and chosen.term in (None, Every(()))
    if sets is None or plain or chosen.term is None or chosen.table != "events":
        with limit(db):
            yield InSql(db, chosen)
    else:
        with sets.at_head(db, limit) as view:
            yield InSets(view, chosen.term)


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
