"""Relations between events: no circles, and none to a retracted event.

An event is a part of another, or comes after another as its cause or successor. Each of the two
orders must have no circle. The relations before the batch are read from the published table.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from chronology.ingest.chains import find_circles
from chronology.model.records import Event
from chronology.model.validation import FieldPath
from chronology.projections import tables

_ORDERS = {"part-of": ("part-of",), "caused-by or follows": ("caused-by", "follows")}


class Relations:
    """The relations of the events that a batch records or changes."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.count = 0
        self._is_stored = tables.exist(db)
        self._changed: dict[str, tuple[tuple[str, str], ...]] = {}
        self._lines: dict[str, int] = {}
        self._retracted: dict[str, int] = {}

    def note(self, name: str, event: Event, line: int, is_new: bool) -> None:
        """Notes the relations of an event after a record of the batch."""
        if event.related or name in self._changed or (not is_new and self._stored([name])):
            own = tuple((r.relation, r.event) for r in event.related if r.address is None)
            self.count += len(own)
            self._changed[name] = own
            self._lines[name] = line

    def note_retraction(self, name: str, line: int) -> None:
        self._retracted[name] = line
        self._changed[name] = ()

    def find_faults(self) -> Iterator[tuple[int, str, str]]:
        """The line, the description and the remedy of each fault."""
        yield from self._retracted_faults()
        for label, relations in _ORDERS.items():
            for circle in find_circles(self._changed, partial(self._others, relations)):
                yield (
                    self._lines.get(circle[0], 1),
                    f"event/{circle[0]}: {label} form a circle: {' → '.join([*circle, circle[0]])}",
                    "correct one of the relations",
                )

    def _retracted_faults(self) -> Iterator[tuple[int, str, str]]:
        if not self._retracted:
            return
        users: list[tuple[str, str]] = [
            (name, other)
            for name, related in self._changed.items()
            for _, other in related
            if other in self._retracted
        ]
        if self._is_stored:
            rows = self.db.execute(
                "SELECT event, other FROM relations WHERE address IS NULL"
                " AND other IN (SELECT value FROM json_each(?))",
                (json.dumps(list(self._retracted)),),
            )
            users += [(name, other) for name, other in rows if name not in self._changed]
        for name, other in sorted(set(users)):
            yield (
                self._retracted[other],
                f"event/{other} is retracted, but event/{name} is still related to it",
                f"correct event/{name} in the same batch",
            )

    def _others(self, relations: tuple[str, ...], name: str) -> list[str]:
        """The events to which one is related, in the batch or before it."""
        related: Iterable[tuple[str, str]] = self._changed.get(name, ())
        if name not in self._changed:
            related = self._stored([name]).get(name, ())
        return [other for relation, other in related if relation in relations]

    def _stored(self, names: list[str]) -> Mapping[str, list[tuple[str, str]]]:
        """The relations of events in the published table, by event."""
        if not self._is_stored:
            return {}
        rows = self.db.execute(
            "SELECT event, relation, other FROM relations WHERE address IS NULL"
            " AND event IN (SELECT value FROM json_each(?))",
            (json.dumps(names),),
        )
        stored: dict[str, list[tuple[str, str]]] = {}
        for name, relation, other in rows:
            stored.setdefault(name, []).append((relation, other))
        return stored


def repeated_faults(event: Event) -> Iterator[tuple[FieldPath, str, str]]:
    """A relation that an event has twice: its path, a description and a remedy."""
    seen: set[tuple[str, str]] = set()
    for index, related in enumerate(event.related):
        if (related.event, related.relation) in seen:
            description = f"related: {related.event!r} occurs twice as {related.relation}"
            yield ("related", index), description, "keep one of them"
        seen.add((related.event, related.relation))
