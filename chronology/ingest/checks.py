"""Checks of a batch against the log, of each record and of the batch as a whole.

A rule for a new field goes into the check of its subject, such as `_check_event`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from chronology.batches.batch import Batch, Item
from chronology.ingest import bounds, dates, field_faults, retractions
from chronology.ingest.chains import Chains
from chronology.ingest.media import media_faults
from chronology.ingest.references import References
from chronology.ingest.relations import Relations, repeated_faults
from chronology.ingest.streams import Streams
from chronology.lru_cache import LruCache
from chronology.model import records
from chronology.model.errors import BatchRefused, DateError
from chronology.model.records import Account, Event, Formation, Person, Place, Tag
from chronology.model.validation import FieldPath
from chronology.model.vocabulary import Chronology
from chronology.projections.catalogue import Catalogue, Dated, label, split_stream
from chronology.store.media import MediaFolder

_MAX_DATES = 10_000
_VOCABULARIES = {"kind": "kinds", "side": "sides", "level": "levels"}


class Checks(References):
    """The checks of one batch; they add their faults to the batch."""

    def __init__(
        self,
        db: sqlite3.Connection,
        batch: Batch,
        catalogue: Catalogue,
        streams: Streams,
        limits: bounds.Bounds,
        media: MediaFolder | None,
    ) -> None:
        super().__init__(batch, catalogue, streams)
        self.db = db
        self.catalogue_lines: dict[str, int] = {}
        self.bounds = limits
        self.chains = Chains(catalogue, self.bounds.chain)
        self.relations = Relations(db)
        self.media = media
        self.chronology_is_missing = False
        self.window_overlaps: LruCache[str, bool] = LruCache(_MAX_DATES)

    def add_fault(self, item: Item, path: FieldPath, description: str, remedy: str) -> None:
        self.batch.add_fault(item.lines(path), f"{item.stream}: {description}", remedy)

    # One record

    def check_fields(self, item: Item, fields: Any) -> None:
        """Checks the fields of a subject after an item."""
        _CHECKS[item.subject](self, item, fields)

    def is_new(self, item: Item) -> bool:
        """Whether the id of an item has never been used."""
        last = self.streams.last(f"{item.subject}/{item.id}")
        if last is None:
            return True
        description = "was retracted, and ids are never reused"
        if not last.type.endswith(".retracted"):
            description = "is already recorded"
        self.add_fault(
            item,
            (item.subject,),
            f"the id {item.id!r} {description}",
            "choose another id, or correct the record",
        )
        return False

    def is_live(self, item: Item) -> bool:
        """Whether the subject that an item corrects or retracts is live."""
        stream = item.stream
        if self.streams.is_live(stream):
            return True
        state = "was retracted" if self.streams.last(stream) else "is not recorded"
        verb = "correct" if item.action == "corrected" else "retract"
        self.add_fault(item, (verb,), f"the record {state}", "name a live record as <subject>/<id>")
        return False

    def note_catalogue_change(self, item: Item) -> None:
        """Marks a subject of the catalogue for checking at the end of the batch."""
        self.chains.note_change(item.subject)
        self.catalogue_lines[item.stream] = item.lines(())
        self.window_overlaps.clear()

    # Vocabularies

    def _check_vocabulary(self, item: Item, key: str, value: str | None) -> None:
        chronology = self.catalogue.chronology
        if chronology is None:
            self._report_no_chronology(item)
            return
        known: dict[str, str] = getattr(chronology, _VOCABULARIES[key])
        if value is not None and value not in known:
            description = f"{value!r} is not a {key} of the chronology"
            self.add_fault(item, (key,), description, f"{_VOCABULARIES[key]}: {', '.join(known)}")

    def _report_no_chronology(self, item: Item) -> None:
        """Reports a missing chronology once, and not if the chronology itself is faulty."""
        faulty = {split_stream(stream)[0] for stream in self.batch.faulty_streams}
        if not self.chronology_is_missing and "chronology" not in faulty:
            description = "no chronology is recorded before this record"
            self.add_fault(item, (), description, "start the first batch with one")
        self.chronology_is_missing = True

    def _check_subject(self, item: Item, fields: Any) -> None:
        """The names and the statements of a subject of the catalogue."""
        other = self.catalogue.members(item.subject).by_name.get(label(fields))
        if other not in (None, item.id) and item.subject != "person":
            description = f"{item.subject}/{other} already has the name {fields.name!r}"
            self.add_fault(item, ("name",), description, "names are unique; make it more specific")
        for index, statement in enumerate(fields.statements):
            self._note_reference(item, ("statements", index, "source"), "source", statement.source)
        for fault in field_faults.name_faults(fields.names):
            self.add_fault(item, *fault)

    # The subjects

    def _check_chronology(self, item: Item, fields: Chronology) -> None:
        if item.action == "recorded" and self.catalogue.chronology is not None:
            self.add_fault(item, (), "the log already has a chronology", "correct that chronology")
        if not fields.window.earliest or not fields.window.latest:
            self.add_fault(
                item, ("window",), "the window has an open end", "give its first and last day"
            )
        for fault in dates.find_faults(fields):
            self.add_fault(item, *fault)
        for fault in field_faults.declaration_faults(fields):
            self.add_fault(item, *fault)
        for fault in self.bounds.faults(fields, self.catalogue.chronology):
            self.add_fault(item, *fault)

    def _check_place(self, item: Item, fields: Place) -> None:
        self._check_subject(item, fields)
        self._note_reference(item, ("within",), "place", fields.within)
        self._check_point(item, fields)
        self._check_media(item, fields)

    def _check_person(self, item: Item, fields: Person) -> None:
        self._check_subject(item, fields)
        self._check_vocabulary(item, "side", fields.side)
        self._check_media(item, fields)

    def _check_point(self, item: Item, fields: Place | Event) -> None:
        if (fields.latitude is None) != (fields.longitude is None):
            self.add_fault(item, (), "latitude or longitude is missing", "give both or neither")

    def _check_media(self, item: Item, fields: Place | Person | Event | Account) -> None:
        """The media of a subject, and their files if the item itself names them."""
        is_named = item.action == "recorded" or "media" in item.change.get("set", {})
        for fault in media_faults(fields.media, self.media if is_named else None):
            self.add_fault(item, *fault)
        for index, medium in enumerate(fields.media):
            self._note_reference(item, ("media", index, "source"), "source", medium.source)

    def _check_formation(self, item: Item, fields: Formation) -> None:
        self._check_subject(item, fields)
        self._check_vocabulary(item, "side", fields.side)
        self._check_vocabulary(item, "level", fields.level)
        for index, attachment in enumerate(fields.attached):
            self._note_reference(item, ("attached", index, "to"), "formation", attachment.to)
            self._note_reference(item, ("attached", index, "source"), "source", attachment.source)
        for index, command in enumerate(fields.commanders):
            self._note_reference(item, ("commanders", index, "person"), "person", command.person)
            self._note_reference(item, ("commanders", index, "source"), "source", command.source)

    def _check_tag(self, item: Item, fields: Tag) -> None:
        self._check_subject(item, fields)
        if self.catalogue.chronology is None:
            self._report_no_chronology(item)
            return
        before = self.catalogue.tags.states.get(item.id)
        earlier = before.fields if before else None
        for fault in field_faults.tag_faults(fields, self.catalogue.chronology, earlier):
            self.add_fault(item, *fault)

    def _check_event(self, item: Item, fields: Event) -> None:
        self._check_vocabulary(item, "kind", fields.kind)
        self._check_window(item, fields)
        members = len(fields.places) + len(fields.formations) + len(fields.people)
        if members > bounds.MEMORY.members:
            description = f"names {members:,} places, formations and people"
            self.add_fault(item, (), description, f"name {bounds.MEMORY.members:,} at most")
            return
        self._check_members(item, fields)
        for fault in field_faults.repeat_faults(fields):
            self.add_fault(item, *fault)
        if fields.distinct:
            self._check_distinct(item, fields)
        if fields.tags or fields.quantities or fields.names:
            self._check_declared(item, fields)
        self._check_point(item, fields)
        self._check_media(item, fields)
        self._check_related(item, fields)

    def _check_members(self, item: Item, fields: Event) -> None:
        """The places, formations and people of an event."""
        catalogue = self.catalogue
        for index, ref in enumerate(fields.places):
            if ref.place not in catalogue.places.states:
                self._note_reference(item, ("places", index), "place", ref.place)
        for index, formation in enumerate(fields.formations):
            if formation not in catalogue.formations.states:
                self._note_reference(item, ("formations", index), "formation", formation)
        for index, person in enumerate(fields.people):
            if person not in catalogue.people.states:
                self._note_reference(item, ("people", index), "person", person)

    def _check_related(self, item: Item, fields: Event) -> None:
        """The events to which one is related; circles are found at the end of the batch."""
        self.relations.note(item.id, fields, item.lines(()), item.action == "recorded")
        if self.relations.count > bounds.MEMORY.relations:
            description = f"the batch has more than {bounds.MEMORY.relations:,} relations"
            self.add_fault(item, ("related",), description, "split the batch")
            raise BatchRefused(self.batch.faults, stopped=True)
        for fault in repeated_faults(fields):
            self.add_fault(item, *fault)
        for index, related in enumerate(fields.related):
            if related.address is None:
                path: FieldPath = ("related", index, "event")
                self._note_reference(item, path, "event", related.event)

    def _check_declared(self, item: Item, fields: Event) -> None:
        """The tags, quantities and names of an event."""
        for fault in field_faults.name_faults(fields.names):
            self.add_fault(item, *fault)
        if self.catalogue.chronology is None:
            return
        for fault in field_faults.event_faults(fields, self.catalogue.chronology):
            self.add_fault(item, *fault)
        known = self.catalogue.chronology.free_dimensions
        for dimension, tags in fields.tags.items():
            for index, tag in enumerate(tags if dimension in known else ()):
                path: FieldPath = ("tags", dimension, index)
                self._note_reference(item, path, "tag", tag, dimension)

    def _check_window(self, item: Item, fields: Event) -> None:
        chronology = self.catalogue.chronology
        if chronology is None or (resolved := self._resolved(item, fields)) is None:
            return
        date = resolved.when
        overlaps = self.window_overlaps.get(date.text)
        if overlaps is None:
            overlaps = date.overlaps(chronology.window)
            self.window_overlaps.put(date.text, overlaps)
        if not overlaps:
            self.add_fault(
                item,
                ("date",),
                f"{date} is outside the window {chronology.window}",
                "correct the date, or record a statement of a subject instead",
            )

    def _resolved(self, item: Item, fields: Dated) -> Dated | None:
        """The fields with their date in the Gregorian calendar; reports one that has none."""
        for fault in dates.long_year_faults("date", fields.date):
            self.add_fault(item, *fault)
            return None
        try:
            return self.catalogue.resolved(fields)
        except DateError as error:
            self.add_fault(item, ("date",), str(error), "see docs/dates.md")
            return None

    def _check_distinct(self, item: Item, fields: Event) -> None:
        """Checks only new entries: an event in an older entry may have been retracted since."""
        if item.action == "corrected" and "distinct" not in item.change.get("set", {}):
            return
        for index, other in enumerate(fields.distinct):
            path = ("distinct", index, "event")
            if other.event == item.id:
                description = "the event is listed as distinct from itself"
                self.add_fault(item, path, description, "name the other event")
            self._note_reference(item, path, "event", other.event)

    def _check_account(self, item: Item, fields: Account) -> None:
        self._note_reference(item, ("event",), "event", fields.event)
        self._resolved(item, fields)
        if fields.source not in self.catalogue.sources.states:
            self._note_reference(item, ("source",), "source", fields.source)
        if fields.by is not None and records.is_id(fields.by):
            self._note_reference(item, ("by",), "person", fields.by)
        self._check_media(item, fields)

    # The batch as a whole

    def check_batch(self) -> None:
        """Checks the references and the catalogue at the end of the batch."""
        self.check_references()
        if self.catalogue.chronology is None and not self.batch.faults:
            self.batch.add_fault(1, "no chronology is recorded", "start the first batch with one")
        for line, description, remedy in self.chains.find_faults(self.catalogue_lines):
            self.batch.add_fault(line, description, remedy)
        if not self.batch.faults:
            for line, description, remedy in self.relations.find_faults():
                self.batch.add_fault(line, description, remedy)
        for fault in retractions.find_faults(self.db, self.catalogue, self.catalogue_lines):
            self.batch.add_fault(*fault)
        for stream, line in self.catalogue_lines.items():
            subject, name = split_stream(stream)
            if subject == "chronology" and name in self.catalogue.chronologies:
                self._check_words_in_use(stream, line)

    def _check_words_in_use(self, stream: str, line: int) -> None:
        chronology = self.catalogue.chronology
        assert chronology is not None
        if not chronology.zero and dates.has_elapsed_dates(self.db):
            description = f"{stream}: events or accounts count from the zero"
            self.batch.add_fault(line, description, "keep the zero")
        used = [("kinds", kind) for kind in retractions.find_kinds(self.db, but=chronology.kinds)]
        for _, formation in self.catalogue.formations.items():
            used += [("sides", formation.side), ("levels", formation.level)]
        used += [("sides", p.side) for _, p in self.catalogue.people.items() if p.side]
        used += [("free_dimensions", tag.dimension) for _, tag in self.catalogue.tags.items()]
        used += [
            ("quantities", name)
            for name in retractions.find_quantities(self.db, but=chronology.quantities)
        ]
        for key, value in sorted(set(used)):
            if value not in getattr(chronology, key):
                self.batch.add_fault(
                    line,
                    f"{stream}: {value!r} is still in use",
                    f"keep it in {key.removeprefix('free_')}",
                )


_CHECKS: dict[str, Callable[[Checks, Item, Any], None]] = {
    "chronology": Checks._check_chronology,
    "source": Checks._check_subject,
    "place": Checks._check_place,
    "person": Checks._check_person,
    "formation": Checks._check_formation,
    "tag": Checks._check_tag,
    "event": Checks._check_event,
    "account": Checks._check_account,
}
