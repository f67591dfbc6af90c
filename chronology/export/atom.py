"""Atom (RFC 4287): an entry for each event, updated when the event was last recorded or corrected.

The date is in the text, in `dcterms:date` as EDTF and in `dcterms:temporal` as a DCMI Period,
without a start or an end where it is open. The point on the map is in GeoRSS Simple.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from uuid import NAMESPACE_OID, uuid5

from chronology.export.attached import noun, pairs, rings_and_lines
from chronology.export.edition import Edition, Event, ends, lines
from chronology.export.numbers import plain_value
from chronology.model.days import Day
from chronology.model.edtf import iso_day
from chronology.model.edtf_points import Point
from chronology.model.instants import has_zone
from chronology.store.media import media_type

NAMESPACES = {
    "xmlns": "http://www.w3.org/2005/Atom",
    "xmlns:dcterms": "http://purl.org/dc/terms/",
    "xmlns:georss": "http://www.georss.org/georss",
}
# Characters that records may contain and XML 1.0 may not.
_IMPOSSIBLE = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}


def element(name: str, text: str | None = None, **attributes: str) -> str:
    """An element with a text, or an empty element."""
    start = name + _attributes(attributes)
    return f"<{start}/>" if text is None else f"<{start}>{_escaped(text)}</{name}>"


def opening(title: str, identity: str, updated: str, author: str, links: Mapping[str, str]) -> str:
    """The start of a feed, up to its entries; `links` are addresses by relation."""
    parts = [
        element("title", title),
        element("id", identity),
        element("updated", updated or "1970-01-01T00:00:00Z"),
        f"<author>{element('name', author)}</author>",
        *(element("link", rel=relation, href=href) for relation, href in links.items()),
    ]
    start = f"<feed{_attributes(NAMESPACES)}>"
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', start, *parts, ""])


def urn(identity: str, name: str) -> str:
    """The permanent id of a thing of a log: the same in every copy, at every address.

    `identity` is the first digest of the log. The id is a UUID of version 5 (RFC 9562).
    """
    return uuid5(NAMESPACE_OID, f"{identity}/{name}").urn


def entry(
    identity: str,
    title: str,
    address: str,
    updated: str,
    content: str,
    more: Iterable[str] = (),
) -> str:
    """An entry with its permanent id; `more` are further elements."""
    parts = [
        element("title", title),
        element("id", identity),
        element("updated", updated),
        element("link", rel="alternate", href=address),
        element("content", content, type="text"),
        *more,
    ]
    return f"<entry>{''.join(parts)}</entry>\n"


CLOSING = "</feed>\n"


def head(edition: Edition) -> str:
    links = {
        "self": edition.address,
        "alternate": edition.page,
        "license": edition.licence_url or "",
    }
    known = {relation: href for relation, href in links.items() if href}
    updated = edition.state.recorded_at
    name = urn(edition.identity, edition.name)
    start = opening(edition.title, name, updated, edition.title, known)
    subtitle = element("subtitle", f"{edition.about} {edition.counted}")
    return start + subtitle + (element("rights", edition.licence) if edition.licence else "") + "\n"


def foot(edition: Edition) -> str:
    return CLOSING


def item(edition: Edition, event: Event) -> str:
    more = [
        element("category", term=event.kind, label=event.kind),
        *(
            element("category", term=name, label=f"{tags.label}: {name}")
            for tags in event.tags
            for name in tags.names
        ),
        element("dcterms:date", event.date.text),
        element("dcterms:temporal", period(event)),
    ]
    more += _attached(edition, event)
    if event.latitude is not None:
        point = f"{plain_value(event.latitude)} {plain_value(event.longitude)}"
        more.append(element("georss:point", point))
    content = "\n".join(lines(event))
    name = urn(edition.identity, f"events/{event.id}")
    return entry(name, event.title, edition.url(event), event.recorded_at, content, more)


def _attached(edition: Edition, event: Event) -> Iterator[str]:
    """The links and the media, and the shapes of the geometry in GeoRSS Simple."""
    for link in event.attached.links:
        yield element("link", rel="related", href=link.url, title=link.label or link.url)
    for related in event.attached.related:
        yield element(
            "link",
            rel="related",
            href=edition.url_of(related),
            title=related.title or related.event,
        )
    for medium in event.attached.media:
        url, title = edition.url_of_medium(medium), medium.caption or medium.alt or noun(medium)
        if medium.file:
            kind = media_type(medium.file)
            yield element("link", rel="enclosure", href=url, type=kind, title=title)
        else:
            yield element("link", rel="related", href=url, title=title)
    if event.attached.geometry:
        rings, open_lines = rings_and_lines(event.attached.geometry)
        for name, shapes in (("georss:polygon", rings), ("georss:line", open_lines)):
            for shape in shapes:
                numbers = [plain_value(number) for pair in pairs(shape) for number in pair]
                yield element(name, " ".join(map(str, numbers)))


def period(event: Event) -> str:
    """The bounds of the date as a DCMI Period."""
    start, end = ends(event.date)
    parts = {
        "start": start and _w3c_dtf(start, start.earliest),
        "end": end and _w3c_dtf(end, end.latest),
    }
    known = [f"{key}={text}" for key, text in parts.items() if text]
    return "; ".join([*known, "scheme=W3C-DTF", f"name={event.date.in_words()}"]) + ";"


def _w3c_dtf(point: Point, day: Day) -> str | None:
    """A day, or the time if it has a zone, which W3C-DTF requires of a time."""
    if day.date is None:  # W3C-DTF begins with the year 0
        return None
    return point.text if has_zone(point) else iso_day(day)


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f' {key}="{_escaped(text)}"' for key, text in attributes.items())


def _escaped(text: str) -> str:
    return escape(text.translate(_IMPOSSIBLE))
