"""Records: the fields of every subject, their types and their canonical JSON.

The classes below are the fields that `docs/format.md` specifies. A new field is added to its class.
`load` converts plain values to a class and stops at the first fault; `validation` finds all faults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple

import msgspec

from chronology.model import as_written, geometry
from chronology.model.edtf import Date, EventDate, parse
from chronology.model.errors import DateError
from chronology.model.fields import (
    ID_PATTERN,
    Distinct,
    Fields,
    Id,
    Importance,
    Key,
    Latitude,
    Line,
    Links,
    Locators,
    Longitude,
    Media,
    Name,
    PlaceRole,
    Quantity,
    Radius,
    Relations,
    Sequence,
    Statement,
    Tags,
    Text,
    Url,
)
from chronology.model.geometry import Geometry
from chronology.model.vocabulary import Chronology

_ID = re.compile(ID_PATTERN)
MAX_RECORD_BYTES = 4 << 20
"""The most bytes of the data of one record."""
MAX_RECORD_TEXTS = 200_000
"""The most texts and names of fields of one record: each takes many times its length in memory."""
STANCES = ("asserts", "denies", "plans")
ROLES = ("at", "near", "between", "from", "to")


def is_id(value: Any) -> bool:
    """Whether a value has the form of an id."""
    return isinstance(value, str) and len(value) <= 80 and _ID.match(value) is not None


class Attachment(Fields):
    """A superior of a formation, for a period."""

    to: Id
    source: Id
    at: Line
    since: Date | None = msgspec.field(default=None, name="from")
    until: Date | None = None
    from_as_written: Line | None = None
    until_as_written: Line | None = None
    part: bool = False
    basis: Text | None = None


class Command(Fields):
    """A commander of a formation, for a period."""

    person: Id
    source: Id
    at: Line
    since: Date | None = msgspec.field(default=None, name="from")
    until: Date | None = None
    from_as_written: Line | None = None
    until_as_written: Line | None = None
    basis: Text | None = None


class Batch(Fields):
    """The header of a batch, stored as its first record."""

    format: Literal[1]
    note: Text | None = None


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
    published_as_written: Line | None = None
    accessed: Date | None = None
    accessed_as_written: Line | None = None
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
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude: those recorded, or the middle of the geometry."""
        if self.latitude is not None and self.longitude is not None:
            return self.latitude, self.longitude
        return self.geometry.middle if self.geometry else None


class Person(Fields):
    """A person."""

    name: Line
    names: list[Name] = []
    side: Id | None = None
    role: Text | None = None
    born: Date | None = None
    born_as_written: Line | None = None
    died: Date | None = None
    died_as_written: Line | None = None
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
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    geometry: Geometry | None = None
    related: Relations = []
    links: Links = []
    media: Media = []
    names: list[Name] = []
    tags: dict[Key, Tags] = {}
    quantities: dict[Key, Quantity] = {}
    importance: Importance | None = None

    @property
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude of its own: those recorded, or the middle of the geometry."""
        if self.latitude is not None and self.longitude is not None:
            return self.latitude, self.longitude
        return self.geometry.middle if self.geometry else None

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
    said_as_written: Line | None = None
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


def encode_value(value: object) -> object:
    """The hook by which msgspec encodes dates and geometries."""
    if isinstance(value, EventDate):
        return value.text
    if isinstance(value, Geometry):
        return value.plain
    raise NotImplementedError


_encoder = msgspec.json.Encoder(enc_hook=encode_value, order="sorted")


def canonical(value: object) -> str:
    """The canonical JSON of a value: sorted keys, no white space, no default values."""
    return _encoder.encode(value).decode()


_READERS: dict[type, Callable[[str], EventDate]] = {
    Date: lru_cache(maxsize=1 << 14)(parse),
    EventDate: lru_cache(maxsize=1 << 14)(as_written.read),
}


def decode_date(kind: type, value: object) -> object:
    """The hook by which msgspec decodes dates and geometries."""
    if kind is Geometry:
        return geometry.read(value)
    read = _READERS.get(kind)
    if read is None:
        raise NotImplementedError
    if not isinstance(value, str):
        raise ValueError("is not a date; write the date as text, in quotes")
    try:
        return read(value)
    except DateError as error:
        raise ValueError(str(error)) from None


@cache
def fields_of(kind: type[Fields]) -> Mapping[str, msgspec.structs.FieldInfo]:
    """The fields of a kind by the names that are stored."""
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def has_too_many_texts(data: str) -> bool:
    """Whether stored JSON has more texts and names of fields than one record may have."""
    most = 2 * MAX_RECORD_TEXTS
    return len(data) > most and data.count('"') > most


def load(kind: type[Fields], data: Mapping[str, Any]) -> Any:
    """A `kind` from plain values; raises `msgspec.ValidationError` at the first fault."""
    return msgspec.convert(data, kind, strict=False, dec_hook=decode_date)


def load_json(kind: type[Fields], data: str) -> Any:
    """A `kind` from stored canonical JSON."""
    return msgspec.json.decode(data, type=kind, dec_hook=decode_date)
