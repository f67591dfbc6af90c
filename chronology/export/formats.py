"""The formats in which a list of events can be had, beside JSON and CSV.

Each is three pure functions: the text before the events, that of one event, and that after them.
To add one, write such a module and name it in `FORMATS`: the addresses, the links on the pages
and the refusal of unknown formats follow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chronology.export import atom, geojson, icalendar, jsonld, timelinejs
from chronology.export.edition import Edition, Event


class Format(NamedTuple):
    """One format: what it is called, its media type, and its functions.

    `between` stands between the texts of two events. A format that is `shown` opens in a browser;
    the others are saved as files.
    """

    name: str
    use: str
    media_type: str
    head: Callable[[Edition], str]
    item: Callable[[Edition, Event], str]
    foot: Callable[[Edition], str]
    between: str
    shown: bool = False


FORMATS = {
    "geojson": Format(
        "GeoJSON",
        "for maps, in the form of Linked Places",
        "application/geo+json",
        geojson.head,
        geojson.item,
        geojson.foot,
        ",\n",
    ),
    "ics": Format(
        "iCalendar",
        "for calendars",
        "text/calendar; charset=utf-8",
        icalendar.head,
        icalendar.item,
        icalendar.foot,
        "",
    ),
    "atom": Format(
        "Atom",
        "for feed readers",
        "application/atom+xml; charset=utf-8",
        atom.head,
        atom.item,
        atom.foot,
        "",
        shown=True,
    ),
    "timelinejs": Format(
        "TimelineJS",
        "a slide for each event, for TimelineJS",
        "application/json; charset=utf-8",
        timelinejs.head,
        timelinejs.item,
        timelinejs.foot,
        ",\n",
    ),
    "jsonld": Format(
        "JSON-LD",
        "linked data in the terms of schema.org",
        "application/ld+json",
        jsonld.head,
        jsonld.item,
        jsonld.foot,
        ",\n",
    ),
}
"""By the ending of the address: `/timeline/events.geojson`."""
