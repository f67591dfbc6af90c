"""What a record may hold: the fields of every subject, their types and their canonical form.

The batch format in `docs/format.md` is the specification; the classes below are its fields.
`load` makes one of them from plain values; `faults_of` lists every fault with its path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache, lru_cache, reduce
from operator import or_
from typing import Annotated, Any, Literal, NamedTuple, get_type_hints

import msgspec
from msgspec import Meta, Struct

from chronology.model.edtf import Date, parse
from chronology.model.errors import DateError

# `\Z`, since `$` also matches before a line break at the end.
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
Radius = Annotated[float, Meta(gt=0, le=20_040)]

_ID = re.compile(ID_PATTERN)
STANCES = ("asserts", "denies", "plans")
ROLES = ("at", "near", "between", "from", "to")


def is_id(value: Any) -> bool:
    """Whether a value can be an id."""
    return isinstance(value, str) and len(value) <= 80 and _ID.match(value) is not None


class _Fields(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """A group of fields: unknown ones are refused, absent ones are not stored.

    The garbage collector leaves them alone: no record can refer to itself.
    """


class Name(_Fields):
    """Another form of a name."""

    name: Line
    language: Line | None = None
    use: Literal["period", "source", "translation"] | None = None


class Statement(_Fields):
    """What a source says of a subject, other than a dated event."""

    source: Id
    at: Line
    says: Text
    date: Date | None = None


class Attachment(_Fields):
    """One superior of a formation, for a time."""

    to: Id
    source: Id
    at: Line
    since: Date | None = msgspec.field(default=None, name="from")
    until: Date | None = None
    part: bool = False
    basis: Text | None = None


class Command(_Fields):
    """One commander of a formation, for a time."""

    person: Id
    source: Id
    at: Line
    since: Date | None = msgspec.field(default=None, name="from")
    until: Date | None = None
    basis: Text | None = None


class PlaceRole(_Fields):
    """A place of an event, and what it is to it."""

    place: Id
    role: Literal["at", "near", "between", "from", "to"] = "at"


class Distinct(_Fields):
    """Another event that looks like the same occurrence, and why it is not."""

    event: Id
    because: Text


class Batch(_Fields):
    """The header of a batch, kept as its first record."""

    format: Literal[1]
    note: Text | None = None


class Level(_Fields):
    """One level of formations."""

    id: Id
    description: Text


class Chronology(_Fields):
    """What the whole chronology is about, and its vocabularies.

    Levels are kept as a list, since their order says which is above which and canonical JSON
    has none; dimensions follow it.
    """

    title: Line
    window: Date
    kinds: dict[Id, Text]
    summary: Text | None = None
    sides: dict[Id, Text] = {}
    ranks: list[Level] = msgspec.field(default=[], name="levels")
    declared: dict[Key, Id] = msgspec.field(default={}, name="dimensions")

    @property
    def levels(self) -> dict[str, str]:
        """The levels from the highest to the lowest, with their descriptions."""
        return {level.id: level.description for level in self.ranks}

    @property
    def dimensions(self) -> dict[str, str]:
        """The columns with their levels, the highest level first."""
        order = list(self.levels)
        found = sorted(self.declared.items(), key=lambda pair: (order.index(pair[1]), pair[0]))
        return dict(found)


class Source(_Fields):
    """A work that accounts are read from."""

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


class Place(_Fields):
    """Somewhere; `latitude` and `longitude` in degrees (WGS 84), `radius_km` around them."""

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


class Person(_Fields):
    """Somebody."""

    name: Line
    names: list[Name] = []
    side: Id | None = None
    role: Text | None = None
    born: Date | None = None
    died: Date | None = None
    ids: dict[Key, Line] = {}
    note: Text | None = None
    statements: list[Statement] = []


class Formation(_Fields):
    """A unit with a name or number of its own, and its superiors and commanders over time."""

    name: Line
    level: Id
    side: Id
    names: list[Name] = []
    attached: list[Attachment] = []
    commanders: list[Command] = []
    ids: dict[Key, Line] = {}
    note: Text | None = None
    statements: list[Statement] = []


class Event(_Fields):
    """A dated occurrence of history."""

    date: Date
    title: Line
    kind: Id
    summary: Text | None = None
    basis: Text | None = None
    places: list[PlaceRole] = []
    formations: list[Id] = []
    people: list[Id] = []
    distinct: list[Distinct] = []


class Account(_Fields):
    """What one passage of a source says of an event."""

    event: Id
    source: Id
    at: Locators
    stance: Literal["asserts", "denies", "plans"] = "asserts"
    by: Line | None = None
    said: Date | None = None
    date: Date | None = None
    basis: Text | None = None
    says: Text | None = None
    claims: dict[Key, Line] = {}


SUBJECTS: dict[str, type[_Fields]] = {
    "chronology": Chronology,
    "source": Source,
    "place": Place,
    "person": Person,
    "formation": Formation,
    "event": Event,
    "account": Account,
}


class Record(NamedTuple):
    """One entry of the log, before it has a position, a version and a digest.

    `stream` is `<subject>/<id>`, `type` is `<subject>.<action>`, `data` is canonical JSON.
    """

    record_id: str
    stream: str
    type: str
    recorded_at: str
    batch: str
    data: str


def _encode(value: object) -> str:
    if isinstance(value, Date):
        return value.text
    raise NotImplementedError


_encoder = msgspec.json.Encoder(enc_hook=_encode, order="sorted")


def canonical(value: object) -> str:
    """The one JSON text of a value: sorted keys, no white space, absent defaults left out."""
    return _encoder.encode(value).decode()


parsed = lru_cache(maxsize=1 << 14)(parse)
"""The same dates are written again and again."""


def _decode(wanted: type, value: object) -> object:
    if wanted is Date:
        if not isinstance(value, str):
            raise ValueError("is no date; write it as a text and quote it")
        try:
            return parsed(value)
        except DateError as error:
            raise ValueError(str(error)) from None
    raise NotImplementedError


def amend(fields: Any, change: Mapping[str, Any]) -> dict[str, Any]:
    """A subject's fields, as plain values, after a correction's `set` and `unset`."""
    plain: dict[str, Any] = msgspec.to_builtins(fields, enc_hook=_encode)
    plain.update(change.get("set", {}))
    return {key: value for key, value in plain.items() if key not in change.get("unset", ())}


def partial(kind: type[_Fields], data: Mapping[str, Any]) -> dict[str, Any]:
    """Some fields of a `kind` as canonical plain values; raises `msgspec.ValidationError`."""
    types = _types(kind)
    found = {
        key: msgspec.convert(value, types[key], strict=False, dec_hook=_decode)
        for key, value in data.items()
    }
    plain: dict[str, Any] = msgspec.to_builtins(found, enc_hook=_encode)
    return plain


@cache
def _types(kind: type[_Fields]) -> Mapping[str, Any]:
    return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}


def load(kind: type[_Fields], data: Mapping[str, Any]) -> Any:
    """The fields in `data` as a `kind`; raises `msgspec.ValidationError` at the first fault."""
    return msgspec.convert(data, kind, strict=False, dec_hook=_decode)


def load_json(kind: type[_Fields], data: str) -> Any:
    """The same from stored canonical JSON."""
    return msgspec.json.decode(data, type=kind, dec_hook=_decode)


def reader(kind: type[_Fields]) -> Callable[[str], Any]:
    """What reads stored fields of a `kind` by their types alone, in half the time.

    What a text may hold was checked when it was recorded. What is read has the fields of the
    `kind` without being one.
    """
    types = get_type_hints(kind)  # Without what annotations say beyond the types.
    fields = [
        (field.name, types[field.name])
        if field.required
        else (field.name, types[field.name], _default(field))
        for field in msgspec.structs.fields(kind)
    ]
    names = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
    plain = msgspec.defstruct(
        kind.__name__, fields, kw_only=True, forbid_unknown_fields=True, rename=names, gc=False
    )
    return msgspec.json.Decoder(plain, dec_hook=_decode).decode


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=field.default_factory)
    return field.default


Path = tuple[str | int, ...]


def widen(subject: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The short forms that the format allows, written out; anything odd is left as it is."""
    widening = _WIDENINGS.get(subject)
    return {**fields, **widening(fields)} if widening else fields


