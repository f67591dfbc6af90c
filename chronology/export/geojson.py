"""GeoJSON (RFC 7946) in the form of Linked Places 1.2: a feature for each event.

`when` has the bounds of the date, with its times, without those that are open. The date in EDTF is
among the properties. An event without a point on the map has no geometry.
"""

from __future__ import annotations

from typing import Any

import msgspec

from chronology.export.edition import Edition, Event, Source, bounds, ends, json_text
from chronology.model.days import Day
from chronology.model.edtf import Date, iso_day
from chronology.model.edtf_points import Point

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
    feature = {
        "type": "Feature",
        "@id": url,
        "id": url,
        "geometry": _geometry(event),
        "properties": _properties(event),
        "when": {
            "timespans": [_timespan(event.date)],
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
        ]
        + [{"type": "seeAlso", "identifier": link.url} for link in event.attached.links]
        + [
            {"type": "exactMatch", "identifier": related.address}
            for related in event.attached.related
            if related.address
        ],
        **_attached(edition, event),
        "descriptions": [{"@id": url, "value": event.summary}] if event.summary else [],
    }
    return json_text(feature)


_RELATIONS = {"part-of": "partOf", "caused-by": "causedBy", "follows": "follows"}


def _attached(edition: Edition, event: Event) -> dict[str, Any]:
    """Relations to events of the chronology and depictions, if there are any."""
    relations = [
        {
            "relationType": _RELATIONS[related.relation],
            "relationTo": edition.url_of(related),
            "label": related.title or related.event,
        }
        for related in event.attached.related
        if related.address is None
    ]
    depictions = [
        {
            "@id": edition.url_of_medium(medium),
            **{
                key: text
                for key, text in (
                    ("title", medium.caption or medium.alt),
                    ("credit", medium.credit),
                    ("license", medium.licence),
                )
                if text
            },
        }
        for medium in event.attached.media
    ]
    found = {"relations": relations, "depictions": depictions}
    return {key: members for key, members in found.items() if members}


def _geometry(event: Event) -> dict[str, Any] | None:
    """The geometry of the event, else its point on the map."""
    if event.attached.geometry:
        return event.attached.geometry.plain
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
        **({"as_written": event.as_written} if event.as_written else {}),
        **({"elapsed": event.elapsed} if event.elapsed else {}),
        "basis": event.basis,
        **event.levels,
        **_declared(event),
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


def _declared(event: Event) -> dict[str, Any]:
    """Titles in other languages, quantities and importance, if there are any."""
    declared: dict[str, Any] = {quantity.column: quantity.value for quantity in event.quantities}
    if event.names:
        declared["titles"] = [name._asdict() for name in event.names]
    if event.attached.links:
        declared["links"] = msgspec.to_builtins(event.attached.links)
    if event.importance:
        declared["importance"] = event.importance
    return declared


def _timespan(occurrence: Date) -> dict[str, dict[str, str]]:
    """The bounds of the start and of the end, where they are known."""
    first, last = ends(occurrence)
    lasts = occurrence.lasts
    points = ((first, first), (last, last)) if lasts else ((first, last), (first, last))
    found: dict[str, dict[str, str]] = {}
    for name, span, pair in zip(("start", "end"), bounds(occurrence), points, strict=True):
        texts = zip(("earliest", "latest"), map(_bound, span, pair), strict=True)
        found[name] = {key: text for key, text in texts if text}
    return found


def _bound(day: Day | None, point: Point | None) -> str | None:
    """A day, or the time if one is given."""
    return point.text if point and point.time else iso_day(day)


def _citation(source: Source) -> dict[str, str]:
    return {"label": source.name, **({"@id": source.url} if source.url else {})}
