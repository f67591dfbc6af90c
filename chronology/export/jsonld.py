"""JSON-LD 1.1 in the terms of schema.org: the list as a Dataset, and an Event for each event.

`startDate` and `endDate` are present only for dates that ISO 8601 can express: a plain time, day,
month or year. `additionalProperty` has every date in EDTF with its bounds. Each account is a Claim
about the event, and part of its source.
"""

from __future__ import annotations

import re
from typing import Any

from chronology.export.attached import noun, pairs, rings_and_lines
from chronology.export.edition import (
    Account,
    Edition,
    Event,
    Name,
    Place,
    Quantity,
    citation,
    json_text,
)
from chronology.export.numbers import plain_value
from chronology.model.edtf import Date, iso_day
from chronology.model.fields import Link, Medium
from chronology.store.media import media_type

# The context is inline, so that programs fetch nothing.
CONTEXT = {
    "@vocab": "https://schema.org/",
    **{term: {"@type": "@id"} for term in ("url", "propertyID")},
}
EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"
_ISO_8601 = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-\d\d(T.+)?)?)?", re.ASCII)


def head(edition: Edition) -> str:
    dataset = {
        "@id": edition.permalink,
        "@type": "Dataset",
        "name": edition.title,
        "description": f"{edition.about} {edition.counted}",
        "version": edition.version,
        "license": _without_empty(
            {"@type": "CreativeWork", "name": edition.licence, "url": edition.licence_url}
        )
        if edition.licence
        else None,
        "url": edition.address,
        "dateModified": edition.state.recorded_at or None,
    }
    return f'{{"@context":{json_text(CONTEXT)},"@graph":[\n{json_text(_without_empty(dataset))}' + (
        ",\n" if edition.counts.events else ""
    )


def foot(edition: Edition) -> str:
    return "\n]}\n"


def item(edition: Edition, event: Event) -> str:
    url = edition.url(event)
    properties = {
        "@id": url,
        "@type": "Event",
        "name": event.title,
        "alternateName": [_alternate(name) for name in event.names],
        "description": event.summary,
        "url": url,
        "keywords": [
            *(event.kind, event.status),
            *(name for tags in event.tags for name in tags.names),
        ],
        **_dates(event.date),
        "additionalProperty": [
            _property("date", event.date.text, EDTF),
            _property("earliest", iso_day(event.date.earliest)),
            _property("latest", iso_day(event.date.latest)),
            _property("as_written", event.as_written),
            _property("elapsed", event.elapsed),
            *(_property(label, ", ".join(names)) for label, names in event.tags),
            *(_quantity(quantity) for quantity in event.quantities),
            _property("importance", event.importance),
            *(
                _property(related.relation, edition.url_of(related))
                for related in event.attached.related
                if related.relation in ("caused-by", "follows")
            ),
        ],
        "location": [
            *([_own_place(event)] if event.attached.has_point else ()),
            *(_place(place) for place in event.places),
        ],
        **_attached(edition, event),
        "about": [
            *({"@type": "Organization", "name": name} for name in event.formations),
            *({"@type": "Person", "name": name} for name in event.people),
        ],
        "subjectOf": [
            {"@id": edition.permalink},
            *(_claim(account, url) for account in event.accounts),
            *(_page(link) for link in event.attached.links),
        ],
    }
    return json_text(_without_empty(properties))


def _attached(edition: Edition, event: Event) -> dict[str, Any]:
    """The whole of which the event is a part, the same event elsewhere, and its media."""
    related = event.attached.related
    return {
        "superEvent": [
            {"@id": edition.url_of(r), "@type": "Event"} for r in related if r.relation == "part-of"
        ],
        "sameAs": [r.address for r in related if r.address],
        "image": [
            _medium(edition, medium, "ImageObject")
            for medium in event.attached.media
            if noun(medium) == "Picture"
        ],
        "recordedIn": [
            _medium(edition, medium, "MediaObject")
            for medium in event.attached.media
            if noun(medium) != "Picture"
        ],
    }


def _medium(edition: Edition, medium: Medium, kind: str) -> dict[str, Any]:
    return _without_empty(
        {
            "@type": kind,
            "contentUrl": edition.url_of_medium(medium),
            "encodingFormat": media_type(medium.file) if medium.file else None,
            "caption": medium.caption,
            "description": medium.alt,
            "creditText": medium.credit,
            "license": medium.licence,
        }
    )


def _page(link: Link) -> dict[str, Any]:
    return _without_empty({"@type": "WebPage", "url": link.url, "name": link.label})


def _own_place(event: Event) -> dict[str, Any]:
    """The point of the event itself, and the shapes of its geometry."""
    geo: list[dict[str, Any]] = [
        {
            "@type": "GeoCoordinates",
            "latitude": event.latitude,
            "longitude": event.longitude,
        }
    ]
    if event.attached.geometry:
        rings, lines = rings_and_lines(event.attached.geometry)
        for term, shapes in (("polygon", rings), ("line", lines)):
            for shape in shapes:
                numbers = [str(plain_value(n)) for pair in pairs(shape) for n in pair]
                geo.append({"@type": "GeoShape", term: " ".join(numbers)})
    return {"@type": "Place", "geo": geo if len(geo) > 1 else geo[0]}


def _dates(date: Date) -> dict[str, str]:
    """The start and the end, each if ISO 8601 can express it."""
    start, _, end = date.text.partition("/")
    texts = {"startDate": start, "endDate": end if date.lasts else start}
    return {term: text for term, text in texts.items() if _ISO_8601.fullmatch(text)}


def _alternate(name: Name) -> str | dict[str, str]:
    return {"@value": name.name, "@language": name.language} if name.language else name.name


def _quantity(quantity: Quantity) -> dict[str, Any]:
    return _without_empty(
        {
            "@type": "PropertyValue",
            "name": quantity.label,
            "value": quantity.value,
            "unitText": quantity.unit,
        }
    )


def _property(
    name: str, value: str | int | None, identifier: str | None = None
) -> dict[str, Any] | None:
    properties = {"@type": "PropertyValue", "name": name, "value": value, "propertyID": identifier}
    return _without_empty(properties) if value else None


def _place(place: Place) -> dict[str, Any]:
    geo = {
        "@type": "GeoCoordinates",
        "latitude": place.latitude,
        "longitude": place.longitude,
    }
    role = None if place.role == "at" else place.role
    return _without_empty(
        {
            "@type": "Place",
            "name": place.name,
            "disambiguatingDescription": role,
            "geo": None if place.latitude is None else geo,
        }
    )


def _claim(account: Account, event: str) -> dict[str, Any]:
    return _without_empty(
        {
            "@id": f"{event}#{account.id}",
            "@type": "Claim",
            "text": account.says,
            "temporalCoverage": account.date.text if account.date else None,
            "keywords": [account.stance],
            "citation": citation(account),
            "isPartOf": _without_empty(
                {
                    "@type": "CreativeWork",
                    "name": account.source.name,
                    "author": account.source.author,
                    "url": account.source.url,
                }
            ),
        }
    )


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    """The entries and the members of lists that have a value."""
    members = {
        key: [one for one in value if one is not None] if isinstance(value, list) else value
        for key, value in values.items()
    }
    return {key: value for key, value in members.items() if value not in (None, [])}
