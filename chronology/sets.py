"""Which events there are of each value, as sets in memory: exact at every head of the log.

A `Term` says which events are meant. `Sets` finds them in compressed bitmaps (pyroaring), which
it loads when they are first asked for, and brings up to each new head by what changed since.
Events are meant by number: the rowid of `events`. What is asked here can be asked in SQL as well,
and is where pyroaring is not installed (`AVAILABLE`).
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial, reduce
from itertools import islice
from threading import RLock
from typing import Any, NamedTuple

import msgspec

from chronology import schema
from chronology.projections import tables
from chronology.projections.events import LINKED

try:
    import pyroaring
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True
    BitMap: Any = pyroaring.BitMap
DAYS = ("earliest", "latest", "sort_day")
_KEPT_BYTES = 32 << 20
# With more of them changed, loading all anew is the faster way.
_CHANGED_SHARE = 0.1
_AMONG = "WHERE rowid IN (SELECT value FROM json_each(?))"
_NUMBER = "SELECT number FROM facet_values WHERE facet = ? AND value = ?"
# Below this share of a day's events they are looked up; above it the day is read through.
_LOOKED_UP_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Has:
    """The events that have a value in a facet of the links."""

    facet: str
    value: str


@dataclass(frozen=True, slots=True)
class Day:
    """The events whose day in a column compares so (`=`, `<`, `<=`, `>`, `>=`) with a day.

    With no day, those whose day is not known.
    """

    column: str
    compares: str
    day: str | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """The events whose numbers a query gives; its parameters as pairs."""

    sql: str
    params: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The events that a term does not mean."""

    term: Term


@dataclass(frozen=True, slots=True)
class Every:
    """The events that all of the terms mean; without terms, every event."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """The events that any of the terms means."""

    terms: tuple[Term, ...]


Term = Has | Day | Numbers | Not | Every | Some
Limit = Callable[[sqlite3.Connection], AbstractContextManager[Any]]
Making = Mapping[Any, Callable[[], Any]]


class Cursor(NamedTuple):
    """The day (None: not known) and the id that a page begins after."""

    day: str | None
    id: str

    def precedes(self, day: str | None, name: str, descending: bool) -> bool:
        """Whether an event of a day and with an id comes after it."""
        if day == self.day:
            return name > self.id
        return (by_day(day) < by_day(self.day)) == descending


def by_day(day: str | None) -> tuple[bool, str]:
    """A day as it is sorted: one that is not known is the least, as NULL is in SQLite."""
    return day is not None, day or ""


class Sets:
    """The sets of one database. Some 7 MB for a million events of a dozen values each."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._held: tables.Tracked | None = None
        self.values: dict[Has, int] = {}
        self.of_value: dict[int, Any] = {}
        self.of_day: dict[str, dict[str | None, Any]] = {}
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
            yield View(self, db, limited, made if tracked == self._held else {})

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
        if tracked == self._held:
            return
        held, self._held = self._held, None
        self.forget()
        # Numbers are given anew once their value is gone.
        rows = db.execute("SELECT facet, value, number FROM facet_values")
        self.values = {Has(facet, value): number for facet, value, number in rows}
        if held is None or tracked is None or not self._update(db, held, tracked):
            self.of_value.clear()
            self.of_day.clear()
        self._held = tracked

    def load(self, db: sqlite3.Connection, what: Has | str) -> None:
        """Loads the set of a value, or those of a column of days, before anybody asks for it.

        Other threads go on meanwhile; where the head has moved, nothing is kept.
        """
        with schema.snapshot(db):
            tracked = tables.tracked(db)
            if isinstance(what, str):
                days = _read_days(db, what)
            else:
                number = db.execute(_NUMBER, (what.facet, what.value)).fetchone()
                members = _read_value(db, *number) if number else None
        with self._lock:
            if tracked != self._held:
                return
            if isinstance(what, str):
                self.of_day.setdefault(what, days)
            elif number:
                self.of_value.setdefault(number[0], members)

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
        f"SELECT {column}, json_group_array(rowid) FROM events {where} GROUP BY 1", given
    )
    return {day: BitMap(msgspec.json.decode(events)) for day, events in rows}


