"""Fold one batch into the tables: the catalogue first, then accounts and events."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from chronology.model.edtf import Date
from chronology.model.errors import CorruptLog
from chronology.projections import subject_rows, tables
from chronology.projections.catalogue import (
    Catalogue,
    catalogue_entries,
    files_named,
    read_states,
    read_text,
    split_stream,
)
from chronology.projections.row_builder import LogRecord, RowBuilder, TouchedEvent, reason
from chronology.projections.row_writer import BatchRange, RowWriter
from chronology.store import log
from chronology.store.log import Entry

CHUNK = 1_000
CHUNK_BYTES = 2 << 20
"""Records that are read, and events that are updated, at a time. The rows do not depend on it."""
_ACCOUNT_BYTES = 400
"""The share of an account in a chunk beside its texts."""
Progress = Callable[[int], None]
"""Called with how many more records were folded."""

_SIZE_OF_EVENT = f"""
coalesce((SELECT sum({_ACCOUNT_BYTES} + length(at) + length(claims) + coalesce(length(says), 0))
    FROM accounts WHERE accounts.event = touched.event), 0)
+ coalesce((SELECT sum(length(data)) FROM log
    WHERE stream = 'event/' || touched.event AND position <= :last), 0)
+ coalesce((SELECT length(places) + length(formations) + length(people) + length(sources)
    FROM events WHERE id = touched.event), 0)
"""
"""The bytes of a changed event, of its accounts and of the names in its row, about."""

_TOUCHED = "touched (event TEXT, position INTEGER, reason TEXT)"
_ACTIONS = """
SELECT coalesce(sum(type GLOB '*.recorded'), 0), coalesce(sum(type GLOB '*.corrected'), 0),
    coalesce(sum(type GLOB '*.retracted'), 0)
FROM log WHERE position BETWEEN ? AND ? AND stream NOT GLOB 'batch/*'
"""


class BatchProjector:
    """Folds one batch into the tables, which then reflect the log up to the batch's end."""

    def __init__(self, db: sqlite3.Connection, catalogue: Catalogue, batch: BatchRange) -> None:
        self.db = db
        self.catalogue = catalogue
        self.batch = batch

    def run(self, progress: Progress | None = None) -> bool:
        """Folds the batch; False if the columns no longer fit, so that all must be rebuilt."""
        before, zero = self.catalogue.layout, self._zero
        self.db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {_TOUCHED}")
        self.db.execute("DELETE FROM temp.touched")
        self._apply_catalogue()
        if self.catalogue.chronology is None:
            raise CorruptLog(f"position {self.batch.last}: no chronology is recorded before it")
        if before != self.catalogue.layout:
            return False
        writer = RowWriter(self.db, self.catalogue, self.batch)
        is_most = tables.is_most(self.batch.last - self.batch.first, self.batch.first)
        if is_most:
            tables.drop_indexes(self.db)
        self._insert_new(writer, progress)
        if is_most:
            tables.create_indexes(self.db)
        if zero != self._zero:
            self._update_elapsed_accounts()
        self._update_touched(writer)
        writer.write_counts()
        _finish(self.db, self.catalogue, self.batch)
        return True

    @property
    def _zero(self) -> Date | None:
        chronology = self.catalogue.chronology
        return chronology.zero if chronology else None

    # The catalogue

    def _apply_catalogue(self) -> None:
        """Applies the catalogue's records, and marks the events whose rows they may change."""
        for entry in catalogue_entries(self.db, self.batch.first, self.batch.last):
            if entry.version > 1:
                self._touch_linked(*split_stream(entry.stream), entry)
            self.catalogue.apply(entry)

    def _touch(self, events: Iterable[TouchedEvent]) -> None:
        self.db.executemany("INSERT INTO touched VALUES (?, ?, ?)", events)

    def _touch_linked(self, subject: str, name: str, entry: Entry) -> None:
        where, params = "", [entry.position, reason(entry.stream, entry.type, entry.data)]
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

    def _insert_new(self, writer: RowWriter, progress: Progress | None) -> None:
        """Writes the events that only this batch records, and marks those to be updated."""
        builder = RowBuilder(
            self.catalogue, writer.value_ids, self.batch.change, self._amended_streams()
        )
        amended: dict[str, tuple[int, str]] = {}
        for chunk in self._chunks():
            for rows in builder.build(chunk):
                writer.insert(rows)
                self._touch(rows.touched)
                amended.update(rows.amended)
            if progress:
                progress(len(chunk))
        writer.insert_versions()
        self._write_amended(amended)

    def _amended_streams(self) -> set[str]:
        """The streams in the batch that have more than one record up to its end."""
        rows = self.db.execute(
            "SELECT DISTINCT stream FROM log WHERE position BETWEEN ? AND ?"
            " AND (version > 1 OR type NOT GLOB '*.recorded')",
            (self.batch.first, self.batch.last),
        )
        return {stream for (stream,) in rows}

    def _chunks(self) -> Iterator[list[LogRecord]]:
        """The batch's records in order; an event and the accounts after it share a chunk.

        If they are too many, the event is updated afterwards.
        """
        records = self.db.execute(
            "SELECT position, stream, version, type, recorded_at, data FROM log"
            " WHERE position BETWEEN ? AND ? ORDER BY position",
            (self.batch.first, self.batch.last),
        )
        chunk: list[LogRecord] = []
        size = 0
        for record in records:
            share = max(len(chunk) / CHUNK, size / CHUNK_BYTES)
            if share >= (2 if record[1].startswith("account/") else 1):
                yield chunk
                chunk, size = [], 0
            chunk.append(record)
            size += len(record[-1])
        if chunk:
            yield chunk

    def _write_amended(self, changes: dict[str, tuple[int, str]]) -> None:
        """Writes accounts with more than one record; `changes` are positions and reasons by id."""
        names = iter(changes)
        while some := list(islice(names, CHUNK)):
            sizes = self.db.execute(
                "SELECT value, (SELECT sum(length(data)) FROM log"
                "  WHERE stream = 'account/' || value AND position <= ?) FROM json_each(?)",
                (self.batch.last, json.dumps(some)),
            ).fetchall()
            for chunk in _in_chunks((name, _ACCOUNT_BYTES + size) for name, size in sizes):
                self._write_accounts({name: changes[name] for name in chunk})

    def _write_accounts(self, changes: dict[str, tuple[int, str]]) -> None:
        old = self.db.execute(
            "SELECT id, event FROM accounts WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(changes)),),
        ).fetchall()
        self._touch((event, *changes[name]) for name, event in old)
        tables.delete(self.db, "accounts", "id", changes)
        tables.delete(self.db, "claims", "account", changes)
        states = {
            name: state._replace(fields=self.catalogue.resolved(state.fields))
            for name, (state, _) in read_states(
                self.db, "account", changes, self.batch.last
            ).items()
            if state
        }
        event_of = {name: state.fields.event for name, state in states.items()}
        self.db.executemany(
            "INSERT OR IGNORE INTO former_accounts VALUES (?, ?)",
            ((event, name) for name, event in old if event_of.get(name) != event),
        )
        for name, state in states.items():
            tables.insert(self.db, "accounts", [subject_rows.account_cells(name, *state)])
            tables.insert(self.db, "claims", list(subject_rows.claim_rows(name, state.fields)))
        self._touch((event, *changes[name]) for name, event in event_of.items())

    def _update_elapsed_accounts(self) -> None:
        """Writes the accounts again whose dates count from the zero of the chronology."""
        rows = self.db.execute(
            "SELECT DISTINCT substr(stream, 9) FROM log WHERE stream GLOB 'account/*'"
            " AND position < ? AND instr(data, ?)"
            " AND substr(stream, 9) IN (SELECT id FROM accounts)",
            (self.batch.first, '"date":"T'),
        )
        changed = {name: (self.batch.last, "chronology corrected") for (name,) in rows.fetchall()}
        self._write_amended(changed)

    def _update_touched(self, writer: RowWriter) -> None:
        writer.delete_touched()
        rows = self.db.execute(
            f"SELECT event, group_concat(reason, '; '), {_SIZE_OF_EVENT}"
            " FROM (SELECT event, reason, min(position) AS first FROM touched"
            "  GROUP BY event, reason ORDER BY first) AS touched"
            " GROUP BY event ORDER BY min(first), event",
            {"last": self.batch.last},
        )
        sized = (((event, text), size + len(text)) for event, text, size in rows)
        for chunk in _in_chunks(sized):
            writer.update(dict(chunk))


