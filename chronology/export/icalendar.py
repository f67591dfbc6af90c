"""iCalendar (RFC 5545, with the names of RFC 7986): a VEVENT for each event.

A date without times is in whole days. Times with zones are in UTC, others by their own clock.
An event with several possible days lasts over all of them, and its summary gives the date in
words. An event with an open end, or before the year 1, is a VJOURNAL without a day; the
calendar's description counts these. X-EDTF has the date in EDTF.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from chronology.export.edition import Edition, Event, ends, lines, place_in_words
from chronology.export.numbers import plain_value
from chronology.model.days import LAST, Day
from chronology.model.edtf import Date
from chronology.model.instants import (
    end_second,
    has_time,
    is_zoned,
    moment,
    start_second,
    without_zone,
)
from chronology.store.media import media_type

_OCTETS = 75
_EPOCH = datetime(1970, 1, 1)
_FIRST_SECOND = (datetime.min - _EPOCH) // timedelta(seconds=1)
_LAST_SECOND = (datetime.max - _EPOCH) // timedelta(seconds=1)
_STATUS = {"asserted": "CONFIRMED", "planned": "TENTATIVE", "denied": "CANCELLED"}
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\t": " "})


def head(edition: Edition) -> str:
    description = f"{edition.about} {edition.counted}"
    if edition.counts.open_ended:
        description += (
            " Dates with an open end do not fit into a calendar:"
            " these events are journal entries (VJOURNAL) without a day."
        )
    # Programs older than RFC 7986 read the properties that begin with X-WR.
    properties = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//datasette-chronology//events//EN",
        f"NAME:{_text(edition.title)}",
        f"X-WR-CALNAME:{_text(edition.title)}",
        f"DESCRIPTION:{_text(description)}",
        f"X-WR-CALDESC:{_text(description)}",
        f"URL:{edition.permalink}",
        f"SOURCE;VALUE=URI:{edition.address}",
        f"X-STATE:{edition.version}",
    ]
    if edition.state.recorded_at:
        properties.append(f"LAST-MODIFIED:{_timestamp(edition.state.recorded_at)}")
    # A calendar must have at least one component.
    return _folded(properties) + ("" if edition.counts.events else _folded(_empty(edition)))


def foot(edition: Edition) -> str:
    return "END:VCALENDAR\r\n"


def item(edition: Edition, event: Event) -> str:
    first, last = event.date.earliest, event.date.latest
    common = _common(edition, event)
    if first is None or last is None or first.date is None:
        return _folded(["BEGIN:VJOURNAL", *common, "END:VJOURNAL"])
    when = _times(event.date) if has_time(event.date) else _days(first, last)
    return _folded(["BEGIN:VEVENT", *common, *when, *_event_properties(event), "END:VEVENT"])


def _common(edition: Edition, event: Event) -> Iterator[str]:
    day = str(event.date.earliest)
    exact = event.date.precision == "time" or event.date.text == day
    summary = event.title if exact else f"{event.title} ({event.date.in_words()})"
    # The UID is the same in every copy of the log, at every address.
    yield f"UID:{event.id}@{edition.identity[:32]}"
    yield f"DTSTAMP:{_timestamp(event.recorded_at)}"
    yield f"SUMMARY:{_text(summary)}"
    yield f"DESCRIPTION:{_text(chr(10).join(lines(event)))}"
    yield f"URL:{edition.url(event)}"
    categories = [event.kind, *(name for tags in event.tags for name in tags.names)]
    yield f"CATEGORIES:{','.join(map(_text, categories))}"
    for related in event.attached.related:
        if related.relation == "part-of":
            yield f"RELATED-TO;RELTYPE=PARENT:{related.event}@{edition.identity[:32]}"
    for medium in event.attached.media:
        kind = f";FMTTYPE={media_type(medium.file)}" if medium.file else ""
        yield f"ATTACH{kind}:{edition.url_of_medium(medium)}"
    yield f"X-EDTF;VALUE=TEXT:{_text(event.date.text)}"
    for name, bound in (("X-EARLIEST", event.date.earliest), ("X-LATEST", event.date.latest)):
        if bound and bound.date:
            yield f"{name};VALUE=DATE:{_day(bound)}"


def _days(first: Day, last: Day) -> Iterator[str]:
    yield f"DTSTART;VALUE=DATE:{_day(first)}"
    if last < LAST:
        yield f"DTEND;VALUE=DATE:{_day(last + 1)}"
    else:  # The day after it is out of range.
        yield f"DURATION:P{last - first + 1}D"


def _times(date: Date) -> Iterator[str]:
    """The start and the end as times: in UTC if both have a zone, else as written.

    An event at one time has no end; a day without a time begins and ends at midnight.
    """
    points = ends(date)
    is_utc = is_zoned(date)
    start, end = [point if is_utc else without_zone(point) for point in points if point]
    first = start_second(start)
    last = moment(end) if date.lasts and end.time else end_second(end)
    yield f"DTSTART:{_time(first, is_utc)}"
    if date.precision != "time" and last > first:
        yield f"DTEND:{_time(last, is_utc)}"


def _time(second: int, is_utc: bool) -> str:
    text = (_EPOCH + timedelta(seconds=max(_FIRST_SECOND, min(second, _LAST_SECOND)))).isoformat()
    return _timestamp(text) + ("Z" if is_utc else "")


def _event_properties(event: Event) -> Iterator[str]:
    """The properties that only a VEVENT may have."""
    yield f"STATUS:{_STATUS[event.status]}"
    yield "TRANSP:TRANSPARENT"
    if event.places:
        yield f"LOCATION:{_text(', '.join(map(place_in_words, event.places)))}"
    if event.latitude is not None:
        yield f"GEO:{plain_value(event.latitude)};{plain_value(event.longitude)}"


def _empty(edition: Edition) -> list[str]:
    return [
        "BEGIN:VJOURNAL",
        f"UID:nothing@{edition.identity[:32]}",
        f"DTSTAMP:{_timestamp(edition.state.recorded_at)}",
        "SUMMARY:No event matches these filters",
        "END:VJOURNAL",
    ]


def _text(text: str) -> str:
    return text.translate(_ESCAPED)


def _day(day: Day) -> str:
    return day.isoformat().replace("-", "")


def _timestamp(recorded_at: str) -> str:
    """A timestamp such as 20261121T120000Z."""
    return recorded_at.replace("-", "").replace(":", "")


def _folded(properties: Iterable[str]) -> str:
    """Content lines, none longer than 75 octets (section 3.1)."""
    return "".join(map(_line, properties))


def _line(text: str) -> str:
    octets = text.encode()
    parts, start, limit = [], 0, _OCTETS
    while len(octets) - start > limit:
        end = start + limit
        while octets[end] & 0xC0 == 0x80:  # within a character
            end -= 1
        parts.append(octets[start:end])
        # A continuation line begins with a space.
        start, limit = end, _OCTETS - 1
    return b"\r\n ".join([*parts, octets[start:]]).decode() + "\r\n"
