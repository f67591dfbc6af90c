"""One batch folded into the tables: the catalogue and accounts first, then events."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import msgspec

from chronology import log
from chronology.errors import CorruptLog
from chronology.log import Entry
from chronology.projections import state, subjects, tables
from chronology.projections.publish import Extent, Publication
from chronology.projections.state import CATALOGUED, Catalogue, split

CHUNK = 500
Progress = Callable[[int], None]


class Fold:
    """One batch on its way into the tables, which then reflect the log up to its end."""

    def __init__(self, db: sqlite3.Connection, catalogue: Catalogue, batch: Extent) -> None:
        self.db = db
        self.catalogue = catalogue
        self.batch = batch

    def run(self, progress: Progress | None = None) -> bool:
        """Folds the batch; False if the tables' columns no longer fit, so that all is rebuilt."""
        before = self.catalogue.dimensions
        self._touch_nothing()
        actions = self._take_in()
        if self.catalogue.chronology is None:
            raise CorruptLog(f"position {self.batch.last}: no chronology is recorded before it")
        if before != self.catalogue.dimensions:
            return False
        self._accounts()
        self._events(progress)
        self._finish(actions)
        return True

    # What the batch touches

    def _touch_nothing(self) -> None:
        self.db.execute(
            "CREATE TEMP TABLE IF NOT EXISTS touched (event TEXT, position INTEGER, why TEXT)"
        )
        self.db.execute("DELETE FROM touched")

    def _touch(self, rows: Iterable[tuple[str, int, str]]) -> None:
        self.db.executemany("INSERT INTO touched VALUES (?, ?, ?)", rows)

    def _take_in(self) -> Counter[str]:
        """Takes the catalogue's records in, and notes the events whose rows they may alter."""
        actions: Counter[str] = Counter()
        touched: list[tuple[str, int, str]] = []
        for entry in log.read(self.db, self.batch.first - 1, self.batch.last):
            subject, name = split(entry.stream)
            if subject == "batch":
                continue
            actions[entry.type.partition(".")[2]] += 1
            if subject == "event":
                touched.append((name, entry.position, _why(entry, own=True)))
            elif subject in CATALOGUED:
                if entry.version > 1:
                    self._touch_linked(subject, name, entry)
                self.catalogue.apply(entry)
            if len(touched) >= CHUNK:
                self._touch(touched)
                touched.clear()
        self._touch(touched)
        return actions

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

    # Accounts

    def _accounts(self) -> None:
        entries = (
            entry
            for entry in log.read(self.db, self.batch.first - 1, self.batch.last)
            if entry.stream.startswith("account/")
        )
        while chunk := list(islice(entries, CHUNK)):
            self._account_chunk({split(entry.stream)[1]: entry for entry in chunk})

    def _account_chunk(self, last: dict[str, Entry]) -> None:
        old = self.db.execute(
            "SELECT id, event FROM accounts WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(last)),),
        ).fetchall()
        self._touch((event, last[name].position, _why(last[name])) for name, event in old)
        tables.delete(self.db, "accounts", "id", last)
        tables.delete(self.db, "claims", "account", last)
        states = state.states(self.db, "account", last, self.batch.last)
        live = [(name, found) for name, (found, _) in states.items() if found]
        rows = [subjects.account_row(name, found) for name, found in live]
        tables.insert(self.db, "accounts", rows)
        told = [{"event": row["event"], "account": row["id"]} for row in rows]
        tables.insert(self.db, "event_accounts", told)
        for name, found in live:
            tables.insert(self.db, "claims", subjects.claim_rows(name, found.fields))
        self._touch((row["event"], row["position"], _why(last[row["id"]])) for row in rows)

    # Events, and what the batch leaves behind

    def _events(self, progress: Progress | None) -> None:
        publication = Publication(self.db, self.catalogue, self.batch)
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
        publication.count()

    def _finish(self, actions: Counter[str]) -> None:
        found = self.db.execute("SELECT facet, value, count FROM facet_values")
        counts = {(facet, value): count for facet, value, count in found}
        for table, rows in subjects.catalogue_rows(self.catalogue, counts):
            self.db.execute(f"DELETE FROM {table}")
            tables.insert(self.db, table, rows)
        (first,) = log.read(self.db, self.batch.first - 1, self.batch.first)
        (head,) = log.read(self.db, self.batch.last - 1, self.batch.last)
        row = {
            "id": self.batch.id,
            "recorded_at": head.recorded_at,
            "note": _note(first),
            "first_position": self.batch.first,
            "last_position": self.batch.last,
            **{action: actions[action] for action in ("recorded", "corrected", "retracted")},
        }
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
