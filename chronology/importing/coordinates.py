"""Points of rows and of places: latitude and longitude in two cells, or in one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

from chronology.importing.names import folded

Point: TypeAlias = tuple[float, float]
_DEGREES = re.compile(
    r"([-+]?\d{1,3}(?:[.,]\d+)?)\s*[°d]?\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*['′’]\s*)?"
    r"(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:\"|″|”|'')\s*)?([NSEW]?)",
    re.IGNORECASE,
)
_WELL_KNOWN_TEXT = re.compile(r"(?:<[^>]*>\s*)?point\s*\(\s*(\S+)\s+(\S+?)\s*\)", re.IGNORECASE)


class PlacePoints:
    """The points of places whose rows all have the same one, and how many tags a row has."""

    def __init__(self) -> None:
        self._points: dict[str, Point | None] = {}
        self.many: dict[str, int] = {}

    def add(self, name: str, point: Point | None) -> None:
        if point is None:
            return
        form = folded(name)
        if self._points.setdefault(form, point) != point:
            self._points[form] = None

    def of(self, name: str) -> Point | None:
        """The point of a place; None if its rows have several."""
        return self._points.get(folded(name))

    def count_tags(self, dimension: str, count: int) -> None:
        self.many[dimension] = max(count, self.many.get(dimension, 0))


def read_point(
    by_role: Mapping[str, list[str]],
    cells: Mapping[str, str],
    remark: Callable[[str, str, str], None] = lambda *_: None,
) -> Point | None:
    """The point of a row; cells that are none are remarked on."""
    for column in by_role.get("point", ()):
        if cells[column]:
            if point := _one_cell(cells[column]):
                return point
            remark(column, cells[column], "left out: it is not a point")
    found = []
    for role, limit in (("latitude", 90.0), ("longitude", 180.0)):
        name = next((name for name in by_role.get(role, ()) if cells[name]), "")
        degrees = _degrees(cells[name], limit) if name else None
        if name and degrees is None:
            remark(name, cells[name], f"left out: it is not a {role}")
        found.append((name, degrees))
    latitude, longitude = (degrees for _, degrees in found)
    if latitude is not None and longitude is not None:
        return latitude, longitude
    for column, degrees in found:
        if column and degrees is not None:
            remark(column, cells[column], "left out: latitude or longitude is missing")
    return None


def _one_cell(cell: str) -> Point | None:
    if match := _WELL_KNOWN_TEXT.fullmatch(cell):
        parts = [match[2], match[1]]
    else:
        parts = re.split(r"\s*[,;]\s*|(?<=[NSns])\s+", cell)
    if len(parts) != 2:
        return None
    latitude, longitude = _degrees(parts[0], 90), _degrees(parts[1], 180)
    return None if latitude is None or longitude is None else (latitude, longitude)


@lru_cache(maxsize=1 << 14)
def _degrees(text: str, limit: float) -> float | None:
    match = _DEGREES.fullmatch(text.strip())
    if not match:
        return None
    degrees, minutes, seconds = (
        float((part or "0").replace(",", ".")) for part in match.groups()[:3]
    )
    value = abs(degrees) + minutes / 60 + seconds / 3_600
    if text.strip().startswith("-") or match[4].upper() in ("S", "W"):
        value = -value
    if abs(value) > limit or minutes >= 60 or seconds >= 60:
        return None
    return value if not minutes and not seconds else round(value, 7)
