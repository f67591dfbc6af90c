"""Checks of a batch against the log: of each record, and of the batch as a whole.

What an item refers to may be recorded later in the same batch, so a reference that is unknown when
its item is read is looked up again at the end of the batch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from chronology.batches.batch import Batch, Item
from chronology.ingest import references
from chronology.model import records
from chronology.model.records import Account, Chronology, Event, Formation, Person, Place
from chronology.projections import event_rows
from chronology.projections.catalogue import Catalogue, split_stream
from chronology.projections.chain_of_command import find_cycle
from chronology.store import log
from chronology.store.log import Latest

_VOCABULARIES = {"kind": "kinds", "side": "sides", "level": "levels"}


class Streams:
    """The last record of each stream that a block of items names, this batch's own included."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.latest: dict[str, Latest | None] = {}

    def look_up(self, streams: Iterable[str]) -> None:
        """Replaces what is known by the last records of these streams; one query."""
        names = {*streams}
        self.latest = {**dict.fromkeys(names), **log.latest(self.db, names)}

    def last(self, stream: str) -> Latest | None:
        try:
            return self.latest[stream]
        except KeyError:
            found = self.latest[stream] = log.latest(self.db, [stream]).get(stream)
            return found

    def is_live(self, stream: str) -> bool:
        last = self.last(stream)
        return last is not None and not last.type.endswith(".retracted")

    def advance(self, stream: str, kind: str) -> int:
        """Notes one more record of a stream, and returns its version."""
        before = self.last(stream)
        version = before.version + 1 if before else 1
        self.latest[stream] = Latest(version, kind)
        return version


class _Reference(NamedTuple):
    """Something that an item names and that has to exist at the end of the batch."""

    stream: str
    line: int
    named_by: str


