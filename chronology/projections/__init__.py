"""Projections: every published table, folded from the log, and nothing that is not in it.

`catch_up` folds what the log holds beyond the tracked position, batch by batch; `rebuild` folds
all of it again. Both leave the same rows, whatever the way. Rows change at the end of a batch.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from typing import Any, NamedTuple

import msgspec

from chronology import log
from chronology.errors import CorruptLog
from chronology.log import FIELDS, Entry
from chronology.projections import events, state, subjects, tables
from chronology.projections.events import Told
from chronology.projections.state import CATALOGUED, Catalogue, State, split

CHUNK = 500
Progress = Callable[[int], None]


class _Batch(NamedTuple):
    """Where one batch stands in the log."""

    id: str
    first: int
    last: int


def position(db: sqlite3.Connection) -> int:
    """The position up to which the tables reflect the log, 0 if there are none."""
    if not tables.exist(db):
        return 0
    found = db.execute("SELECT position FROM tracking").fetchone()
    return int(found[0]) if found else 0


def is_current(db: sqlite3.Connection) -> bool:
    """Whether the tables reflect the whole log and are of this version of the code."""
    if not tables.exist(db):
        return log.head(db).position == 0
    found = db.execute("SELECT position, version FROM tracking").fetchone()
    return found == (log.head(db).position, tables.VERSION)


def catch_up(db: sqlite3.Connection, progress: Progress | None = None) -> None:
    """Brings the tables to the head of the log, inside the caller's transaction."""
    if tables.exist(db):
        found = db.execute("SELECT version FROM tracking").fetchone()
        if found != (tables.VERSION,):
            return rebuild(db, progress)
    done = position(db)
    catalogue = state.load(db, done)
    for batch in _batches(db, done):
        if not _Fold(db, catalogue, batch).run(progress):
            return rebuild(db, progress)
    return None


def rebuild(db: sqlite3.Connection, progress: Progress | None = None) -> None:
    """Drops all tables and folds the log from the first record, in the caller's transaction."""
    tables.drop(db)
    final = state.load(db)
    if final.chronology is None:
        return
    tables.create(db, final.chronology)
    catalogue = Catalogue()
    for batch in _batches(db, 0):
        _Fold(db, catalogue, batch, fresh=True).run(progress)


def _batches(db: sqlite3.Connection, after: int) -> Iterator[_Batch]:
    found = db.execute(
        "SELECT batch, min(position), max(position) FROM log WHERE position > ?"
        " GROUP BY batch ORDER BY 2",
        (after,),
    )
    return iter([_Batch(*row) for row in found])


def verify(db: sqlite3.Connection) -> list[str]:
    """How the tables differ from a fresh fold of the log; O(size of the log), in memory."""
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    try:
        db.backup(fresh)
        rebuild(fresh)
        if not tables.exist(db) or not tables.exist(fresh):
            return [] if tables.exist(db) == tables.exist(fresh) else ["the tables are missing"]
        return tables.differences(db, fresh) + _search_faults(db, fresh)
    except sqlite3.OperationalError as error:
        return [f"the tables cannot be read: {error}"]
    finally:
        fresh.close()


def _search_faults(db: sqlite3.Connection, fresh: sqlite3.Connection) -> list[str]:
    sql = f"SELECT rowid, {', '.join(tables.SEARCH)} FROM events_fts ORDER BY rowid"
    numbers = "SELECT rowid, id FROM events ORDER BY rowid"
    same = all(
        db.execute(query).fetchall() == fresh.execute(query).fetchall() for query in (sql, numbers)
    )
    return [] if same else ["events_fts: the search index differs from a fresh fold of the log"]


