"""The addresses of this package and their parameters, for the documentation and for tests."""

from __future__ import annotations

from typing import NamedTuple

from chronology.export.formats import FORMATS


class Parameter(NamedTuple):
    """A parameter: its name, its meaning, and an example of its value."""

    name: str
    meaning: str
    example: str


class Address(NamedTuple):
    """An address: its path, what it returns, and the names of its parameters."""

    path: str
    returns: str
    parameters: tuple[str, ...] = ()


PARAMETERS = (
    Parameter("_front", "events of formations subordinate to it; so too for every dimension", "f3"),
    Parameter("_army", "the same, for the dimension of armies", "a57"),
    Parameter("_person", "events of a person, by id or by a name that is unique", "tolbukhin"),
    Parameter("_place", "events at the place or within it", "serbia"),
    Parameter("_part_of", "events that are parts of one, by its id", "nis-taken"),
    Parameter("_within", "events that may fall on one of the days", "1944-10-14/1944-10-20"),
    Parameter("_certain", "events that certainly fall within the days", "1944-10"),
    Parameter("_search", "events whose texts contain the words", "Nis"),
    Parameter("_searchmode", "`raw` for the syntax of SQLite's full-text search", "raw"),
    Parameter("_as_of", "the state at a position or a timestamp", "2030-01-01T00:00:00Z"),
    Parameter("_sort", "the column to sort by", "sort_key"),
    Parameter("_sort_desc", "the column to sort by, in descending order", "position"),
    Parameter("_col", "a column to include", "title"),
    Parameter("_nocol", "a column to leave out", "summary"),
    Parameter("_facet", "counts of the values of a column", "kind"),
    Parameter("_facet_array", "counts of the values of a column with lists", "places"),
    Parameter("_facet_size", "the number of values of each facet, or `max`", "5"),
    Parameter("_size", "the number of rows of a page, or `max`", "10"),
    Parameter("_next", "the cursor of the next page", "1944-10-14,nis-taken"),
    Parameter("_shape", "the form of JSON: `array`, `objects`, `arrays`, `object`", "objects"),
    Parameter("_json", "a column to return as JSON, not as text", "fronts"),
    Parameter("_day", "one day", "1944-10-14"),
    Parameter("_lane", "the lanes of the timeline: a dimension, `place` or `kind`", "place"),
    Parameter("_by", "the order of a source's accounts: `passage` or `time`", "passage"),
    Parameter("_db", "one of several chronologies", "timeline"),
)
_FILTERS = (
    *(
        "_front",
        "_army",
        "_place",
        "_person",
        "_part_of",
        "_within",
        "_certain",
        "_search",
        "_searchmode",
    ),
    "_as_of",
)
_LIST = ("_sort", "_sort_desc", "_col", "_nocol")
_PAGE = ("_size", "_next", "_facet", "_facet_array", "_facet_size")
ADDRESSES = (
    Address("/", "the home page", (*_FILTERS, "_day", "_lane")),
    Address("/-/chronology/points.json", "its data", (*_FILTERS, "_day", "_lane", "_db")),
    Address("/NAME/events", "the list of events", (*_FILTERS, *_LIST, *_PAGE)),
    Address("/NAME/events.json", "a page of it", (*_FILTERS, *_LIST, *_PAGE, "_shape", "_json")),
    *(
        Address(f"/NAME/events.{extension}", "the whole list", (*_FILTERS, *_LIST))
        for extension in ("csv", *FORMATS)
    ),
    Address("/NAME/events/ID", "one event", ("_as_of",)),
    Address("/NAME/events/ID.json", "one event with its accounts", ("_as_of", "_shape")),
    Address("/NAME/events/ID.csv", "the accounts of one event", ("_as_of",)),
    Address("/NAME/media/FILE", "a file of media that a record names"),
    Address("/NAME/sources/ID", "one source with its accounts", ("_by",)),
    Address("/NAME/places/ID", "one place with its events"),
    Address("/NAME/people/ID", "one person"),
    Address("/NAME/formations/ID", "one formation"),
    Address("/NAME/tags/ID", "one value of a dimension without formations, with its events"),
    Address("/NAME/history", "the versions of the events, or the changes", (*_FILTERS, *_LIST)),
    Address("/NAME/history.atom", "the changes as a feed"),
    Address("/-/chronology/disagreements", "the disputed events", (*_FILTERS[:-1], "_next", "_db")),
    Address("/-/chronology/disagreements.json", "their data", (*_FILTERS[:-1], "_next", "_db")),
    Address("/-/chronology/order-of-battle", "the formations on a day", ("_day", "_as_of", "_db")),
    Address("/-/chronology/order-of-battle.json", "their data", ("_day", "_as_of", "_db")),
    Address("/-/chronology/checkpoint", "the signed checkpoint", ("_db",)),
    Address(
        "/-/chronology/health.json", "whether the files can be read, and what was refused", ("_db",)
    ),
)
"""`NAME` stands for a database and `ID` for the id of a row."""
