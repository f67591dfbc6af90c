"""Groups of fields within the records of subjects."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from chronology.model.edtf import Date
from chronology.model.fields import (
    SAME_AS_IN,
    Caption,
    Fields,
    FileName,
    Id,
    Line,
    Relation,
    Text,
    Url,
)


class Name(Fields):
    """Another form of a name, with the period in which it was in use."""

    name: Line
    language: Line | None = None
    use: Literal["period", "source", "translation"] | None = None
    since: Date | None = msgspec.field(default=None, name="from")
    until: Date | None = None


class Statement(Fields):
    """A statement of a source about a subject, other than a dated event."""

    source: Id
    at: Line
    says: Text
    date: Date | None = None


class Attachment(Fields):
    """A superior of a formation, for a period."""

    to: Id
    source: Id
    at: Line
    since: Date | None = msgspec.field(default=None, name="from")
    until: Date | None = None
    part: bool = False
    basis: Text | None = None


class Command(Fields):
    """A commander of a formation, for a period."""

    person: Id
    source: Id
    at: Line
    since: Date | None = msgspec.field(default=None, name="from")
    until: Date | None = None
    basis: Text | None = None


class PlaceRole(Fields):
    """A place of an event, with its role."""

    place: Id
    role: Literal["at", "near", "between", "from", "to"] = "at"


class Distinct(Fields):
    """A similar event that is a different occurrence, with the reason."""

    event: Id
    because: Text


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
