"""Events published: the rows, states, links and search text of those that a batch touches."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec

from chronology.model.records import Account, canonical
from chronology.projections import event_rows, tables
from chronology.projections.catalogue import Catalogue, read_states
from chronology.projections.event_rows import Describer, Numbers, Published, Row, Told
from chronology.projections.row_builder import LastChange, RowBatch

LINKED_TOGETHER = 100_000
"""Links of so many events are written together: the more, the fewer pages are written twice."""


class BatchRange(NamedTuple):
    """Where one batch stands in the log, and when it was recorded."""

    id: str
    first: int
    last: int
    recorded_at: str

    @property
    def change(self) -> LastChange:
        """The change that the batch is to a row."""
        return LastChange(self.last, self.recorded_at)


class Publication:
    """The events of one batch: new ones first, then the others, chunk by chunk; `count` ends it."""

    def __init__(self, db: sqlite3.Connection, catalogue: Catalogue, batch: BatchRange) -> None:
        self.db = db
        self.batch = batch
        found = db.execute("SELECT number, facet, value FROM facet_values ORDER BY number")
        self.number = Numbers({(facet, value): number for number, facet, value in found})
        self.counts: Counter[int] = Counter()
        self.waiting: dict[int, array[int]] = defaultdict(partial(array, "q"))
        self.linked = 0
        self.describer = Describer(catalogue, self.number)
        assert catalogue.chronology is not None
        columns = [
            *event_rows.BEFORE_DIMENSIONS,
            *catalogue.dimensions,
            *event_rows.AFTER_DIMENSIONS,
        ]
        self.shared = ", ".join(f'"{column}"' for column in columns[:-1])

    def count(self) -> None:
        """Adds what the links gained and lost to the counts of the facets."""
        self._write_links()
        self.db.executemany(
            "INSERT INTO facet_values VALUES (?, ?, ?, ?) ON CONFLICT (number)"
            " DO UPDATE SET count = count + excluded.count",
            (
                (number, *pair, self.counts[number])
                for pair, number in self.number.known.items()
                if self.counts[number]
            ),
        )
        self.db.execute("DELETE FROM facet_values WHERE count = 0")

    # New events

    def add(self, rows: RowBatch) -> None:
        """Writes accounts, and events that only this batch records."""
        tables.insert(self.db, "accounts", rows.accounts)
        tables.insert(self.db, "claims", rows.claims)
        tables.insert(self.db, "events", rows.events)
        tables.insert(self.db, "event_spans", rows.spans)
        tables.insert_texts(self.db, rows.texts)
        last = self.batch.last
        values = [(event, canonical(numbers), last) for event, numbers in rows.links]
        tables.insert(self.db, "event_values", values)
        for event, numbers in rows.links:
            for number in numbers:
                self.waiting[number].append(event)
        self.linked += len(rows.links)
        if self.linked >= LINKED_TOGETHER:
            self._write_links()

    def add_states(self) -> None:
        """Writes the states of all events that `add` wrote; together they cost least."""
        _, first, last, _ = self.batch
        self.db.execute(
            f"INSERT INTO history SELECT {self.shared}, position, NULL, 'recorded', NULL,"
            " (SELECT coalesce(max(number), 0) FROM history) + row_number() OVER (ORDER BY number)"
            " FROM events WHERE number BETWEEN ? AND ?",
            (first, last),
        )
        self.db.execute(
            "INSERT INTO history_spans SELECT id, ?2, event_spans.earliest, event_spans.latest"
            " FROM event_spans JOIN events ON events.number = event"
            " WHERE event BETWEEN ?1 AND ?2 ORDER BY event_spans.rowid",
            (first, last),
        )

    def _write_links(self) -> None:
        """Writes the waiting links value by value: rows in the order of the key cost least."""
        for number in sorted(self.waiting):
            linked = self.waiting[number]
            self.db.execute(
                "INSERT INTO event_links SELECT ?, value FROM json_each(?)",
                (number, canonical(linked.tolist())),
            )
            self.counts[number] += len(linked)
        self.waiting.clear()
        self.linked = 0

    # Events that there were, or of which the batch tells again

    def publish(self, why: dict[str, str]) -> None:
        """Brings everything published of the events, given with the reasons, to the batch's end."""
        self._write_links()
        told, numbers = self._told(list(why))
        old = self._published(list(why))
        self._withdraw([name for name, row in old.items() if row[-3] == self.batch.last], old)
        new = {name: self.describer.describe(one) for name, one in told.items()}
        changed = [name for name in why if not _same(old.get(name), new.get(name))]
        self._keep_search_text([name for name in changed if name in old])
        self._write_history(changed, old, new, why)
        tables.delete(self.db, "events", "id", changed)
        rows = [(*new[n].row, *self.batch.change, numbers[n]) for n in changed if n in new]
        tables.insert(self.db, "events", rows)
        # Links and search text may change where the row does not: a new name of a place, say.
        self._forget([row[-1] for row in old.values()])
        spans = [(numbers[n], n, *span) for n in new for span in event_rows.spans(told[n])]
        self._write_spans(spans, {*changed})
        texts = [(numbers[name], *shown.search) for name, shown in new.items()]
        tables.insert_texts(self.db, texts)
        linked = {
            numbers[name]: new[name].links if name in new else []
            for name in why
            if name in new or name in old
        }
        self._relink(linked, {numbers[name] for name in changed})

    def _told(self, names: list[str]) -> tuple[dict[str, Told], dict[str, int]]:
        """What is told of each live event, and the number of its row: its first position."""
        last = self.batch.last
        found = read_states(self.db, "event", names, last)
        owners = dict(
            self.db.execute(
                "SELECT id, event FROM accounts WHERE event IN (SELECT value FROM json_each(?))",
                (json.dumps(names),),
            )
        )
        accounts: dict[str, list[tuple[int, str, Account]]] = {}
        for name, (account, first) in read_states(self.db, "account", owners, last).items():
            if account:
                accounts.setdefault(owners[name], []).append((first, name, account.fields))
        told = {
            name: Told(name, event, [(n, a) for _, n, a in sorted(accounts.get(name, []), key=_at)])
            for name, (event, _) in found.items()
            if event
        }
        return told, {name: first for name, (_, first) in found.items()}

    def _published(self, names: list[str]) -> dict[str, Row]:
        """The rows of `events` by id."""
        found = self.db.execute(
            "SELECT * FROM events WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(names),),
        )
        return {row[0]: row for row in found}

    def _withdraw(self, names: list[str], old: dict[str, Row]) -> None:
        """Takes back what `add` wrote of events that the batch then tells more of."""
        if not names:
            return
        numbers = [old.pop(name)[-1] for name in names]
        tables.delete(self.db, "events", "id", names)
        for table in ("history", "history_spans"):
            self.db.execute(
                f"DELETE FROM {table} WHERE from_position = ?"
                " AND id IN (SELECT value FROM json_each(?))",
                (self.batch.last, json.dumps(names)),
            )
        self._forget(numbers)
        self._relink({number: [] for number in numbers}, set())
        tables.delete(self.db, "event_values", "event", numbers)

    def _write_history(
        self,
        changed: list[str],
        old: dict[str, Row],
        new: dict[str, Published],
        why: dict[str, str],
    ) -> None:
        at = self.batch.last
        self.db.executemany(
            "UPDATE history SET until_position = ? WHERE id = ? AND until_position IS NULL",
            ((at, name) for name in changed if name in old),
        )
        (last,) = self.db.execute("SELECT coalesce(max(number), 0) FROM history").fetchone()
        rows = []
        for number, name in enumerate(changed, last + 1):
            row = new[name].row if name in new else old[name][:-3]
            # A retraction is a state of no length: nothing is shown as of it or after.
            until = None if name in new else at
            because = why[name] if name in old else None
            action = _action(name in old, name in new)
            rows.append((*row, *self.batch.change, at, until, action, because, number))
        tables.insert(self.db, "history", rows)

    def _keep_search_text(self, names: list[str]) -> None:
        """Keeps what the index held of states that end now, for reads as of then."""
        columns = ", ".join(tables.SEARCH)
        self.db.execute(
            f"INSERT INTO history_fts (rowid, {columns})"
            f" SELECT history.number, {', '.join(f'events_fts.{c}' for c in tables.SEARCH)}"
            " FROM json_each(?) JOIN events ON events.id = json_each.value"
            " JOIN events_fts ON events_fts.rowid = events.number"
            " JOIN history ON history.id = events.id AND history.until_position IS NULL",
            (json.dumps(names),),
        )

    def _relink(self, linked: dict[int, list[int]], changed: set[int]) -> None:
        """Writes what differs from the links that are held; `changed` are rows that do."""
        held: dict[int, list[int]] = {
            event: msgspec.json.decode(numbers)
            for event, numbers in self.db.execute(
                "SELECT event, numbers FROM event_values"
                " WHERE event IN (SELECT value FROM json_each(?))",
                (json.dumps(list(linked)),),
            )
        }
        lost = [(n, event) for event, numbers in _beyond(held, linked).items() for n in numbers]
        self.db.executemany("DELETE FROM event_links WHERE value = ? AND event = ?", lost)
        self.counts.subtract(number for number, _ in lost)
        for event, numbers in _beyond(linked, held).items():
            for number in numbers:
                self.waiting[number].append(event)
        self._write_links()
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

    def _write_spans(self, spans: list[Any], changed: set[str]) -> None:
        """Spans of events, and of the states of those that are `changed`."""
        last = self.batch.last
        tables.insert(self.db, "event_spans", [(event, *span) for event, _, *span in spans])
        states = [(n, last, *span) for _, n, *span in spans if n in changed]
        tables.insert(self.db, "history_spans", states)


def _beyond(some: dict[int, list[int]], others: dict[int, list[int]]) -> dict[int, list[int]]:
    """The links by event that are in the first and not in the second."""
    return {
        event: sorted({*numbers}.difference(others.get(event, ())))
        for event, numbers in some.items()
    }


def _at(account: tuple[int, str, Account]) -> int:
    return account[0]


def _action(was: bool, remains: bool) -> str:
    if not remains:
        return "retracted"
    return "corrected" if was else "recorded"


def _same(old: Sequence[Any] | None, new: Published | None) -> bool:
    if old is None or new is None:
        return old is None and new is None
    return tuple(old[:-3]) == new.row