T = TypeVar("T")


def _in_chunks(sized: Iterable[tuple[T, int]]) -> Iterator[list[T]]:
    """Some things in groups of limited number and size."""
    chunk: list[T] = []
    total = 0
    for one, size in sized:
        chunk.append(one)
        total += size
        if len(chunk) >= CHUNK or total >= CHUNK_BYTES:
            yield chunk
            chunk, total = [], 0
    if chunk:
        yield chunk


def _finish(db: sqlite3.Connection, catalogue: Catalogue, batch: BatchRange) -> None:
    """Writes the tables of the catalogue and the row of the batch, and tracks the new head."""
    rows_of_facets = db.execute("SELECT facet, value, count FROM facet_values")
    counts = {(facet, value): count for facet, value, count in rows_of_facets}
    for table, rows in subject_rows.catalogue_rows(catalogue, counts):
        db.execute(f"DELETE FROM {table}")
        tables.insert(db, table, rows)
    (first,) = log.read(db, batch.first - 1, batch.first)
    (head,) = log.read(db, batch.last - 1, batch.last)
    _insert_media_files(db, batch)
    actions = db.execute(_ACTIONS, (batch.first, batch.last)).fetchone()
    row = (batch.id, batch.recorded_at, _note(first), batch.first, batch.last, *actions)
    tables.insert(db, "batches", [row])
    tables.track(db, head.position, head.digest)


def _insert_media_files(db: sqlite3.Connection, batch: BatchRange) -> None:
    rows = db.execute(
        "SELECT position, data FROM log WHERE position BETWEEN ? AND ?"
        """ AND instr(data, '"media"') ORDER BY position""",
        (batch.first, batch.last),
    )
    files = [(file, position) for position, data in rows.fetchall() for file in files_named(data)]
    db.executemany("INSERT OR IGNORE INTO media_files VALUES (?, ?)", files)


def _note(entry: Entry) -> str | None:
    if not entry.stream.startswith("batch/"):
        return None
    return read_text(entry.data, "note")
