"""Means and spots on both sides of the antimeridian."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from chronology.projections.event_rows import _mean_longitude
from chronology.web.api import timeline_bins

LONGITUDES = st.integers(-17_999, 18_000).map(lambda hundredths: hundredths / 100)


def distance(one: float, other: float) -> float:
    """The degrees between two longitudes on the shorter way round the Earth."""
    degrees = abs(one - other) % 360
    return min(degrees, 360 - degrees)


@given(LONGITUDES, LONGITUDES)
def test_the_mean_of_two_longitudes_is_as_far_from_both_on_the_shorter_way(
    one: float, other: float
) -> None:
    mean = _mean_longitude([one, other])
    assert -180 <= mean <= 180
    to_one, to_other = distance(mean, one), distance(mean, other)
    assert abs(to_one - to_other) < 1e-4
    assert to_one + to_other < distance(one, other) + 1e-4


@given(st.integers(0, 40), st.integers(1, 7))
def test_merged_spots_stay_on_their_side_and_count_every_event(shift: int, step: int) -> None:
    points = Counter[tuple[float | None, ...]]()
    for number in range(2_000):
        longitude = 175 + (number * step % 1_000) / 100 + shift / 10
        longitude -= 360 if longitude > 180 else 0
        points[(number % 50) / 10, longitude, None] += 1 + number % 3
    located = Counter(dict(points.items()))

    spots = timeline_bins._spots(located, [], {})

    assert len(spots) <= timeline_bins.MAX_SPOTS
    assert sum(sum(spot["colours"]) for spot in spots) == points.total()
    for spot in spots:
        south, west, north, east = spot["box"]
        latitude, longitude = spot["at"]
        assert south <= latitude <= north
        assert west <= longitude <= east
        assert east - west <= 5
