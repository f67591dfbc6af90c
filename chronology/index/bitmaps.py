"""Evaluate predicates on compressed bitmaps (pyroaring) of event or version numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from functools import reduce

from pyroaring import BitMap

from chronology.index.predicates import (
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


def add_days(days: dict[str | None, BitMap], added: Mapping[str | None, Iterable[int]]) -> None:
    """Adds rows to those of each day, and keeps the days in order, an unknown day first."""
    for day, rows in added.items():
        days.setdefault(day, BitMap()).update(rows)
    ordered = sorted(days.items(), key=lambda item: item[0] or "")
    days.clear()
    days.update(ordered)


class BitmapIndex(ABC):
    """Numbered rows, each found by its facet values and its days."""

    @abstractmethod
    def by_value(self, value: FacetEquals) -> BitMap:
        """The rows that have a facet value."""

    @abstractmethod
    def by_day(self, column: str) -> Mapping[str | None, BitMap]:
        """The rows of each day in a column, in order of the days, an unknown day first."""

    @abstractmethod
    def first_by_id(self, day: str | None, rows: BitMap, after: str, size: int) -> list[int]:
        """The first `size` of some rows of one day whose ids follow `after`, ordered by id."""

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
        return BitMap.union(BitMap(), *self.by_day("sort_day").values())

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
        """The first `size` of some rows after a cursor, ordered by day, then by id.

        Rows without a day come first, and last in descending order, as NULL does in SQLite.
        """
        days = self.by_day("sort_day")
        order = list(days)
        if descending:
            order.reverse()
        if after is not None:
            start = after.day or ""
            order = [d for d in order if d == after.day or ((d or "") < start) == descending]
        numbers: list[int] = []
        for day in order:
            if rows_of_day := rows & days[day]:
                least = after.id if after and after.day == day else ""
                numbers += self.first_by_id(day, rows_of_day, least, size - len(numbers))
            if len(numbers) >= size:
                break
        return numbers
