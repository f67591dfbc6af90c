"""Ingesting: a batch checked against the log, appended whole or not at all, and folded.

Everything happens in one transaction. A batch that is in the log already is compared with it:
unchanged it is passed over, edited it is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from chronology import batches, log, projections, records, schema, uses
from chronology.batches import Batch
from chronology.dates import Date
from chronology.errors import BatchRefused, Fault
from chronology.log import Entry, Head, Latest
from chronology.lots import Item, Lot, default_account
from chronology.preparing import Prepared, Preparing, new_records
from chronology.projections import events, order_of_battle, state
from chronology.projections.fold import Ahead
from chronology.projections.publish import Extent
from chronology.projections.state import CATALOGUED, Catalogue, split
from chronology.readers import below
from chronology.records import Account, Chronology, Event, Formation, Person, Place, Record

Progress = Callable[[int], None]


class Result(NamedTuple):
    """What one ingested batch brought; `records` is 0 if it was in the log already."""

    batch: str
    records: int
    head: Head


def ingest(
    db: sqlite3.Connection,
    batch: Batch,
    progress: Progress | None = None,
    folding: Progress | None = None,
) -> Result:
    """Appends a batch and folds it into the tables, or raises `BatchRefused` with all faults."""
    with schema.transaction(db):
        if is_ingested(db, batch.id):
            refuse_if_edited(db, batch)
            return Result(batch.id, 0, log.head(db))
        if not projections.is_current(db):
            projections.catch_up(db)
        before = log.head(db).position
        _Ingestion(db, batch).run(progress)
        projections.catch_up(db, folding)
        head = log.head(db)
    return Result(batch.id, head.position - before, head)


def is_ingested(db: sqlite3.Connection, batch: str) -> bool:
    """Whether the log holds a batch of this id."""
    return bool(log.versions(db, [f"batch/{batch}"])[f"batch/{batch}"])


def refuse_if_edited(db: sqlite3.Connection, batch: Batch) -> None:
    """Raises `BatchRefused` at the first record that differs from what was ingested."""
    remedy = "restore the file and append a correction in a new batch"
    held = _held(db, batch.id)
    data = records.canonical(batch.header)
    header = Item("0", "recorded", "batch", batch.id, batch.lines, data, batch.header)
    for item in chain([header], batch.items):
        entry = held.pop(f"{batch.id}/{item.number}", None)
        found = _difference(item, batch, entry)
        if found:
            path, what = found
            raise BatchRefused([Fault(batch.file, item.lines(path), what, remedy)])
    if batch.faults:
        raise BatchRefused(batch.faults)
    for entry in held.values():
        if "/move-" not in entry.record_id:
            what = f"{entry.stream} was ingested from this batch and is no longer in it"
            raise BatchRefused([Fault(batch.file, 1, what, remedy)])


def _held(db: sqlite3.Connection, batch: str) -> dict[str, Entry]:
    (first,) = log.stream(db, f"batch/{batch}")
    found = {}
    for entry in log.read(db, first.position - 1):
        if entry.batch != batch:
            break
        found[entry.record_id] = entry
    return found


def _difference(item: Item, batch: Batch, entry: Entry | None) -> tuple[records.Path, str] | None:
    """Where and how an item differs from what was ingested in its place."""
    here = item.stream if item.id else f"an {item.subject} without an id"
    if entry is None:
        return (), f"{here} was added to a batch that is in the log already"
    if entry.recorded_at != batch.recorded_at:
        what = f"was {entry.recorded_at} when ingested, and is {batch.recorded_at} now"
        return ("recorded",), f"recorded {what}"
    if entry.type != f"{item.subject}.{item.action}" or item.id not in ("", split(entry.stream)[1]):
        return (), f"{entry.type} {entry.stream} was ingested here, and {here} stands here now"
    if entry.data != item.data:
        return _changed_field(entry, item)
    if not item.id and not _is_default(entry.stream, item.fields):
        return (), f"{entry.stream} was ingested here with its id, and {here} stands here now"
    return None


def _changed_field(entry: Entry, item: Item) -> tuple[records.Path, str]:
    before, now = msgspec.json.decode(entry.data), msgspec.json.decode(item.data)
    key = next(k for k in sorted({*before, *now}) if before.get(k) != now.get(k))
    old, new = (records.canonical(data[key]) if key in data else "absent" for data in (before, now))
    return (key,), f"{entry.stream}: {key} was {old} when ingested, and is {new} now"


def _is_default(stream: str, account: Account) -> bool:
    """Whether an account's id is one that it gets when it is recorded without any."""
    prefix = f"account/{account.event}-{account.source}-"
    return stream.startswith(prefix) and stream.removeprefix(prefix).isdecimal()


