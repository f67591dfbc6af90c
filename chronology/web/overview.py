"""What the exploring page says of the whole chronology in one state: figures, choices, colours."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from datasette.utils.asgi import BadRequest

from chronology import log, queries
from chronology.lru_cache import LruCache
from chronology.past import Moment
from chronology.projections import state, tables
from chronology.projections.state import Catalogue
from chronology.records import Chronology
from chronology.web import moments, strip
from chronology.web.asked import Counts, Shown, Standing

_FIGURES = ("events", "accounts", "sources", "places", "formations", "people")
_MOST_PLACES = 400


class Tallied(NamedTuple):
    """Events by the values of some columns, the commonest first; by date and first dimension."""

    values: dict[str, list[tuple[str, int]]]
    dated: Counts


class Overview(NamedTuple):
    """A chronology as it stands in one state.

    `labels` are the columns that lanes are of, with what they are called: the dimensions first.
    `series` are the values of the first that have a colour of their own, the commonest.
    `options` are the choices of each filter: its parameter, its label, and values with counts.
    `tallied` counts all events, as the page does those of a selection.
    """

    about: Chronology
    figures: dict[str, int]
    labels: dict[str, str]
    series: list[str]
    options: list[dict[str, Any]]
    tallied: Tallied

    @property
    def first(self) -> str:
        return next(iter(self.labels))

    def lane(self, label: str | None) -> str:
        """The column that lanes are of, by what it is called; the first unless told."""
        if label is None:
            return self.first
        for column, name in self.labels.items():
            if name == label:
                return column
        known = ", ".join(self.labels.values())
        raise BadRequest(f"_lane: {label!r} is no choice; known are {known}")


_overviews: LruCache[Hashable, Overview | None] = LruCache(8)


def standing(db: sqlite3.Connection, request: Any) -> Standing:
    """What a request is answered from."""
    moment = moments.moment(request, db)
    head = log.head(db)
    state = moment or Moment(head.position, head.digest, "")
    return Standing(state, moment, tables.tracked(db))


def whole(db: sqlite3.Connection, everything: Shown, of: Standing) -> Overview | None:
    """The overview of a state, which is made once."""
    return _overviews.get_or_make(of.mark, lambda: _overview(db, everything, of.moment))


def _overview(db: sqlite3.Connection, everything: Shown, moment: Moment | None) -> Overview | None:
    """The chronology as it stands now or at a moment; None if there is none."""
    now = queries.chronology(db)
    then = state.load(db, moment.position) if moment else None
    about = then.chronology if then else now
    if now is None or about is None:
        return None
    labels = {**_dimensions(now, about), "places": "place", "kind": "kind"}
    first = next(iter(labels))
    columns = (*labels, "sources", "disputed")
    tally = tallied if then else _tallied_now
    found = tally(db, everything, columns, first)
    places = _places_then(db, everything, then) if then else _places_now(db)
    return Overview(
        about,
        _figures(db, everything, then),
        labels,
        [value for value, _ in found.values[first][: strip.COLOURS]],
        list(_options(labels, found.values, places)),
        found,
    )


def tallied(db: sqlite3.Connection, events: Shown, columns: Iterable[str], first: str) -> Tallied:
    """Some events counted in one reading."""
    dates = ("date", first)
    counted = events.counts(db, [*((column,) for column in columns), dates])
    values = {column: strip.by_value(counted[(column,)]) for column in columns}
    return Tallied(values, counted[dates])


def _tallied_now(
    db: sqlite3.Connection, everything: Shown, columns: Iterable[str], first: str
) -> Tallied:
    """All events of now, whose values are counted already."""
    values: dict[str, list[tuple[str, int]]] = {column: [] for column in columns}
    for facet, value, count in db.execute(
        "SELECT facet, value, count FROM facet_values WHERE count > 0"
        " AND facet IN (SELECT value FROM json_each(?)) ORDER BY facet, count DESC, value",
        (json.dumps(list(values)),),
    ):
        values[facet].append((value, count))
    return Tallied(values, tallied(db, everything, (), first).dated)


def _dimensions(now: Chronology, then: Chronology) -> Mapping[str, str]:
    """The columns are those that the tables have now, whatever was declared then."""
    return {**now.dimensions, **{c: n for c, n in then.dimensions.items() if c in now.dimensions}}


def _figures(db: sqlite3.Connection, everything: Shown, then: Catalogue | None) -> dict[str, int]:
    if then is None:
        return {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in _FIGURES}
    sql = everything.sql("count(*), coalesce(sum(accounts), 0)")
    events, accounts = db.execute(sql, everything.params).fetchone()
    return {
        "events": events,
        "accounts": accounts,
        "sources": len(then.sources.states),
        "places": len(then.places.states),
        "formations": len(then.formations.states),
        "people": len(then.people.states),
    }


def _places_now(db: sqlite3.Connection) -> list[tuple[str, int]]:
    """The places with most events, each with those within it."""
    found = db.execute(
        "SELECT name, events FROM places WHERE events > 0 ORDER BY events DESC, name LIMIT ?",
        (_MOST_PLACES,),
    )
    return [(name, count) for name, count in found]


def _places_then(
    db: sqlite3.Connection, everything: Shown, catalogue: Catalogue
) -> list[tuple[str, int]]:
    found: Counter[str] = Counter()
    for (text,), count in everything.counts(db, [("places",)])[("places",)].items():
        ids = (catalogue.places.by_name.get(name) for name in strip.names(text))
        within = {above for place in ids if place for above in catalogue.ancestors(place)}
        found.update({catalogue.places[place].name: count for place in within})
    return found.most_common(_MOST_PLACES)


def _options(
    labels: Mapping[str, str],
    counts: Mapping[str, list[tuple[str, int]]],
    places: Iterable[tuple[str, int]],
) -> Iterable[dict[str, Any]]:
    listed = {
        **{f"_{labels[c]}": (labels[c], counts[c]) for c in labels if c not in ("places", "kind")},
        "_place": ("place", places),
        "kind": ("kind", counts["kind"]),
        "sources__arraycontains": ("source", counts["sources"]),
        "disputed__arraycontains": ("dispute about", counts["disputed"]),
    }
    for key, (label, values) in listed.items():
        sorted_values = [{"value": value, "count": count} for value, count in sorted(values)]
        if sorted_values:
            yield {"key": key, "label": label, "values": sorted_values}
