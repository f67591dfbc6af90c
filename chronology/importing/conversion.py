"""Rows of a table as events of the batch format, with an account of their source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from chronology.importing import html_texts
from chronology.importing.column_samples import number
from chronology.importing.coordinates import PlacePoints, read_point
from chronology.importing.map_file import Column, ImportMap
from chronology.importing.names import Registry
from chronology.importing.report import Report
from chronology.importing.row_dates import DateReader, RowFault
from chronology.importing.slugs import key_name
from chronology.importing.tables import Row, Table
from chronology.importing.vocabulary import Vocabulary
from chronology.model import records
from chronology.model.short_forms import expand_short_forms
from chronology.model.validation import find_faults

LINE, TEXT = 300, 20_000
"""The most characters of a line and of a text."""
_TITLE = 120
_URL = re.compile(r"https?://[^\s<>\"]+")
_SENTENCE = re.compile(r".{20,}?[.!?](?=\s)", re.DOTALL)
_SPLIT = re.compile(r"\s*;\s*")


class Converted(NamedTuple):
    """The event of a row as the batch format has it, with its key, and the row."""

    row: int
    key: str
    event: dict[str, Any]
    accounts: list[dict[str, Any]]
    cells: dict[str, str]


class Converter:
    """Converts the rows of a table as a map says; what it cannot read is in the report."""

    def __init__(
        self,
        table: Table,
        mapping: ImportMap,
        registry: Registry,
        report: Report,
        dates: DateReader,
        points: PlacePoints,
        vocabulary: Vocabulary,
    ) -> None:
        self.table = table
        self.mapping = mapping
        self.registry = registry
        self.report = report
        self.dates = dates
        self.points = points
        self.vocabulary = vocabulary
        self.empty = {*mapping.empty}
        self.columns = mapping.columns
        self.by_role: dict[str, list[str]] = {}
        for name, column in self.columns.items():
            self.by_role.setdefault(column.group, []).append(name)

    def rows(self) -> Iterator[Converted]:
        """The rows that can be recorded; the others are faults of the report."""
        for row in self.table.rows():
            cells = self.cells(row)
            if not any(cells.values()) and not row.extra:
                continue
            if any(cells[column] == text for column, text in self.mapping.leave_out.items()):
                self.report.leave_out(row.number, cells, "as the map says")
                continue
            try:
                yield self._row(row, cells)
            except RowFault as fault:
                self.report.add_fault(
                    row.number, fault.column, fault.cell, fault.reason, fault.remedy
                )
                self.report.leave_out(
                    row.number, dict(zip(self.table.columns, row.cells, strict=True))
                )

    def cells(self, row: Row) -> dict[str, str]:
        """The cells of a row by column, without those that mean nothing."""
        cells = dict(zip(self.table.columns, row.cells, strict=True))
        for column, text in self.mapping.cells.get(row.number, {}).items():
            if column in cells and cells[column] != text:
                remark = f"the map has {text!r} instead"
                self.report.add_remark(row.number, column, cells[column], remark)
                cells[column] = text
        if self.empty:
            cells = {name: "" if text in self.empty else text for name, text in cells.items()}
        return cells

    def _row(self, row: Row, cells: dict[str, str]) -> Converted:
        date = self.dates.read(cells)
        for column, cell, remark in date.remarks:
            self.report.add_remark(row.number, column, cell, remark)
        for cell in row.extra:
            self.report.add_remark(row.number, "", cell, "left out: a cell beyond the last column")
        draft = _Draft(self, row.number, cells)
        title = draft.title()
        event: dict[str, Any] = {"date": date.text, "title": title, "kind": draft.kind()}
        dated = {"date": date.text}
        if date.written:
            event["as_written"] = dated["as_written"] = " ".join(date.written.split())
        first, *others = draft.sources()
        account: dict[str, Any] = {"source": first, "at": draft.locator(), **dated}
        draft.fill(event, account)
        self._check(event)
        accounts = [account, *({"source": other, "at": account["at"]} for other in others)]
        return Converted(row.number, self.key(cells), event, accounts, cells)

    def key(self, cells: Mapping[str, str]) -> str:
        """The text that names a row; empty without key columns."""
        parts = [cells[name] for name in self.mapping.key]
        return " ".join(
            part.rstrip("/").rpartition("/")[2] if _URL.match(part) else part for part in parts
        )

    def _check(self, event: dict[str, Any]) -> None:
        """Refuses an event that ingesting would refuse; this should not happen."""
        fields = expand_short_forms("event", event)
        try:
            records.load(records.Event, fields)
        except msgspec.ValidationError as error:
            for path, reason in find_faults(records.Event, fields):
                raise RowFault(".".join(map(str, path)), "", reason, "correct the cell") from None
            raise RowFault("", "", str(error), "correct the row") from None


class _Draft:
    """The event of one row while its fields are collected."""

    def __init__(self, converter: Converter, row: int, cells: dict[str, str]) -> None:
        self.converter = converter
        self.mapping = converter.mapping
        self.registry = converter.registry
        self.row = row
        self.cells = cells
        self.links: dict[str, str] = {}
        self.texts: list[str] = []
        self.says: list[str] = []
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

    def link(self, column: str, address: str, label: str = "") -> None:
        if _URL.fullmatch(address) and len(address) <= 2_000 and len(self.links) < 50:
            self.links.setdefault(address, label[:LINE])
        else:
            self.remark(column, address, "left out: it is not a web address, or one too many")

    # The title and the texts

    def title(self) -> str:
        if self.mapping.title:
            cells = {name: self.cells[name] for name in self.mapping.columns}
            made = re.sub(r"\{([^{}]*)\}", lambda match: cells[match[1]], self.mapping.title)
            made = " ".join(re.sub(r"\(\s*\)|\[\s*\]", "", made).split()).strip(" ,;:–-")
            if made:
                self._keep_titles(made)
                return self._line(made)
        for column, _, cell in self.values("title"):
            text = self.text(column, cell)
            if text:
                return self._line(text)
        return self._made_title()

    def _keep_titles(self, made: str) -> None:
        for _, _, cell in self.values("title"):
            if cell not in made:
                self.texts.append(cell)

    def _line(self, text: str) -> str:
        """The first sentence or words of a text that is too long for a title."""
        one_line = " ".join(text.split())
        if len(one_line) <= LINE // 2 + 50 and "\n" not in text:
            return one_line
        self.texts.append(text)
        first = " ".join(text.split("\n")[0].split())
        if len(first) <= _TITLE:
            return first
        sentence = _SENTENCE.match(first)
        if sentence and len(sentence[0]) <= _TITLE:
            return sentence[0].rstrip(".")
        return f"{first[:_TITLE].rpartition(' ')[0] or first[:_TITLE]}…"

    def _made_title(self) -> str:
        parts = [
            cell
            for group in ("kind", "place", "people", "tags")
            for _, _, cell in self.values(group)
        ]
        parts = parts or [
            " ".join(cell.split())[:80]
            for group in ("summary", "claims")
            for _, _, cell in self.values(group)
        ]
        made = ", ".join(dict.fromkeys(parts))[:LINE] or "Untitled event"
        column = next(iter(self.converter.by_role.get("title", [""])))
        self.remark(column, "", "guessed: without a title, it is made of other cells")
        return " ".join(made.split())

    def fill(self, event: dict[str, Any], account: dict[str, Any]) -> None:
        """Adds all other fields."""
        self._places(event)
        self._people(event)
        self._formations(event)
        self._fields(event)
        self._tags(event)
        self._quantities(event)
        self._importance(event)
        self._texts(event, account)
        media = self._media()
        for column, _, cell in self.values("link"):
            self._addresses(column, cell)
        if self.links and "links" not in event:
            event["links"] = [
                {"url": url, **({"label": label} if label else {})}
                for url, label in self.links.items()
            ]
        if media:
            event["media"] = media
        if self.says:
            account["says"] = self._cut("says", "\n".join(self.says))
        if self.claims:
            account["claims"] = self.claims

    def _texts(self, event: dict[str, Any], account: dict[str, Any]) -> None:
        for column, _, cell in self.values("summary"):
            text = self.text(column, cell)
            if _URL.fullmatch(text):
                self.link(column, text)
            elif text not in self.texts:
                self.texts.append(text)
        if self.texts:
            event["summary"] = self._cut("summary", "\n".join(self.texts))
        for column, _, cell in self.values("basis"):
            event["basis"] = self.text(column, cell)
        for column, _, cell in self.values("says"):
            self.says.append(self.text(column, cell))
        for column, _, cell in self.values("by"):
            account["by"] = " ".join(cell.split())[:LINE]
        for column, settings, cell in self.values("claims"):
            self.claim(settings.name, self.text(column, cell))

    def _cut(self, column: str, text: str) -> str:
        if len(text) <= TEXT:
            return text
        self.remark(column, text[TEXT:], f"left out: characters beyond {TEXT:,}")
        return text[:TEXT]

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
                self.remark(column, name, f"coarsened: a name has at most {LINE} characters")
                self.says.append(name)
        return [name[:LINE] for name in names]

    def _places(self, event: dict[str, Any]) -> None:
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

    def _people(self, event: dict[str, Any]) -> None:
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

    def _formations(self, event: dict[str, Any]) -> None:
        unit = self.converter.vocabulary.unit
        names = [n for c, s, cell in self.values("formations") for n in self._names(c, s, cell)]
        found = dict.fromkeys(self.registry.formations.get(name, unit) for name in names)
        if found:
            event["formations"] = list(found)

    def _fields(self, event: dict[str, Any]) -> None:
        for column, settings, cell in self.values("field"):
            try:
                event[settings.name] = json.loads(cell)
            except ValueError:
                raise RowFault(column, cell, "it is not JSON", "correct the cell") from None

    def _tags(self, event: dict[str, Any]) -> None:
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
        for _, _, cell in self.values("kind"):
            return self.converter.vocabulary.kind(" ".join(cell.split())[:LINE])
        return self.converter.vocabulary.kind(self.mapping.kind)

    def _quantities(self, event: dict[str, Any]) -> None:
        quantities: dict[str, float] = {}
        for column, settings, cell in self.values("quantities"):
            try:
                value = number(cell)
                if not abs(value) <= 1e15:
                    raise ValueError(cell)
                quantities[settings.name] = value
            except ValueError:
                self.remark(column, cell, "not a number; recorded as a claim")
                self.claim(settings.name, cell)
        if quantities:
            event["quantities"] = quantities

    def _importance(self, event: dict[str, Any]) -> None:
        for column, _, cell in self.values("importance"):
            if re.fullmatch(r"[1-5](\.0)?", cell):
                event["importance"] = int(cell[0])
            else:
                self.remark(column, cell, "not 1 to 5; recorded as a claim")
                self.claim("importance", cell)

    # Sources, links and media

    def sources(self) -> list[str]:
        """The sources that a row names, or that of the whole table."""
        address = next((cell for _, _, cell in self.values("source.url")), "")
        names = [n for c, s, cell in self.values("source") for n in self._names(c, s, cell)]
        if address and not names:
            names, address = [address], ""
        found: dict[str, None] = {}
        for name in names:
            url = name if _URL.fullmatch(name) else address
            words = re.sub(r"https?://(www\.)?", "", name).rstrip("/") if url == name else name
            found[self._source(words[:LINE], url)] = None
            address = ""
        if found:
            return list(found)
        fields = msgspec.to_builtins(self.mapping.source)
        return [self.registry.sources.get(fields.pop("name"), fields)]

    def _source(self, name: str, address: str) -> str:
        is_address = _URL.fullmatch(address) and len(address) <= 2_000
        if address and not is_address:
            self.remark("", address, "recorded as a claim: it is not a web address")
            self.claim("source_url", address)
        return self.registry.sources.get(name, {"url": address} if is_address else {})

    def locator(self) -> str:
        """The passage of the source: as the table says, by the key, or by the number of the row."""
        at = [" ".join(cell.split())[:LINE] for _, _, cell in self.values("at")]
        if at:
            return at[0]
        key = [f"{name} {self.cells[name]}" for name in self.mapping.key]
        return " ".join(", ".join(key).split())[:LINE] or f"{self.converter.table.unit} {self.row}"

    def _addresses(self, column: str, cell: str) -> None:
        label = next((text for _, _, text in self.values("link.label")), "")
        for part in re.split(r"\s+|(?<=\S);\s*", cell):
            if _URL.fullmatch(part):
                self.link(column, part, label)
            elif part:
                self.claim(key_name(column), cell)
                return

    def _media(self) -> list[dict[str, str]]:
        fields = {
            part: self.text(column, cell)
            for part in ("credit", "caption", "alt", "licence")
            for column, _, cell in self.values(f"media.{part}")
        }
        media: list[dict[str, str]] = []
        for column, _, cell in self.values("media"):
            for part in _SPLIT.split(cell) if _URL.match(cell) else [cell]:
                if _URL.fullmatch(part) and len(part) <= 2_000:
                    media.append({"url": part})
                else:
                    self.says.append(self.text(column, part))
        if media:
            for key, text in fields.items():
                limit = LINE if key in ("credit", "licence") else 2_000
                media[0][key] = " ".join(text.split())[:limit] if limit == LINE else text[:limit]
        else:
            self.says += filter(None, fields.values())
        return media[:50]
