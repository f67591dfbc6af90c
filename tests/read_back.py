"""Read exports with the readers of other programs, and return the bounds of each date."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import feedparser
import geojson
import icalendar
import rdflib
from jsonschema import Draft202012Validator
from rdflib.namespace import RDF, SDO

from chronology.model.days import Day, number
from chronology.model.edtf import Date, parse

SCHEMAS = Path(__file__).parent / "data" / "schemas"


class Read(NamedTuple):
    """A date that was read back; None where it is open."""

    edtf: str
    earliest: Day | None
    latest: Day | None

    @classmethod
    def of(cls, given: Date, extension: str) -> Read:
        """The part of a date that a format holds: iCalendar and Atom have no days before year 1."""
        is_limited = extension in ("ics", "atom")
        bounds = (
            None if is_limited and day and day.date is None else day
            for day in (given.earliest, given.latest)
        )
        return cls(given.text, *bounds)


@cache
def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text("utf-8")))


def conforms(name: str, value: Any) -> Any:
    """The value, after validation against a schema of `data/schemas`."""
    assert [fault.message for fault in schema(name).iter_errors(value)] == []
    return value


def of_geojson(text: str) -> dict[str, Read]:
    collection = geojson.loads(text)
    assert collection.is_valid, collection.errors()
    conforms("linked-places", json.loads(text))
    found = {}
    for feature in collection["features"]:
        (span,) = feature["when"]["timespans"]
        edtf = feature["properties"]["date"]
        first, last = span["start"].get("earliest"), span["end"].get("latest")
        found[_name(feature["@id"])] = Read(edtf, _day(first), _day(last))
    return found


def of_ics(text: str) -> dict[str, Read]:
    calendar: Any = icalendar.Calendar.from_ical(text)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    found = {}
    for one in calendar.subcomponents:
        assert not one.errors
        earliest, latest = one.get("X-EARLIEST"), one.get("X-LATEST")
        bounds = [day.dt if day else None for day in (earliest, latest)]
        if one.name == "VEVENT" and not isinstance(one["DTSTART"].dt, datetime):
            assert [one["DTSTART"].dt, _last(one)] == bounds
        elif one.name != "VEVENT":
            assert one.name == "VJOURNAL"
            assert "DTSTART" not in one
        days = [Day(number(day)) if day else None for day in bounds]
        found[str(one["UID"]).partition("@")[0]] = Read(str(one["X-EDTF"]), *days)
    return found


def _last(event: Any) -> date:
    """The last day of an event of whole days: the day before its end."""
    if "DTEND" in event:
        end: date = event["DTEND"].dt
        return end - timedelta(days=1)
    start: date = event["DTSTART"].dt
    length: timedelta = event["DURATION"].dt
    return start + (length - timedelta(days=1))


def of_atom(text: str) -> dict[str, Read]:
    feed = feedparser.parse(text.encode())
    assert not feed.bozo, feed.bozo_exception
    found = {}
    for entry in feed.entries:
        period = dict(
            part.split("=", 1) for part in entry["dcterms_temporal"].rstrip(";").split("; ")
        )
        edtf, first, last = entry["dcterms_date"], period.get("start"), period.get("end")
        found[_name(entry["link"])] = Read(edtf, _day(first), _day(last))
    return found


def of_timelinejs(text: str) -> dict[str, Read]:
    found = {}
    for slide in conforms("timelinejs", json.loads(text))["events"]:
        dates = slide["date"]
        first, last = _day(dates["earliest"]), _day(dates["latest"])
        # The slide is on a known day, and on no other.
        shown = [slide[key] for key in ("start_date", "end_date") if key in slide]
        days = [Day.of(d["year"], d.get("month", 1), d.get("day", 1)) for d in shown]
        assert days[0] == (first or last)
        assert len(days) == 1 or days[1] == last
        found[slide["unique_id"]] = Read(dates["edtf"], first, last)
    return found


def of_jsonld(text: str) -> dict[str, Read]:
    graph = rdflib.Graph().parse(data=text, format="json-ld")
    terms = {*graph.predicates(), *graph.objects(None, RDF.type)} - {RDF.type}
    assert {term for term in terms if not str(term).startswith(str(SDO))} == set()
    found = {}
    for event in graph.subjects(RDF.type, SDO.Event):
        properties = {
            str(graph.value(one, SDO.name)): str(graph.value(one, SDO.value))
            for one in graph.objects(event, SDO.additionalProperty)
        }
        found[_name(str(event))] = Read(
            properties["date"], _day(properties.get("earliest")), _day(properties.get("latest"))
        )
    return found


READERS: dict[str, Callable[[str], dict[str, Read]]] = {
    "geojson": of_geojson,
    "ics": of_ics,
    "atom": of_atom,
    "timelinejs": of_timelinejs,
    "jsonld": of_jsonld,
}


def _name(address: str) -> str:
    return address.rpartition("/")[2]


def _day(text: str | None) -> Day | None:
    return parse(text).earliest if text else None
