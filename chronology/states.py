"""The states of events that have ended, as sets in memory, by the row number of `history`.

A state that has ended never changes again, so each is read once, as the log grows.
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

from chronology.index import BitMap, Index
from chronology.projections.events import PLAIN, array_columns
from chronology.terms import DAYS, Day, Has, Term, leaves

_READ = 1_000
_array = partial(array, "I")


class States:
    """All that have ended up to a position of the log; some 4 MB for 40,000 of them."""

    def __init__(self) -> None:
        self.position = 0
        # One of each for a state, in the order in which they ended.
        self.numbers, self.began, self.ended, self.events = _array(), _array(), _array(), _array()
        self.of_value: dict[str, dict[str, Any]] = {}
        self.of_day: dict[str, dict[str | None, Any]] = {column: {} for column in DAYS}

    def extend(self, db: sqlite3.Connection, position: int) -> None:
        """Reads those that ended since, with tables that reflect the log up to a position."""
        held = [name for _, name, *_ in db.execute("PRAGMA table_info(events)")]
        facets = (*PLAIN, *array_columns(held))
        names = ", ".join(f'history."{name}"' for name in (*DAYS, *facets))
        found = db.execute(
            f"SELECT history.number, from_position, until_position, log.position, {names}"
            " FROM history JOIN log ON log.stream = 'event/' || history.id AND log.version = 1"
            " WHERE until_position > ? ORDER BY until_position",
            (self.position,),
        )
        own = [_array() for _ in range(4)]
        texts: list[dict[Any, array[int]]] = [defaultdict(_array) for _ in (*DAYS, *facets)]
        while rows := found.fetchmany(_READ):
            columns = list(zip(*rows, strict=True))
            for kept, column in zip(own, columns, strict=False):
                kept.extend(column)
            for by_text, column in zip(texts, columns[4:], strict=True):
                for text, number in zip(column, columns[0], strict=True):
                    by_text[text].append(number)
        self._add(own, dict(zip((*DAYS, *facets), texts, strict=True)))
        self.position = position

    def _add(self, own: list[array[int]], found: dict[str, dict[Any, array[int]]]) -> None:
        for held, more in zip(
            (self.numbers, self.began, self.ended, self.events), own, strict=True
        ):
            held.extend(more)
        for column in DAYS:
            for day, numbers in found.pop(column).items():
                self.of_day[column].setdefault(day, BitMap()).update(numbers)
        for facet, texts in found.items():
            of_facet = self.of_value.setdefault(facet, {})
            for text, numbers in texts.items():
                for value in [text] if facet in PLAIN else msgspec.json.decode(text):
                    of_facet.setdefault(value, BitMap()).update(numbers)

    def changed(self, position: int) -> Any:
        """The numbers of the events that had a state which has ended since a position."""
        return BitMap(self.events[self._first(position) :])

    def at(self, position: int) -> Any:
        """The states that held at a position and have ended since."""
        first = self._first(position)
        held = (began <= position for began in self.began[first:])
        return BitMap(list(compress(self.numbers[first:], held)))

    def _first(self, position: int) -> int:
        return bisect_right(self.ended, position)

    def tell(self, term: Term) -> bool:
        """Whether the sets can tell what a term means."""
        return all(
            isinstance(leaf, Day) or (isinstance(leaf, Has) and leaf.facet in self.of_value)
            for leaf in leaves(term)
        )


class Ended(Index):
    """Which of the states, by their sets."""

    def __init__(self, states: States, db: sqlite3.Connection) -> None:
        self.states = states
        self.db = db

    def of_value(self, has: Has) -> Any:
        return self.states.of_value[has.facet].get(has.value, BitMap())

    def of_day(self, column: str) -> Mapping[str | None, Any]:
        return self.states.of_day[column]

    def by_id(self, day: str | None, there: Any, least: str, size: int) -> list[int]:
        rows = self.db.execute(
            "SELECT number FROM history WHERE number IN (SELECT value FROM json_each(?))"
            " AND id > ? ORDER BY id LIMIT ?",
            (json.dumps(list(there)), least, size),
        )
        return [number for (number,) in rows]