def _wide_event(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    places = fields.get("places")
    if not isinstance(places, list):
        return {}
    return {"places": [{"place": p} if isinstance(p, str) else p for p in places]}


def _wide_account(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    at, claims = fields.get("at"), fields.get("claims")
    wide: dict[str, Any] = {"at": [at]} if isinstance(at, str) else {}
    if isinstance(claims, dict):
        wide["claims"] = {key: _claim(value) for key, value in claims.items()}
    return wide


def _wide_chronology(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    levels = fields.get("levels")
    if not isinstance(levels, dict):
        return {}
    return {"levels": [{"id": key, "description": text} for key, text in levels.items()]}


_WIDENINGS = {"event": _wide_event, "account": _wide_account, "chronology": _wide_chronology}


def _claim(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value) if isinstance(value, int) else f"{value:.15g}"
    return value


@cache
def _info(kind: type[_Fields]) -> Any:
    """What is known of a kind; finding it out takes longer than to check a record by it."""
    return msgspec.inspect.type_info(kind)


def faults_of(kind: type[_Fields], data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Every fault in `data` as (path, reason), where `load` would stop at the first."""
    yield from _faults(data, _info(kind), ())


def change_faults(
    kind: type[_Fields], found: Mapping[str, Any], cleared: Sequence[Any]
) -> Iterator[tuple[Path, str]]:
    """Every fault in the `set` and `unset` of a correction of a `kind`."""
    info = _info(kind)
    fields = {field.encode_name: field for field in info.fields}
    for key, value in found.items():
        if key in fields:
            yield from _faults(value, fields[key].type, ("set", key))
        else:
            yield ("set", key), _unknown(key, fields)
    for index, key in enumerate(cleared):
        if not isinstance(key, str) or key not in fields:
            yield ("unset", index), _unknown(key, fields)
        elif fields[key].required:
            yield ("unset", index), f"the field {key!r} is required; set it instead"
        elif key in found:
            yield ("unset", index), f"the field {key!r} is both set and unset"


def _unknown(key: object, fields: Mapping[str, Any]) -> str:
    near = get_close_matches(str(key)[:40], fields, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(fields)}"
    return f"unknown field {_shown(key)}: {hint}"


def _faults(value: Any, wanted: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(wanted, msgspec.inspect.UnionType) and value is not None:
        structured = [t for t in wanted.types if isinstance(t, msgspec.inspect.StructType)]
        wanted = structured[0] if structured else wanted
    if isinstance(wanted, msgspec.inspect.StructType) and isinstance(value, Mapping):
        yield from _struct_faults(value, wanted, path)
    elif isinstance(wanted, msgspec.inspect.ListType) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, wanted.item_type, (*path, index))
        if len(value) < (wanted.min_length or 0):
            yield path, "the list is empty"
    elif isinstance(wanted, msgspec.inspect.DictType) and isinstance(value, Mapping):
        for key, item in value.items():
            yield from ((p, f"key {key!r} {r}") for p, r in _faults(key, wanted.key_type, path))
            yield from _faults(item, wanted.value_type, (*path, key))
    else:
        yield from _leaf_faults(value, wanted, path)


def _struct_faults(value: Mapping[str, Any], wanted: Any, path: Path) -> Iterator[tuple[Path, str]]:
    fields = {field.encode_name: field for field in wanted.fields}
    for key in value:
        if key not in fields:
            yield (*path, key), _unknown(key, fields)
    for key, field in fields.items():
        if key in value:
            yield from _faults(value[key], field.type, (*path, key))
        elif field.required:
            yield path, f"the field {key!r} is missing"


def _leaf_faults(value: Any, wanted: Any, path: Path) -> Iterator[tuple[Path, str]]:
    try:
        msgspec.convert(value, _python_type(wanted), strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        yield path, _reason(str(error), value)


def _python_type(wanted: Any) -> Any:
    """The annotation that `msgspec.inspect` described."""
    match wanted:
        case msgspec.inspect.UnionType():
            return reduce(or_, map(_python_type, wanted.types))
        case msgspec.inspect.StrType():
            return Annotated[str, _limits(wanted, "pattern", "max_length")]
        case msgspec.inspect.FloatType():
            return Annotated[float, _limits(wanted, "ge", "le", "gt")]
        case msgspec.inspect.LiteralType():
            return Literal[wanted.values]
        case msgspec.inspect.CustomType() | msgspec.inspect.StructType():
            return wanted.cls
        case msgspec.inspect.ListType():
            return list[_python_type(wanted.item_type)]  # type: ignore[misc]
    return _PLAIN.get(type(wanted), dict[str, Any])


_PLAIN: dict[type, Any] = {
    msgspec.inspect.IntType: int,
    msgspec.inspect.BoolType: bool,
    msgspec.inspect.NoneType: None,
}


def _limits(wanted: Any, *names: str) -> Meta:
    limits: dict[str, Any] = {name: getattr(wanted, name) for name in names}
    return Meta(**limits)


_EXPLAINED = {
    ID_PATTERN: "is no id: lower-case letters, digits and single hyphens between them",
    KEY_PATTERN: "is no key: lower-case letters, digits and single underscores between them",
    LINE_PATTERN: "is empty or has a line break or a control character",
    TEXT_PATTERN: "is empty or has a control character",
    URL_PATTERN: "is no address that begins with http:// or https://",
}


def _reason(message: str, value: Any) -> str:
    shown = _shown(value)
    for pattern, text in _EXPLAINED.items():
        if repr(pattern) in message:
            return f"{shown} {text}"
    message = re.sub(r" - at `[^`]*`$", "", message)
    if message.startswith(("'", '"')):
        return message
    if message.startswith("is no date"):
        return f"{shown} {message}"
    return f"{shown} is refused: {message[0].lower()}{message[1:].replace('`', '')}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


_NUMBER = r"-?\d{1,15}(?:\.\d{1,6})?"
_FIGURE = re.compile(
    rf"(?P<about>~)?(?P<only>{_NUMBER})(?P<bound>[+-])?|(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})",
    re.ASCII,
)
ABOUT = 0.1
"""How far a figure marked `~` reaches either way, as a part of it."""


@lru_cache(maxsize=1 << 14)
def figure(value: str) -> tuple[float | None, float | None] | None:
    """The least and greatest number that a claim's value allows, or None if it is a text.

    An open side is None: `500+` is (500, None), `20-` is (None, 20), `15..20` is (15, 20).
    A range that descends is no range: it is a text.
    """
    match = _FIGURE.fullmatch(value)
    if match is None:
        return None
    if match["low"] is not None:
        low, high = float(match["low"]), float(match["high"])
        return (low, high) if low <= high else None
    number = float(match["only"])
    if match["about"] and match["bound"] is None:
        spread = abs(number) * ABOUT
        return number - spread, number + spread
    if match["bound"] == "+":
        return number, None
    if match["bound"] == "-":
        return None, number
    return number, number
