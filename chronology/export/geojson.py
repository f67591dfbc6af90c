"""GeoJSON (RFC 7946) in the form of Linked Places 1.2: a feature for each event.

`when` has the bounds of the date, without those that are open. The date in EDTF is among the
properties. An event without a point on the map has no geometry.
"""

from __future__ import annotations

from typing import Any

from chronology.export.edition import Edition, Event, Source, bounds, json_text
from chronology.model.edtf import Span, iso_day

CONTEXT = (
    "https://raw.githubusercontent.com/LinkedPasts/linked-places/master/"
    "linkedplaces-context-v1.1.jsonld"
)


def head(edition: Edition) -> str:
    counts = edition.counts
    collection = {
        "type": "FeatureCollection",
        "@context": CONTEXT,
        "title": edition.title,
        "description": edition.about,
        "version": edition.version,
        "license": edition.licence_url or edition.licence,
        "permalink": edition.permalink,
        "counts": {
            "events": counts.events,
            "without_geometry": counts.unplaced,
            "with_an_open_end": counts.open_ended,
        },
    }
    return json_text(collection)[:-1] + ',"features":[\n'


def foot(edition: Edition) -> str:
    return "\n]}\n"


def item(edition: Edition, event: Event) -> str:
    url = edition.url(event)
    start, end = bounds(event.date)
    feature = {
        "type": "Feature",
        "@id": url,
        "id": url,
        "geometry": _point(event),
        "properties": _properties(event),
        "when": {
            "timespans": [{"start": _span(start), "end": _span(end)}],
            "label": event.date.in_words(),
        },
        "names": [
            {"toponym": place.name, "citations": [_citation(source) for source in event.sources]}
            for place in event.places
        ],
        "types": [{"identifier": f"{edition.events}?kind={event.kind}", "label": event.kind}],
        "links": [
            {"type": "subjectOf", "identifier": source.url}
            for source in event.sources
            if source.url
        ],
        "descriptions": [{"@id": url, "value": event.summary}] if event.summary else [],
    }
    return json_text(feature)


def _point(event: Event) -> dict[str, Any] | None:
    if event.latitude is None:
        return None
    return {"type": "Point", "coordinates": [event.longitude, event.latitude]}


def _properties(event: Event) -> dict[str, Any]:
    return {
        "title": event.title,
        "kind": event.kind,
        "status": event.status,
        "date": event.date.text,
        "date_in_words": event.date.in_words(),
        "earliest": iso_day(event.date.earliest),
        "latest": iso_day(event.date.latest),
        "precision": event.date.precision,
        "basis": event.basis,
        **event.levels,
        "formations": event.formations,
        "people": event.people,
        "places": [
            {"name": place.name, "role": place.role, "point": [place.longitude, place.latitude]}
            if place.latitude is not None
            else {"name": place.name, "role": place.role}
            for place in event.places
        ],
        "accounts": [
            {
                "source": account.source.name,
                "at": account.at,
                "stance": account.stance,
                "date": account.date.text if account.date else None,
                "says": account.says,
            }
            for account in event.accounts
        ],
        "disputed": event.disputed,
        "recorded_at": event.recorded_at,
    }


def _span(span: Span) -> dict[str, str]:
    """The first and the last day, where they are known."""
    days = {"earliest": iso_day(span[0]), "latest": iso_day(span[1])}
    return {key: text for key, text in days.items() if text}


def _citation(source: Source) -> dict[str, str]:
    return {"label": source.name, **({"@id": source.url} if source.url else {})}
