"""The chronology that a batch starts or extends: its window, kinds, dimensions and quantities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chronology.importing.map_file import ImportMap
from chronology.importing.names import folded
from chronology.importing.slugs import slug
from chronology.model import as_written, stored_data
from chronology.model.days import FIRST, LAST, Day
from chronology.model.edtf import Date, parse
from chronology.model.errors import DateError
from chronology.projections import event_rows
from chronology.projections.catalogue import Catalogue


class Vocabulary:
    """What the events of an import need of their chronology."""

    def __init__(self, catalogue: Catalogue, mapping: ImportMap) -> None:
        self.before = catalogue.chronology
        self.id = next(iter(catalogue.chronologies.states), "")
        self.mapping = mapping
        self.kinds = dict(self.before.kinds) if self.before else {}
        self._kind_ids = {folded(text): key for key, text in self.kinds.items()}
        self._kind_ids |= {key: key for key in self.kinds}
        self.zero = self.before.zero if self.before else None
        if self.zero is None and mapping.zero:
            self.zero = parse(mapping.zero)
        self.earliest: Day | None = None
        self.latest: Day | None = None

    def faults(self) -> Iterator[str]:
        """Names of tags and quantities that the chronology cannot declare, with remedies."""
        declared = self.before.declared if self.before else {}
        quantities = self.before.quantities if self.before else {}
        of_levels = {name for name, value in declared.items() if isinstance(value, str)}
        taken = {*event_rows.RESERVED, *of_levels, *(self.before.levels if self.before else ())}
        for group, others in (("tags", {*quantities}), ("quantities", {*declared})):
            for column in self.mapping.group(group).values():
                if column.name in taken | others:
                    fault = f"{column.name!r} is already a column"
                    yield f"{column.role!r}: {fault}; choose another name"

    def kind(self, name: str) -> str:
        """The id of a kind, which is new if the chronology has none of that name."""
        form = folded(name)
        if form not in self._kind_ids:
            base = key = slug(name, "kind")
            number = 1
            while key in self.kinds:
                number += 1
                key = f"{base}-{number}"
            self.kinds[key] = "An event" if name == "event" else name
            self._kind_ids[form] = key
        return self._kind_ids[form]

    @property
    def unit(self) -> dict[str, str]:
        """The level and the side of a new formation: the lowest, and that of unknown side."""
        levels = list(self.before.levels) if self.before else []
        return {"level": levels[-1] if levels else "unit", "side": "unknown"}

    def _units(self) -> dict[str, Any]:
        """The declarations that new formations need."""
        before = self.before
        found: dict[str, Any] = {}
        if not before or not before.levels:
            found["levels"] = {"unit": "Unit"}
        if not before or "unknown" not in before.sides:
            found["sides"] = {**(before.sides if before else {}), "unknown": "Unknown"}
        return found

    def add_date(self, text: str) -> None:
        """Widens the window by a date.

        Raises `DateError` for a time since a zero without one, and for a year that is too long.
        """
        date = as_written.resolve(text, None, self.zero)
        for day in (date.earliest, date.latest):
            if day is not None and not FIRST <= day <= LAST:
                raise DateError(text, 0, "events are in the years -9999 to 9999")
            if day is not None:
                self.earliest = day if self.earliest is None else min(self.earliest, day)
                self.latest = day if self.latest is None else max(self.latest, day)

    def record(self, many: dict[str, int], has_formations: bool) -> dict[str, Any] | None:
        """The record of a new chronology, or the correction of one; None if nothing is missing.

        `many` are the most tags that a row has, by dimension. `has_formations` if there are new
        formations.
        """
        units = self._units() if has_formations else {}
        if self.before is None:
            return {**self._new(many), **units}
        changes: dict[str, Any] = dict(units)
        plain = stored_data.amend(self.before, {})
        if self.kinds != self.before.kinds:
            changes["kinds"] = self.kinds
        for field, declared in (
            ("dimensions", self._dimensions(many)),
            ("quantities", self._quantities()),
        ):
            old = plain.get(field) or {}
            new = {**old, **{k: v for k, v in declared.items() if k not in old}}
            if field == "dimensions":
                new |= {
                    k: {**old[k], "many": True}
                    for k in declared
                    if isinstance(old.get(k), dict) and many.get(k, 0) > 1
                }
            if new != old:
                changes[field] = new
        if window := self._wider(self.before.window):
            changes["window"] = window
        if self.mapping.zero and self.before.zero is None:
            changes["zero"] = self.mapping.zero
        if not changes:
            return None
        because = f"The events of {self.mapping.file or 'an import'} need it."
        return {"correct": f"chronology/{self.id}", "set": changes, "because": because}

    def _new(self, many: dict[str, int]) -> dict[str, Any]:
        fields = self.mapping.chronology
        title = fields.title if fields else "A chronology"
        record: dict[str, Any] = {"chronology": slug(title, "chronology"), "title": title}
        if fields and fields.summary:
            record["summary"] = fields.summary
        record["window"] = self._window()
        if self.mapping.zero:
            record["zero"] = self.mapping.zero
        if fields and fields.clock:
            record["clock"] = fields.clock
        record["kinds"] = self.kinds
        for field, declared in (
            ("dimensions", self._dimensions(many)),
            ("quantities", self._quantities()),
        ):
            if declared:
                record[field] = declared
        return record

    def _window(self) -> str:
        """The whole years, months or days of all events."""
        first, last = self.earliest or Day.of(1, 1, 1), self.latest or Day.of(9999, 12, 31)
        for length in (-6, -3):
            start, end = str(first)[:length], str(last)[:length]
            if start != end:
                return f"{start}/{end}"
        return f"{first}/{last}"

    def _wider(self, window: Date) -> str:
        """The window with all events in it; empty if they are already."""
        first, last = window.earliest, window.latest
        if not (first and last and self.earliest and self.latest):
            return ""
        if first <= self.earliest and self.latest <= last:
            return ""
        start, _, end = window.text.partition("/")
        start = start if first <= self.earliest else str(self.earliest)
        return f"{start}/{end if self.latest <= last else self.latest}"

    def _dimensions(self, many: dict[str, int]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for column, settings in self.mapping.group("tags").items():
            label = settings.label or _label(column, settings.name)
            has_many = many.get(settings.name, 0) > 1
            found[settings.name] = {"label": label, **({"many": True} if has_many else {})}
        return found

    def _quantities(self) -> dict[str, Any]:
        return {
            settings.name: {
                "label": settings.label or _label(column, settings.name),
                **({"unit": settings.unit} if settings.unit else {}),
            }
            for column, settings in self.mapping.group("quantities").items()
        }


def _label(column: str, name: str) -> str:
    """The words for a column: its own name, with a capital and without underscores."""
    words = " ".join(column.replace("_", " ").replace(".", " ").split()) or name
    return words[:1].upper() + words[1:]
