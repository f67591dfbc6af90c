"""Figures, filter choices and colours of a chronology in one state, for the home page."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from datasette.utils.asgi import BadRequest, NotFound

from chronology.index.current import EventIndex, TimeLimit
from chronology.index.selection import (
    EventFilter,
    Summary,
    commonest_first,
    group_counts,
    summarise,
)
from chronology.lru_cache import LruCache
from chronology.model.vocabulary import Chronology, QuantityColumn
from chronology.timeline.as_of import TimelineAt, at_head
from chronology.web import permissions
from chronology.web.datasette_compat import Datasette
from chronology.web.pages import day_histogram, time_bins
from chronology.web.query import as_of
from chronology.web.query.home_filters import HomeRequest, read_once, state_mark
from chronology.web.query.selection import index_of, time_limit

T = TypeVar("T")
DayCounts = Counter[tuple[Any, ...]]
"""Events by their date and their values of the first dimension."""
_MAX_PLACES = 400
_ZONED = re.compile(r"T[\d:]+[Z+-]")
_NO_DIMENSION = ("places", "kind")


class Reader(NamedTuple):
    """A reader of a state: the timeline, the index of its file, a time limit, visible tables."""

    timeline: TimelineAt
    events: EventIndex | None
    limit: TimeLimit
    visible: frozenset[str]

    @property
    def closed(self) -> str:
        """A mark of the closed tables that the home page shows; empty if there are none."""
        return "".join(f"-{table}" for table in permissions.LISTED if table not in self.visible)

    def may_filter(self, key: str) -> bool:
        """Whether the filter of a parameter needs no closed table."""
        return permissions.filter_tables({key}, self.timeline).issubset(self.visible)

    def summarise(self, selected: EventFilter, facets: Iterable[str], size: int) -> Summary:
        return summarise(self.timeline.db, selected, self.events, self.limit, facets, size)

    def group_counts(self, summary: Summary, *columns: str) -> DayCounts:
        return group_counts(self.timeline.db, summary.relation, columns)


class Overview(NamedTuple):
    """A chronology in one state.

    `labels` names the columns that can be lanes: the dimensions first; `words` are their names
    within a sentence. `series` are the commonest
    values of the first one, which have a colour of their own. `options` are the choices of each
    filter: its parameter, its label, and values with counts. `dated` counts all events by date, and
    `division` has the bins of the window. `is_zoned` says that some times have a zone. Without
    `has_map` no place has a point.
    """

    chronology: Chronology
    figures: dict[str, int]
    labels: dict[str, str]
    words: dict[str, str]
    quantities: dict[str, QuantityColumn]
    series: list[str]
    options: list[dict[str, Any]]
    summary: Summary
    dated: DayCounts
    division: time_bins.Division | None
    is_zoned: bool
    has_map: bool

    @property
    def first(self) -> str:
        return next(iter(self.labels))

    def lane(self, label: str | None) -> str:
        """The column of the lanes by its label; the first one without a label."""
        if label is None:
            return self.first
        for column, name in self.labels.items():
            if name == label:
                return column
        known = ", ".join(self.labels.values())
        raise BadRequest(f"_lane: {label!r} is not a lane. Lanes: {known}.")


_overviews: LruCache[Hashable, Overview] = LruCache(8)


async def read_state(
    datasette: Datasette, selection: HomeRequest, database: str, function: Callable[[Reader], T]
) -> T:
    """Runs a function of the state that a request names, in one read transaction."""
    index, limit = index_of(datasette.get_database(database)), time_limit(datasette)
    visible = await permissions.visible_tables(datasette, selection.request.actor, database)

    def read(db: sqlite3.Connection) -> T:
        return function(Reader(as_of.timeline_at(selection.request, db), index, limit, visible))

    return await read_once(datasette, database, read)


def overview(reader: Reader, everything: EventFilter, size: int) -> Overview:
    """The overview of a state, made once; a 404 if no chronology was recorded by then."""
    then = reader.timeline.chronology
    now = at_head(reader.timeline.db).chronology
    if then is None or now is None:
        raise NotFound("There is no chronology here")
    # The tables have the columns of now; only the names are those of then.
    dimensions = {
        **now.dimensions,
        **{column: name for column, name in then.dimensions.items() if column in now.dimensions},
    }
    has_places = bool(reader.timeline.catalogue.places.states)
    labels = {**dimensions, **({"places": "place"} if has_places else {}), "kind": "kind"}
    quantities = {
        column: then.quantities.get(column, now.quantities[column])
        for column in now.layout.quantities
    }
    return _overviews.get_or_make(
        (state_mark(reader.timeline), size),
        lambda: _overview(reader, everything, then, labels, quantities, size),
    )


def _overview(
    reader: Reader,
    everything: EventFilter,
    chronology: Chronology,
    labels: dict[str, str],
    quantities: dict[str, QuantityColumn],
    size: int,
) -> Overview:
    first = next(iter(labels))
    words = {**labels, **{c: w for c, w in chronology.dimension_words.items() if c in labels}}
    summary = reader.summarise(everything, (*labels, "sources", "disputed"), size)
    dated = reader.group_counts(summary, "date", first)
    by_time = day_histogram.mostly_timed((text, count) for (text, _), count in dated.items())
    return Overview(
        chronology,
        _figures(reader, summary),
        labels,
        words,
        quantities,
        [value for value, _ in summary.counts[first][: day_histogram.COLOURS]],
        list(_options(labels, words, summary.counts, _places(reader, summary))),
        summary,
        dated,
        time_bins.of_window(chronology.window, by_time),
        any(_ZONED.search(text) for text, _ in dated),
        _has_points(reader),
    )


def _has_points(reader: Reader) -> bool:
    """Whether a place has a point, or an event has one of its own."""
    if any(place.point for _, place in reader.timeline.catalogue.places.items()):
        return True
    sql = f"SELECT 1 FROM {reader.timeline.table} WHERE latitude IS NOT NULL LIMIT 1"
    return reader.timeline.db.execute(sql).fetchone() is not None


def _figures(reader: Reader, summary: Summary) -> dict[str, int]:
    source, params = summary.relation
    sql = f"SELECT coalesce(sum(accounts), 0) {source}"
    (accounts,) = reader.timeline.db.execute(sql, params).fetchone()
    catalogue = reader.timeline.catalogue
    return {
        "events": summary.total,
        "accounts": accounts,
        "sources": len(catalogue.sources.states),
        "places": len(catalogue.places.states),
        "formations": len(catalogue.formations.states),
        "people": len(catalogue.people.states),
    }


def _places(reader: Reader, summary: Summary) -> list[tuple[str, int]]:
    """The places with most events, each with those of the places within it."""
    catalogue = reader.timeline.catalogue
    counts: Counter[str] = Counter()
    for (text,), count in reader.group_counts(summary, "places").items():
        ids = (catalogue.places.by_name.get(name) for name in day_histogram.names(text))
        within = {above for place in ids if place for above in catalogue.ancestors(place)}
        counts.update({catalogue.places[place].name: count for place in within})
    return commonest_first(counts.items())[:_MAX_PLACES]


def _options(
    labels: Mapping[str, str],
    words: Mapping[str, str],
    counts: Mapping[str, list[tuple[str, int]]],
    places: Iterable[tuple[str, int]],
) -> Iterable[dict[str, Any]]:
    listed = {
        **{f"_{labels[c]}": (words[c], counts[c]) for c in labels if c not in _NO_DIMENSION},
        "_place": ("place", places),
        "kind": ("kind", counts["kind"]),
        "sources__arraycontains": ("source", counts["sources"]),
        "disputed__arraycontains": ("disputed point", counts["disputed"]),
    }
    for key, (label, values) in listed.items():
        sorted_values = [{"value": value, "count": count} for value, count in sorted(values)]
        if sorted_values:
            yield {"key": key, "label": label, "values": sorted_values}
