"""One batch folded into the tables: the catalogue and accounts first, then events."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec

from chronology.model.errors import CorruptLog
from chronology.projections import subject_rows, tables
from chronology.projections.catalogue import Catalogue, catalogue_entries, read_states, split_stream
from chronology.projections.row_builder import LogRecord, RowBuilder, Touched, why
from chronology.projections.row_writer import BatchRange, Publication
from chronology.store import log
from chronology.store.log import Entry

CHUNK = 1_000
Progress = Callable[[int], None]
"""Called with how many more records were folded."""

_TOUCHED = "touched (event TEXT, position INTEGER, why TEXT)"
_ACTIONS = """
SELECT coalesce(sum(type GLOB '*.recorded'), 0), coalesce(sum(type GLOB '*.corrected'), 0),
    coalesce(sum(type GLOB '*.retracted'), 0)
FROM log WHERE position BETWEEN ? AND ? AND stream NOT GLOB 'batch/*'
"""


class Fold:
    """One batch on its way into the tables, which then reflect the log up to its end."""

    def __init__(self, db: sqlite3.Connection, catalogue: Catalogue, batch: BatchRange) -> None:
        self.db = db
        self.catalogue = catalogue
        self.batch = batch

    def run(self, progress: Progress | None = None) -> bool:
        """Folds the batch; False if the tables' columns no longer fit, so that all is rebuilt."""
        before = self.catalogue.dimensions
        self.db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {_TOUCHED}")
        self.db.execute("DELETE FROM temp.touched")
        self._catalogue()
        if self.catalogue.chronology is None:
            raise CorruptLog(f"position {self.batch.last}: no chronology is recorded before it")
        if before != self.catalogue.dimensions:
            return False
        publication = Publication(self.db, self.catalogue, self.batch)
        is_most = tables.is_most(self.batch.last - self.batch.first, self.batch.first)
        if is_most:
            tables.unindex(self.db)
        self._add_records(publication, progress)
        if is_most:
            tables.index(self.db)
        self._publish(publication)
        publication.count()
        _finish(self.db, self.catalogue, self.batch)
        return True

    # The catalogue

    def _catalogue(self) -> None:
        """Takes the catalogue's records in, and notes the events whose rows they may alter."""
        for entry in catalogue_entries(self.db, self.batch.first, self.batch.last):
            if entry.version > 1:
                self._touch_linked(*split_stream(entry.stream), entry)
            self.catalogue.apply(entry)

    def _touch(self, rows: Iterable[Touched]) -> None:
        self.db.executemany("INSERT INTO touched VALUES (?, ?, ?)", rows)

    def _touch_linked(self, subject: str, name: str, entry: Entry) -> None:
        where, params = "", [entry.position, why(entry.stream, entry.type, entry.data)]
        if subject != "chronology":
            where = (
                "WHERE number IN (SELECT event FROM event_links WHERE value ="
                " (SELECT number FROM facet_values WHERE facet = ? AND value = ?))"
            )
            params += [subject_rows.LINKS[subject], name]
        if subject == "person":
            where += ' OR id IN (SELECT event FROM accounts WHERE "by" = ?)'
            params.append(name)
        self.db.execute(f"INSERT INTO touched SELECT id, ?, ? FROM events {where}", params)

    # Events and accounts

    def _add_records(self, publication: Publication, progress: Progress | None) -> None:
        """Writes what only this batch records, and notes the other events to publish."""
        change = self.batch.change
        builder = RowBuilder(self.catalogue, publication.number, change, self._amended())
        for chunk in self._chunks():
            rows = builder.build(chunk)
            publication.add(rows)
            self._touch(rows.touched)
            if rows.amended:
                self._amend(rows.amended)
            if progress:
                progress(len(chunk))
        publication.add_states()

    def _amended(self) -> set[str]:
        """The streams of the batch of which its first record here is not all."""
        found = self.db.execute(
            "SELECT DISTINCT stream FROM log WHERE position BETWEEN ? AND ?"
            " AND (version > 1 OR type NOT GLOB '*.recorded')",
            (self.batch.first, self.batch.last),
        )
        return {stream for (stream,) in found}

    def _chunks(self) -> Iterator[list[LogRecord]]:
        """The batch's records in order, an event never apart from its accounts."""
        found = self.db.execute(
            "SELECT position, stream, version, type, recorded_at, data FROM log"
            " WHERE position BETWEEN ? AND ? ORDER BY position",
            (self.batch.first, self.batch.last),
        )
        chunk: list[LogRecord] = []
        for record in found:
            if len(chunk) >= CHUNK and not record[1].startswith("account/"):
                yield chunk
                chunk = []
            chunk.append(record)
        if chunk:
            yield chunk

    def _amend(self, last: dict[str, tuple[int, str]]) -> None:
        """Accounts of which there is more than one record, with the last one's position and why."""
        old = self.db.execute(
            "SELECT id, event FROM accounts WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(last)),),
        ).fetchall()
        self._touch((event, *last[name]) for name, event in old)
        tables.delete(self.db, "accounts", "id", last)
        tables.delete(self.db, "claims", "account", last)
        states = read_states(self.db, "account", last, self.batch.last)
        tells = {name: found.fields.event for name, (found, _) in states.items() if found}
        self.db.executemany(
            "INSERT OR IGNORE INTO former_accounts VALUES (?, ?)",
            ((event, name) for name, event in old if tells.get(name) != event),
        )
        for name, (found, _) in states.items():
            if found:
                event = found.fields.event
                tables.insert(self.db, "accounts", [subject_rows.account_cells(name, *found)])
                tables.insert(self.db, "claims", list(subject_rows.claim_rows(name, found.fields)))
                self._touch([(event, *last[name])])

    def _publish(self, publication: Publication) -> None:
        found = self.db.execute(
            "SELECT event, group_concat(why, '; ') FROM"
            " (SELECT event, why, min(position) AS at FROM touched"
            "  GROUP BY event, why ORDER BY at)"
            " GROUP BY event ORDER BY min(at)"
        )
        while chunk := dict(islice(found, CHUNK)):
            publication.publish(chunk)


# What a batch leaves behind


def _finish(db: sqlite3.Connection, catalogue: Catalogue, batch: BatchRange) -> None:
    found = db.execute("SELECT facet, value, count FROM facet_values")
    counts = {(facet, value): count for facet, value, count in found}
    for table, rows in subject_rows.catalogue_rows(catalogue, counts):
        db.execute(f"DELETE FROM {table}")
        tables.insert(db, table, rows)
    (first,) = log.read(db, batch.first - 1, batch.first)
    (head,) = log.read(db, batch.last - 1, batch.last)
    done = db.execute(_ACTIONS, (batch.first, batch.last)).fetchone()
    row = (batch.id, batch.recorded_at, _note(first), batch.first, batch.last, *done)
    tables.insert(db, "batches", [row])
    tables.track(db, head.position, head.digest)


def _note(entry: Entry) -> str | None:
    if not entry.stream.startswith("batch/"):
        return None
    header: dict[str, Any] = msgspec.json.decode(entry.data)
    return header.get("note")
