"""One batch folded into the tables: the catalogue and accounts first, then events."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import Any

import msgspec

from chronology import log
from chronology.errors import CorruptLog
from chronology.log import FIELDS, Entry
from chronology.projections import state, subjects, tables
from chronology.projections.events import Told
from chronology.projections.publish import Extent, Publication
from chronology.projections.state import CATALOGUED, Catalogue, split

CHUNK = 1_000
Progress = Callable[[int], None]

_TEMPORARY = (
    "touched (event TEXT, position INTEGER, why TEXT)",
    "amended (stream TEXT PRIMARY KEY) WITHOUT ROWID",
)


class Chunk:
    """Events and accounts of which the batch has one record each, as they come.

    An account that follows its event is published with it; others make theirs be published again.
    """

    def __init__(self) -> None:
        self.events: dict[int, Told] = {}
        self.accounts: list[subjects.Cells] = []
        self.claims: list[subjects.Cells] = []
        self.amended: dict[str, Entry] = {}
        self.last: Told | None = None

    def add_event(self, name: str, entry: Entry) -> None:
        self.last = Told(name, state.first(entry), [])
        self.events[entry.position] = self.last

    def add_account(self, name: str, entry: Entry) -> str | None:
        """Takes in an account; the event that it tells of, unless that is the one before it."""
        found = state.first(entry)
        cells = subjects.account_cells(name, found)
        self.accounts.append(cells)
        if found.fields.claims:
            self.claims += subjects.claim_rows(name, found.fields)
        if self.last is None or self.last.id != cells[1]:
            return str(cells[1])
        self.last.accounts.append((name, found.fields))
        return None


class Fold:
    """One batch on its way into the tables, which then reflect the log up to its end."""

    def __init__(self, db: sqlite3.Connection, catalogue: Catalogue, batch: Extent) -> None:
        self.db = db
        self.catalogue = catalogue
        self.batch = batch
        self.touched: list[tuple[str, int, str]] = []

    def run(self, progress: Progress | None = None) -> bool:
        """Folds the batch; False if the tables' columns no longer fit, so that all is rebuilt."""
        before = self.catalogue.dimensions
        for table in _TEMPORARY:
            self.db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table}")
            self.db.execute(f"DELETE FROM {table.partition(' ')[0]}")
        self._catalogue()
        if self.catalogue.chronology is None:
            raise CorruptLog(f"position {self.batch.last}: no chronology is recorded before it")
        if before != self.catalogue.dimensions:
            return False
        publication = Publication(self.db, self.catalogue, self.batch)
        actions = self._take_in(publication, progress)
        self._publish(publication, progress)
        publication.count()
        self._finish(actions)
        return True

    # The catalogue

    def _catalogue(self) -> None:
        """Takes the catalogue's records in, and notes the events whose rows they may alter."""
        rows = self.db.execute(
            f"SELECT {FIELDS} FROM log WHERE position BETWEEN ? AND ?"
            " AND NOT (stream >= 'event/' AND stream < 'event0')"
            " AND NOT (stream >= 'account/' AND stream < 'account0')"
            " AND NOT (stream >= 'batch/' AND stream < 'batch0') ORDER BY position",
            (self.batch.first, self.batch.last),
        )
        for entry in map(Entry._make, rows):
            subject, name = split(entry.stream)
            if subject in CATALOGUED:
                if entry.version > 1:
                    self._touch_linked(subject, name, entry)
                self.catalogue.apply(entry)

    def _touch(self, event: str, entry: Entry, own: bool = False) -> None:
        self.touched.append((event, entry.position, _why(entry, own)))
        if len(self.touched) >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        self.db.executemany("INSERT INTO touched VALUES (?, ?, ?)", self.touched)
        self.touched.clear()

    def _touch_linked(self, subject: str, name: str, entry: Entry) -> None:
        where, params = "", [entry.position, _why(entry)]
        if subject != "chronology":
            where = (
                "WHERE rowid IN (SELECT event FROM event_links WHERE value ="
                " (SELECT number FROM facet_values WHERE facet = ? AND value = ?))"
            )
            params += [subjects.LINKS[subject], name]
        if subject == "person":
            where += ' OR id IN (SELECT event FROM accounts WHERE "by" = ?)'
            params.append(name)
        self.db.execute(f"INSERT INTO touched SELECT id, ?, ? FROM events {where}", params)

    # Events and accounts

    def _take_in(self, publication: Publication, progress: Progress | None) -> Counter[str]:
        """Publishes what only this batch tells of, and notes which events else to publish."""
        self.db.execute(
            "INSERT INTO amended SELECT DISTINCT stream FROM log"
            " WHERE position BETWEEN ? AND ? AND (version > 1 OR type NOT LIKE '%.recorded')",
            (self.batch.first, self.batch.last),
        )
        rows = self.db.execute(
            f"SELECT {FIELDS}, stream IN amended FROM log WHERE position BETWEEN ? AND ?"
            " ORDER BY position",
            (self.batch.first, self.batch.last),
        )
        actions: Counter[str] = Counter()
        chunk = Chunk()
        for *fields, amended in rows:
            entry = Entry._make(fields)
            subject, name = split(entry.stream)
            if subject != "batch":
                actions[entry.type] += 1
            if subject == "event" and not amended:
                if len(chunk.events) >= CHUNK:
                    self._record(chunk, publication, progress)
                    chunk = Chunk()
                chunk.add_event(name, entry)
            elif subject == "event":
                self._touch(name, entry, own=True)
            elif subject == "account" and amended:
                chunk.amended[name] = entry
            elif subject == "account" and (event := chunk.add_account(name, entry)):
                self._touch(event, entry)
        self._record(chunk, publication, progress)
        return actions

    def _record(self, chunk: Chunk, publication: Publication, progress: Progress | None) -> None:
        publication.record(chunk.events)
        tables.insert(self.db, "accounts", chunk.accounts)
        told = [(cells[1], cells[0]) for cells in chunk.accounts]
        self.db.executemany("INSERT INTO event_accounts VALUES (?, ?)", told)
        tables.insert(self.db, "claims", chunk.claims)
        if chunk.amended:
            self._amend(chunk.amended)
        self._flush()
        if progress and chunk.events:
            progress(len(chunk.events))

    def _amend(self, last: dict[str, Entry]) -> None:
        """Accounts of which there is more than one record, given with the last one."""
        old = self.db.execute(
            "SELECT id, event FROM accounts WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(last)),),
        ).fetchall()
        for name, event in old:
            self._touch(event, last[name])
        tables.delete(self.db, "accounts", "id", last)
        tables.delete(self.db, "claims", "account", last)
        states = state.states(self.db, "account", last, self.batch.last)
        for name, (found, _) in states.items():
            if found:
                cells = subjects.account_cells(name, found)
                tables.insert(self.db, "accounts", [cells])
                self.db.execute(
                    "INSERT OR IGNORE INTO event_accounts VALUES (?, ?)", (cells[1], name)
                )
                tables.insert(self.db, "claims", list(subjects.claim_rows(name, found.fields)))
                self._touch(cells[1], last[name])

    def _publish(self, publication: Publication, progress: Progress | None) -> None:
        self._flush()
        found = self.db.execute(
            "SELECT event, group_concat(why, '; ') FROM"
            " (SELECT event, why, min(position) AS at FROM touched"
            "  GROUP BY event, why ORDER BY at)"
            " GROUP BY event ORDER BY min(at)"
        )
        while chunk := dict(islice(found, CHUNK)):
            publication.publish(chunk)
            if progress:
                progress(len(chunk))

    # What the batch leaves behind

    def _finish(self, actions: Counter[str]) -> None:
        found = self.db.execute("SELECT facet, value, count FROM facet_values")
        counts = {(facet, value): count for facet, value, count in found}
        for table, rows in subjects.catalogue_rows(self.catalogue, counts):
            self.db.execute(f"DELETE FROM {table}")
            tables.insert(self.db, table, rows)
        (first,) = log.read(self.db, self.batch.first - 1, self.batch.first)
        (head,) = log.read(self.db, self.batch.last - 1, self.batch.last)
        done = [
            sum(count for kind, count in actions.items() if kind.endswith(f".{action}"))
            for action in ("recorded", "corrected", "retracted")
        ]
        row = (*(self.batch.id, head.recorded_at, _note(first)), *self.batch[1:], *done)
        tables.insert(self.db, "batches", [row])
        tables.track(self.db, head.position, head.digest)


def _note(entry: Entry) -> str | None:
    if not entry.stream.startswith("batch/"):
        return None
    header: dict[str, Any] = msgspec.json.decode(entry.data)
    return header.get("note")


def _why(entry: Entry, own: bool = False) -> str:
    """The reason that a record gives, with its stream unless it is the event's own."""
    action = entry.type.partition(".")[2]
    reason = "" if action == "recorded" else msgspec.json.decode(entry.data)["because"]
    if own:
        return reason or "recorded"
    return f"{entry.stream} {action}" + (f": {reason}" if reason else "")
