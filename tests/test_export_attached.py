"""Links, media, relations and shapes of events in every format."""

from __future__ import annotations

import json
from typing import Any

import pytest
from export_cases import EVENT, exported

from chronology.export.attached import Attached, Relation
from chronology.model.fields import Link, Medium
from chronology.model.geometry import read

FILE = f"{'a' * 64}.png"
MEDIA = f"https://example.org/timeline/media/{FILE}"
LINE = {"type": "LineString", "coordinates": [[20.5, 44.8], [21.5, 43.2]]}
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[20.0, 43.0], [21.0, 43.0], [21.0, 44.0], [20.0, 44.0], [20.0, 43.0]]],
}
BARE = EVENT
FULL = EVENT._replace(
    attached=Attached(
        geometry=read(LINE),
        has_point=True,
        related=[
            Relation("part-of", "operation", "The operation", None),
            Relation("caused-by", "march", "The march", None),
            Relation("same-as-in:https://e.org", "nish", None, "https://e.org/events/nish"),
        ],
        links=[Link(url="https://example.org/more", label="More")],
        media=[
            Medium(file=FILE, caption="A bridge", credit="Nobody", licence="CC0", alt="Two arches"),
            Medium(url="https://example.org/film", caption="A film"),
        ],
    )
)


def feature(event: Any) -> Any:
    return json.loads(exported("geojson", event))["features"][0]


def test_geojson_has_the_geometry_relations_and_depictions() -> None:
    found = feature(FULL)
    assert found["geometry"] == LINE
    assert found["relations"] == [
        {
            "relationType": "partOf",
            "relationTo": "https://example.org/timeline/events/operation",
            "label": "The operation",
        },
        {
            "relationType": "causedBy",
            "relationTo": "https://example.org/timeline/events/march",
            "label": "The march",
        },
    ]
    assert found["depictions"][0] == {
        "@id": MEDIA,
        "title": "A bridge",
        "credit": "Nobody",
        "license": "CC0",
    }
    assert {"type": "seeAlso", "identifier": "https://example.org/more"} in found["links"]
    assert {"type": "exactMatch", "identifier": "https://e.org/events/nish"} in found["links"]


@pytest.mark.parametrize("extension", ["geojson", "ics", "atom", "jsonld", "timelinejs"])
def test_an_event_without_any_of_it_looks_as_before(extension: str) -> None:
    text = exported(extension, BARE)
    for word in ("relations", "depictions", "ATTACH", "RELATED-TO", "enclosure", "superEvent"):
        assert word not in text
    assert "media" not in text.replace("mediatype", "")


def test_icalendar_has_attachments_and_the_whole() -> None:
    text = exported("ics", FULL).replace("\r\n ", "")
    assert f"ATTACH;FMTTYPE=image/png:{MEDIA}\r\n" in text
    assert "ATTACH:https://example.org/film\r\n" in text
    assert f"RELATED-TO;RELTYPE=PARENT:operation@{'f' * 32}\r\n" in text
    assert "Part of: The operation." in text


def test_atom_has_links_enclosures_and_shapes() -> None:
    text = exported("atom", FULL._replace(attached=FULL.attached._replace(geometry=read(SQUARE))))
    assert '<link rel="related" href="https://example.org/more" title="More"/>' in text
    assert f'<link rel="enclosure" href="{MEDIA}" type="image/png" title="A bridge"/>' in text
    ring = "43.0 20.0 43.0 21.0 44.0 21.0 44.0 20.0 43.0 20.0"
    assert f"<georss:polygon>{ring}</georss:polygon>" in text
    assert "<georss:line>44.8 20.5 43.2 21.5</georss:line>" in exported("atom", FULL)


def test_jsonld_has_the_whole_the_media_and_the_own_point() -> None:
    event = json.loads(exported("jsonld", FULL))["@graph"][1]
    assert event["superEvent"] == [
        {"@id": "https://example.org/timeline/events/operation", "@type": "Event"}
    ]
    assert event["sameAs"] == ["https://e.org/events/nish"]
    assert event["image"][0]["contentUrl"] == MEDIA
    assert event["location"][0]["geo"][1] == {
        "@type": "GeoShape",
        "line": "44.8 20.5 43.2 21.5",
    }


def test_timelinejs_shows_the_first_medium() -> None:
    slide = json.loads(exported("timelinejs", FULL))["events"][0]
    assert slide["media"] == {
        "url": MEDIA,
        "caption": "A bridge",
        "credit": "Nobody, CC0",
        "alt": "Two arches",
    }
