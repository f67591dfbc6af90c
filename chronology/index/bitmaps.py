"""Evaluate predicates on compressed bitmaps (pyroaring) of event or version numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from functools import reduce

from pyroaring import BitMap

from chronology.index.predicates import (
    SORT_DAY,
    And,
    ChangedAfter,
    Cursor,
    DayComparison,
    FacetEquals,
    Not,
    NumberQuery,
    Or,
    Predicate,
)


def add_days(days: dict[int | None, BitMap], added: Mapping[int | None, Iterable[int]]) -> None:
    """Adds rows to those of each day, and keeps the days in order, an unknown day first."""
    for day, rows in added.items():
        days.setdefault(day, BitMap()).update(rows)
    ordered = sorted(days.items(), key=lambda item: (item[0] is not None, item[0] or 0))
    days.clear()
    days.update(ordered)


class BitmapIndex(ABC):
    """Numbered rows, each found by its facet values and its days."""

    @abstractmethod
    def by_value(self, value: FacetEquals) -> BitMap:
        """The rows that have a facet value."""

    @abstractmethod
    def by_day(self, column: str) -> Mapping[int | None, BitMap]:
        """The rows of each day in a column, in order of the days, an unknown day first."""

    @abstractmethod
    def first_of_day(
        self, day: int, rows: BitMap, descending: bool, after: Cursor | None, size: int
    ) -> list[int]:
        """The first `size` of some rows of one `SORT_DAY` after a cursor, in order of time."""

    def query(self, predicate: ChangedAfter | NumberQuery) -> BitMap:
        """The rows of a predicate that facet values and days cannot answer."""
        raise NotImplementedError(f"{type(self).__name__} cannot evaluate {predicate}")

    def evaluate(self, predicate: Predicate) -> BitMap:
        """The rows for which a predicate holds; callers must not change the result."""
        match predicate:
            case FacetEquals():
                return self.by_value(predicate)
            case DayComparison():
                return self._compare_days(predicate)
            case ChangedAfter() | NumberQuery():
                return self.query(predicate)
            case Not(negated):
                return self.all() - self.evaluate(negated)
            case And(()):
                return self.all()
            case And(predicates):
                return reduce(lambda left, right: left & right, map(self.evaluate, predicates))
            case Or(predicates):
                return BitMap.union(BitMap(), *map(self.evaluate, predicates))

    def all(self) -> BitMap:
        """Every row."""
        return BitMap.union(BitMap(), *self.by_day(SORT_DAY).values())

    def _compare_days(self, comparison: DayComparison) -> BitMap:
        days = self.by_day(comparison.column)
        if comparison.day is None:
            return days.get(None, BitMap())
        known = [day for day in days if day is not None]
        left, right = bisect_left(known, comparison.day), bisect_right(known, comparison.day)
        selected = {
            "=": known[left:right],
            "<": known[:left],
            "<=": known[:right],
            ">": known[right:],
            ">=": known[left:],
        }[comparison.operator]
        return BitMap.union(BitMap(), *(days[day] for day in selected))

    def page(self, rows: BitMap, descending: bool, after: Cursor | None, size: int) -> list[int]:
        """The first `size` of some rows after a cursor, in order of time, then by id."""
        days = self.by_day(SORT_DAY)
        order = [day for day in days if day is not None]
        if descending:
            order.reverse()
        if after is not None:
            start = after.day
            order = [day for day in order if day == start or (day < start) == descending]
        numbers: list[int] = []
        for day in order:
            if rows_of_day := rows & days[day]:
                numbers += self.first_of_day(
                    day, rows_of_day, descending, after, size - len(numbers)
                )
            if len(numbers) >= size:
                break
        return numbers


def after_cursor(descending: bool, after: Cursor | None) -> tuple[str, dict[str, int | str]]:
    """The condition for rows after a cursor, which an index of `sort_key` answers."""
    if after is None:
        return "TRUE", {}
    operator = "<" if descending else ">"
    condition = f"sort_key {operator}= :after_key AND (sort_key != :after_key OR id > :after_id)"
    return condition, {"after_key": after.key, "after_id": after.id}


def in_time(descending: bool) -> str:
    """The ORDER BY of a page; ids ascend also where time descends, as in Datasette."""
    return f"sort_key{' DESC' if descending else ''}, id"