class View:
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
        return self.keep(term, lambda: self._find(term))

    def keep(self, key: Any, make: Callable[[], Any]) -> Any:
        """What is made for a key, once for each head as long as there is room."""
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
            (has.value, members.intersection_cardinality(self._of_value(has))) for has in values
        )
        return [(value, count) for value, count in pairs if count]

    def page(self, term: Term, descending: bool, after: Cursor | None, size: int) -> list[int]:
        """The events of a term that follow a cursor, in the order of their days, then of ids.

        Events without a day come first, and last when days descend, as NULL does in SQLite.
        """
        members = self.members(term)
        days = self._of_day("sort_day")
        order = sorted(days, key=by_day, reverse=descending)
        if after is not None:
            start = by_day(after.day)
            order = [d for d in order if d == after.day or (by_day(d) < start) == descending]
        found: list[int] = []
        for day in order:
            there = members & days[day]
            if there:
                least = after.id if after and after.day == day else ""
                found += self._by_id(day, there, len(days[day]), least, size - len(found))
            if len(found) >= size:
                break
        return found

    def _by_id(self, day: str | None, events: Any, of: int, least: str, size: int) -> list[int]:
        """Some events of one day, those with a later id than `least`, by id."""
        if len(events) < _LOOKED_UP_SHARE * of:
            given = json.dumps(list(events))
            rows = self.db.execute(
                "SELECT rowid FROM events WHERE rowid IN (SELECT value FROM json_each(?))"
                " AND id > ? ORDER BY id LIMIT ?",
                (given, least, size),
            )
            return [event for (event,) in rows]
        rows = self.db.execute(
            "SELECT rowid FROM events WHERE sort_day IS ? AND id > ? ORDER BY id", (day, least)
        )
        return list(islice((event for (event,) in rows if event in events), size))

    def _find(self, term: Term) -> Any:
        match term:
            case Has():
                return self._of_value(term)
            case Day():
                return self._on_days(term)
            case Numbers():
                return self._numbers(term)
            case Not(negated):
                return self._all() - self.members(negated)
            case Every(()):
                return self._all()
            case Every(terms):
                return reduce(lambda left, right: left & right, map(self.members, terms))
            case Some(terms):
                return BitMap.union(*map(self.members, terms)) if terms else BitMap()

    def _all(self) -> Any:
        return BitMap.union(BitMap(), *self._of_day("sort_day").values())

    def _of_value(self, has: Has) -> Any:
        number = self._sets.values.get(has)
        if number is None:
            return BitMap()
        held = self._sets.of_value
        if number not in held:
            held[number] = _read_value(self.db, number)
        return held[number]

    def _of_day(self, column: str) -> dict[str | None, Any]:
        held = self._sets.of_day
        if column not in held:
            held[column] = _read_days(self.db, column)
        return held[column]

    def lacking(self) -> list[Has | str]:
        """What was not loaded yet, of all that pages are filtered and counted by."""
        values, days = self._sets.of_value, self._sets.of_day
        wanted = [has for has, n in self._sets.values.items() if n not in values]
        kept = [has for has in wanted if has.facet not in LINKED]
        return [*kept, *(column for column in DAYS if column not in days)]

    def _on_days(self, term: Day) -> Any:
        days = self._of_day(term.column)
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

    def _numbers(self, term: Numbers) -> Any:
        return self.made(term, partial(_ask, self.db, self._limit, term)) & self._all()


def _ask(db: sqlite3.Connection, limit: Limit, term: Numbers) -> Any:
    with limit(db):
        (events,) = db.execute(
            f"SELECT json_group_array(event) FROM (SELECT event FROM ({term.sql}))",
            dict(term.params),
        ).fetchone()
    return BitMap(msgspec.json.decode(events))


def asking(db: sqlite3.Connection, limit: Limit, term: Term) -> Making:
    """The queries in a term, to be asked ahead."""
    return {one: partial(_ask, db, limit, one) for one in _queries(term)}


def _queries(term: Term) -> Iterator[Numbers]:
    match term:
        case Numbers():
            yield term
        case Not(negated):
            yield from _queries(negated)
        case Every(terms) | Some(terms):
            for one in terms:
                yield from _queries(one)


def _bytes(made: Any) -> int:
    """About how much memory something kept takes."""
    if isinstance(made, BitMap):
        told = made.get_statistics()
        return sum(told[f"n_bytes_{kind}_containers"] for kind in ("array", "run", "bitset"))
    if isinstance(made, dict):
        return sum(map(_bytes, made.values()), made.__sizeof__())
    if isinstance(made, tuple):
        return sum(map(_bytes, made))
    size: int = made.__sizeof__()
    return size