class Checks:
    """The checks of one batch; faults go to the batch."""

    def __init__(
        self, db: sqlite3.Connection, batch: Batch, catalogue: Catalogue, streams: Streams
    ) -> None:
        self.db = db
        self.batch = batch
        self.catalogue = catalogue
        self.streams = streams
        self.missing: list[_Reference] = []
        self.lines: dict[str, int] = {}
        self.without_chronology = False
        self.in_window: dict[str, bool] = {}

    def fault(self, item: Item, path: records.Path, what: str, remedy: str) -> None:
        self.batch.fault(item.lines(path), f"{item.stream}: {what}", remedy)

    # One record

    def check_fields(self, item: Item, fields: Any) -> None:
        """Checks the fields that a subject has after the item."""
        _CHECKS[item.subject](self, item, fields)

    def is_new(self, item: Item) -> bool:
        """Whether an item's id was never used before."""
        last = self.streams.last(f"{item.subject}/{item.id}")
        if last is None:
            return True
        what = "was retracted, and ids are never used again"
        if not last.type.endswith(".retracted"):
            what = "is recorded already"
        self.fault(
            item, (item.subject,), f"the id {item.id!r} {what}", "choose another, or correct it"
        )
        return False

    def is_live(self, item: Item) -> bool:
        """Whether the subject that an item corrects or retracts is live."""
        stream = item.stream
        if self.streams.is_live(stream):
            return True
        gone = "was retracted" if self.streams.last(stream) else "is not recorded"
        verb = "correct" if item.action == "corrected" else "retract"
        self.fault(item, (verb,), f"it {gone}", "name a live record as <subject>/<id>")
        return False

    def catalogue_changed(self, item: Item) -> None:
        """Notes a record of the catalogue, which is checked again at the end of the batch."""
        self.lines[item.stream] = item.lines(())
        self.in_window.clear()

    # References and vocabularies

    def _refer(self, item: Item, path: records.Path, subject: str, name: str | None) -> None:
        if name is not None and not self._is_known(subject, name):
            self.missing.append(_Reference(f"{subject}/{name}", item.lines(path), item.stream))

    def _is_known(self, subject: str, name: str) -> bool:
        if subject in ("event", "account"):
            return self.streams.is_live(f"{subject}/{name}")
        return name in self.catalogue.members(subject).states

    def _vocabulary(self, item: Item, key: str, value: str | None) -> None:
        chronology = self.catalogue.chronology
        if chronology is None:
            self._report_no_chronology(item)
            return
        known: dict[str, str] = getattr(chronology, _VOCABULARIES[key])
        if value is not None and value not in known:
            what = f"{value!r} is no {key} of the chronology"
            self.fault(item, (key,), what, f"known are {', '.join(known)}")

    def _report_no_chronology(self, item: Item) -> None:
        """Reported once, and not where the chronology itself is at fault."""
        if not self.without_chronology and not self._has_faulty("chronology"):
            what = "no chronology is recorded before it"
            self.fault(item, (), what, "begin the first batch with one")
        self.without_chronology = True

    def _has_faulty(self, subject: str) -> bool:
        return any(split_stream(stream)[0] == subject for stream in self.batch.faulty)

    def _unique_name(self, item: Item, fields: Any) -> None:
        other = self.catalogue.members(item.subject).by_name.get(fields.name)
        if other is not None and other != item.id:
            what = f"the name {fields.name!r} is that of {item.subject}/{other}"
            self.fault(item, ("name",), what, "names are unique: add what tells them apart")

    def _statements(self, item: Item, fields: Any) -> None:
        for index, statement in enumerate(fields.statements):
            self._refer(item, ("statements", index, "source"), "source", statement.source)

    # The subjects

    def _check_chronology(self, item: Item, fields: Chronology) -> None:
        if item.action == "recorded" and self.catalogue.chronology is not None:
            self.fault(item, (), "the log has its chronology already", "correct that one")
        if not fields.window.earliest or not fields.window.latest:
            self.fault(item, ("window",), "the window is open", "give its first and last day")
        for column, level in fields.declared.items():
            where = ("dimensions", column)
            if level not in fields.levels:
                self.fault(item, where, f"{level!r} is no level", "add it to the levels")
            if column in event_rows.RESERVED:
                self.fault(item, where, f"{column!r} is a column already", "choose another name")

    def _check_source(self, item: Item, fields: Any) -> None:
        self._unique_name(item, fields)
        self._statements(item, fields)

    def _check_place(self, item: Item, fields: Place) -> None:
        self._unique_name(item, fields)
        self._statements(item, fields)
        self._refer(item, ("within",), "place", fields.within)
        if (fields.latitude is None) != (fields.longitude is None):
            self.fault(item, (), "it has only one of latitude and longitude", "give both")

    def _check_person(self, item: Item, fields: Person) -> None:
        self._unique_name(item, fields)
        self._statements(item, fields)
        self._vocabulary(item, "side", fields.side)

    def _check_formation(self, item: Item, fields: Formation) -> None:
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

    def _check_event(self, item: Item, fields: Event) -> None:
        self._vocabulary(item, "kind", fields.kind)
        self._check_window(item, fields)
        known = self.catalogue
        for index, ref in enumerate(fields.places):
            if ref.place not in known.places.states:
                self._refer(item, ("places", index), "place", ref.place)
        for index, formation in enumerate(fields.formations):
            if formation not in known.formations.states:
                self._refer(item, ("formations", index), "formation", formation)
        for index, person in enumerate(fields.people):
            if person not in known.people.states:
                self._refer(item, ("people", index), "person", person)
        self._check_repeats(item, fields)
        if fields.distinct:
            self._check_distinct(item, fields)

    def _check_window(self, item: Item, fields: Event) -> None:
        chronology = self.catalogue.chronology
        if chronology is None:
            return
        date = fields.date
        overlaps = self.in_window.get(date.text)
        if overlaps is None:
            overlaps = self.in_window[date.text] = date.overlaps(chronology.window)
        if not overlaps:
            self.fault(
                item,
                ("date",),
                f"{date} cannot fall in the window {chronology.window}",
                "mend the date, or keep it as a statement of a subject",
            )

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
                    self.fault(item, (key, index), what, "leave one out")

    def _check_distinct(self, item: Item, fields: Event) -> None:
        """Only what this record says: an event that it was told from may be retracted since."""
        if item.action == "corrected" and "distinct" not in item.change.get("set", {}):
            return
        for index, other in enumerate(fields.distinct):
            path = ("distinct", index, "event")
            if other.event == item.id:
                what = "it is told from itself"
                self.fault(item, path, what, "name the other event")
            self._refer(item, path, "event", other.event)

    def _check_account(self, item: Item, fields: Account) -> None:
        self._refer(item, ("event",), "event", fields.event)
        if fields.source not in self.catalogue.sources.states:
            self._refer(item, ("source",), "source", fields.source)
        if fields.by is not None and records.is_id(fields.by):
            self._refer(item, ("by",), "person", fields.by)

    # The batch as a whole

    def check_whole(self) -> None:
        """Checks what only the end of the batch shows."""
        self.streams.look_up(reference.stream for reference in self.missing)
        for reference in self.missing:
            self._check_reference(reference)
        if self.catalogue.chronology is None and not self.batch.faults:
            self.batch.fault(1, "no chronology is recorded", "begin the first batch with one")
        for stream, line in self.lines.items():
            self._check_member(stream, line)

    def _check_reference(self, reference: _Reference) -> None:
        subject, name = split_stream(reference.stream)
        if self.batch.has_gaps or reference.stream in self.batch.faulty:
            return
        if not self._is_known(subject, name):
            self.batch.fault(
                reference.line,
                f"{reference.named_by}: unknown {subject} {name!r}",
                f"record the {subject}, or mend the id",
            )

    def _check_member(self, stream: str, line: int) -> None:
        subject, name = split_stream(stream)
        if name not in self.catalogue.members(subject):
            for user in references.of(self.db, subject, name):
                what = f"{stream} is retracted while {user} still names it"
                self.batch.fault(line, what, f"correct {user} first")
        elif subject == "formation" and (cycle := find_cycle(self.catalogue, name)):
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
        used = [("kinds", kind) for kind in references.kinds(self.db, but=chronology.kinds)]
        for _, formation in self.catalogue.formations.items():
            used += [("sides", formation.side), ("levels", formation.level)]
        used += [("sides", p.side) for _, p in self.catalogue.people.items() if p.side]
        for key, value in sorted(set(used)):
            if value not in getattr(chronology, key):
                self.batch.fault(line, f"{stream}: {value!r} is still in use", f"keep it in {key}")


_CHECKS: dict[str, Callable[[Checks, Item, Any], None]] = {
    "chronology": Checks._check_chronology,
    "source": Checks._check_source,
    "place": Checks._check_place,
    "person": Checks._check_person,
    "formation": Checks._check_formation,
    "event": Checks._check_event,
    "account": Checks._check_account,
}
