"""Links, media, relations and geometries of events, as the formats share them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from chronology.model.fields import Link, Medium
from chronology.model.geometry import Geometry
from chronology.store.media import media_type

IN_WORDS = {"part-of": "Part of", "caused-by": "Caused by", "follows": "Follows"}


class Relation(NamedTuple):
    """A relation to another event; `address` is that of an event of another chronology."""

    relation: str
    event: str
    title: str | None
    address: str | None


class Attached(NamedTuple):
    """The links, media, relations and shape of an event."""

    geometry: Geometry | None = None
    has_point: bool = False
    related: Sequence[Relation] = ()
    links: Sequence[Link] = ()
    media: Sequence[Medium] = ()

    @property
    def lines(self) -> Iterator[str]:
        """All of it in plain text, a line for each, without the geometry."""
        for related in self.related:
            if related.address:
                yield f"The same event elsewhere: {related.address}"
            else:
                yield f"{IN_WORDS[related.relation]}: {related.title or related.event}."
        for link in self.links:
            yield f"{link.label}: {link.url}" if link.label else link.url
        for medium in self.media:
            credits = ", ".join(filter(None, (medium.credit, medium.licence)))
            text = medium.caption or medium.alt or medium.url or "Without a caption"
            yield f"{noun(medium)}: {text}{f' ({credits})' if credits else ''}"


def noun(medium: Medium) -> str:
    """Picture, document or recording; for an address elsewhere, whose type is not known, media."""
    kind = media_type(medium.file).partition("/")[0] if medium.file else ""
    return {"image": "Picture", "application": "Document", "audio": "Recording"}.get(kind, "Media")


def address(chronology: str, medium: Medium) -> str:
    """The address of a medium: of its file in a chronology, or elsewhere."""
    return f"{chronology}/media/{medium.file}" if medium.file else str(medium.url)


def pairs(positions: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Positions with their latitudes first, as GeoRSS and schema.org have them."""
    return [(latitude, longitude) for longitude, latitude in positions]


def rings_and_lines(geometry: Geometry) -> tuple[list[Any], list[Any]]:
    """The outer rings of the areas of a geometry, and its lines."""
    coordinates = geometry.coordinates
    match geometry.type:
        case "Polygon":
            return [coordinates[0]], []
        case "MultiPolygon":
            return [polygon[0] for polygon in coordinates], []
        case "LineString":
            return [], [coordinates]
        case "MultiLineString":
            return [], list(coordinates)
    return [], []
