"""One batch folded into the tables: the catalogue and accounts first, then events.

A batch of nothing but new events and accounts of them is folded while it is appended.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import msgspec

from chronology import log, workers
from chronology.errors import CorruptLog
from chronology.log import Entry
from chronology.projections import state, subjects, tables
from chronology.projections.publish import Extent, Publication
from chronology.projections.state import Catalogue, split
from chronology.projections.taking import NEW, Chunk, Taken, Taker, Touched, why

CHUNK = 1_000
RECORDS_ALONE = 8_000
"""So many records are folded before it pays to start another process."""
Progress = Callable[[int], None]
"""Is told how many records more have been folded."""

_TEMPORARY = (
    "touched (event TEXT, position INTEGER, why TEXT)",
    "odd (position INTEGER PRIMARY KEY, amended INTEGER NOT NULL)",
)


class Fold:
    """One batch on its way into the tables, which then reflect the log up to its end."""

    def __init__(self, db: sqlite3.Connection, catalogue: Catalogue, batch: Extent) -> None:
        self.db = db
        self.catalogue = catalogue
        self.batch = batch

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
        is_most = tables.is_most(self.batch.last - self.batch.first, self.batch.first)
        if is_most:
            tables.unindex(self.db)
        actions = self._take_in(publication, progress)
        if is_most:
            tables.index(self.db)
        self._publish(publication)
        publication.count()
        _finish(self.db, self.catalogue, self.batch, actions)
        return True

    # The catalogue

    def _catalogue(self) -> None:
        """Takes the catalogue's records in, and notes the events whose rows they may alter."""
        for entry in state.catalogued(self.db, self.batch.first, self.batch.last):
            if entry.version > 1:
                self._touch_linked(*split(entry.stream), entry)
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
            params += [subjects.LINKS[subject], name]
        if subject == "person":
            where += ' OR id IN (SELECT event FROM accounts WHERE "by" = ?)'
            params.append(name)
        self.db.execute(f"INSERT INTO touched SELECT id, ?, ? FROM events {where}", params)

    # Events and accounts

    def _take_in(self, publication: Publication, progress: Progress | None) -> Counter[str]:
        """Publishes what only this batch tells of, and notes which events else to publish."""
        actions: Counter[str] = Counter()
        taker = partial(Taker, self.catalogue, publication.number, self.batch.stamp)
        alone = 0 if self.batch.last - self.batch.first >= RECORDS_ALONE else None
        for taken in workers.ahead(taker, self._chunks(), alone):
            actions += taken.actions
            publication.record(taken)
            self._touch(taken.touched)
            if taken.amended:
                self._amend(taken.amended)
            if progress:
                progress(taken.records)
        publication.keep_states()
        return actions

    def _chunks(self) -> Iterator[Chunk]:
        """The batch's records in order, an event never apart from its accounts."""
        self._note_odd()
        start, last = self.batch.first, self.batch.last
        while start <= last:
            following = self._event_after(start) if start + CHUNK <= last else None
            end = following - 1 if following else last
            yield self._chunk(start, end)
            start = end + 1

    def _event_after(self, start: int) -> int | None:
        """An event that is some CHUNK records later; None if there is no more event."""
        for last, order in (start + CHUNK, "DESC"), (self.batch.last, "ASC"):
            found = self.db.execute(
                "SELECT position FROM log WHERE position > ? AND position <= ?"
                f" AND stream >= 'event/' AND stream < 'event0' ORDER BY position {order} LIMIT 1",
                (start, last),
            ).fetchone()
            if found:
                return int(found[0])
        return None

    def _note_odd(self) -> None:
        """Notes the records of which a chunk tells more than their stream and data."""
        _, first, last, recorded_at = self.batch
        self.db.execute(
            "INSERT INTO odd SELECT position, version > 1 OR type NOT IN (?, ?) FROM log"
            " WHERE position BETWEEN ? AND ?"
            " AND (version > 1 OR type NOT IN (?, ?) OR recorded_at <> ?)",
            (*NEW, first, last, *NEW, recorded_at),
        )
        self.db.execute(
            "INSERT OR REPLACE INTO odd SELECT log.position, 1 FROM"
            " (SELECT DISTINCT stream FROM odd CROSS JOIN log USING (position) WHERE amended)"
            " CROSS JOIN log USING (stream) WHERE log.position BETWEEN ? AND ?",
            (first, last),
        )

    def _chunk(self, first: int, last: int) -> Chunk:
        streams, data = self.db.execute(
            "SELECT group_concat(stream, ?1), group_concat(data, ?1)"
            " FROM (SELECT stream, data FROM log"
            " WHERE position BETWEEN ?2 AND ?3 ORDER BY position)",
            ("\n", first, last),
        ).fetchone()
        if streams.count("\n") == data.count("\n") == last - first:
            joined = "odd CROSS JOIN log"
        else:  # Another program wrote line breaks, or took records out.
            streams, data, joined = "", "", "log LEFT JOIN odd"
        odd = self.db.execute(
            "SELECT position, stream, version, type, recorded_at, data, coalesce(amended, 0)"
            f" FROM {joined} USING (position) WHERE position BETWEEN ? AND ?",
            (first, last),
        )
        return Chunk(first, streams, data, odd.fetchall())

    def _amend(self, last: dict[str, tuple[int, str]]) -> None:
        """Accounts of which there is more than one record, with the last one's position and why."""
        old = self.db.execute(
            "SELECT id, event FROM accounts WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(last)),),
        ).fetchall()
        self._touch((event, *last[name]) for name, event in old)
        tables.delete(self.db, "accounts", "id", last)
        tables.delete(self.db, "claims", "account", last)
        states = state.states(self.db, "account", last, self.batch.last)
        tells = {name: found.fields.event for name, (found, _) in states.items() if found}
        self.db.executemany(
            "INSERT OR IGNORE INTO former_accounts VALUES (?, ?)",
            ((event, name) for name, event in old if tells.get(name) != event),
        )
        for name, (found, _) in states.items():
            if found:
                cells = subjects.account_cells(name, found)
                event = cells[1]
                tables.insert(self.db, "accounts", [cells])
                tables.insert(self.db, "claims", list(subjects.claim_rows(name, found.fields)))
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