class _Fold:
    """One batch folded into the tables: accounts first, then every event that it touches."""

    def __init__(
        self, db: sqlite3.Connection, catalogue: Catalogue, batch: _Batch, fresh: bool = False
    ) -> None:
        self.db = db
        self.catalogue = catalogue
        self.batch = batch
        self.fresh = fresh
        self.counts: Counter[tuple[str, str]] = Counter()

    def run(self, progress: Progress | None = None) -> bool:
        """Folds the batch; False if the tables' columns no longer fit, so that all is rebuilt."""
        before = self.catalogue.chronology
        self._touch_nothing()
        actions = self._take_in()
        after = self.catalogue.chronology
        if after is None:
            raise CorruptLog(f"position {self.batch.last}: no chronology is recorded before it")
        if not tables.exist(self.db):
            tables.create(self.db, after)
        elif not self.fresh and before is not None and before.dimensions != after.dimensions:
            return False
        self._accounts()
        self._events(progress)
        self._finish(actions)
        return True

    def _touch_nothing(self) -> None:
        self.db.execute(
            "CREATE TEMP TABLE IF NOT EXISTS touched (event TEXT, position INTEGER, why TEXT)"
        )
        self.db.execute("DELETE FROM touched")

    def _touch(self, rows: Iterable[tuple[str, int, str]]) -> None:
        self.db.executemany("INSERT INTO touched VALUES (?, ?, ?)", rows)

    # What the batch touches

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
        if not tables.exist(self.db):
            return
        where, params = "", [entry.position, _why(entry)]
        if subject != "chronology":
            where = "WHERE rowid IN (SELECT event FROM event_links WHERE facet = ? AND value = ?)"
            params += [subjects.LINKS[subject], name]
        self.db.execute(f"INSERT INTO touched SELECT id, ?, ? FROM events {where}", params)

    def _accounts(self) -> None:
        entries = (
            entry
            for entry in log.read(self.db, self.batch.first - 1, self.batch.last)
            if entry.stream.startswith("account/")
        )
        while chunk := list(islice(entries, CHUNK)):
            self._account_chunk(chunk)

    def _account_chunk(self, chunk: list[Entry]) -> None:
        last = {split(entry.stream)[1]: entry for entry in chunk}
        old = self.db.execute(
            "SELECT id, event FROM accounts WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(last)),),
        ).fetchall()
        self._touch((event, last[name].position, _why(last[name])) for name, event in old)
        self._delete("accounts", "id", last)
        self._delete("claims", "account", last)
        states = _states(self.db, "account", last, self.batch.last)
        rows = [subjects.account_row(n, s, self.catalogue) for n, (s, _) in states.items() if s]
        tables.insert(self.db, "accounts", rows)
        for name, (found, _) in states.items():
            if found:
                tables.insert(self.db, "claims", subjects.claim_rows(name, found.fields))
        self._touch((row["event"], row["position"], _why(last[row["id"]])) for row in rows)

    def _delete(self, table: str, column: str, values: Iterable[Any]) -> None:
        self.db.execute(
            f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",
            (json.dumps(list(values)),),
        )

    # Events

    def _events(self, progress: Progress | None) -> None:
        found = self.db.execute(
            "SELECT event, group_concat(why, '; ') FROM"
            " (SELECT event, why, min(position) AS at FROM touched"
            "  GROUP BY event, why ORDER BY at)"
            " GROUP BY event ORDER BY min(at)"
        )
        while chunk := dict(islice(found, CHUNK)):
            self._event_chunk(chunk)
            if progress:
                progress(len(chunk))

    def _event_chunk(self, why: dict[str, str]) -> None:
        told, numbers = self._told(list(why))
        old = self._published(list(why))
        new = {name: events.row(one, self.catalogue) for name, one in told.items()}
        changed = [name for name in why if not _same(old.get(name), new.get(name))]
        self._write_history(changed, old, new, why)
        # Links and search text may change where the row does not: a new name of a place, say.
        self._unlink([row["rowid"] for row in old.values()])
        self._delete("events", "id", changed)
        tables.insert(
            self.db,
            "events",
            ({"rowid": numbers[n], **self._stamp(new[n])} for n in changed if n in new),
        )
        self._link([(told[name], numbers[name], row) for name, row in new.items()])

    def _told(self, names: list[str]) -> tuple[dict[str, Told], dict[str, int]]:
        last = self.batch.last
        states = _states(self.db, "event", names, last)
        owners = dict(
            self.db.execute(
                "SELECT id, event FROM accounts WHERE event IN (SELECT value FROM json_each(?))",
                (json.dumps(names),),
            )
        )
        accounts: dict[str, list[tuple[int, str, Any]]] = {}
        for name, (found, first) in _states(self.db, "account", owners, last).items():
            if found:
                accounts.setdefault(owners[name], []).append((first, name, found.fields))
        told = {
            name: Told(name, found, [(n, a) for _, n, a in sorted(accounts.get(name, []))])
            for name, (found, _) in states.items()
            if found
        }
        return told, {name: first for name, (_, first) in states.items()}

    def _published(self, names: list[str]) -> dict[str, dict[str, Any]]:
        cursor = self.db.execute(
            "SELECT rowid AS rowid, * FROM events WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(names),),
        )
        columns = [column[0] for column in cursor.description]
        return {row[1]: dict(zip(columns, row, strict=True)) for row in cursor}

    def _stamp(self, row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "position": self.batch.last, "recorded_at": self.recorded_at}

    @property
    def recorded_at(self) -> str:
        found = self.db.execute(
            "SELECT recorded_at FROM log WHERE position = ?", (self.batch.last,)
        ).fetchone()
        return str(found[0])

    def _write_history(
        self,
        changed: list[str],
        old: dict[str, dict[str, Any]],
        new: dict[str, dict[str, Any]],
        why: dict[str, str],
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
            if name in old or name in new:
                rows.append({**self._stamp(new.get(name) or _bare(old[name])), **state_columns})
        tables.insert(self.db, "history", rows)

    def _unlink(self, numbers: list[int]) -> None:
        held = self.db.execute(
            "SELECT facet, value FROM event_links WHERE event IN (SELECT value FROM json_each(?))",
            (json.dumps(numbers),),
        )
        self.counts.subtract(Counter(held.fetchall()))
        self._delete("event_links", "event", numbers)
        self._delete("event_spans", "event", numbers)
        self._delete("events_fts", "rowid", numbers)

    def _link(self, written: list[tuple[Told, int, dict[str, Any]]]) -> None:
        links = [
            (facet, value, number)
            for told, number, row in written
            for facet, value in sorted(events.links(told, row, self.catalogue))
        ]
        self.db.executemany("INSERT INTO event_links VALUES (?, ?, ?)", links)
        self.db.executemany(
            "INSERT INTO event_spans VALUES (?, ?, ?)",
            ((number, *span) for told, number, _ in written for span in events.spans(told)),
        )
        self.counts.update((facet, value) for facet, value, _ in links)
        tables.insert(
            self.db,
            "events_fts",
            (
                {"rowid": number, **events.search_text(told, self.catalogue)}
                for told, number, _ in written
            ),
        )

    def _finish(self, actions: Counter[str]) -> None:
        self.db.executemany(
            "INSERT INTO facet_counts VALUES (?, ?, ?) ON CONFLICT (facet, value)"
            " DO UPDATE SET count = count + excluded.count",
            ((*pair, count) for pair, count in sorted(self.counts.items()) if count),
        )
        self.db.execute("DELETE FROM facet_counts WHERE count = 0")
        counts = {(f, v): n for f, v, n in self.db.execute("SELECT * FROM facet_counts")}
        for table, rows in subjects.catalogue_rows(self.catalogue, counts):
            self.db.execute(f"DELETE FROM {table}")
            tables.insert(self.db, table, rows)
        head = next(log.read(self.db, self.batch.last - 1, self.batch.last))
        first = next(log.read(self.db, self.batch.first - 1, self.batch.first))
        tables.insert(
            self.db,
            "batches",
            [
                {
                    "id": self.batch.id,
                    "recorded_at": head.recorded_at,
                    "note": _note(first),
                    "first_position": self.batch.first,
                    "last_position": self.batch.last,
                    **{a: actions[a] for a in ("recorded", "corrected", "retracted")},
                }
            ],
        )
        tables.insert(
            self.db,
            "tracking",
            [
                {
                    "projection": "timeline",
                    "position": head.position,
                    "digest": head.digest,
                    "version": tables.VERSION,
                }
            ],
        )


def _action(was: bool, remains: bool) -> str:
    if not remains:
        return "retracted"
    return "corrected" if was else "recorded"


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    return {column: value for column, value in row.items() if column != "rowid"}


def _note(entry: Entry) -> str | None:
    if not entry.stream.startswith("batch/"):
        return None
    note: str | None = msgspec.json.decode(entry.data).get("note")
    return note


def _why(entry: Entry, own: bool = False) -> str:
    """The reason that a record gives, with its stream unless it is the event's own."""
    action = entry.type.partition(".")[2]
    reason = "" if action == "recorded" else msgspec.json.decode(entry.data)["because"]
    if own:
        return reason or "recorded"
    return f"{entry.stream} {action}" + (f": {reason}" if reason else "")


def _same(old: dict[str, Any] | None, new: dict[str, Any] | None) -> bool:
    if old is None or new is None:
        return old is None and new is None
    return all(old[column] == value for column, value in new.items())


def _states(
    db: sqlite3.Connection, subject: str, names: Iterable[str], until: int
) -> dict[str, tuple[State | None, int]]:
    """The state of each stream as of a position, None if retracted, and its first position."""
    wanted = [f"{subject}/{name}" for name in names]
    rows = db.execute(
        f"SELECT {FIELDS} FROM json_each(?) CROSS JOIN log ON stream = value"
        " WHERE log.position <= ? ORDER BY key, log.version",
        (json.dumps(wanted), until),
    )
    found = {}
    for stream, group in groupby(map(Entry._make, rows), key=lambda entry: entry.stream):
        entries = list(group)
        found[split(stream)[1]] = (state.fold(entries), entries[0].position)
    return found
