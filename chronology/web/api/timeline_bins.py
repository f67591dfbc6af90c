"""Counts of many events for the timeline and the map: by time and lane, and by point.

Every event is counted. Events without a lane or a point of their own are counted as such.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from chronology.index.selection import Summary, commonest_first
from chronology.model import days
from chronology.model.edtf import Date
from chronology.model.instants import of_days
from chronology.web.pages import day_histogram
from chronology.web.pages.home_overview import DayCounts, Overview, Reader

MAX_LANES = 12
MAX_SPOTS = 1_500
_MAX_BINS = 1_000
_DAY = 86_400
_STEPS = (60, 300, 900, 3_600)
_CELLS_A_DEGREE = (100, 50, 20, 10, 5, 2, 1, 0.2)


def counted(
    reader: Reader,
    chronology_overview: Overview,
    summary: Summary,
    column: str,
    places: Mapping[tuple[float, float], Mapping[str, Any]],
) -> dict[str, Any]:
    """The lanes by a column, with bins of time; the spots; and how many events have no point.

    `places` are the places of points, as data.
    """
    dated = reader.group_counts(summary, "date", column)
    located = reader.group_counts(summary, "latitude", "longitude", chronology_overview.first)
    colours = chronology_overview.series if column == chronology_overview.first else []
    placeless = sum(n for (latitude, _, _), n in located.items() if latitude is None)
    return {
        "lanes": _lanes(
            dated,
            chronology_overview.chronology.window,
            chronology_overview.words[column],
            colours,
        ),
        "spots": _spots(located, chronology_overview.series, places),
        "placeless": placeless,
    }


# Lanes ----------------------------------------------------------------------------------------


def _lanes(dated: DayCounts, window: Date, label: str, series: list[str]) -> dict[str, Any]:
    """Events per bin of time: of the fullest lanes, the others, and events without a value."""
    totals: Counter[str] = Counter()
    for (_, values), count in dated.items():
        totals.update(dict.fromkeys(day_histogram.names(values), count))
    ranked = [name for name, _ in commonest_first(totals.items())]
    named = ranked[: MAX_LANES - 1] if len(ranked) > MAX_LANES else ranked
    number = {name: index for index, name in enumerate(named)}
    others, none = len(named), len(named) + 1
    start, end = _bounds(window, dated)
    step = _step(
        end - start, day_histogram.mostly_timed((text, n) for (text, _), n in dated.items())
    )
    tally = day_histogram.Tally(range(start, end + step, step), none + 1)
    events = [0] * (none + 1)
    for (text, values), count in dated.items():
        lanes = sorted({number.get(name, others) for name in day_histogram.names(values)}) or [none]
        tally.add(day_histogram.parsed(text), lanes, count)
        for lane in lanes:
            events[lane] += count
    lanes_named = [
        *((name, name) for name in named),
        (f"{len(ranked) - len(named)} others", None),
        (f"No {label} named", ""),
    ]
    rows = zip(lanes_named, events, tally.certain, tally.possible, strict=True)
    return {
        "first": days.text(start // _DAY),
        "step_days": step // _DAY if step >= _DAY else None,
        "step_seconds": step,
        "rows": [
            {
                "name": name,
                "value": value,
                "events": count,
                "colour": series.index(name) if name in series else None,
                "certain": certain,
                "possible": possible,
            }
            for (name, value), count, certain, possible in rows
            if count
        ],
    }


def _bounds(window: Date, dated: DayCounts) -> tuple[int, int]:
    """The first and the last second, of whole days: of the window, or else of the dated events."""
    start, end = of_days(window).spans[0][0], of_days(window).spans[-1][1]
    if start is None or end is None:
        dates = (day_histogram.parsed(text) for text in {text for text, _ in dated})
        ends = [each for one in dates for span in of_days(one).spans for each in span]
        known = [second for second in ends if second is not None]
        start = min(known) if start is None else start
        end = max(known) if end is None else end
    return start, max(end, start + _DAY)


def _step(length: int, by_time: bool) -> int:
    """The seconds of a bin: whole days, or less where the events have times."""
    for step in _STEPS if by_time else ():
        if length <= _MAX_BINS * step:
            return step
    return -(-length // (_MAX_BINS * _DAY)) * _DAY


# Spots ----------------------------------------------------------------------------------------


class _Spot(NamedTuple):
    """Points drawn as one, with their events by colour."""

    points: list[tuple[float, float]]
    colours: list[int]


def _spots(
    located: DayCounts, series: list[str], places: Mapping[tuple[float, float], Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The points with their events by colour; too many points are merged by cells."""
    spots: dict[tuple[float, float], _Spot] = {}
    for (latitude, longitude, values), count in located.items():
        if latitude is None:
            continue
        spot = spots.setdefault((latitude, longitude), _Spot([(latitude, longitude)], [0] * 8))
        # One colour an event: that of its first value.
        spot.colours[day_histogram.colours_of(values, series)[0]] += count
    drawn_spots = spots
    for cells_a_degree in _CELLS_A_DEGREE:
        if len(drawn_spots) <= MAX_SPOTS:
            break
        drawn_spots = _in_cells(spots, cells_a_degree)
    return [_drawn(spot, places) for spot in drawn_spots.values()]


def _in_cells(
    spots: Mapping[tuple[float, float], _Spot], cells_a_degree: float
) -> dict[tuple[float, float], _Spot]:
    cells: dict[tuple[float, float], _Spot] = {}
    for (latitude, longitude), spot in spots.items():
        cell = (latitude * cells_a_degree // 1, longitude * cells_a_degree // 1)
        merged = cells.setdefault(cell, _Spot([], [0] * 8))
        merged.points.extend(spot.points)
        for colour, count in enumerate(spot.colours):
            merged.colours[colour] += count
    return cells


def _drawn(spot: _Spot, places: Mapping[tuple[float, float], Mapping[str, Any]]) -> dict[str, Any]:
    latitudes, longitudes = zip(*spot.points, strict=True)
    place = places.get(spot.points[0]) if len(spot.points) == 1 else None
    return {
        "at": [sum(latitudes) / len(latitudes), sum(longitudes) / len(longitudes)],
        # South, west, north, east, for the filters `latitude__gte` and so on.
        "box": [min(latitudes), min(longitudes), max(latitudes), max(longitudes)],
        "name": place["name"] if place else f"{len(spot.points)} points",
        "place": place,
        "colours": spot.colours,
    }
