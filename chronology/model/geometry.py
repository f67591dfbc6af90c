"""Geometries: several points, a line or an area, in the form of GeoJSON (RFC 7946).

Positions are longitude and latitude in degrees of WGS 84, without a height. As section 3.1.9 of
the RFC recommends, a shape that crosses the antimeridian is cut there into several.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, pairwise
from typing import Any

MAX_POSITIONS = 2_000
DEPTHS = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
"""How many lists are around a position, by type."""
_NUMBER = re.compile(r"-?\d{1,3}(\.\d{1,20})?", re.ASCII)
_HALF = 180

Position = tuple[float, float]
Point = tuple[float, float]
"""Latitude and longitude."""


class Geometry:
    """A geometry; `coordinates` are nested tuples of positions, as deep as its type says.

    It is no dataclass, because msgspec would decode one without calling `read`.
    """

    __slots__ = ("coordinates", "type")

    def __init__(self, kind: str, coordinates: Any) -> None:
        self.type = kind
        self.coordinates = coordinates

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Geometry) and self.plain == other.plain

    def __hash__(self) -> int:
        return hash((self.type, self.coordinates))

    @property
    def plain(self) -> dict[str, Any]:
        """The geometry as GeoJSON."""
        return {"type": self.type, "coordinates": self.coordinates}

    @property
    def positions(self) -> list[Position]:
        """All positions, in order."""
        return list(_positions(self.coordinates))

    @property
    def middle(self) -> Point:
        """Latitude and longitude of the middle of its bounds, on the shorter way round."""
        longitudes, latitudes = zip(*self.positions, strict=True)
        west, width = west_and_width(longitudes)
        longitude = west + width / 2
        latitude = (min(latitudes) + max(latitudes)) / 2
        return round(latitude, 6), round(longitude - 360 if longitude > _HALF else longitude, 6)


def west_and_width(longitudes: Sequence[float]) -> tuple[float, float]:
    """The western end and the width in degrees of the shortest arc that has all longitudes."""
    ordered = sorted(set(longitudes))
    gaps = [(after - before, after) for before, after in pairwise(ordered)]
    around = ordered[0] + 360 - ordered[-1]
    # On a tie the arc does not cross the antimeridian.
    widest, west = max(gaps, default=(0.0, 0.0))
    if widest <= around:
        return ordered[0], 360 - around
    return west, 360 - widest


def read(value: object) -> Geometry:
    """A geometry from GeoJSON, as plain values or as text; raises `ValueError`."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, Mapping) or value.keys() != {"type", "coordinates"}:
        raise _error("write {type: …, coordinates: …} as in GeoJSON")
    kind = value["type"]
    if not isinstance(kind, str) or kind not in DEPTHS:
        raise _error(f"its type is one of {', '.join(DEPTHS)}")
    geometry = Geometry(kind, _nested(value["coordinates"], DEPTHS[kind], count()))
    for line in _lines(geometry):
        _check_line(line, kind.endswith("Polygon"))
    return geometry


def _error(reason: str) -> ValueError:
    return ValueError(f"is not a geometry: {reason}")


def _nested(value: object, depth: int, positions: Iterator[int]) -> Any:
    """Coordinates as nested tuples; `positions` counts them, so that no more are built."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise _error("its coordinates are not the lists that its type needs")
    if depth == 0:
        if next(positions) >= MAX_POSITIONS:
            raise _error(f"it has more than {MAX_POSITIONS:,} positions; simplify it")
        return _position(value)
    return tuple([_nested(part, depth - 1, positions) for part in value])


def _position(value: Sequence[object]) -> Position:
    numbers = [_degrees(number) for number in value]
    if len(numbers) != 2:
        raise _error("a position has two numbers, first the longitude, then the latitude")
    longitude, latitude = numbers
    if not (-_HALF <= longitude <= _HALF and -90 <= latitude <= 90):
        raise _error(f"[{longitude:g}, {latitude:g}] is not a longitude and a latitude")
    return longitude, latitude


def _degrees(value: object) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 360:
        return float(value)
    raise _error("a position has two numbers in degrees, first the longitude")


def _positions(value: Any) -> Iterator[Position]:
    if isinstance(value[0], float):
        yield value
    else:
        for part in value:
            yield from _positions(part)


def _lines(geometry: Geometry) -> Iterator[Sequence[Position]]:
    """The lines and rings of a geometry."""
    match geometry.type:
        case "LineString":
            yield geometry.coordinates
        case "MultiLineString" | "Polygon":
            yield from geometry.coordinates
        case "MultiPolygon":
            for polygon in geometry.coordinates:
                yield from polygon


def _check_line(line: Sequence[Position], is_ring: bool) -> None:
    if is_ring and (len(line) < 4 or line[0] != line[-1]):
        raise _error("the ring of an area has at least four positions, and ends where it begins")
    if len(line) < 2:
        raise _error("a line has at least two positions")
    if any(abs(after[0] - before[0]) > _HALF for before, after in pairwise(line)):
        raise _error(
            "two neighbouring positions are more than 180 degrees of longitude apart; cut the shape"
            " at the antimeridian into two (RFC 7946, section 3.1.9)"
        )
