"""Which events there are of each value, as sets in memory: exact at every head of the log.

`Sets` finds what a term means in bitmaps, which it loads when they are first asked for, and brings
up to each new head by what changed since. Events are meant by the `number` of `events`. What is
asked here can be asked in SQL as well, and is where pyroaring is not installed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from itertools import islice
from threading import RLock
from typing import Any

import msgspec

from chronology import schema
from chronology.index import BitMap, Index
from chronology.projections import tables
from chronology.projections.events import LINKED
from chronology.states import Ended, States
from chronology.terms import DAYS, Cursor, Has, Numbers, Since, Term, leaves

_KEPT_BYTES = 32 << 20
# With more of them changed, loading all anew is the faster way.
_CHANGED_SHARE = 0.1
_AMONG = "WHERE number IN (SELECT value FROM json_each(?))"
_NUMBER = "SELECT number FROM facet_values WHERE facet = ? AND value = ?"
# Below this share of a day's events they are looked up; above it the day is read through.
_LOOKED_UP_SHARE = 0.05
Limit = Callable[[sqlite3.Connection], AbstractContextManager[Any]]
Making = Mapping[Any, Callable[[], Any]]
STATES = "states"
"""What `Sets.load` is asked for, beside values and columns of days."""


class Sets:
    """The sets of one database. Some 7 MB for a million events of a dozen values each."""

    def __init__(self) -> None:
        self._lock = RLock()
        self.held: tables.Tracked | None = None
        self.values: dict[Has, int] = {}
        self.of_value: dict[int, Any] = {}
        self.of_day: dict[str, dict[str | None, Any]] = {}
        self.states = States()
        self.found: dict[Any, Any] = {}
        self.found_bytes = 0
        self._making: dict[Any, Future[Any]] = {}

    @contextmanager
    def at_head(
        self, db: sqlite3.Connection, limit: Limit | None = None, ahead: Making | None = None
    ) -> Iterator[View]:
        """What the tables hold now, in one consistent read and for one thread at a time.

        `limit` is entered around queries that may be a visitor's. What is slow to make and not
        kept yet can be made `ahead`, by key, while other threads go on: see `View.made`.
        """
        tracked, made = self._make(db, ahead or {})
        with self._lock, schema.snapshot(db):
            self._bring_up(db)
            limited = limit or (lambda _: nullcontext())
            yield View(self, db, limited, made if tracked == self.held else {})

    def _make(
        self, db: sqlite3.Connection, ahead: Making
    ) -> tuple[tables.Tracked | None, dict[Any, Any]]:
        """What was made, and the state that it was made at."""
        wanted = {key: make for key, make in ahead.items() if key not in self.found}
        if not wanted:
            return None, {}
        with schema.snapshot(db):
            tracked = tables.tracked(db)
            return tracked, {key: self._once((tracked, key), make) for key, make in wanted.items()}

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What is made for a key; where another thread is making it, what that one makes."""
        mine: Future[Any] = Future()
        first = self._making.setdefault(key, mine)
        if first is not mine:
            return first.result()
        try:
            mine.set_result(make())
        except BaseException as error:
            mine.set_exception(error)
        finally:
            del self._making[key]
        return mine.result()

    def _bring_up(self, db: sqlite3.Connection) -> None:
        tracked = tables.tracked(db)
        if tracked == self.held:
            return
        held, self.held = self.held, None
        self.forget()
        # Numbers are given anew once their value is gone.
        rows = db.execute("SELECT facet, value, number FROM facet_values")
        self.values = {Has(facet, value): number for facet, value, number in rows}
        if held is None or tracked is None or not self._update(db, held, tracked):
            self.of_value.clear()
            self.of_day.clear()
            self.states = States()
        self.held = tracked

    def load(self, db: sqlite3.Connection, what: Has | str) -> None:
        """Loads the set of a value, or those of a column of days, before anybody asks for it.

        `STATES` are those that have ended. Other threads go on meanwhile; where the head has
        moved, nothing is kept.
        """
        with self._lock, schema.snapshot(db):
            self._bring_up(db)
        with schema.snapshot(db):
            tracked = tables.tracked(db)
            if tracked is None:
                return
            keep = self._read(db, what, tracked.position)
        with self._lock:
            if tracked == self.held:
                keep()

    def _read(self, db: sqlite3.Connection, what: Has | str, position: int) -> Callable[[], object]:
        """Reads it, and gives what keeps it."""
        if what == STATES:
            states = States()
            states.extend(db, position)
            return partial(setattr, self, "states", states)
        if isinstance(what, str):
            return partial(self.of_day.setdefault, what, _read_days(db, what))
        number = db.execute(_NUMBER, (what.facet, what.value)).fetchone()
        if number is None:
            return lambda: None
        return partial(self.of_value.setdefault, number[0], _read_value(db, *number))

    def forget(self) -> None:
        """Drops what was made for this head."""
        self.found.clear()
        self.found_bytes = 0

    def _update(self, db: sqlite3.Connection, held: tables.Tracked, now: tables.Tracked) -> bool:
        """Applies what changed since; not if it is much, or if all tables were folded anew."""
        if held.version != now.version or not _continues(db, held):
            return False
        changed = db.execute(
            "SELECT event, numbers FROM event_values WHERE position > ?", (held.position,)
        ).fetchall()
        (total,) = db.execute("SELECT count(*) FROM event_values").fetchone()
        if len(changed) > _CHANGED_SHARE * total:
            return False
        events = BitMap([event for event, _ in changed])
        added: dict[int, list[int]] = {}
        for event, numbers in changed:
            for number in msgspec.json.decode(numbers):
                added.setdefault(number, []).append(event)
        for number, members in self.of_value.items():
            members -= events
            members.update(added.get(number, ()))
        for column, days in self.of_day.items():
            for members in days.values():
                members -= events
            changed_days = _read_days(db, column, _AMONG, json.dumps(list(events)))
            for day, members in changed_days.items():
                days.setdefault(day, BitMap()).update(members)
        return True


