"""`events`: one row for each live event, as the accounts and the catalogue make it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from chronology.model.edtf import Date, Span
from chronology.model.records import Account, Chronology, Event, canonical
from chronology.projections import order_of_battle
from chronology.projections.catalogue import Catalogue, State
from chronology.projections.disputes import disputes

BEFORE_DIMENSIONS = {
    "id": str,
    "date": str,
    "earliest": str,
    "latest": str,
    "sort_day": str,
    "time": str,
    "precision": str,
    "basis": str,
    "title": str,
    "summary": str,
    "kind": str,
    "status": str,
    "months": str,
}
AFTER_DIMENSIONS = {
    "formations": str,
    "places": str,
    "people": str,
    "sources": str,
    "latitude": float,
    "longitude": float,
    "accounts": int,
    "disputed": str,
    "version": int,
    "position": int,
    "recorded_at": str,
    "number": int,
}
ARRAYS = ("months", "formations", "places", "people", "sources", "disputed")
CACHED = 1 << 14
"""So many dates, places of events and the like are kept described."""
PLAIN = ("kind", "status")
"""The columns with one value that are counted by links; the others have arrays."""
LINKED = ("place_within", "chain", "person", "source")
"""The facets of links that are no column."""
RESERVED = frozenset(
    {
        *BEFORE_DIMENSIONS,
        *AFTER_DIMENSIONS,
        *("from_position", "until_position", "action", "because"),
        *LINKED,
        *("rowid", "oid"),
    }
)
"""What no dimension can be called."""


def columns(chronology: Chronology) -> dict[str, type]:
    """The columns of `events`, with one for each dimension."""
    return {**BEFORE_DIMENSIONS, **dict.fromkeys(chronology.dimensions, str), **AFTER_DIMENSIONS}


class Told(NamedTuple):
    """One event with what is told of it: its state, and its live accounts by id."""

    id: str
    state: State
    accounts: list[tuple[str, Account]]


Row = tuple[Any, ...]
Pair = tuple[str, str]
Chain = tuple[str, ...]
"""A formation and its superiors."""
Cached = Callable[..., "_Part"]


class Published(NamedTuple):
    """What is published of an event.

    `row` is that of `events` without `position`, `recorded_at` and `number`; `links`
    are the numbers of the (facet, value) pairs by which it is counted and found, ascending;
    `search` is what full-text search looks through, by column.
    """

    row: Row
    links: list[int]
    search: tuple[str, ...]


class _Part(NamedTuple):
    """What one field of an event adds: cells of its row, links, and texts to search."""

    cells: Row
    links: tuple[int, ...]
    names: tuple[str, ...] = ()


class Numbers:
    """The numbers of (facet, value) pairs; one that has none yet gets the next when asked for."""

    def __init__(self, known: dict[Pair, int]) -> None:
        self.known = known
        self.last = max(known.values(), default=0)

    def __call__(self, pair: Pair) -> int:
        number = self.known.get(pair)
        if number is None:
            self.last = number = self.last + 1
            self.known[pair] = number
        return number


class Describer:
    """Describes events by one state of the catalogue; what many of them share is made once.

    The facets are the array columns, `kind` and `status` by name; and by id `place_within` (the
    places and all that they lie within), `chain` (the formations with all superiors), `person`
    and `source`. `number` gives the number of a (facet, value) pair.
    """

    def __init__(self, catalogue: Catalogue, number: Numbers) -> None:
        assert catalogue.chronology is not None
        self.catalogue = catalogue
        self.window = catalogue.chronology.window
        self.number = number
        cached = lru_cache(maxsize=CACHED)
        self._when: Cached = cached(self._when_part)
        self._where: Cached = cached(self._where_part)
        self._around: Callable[[str], list[str]] = cached(self.catalogue.ancestors)
        self._place_names = cached(lambda place: _names_of(self.catalogue.places[place]))
        self._who: Cached = cached(self._who_part)
        self._lasting: Callable[[str], Chain | None] = cached(self._lasting_chain)
        self._dated: Callable[[str, Date], Chain] = cached(self._chain_on)
        self._people: Cached = cached(self._people_part)
        self._sources: Cached = cached(self._sources_part)
        self._sort: Cached = cached(self._sort_part)

    def describe(self, told: Told) -> Published:
        event: Event = told.state.fields
        accounts = [account for _, account in told.accounts]
        date = event.date
        when = self._when(date)
        where = self._where(tuple([(ref.place, ref.role) for ref in event.places]))
        chains = [self._lasting(f) or self._dated(f, date) for f in event.formations]
        who = self._who(tuple(event.formations), tuple(chains))
        quoted = tuple([account.by for account in accounts if account.by])
        people = self._people(tuple(event.people), quoted)
        sources = self._sources(tuple([account.source for account in accounts]))
        sort = self._sort(event.kind, status(accounts), tuple(disputes(accounts)))
        earliest, latest, sort_day, time, precision, months = when.cells
        places, latitude, longitude = where.cells
        levels, formations = who.cells
        kind, shown, disputed = sort.cells
        row = (
            *(told.id, date.text, earliest, latest, sort_day, time, precision),
            *(event.basis, event.title, event.summary, kind, shown, months),
            *(*levels, formations, places, people.cells[0], sources.cells[0]),
            *(latitude, longitude, len(accounts), disputed, told.state.version),
        )
        # No two parts add to one facet.
        links = when.links + where.links + who.links + people.links + sources.links + sort.links
        search = (
            *(_plain(event.title), _plain(_joined([event.summary, event.basis]))),
            *(where.names[0], who.names[0], people.names[0]),
            _plain(_joined([account.says for account in accounts])),
        )
        return Published(row, sorted(links), search)

    def _numbers(self, facet: str, values: Iterable[str]) -> tuple[int, ...]:
        number = self.number
        return tuple([number((facet, value)) for value in dict.fromkeys(values)])

    def _when_part(self, date: Date) -> _Part:
        earliest, latest = _day(date.earliest), _day(date.latest)
        months = date.months(self.window)
        cells = (earliest, latest, earliest or latest, date.time, date.precision, canonical(months))
        return _Part(cells, self._numbers("months", months))

    def _where_part(self, refs: Sequence[tuple[str, str]]) -> _Part:
        places = self.catalogue.places
        names = _unique(places[place].name for place, _ in refs)
        around = [outer for place, _ in refs for outer in self._around(place)]
        point = _point(refs, self.catalogue)
        links = self._numbers("places", names) + self._numbers("place_within", around)
        text = _plain(_joined([self._place_names(place) for place, _ in refs]))
        return _Part((canonical(names), *point), links, (text,))

    def _lasting_chain(self, formation: str) -> Chain | None:
        """The chain of a formation if it is the same on every date."""
        if not order_of_battle.lasts(self.catalogue, formation):
            return None
        return tuple(order_of_battle.chain(self.catalogue, formation, None))

    def _chain_on(self, formation: str, date: Date) -> Chain:
        return tuple(order_of_battle.chain(self.catalogue, formation, date))

    def _who_part(self, formations: Sequence[str], chains: Sequence[Chain]) -> _Part:
        known = self.catalogue.formations
        levels = order_of_battle.at_levels(self.catalogue, chains)
        columns = {c: levels.get(level, []) for c, level in self.catalogue.dimensions.items()}
        names = [known[formation].name for formation in formations]
        links = self._numbers("formations", names)
        for column, found in columns.items():
            links += self._numbers(column, found)
        links += self._numbers("chain", (superior for chain in chains for superior in chain))
        text = _all_names(known[formation] for formation in formations)
        cells = tuple(map(canonical, columns.values())), canonical(names)
        return _Part(cells, links, (text,))

    def _people_part(self, people: Sequence[str], quoted: Sequence[str]) -> _Part:
        known = self.catalogue.people
        names = [known[person].name for person in people]
        named = dict.fromkeys([*people, *(by for by in quoted if by in known)])
        others = (by for by in quoted if by not in named)
        text = _plain(_joined([_all_names(known[person] for person in named), *others]))
        links = self._numbers("people", names) + self._numbers("person", people)
        return _Part((canonical(names),), links, (text,))

    def _sources_part(self, sources: Sequence[str]) -> _Part:
        names = _unique(self.catalogue.sources[source].name for source in sources)
        links = self._numbers("sources", names) + self._numbers("source", sources)
        return _Part((canonical(names),), links)

    def _sort_part(self, kind: str, status: str, disputed: Sequence[str]) -> _Part:
        links = self._numbers("kind", [kind]) + self._numbers("status", [status])
        return _Part(
            (kind, status, canonical(disputed)), links + self._numbers("disputed", disputed)
        )


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def status(accounts: Sequence[Account]) -> str:
    """Whether an event is asserted by anybody, else planned, else denied."""
    stances = {account.stance for account in accounts}
    if not stances or "asserts" in stances:
        return "asserted"
    return "planned" if "plans" in stances else "denied"


def _point(
    refs: Sequence[tuple[str, str]], catalogue: Catalogue
) -> tuple[float | None, float | None]:
    """The first located place "at", else the middle of "between", else the first located."""
    located = [
        (role, catalogue.places[place].latitude, catalogue.places[place].longitude)
        for place, role in refs
        if catalogue.places[place].latitude is not None
    ]
    if not located:
        return None, None
    for role, latitude, longitude in located:
        if role == "at":
            return latitude, longitude
    between = [(lat, lon) for role, lat, lon in located if role == "between"]
    if between:
        return _mean(lat for lat, _ in between), _mean(lon for _, lon in between)
    return located[0][1:]


def _mean(degrees: Iterable[float | None]) -> float:
    numbers = [number for number in degrees if number is not None]
    return round(sum(numbers) / len(numbers), 6)


def spans(told: Told) -> list[tuple[str | None, str | None]]:
    """The possible days as (first, last) pairs where they have gaps; else nothing."""
    pairs: Sequence[Span] = told.state.fields.date.spans
    return [(_day(low), _day(high)) for low, high in pairs] if len(pairs) > 1 else []


def _all_names(subjects: Iterable[Any]) -> str:
    """The names of subjects, one a line."""
    return _plain(_joined([_names_of(subject) for subject in subjects]))


def _names_of(subject: Any) -> str:
    return _joined([subject.name, *(other.name for other in subject.names)])


# Letters that have no decomposition, so that the tokenizer cannot fold them.
FOLDED = str.maketrans({"đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss"})


def _joined(texts: Sequence[str | None]) -> str:
    return "\n".join([text for text in texts if text])


def _plain(text: str) -> str:
    """A text as it is searched: with letters that cannot be folded, folded as well."""
    if text.isascii():
        return text
    folded = text.translate(FOLDED)
    return text if folded == text else f"{text}\n{folded}"


def array_columns(columns: Sequence[str]) -> list[str]:
    """The columns of `events` that hold arrays of values; among all of them."""
    start, end = columns.index("months"), columns.index("formations")
    return [*ARRAYS, *columns[start + 1 : end]]
