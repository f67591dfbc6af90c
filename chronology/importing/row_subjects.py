"""The subjects of one row: its places, people, formations, tags, kind and sources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from chronology.importing import html_texts
from chronology.importing.coordinates import read_point
from chronology.importing.map_file import Column
from chronology.importing.row_dates import RowFault

if TYPE_CHECKING:
    from chronology.importing.conversion import Converter

LINE, TEXT = 300, 20_000
"""The most characters of a line and of a text."""
URL = re.compile(r"https?://[^\s<>\"]+")
_MAX_LINKS = 50


class RowSubjects:
    """The cells of one row, and the subjects that they name."""

    def __init__(self, converter: Converter, row: int, cells: dict[str, str]) -> None:
        self.converter = converter
        self.mapping = converter.mapping
        self.registry = converter.registry
        self.row = row
        self.cells = cells
        self.links: dict[str, str] = {}
        self.texts: list[str] = []
        self.says: list[str] = []
        self.account_links: list[dict[str, str]] = []
        self.claims: dict[str, str] = {}

    def values(self, group: str) -> Iterator[tuple[str, Column, str]]:
        """The columns of a role with their cells that are not empty."""
        for name in self.converter.by_role.get(group, ()):
            if cell := self.cells[name]:
                yield name, self.mapping.columns[name], cell

    def remark(self, column: str, cell: str, text: str) -> None:
        self.converter.report.add_remark(self.row, column, cell, text)

    def text(self, column: str, cell: str) -> str:
        """A cell without the tags of HTML, whose links become links of the event."""
        if not html_texts.is_html(cell):
            return cell
        found = html_texts.read(cell)
        self.remark(column, cell, "coarsened: of HTML, the text and the links are kept")
        for address, label in found.links:
            self.link(column, address, label)
        return found.text

    def line(self, column: str, cell: str, limit: int = LINE) -> str:
        """A cell on one line; one that is too long is cut, and whole in the report."""
        line = " ".join(cell.split())
        if len(line) > limit:
            self.remark(column, cell, f"coarsened: cut after {limit:,} characters")
        return line[:limit]

    def link(self, column: str, address: str, label: str = "") -> None:
        if URL.fullmatch(address) and len(address) <= 2_000 and len(self.links) < _MAX_LINKS:
            self.links.setdefault(address, self.line(column, label))
        else:
            self.remark(column, address, "left out: it is not a web address, or one too many")

    def claim(self, name: str, text: str) -> None:
        """A point of the account; a text that is too long for one is in what the source says."""
        line = " ".join(text.split())
        if len(line) <= LINE and "\n" not in text and name not in self.claims:
            self.claims[name] = line
        elif text:
            self.says.append(f"{name}: {text}")

    # Subjects

    def split(self, settings: Column, cell: str) -> list[str]:
        if settings.split == "json":
            try:
                found = json.loads(cell)
            except ValueError:
                return [cell]
            return [str(item) for item in found] if isinstance(found, list) else [cell]
        parts = cell.split(settings.split) if settings.split else [cell]
        lines = (" ".join(part.split()) for part in parts)
        return list(dict.fromkeys(filter(None, lines)))

    def _names(self, column: str, settings: Column, cell: str) -> list[str]:
        names = self.split(settings, cell)
        for name in names:
            if len(name) > LINE:
                self.says.append(name)
        return [self.line(column, name) for name in names]

    def fill_places(self, event: dict[str, Any]) -> None:
        within = [cell for _, _, cell in self.values("place.within")]
        point = read_point(self.converter.by_role, self.cells, self.remark)
        places: dict[str, None] = {}
        for column, settings, cell in self.values("place"):
            for name in self._names(column, settings, cell):
                fixed = self._point_of(name)
                fields: dict[str, Any] = {}
                if fixed:
                    fields = {"latitude": fixed[0], "longitude": fixed[1]}
                if within:
                    fields["within"] = self.registry.places.get(within[0])
                places[self.registry.places.get(name, fields)] = None
                if fixed and fixed == point and len(places) == 1:
                    point = None
        if not places and within:
            places[self.registry.places.get(within[0])] = None
        if places:
            event["places"] = list(places)
        if point:
            event["latitude"], event["longitude"] = point

    def _point_of(self, name: str) -> tuple[float, float] | None:
        """The point of a place in the log, or of a new one whose rows have all the same."""
        key = self.registry.places.find(name)
        known = self.registry.catalogue.places
        return known[key].point if key and key in known else self.converter.points.of(name)

    def fill_people(self, event: dict[str, Any]) -> None:
        people: dict[str, None] = {}
        extra = {
            part: self._person_field(part, column, cell)
            for part in ("born", "died", "role")
            for column, _, cell in self.values(f"person.{part}")
        }
        for column, settings, cell in self.values("people"):
            for name in self._names(column, settings, cell):
                known = self.converter.table.people.get(name, {})
                fields = {**known, **({} if people else {k: v for k, v in extra.items() if v})}
                people[self.registry.people.get(name, fields)] = None
        if people:
            event["people"] = list(people)
        elif extra:
            for part, value in extra.items():
                if value:
                    self.claim(f"person_{part}", value)

    def _person_field(self, part: str, column: str, cell: str) -> str:
        if part == "role":
            return cell
        try:
            return self.converter.dates.person_date(cell)
        except RowFault as fault:
            self.remark(column, cell, f"recorded as a claim: {fault.reason}")
            self.claim(f"person_{part}", cell)
            return ""

    def fill_formations(self, event: dict[str, Any]) -> None:
        unit = self.converter.vocabulary.unit
        names = [n for c, s, cell in self.values("formations") for n in self._names(c, s, cell)]
        found = dict.fromkeys(self.registry.formations.get(name, unit) for name in names)
        if found:
            event["formations"] = list(found)

    def fill_tags(self, event: dict[str, Any]) -> None:
        tags: dict[str, list[str]] = {}
        for column, settings, cell in self.values("tags"):
            names = self.registry.tags(settings.name)
            for name in self._names(column, settings, cell):
                key = names.get(name, {"dimension": settings.name})
                if key not in tags.setdefault(settings.name, []):
                    tags[settings.name].append(key)
        for name, keys in tags.items():
            self.converter.points.count_tags(name, len(keys))
        if tags:
            event["tags"] = tags

    def kind(self) -> str:
        for column, _, cell in self.values("kind"):
            return self.converter.vocabulary.kind(self.line(column, cell))
        return self.converter.vocabulary.kind(self.mapping.kind)

    def sources(self) -> list[str]:
        """The sources that a row names, or that of the whole table."""
        address = next((cell for _, _, cell in self.values("source.url")), "")
        names = [n for c, s, cell in self.values("source") for n in self._names(c, s, cell)]
        if address and not names:
            names, address = [address], ""
        found: dict[str, None] = {}
        for name in names:
            url = name if URL.fullmatch(name) else address
            words = re.sub(r"https?://(www\.)?", "", name).rstrip("/") if url == name else name
            found[self._source(words, url)] = None
            address = ""
        if found:
            return list(found)
        fields = msgspec.to_builtins(self.mapping.source)
        return [self.registry.sources.get(fields.pop("name"), fields)]

    def _source(self, name: str, address: str) -> str:
        is_address = URL.fullmatch(address) and len(address) <= 2_000
        if address and not is_address:
            self.remark("", address, "recorded as a claim: it is not a web address")
            self.claim("source_url", address)
        fields = {"url": address} if is_address else {}
        source = self.registry.sources.get(self.line("", name), fields)
        if is_address and self._address_of(source) != address:
            self.account_links.append({"url": address})
        return source

    def _address_of(self, source: str) -> str | None:
        """The address of a source, of the log or of this import."""
        known = self.registry.catalogue.sources
        new = self.registry.sources.new.get(source, {})
        return known[source].url if source in known else new.get("url")

    def locator(self) -> str:
        """The passage of the source: as the table says, by the key, or by the number of the row."""
        for column, _, cell in self.values("at"):
            return self.line(column, cell)
        key = ", ".join(f"{name} {self.cells[name]}" for name in self.mapping.key)
        return self.line("", key) or f"{self.converter.table.unit} {self.row}"
