"""Events published: the rows, states, links and search text of those that a batch touches."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from functools import cached_property
from typing import Any, NamedTuple

from chronology.projections import events, tables
from chronology.projections.events import Row, Told
from chronology.projections.state import Catalogue, states
from chronology.records import Account


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
        self.counts: Counter[tuple[str, str]] = Counter()

    def publish(self, why: dict[str, str]) -> None:
        """Brings everything published of the events, given with the reasons, to the batch's end."""
        told, numbers = self._told(list(why))
        old = self._published(list(why))
        new = {name: events.row(one, self.catalogue) for name, one in told.items()}
        changed = [name for name in why if not _same(old.get(name), new.get(name))]
        self._keep_search_text([name for name in changed if name in old])
        self._write_history(changed, old, new, why)
        self._write_spans([told[name] for name in changed if name in told])
        # Links and search text may change where the row does not: a new name of a place, say.
        self._unlink([row["rowid"] for row in old.values()])
        tables.delete(self.db, "events", "id", changed)
        tables.insert(
            self.db,
            "events",
            ({"rowid": numbers[n], **new[n], **self._stamp} for n in changed if n in new),
        )
        self._link([(told[name], numbers[name], row) for name, row in new.items()])

    def count(self) -> None:
        """Adds what the links gained and lost to the counts of the facets."""
        self.db.executemany(
            "INSERT INTO facet_counts VALUES (?, ?, ?) ON CONFLICT (facet, value)"
            " DO UPDATE SET count = count + excluded.count",
            ((*pair, count) for pair, count in sorted(self.counts.items()) if count),
        )
        self.db.execute("DELETE FROM facet_counts WHERE count = 0")

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

    def _unlink(self, numbers: list[int]) -> None:
        held = self.db.execute(
            "SELECT facet, value FROM event_links WHERE event IN (SELECT value FROM json_each(?))",
            (json.dumps(numbers),),
        )
        self.counts.subtract(Counter(held.fetchall()))
        tables.delete(self.db, "event_links", "event", numbers)
        tables.delete(self.db, "event_spans", "event", numbers)
        tables.delete(self.db, "events_fts", "rowid", numbers)

    def _link(self, written: list[tuple[Told, int, Row]]) -> None:
        links = [
            (facet, value, number)
            for told, number, row in written
            for facet, value in sorted(events.links(told, row, self.catalogue))
        ]
        self.db.executemany("INSERT INTO event_links VALUES (?, ?, ?)", links)
        self.counts.update((facet, value) for facet, value, _ in links)
        self.db.executemany(
            "INSERT INTO event_spans VALUES (?, ?, ?)",
            ((number, *span) for told, number, _ in written for span in events.spans(told)),
        )
        tables.insert(
            self.db,
            "events_fts",
            (
                {"rowid": number, **events.search_text(told, self.catalogue)}
                for told, number, _ in written
            ),
        )


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
