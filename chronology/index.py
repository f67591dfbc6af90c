"""Sets of numbers by value and by day, as compressed bitmaps (pyroaring), and what terms mean of
them.

`AVAILABLE` says whether pyroaring is installed: without it, everything is asked in SQL.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import reduce
from typing import Any

from chronology.terms import Cursor, Day, Every, Has, Not, Numbers, Since, Some, Term, by_day

BitMap: Any
try:
    import pyroaring
except ImportError:
    AVAILABLE, BitMap = False, None
else:
    AVAILABLE = True
    BitMap = pyroaring.BitMap


class Index(ABC):
    """Things that are found by number: which a term means, and in which order they come."""

    @abstractmethod
    def of_value(self, has: Has) -> Any:
        """Those that have a value."""

    @abstractmethod
    def of_day(self, column: str) -> Mapping[str | None, Any]:
        """Those of each day in a column."""

    @abstractmethod
    def by_id(self, day: str | None, there: Any, least: str, size: int) -> list[int]:
        """The first of some that are of one day and have a later id than `least`, by id."""

    def members(self, term: Term) -> Any:
        """The numbers of what a term means; not to be changed."""
        match term:
            case Has():
                return self.of_value(term)
            case Day():
                return self._on_days(term)
            case Since() | Numbers():
                return self.beyond(term)
            case Not(negated):
                return self.all() - self.members(negated)
            case Every(()):
                return self.all()
            case Every(terms):
                return reduce(lambda left, right: left & right, map(self.members, terms))
            case Some(terms):
                return BitMap.union(*map(self.members, terms)) if terms else BitMap()

    def beyond(self, term: Since | Numbers) -> Any:
        """Those of a term that values and days do not tell."""
        raise NotImplementedError(f"{type(self).__name__} cannot tell {term}")

    def all(self) -> Any:
        """Every number."""
        return BitMap.union(BitMap(), *self.of_day("sort_day").values())

    def _on_days(self, term: Day) -> Any:
        days = self.of_day(term.column)
        if term.day is None:
            return days.get(None, BitMap())
        known = sorted(day for day in days if day is not None)
        left, right = bisect_left(known, term.day), bisect_right(known, term.day)
        chosen = {
            "=": known[left:right],
            "<": known[:left],
            "<=": known[:right],
            ">": known[right:],
            ">=": known[left:],
        }[term.compares]
        return BitMap.union(BitMap(), *(days[day] for day in chosen))

    def in_order(
        self, members: Any, descending: bool, after: Cursor | None, size: int
    ) -> list[int]:
        """The first of some that follow a cursor, in the order of their days, then of ids.

        Those without a day come first, and last when days descend, as NULL does in SQLite.
        """
        days = self.of_day("sort_day")
        order = sorted(days, key=by_day, reverse=descending)
        if after is not None:
            start = by_day(after.day)
            order = [d for d in order if d == after.day or (by_day(d) < start) == descending]
        found: list[int] = []
        for day in order:
            there = members & days[day]
            if there:
                least = after.id if after and after.day == day else ""
                found += self.by_id(day, there, least, size - len(found))
            if len(found) >= size:
                break
        return found
