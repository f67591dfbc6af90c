"""The bitmap index of superseded versions of events, by the `number` of `history`.

A superseded version never changes again, so each is read only once as the log grows.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from itertools import compress
from typing import Any

import msgspec
from pyroaring import BitMap

from chronology.index.bitmaps import BitmapIndex, add_days, after_cursor, in_time
from chronology.index.predicates import (
    DAY_COLUMNS,
    Cursor,
    DayComparison,
    FacetEquals,
    Predicate,
    leaves,
)
from chronology.projections.event_rows import SINGLE_VALUED, array_columns

_ROWS = 1_000
_numbers = partial(array, "I")


class SupersededVersions:
    """All versions superseded up to a position of the log; about 4 MB for 40,000 of them."""

    def __init__(self) -> None:
        self.position = 0
        # One entry for each version, in the order in which they were superseded.
        self._numbers, self._since, self._until = _numbers(), _numbers(), _numbers()
        self._events = _numbers()
        self.values: dict[str, dict[str, BitMap]] = {}
        self.days: dict[str, dict[int | None, BitMap]] = {column: {} for column in DAY_COLUMNS}

    def extend(self, db: sqlite3.Connection, position: int) -> None:
        """Reads the versions superseded since the last call, in tables that are at `position`."""
        columns = tuple(name for _, name, *_ in db.execute("PRAGMA table_info(events)"))
        facets = (*SINGLE_VALUED, *array_columns(columns))
        names = ", ".join([*DAY_COLUMNS, *(f'history."{name}"' for name in facets)])
        cursor = db.execute(
            f"SELECT history.number, from_position, until_position, log.position, {names}"
            " FROM history JOIN log ON log.stream = 'event/' || history.id AND log.version = 1"
            " WHERE until_position > ? ORDER BY until_position",
            (self.position,),
        )
        added = (self._numbers, self._since, self._until, self._events)
        cells: list[dict[Any, array[int]]] = [
            defaultdict(_numbers) for _ in (*DAY_COLUMNS, *facets)
        ]
        while rows := cursor.fetchmany(_ROWS):
            read = list(zip(*rows, strict=True))
            for target, column in zip(added, read, strict=False):
                target.extend(column)
            for by_cell, column in zip(cells, read[4:], strict=True):
                for cell, number in zip(column, read[0], strict=True):
                    by_cell[cell].append(number)
        self._add(dict(zip((*DAY_COLUMNS, *facets), cells, strict=True)))
        self.position = position

    def _add(self, cells: dict[str, dict[Any, array[int]]]) -> None:
        for column in DAY_COLUMNS:
            add_days(self.days[column], cells.pop(column))
        for facet, by_cell in cells.items():
            values = self.values.setdefault(facet, {})
            for cell, numbers in by_cell.items():
                for value in [cell] if facet in SINGLE_VALUED else msgspec.json.decode(cell):
                    values.setdefault(value, BitMap()).update(numbers)

    def changed_after(self, position: int) -> BitMap:
        """The numbers of the events of which a version was superseded after a position."""
        return BitMap(self._events[bisect_right(self._until, position) :])

    def current_at(self, position: int) -> BitMap:
        """The versions that were current at a position and have been superseded since."""
        first = bisect_right(self._until, position)
        begun = (since <= position for since in self._since[first:])
        return BitMap(list(compress(self._numbers[first:], begun)))

    def can_evaluate(self, predicate: Predicate) -> bool:
        """Whether the bitmaps suffice to evaluate a predicate."""
        return all(
            isinstance(leaf, DayComparison)
            or (isinstance(leaf, FacetEquals) and leaf.facet in self.values)
            for leaf in leaves(predicate)
        )


class SupersededReader(BitmapIndex):
    """The index of superseded versions, with a connection to look up ids."""

    def __init__(self, versions: SupersededVersions, db: sqlite3.Connection) -> None:
        self.versions = versions
        self.db = db

    def by_value(self, value: FacetEquals) -> BitMap:
        return self.versions.values[value.facet].get(value.value, BitMap())

    def by_day(self, column: str) -> Mapping[int | None, BitMap]:
        return self.versions.days[column]

    def first_of_day(
        self, day: int, rows: BitMap, descending: bool, after: Cursor | None, size: int
    ) -> list[int]:
        condition, params = after_cursor(descending, after)
        rows_after = self.db.execute(
            "SELECT number FROM history WHERE number IN (SELECT value FROM json_each(:rows))"
            f" AND {condition} ORDER BY {in_time(descending)} LIMIT :size",
            {"rows": json.dumps(list(rows)), "size": size, **params},
        )
        return [number for (number,) in rows_after]
