"""Records: the fields of every subject, their types and their canonical JSON.

The classes below are the fields that `docs/format.md` specifies. A new field is added to its class.
`load` converts plain values to a class and stops at the first fault; `validation` finds all faults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from chronology.model import as_written
from chronology.model.edtf import Date, EventDate, parse
from chronology.model.errors import DateError

# `\Z` because `$` also matches before a final line break.
ID_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*\Z"
KEY_PATTERN = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*\Z"
LINE_PATTERN = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+\Z"
TEXT_PATTERN = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]+\Z"
URL_PATTERN = r"^https?://[^\s\x00-\x1f\x7f<>\"]+\Z"

Id = Annotated[str, Meta(pattern=ID_PATTERN, max_length=80)]
Key = Annotated[str, Meta(pattern=KEY_PATTERN, max_length=40)]
Line = Annotated[str, Meta(pattern=LINE_PATTERN, max_length=300)]
Text = Annotated[str, Meta(pattern=TEXT_PATTERN, max_length=20_000)]
Locators = Annotated[list[Line], Meta(min_length=1)]
Url = Annotated[str, Meta(pattern=URL_PATTERN, max_length=2_000)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Sequence = Annotated[int, Meta(ge=1, le=9_999)]
Radius = Annotated[float, Meta(gt=0, le=20_040)]

_ID = re.compile(ID_PATTERN)
MAX_RECORD_BYTES = 4 << 20
"""The most bytes of the data of one record."""
STANCES = ("asserts", "denies", "plans")
ROLES = ("at", "near", "between", "from", "to")


def is_id(value: Any) -> bool:
    """Whether a value has the form of an id."""
    return isinstance(value, str) and len(value) <= 80 and _ID.match(value) is not None


# Records never contain cycles, so the garbage collector need not track them.
class Fields(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """The base of every group of fields. Unknown fields are refused, default values not stored."""


class Name(Fields):
    """Another form of a name."""

    name: Line
    language: Line | None = None
    use: Literal["period", "source", "translation"] | None = None


class Statement(Fields):
    """A statement of a source about a subject, other than a dated event."""

    source: Id
    at: Line
    says: Text
    date: Date | None = None
    as_written: Line | None = None


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


class PlaceRole(Fields):
    """A place of an event, with its role."""

    place: Id
    role: Literal["at", "near", "between", "from", "to"] = "at"


class Distinct(Fields):
    """A similar event that is a different occurrence, with the reason."""

    event: Id
    because: Text


class Batch(Fields):
    """The header of a batch, stored as its first record."""

    format: Literal[1]
    note: Text | None = None


class Level(Fields):
    """One level of formations."""

    id: Id
    description: Text


class Chronology(Fields):
    """The subject of the whole chronology, and its vocabularies.

    Levels are stored as a list, because their order matters and canonical JSON sorts keys.
    """

    title: Line
    window: Date
    kinds: dict[Id, Text]
    summary: Text | None = None
    zero: Date | None = None
    zero_as_written: Line | None = None
    clock: Line | None = None
    sides: dict[Id, Text] = {}
    ranks: list[Level] = msgspec.field(default=[], name="levels")
    declared: dict[Key, Id] = msgspec.field(default={}, name="dimensions")

    @property
    def levels(self) -> dict[str, str]:
        """The descriptions by level, the highest level first."""
        return {level.id: level.description for level in self.ranks}

    @property
    def dimensions(self) -> dict[str, str]:
        """The levels by column, the highest level first."""
        order = list(self.levels)
        return dict(sorted(self.declared.items(), key=lambda pair: (order.index(pair[1]), pair[0])))


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


def encode_date(value: object) -> str:
    """The hook by which msgspec encodes dates."""
    if isinstance(value, EventDate):
        return value.text
    raise NotImplementedError


_encoder = msgspec.json.Encoder(enc_hook=encode_date, order="sorted")


def canonical(value: object) -> str:
    """The canonical JSON of a value: sorted keys, no white space, no default values."""
    return _encoder.encode(value).decode()


_READERS: dict[type, Callable[[str], EventDate]] = {
    Date: lru_cache(maxsize=1 << 14)(parse),
    EventDate: lru_cache(maxsize=1 << 14)(as_written.read),
}


def decode_date(kind: type, value: object) -> object:
    """The hook by which msgspec decodes dates."""
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


def load(kind: type[Fields], data: Mapping[str, Any]) -> Any:
    """A `kind` from plain values; raises `msgspec.ValidationError` at the first fault."""
    return msgspec.convert(data, kind, strict=False, dec_hook=decode_date)


def load_json(kind: type[Fields], data: str) -> Any:
    """A `kind` from stored canonical JSON."""
    return msgspec.json.decode(data, type=kind, dec_hook=decode_date)