def _continues(db: sqlite3.Connection, held: tables.Tracked) -> bool:
    """Whether the log goes on from a state that was held: the file may have been replaced."""
    found = db.execute("SELECT digest FROM log WHERE position = ?", (held.position,)).fetchone()
    return bool(found and found[0] == held.digest)


def _read_value(db: sqlite3.Connection, number: int) -> Any:
    (events,) = db.execute(
        "SELECT json_group_array(event) FROM event_links WHERE value = ?", (number,)
    ).fetchone()
    return BitMap(msgspec.json.decode(events))


def _read_days(db: sqlite3.Connection, column: str, where: str = "", *given: str) -> dict[Any, Any]:
    """The events of each day in a column."""
    rows = db.execute(
        f"SELECT {column}, json_group_array(number) FROM events {where} GROUP BY 1", given
    )
    return {day: BitMap(msgspec.json.decode(events)) for day, events in rows}


class View(Index):
    """The sets of one head, to be asked while `Sets.at_head` lasts."""

    def __init__(
        self, sets: Sets, db: sqlite3.Connection, limit: Limit, made: Mapping[Any, Any]
    ) -> None:
        self._sets = sets
        self.db = db
        self._limit = limit
        self._made = made

    def members(self, term: Term) -> Any:
        """The numbers of the events that a term means; not to be changed."""
        return self.keep(term, lambda: super(View, self).members(term))

    def keep(self, key: Any, make: Callable[[], Any]) -> Any:
        """The bitmap made for a key, once for each head as long as there is room."""
        sets = self._sets
        if key not in sets.found:
            made = make()
            taken = _bytes(made)
            if sets.found_bytes + taken > _KEPT_BYTES:
                sets.forget()
            sets.found[key] = made
            sets.found_bytes += taken
            return made
        return sets.found[key]

    def made(self, key: Any, make: Callable[[], Any]) -> Any:
        """What was made ahead for a key, or else is made now."""
        return self._made[key] if key in self._made else make()

    def count(self, term: Term) -> int:
        """How many events a term means."""
        return len(self.members(term))

    def counts(self, facet: str, term: Term) -> list[tuple[str, int]]:
        """The values of a facet that the events of a term have, with how many do."""
        members = self.members(term)
        values = [has for has in self._sets.values if has.facet == facet]
        pairs = (
            (has.value, members.intersection_cardinality(self.of_value(has))) for has in values
        )
        return [(value, count) for value, count in pairs if count]

    def page(self, term: Term, descending: bool, after: Cursor | None, size: int) -> list[int]:
        """The events of a term that follow a cursor: see `Index.in_order`."""
        return self.in_order(self.members(term), descending, after, size)

    def ended(self) -> Ended:
        """The states that have ended."""
        assert self._sets.held is not None
        if self._sets.states.position < self._sets.held.position:
            self._sets.states.extend(self.db, self._sets.held.position)
        return Ended(self._sets.states, self.db)

    def by_id(self, day: str | None, there: Any, least: str, size: int) -> list[int]:
        if len(there) < _LOOKED_UP_SHARE * len(self.of_day("sort_day")[day]):
            rows = self.db.execute(
                f"SELECT number FROM events {_AMONG} AND id > ? ORDER BY id LIMIT ?",
                (json.dumps(list(there)), least, size),
            )
            return [event for (event,) in rows]
        rows = self.db.execute(
            "SELECT number FROM events WHERE sort_day IS ? AND id > ? ORDER BY id", (day, least)
        )
        return list(islice((event for (event,) in rows if event in there), size))

    def of_value(self, has: Has) -> Any:
        number = self._sets.values.get(has)
        if number is None:
            return BitMap()
        held = self._sets.of_value
        if number not in held:
            held[number] = _read_value(self.db, number)
        return held[number]

    def of_day(self, column: str) -> Mapping[str | None, Any]:
        held = self._sets.of_day
        if column not in held:
            held[column] = _read_days(self.db, column)
        return held[column]

    def beyond(self, term: Since | Numbers) -> Any:
        if isinstance(term, Numbers):
            asked = self.made(term, partial(_ask, self.db, self._limit, term))
            return asked & self.all()
        # The number of an event is the position of its first record.
        everything = self.all()
        changed = self.ended().states.changed(term.position) & everything
        everything.remove_range(0, term.position + 1)
        return changed | everything

    def lacking(self) -> list[Has | str]:
        """What was not loaded yet, of all that pages are filtered and counted by."""
        values, days = self._sets.of_value, self._sets.of_day
        wanted = [has for has, n in self._sets.values.items() if n not in values]
        kept = [has for has in wanted if has.facet not in LINKED]
        states = [] if self._sets.states.position else [STATES]
        return [*kept, *(column for column in DAYS if column not in days), *states]


def _ask(db: sqlite3.Connection, limit: Limit, term: Numbers) -> Any:
    with limit(db):
        (events,) = db.execute(
            f"SELECT json_group_array(event) FROM (SELECT event FROM ({term.sql}))",
            dict(term.params),
        ).fetchone()
    return BitMap(msgspec.json.decode(events))


def asking(db: sqlite3.Connection, limit: Limit, term: Term) -> Making:
    """The queries in a term, to be asked ahead."""
    wanted = (leaf for leaf in leaves(term) if isinstance(leaf, Numbers))
    return {one: partial(_ask, db, limit, one) for one in wanted}


def _bytes(members: Any) -> int:
    """About how much memory a bitmap takes."""
    told = members.get_statistics()
    return sum(told[f"n_bytes_{kind}_containers"] for kind in ("array", "run", "bitset"))