@dataclass(frozen=True, slots=True)
class _Reference:
    """Something that an item names and that has to exist at the end of the batch."""

    stream: str
    line: int
    said_by: str


_VOCABULARIES = {"kind": "kinds", "side": "sides", "level": "levels"}
_overlap = lru_cache(maxsize=1 << 14)(Date.overlaps)


class _Ingestion:
    """One new batch on its way into the log."""

    def __init__(self, db: sqlite3.Connection, batch: Batch) -> None:
        self.db = db
        self.batch = batch
        self.catalogue: Catalogue = state.load(db)
        self.head = log.head(db)
        self.accounts = uses.Accounts(db, self.head.position)
        self.waiting: list[tuple[Record, int]] = []
        self.latest: dict[str, Latest | None] = {}
        self.missing: list[_Reference] = []
        self.lines: dict[str, int] = {}
        self.without_chronology = False
        self.ahead: Ahead | None = None

    def run(self, progress: Progress | None) -> None:
        self._check_order()
        header = records.canonical(self.batch.header)
        self._append("0", f"batch/{self.batch.id}", "batch.recorded", header)
        self._flush()
        if self.catalogue.chronology:
            self._fold_meanwhile()
        with schema.Unguarded(self.db) as unguarded:
            for lot in self.batch.lots:
                self._take_lot(lot)
                unguarded.count(len(lot))
                if progress:
                    progress(len(lot))
        self._check_whole()
        if self.batch.faults:
            raise BatchRefused(self.batch.faults)
        if self.ahead:
            self.ahead.finish(self.head.position)

    def _fold_meanwhile(self) -> None:
        first = self.head.position
        batch = Extent(self.batch.id, first, first, self.batch.recorded_at)
        self.ahead = Ahead(self.db, self.catalogue, batch)
        self.batch.prepare = Preparing(self.ahead, lambda: self.head)

    def _take_lot(self, lot: Lot) -> None:
        together = self._take_together(lot)
        if not together:
            self._take_one_by_one(lot)
        if self.ahead:
            self.ahead.take(lot.prepared.taken if together and lot.prepared else None)

    def _check_order(self) -> None:
        last = log.head(self.db).position
        if not last:
            return
        (entry,) = log.read(self.db, last - 1)
        if self.batch.recorded_at < entry.recorded_at:
            self.batch.fault(
                self.batch.lines(("recorded",)),
                f"recorded {self.batch.recorded_at} is earlier than the head of the log,"
                f" {entry.recorded_at}",
                "give it the time at which it is recorded now",
            )

    def _take_together(self, lot: Lot) -> bool:
        """Appends a lot of new events and accounts; False, and nothing, if any of it may be wrong.

        What passes here would pass one by one.
        """
        new, chronology = lot.new, self.catalogue.chronology
        if new is None or chronology is None or not new.kinds <= chronology.kinds.keys():
            return False
        if any(not _overlap(records.parsed(date), chronology.window) for date in new.dates):
            return False
        for subject, names in new.names.items():
            if not names <= self.catalogue.members(subject).states.keys():
                return False
        self._flush()
        if log.has_any(self.db, new.streams):
            return False
        found: Prepared | None = lot.prepared
        if found and found.after == self.head:
            rows = found.rows(self.batch.id, self.batch.recorded_at, new)
            log.append_rows(self.db, rows)
            self.head = found.head
        else:
            self.waiting += new_records(self.batch.id, self.batch.recorded_at, new)
            self._flush()
        return True

    def _take_one_by_one(self, lot: Lot) -> None:
        items = list(lot)
        self._look_ahead(items)
        for item in items:
            self._take(item)
        self._flush()

    def _look_ahead(self, chunk: list[Item]) -> None:
        """One look-up for what the chunk touches, instead of one for each item."""
        wanted = {item.stream for item in chunk if item.id}
        for item in chunk:
            if item.subject == "account" and item.fields:
                wanted.add(f"event/{item.fields.event}")
                if not item.id:
                    wanted.add(default_account(item.fields, 1))
        self.latest = {**dict.fromkeys(wanted), **log.latest(self.db, wanted)}

    def _last(self, stream: str) -> str | None:
        """The type of a stream's last record, those of this batch included."""
        if stream not in self.latest:
            self.latest[stream] = log.latest(self.db, [stream]).get(stream)
        last = self.latest[stream]
        return last.type if last else None

    def _is_live(self, stream: str) -> bool:
        last = self._last(stream)
        return last is not None and not last.endswith(".retracted")

    def _append(self, number: str, stream: str, kind: str, data: str) -> None:
        before = self.latest.get(stream)
        after = Latest(before.version + 1 if before else 1, kind)
        batch = self.batch
        record = Record(f"{batch.id}/{number}", stream, kind, batch.recorded_at, batch.id, data)
        self.waiting.append((record, after.version))
        self.latest[stream] = after

    def _flush(self) -> None:
        self.head = log.append_new(self.db, self.head, self.waiting)
        self.waiting.clear()

    def _fault(self, item: Item, path: records.Path, what: str, remedy: str) -> None:
        self.batch.fault(item.lines(path), f"{item.stream}: {what}", remedy)

    def _take(self, item: Item) -> None:
        faults = len(self.batch.faults)
        if item.action == "recorded":
            item = self._named(item)
            self._check_new(item)
            fields = item.fields
        else:
            fields = self._check_change(item)
        if item.action != "retracted" and len(self.batch.faults) == faults:
            told = item._replace(lines=below(item.lines, "set")) if item.change else item
            _CHECKS[item.subject](self, told, fields)
        if len(self.batch.faults) > faults:
            self.batch.faulty.add(item.stream)
            return
        self._append(item.number, item.stream, f"{item.subject}.{item.action}", item.data)
        if item.subject in CATALOGUED:
            self.lines[item.stream] = item.lines(())
            self._catalogue(item)

    def _catalogue(self, item: Item) -> None:
        self.catalogue.apply(
            Entry(
                *(0, "", item.stream, 0, f"{item.subject}.{item.action}"),
                *(self.batch.recorded_at, self.batch.id, item.data, ""),
            )
        )

    def _named(self, item: Item) -> Item:
        """The item with the id that an account without one gets."""
        if item.id:
            return item
        number = 1
        while self._last(stream := default_account(item.fields, number)):
            number += 1
        return item._replace(id=split(stream)[1])

    def _check_new(self, item: Item) -> None:
        last = self._last(item.stream)
        if last is None:
            return
        what = "was retracted, and ids are never used again"
        if not last.endswith(".retracted"):
            what = "is recorded already"
        self._fault(
            item, (item.subject,), f"the id {item.id!r} {what}", "choose another, or correct it"
        )

    def _check_change(self, item: Item) -> Any:
        if not self._is_live(item.stream):
            gone = "was retracted" if self._last(item.stream) else "is not recorded"
            verb = "correct" if item.action == "corrected" else "retract"
            self._fault(item, (verb,), f"it {gone}", "name a live record as <subject>/<id>")
            return None
        if item.action == "retracted":
            self._retract(item)
            return None
        self._flush()
        before = self._state(item.stream)
        after = records.load(records.SUBJECTS[item.subject], records.amend(before, item.change))
        if records.canonical(before) == records.canonical(after):
            self._fault(item, (), "the correction changes nothing", "leave it out")
        return after

    def _state(self, stream: str) -> Any:
        found = state.fold(log.stream(self.db, stream))
        assert found is not None
        return found.fields

    # Retraction

    def _retract(self, item: Item) -> None:
        into = item.change.get("into")
        if item.subject == "event":
            self._move_accounts(item, into)
        elif into is not None:
            self._fault(item, ("into",), "only an event has accounts to move", "leave 'into' out")
        if item.subject == "chronology":
            self._fault(item, (), "a chronology cannot be retracted", "correct it")

    def _move_accounts(self, item: Item, into: str | None) -> None:
        if into is not None and (into == item.id or not self._is_live(f"event/{into}")):
            self._fault(item, ("into",), f"{into!r} is no other live event", "name a live event")
            return
        self._flush()
        accounts = self.accounts.of(item.id)
        if accounts and into is None:
            self._fault(
                item,
                (),
                f"it still has the accounts {', '.join(accounts)}",
                "say into which event they move, or retract them first",
            )
            return
        for index, account in enumerate(accounts, 1):
            moved = {"set": {"event": into}, "because": item.change["because"]}
            number = f"{item.number}/move-{index}"
            stream = f"account/{account}"
            self._last(stream)
            self._append(number, stream, "account.corrected", records.canonical(moved))

    # What a subject's fields refer to

    def _refer(self, item: Item, path: records.Path, subject: str, name: str | None) -> None:
        if name is not None and not self._is_known(subject, name):
            self.missing.append(_Reference(f"{subject}/{name}", item.lines(path), item.stream))

    def _is_known(self, subject: str, name: str) -> bool:
        if subject in ("event", "account"):
            return self._is_live(f"{subject}/{name}")
        return name in self.catalogue.members(subject).states

    def _vocabulary(self, item: Item, key: str, value: str | None) -> None:
        chronology = self.catalogue.chronology
        if chronology is None:
            self._without_chronology(item)
            return
        known: dict[str, str] = getattr(chronology, _VOCABULARIES[key])
        if value is not None and value not in known:
            what = f"{value!r} is no {key} of the chronology"
            self._fault(item, (key,), what, f"known are {', '.join(known)}")

    def _without_chronology(self, item: Item) -> None:
        """Told once, and not where the chronology itself is at fault."""
        if not self.without_chronology and not self._has_faulty("chronology"):
            what = "no chronology is recorded before it"
            self._fault(item, (), what, "begin the first batch with one")
        self.without_chronology = True

    def _has_faulty(self, subject: str) -> bool:
        return any(split(stream)[0] == subject for stream in self.batch.faulty)

    def _unique_name(self, item: Item, fields: Any) -> None:
        other = self.catalogue.members(item.subject).by_name.get(fields.name)
        if other is not None and other != item.id:
            what = f"the name {fields.name!r} is that of {item.subject}/{other}"
            self._fault(item, ("name",), what, "names are unique: add what tells them apart")

    def _statements(self, item: Item, fields: Any) -> None:
        for index, statement in enumerate(fields.statements):
            self._refer(item, ("statements", index, "source"), "source", statement.source)

    def check_chronology(self, item: Item, fields: Chronology) -> None:
        if item.action == "recorded" and self.catalogue.chronology is not None:
            self._fault(item, (), "the log has its chronology already", "correct that one")
        if not fields.window.earliest or not fields.window.latest:
            self._fault(item, ("window",), "the window is open", "give its first and last day")
        for column, level in fields.declared.items():
            where = ("dimensions", column)
            if level not in fields.levels:
                self._fault(item, where, f"{level!r} is no level", "add it to the levels")
            if column in events.RESERVED:
                self._fault(item, where, f"{column!r} is a column already", "choose another name")

    def check_source(self, item: Item, fields: Any) -> None:
        self._unique_name(item, fields)
        self._statements(item, fields)

    def check_place(self, item: Item, fields: Place) -> None:
        self._unique_name(item, fields)
        self._statements(item, fields)
        self._refer(item, ("within",), "place", fields.within)
        if (fields.latitude is None) != (fields.longitude is None):
            self._fault(item, (), "it has only one of latitude and longitude", "give both")

    def check_person(self, item: Item, fields: Person) -> None:
        self._unique_name(item, fields)
        self._statements(item, fields)
        self._vocabulary(item, "side", fields.side)

    def check_formation(self, item: Item, fields: Formation) -> None:
        self._unique_name(item, fields)
        self._statements(item, fields)
        self._vocabulary(item, "side", fields.side)
        self._vocabulary(item, "level", fields.level)
        for index, attachment in enumerate(fields.attached):
            self._refer(item, ("attached", index, "to"), "formation", attachment.to)
            self._refer(item, ("attached", index, "source"), "source", attachment.source)
        for index, command in enumerate(fields.commanders):
            self._refer(item, ("commanders", index, "person"), "person", command.person)
            self._refer(item, ("commanders", index, "source"), "source", command.source)

    def check_event(self, item: Item, fields: Event) -> None:
        self._vocabulary(item, "kind", fields.kind)
        chronology = self.catalogue.chronology
        if chronology is not None and not _overlap(fields.date, chronology.window):
            self._fault(
                item,
                ("date",),
                f"{fields.date} cannot fall in the window {chronology.window}",
                "mend the date, or keep it as a statement of a subject",
            )
        for index, ref in enumerate(fields.places):
            self._refer(item, ("places", index), "place", ref.place)
        for index, formation in enumerate(fields.formations):
            self._refer(item, ("formations", index), "formation", formation)
        for index, person in enumerate(fields.people):
            self._refer(item, ("people", index), "person", person)
        self._check_repeats(item, fields)
        self._check_distinct(item, fields)

    def _check_repeats(self, item: Item, fields: Event) -> None:
        """A formation or a person is named once, a place once in each role."""
        if max(len(fields.places), len(fields.formations), len(fields.people)) < 2:
            return
        named: dict[str, list[tuple[str, ...]]] = {
            "places": [(ref.place, ref.role) for ref in fields.places],
            "formations": [(formation,) for formation in fields.formations],
            "people": [(person,) for person in fields.people],
        }
        for key, members in named.items():
            for index, member in enumerate(members):
                if member in members[:index]:
                    what = f"{key}: {member[0]!r} is named twice"
                    self._fault(item, (key, index), what, "leave one out")

    def _check_distinct(self, item: Item, fields: Event) -> None:
        """Only what this record says: an event that it was told from may be retracted since."""
        if item.action == "corrected" and "distinct" not in item.change.get("set", {}):
            return
        for index, other in enumerate(fields.distinct):
            path = ("distinct", index, "event")
            if other.event == item.id:
                what = "it is told from itself"
                self._fault(item, path, what, "name the other event")
            self._refer(item, path, "event", other.event)

    def check_account(self, item: Item, fields: Account) -> None:
        self._refer(item, ("event",), "event", fields.event)
        self._refer(item, ("source",), "source", fields.source)
        if fields.by is not None and records.is_id(fields.by):
            self._refer(item, ("by",), "person", fields.by)

    # The batch as a whole

    def _check_whole(self) -> None:
        self.latest.clear()
        for reference in self.missing:
            self._check_reference(reference)
        if self.catalogue.chronology is None and not self.batch.faults:
            self.batch.fault(1, "no chronology is recorded", "begin the first batch with one")
        for stream, line in self.lines.items():
            self._check_member(stream, line)

    def _check_reference(self, reference: _Reference) -> None:
        subject, name = split(reference.stream)
        if self.batch.has_gaps or reference.stream in self.batch.faulty:
            return
        if not self._is_known(subject, name):
            self.batch.fault(
                reference.line,
                f"{reference.said_by}: unknown {subject} {name!r}",
                f"record the {subject}, or mend the id",
            )

    def _check_member(self, stream: str, line: int) -> None:
        subject, name = split(stream)
        if name not in self.catalogue.members(subject):
            for user in uses.of(self.db, subject, name):
                what = f"{stream} is retracted while {user} still names it"
                self.batch.fault(line, what, f"correct {user} first")
        elif subject == "formation" and (cycle := order_of_battle.find_cycle(self.catalogue, name)):
            what = f"{stream}: the attachments lead back to it: {' → '.join(cycle)}"
            self.batch.fault(line, what, "mend one of the attachments")
        elif subject == "place" and self._is_within_itself(name):
            self.batch.fault(line, f"{stream} lies within itself", "mend one of the 'within'")
        elif subject == "chronology":
            self._check_vocabularies(stream, line)

    def _is_within_itself(self, place: str) -> bool:
        outermost = self.catalogue.ancestors(place)[-1]
        return self.catalogue.places[outermost].within == place

    def _check_vocabularies(self, stream: str, line: int) -> None:
        chronology = self.catalogue.chronology
        assert chronology is not None
        used = [("kinds", kind) for kind in uses.kinds(self.db, but=chronology.kinds)]
        for _, formation in self.catalogue.formations.items():
            used += [("sides", formation.side), ("levels", formation.level)]
        used += [("sides", p.side) for _, p in self.catalogue.people.items() if p.side]
        for key, value in sorted(set(used)):
            if value not in getattr(chronology, key):
                self.batch.fault(line, f"{stream}: {value!r} is still in use", f"keep it in {key}")


