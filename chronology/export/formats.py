"""The export formats of a list of events, other than JSON and CSV.

A format is three pure functions of an `Edition` and its events: `head` returns the text before the
events, `item` that of one event, `foot` the text after them. To add a format:

1. Write a module with the three functions; `edition` has the parts that formats share.
2. List it in `FORMATS` under the ending of its address.
3. Write a reader for it in `tests/read_back.py`: the tests then read every kind of date back.

The addresses, the links on the pages and the errors for unknown formats follow from `FORMATS`.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from chronology.export import atom, geojson, icalendar, jsonld, timelinejs
from chronology.export.edition import Edition, Event


class Writer(Protocol):
    """A module that writes a format."""

    def head(self, edition: Edition) -> str: ...

    def item(self, edition: Edition, event: Event) -> str: ...

    def foot(self, edition: Edition) -> str: ...


class Format(NamedTuple):
    """One format: its name, its use, its media type and its module.

    `between` separates the texts of two events. Browsers open a format that is `shown`, and save
    the others as files.
    """

    name: str
    use: str
    media_type: str
    writer: Writer
    between: str
    shown: bool = False


_JSON = "application/json; charset=utf-8"
FORMATS = {
    "geojson": Format(
        "GeoJSON",
        "for maps, in the form of Linked Places",
        "application/geo+json",
        geojson,
        ",\n",
    ),
    "ics": Format("iCalendar", "for calendars", "text/calendar; charset=utf-8", icalendar, ""),
    "atom": Format(
        "Atom", "for feed readers", "application/atom+xml; charset=utf-8", atom, "", shown=True
    ),
    "timelinejs": Format(
        "TimelineJS", "a slide for each event, for TimelineJS", _JSON, timelinejs, ",\n"
    ),
    "jsonld": Format(
        "JSON-LD", "linked data in the terms of schema.org", "application/ld+json", jsonld, ",\n"
    ),
}
"""The formats by the ending of the address, as in `/timeline/events.geojson`."""
