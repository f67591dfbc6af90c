"""Likely duplicates: events that two readers may have recorded of one occurrence.

A pair is looked at if its dates share a day or nearly do, if one event is at, or within, a place
of the other, and if their titles or their formations have something in common; it is scored
from 0 to 1. What is common to many events says little: places, formations and words of titles
weigh by how rarely they are named. The weights were set on events read by several people from
several sources, whose duplicates were known.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date as Day
from datetime import timedelta
from math import log as ln
from typing import NamedTuple

import msgspec

from chronology.model.edtf import Date, parse
from chronology.projections import event_rows
from chronology.projections.catalogue import fold_stream, split_stream
from chronology.store import log

THRESHOLD = 0.35
"""The least score that is reported."""
NEAR_DAYS = 2
"""How far apart the dates of two sources may lie; one source tells its own days apart."""
APART = (1.0, 0.65, 0.55)
"""What is left of the evidence of dates that share a day, or lie one or two days apart."""
OPEN_DAYS = 2
"""How far an open date is taken to reach: what is done "by" a day was mostly done about then."""
WIDEST_DAYS = 14
"""A moment somewhere in more days than these is evidence of nothing."""
BROAD = 1_000
"""A place with more events in it is shared only by those that name it."""
STEM = 4
"""As much of a word is compared: it stands for the stem, whatever the language."""
PLACE, TITLE, FORMATION, KIND = 0.3, 0.45, 0.1, 0.15
SAME_SOURCE = 0.85
"""A source that tells of both mostly tells of two occurrences."""
LEAST_TITLE = 0.15
"""How much of the titles has to be in common, unless a formation is."""
LEAST_TITLE_OF_KINDS = 0.5
"""The same of two events of different kinds, whatever their formations."""


class Pair(NamedTuple):
    """Two events that may be one, in order of their ids, with what they have in common."""

    first: str
    second: str
    score: float
    reasons: tuple[str, ...]


class _Seen(NamedTuple):
    """An event with what it is compared by; its possible days are `first` to `last`."""

    id: str
    date: Date
    first: Day
    last: Day
    kind: str
    words: frozenset[str]
    named: frozenset[str]
    around: frozenset[str]
    chain: frozenset[str]
    sources: frozenset[str]

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def find(db: sqlite3.Connection, threshold: float = THRESHOLD) -> list[Pair]:
    """The unexplained pairs from the threshold on, the likeliest first.

    The events are swept in order of their days, so that each meets only those of the same days
    about the same places.
    """
    weights = _Weights(db)
    explained = _explained(db)
    found = [
        pair
        for one, other in _neighbours(_events(db), weights)
        if (pair := weights.compare(one, other)).score >= threshold
        and (pair.first, pair.second) not in explained
    ]
    return sorted(found, key=lambda pair: (-pair.score, pair.first, pair.second))


def _explained(db: sqlite3.Connection) -> set[tuple[str, str]]:
    """The pairs that an event says are distinct, whichever of the two says it."""
    streams = db.execute(
        "SELECT DISTINCT stream FROM log WHERE type IN ('event.recorded', 'event.corrected')"
        " AND instr(data, '\"distinct\"')"
    ).fetchall()
    pairs = set()
    for (stream,) in streams:
        current = fold_stream(log.stream(db, stream))
        for other in current.fields.distinct if current else ():
            first, second = sorted((split_stream(stream)[1], other.event))
            pairs.add((first, second))
    return pairs


# Reading --------------------------------------------------------------------------------------


def _events(db: sqlite3.Connection) -> Iterator[_Seen]:
    """The live events whose dates can be compared, by first possible day."""
    places = dict(db.execute("SELECT name, id FROM places"))
    rows = db.execute(
        "SELECT id, date, title, kind, (SELECT json_group_array(json_array(facet, named.value))"
        " FROM event_values, json_each(numbers) AS held"
        " JOIN facet_values AS named ON number = held.value"
        " WHERE event = events.number"
        " AND facet IN ('places', 'place_within', 'chain', 'source')) FROM events"
        f" ORDER BY coalesce(earliest, date(latest, '-{OPEN_DAYS} days')), id"
    )
    for name, text, title, kind, pairs in rows:
        links = defaultdict(set)
        for facet, value in msgspec.json.decode(pairs):
            links[facet].add(value)
        day = parse(text)
        seen = _Seen(
            *(name, day, *_reach(day), kind, words(title)),
            *(frozenset(places[place] for place in links["places"]),),
            *(frozenset(links[facet]) for facet in ("place_within", "chain", "source")),
        )
        if day.lasts or seen.days <= WIDEST_DAYS:
            yield seen


def _reach(day: Date) -> tuple[Day, Day]:
    """The first and last day that are compared; an open side reaches a little further."""
    reach = timedelta(OPEN_DAYS)
    first = day.earliest or (day.latest and max(day.latest, Day.min + reach) - reach)
    last = day.latest or (day.earliest and min(day.earliest, Day.max - reach) + reach)
    assert first
    assert last
    return first, last


def words(title: str) -> frozenset[str]:
    """The stems of a title's words, without case and diacritics."""
    plain = unicodedata.normalize("NFKD", title.translate(event_rows.FOLDED)).casefold()
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return frozenset(word[:STEM] for word in re.findall(r"\w+", bare))


