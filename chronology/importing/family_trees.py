"""GEDCOM: the events of people and families as rows. People who may be living are left out.

The reader follows the lines of GEDCOM 5.5 and 7: a level, perhaps an id, a tag and a value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansel

from chronology.importing.living import PeopleAlive
from chronology.importing.tables import Row, Table, Unreadable, clean, fitted
from chronology.model import written_dates
from chronology.model.errors import DateError

_LINE = re.compile(r"\s*(\d+)\s+(?:(@[^@]+@)\s+)?([A-Za-z0-9_]+)(?: (.*))?")
COLUMNS = ["key", "kind", "title", "date", "place", "people", "note", "source"]
_OF_PERSON = {
    "BIRT": ("birth", "{} is born"),
    "CHR": ("christening", "{} is christened"),
    "BAPM": ("baptism", "{} is baptised"),
    "CONF": ("confirmation", "{} is confirmed"),
    "DEAT": ("death", "{} dies"),
    "BURI": ("burial", "{} is buried"),
    "CREM": ("cremation", "{} is cremated"),
    "ADOP": ("adoption", "{} is adopted"),
    "EMIG": ("emigration", "{} emigrates"),
    "IMMI": ("immigration", "{} immigrates"),
    "NATU": ("naturalisation", "{} is naturalised"),
    "CENS": ("census", "{} is counted in a census"),
    "PROB": ("probate", "The will of {} is proved"),
    "WILL": ("will", "{} makes a will"),
    "GRAD": ("graduation", "{} graduates"),
    "RETI": ("retirement", "{} retires"),
    "RESI": ("residence", "{} resides"),
    "OCCU": ("occupation", "{} has an occupation"),
    "EVEN": ("event", "{}: an event"),
}
_OF_FAMILY = {
    "MARR": ("marriage", "{} marry"),
    "ENGA": ("engagement", "{} are engaged"),
    "DIV": ("divorce", "{} are divorced"),
    "ANUL": ("annulment", "The marriage of {} is annulled"),
    "MARB": ("banns", "The marriage of {} is announced"),
    "EVEN": ("event", "{}: an event"),
}
_USED = {"NAME", "TITL", "FAMS", "FAMC", "HUSB", "WIFE", "CHIL", "DATE", "PLAC", "NOTE", "SOUR"}
_USED |= {"TYPE", "CONT", "CONC", "INDI", "FAM", *_OF_PERSON, *_OF_FAMILY}
ANSEL = "gedcom"
ansel.register()


@dataclass
class Node:
    """A line with the lines below it."""

    tag: str
    value: str
    id: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, tag: str) -> list[Node]:
        return [child for child in self.children if child.tag == tag]

    def text(self, tag: str) -> str:
        return next((child.whole for child in self.children if child.tag == tag), "")

    @property
    def whole(self) -> str:
        """The value with its continued lines."""
        parts = [self.value]
        for child in self.children:
            if child.tag in ("CONT", "CONC"):
                parts.append("\n" * (child.tag == "CONT") + child.value)
        return clean("".join(parts))


def read(path: Path, settings: Mapping[str, str]) -> Table:
    """The events of a file; `living` in `settings` keeps people who may be living."""
    tree = Tree(records_of(path, settings.get("encoding")))
    hidden = set() if settings.get("living") else PeopleAlive(tree.people, tree.families).ids
    rows = list(tree.rows(hidden))
    if not rows:
        raise Unreadable(f"{path} has no events of people who have died; use --living for all")

    def read_rows() -> Iterator[Row]:
        for number, cells in enumerate(rows, 1):
            yield fitted(number, cells, len(COLUMNS))

    notes = [f"{count} lines of {tag} are left out" for tag, count in sorted(tree.others.items())]
    if hidden:
        notes.insert(0, f"{len(hidden)} people who may be living are left out; --living keeps them")
    notes += tree.notes
    roles = dict(zip(COLUMNS, (*COLUMNS[:6], "summary", "says"), strict=True))
    shown = {tree.labels[key]: tree.fields(key) for key in tree.people if key not in hidden}
    return Table(COLUMNS, read_rows, roles, notes=notes, people=shown, unit="event")


def records_of(path: Path, encoding: str | None = None) -> Iterator[Node]:
    """The records of a file: its lines of level 0, each with those below it."""
    return _records(_lines(path, encoding))


def _lines(path: Path, encoding: str | None) -> Iterator[tuple[int, str]]:
    if encoding is None:
        head = path.read_bytes()[:2_000]
        match = re.search(rb"1 CHAR(?:ACTER)? (\S+)", head)
        name = match[1].decode("ascii", "replace").upper() if match else ""
        names = {"ANSEL": ANSEL, "UNICODE": "utf-16", "ANSI": "cp1252", "ASCII": "utf-8"}
        encoding = names.get(name, "utf-8-sig")
        if head.startswith(b"\xef\xbb\xbf"):
            encoding = "utf-8-sig"
    try:
        with path.open(encoding=encoding) as file:
            yield from enumerate(file, 1)
    except UnicodeError as error:
        raise Unreadable(
            f"{path} is not {encoding}: {error}; name its encoding in the map"
        ) from None


def _records(lines: Iterator[tuple[int, str]]) -> Iterator[Node]:
    stack: list[Node] = []
    for number, line in lines:
        match = _LINE.fullmatch(line.rstrip("\r\n"))
        if match:
            level = int(match[1])
            node = Node(match[3].upper(), match[4] or "", match[2] or "")
        elif stack:  # A line break within a value.
            level, node = len(stack), Node("CONT", line.rstrip("\r\n"))
        else:
            raise Unreadable(f"line {number} is not GEDCOM: {line[:60].strip()}; export it again")
        if level > len(stack):
            raise Unreadable(f"line {number}: the level {level} follows {len(stack) - 1}")
        if level == 0 and stack:
            yield stack[0]
        del stack[level:]
        if stack:
            stack[-1].children.append(node)
        stack.append(node)
    if stack:
        yield stack[0]


class Tree:
    """The people and families of a file, by id."""

    def __init__(self, records: Iterator[Node]) -> None:
        self.people: dict[str, Node] = {}
        self.families: dict[str, Node] = {}
        self.sources: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.others: Counter[str] = Counter()
        self.notes: list[str] = []
        for record in records:
            if record.tag == "INDI":
                self.people[record.id] = record
            elif record.tag == "FAM":
                self.families[record.id] = record
            elif record.tag == "SOUR":
                self.sources[record.id] = record.text("TITL") or record.id.strip("@")
            elif record.tag in ("NOTE", "SNOTE"):
                self.texts[record.id] = record.whole
            self._count(record)
        self.labels = self._labels()

    def _count(self, node: Node) -> None:
        if node.tag not in _USED:
            self.others[node.tag] += 1
        for child in node.children:
            self._count(child)

    def _labels(self) -> dict[str, str]:
        """The name of each person; people of one name have their years or ids beside it."""
        names = {
            key: _name(node) or f"Unnamed {key.strip('@')}" for key, node in self.people.items()
        }
        count = Counter(names.values())
        years = {
            key: f"{name} ({_year(node, 'BIRT')}–{_year(node, 'DEAT')})"
            for (key, node), name in zip(self.people.items(), names.values(), strict=True)
        }
        count_of_years = Counter(years.values())
        return {
            key: name
            if count[name] == 1
            else years[key]
            if count_of_years[years[key]] == 1 and not years[key].endswith("(–)")
            else f"{name} ({key.strip('@')})"
            for key, name in names.items()
        }

    def fields(self, key: str) -> dict[str, Any]:
        """The fields of a person beside the name."""
        node = self.people[key]
        fields: dict[str, Any] = {"ids": {"gedcom": key.strip("@")}}
        if title := node.text("TITL"):
            fields["role"] = title
        for tag, name in (("BIRT", "born"), ("DEAT", "died")):
            if date := _date(node, tag):
                fields[name] = date
        notes = [self.texts.get(n.value, n.whole) for n in node.all("NOTE")]
        if notes:
            fields["note"] = "\n".join(notes)
        return fields

    def rows(self, hidden: set[str]) -> Iterator[list[str]]:
        for key, person in self.people.items():
            if key not in hidden:
                parents = [p for p in self._parents(person) if p not in hidden]
                yield from self._events(key, person, [key], _OF_PERSON, parents)
        for key, family in self.families.items():
            couple = [n.value for tag in ("HUSB", "WIFE") for n in family.all(tag)]
            known = [member for member in couple if member in self.labels]
            if known and not hidden & {*known}:
                yield from self._events(key, family, known, _OF_FAMILY, [])

    def _parents(self, person: Node) -> list[str]:
        families = [self.families.get(node.value) for node in person.all("FAMC")]
        parents = [n.value for f in families if f for t in ("HUSB", "WIFE") for n in f.all(t)]
        return [parent for parent in parents if parent in self.people]

    def _events(
        self,
        key: str,
        record: Node,
        members: list[str],
        kinds: Mapping[str, tuple[str, str]],
        parents: list[str],
    ) -> Iterator[list[str]]:
        seen: Counter[str] = Counter()
        names = " and ".join(self.labels[member] for member in members)
        for node in record.children:
            if node.tag not in kinds:
                continue
            seen[node.tag] += 1
            kind, title = kinds[node.tag]
            # A year of three digits is sure to be one.
            date = re.sub(r"\b(\d{3})$", r"0\1", " ".join(node.text("DATE").split()))
            place = node.text("PLAC")
            if not date:
                if place or node.whole not in ("", "Y"):
                    self.notes.append(f"{names}, {kind}: no date; left out: {place or node.whole}")
                continue
            own = f"{key.strip('@')}-{node.tag}" + (
                f"-{seen[node.tag]}" if seen[node.tag] > 1 else ""
            )
            people = "; ".join(
                self.labels[m] for m in (*members, *(parents * (node.tag == "BIRT")))
            )
            yield [
                *(own, kind, title.format(names), date, place, people),
                self._note(node, parents if node.tag == "BIRT" else []),
                "; ".join(self.sources.get(s.value, s.whole) for s in node.all("SOUR")),
            ]

    def _note(self, node: Node, parents: list[str]) -> str:
        parts = [node.text("TYPE"), "" if node.whole == "Y" else node.whole]
        if parents:
            parts.append(f"Child of {' and '.join(self.labels[p] for p in parents)}.")
        parts += [self.texts.get(n.value, n.whole) for n in node.all("NOTE")]
        return "\n".join(filter(None, parts))


def _name(node: Node) -> str:
    """`Victoria /Hanover/` as `Victoria Hanover`."""
    return " ".join(node.text("NAME").replace("/", " ").split())


def _date(node: Node, tag: str) -> str:
    """The date of an event as EDTF; empty if there is none."""
    for event in node.all(tag):
        try:
            return written_dates.read(event.text("DATE"), "eu").text
        except DateError:
            continue
    return ""


def _year(node: Node, tag: str) -> str:
    match = re.search(r"-?\d{4}", _date(node, tag))
    return match[0].lstrip("0") if match else ""
