"""Find likely duplicates: pairs of events that may be records of one occurrence.

A pair is compared if its dates share a day or nearly do, if one event is at or within a place of
the other, and if their titles or formations have something in common. Two dates with times have to
share a moment. The score is between 0 and 1. Rare places, formations and words of titles weigh more
than common ones. The weights were fitted to events that several people had read from several
sources, with known duplicates.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from math import log as ln
from typing import NamedTuple

import msgspec

from chronology.model.days import Day
from chronology.model.edtf import Date, parse
from chronology.model.instants import has_time, share_a_moment
from chronology.projections import search_texts
from chronology.projections.catalogue import fold_stream, split_stream
from chronology.store import log

THRESHOLD = 0.35
"""The least score that is reported."""
NEAR_DAYS = 2
"""The most days between the dates of two sources; within one source, dates must share a day."""
APART = (1.0, 0.65, 0.55)
"""The weight of dates that share a day, or are one or two days apart."""
OPEN_DAYS = 2
"""The days before or after an open date: an event "by" a day mostly happened shortly before."""
WIDEST_DAYS = 14
"""The most possible days of a single event whose date is evidence."""
BROAD = 1_000
"""The most events in a place that is shared by the events within it, not only by those at it."""
STEM = 4
"""The letters of a word that are compared: an approximate stem in any language."""
PLACE, TITLE, FORMATION, KIND = 0.3, 0.45, 0.1, 0.15
SAME_SOURCE = 0.85
"""The weight of a pair with a common source, which mostly describes two occurrences."""
MIN_TITLE = 0.15
"""The least share of the titles in common, if no formation is."""
MIN_TITLE_OF_KINDS = 0.5
"""The least share of the titles in common, if the kinds differ."""


class Pair(NamedTuple):
    """Two events that may be one, in order of their ids, with the reasons."""

    first: str
    second: str
    score: float
    reasons: tuple[str, ...]


class _Candidate(NamedTuple):
    """The properties by which an event is compared; its possible days are `first` to `last`."""

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
        return self.last - self.first + 1


def find(db: sqlite3.Connection, threshold: float = THRESHOLD) -> list[Pair]:
    """The unexplained pairs with at least the threshold, the likeliest first.

    One pass over the events in order of their days compares each only with those near in time and
    place.
    """
    weights = _Weights(db)
    explained = _explained(db)
    pairs = [
        pair
        for one, other in _neighbours(_events(db), weights)
        if (pair := weights.compare(one, other)).score >= threshold
        and (pair.first, pair.second) not in explained
    ]
    return sorted(pairs, key=lambda pair: (-pair.score, pair.first, pair.second))


def _explained(db: sqlite3.Connection) -> set[tuple[str, str]]:
    """The pairs that either event declares distinct or related: a part is not its whole."""
    streams = db.execute(
        "SELECT DISTINCT stream FROM log WHERE type IN ('event.recorded', 'event.corrected')"
        " AND instr(data, '\"distinct\"')"
    ).fetchall()
    pairs = {
        (min(event, other), max(event, other))
        for event, other in db.execute("SELECT event, other FROM relations WHERE address IS NULL")
    }
    for (stream,) in streams:
        current = fold_stream(log.stream(db, stream))
        for other in current.fields.distinct if current else ():
            first, second = sorted((split_stream(stream)[1], other.event))
            pairs.add((first, second))
    return pairs


# Reading --------------------------------------------------------------------------------------


def _events(db: sqlite3.Connection) -> Iterator[_Candidate]:
    """The live events whose dates can be compared, in order of their first possible day."""
    places = dict(db.execute("SELECT name, id FROM places"))
    rows = db.execute(
        "SELECT id, date, title, kind, (SELECT json_group_array(json_array(facet, named.value))"
        " FROM event_values, json_each(numbers) AS link"
        " JOIN facet_values AS named ON number = link.value"
        " WHERE event = events.number"
        " AND facet IN ('places', 'place_within', 'chain', 'source')) FROM events"
        f" ORDER BY coalesce(first_day, last_day - {OPEN_DAYS}), id"
    )
    for name, text, title, kind, pairs in rows:
        links = defaultdict(set)
        for facet, value in msgspec.json.decode(pairs):
            links[facet].add(value)
        day = parse(text)
        candidate = _Candidate(
            *(name, day, *_days(day), kind, words(title)),
            *(frozenset(places[place] for place in links["places"]),),
            *(frozenset(links[facet]) for facet in ("place_within", "chain", "source")),
        )
        if day.lasts or candidate.days <= WIDEST_DAYS:
            yield candidate


def _days(day: Date) -> tuple[Day, Day]:
    """The first and last day for comparison; an open date is extended by `OPEN_DAYS`."""
    first, last = day.earliest, day.latest
    if first is None:
        assert last is not None
        first = Day(last - OPEN_DAYS)
    if last is None:
        last = first + OPEN_DAYS
    return first, last


def words(title: str) -> frozenset[str]:
    """The stems of a title's words, without case and diacritics."""
    plain = unicodedata.normalize("NFKD", title.translate(search_texts.FOLDED)).casefold()
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return frozenset(word[:STEM] for word in re.findall(r"\w+", bare))


