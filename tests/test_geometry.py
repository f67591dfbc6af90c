"""Geometries: reading them, their middle, and the points of events and places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Timeline
from hypothesis import given
from hypothesis import strategies as st
from in_process import in_process
from server import publish

from chronology.model import geometry
from chronology.model.errors import BatchRefused

degrees = st.tuples(
    st.floats(-180, 180).map(lambda n: round(n, 4)), st.floats(-90, 90).map(lambda n: round(n, 4))
)


def read(kind: str, coordinates: Any) -> geometry.Geometry:
    return geometry.read({"type": kind, "coordinates": coordinates})


@given(st.lists(degrees, min_size=1, max_size=20))
def test_a_geometry_is_the_same_after_writing_and_reading(points: list[Any]) -> None:
    made = read("MultiPoint", points)
    assert geometry.read(json.dumps(made.plain)) == made
    assert made.positions == points


@given(st.lists(degrees, min_size=1, max_size=20), st.integers(-180, 180))
def test_the_middle_moves_with_the_points_around_the_earth(points: list[Any], turn: int) -> None:
    def turned(longitude: float) -> float:
        return (longitude + turn + 180) % 360 - 180

    west, width = geometry.west_and_width([longitude for longitude, _ in points])
    _, other_width = geometry.west_and_width([turned(longitude) for longitude, _ in points])
    assert width == pytest.approx(other_width, abs=1e-6)
    assert all(
        (lon - west) % 360 <= width + 1e-6 or (lon - west) % 360 > 359.9 for lon, _ in points
    )


@pytest.mark.parametrize(
    ("longitudes", "middle"),
    [([170, -170], 180), ([179, -177], -179), ([10, 20], 15), ([-90, 90], 0), ([5], 5)],
)
def test_the_middle_is_on_the_shorter_way_round(longitudes: list[float], middle: float) -> None:
    points = [[longitude, 10] for longitude in longitudes]
    assert read("MultiPoint", points).middle == (10, middle)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("here", "as in GeoJSON"),
        ({"type": "Circle", "coordinates": [1, 2]}, "its type is one of Point, MultiPoint"),
        ({"type": "Point", "coordinates": [1, 2, 3]}, "two numbers, first the longitude"),
        ({"type": "Point", "coordinates": [20, 95]}, "not a longitude and a latitude"),
        ({"type": "Point", "coordinates": ["nan", 5]}, "two numbers in degrees"),
        ({"type": "Point", "coordinates": [True, 5]}, "two numbers in degrees"),
        ({"type": "LineString", "coordinates": [[1, 2]]}, "at least two positions"),
        ({"type": "LineString", "coordinates": []}, "not the lists that its type needs"),
        ({"type": "LineString", "coordinates": [[179, 0], [-179, 0]]}, "cut the shape"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}, "ends where"),
        ({"type": "MultiPoint", "coordinates": [[0, 0]] * 2_001}, "more than 2,000 positions"),
        ({"type": "Point", "coordinates": [1, 2], "bbox": []}, "as in GeoJSON"),
    ],
)
def test_a_geometry_that_is_not_one_is_refused_with_the_reason(value: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        geometry.read(value)


def test_an_event_has_a_point_of_its_own(refolded_timeline: Timeline) -> None:
    timeline = refolded_timeline
    timeline.batch(
        "c",
        "- {correct: event/nis-taken, set: {latitude: 43.5, longitude: 21.5}, because: Outside.}",
    )
    event = timeline.event("nis-taken")
    assert (event["latitude"], event["longitude"]) == (43.5, 21.5)
    assert event["places"] == '["Niš"]'


def test_an_event_without_a_point_is_in_the_middle_of_its_geometry(
    refolded_timeline: Timeline,
) -> None:
    timeline = refolded_timeline
    line = "{type: LineString, coordinates: [[20.5, 44.8], [21.5, 43.2]]}"
    timeline.batch(
        "c", f"- {{correct: event/nis-taken, set: {{geometry: {line}}}, because: A march.}}"
    )
    event = timeline.event("nis-taken")
    assert (event["latitude"], event["longitude"]) == (44, 21)
    assert json.loads(str(event["geometry"])) == {
        "type": "LineString",
        "coordinates": [[20.5, 44.8], [21.5, 43.2]],
    }


def test_a_place_is_in_the_middle_of_its_geometry(refolded_timeline: Timeline) -> None:
    timeline = refolded_timeline
    area = "{type: MultiPoint, coordinates: [[179, 10], [-179, 20]]}"
    timeline.batch(
        "c",
        f"- {{place: islands, name: Islands, geometry: {area}}}\n"
        "- {event: there, date: 1944-10-15, title: It is there, kind: battle, places: [islands]}",
    )
    (place,) = timeline.rows("SELECT * FROM places WHERE id = 'islands'")
    event = timeline.event("there")
    assert (place["latitude"], place["longitude"]) == (15, 180)
    assert (event["latitude"], event["longitude"]) == (15, 180)


def test_half_a_point_of_an_event_is_refused(timeline: Timeline) -> None:
    with pytest.raises(BatchRefused, match="latitude or longitude is missing; give both or"):
        timeline.batch(
            "c", "- {correct: event/nis-taken, set: {latitude: 43.5}, because: Outside.}"
        )


WITHOUT_PLACES = """\
format: 1
batch: start
recorded: 2026-01-01T00:00:00Z
records:
- chronology: signals
  title: Signals
  window: 2020/2022
  kinds: {signal: A signal}
- event: line
  date: 2021-05-01
  title: A line
  kind: signal
  geometry: {type: LineString, coordinates: [[10.0, 50.0], [12.0, 54.0]]}
- {event: nowhere, date: 2021-05-02, title: Nowhere, kind: signal}
"""


def test_points_of_events_alone_are_on_the_maps(tmp_path: Path) -> None:
    with in_process(publish(tmp_path / "it", {"0001-a.yml": WITHOUT_PLACES})) as client:
        assert 'id="map"' in client.get("/").text or "leaflet" in client.get("/").text
        points = client.get("/-/chronology/points.json").json()
        column = points["columns"].index("latitude")
        assert [row[column] for row in points["rows"]] == [52, None]
        page = client.get("/timeline/events/line").text
        config = page.partition('id="small-map">')[2].partition("</script>")[0]
        (point,) = json.loads(config)["points"]
        assert (point["latitude"], point["longitude"]) == (52, 11)
        assert point["geometry"]["type"] == "LineString"
        assert point["path"] == "/timeline/events/line"
        found = client.get("/timeline/events.geojson").json()["features"]
        assert [each["geometry"] and each["geometry"]["type"] for each in found] == [
            "LineString",
            None,
        ]
