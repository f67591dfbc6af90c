"""Write the events of a batch: their rows, versions, links and search texts."""

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
from chronology.projections import event_dates, event_rows, subject_rows, tables
from chronology.projections.catalogue import Catalogue, read_states
from chronology.projections.event_rows import (
    Cells,
    EventRow,
    EventRowBuilder,
    EventWithAccounts,
)
from chronology.projections.facet_value_ids import FacetValueIds
from chronology.projections.row_builder import LastChange, RowBatch

LINKED_TOGETHER = 100_000
"""Links of so many events are written together: the more, the fewer pages are written twice."""
_DELETED_TOGETHER = 10_000


class BatchRange(NamedTuple):
    """The first and the last position of one batch in the log, and when it was recorded."""

    id: str
    first: int
    last: int
    recorded_at: str

    @property
    def change(self) -> LastChange:
        """The change that the batch makes to a row."""
        return LastChange(self.last, self.recorded_at)


class RowWriter:
    """Writes the events of one batch.

    New events come first (`insert`, then `insert_versions`), then those that the batch changes
    (`delete_touched`, then `update` chunk by chunk). `write_counts` ends the batch.
    """

    def __init__(self, db: sqlite3.Connection, catalogue: Catalogue, batch: BatchRange) -> None:
        self.db = db
        self.batch = batch
        rows = db.execute("SELECT number, facet, value FROM facet_values ORDER BY number")
        self.value_ids = FacetValueIds({(facet, value): number for number, facet, value in rows})
        self.counts: Counter[int] = Counter()
        self._pending_links: dict[int, array[int]] = defaultdict(partial(array, "q"))
        self._pending_events = 0
        self._catalogue = catalogue
        self._event_row_builder = EventRowBuilder(catalogue, self.value_ids)
        columns = [*event_rows.columns(catalogue.layout)][:-1]
        self._history_columns = ", ".join(f'"{column}"' for column in columns)

    def write_counts(self) -> None:
        """Adds the links that were gained and lost to the counts of the facet values."""
        self._write_links()
        self.db.executemany(
            "INSERT INTO facet_values VALUES (?, ?, ?, ?) ON CONFLICT (number)"
            " DO UPDATE SET count = count + excluded.count",
            (
                (number, *pair, self.counts[number])
                for pair, number in self.value_ids.ids.items()
                if self.counts[number]
            ),
        )
        self.db.execute("DELETE FROM facet_values WHERE count = 0")

    # New events

    def insert(self, rows: RowBatch) -> None:
        """Writes accounts, and events that only this batch records."""
        tables.insert(self.db, "accounts", rows.accounts)
        tables.insert(self.db, "claims", rows.claims)
        tables.insert(self.db, "relations", rows.relations)
        tables.insert(self.db, "events", rows.events)
        tables.insert(self.db, "event_spans", rows.spans)
        tables.insert_texts(self.db, rows.texts)
        last = self.batch.last
        values = [(event, canonical(numbers), last) for event, numbers in rows.links]
        tables.insert(self.db, "event_values", values)
        for event, numbers in rows.links:
            for number in numbers:
                self._pending_links[number].append(event)
        self._pending_events += len(rows.links)
        if self._pending_events >= LINKED_TOGETHER:
            self._write_links()

    def insert_versions(self) -> None:
        """Writes the first versions of all events that `insert` wrote, at once for speed."""
        _, first, last, _ = self.batch
        self.db.execute(
            f"INSERT INTO history SELECT {self._history_columns}, position, NULL, 'recorded', NULL,"
            " (SELECT coalesce(max(number), 0) FROM history) + row_number() OVER (ORDER BY number)"
            " FROM events WHERE number BETWEEN ? AND ?",
            (first, last),
        )
        self.db.execute(
            "INSERT INTO history_spans SELECT id, ?2, event_spans.first_day, event_spans.last_day,"
            " event_spans.first_second, event_spans.last_second"
            " FROM event_spans JOIN events ON events.number = event"
            " WHERE event BETWEEN ?1 AND ?2 ORDER BY event_spans.rowid",
            (first, last),
        )

    def _write_links(self) -> None:
        """Writes the pending links value by value: inserting in key order is fastest."""
        for number in sorted(self._pending_links):
            events = self._pending_links[number]
            self.db.execute(
                "INSERT INTO event_links SELECT ?, value FROM json_each(?)",
                (number, canonical(events.tolist())),
            )
            self.counts[number] += len(events)
        self._pending_links.clear()
        self._pending_events = 0

    # Changed events

    def delete_touched(self) -> None:
        """Deletes the new events that the batch itself changes: `update` writes them instead.

        All are deleted before the first update, so that the numbers of versions do not depend on
        the size of the chunks.
        """
        self._write_links()
        self.db.execute(
            "CREATE TEMP TABLE renewed AS SELECT id, number FROM events"
            " WHERE number BETWEEN ? AND ? AND id IN (SELECT event FROM temp.touched)",
            (self.batch.first, self.batch.last),
        )
        rows = self.db.execute("SELECT id, number FROM temp.renewed")
        while some := rows.fetchmany(_DELETED_TOGETHER):
            self._delete_new([name for name, _ in some], [number for _, number in some])
        self.db.execute("DROP TABLE temp.renewed")

    def _delete_new(self, names: list[str], numbers: list[int]) -> None:
        tables.delete(self.db, "events", "id", names)
        tables.delete(self.db, "relations", "event", names)
        for table in ("history", "history_spans"):
            self.db.execute(
                f"DELETE FROM {table} WHERE from_position = ?"
                " AND id IN (SELECT value FROM json_each(?))",
                (self.batch.last, json.dumps(names)),
            )
        self._delete_spans_and_texts(numbers)
        self._update_links({number: [] for number in numbers}, set())
        tables.delete(self.db, "event_values", "event", numbers)

    def update(self, reasons: dict[str, str]) -> None:
        """Brings some events to the end of the batch; `reasons` are those of the changes, by id."""
        events, numbers = self._read_events(list(reasons))
        old = self._read_rows(list(reasons))
        built = {name: self._event_row_builder.build(event) for name, event in events.items()}
        new = {name: row for name, row in built.items() if row is not None}
        changed = [name for name in reasons if not _same(old.get(name), new.get(name))]
        self._keep_search_texts([name for name in changed if name in old])
        self._write_history(changed, old, new, reasons)
        tables.delete(self.db, "events", "id", changed)
        rows = [(*new[n].cells, *self.batch.change, numbers[n]) for n in changed if n in new]
        tables.insert(self.db, "events", rows)
        tables.delete(self.db, "relations", "event", changed)
        relations = [
            relation
            for name in changed
            if name in new
            for relation in subject_rows.relation_rows(name, events[name].state.fields)
        ]
        tables.insert(self.db, "relations", relations)
        # Links and search texts may change where the row does not: a new name of a place, say.
        self._delete_spans_and_texts([row[-1] for row in old.values()])
        spans = [
            (numbers[n], n, *span)
            for n in new
            for span in event_dates.spans(events[n].state.fields.when)
        ]
        self._write_spans(spans, {*changed})
        texts = [(numbers[name], *row.search_texts) for name, row in new.items()]
        tables.insert_texts(self.db, texts)
        links = {
            numbers[name]: new[name].value_ids if name in new else []
            for name in reasons
            if name in new or name in old
        }
        self._update_links(links, {numbers[name] for name in changed})

    def _read_events(self, names: list[str]) -> tuple[dict[str, EventWithAccounts], dict[str, int]]:
        """The live events, and the numbers of all by id: the positions of their first records."""
        last = self.batch.last
        states = read_states(self.db, "event", names, last)
        event_of = dict(
            self.db.execute(
                "SELECT id, event FROM accounts WHERE event IN (SELECT value FROM json_each(?))",
                (json.dumps(names),),
            )
        )
        accounts: dict[str, list[tuple[int, str, Account]]] = defaultdict(list)
        for name, (account, first) in read_states(self.db, "account", event_of, last).items():
            if account:
                fields = self._catalogue.resolved(account.fields)
                accounts[event_of[name]].append((first, name, fields))
        events = {
            name: EventWithAccounts(
                name,
                state._replace(fields=self._catalogue.resolved(state.fields)),
                [(n, a) for _, n, a in sorted(accounts[name], key=lambda account: account[0])],
            )
            for name, (state, _) in states.items()
            if state
        }
        return events, {name: first for name, (_, first) in states.items()}

    def _read_rows(self, names: list[str]) -> dict[str, Cells]:
        """The rows of `events` by id."""
        rows = self.db.execute(
            "SELECT * FROM events WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(names),),
        )
        return {row[0]: row for row in rows}

    def _write_history(
        self,
        changed: list[str],
        old: dict[str, Cells],
        new: dict[str, EventRow],
        reasons: dict[str, str],
    ) -> None:
        position = self.batch.last
        self.db.executemany(
            "UPDATE history SET until_position = ? WHERE id = ? AND until_position IS NULL",
            ((position, name) for name in changed if name in old),
        )
        (last,) = self.db.execute("SELECT coalesce(max(number), 0) FROM history").fetchone()
        rows = []
        for number, name in enumerate(changed, last + 1):
            cells = new[name].cells if name in new else old[name][:-3]
            # A retraction begins and ends at one position, so that it is never current.
            until = None if name in new else position
            because = reasons[name] if name in old else None
            action = _action(name in old, name in new)
            rows.append((*cells, *self.batch.change, position, until, action, because, number))
        tables.insert(self.db, "history", rows)

    def _keep_search_texts(self, names: list[str]) -> None:
        """Copies the search texts of versions that end now, for searches of the past."""
        columns = ", ".join(tables.SEARCH)
        self.db.execute(
            f"INSERT INTO history_fts (rowid, {columns})"
            f" SELECT history.number, {', '.join(f'events_fts.{c}' for c in tables.SEARCH)}"
            " FROM json_each(?) JOIN events ON events.id = json_each.value"
            " JOIN events_fts ON events_fts.rowid = events.number"
            " JOIN history ON history.id = events.id AND history.until_position IS NULL",
            (json.dumps(names),),
        )

    def _update_links(self, links: dict[int, list[int]], changed: set[int]) -> None:
        """Writes the links of events that differ; `changed` are the events whose rows changed."""
        stored: dict[int, list[int]] = {
            event: msgspec.json.decode(numbers)
            for event, numbers in self.db.execute(
                "SELECT event, numbers FROM event_values"
                " WHERE event IN (SELECT value FROM json_each(?))",
                (json.dumps(list(links)),),
            )
        }
        lost = [(n, event) for event, numbers in _missing(stored, links).items() for n in numbers]
        self.db.executemany("DELETE FROM event_links WHERE value = ? AND event = ?", lost)
        self.counts.subtract(number for number, _ in lost)
        for event, numbers in _missing(links, stored).items():
            for number in numbers:
                self._pending_links[number].append(event)
        self._write_links()
        self.db.executemany(
            "INSERT OR REPLACE INTO event_values VALUES (?, ?, ?)",
            (
                (event, canonical(numbers), self.batch.last)
                for event, numbers in links.items()
                if event in changed or numbers != stored.get(event)
            ),
        )

    def _delete_spans_and_texts(self, numbers: list[int]) -> None:
        tables.delete(self.db, "event_spans", "event", numbers)
        tables.delete(self.db, "events_fts", "rowid", numbers)

    def _write_spans(self, spans: list[Any], changed: set[str]) -> None:
        """Writes the spans of events, and those of the new versions of `changed` events."""
        last = self.batch.last
        tables.insert(self.db, "event_spans", [(event, *span) for event, _, *span in spans])
        versions = [(name, last, *span) for _, name, *span in spans if name in changed]
        tables.insert(self.db, "history_spans", versions)


def _missing(links: dict[int, list[int]], others: dict[int, list[int]]) -> dict[int, list[int]]:
    """The links by event that are missing from the others."""
    return {
        event: sorted({*numbers}.difference(others.get(event, ())))
        for event, numbers in links.items()
    }


def _action(existed: bool, exists: bool) -> str:
    if not exists:
        return "retracted"
    return "corrected" if existed else "recorded"


def _same(old: Sequence[Any] | None, new: EventRow | None) -> bool:
    if old is None or new is None:
        return old is None and new is None
    return tuple(old[:-3]) == new.cells
