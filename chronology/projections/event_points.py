"""Points of events on the map, from their places."""

from __future__ import annotations

from collections.abc import Sequence

from chronology.projections.catalogue import Catalogue


def of_places(
    refs: Sequence[tuple[str, str]], catalogue: Catalogue
) -> tuple[float | None, float | None]:
    """The point of an event on the map.

    It is the first located place with the role `at`, else the mean of those with the role
    `between`, else the first located place.
    """
    places = [(role, catalogue.places[place]) for place, role in refs]
    located = [(role, *point) for role, place in places if (point := place.point) is not None]
    if not located:
        return None, None
    for role, latitude, longitude in located:
        if role == "at":
            return latitude, longitude
    between = [(lat, lon) for role, lat, lon in located if role == "between"]
    if between:
        return _mean([lat for lat, _ in between]), _mean_longitude([lon for _, lon in between])
    return located[0][1:]


def _mean(degrees: Sequence[float]) -> float:
    return round(sum(degrees) / len(degrees), 6)


def _mean_longitude(degrees: Sequence[float]) -> float:
    """The mean on the shorter way round the Earth: between 179 and -179 it is 180, not 0."""
    if max(degrees) - min(degrees) <= 180:
        return _mean(degrees)
    mean = _mean([degree + 360 if degree < 0 else degree for degree in degrees])
    return mean if mean <= 180 else round(mean - 360, 6)
