"""The types of single fields, and the base of every group of fields."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from chronology.model.edtf import Date

# `\Z` because `$` also matches before a final line break.
ID_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*\Z"
KEY_PATTERN = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*\Z"
LINE_PATTERN = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+\Z"
TEXT_PATTERN = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]+\Z"
URL_PATTERN = r"^https?://[^\s\x00-\x1f\x7f<>\"]+\Z"

MAX_ID = 80
"""The characters of an id at most."""
Id = Annotated[str, Meta(pattern=ID_PATTERN, max_length=MAX_ID)]
Key = Annotated[str, Meta(pattern=KEY_PATTERN, max_length=40)]
Line = Annotated[str, Meta(pattern=LINE_PATTERN, max_length=300)]
Text = Annotated[str, Meta(pattern=TEXT_PATTERN, max_length=20_000)]
Locators = Annotated[list[Line], Meta(min_length=1)]
Url = Annotated[str, Meta(pattern=URL_PATTERN, max_length=2_000)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Sequence = Annotated[int, Meta(ge=1, le=9_999)]
Radius = Annotated[float, Meta(gt=0, le=20_040)]
Importance = Annotated[int, Meta(ge=1, le=5)]
# Within these, a quantity is exact in JSON and in JavaScript to about fifteen digits.
Quantity = Annotated[float, Meta(ge=-1e15, le=1e15)]
Tags = Annotated[list[Id], Meta(min_length=1, max_length=50)]


# Records never contain cycles, so the garbage collector need not track them.
class Fields(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """The base of every group of fields. Unknown fields are refused, default values not stored."""


# Groups of fields ---------------------------------------------------------------------------------


class Name(Fields):
    """Another form of a name, with the period in which it was in use."""

    name: Line
    language: Line | None = None
    use: Literal["period", "source", "translation"] | None = None
    since: Date | None = msgspec.field(default=None, name="from")
    until: Date | None = None
    from_as_written: Line | None = None
    until_as_written: Line | None = None


class Statement(Fields):
    """A statement of a source about a subject, other than a dated event."""

    source: Id
    at: Line
    says: Text
    date: Date | None = None
    as_written: Line | None = None


class PlaceRole(Fields):
    """A place of an event, with its role."""

    place: Id
    role: Literal["at", "near", "between", "from", "to"] = "at"


class Distinct(Fields):
    """A similar event that is a different occurrence, with the reason."""

    event: Id
    because: Text


# Links, media and relations ---------------------------------------------------------------------

FILE_PATTERN = r"^[0-9a-f]{64}\.(avif|flac|gif|jpg|m4a|mp3|ogg|pdf|png|wav|webp)\Z"
RELATION_PATTERN = r"^(part-of|caused-by|follows|same-as-in:https?://[^\s\x00-\x1f\x7f<>\"?#]+)\Z"
SAME_AS_IN = "same-as-in:"

FileName = Annotated[str, Meta(pattern=FILE_PATTERN, max_length=80)]
Relation = Annotated[str, Meta(pattern=RELATION_PATTERN, max_length=2_000)]
Caption = Annotated[str, Meta(pattern=TEXT_PATTERN, max_length=2_000)]


class Link(Fields):
    """An address elsewhere, with the words that lead to it."""

    url: Url
    label: Line | None = None


class Medium(Fields):
    """A picture, document or recording: a file in `media/`, or an address elsewhere."""

    file: FileName | None = None
    url: Url | None = None
    credit: Line | None = None
    licence: Line | None = None
    alt: Caption | None = None
    caption: Caption | None = None
    source: Id | None = None


class Related(Fields):
    """A relation of an event to another, of the same chronology or of one at an address."""

    event: Id
    relation: Relation = msgspec.field(name="as")

    @property
    def address(self) -> str | None:
        """The address of the other chronology, without a slash at its end."""
        if not self.relation.startswith(SAME_AS_IN):
            return None
        return self.relation.removeprefix(SAME_AS_IN).rstrip("/")


Links = Annotated[list[Link], Meta(min_length=1, max_length=50)]
Media = Annotated[list[Medium], Meta(min_length=1, max_length=50)]
Relations = Annotated[list[Related], Meta(min_length=1, max_length=50)]
