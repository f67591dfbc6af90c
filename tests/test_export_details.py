"""Each export format: its dates, points, texts and identifiers."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import feedparser
import icalendar
import pytest
import rdflib
from edtf_dates import profile
from export_cases import EVENT, PAGE, SOURCE, dated, edition, exported
from hypothesis import given
from rdflib.namespace import RDF, SDO

from chronology.export.atom import urn
from chronology.export.edition import Counts, Event, bounds
from chronology.export.formats import FORMATS
from chronology.model.edtf import parse
from chronology.timeline.as_of import ReadPoint


def calendar(*events: Event) -> Any:
    return icalendar.Calendar.from_ical(exported("ics", *events))


def slides(*texts: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(exported("timelinejs", *dated(*texts)))["events"]
    return found


@given(text=profile)
def test_the_bounds_of_the_beginning_precede_those_of_the_end(text: str) -> None:
    read = parse(text)
    start, end = bounds(read)

    assert (start[0], end[1]) == (read.earliest, read.latest)
    for first, last in (start, end, (start[0], end[0]), (start[1], end[1])):
        assert first is None or last is None or first <= last
    if not read.lasts:
        assert start == end


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1944-10/1944-11", ("1944-10-01", "1944-10-31"), ("1944-11-01", "1944-11-30")),
        ("1944-10-20/1944-10", ("1944-10-20", "1944-10-20"), ("1944-10-20", "1944-10-31")),
        ("1944-10-20/..", ("1944-10-20", "1944-10-20"), ("1944-10-20", None)),
        ("../1944-10-20", (None, "1944-10-20"), ("1944-10-20", "1944-10-20")),
        ("[..1944-10-08]", (None, "1944-10-08"), (None, "1944-10-08")),
    ],
)
def test_an_interval_has_bounds_of_its_beginning_and_its_end(
    text: str, start: tuple[str | None, str | None], end: tuple[str | None, str | None]
) -> None:
    found = [tuple(day and day.isoformat() for day in span) for span in bounds(parse(text))]

    assert found == [start, end]


def test_a_feature_has_its_point_names_types_and_sources() -> None:
    (feature,) = json.loads(exported("geojson", EVENT))["features"]

    assert feature["geometry"]["coordinates"] == [21.8958, 43.3211]
    assert [name["toponym"] for name in feature["names"]] == ["Niš", "Serbia"]
    assert feature["names"][0]["citations"][0]["@id"] == SOURCE.url
    assert feature["links"] == [{"type": "subjectOf", "identifier": SOURCE.url}]
    assert feature["properties"]["fronts"] == ["3rd Ukrainian Front"]
    assert feature["properties"]["places"][1] == {"name": "Serbia", "role": "near"}
    assert feature["properties"]["accounts"][0]["at"] == "¶1"


def test_an_event_without_a_point_has_no_geometry() -> None:
    event = EVENT._replace(latitude=None, longitude=None)

    assert json.loads(exported("geojson", event))["features"][0]["geometry"] is None


def test_an_exact_date_is_one_day_in_the_calendar() -> None:
    (event,) = calendar(EVENT).events

    assert event.start == date(1944, 10, 14)
    assert event.end == date(1944, 10, 15)
    assert event["SUMMARY"] == "Niš is taken"
    assert event["LOCATION"] == "Niš, near Serbia"
    assert event["GEO"].to_ical() == "43.3211;21.8958"
    assert event["DTSTAMP"].dt.isoformat() == "2026-01-02T00:00:00+00:00"
    assert "Sources: First source, ¶1." in event["DESCRIPTION"]
    assert "Disputed: date." in event["DESCRIPTION"]


def test_an_inexact_date_covers_all_its_days_and_is_in_the_summary() -> None:
    (event,) = calendar(*dated("[1944-10-13,1944-10-14]")).events

    assert event.start == date(1944, 10, 13)
    assert event.end == date(1944, 10, 15)
    assert event["SUMMARY"] == "Niš is taken (on 13 or 14 October 1944)"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1944-10-14T17:30", "1944-10-14T17:30:00", None),
        ("1944-10-14T17:30+02:00", "1944-10-14T15:30:00+00:00", None),
        ("1944-10-14T17:30:05Z", "1944-10-14T17:30:05+00:00", None),
        ("1944-10-14T17:30/1944-10-14T18:00", "1944-10-14T17:30:00", "1944-10-14T18:00:00"),
        (
            "1944-10-14T23:30-05:00/1944-10-15T04:45Z",
            "1944-10-15T04:30:00+00:00",
            "1944-10-15T04:45:00+00:00",
        ),
        # Without a zone of the end, both are as written.
        ("1944-10-14T17:30Z/1944-10-15", "1944-10-14T17:30:00", "1944-10-16T00:00:00"),
        ("[1944-10-14T17:30,1944-10-14T18:00]", "1944-10-14T17:30:00", "1944-10-14T18:01:00"),
        ("0044-03-15T11:00", "0044-03-15T11:00:00", None),
        ("9999-12-31T23:00/9999-12-31", "9999-12-31T23:00:00", "9999-12-31T23:59:59"),
    ],
)
def test_a_time_is_a_time_in_the_calendar(text: str, start: str, end: str | None) -> None:
    (event,) = calendar(*dated(text)).events

    assert event["DTSTART"].dt.isoformat() == start
    assert ("DTEND" in event) == (end is not None)
    if end:
        assert event["DTEND"].dt.isoformat() == end


def test_an_exact_time_is_not_repeated_in_the_summary() -> None:
    (event,) = calendar(*dated("1944-10-14T17:30")).events

    assert event["SUMMARY"] == "Niš is taken"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1944-10-14T17:30+02:00", ["1944-10-14T17:30+02:00"] * 2, ["1944-10-14T17:30+02:00"] * 2),
        ("1944-10-14T17:30/1944-10-15", ["1944-10-14T17:30"] * 2, ["1944-10-15"] * 2),
        (
            "[1944-10-14T17:30,1944-10-14T18:00]",
            ["1944-10-14T17:30", "1944-10-14T18:00"],
            ["1944-10-14T17:30", "1944-10-14T18:00"],
        ),
    ],
)
def test_a_feature_has_its_times(text: str, start: list[str], end: list[str]) -> None:
    (feature,) = json.loads(exported("geojson", *dated(text)))["features"]
    (span,) = feature["when"]["timespans"]

    assert [list(span[name].values()) for name in ("start", "end")] == [start, end]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("1944-10-14T17:30+02:00", "start=1944-10-14T17:30+02:00; end=1944-10-14T17:30+02:00;"),
        # A time of W3C-DTF has a zone.
        ("1944-10-14T17:30/..", "start=1944-10-14; scheme"),
    ],
)
def test_a_feed_has_times_with_zones(text: str, period: str) -> None:
    assert period in exported("atom", *dated(text))


def test_an_open_date_is_a_journal_entry_and_is_counted() -> None:
    found = calendar(*dated("[..1944-10-08]", "1944-10-08/..", "1944-10-08"))

    assert len(found.events) == 1
    assert [one["X-EDTF"] for one in found.walk("VJOURNAL")] == ["[..1944-10-08]", "1944-10-08/.."]
    assert "2 dates with an open end" in found["X-WR-CALDESC"]


def test_the_uid_is_the_same_at_every_address_and_in_every_state() -> None:
    form, one_edition = FORMATS["ics"], edition("ics", Counts(1, 0, 0))
    elsewhere = one_edition._replace(
        events="http://127.0.0.1/x/events", state=ReadPoint(99, "b" * 64, "")
    )

    (one,), (other,) = (
        [line for line in form.writer.item(e, EVENT).splitlines() if line.startswith("UID")]
        for e in (one_edition, elsewhere)
    )
    assert one == other == f"UID:nis-taken@{'f' * 32}"


def test_the_status_uses_the_words_of_icalendar() -> None:
    planned, denied = (EVENT._replace(status=status) for status in ("planned", "denied"))

    assert [one["STATUS"] for one in calendar(EVENT, planned, denied).events] == [
        "CONFIRMED",
        "TENTATIVE",
        "CANCELLED",
    ]


def test_a_feed_has_the_time_of_the_log_and_an_entry_that_of_its_event() -> None:
    feed = feedparser.parse(exported("atom", EVENT._replace(recorded_at="2025-05-05T05:05:05Z")))

    assert feed.feed.updated == "2026-01-02T00:00:00Z"
    assert feed.feed.id == urn("f" * 64, "events?_place=nis")
    assert {link.rel: link.href for link in feed.feed.links} == {
        "self": f"{PAGE}.atom?_place=nis",
        "alternate": f"{PAGE}?_place=nis",
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }
    (entry,) = feed.entries
    assert entry.updated == "2025-05-05T05:05:05Z"
    assert entry.link == f"{PAGE}/nis-taken"
    assert [tag.term for tag in entry.tags] == ["capture"]
    assert entry.where["coordinates"] == (21.8958, 43.3211)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1944-10-14", {"year": 1944, "month": 10, "day": 14}, None),
        ("1944-10", {"year": 1944, "month": 10}, None),
        ("0044", {"year": 44}, None),
        (
            "1944-10-14T17:30",
            {"year": 1944, "month": 10, "day": 14, "hour": 17, "minute": 30},
            None,
        ),
        (
            "1944-10-14T17:30:05Z/1944-10-14T18:00Z",
            {"year": 1944, "month": 10, "day": 14, "hour": 17, "minute": 30, "second": 5},
            {"year": 1944, "month": 10, "day": 14, "hour": 18, "minute": 0},
        ),
        (
            "../1944-10-14T17:30",
            {"year": 1944, "month": 10, "day": 14, "hour": 17, "minute": 30},
            None,
        ),
        (
            "1944-10~",
            {"year": 1944, "month": 10, "day": 1},
            {"year": 1944, "month": 10, "day": 31},
        ),
        (
            "1944-24",
            {"year": 1944, "month": 12, "day": 1},
            {"year": 1945, "month": 2, "day": 28},
        ),
        ("[..1944-10-08]", {"year": 1944, "month": 10, "day": 8}, None),
        ("1944-10-08/..", {"year": 1944, "month": 10, "day": 8}, None),
    ],
)
def test_a_slide_is_on_the_known_days(
    text: str, start: dict[str, int], end: dict[str, int] | None
) -> None:
    (slide,) = slides(text)

    assert slide["start_date"] == start
    assert slide.get("end_date") == end
    assert slide["display_date"] == parse(text).in_words()


def test_slides_are_in_rows_by_the_first_dimension() -> None:
    both = EVENT._replace(levels={"fronts": ["One", "Two"], "armies": ["A"]})
    none = EVENT._replace(levels={"fronts": [], "armies": ["A"]})
    found = json.loads(exported("timelinejs", EVENT, both, none))["events"]

    assert [slide.get("group") for slide in found] == ["3rd Ukrainian Front", "One, Two", None]


def test_texts_are_escaped_in_slides() -> None:
    event = EVENT._replace(title="<b>&", summary="<script>alert(1)</script>")
    (slide,) = json.loads(exported("timelinejs", event))["events"]

    assert slide["text"]["headline"] == "&lt;b&gt;&amp;"
    assert "<script>" not in slide["text"]["text"]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1944-10-14", "1944-10-14", "1944-10-14"),
        ("1944-10-14T17:30", "1944-10-14T17:30", "1944-10-14T17:30"),
        ("1944-10", "1944-10", "1944-10"),
        ("1944-10-14/1944-10-20", "1944-10-14", "1944-10-20"),
        ("1944-10-14~/1944-10-20", None, "1944-10-20"),
        ("1944-10-14/..", "1944-10-14", None),
        ("1944-10-14?", None, None),
        ("1944-10-1X", None, None),
        ("1944-23", None, None),
        ("[1944-10-13,1944-10-14]", None, None),
    ],
)
def test_json_ld_has_a_start_and_an_end_only_if_iso_8601_can_express_them(
    text: str, start: str | None, end: str | None
) -> None:
    event = _described(*dated(text))

    assert [event.get("startDate"), event.get("endDate")] == [start, end]


def test_json_ld_has_places_participants_and_claims() -> None:
    graph = rdflib.Graph().parse(data=exported("jsonld", EVENT), format="json-ld")
    (event,) = graph.subjects(RDF.type, SDO.Event)
    (claim,) = graph.subjects(RDF.type, SDO.Claim)

    assert (event, SDO.subjectOf, claim) in graph
    assert str(graph.value(claim, SDO.text)) == "It falls."
    assert str(graph.value(claim, SDO.citation)) == "First source, ¶1"
    source = graph.value(claim, SDO.isPartOf)
    assert graph.value(source, SDO.url) == rdflib.URIRef(SOURCE.url or "")
    assert {str(graph.value(one, SDO.name)) for one in graph.objects(event, SDO.about)} == {
        "68th Rifle Corps",
        "Fyodor Tolbukhin",
    }
    (point,) = graph.subjects(RDF.type, SDO.GeoCoordinates)
    assert float(str(graph.value(point, SDO.latitude))) == 43.3211
    (dataset,) = graph.subjects(RDF.type, SDO.Dataset)
    assert str(graph.value(dataset, SDO.version)) == f"12:{'a' * 64}"


def _described(event: Event) -> dict[str, Any]:
    graph = json.loads(exported("jsonld", event))["@graph"]
    found: dict[str, Any] = graph[1]
    return found
