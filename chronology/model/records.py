"""Records: the fields of every subject, their types and their canonical JSON.

The classes below are the fields that `docs/format.md` specifies. A new field is added to its class.
`load` converts plain values to a class and stops at the first fault; `validation` finds all faults.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, NamedTuple

import msgspec

from chronology.model import geometry
from chronology.model.canonical import canonical as canonical
from chronology.model.canonical import decode_date as decode_date
from chronology.model.canonical import encode_value
from chronology.model.declarations import FreeDimension, Layout, Level, QuantityColumn, layout_of
from chronology.model.edtf import Date, EventDate
from chronology.model.fields import (
    ID_PATTERN,
    Fields,
    Id,
    Importance,
    Key,
    Latitude,
    Line,
    Locators,
    Longitude,
    Quantity,
    Radius,
    Sequence,
    Tags,
    Text,
    Url,
)
from chronology.model.geometry import Geometry, Point
from chronology.model.groups import (
    Attachment,
    Command,
    Distinct,
    Links,
    Media,
    Name,
    PlaceRole,
    Relations,
    Statement,
)

_ID = re.compile(ID_PATTERN)
MAX_RECORD_BYTES = 4 << 20
"""The most bytes of the data of one record."""
STANCES = ("asserts", "denies", "plans")
ROLES = ("at", "near", "between", "from", "to")


def is_id(value: Any) -> bool:
    """Whether a value has the form of an id."""
    return isinstance(value, str) and len(value) <= 80 and _ID.match(value) is not None


class Batch(Fields):
    """The header of a batch, stored as its first record."""

    format: Literal[1]
    note: Text | None = None


class Chronology(Fields):
    """The subject of the whole chronology, and its vocabularies.

    Levels are stored as a list, because their order matters and canonical JSON sorts keys.
    """

    title: Line
    window: Date
    kinds: dict[Id, Text]
    summary: Text | None = None
    zero: Date | None = None
    clock: Line | None = None
    sides: dict[Id, Text] = {}
    ranks: list[Level] = msgspec.field(default=[], name="levels")
    declared: dict[Key, Id | FreeDimension] = msgspec.field(default={}, name="dimensions")
    quantities: dict[Key, QuantityColumn] = {}

    @property
    def levels(self) -> dict[str, str]:
        """The descriptions by level, the highest level first."""
        return {level.id: level.description for level in self.ranks}

    @property
    def layout(self) -> Layout:
        """The declared columns."""
        return layout_of(self.declared, list(self.levels), self.quantities)

    @property
    def dimensions(self) -> dict[str, str]:
        """The names of the dimensions by column, in their order."""
        return {dimension.column: dimension.name for dimension in self.layout.dimensions}

    @property
    def dimension_words(self) -> dict[str, str]:
        """The words for the dimensions within a sentence, by column: a level, or a label."""
        free = self.free_dimensions
        return {
            column: _within_a_sentence(free[column].label) if column in free else name
            for column, name in self.dimensions.items()
        }

    @property
    def free_dimensions(self) -> dict[str, FreeDimension]:
        """The dimensions whose values are tags, by column, in their order."""
        free = {c: d for c, d in self.declared.items() if isinstance(d, FreeDimension)}
        return {d.column: free[d.column] for d in self.layout.dimensions if d.is_free}


def _within_a_sentence(label: str) -> str:
    """A label of one word begins with a small letter: `Country`, but not `NATO` or `UN region`."""
    return label.lower() if label.isalpha() and label.istitle() else label


class Source(Fields):
    """A work that accounts cite."""

    name: Line
    title: Line | None = None
    author: Line | None = None
    publisher: Line | None = None
    type: Line | None = None
    language: Line | None = None
    rights: Line | None = None
    published: Date | None = None
    accessed: Date | None = None
    url: Url | None = None
    locators: Text | None = None
    cites: list[Text] = []
    names: list[Name] = []
    statements: list[Statement] = []
    note: Text | None = None


class Place(Fields):
    """A place; `latitude` and `longitude` in degrees (WGS 84), with a radius for areas."""

    name: Line
    names: list[Name] = []
    type: Line | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    radius_km: Radius | None = None
    within: Id | None = None
    ids: dict[Key, Line] = {}
    note: Text | None = None
    statements: list[Statement] = []
    geometry: Geometry | None = None
    links: Links = []
    media: Media = []

    @property
    def point(self) -> Point | None:
        """Latitude and longitude."""
        return geometry.point(self.latitude, self.longitude, self.geometry)


class Person(Fields):
    """A person."""

    name: Line
    names: list[Name] = []
    side: Id | None = None
    role: Text | None = None
    born: Date | None = None
    died: Date | None = None
    ids: dict[Key, Line] = {}
    note: Text | None = None
    statements: list[Statement] = []
    links: Links = []
    media: Media = []


class Formation(Fields):
    """A military unit, with its superiors and commanders over time."""

    name: Line
    level: Id
    side: Id
    names: list[Name] = []
    attached: list[Attachment] = []
    commanders: list[Command] = []
    ids: dict[Key, Line] = {}
    note: Text | None = None
    statements: list[Statement] = []


class Tag(Fields):
    """A value of a free dimension."""

    dimension: Key
    name: Line
    names: list[Name] = []
    description: Text | None = None
    ids: dict[Key, Line] = {}
    statements: list[Statement] = []


class Event(Fields):
    """A dated occurrence of history."""

    date: EventDate
    title: Line
    kind: Id
    summary: Text | None = None
    basis: Text | None = None
    places: list[PlaceRole] = []
    formations: list[Id] = []
    people: list[Id] = []
    distinct: list[Distinct] = []
    sequence: Sequence | None = None
    calendar: Literal["julian"] | None = None
    as_written: Line | None = None
    names: list[Name] = []
    tags: dict[Key, Tags] = {}
    quantities: dict[Key, Quantity] = {}
    importance: Importance | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    geometry: Geometry | None = None
    related: Relations = []
    links: Links = []
    media: Media = []

    @property
    def point(self) -> Point | None:
        """Latitude and longitude of its own."""
        return geometry.point(self.latitude, self.longitude, self.geometry)

    @property
    def when(self) -> Date:
        """The date in the Gregorian calendar, after `Catalogue.resolved`."""
        assert isinstance(self.date, Date)
        return self.date


class Account(Fields):
    """The account of an event in one passage of a source."""

    event: Id
    source: Id
    at: Locators
    stance: Literal["asserts", "denies", "plans"] = "asserts"
    by: Line | None = None
    said: Date | None = None
    date: EventDate | None = None
    calendar: Literal["julian"] | None = None
    as_written: Line | None = None
    basis: Text | None = None
    says: Text | None = None
    claims: dict[Key, Line] = {}
    links: Links = []
    media: Media = []

    @property
    def when(self) -> Date | None:
        """The date in the Gregorian calendar, after `Catalogue.resolved`."""
        assert self.date is None or isinstance(self.date, Date)
        return self.date


SUBJECTS: dict[str, type[Fields]] = {
    "chronology": Chronology,
    "source": Source,
    "place": Place,
    "person": Person,
    "formation": Formation,
    "tag": Tag,
    "event": Event,
    "account": Account,
}


class Record(NamedTuple):
    """A record of the log, before it has a position, a version and a digest.

    `stream` is `<subject>/<id>`, `type` is `<subject>.<action>`, `data` is canonical JSON.
    """

    record_id: str
    stream: str
    type: str
    recorded_at: str
    batch: str
    data: str


def amend(fields: Any, change: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as plain values, after the `set` and `unset` of a correction."""
    plain: dict[str, Any] = msgspec.to_builtins(fields, enc_hook=encode_value)
    plain.update(change.get("set", {}))
    return {key: value for key, value in plain.items() if key not in change.get("unset", ())}


def load_partial(kind: type[Fields], data: Mapping[str, Any]) -> dict[str, Any]:
    """Some fields of a `kind` as plain values; raises `msgspec.ValidationError`."""
    fields = fields_of(kind)
    values = {
        key: msgspec.convert(value, fields[key].type, strict=False, dec_hook=decode_date)
        for key, value in data.items()
    }
    plain: dict[str, Any] = msgspec.to_builtins(values, enc_hook=encode_value)
    return plain


@cache
def fields_of(kind: type[Fields]) -> Mapping[str, msgspec.structs.FieldInfo]:
    """The fields of a kind by the names that are stored."""
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def load(kind: type[Fields], data: Mapping[str, Any]) -> Any:
    """A `kind` from plain values; raises `msgspec.ValidationError` at the first fault."""
    return msgspec.convert(data, kind, strict=False, dec_hook=decode_date)


def load_json(kind: type[Fields], data: str) -> Any:
    """A `kind` from stored canonical JSON."""
    return msgspec.json.decode(data, type=kind, dec_hook=decode_date)