_CHECKS: dict[str, Callable[[_Ingestion, Item, Any], None]] = {
    "chronology": _Ingestion.check_chronology,
    "source": _Ingestion.check_source,
    "place": _Ingestion.check_place,
    "person": _Ingestion.check_person,
    "formation": _Ingestion.check_formation,
    "event": _Ingestion.check_event,
    "account": _Ingestion.check_account,
}


# A folder of batches --------------------------------------------------------------------------


def files(folder: Path) -> list[Path]:
    """The batches of a folder in the order in which they are ingested."""
    if not folder.is_dir():
        what = "the folder does not exist"
        raise BatchRefused([Fault(str(folder), 1, what, "create it, or name another")])
    found = [p for p in folder.iterdir() if p.suffix.lstrip(".") in batches.FORMATS]
    return sorted(p for p in found if p.is_file() and not p.name.startswith("."))


def pending(db: sqlite3.Connection, paths: list[Path]) -> list[Path]:
    """Those of the batches that are not in the log yet, checking those that are.

    Raises `BatchRefused` for an edited batch, and for a new one that sorts before an old one.
    """
    new: list[Path] = []
    for path in paths:
        if not _is_unchanged(db, path):
            new.append(path)
        elif new:
            what = f"{new[0].name} is new, and sorts before {path.name}, which is ingested"
            remedy = "give it a number after the last one"
            raise BatchRefused([Fault(str(new[0]), 1, what, remedy)])
    return new


def _is_unchanged(db: sqlite3.Connection, path: Path) -> bool:
    """Whether a batch file is in the log; raises `BatchRefused` if it was edited since."""
    with path.open("rb") as stream:
        batch = batches.read(stream, str(path), path.suffix.lstrip("."))
        if not is_ingested(db, batch.id):
            return False
        refuse_if_edited(db, batch)
    return True


# Batches from elsewhere ----------------------------------------------------------------------

_FETCHED = "CREATE TABLE IF NOT EXISTS fetched (url TEXT PRIMARY KEY, etag TEXT NOT NULL) STRICT"


def known_etag(db: sqlite3.Connection, url: str) -> str | None:
    """The validator of what was last ingested from an address."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'fetched'").fetchone():
        return None
    found = db.execute("SELECT etag FROM fetched WHERE url = ?", (url,)).fetchone()
    return str(found[0]) if found else None


def keep_etag(db: sqlite3.Connection, url: str, etag: str) -> None:
    """Notes what was ingested from an address; it is no part of the log."""
    with schema.transaction(db):
        db.execute(_FETCHED)
        db.execute("INSERT OR REPLACE INTO fetched VALUES (?, ?)", (url, etag))
