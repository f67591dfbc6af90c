"""Events published: the rows, states, links and search text of those that a batch touches."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from chronology.projections import events, tables
from chronology.projections.events import Row, Told
from chronology.projections.state import Catalogue, states
from chronology.records import Account, canonical


class Extent(NamedTuple):
    """Where one batch stands in the log."""

    id: str
    first: int
    last: int


class Publication:
    """The events of one batch, chunk by chunk; `count` ends it."""

    def __init__(self, db: sqlite3.Connection, catalogue: Catalogue, batch: Extent) -> None:
        self.db = db
        self.catalogue = catalogue
        self.batch = batch
        self.numbers: dict[tuple[str, str], int] = {
            (facet, value): number
            for number, facet, value in db.execute("SELECT number, facet, value FROM facet_values")
        }
        self.last_number = max(self.numbers.values(), default=0)
        self.counts: Counter[int] = Counter()

    def publish(self, why: dict[str, str]) -> None:
        """Brings everything published of the events, given with the reasons, to the batch's end."""
        told, numbers = self._told(list(why))
        old = self._published(list(why))
        new = {name: events.row(one, self.catalogue) for name, one in told.items()}
        changed = [name for name in why if not _same(old.get(name), new.get(name))]
        self._keep_search_text([name for name in changed if name in old])
        self._write_history(changed, old, new, why)
        self._write_spans([told[name] for name in changed if name in told])
        tables.delete(self.db, "events", "id", changed)
        tables.insert(
            self.db,
            "events",
            ({"rowid": numbers[n], **new[n], **self._stamp} for n in changed if n in new),
        )
        # Links and search text may change where the row does not: a new name of a place, say.
        self._forget([row["rowid"] for row in old.values()])
        self._write_helpers([(told[name], numbers[name]) for name in new])
        linked = {
            numbers[name]: self._linked(told[name], new[name]) if name in new else []
            for name in why
            if name in new or name in old
        }
        self._link(linked, {numbers[name] for name in changed})

    def count(self) -> None:
        """Adds what the links gained and lost to the counts of the facets."""
        self.db.executemany(
            "INSERT INTO facet_values VALUES (?, ?, ?, ?) ON CONFLICT (number)"
            " DO UPDATE SET count = count + excluded.count",
            (
                (number, *pair, self.counts[number])
                for pair, number in self.numbers.items()
                if self.counts[number]
            ),
        )
        self.db.execute("DELETE FROM facet_values WHERE count = 0")

    @cached_property
    def _stamp(self) -> Row:
        (recorded_at,) = self.db.execute(
            "SELECT recorded_at FROM log WHERE position = ?", (self.batch.last,)
        ).fetchone()
        return {"position": self.batch.last, "recorded_at": recorded_at}

    def _told(self, names: list[str]) -> tuple[dict[str, Told], dict[str, int]]:
        """What is told of each live event, and the number of its row: its first position."""
        last = self.batch.last
        found = states(self.db, "event", names, last)
        owners = dict(
            self.db.execute(
                "SELECT id, event FROM accounts WHERE event IN (SELECT value FROM json_each(?))",
                (json.dumps(names),),
            )
        )
        accounts: dict[str, list[tuple[int, str, Account]]] = {}
        for name, (account, first) in states(self.db, "account", owners, last).items():
            if account:
                accounts.setdefault(owners[name], []).append((first, name, account.fields))
        told = {
            name: Told(name, event, [(n, a) for _, n, a in sorted(accounts.get(name, []), key=_at)])
            for name, (event, _) in found.items()
            if event
        }
        return told, {name: first for name, (_, first) in found.items()}

    def _published(self, names: list[str]) -> dict[str, Row]:
        cursor = self.db.execute(
            "SELECT rowid AS rowid, * FROM events WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(names),),
        )
        columns = [column[0] for column in cursor.description]
        return {row[1]: dict(zip(columns, row, strict=True)) for row in cursor}

    def _write_history(
        self, changed: list[str], old: dict[str, Row], new: dict[str, Row], why: dict[str, str]
    ) -> None:
        at = self.batch.last
        self.db.executemany(
            "UPDATE history SET until_position = ? WHERE id = ? AND until_position IS NULL",
            ((at, name) for name in changed if name in old),
        )
        rows = []
        for name in changed:
            state_columns = {
                "from_position": at,
                # A retraction is a state of no length: nothing is shown as of it or after.
                "until_position": None if name in new else at,
                "action": _action(name in old, name in new),
                "because": why[name] if name in old else None,
            }
            row = new.get(name) or _bare(old[name])
            rows.append({**row, **self._stamp, **state_columns})
        tables.insert(self.db, "history", rows)

    def _keep_search_text(self, names: list[str]) -> None:
        """Keeps what the index held of states that end now, for reads as of then."""
        columns = ", ".join(tables.SEARCH)
        self.db.execute(
            f"INSERT INTO history_fts (rowid, {columns})"
            f" SELECT history.rowid, {', '.join(f'events_fts.{c}' for c in tables.SEARCH)}"
            " FROM json_each(?) JOIN events ON events.id = json_each.value"
            " JOIN events_fts ON events_fts.rowid = events.rowid"
            " JOIN history ON history.id = events.id AND history.until_position IS NULL",
            (json.dumps(names),),
        )

    def _write_spans(self, written: list[Told]) -> None:
        self.db.executemany(
            "INSERT INTO history_spans VALUES (?, ?, ?, ?)",
            ((told.id, self.batch.last, *span) for told in written for span in events.spans(told)),
        )

    def _linked(self, told: Told, row: Row) -> list[int]:
        """The numbers of an event's links, ascending; new values get the next ones."""
        numbers = []
        for pair in sorted(events.links(told, row, self.catalogue)):
            if pair not in self.numbers:
                self.last_number += 1
                self.numbers[pair] = self.last_number
            numbers.append(self.numbers[pair])
        return sorted(numbers)

    def _link(self, linked: dict[int, list[int]], changed: set[int]) -> None:
        """Writes what differs from the links that are held; `changed` are rows that do."""
        held: dict[int, list[int]] = {
            event: msgspec.json.decode(numbers)
            for event, numbers in self.db.execute(
                "SELECT event, numbers FROM event_values"
                " WHERE event IN (SELECT value FROM json_each(?))",
                (json.dumps(list(linked)),),
            )
        }
        lost = list(_beyond(held, linked))
        gained = list(_beyond(linked, held))
        self.db.executemany("DELETE FROM event_links WHERE value = ? AND event = ?", lost)
        self.db.executemany("INSERT INTO event_links VALUES (?, ?)", sorted(gained))
        self.counts.subtract(number for number, _ in lost)
        self.counts.update(number for number, _ in gained)
        self.db.executemany(
            "INSERT OR REPLACE INTO event_values VALUES (?, ?, ?)",
            (
                (event, canonical(numbers), self.batch.last)
                for event, numbers in linked.items()
                if event in changed or numbers != held.get(event)
            ),
        )

    def _forget(self, numbers: list[int]) -> None:
        tables.delete(self.db, "event_spans", "event", numbers)
        tables.delete(self.db, "events_fts", "rowid", numbers)

    def _write_helpers(self, written: list[tuple[Told, int]]) -> None:
        self.db.executemany(
            "INSERT INTO event_spans VALUES (?, ?, ?)",
            ((number, *span) for told, number in written for span in events.spans(told)),
        )
        tables.insert(
            self.db,
            "events_fts",
            (
                {"rowid": number, **events.search_text(told, self.catalogue)}
                for told, number in written
            ),
        )


def _beyond(some: dict[int, list[int]], others: dict[int, list[int]]) -> Iterable[tuple[int, int]]:
    """The links (value, event) that are in the first and not in the second."""
    for event, numbers in some.items():
        for number in {*numbers}.difference(others.get(event, ())):
            yield number, event


def _at(account: tuple[int, str, Account]) -> int:
    return account[0]


def _action(was: bool, remains: bool) -> str:
    if not remains:
        return "retracted"
    return "corrected" if was else "recorded"


def _bare(row: Row) -> Row:
    return {column: value for column, value in row.items() if column != "rowid"}


def _same(old: dict[str, Any] | None, new: dict[str, Any] | None) -> bool:
    if old is None or new is None:
        return old is None and new is None
    return all(old[column] == value for column, value in new.items())