class Ahead:
    """A batch on its way into the tables while it is appended to the log, lot by lot.

    That goes as long as it holds nothing but new events, each with accounts of it. Otherwise what
    was taken is taken back, and the batch is folded when it is whole.
    """

    def __init__(self, db: sqlite3.Connection, catalogue: Catalogue, batch: Extent) -> None:
        self.db = db
        self.catalogue = catalogue
        self.publication = Publication(db, catalogue, batch)
        self.actions: Counter[str] = Counter()
        self.given_up = False
        self.unindexed = False

    def take(self, taken: Taken | None) -> None:
        """Takes in what `NewTaker` made of a lot that was appended; None: the batch has more."""
        if self.given_up:
            return
        if taken is None:
            self.given_up = True
            if self.actions:
                self.publication.withdraw()
                self._index()
            return
        self.actions += taken.actions
        records = self.actions.total()
        if not self.unindexed and tables.is_most(records, self.publication.batch.first):
            tables.unindex(self.db)
            self.unindexed = True
        self.publication.record(taken)

    def _index(self) -> None:
        if self.unindexed:
            tables.index(self.db)

    def finish(self, last: int) -> None:
        """Brings the tables to the end of the batch, if all of it was taken in."""
        if self.given_up:
            return
        self.publication.end(last)
        self._index()
        self.publication.count()
        _finish(self.db, self.catalogue, self.publication.batch, self.actions)


# What a batch leaves behind


def _finish(
    db: sqlite3.Connection, catalogue: Catalogue, batch: Extent, actions: Counter[str]
) -> None:
    found = db.execute("SELECT facet, value, count FROM facet_values")
    counts = {(facet, value): count for facet, value, count in found}
    for table, rows in subjects.catalogue_rows(catalogue, counts):
        db.execute(f"DELETE FROM {table}")
        tables.insert(db, table, rows)
    (first,) = log.read(db, batch.first - 1, batch.first)
    (head,) = log.read(db, batch.last - 1, batch.last)
    done = [
        sum(count for kind, count in actions.items() if kind.endswith(f".{action}"))
        for action in ("recorded", "corrected", "retracted")
    ]
    row = (batch.id, batch.recorded_at, _note(first), batch.first, batch.last, *done)
    tables.insert(db, "batches", [row])
    tables.track(db, head.position, head.digest)


def _note(entry: Entry) -> str | None:
    if not entry.stream.startswith("batch/"):
        return None
    header: dict[str, Any] = msgspec.json.decode(entry.data)
    return header.get("note")