def _neighbours(sorted_events: Iterator[_Seen], weights: _Weights) -> Iterator[tuple[_Seen, _Seen]]:
    """Each pair once whose days are near and of which one is at, or within, a place of the other.

    `named` and `around` hold, by place, the events that may still meet a later one.
    """
    named: dict[str, list[_Seen]] = defaultdict(list)
    around: dict[str, list[_Seen]] = defaultdict(list)
    for event in sorted_events:
        inner = [place for place in event.around if not weights.is_broad(place)]
        met: dict[str, _Seen] = {}
        for index, places in ((named, {*inner, *event.named}), (around, event.named)):
            for place in places:
                still = [e for e in index[place] if (event.first - e.last).days <= NEAR_DAYS]
                index[place] = still
                met.update((e.id, e) for e in still)
        for other in met.values():
            yield event, other
        for place in event.named:
            named[place].append(event)
        for place in inner:
            around[place].append(event)


# Scoring --------------------------------------------------------------------------------------


class _Weights:
    """How much it says that two events have a place, a formation or a word in common."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.places: dict[str, int]
        self.formations: dict[str, int]
        self.places, self.formations = (
            dict(db.execute("SELECT value, count FROM facet_values WHERE facet = ?", (facet,)))
            for facet in ("place_within", "chain")
        )
        self.words: Counter[str] = Counter()
        for (title,) in db.execute("SELECT title FROM events"):
            self.words.update(words(title))
        self.names = dict(db.execute("SELECT id, name FROM places"))
        self.names_of_formations = dict(db.execute("SELECT id, name FROM formations"))

    def is_broad(self, place: str) -> bool:
        return self.places.get(place, 0) > BROAD

    def compare(self, one: _Seen, other: _Seen) -> Pair:
        """The pair with its score, which is 0 without enough in common."""
        first, second = sorted((one.id, other.id))
        apart = _apart(one, other)
        places = (one.named & other.around) | (other.named & one.around)
        formations = one.chain & other.chain
        title = self._titles(one.words, other.words)
        same_source = bool(one.sources & other.sources)
        if apart > NEAR_DAYS or (apart and same_source) or not places:
            return Pair(first, second, 0.0, ())
        if title < _least_title(one.kind == other.kind, bool(formations)):
            return Pair(first, second, 0.0, ())
        place, place_weight = _rarest(places, self.places)
        formation, formation_weight = _rarest(formations, self.formations)
        alike = (
            PLACE * min(1.0, 1.5 * place_weight)
            + TITLE * title
            + FORMATION * min(1.0, 2 * formation_weight)
            + KIND * (one.kind == other.kind)
        )
        score = APART[apart] * _closeness(one, other) * alike
        reasons = [
            "the dates share a day" if not apart else f"the dates are {apart} apart in days",
            f"both at or within {self.names[place]}",
            *([f"both of {self.names_of_formations[formation]}"] if formation else []),
            *([f"both of kind {one.kind}"] if one.kind == other.kind else []),
            f"{title:.0%} of the titles in common",
        ]
        score *= SAME_SOURCE if same_source else 1.0
        return Pair(first, second, round(score, 2), tuple(reasons))

    def _titles(self, one: frozenset[str], other: frozenset[str]) -> float:
        """The share of the titles' weight that is in both; rare words weigh more."""
        both, first, second = (
            sum(_weight(self.words[word]) for word in found) for found in (one & other, one, other)
        )
        return 2 * both / (first + second) if both else 0.0


def _least_title(same_kind: bool, same_formation: bool) -> float:
    if not same_kind:
        return LEAST_TITLE_OF_KINDS
    return 0.0 if same_formation else LEAST_TITLE


def _weight(count: int) -> float:
    return 1 / (1 + ln(max(count, 1)))


def _rarest(found: frozenset[str], counts: Mapping[str, int]) -> tuple[str, float]:
    """The one that the fewest events have, with its weight; of none, nothing."""
    if not found:
        return "", 0.0
    rarest = min(sorted(found), key=lambda name: counts.get(name, 0))
    return rarest, _weight(counts.get(rarest, 0))


def _apart(one: _Seen, other: _Seen) -> int:
    """How many days lie from one date to the other; 0 if they may share a day."""
    if one.date.overlaps(other.date):
        return max(0, (max(one.first, other.first) - min(one.last, other.last)).days)
    gaps = [
        (low - high).days
        for earlier, later in ((one, other), (other, one))
        for _, high in earlier.date.spans
        for low, _ in later.date.spans
        if high and low and low > high
    ]
    return min(gaps)


def _closeness(one: _Seen, other: _Seen) -> float:
    """1 for the same single day; the less, the more days are possible.

    Of two that last, it is the share of their days that they have in common.
    """
    if one.date.lasts and other.date.lasts:
        both = (min(one.last, other.last) - max(one.first, other.first)).days + 1
        return max(both, 1) / (one.days + other.days - max(both, 0))
    return float(max(one.days, other.days) ** -0.3)