def _neighbours(
    sorted_events: Iterator[_Candidate], weights: _Weights
) -> Iterator[tuple[_Candidate, _Candidate]]:
    """Each pair of events near in time of which one is at, or within, a place of the other, once.

    `named` and `around` hold, by place, the events that are near enough for later ones.
    """
    named: dict[str, list[_Candidate]] = defaultdict(list)
    around: dict[str, list[_Candidate]] = defaultdict(list)
    for event in sorted_events:
        inner = [place for place in event.around if not weights.is_broad(place)]
        near: dict[str, _Candidate] = {}
        for index, places in ((named, {*inner, *event.named}), (around, event.named)):
            for place in places:
                recent = [e for e in index[place] if event.first - e.last <= NEAR_DAYS]
                index[place] = recent
                near.update((e.id, e) for e in recent)
        for other in near.values():
            yield event, other
        for place in event.named:
            named[place].append(event)
        for place in inner:
            around[place].append(event)


# Scoring --------------------------------------------------------------------------------------


class _Weights:
    """The weights of places, formations and words by the number of events that have them."""

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

    def compare(self, one: _Candidate, other: _Candidate) -> Pair:
        """The pair with its score; 0 if too little is in common."""
        first, second = sorted((one.id, other.id))
        apart = _apart(one, other)
        places = (one.named & other.around) | (other.named & one.around)
        formations = one.chain & other.chain
        title = self._titles(one.words, other.words)
        same_source = bool(one.sources & other.sources)
        if apart > NEAR_DAYS or (apart and same_source) or not places:
            return Pair(first, second, 0.0, ())
        if not apart and _at_other_times(one.date, other.date):
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
        """The share of the titles that is in both, with rare words weighing more."""
        both, first, second = (
            sum(_weight(self.words[word]) for word in stems) for stems in (one & other, one, other)
        )
        return 2 * both / (first + second) if both else 0.0


def _least_title(same_kind: bool, same_formation: bool) -> float:
    if not same_kind:
        return MIN_TITLE_OF_KINDS
    return 0.0 if same_formation else MIN_TITLE


def _weight(count: int) -> float:
    return 1 / (1 + ln(max(count, 1)))


def _rarest(names: frozenset[str], counts: Mapping[str, int]) -> tuple[str, float]:
    """The name that the fewest events have, with its weight; empty without names."""
    if not names:
        return "", 0.0
    rarest = min(sorted(names), key=lambda name: counts.get(name, 0))
    return rarest, _weight(counts.get(rarest, 0))


def _apart(one: _Candidate, other: _Candidate) -> int:
    """The days between two dates; 0 if they may share a day."""
    if one.date.overlaps(other.date):
        return max(0, max(one.first, other.first) - min(one.last, other.last))
    gaps = [
        low - high
        for earlier, later in ((one, other), (other, one))
        for _, high in earlier.date.spans
        for low, _ in later.date.spans
        if high and low and low > high
    ]
    return min(gaps)


def _at_other_times(one: Date, other: Date) -> bool:
    """Whether the times of two dates that share a day exclude one another."""
    return has_time(one) and has_time(other) and not share_a_moment((one, other))


def _closeness(one: _Candidate, other: _Candidate) -> float:
    """The weight of the days: 1 for one possible day, less for more.

    For two events that last, it is the share of their days in common.
    """
    if one.date.lasts and other.date.lasts:
        both = min(one.last, other.last) - max(one.first, other.first) + 1
        return max(both, 1) / (one.days + other.days - max(both, 0))
    return float(max(one.days, other.days) ** -0.3)
