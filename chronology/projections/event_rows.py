"""Rows of `events`: one for each live event, made from its accounts and the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from chronology.model.as_written import elapsed
from chronology.model.edtf import Date
from chronology.model.records import Account, Event, canonical
from chronology.model.vocabulary import Layout
from chronology.projections import event_dates
from chronology.projections.catalogue import Catalogue, State
from chronology.projections.chain_of_command import chain_of_command, is_constant, names_by_level
from chronology.projections.disputes import disputes
from chronology.projections.facet_value_ids import FacetValueIds
from chronology.projections.search_texts import all_names, joined, names_of, with_folded
from chronology.projections.sized_cache import SizedCache

_BEFORE = "id date earliest latest sort_day time precision basis title summary kind status months"
_BEFORE_DIMENSIONS = dict.fromkeys(_BEFORE.split(), str)
_AFTER_DIMENSIONS = {
    **dict.fromkeys(("formations", "places", "people", "sources"), str),
    "latitude": float,
    "longitude": float,
    "accounts": int,
    "disputed": str,
    **dict.fromkeys(("first_day", "last_day", "first_second", "last_second"), int),
    **dict.fromkeys(("sequence", "sort_key"), int),
    "as_written": str,
    "elapsed": str,
    **dict.fromkeys(("geometry", "related", "links", "media"), str),
    "names": str,
    "importance": int,
}
_CHANGE = {
    "version": int,
    "position": int,
    "recorded_at": str,
    "number": int,
}
ARRAYS = ("months", "formations", "places", "people", "sources", "disputed")
JSON = ("names", "geometry", "related", "links", "media")
"""The columns that have JSON, or nothing."""
SINGLE_VALUED = ("kind", "status")
"""The columns with one value each that are facets; the other facets are array columns."""
LINK_FACETS = ("place_within", "chain", "person", "source", "tag_id")
"""The facets that have links but no column."""
RESERVED = frozenset(
    {
        *_BEFORE_DIMENSIONS,
        *_AFTER_DIMENSIONS,
        *_CHANGE,
        *("from_position", "until_position", "action", "because"),
        *LINK_FACETS,
        *("rowid", "oid"),
    }
)
"""Names that no dimension and no quantity can have."""


def columns(layout: Layout) -> dict[str, type]:
    """The columns of `events`, with one for each dimension and for each quantity."""
    return {
        **_BEFORE_DIMENSIONS,
        **{dimension.column: str for dimension in layout.dimensions},
        **_AFTER_DIMENSIONS,
        **dict.fromkeys(layout.quantities, float),
        **_CHANGE,
    }


class EventWithAccounts(NamedTuple):
    """One event: its id, its state, and its live accounts with their ids."""

    id: str
    state: State
    accounts: list[tuple[str, Account]]


Cells = tuple[Any, ...]
Chain = tuple[str, ...]
"""A formation and its superiors."""


class EventRow(NamedTuple):
    """An event as it is published.

    `cells` are the row of `events` without `position`, `recorded_at` and `number`. `value_ids`
    are the facet values by which the event is counted and found, ascending. `search_texts` are
    the texts for full-text search, by column.
    """

    cells: Cells
    value_ids: list[int]
    search_texts: tuple[str, ...]

    @property
    def size(self) -> int:
        """The bytes of the row, about."""
        cells = sum([len(cell) for cell in self.cells if isinstance(cell, str)])
        return cells + sum(map(len, self.search_texts)) + 40 * len(self.value_ids)


class _RowPart(NamedTuple):
    """The cells, facet values and search text that one field of an event adds to its row."""

    cells: Cells
    value_ids: tuple[int, ...]
    text: str = ""


def _part_size(part: _RowPart) -> int:
    """The bytes of a part and of the names from which it is made, about."""
    cells = sum(len(cell) for cell in part.cells if isinstance(cell, str))
    return len(part.text) + cells + 200 * len(part.value_ids)


def _texts_size(texts: Sequence[str]) -> int:
    return 8 * len(texts)


class EventRowBuilder:
    """Builds the rows of events from one state of the catalogue.

    The facets are the array columns, `kind` and `status` by name; and by id `place_within` (the
    places and all that they lie within), `chain` (the formations with all superiors), `person`
    and `source`. Parts that many events share are cached.
    """

    def __init__(self, catalogue: Catalogue, value_ids: FacetValueIds) -> None:
        assert catalogue.chronology is not None
        self.catalogue = catalogue
        self.window, self.zero = catalogue.chronology.window, catalogue.chronology.zero
        self.value_ids = value_ids
        self._date = SizedCache(self._date_part, _part_size)
        self._places = SizedCache(self._places_part, _part_size)
        self._ancestors = SizedCache(self.catalogue.ancestors, _texts_size)
        self._place_names = SizedCache(self._names_of_place, len)
        self._formations = SizedCache(self._formations_part, _part_size)
        self._constant = SizedCache(self._constant_chain, _texts_size)
        self._dated = SizedCache(self._chain_on, _texts_size)
        self._tags = SizedCache(self._tags_part, _part_size)
        self._free = [each.column for each in catalogue.layout.dimensions if each.is_free]
        self._people = SizedCache(self._people_part, _part_size)
        self._sources = SizedCache(self._sources_part, _part_size)
        self._status = SizedCache(self._status_part, _part_size)

    def build(self, event: EventWithAccounts) -> EventRow | None:
        """The row of an event; None if it refers to a subject that is not recorded."""
        fields: Event = event.state.fields
        accounts = [account for _, account in event.accounts]
        if not self._has_references(fields, accounts):
            return None
        date = self._date(fields.when)
        places = self._places(tuple([(ref.place, ref.role) for ref in fields.places]))
        chains = [self._constant(f) or self._dated(f, fields.when) for f in fields.formations]
        formations = self._formations(tuple(fields.formations), tuple(chains))
        quoted = tuple([account.by for account in accounts if account.by])
        people = self._people(tuple(fields.people), quoted)
        sources = self._sources(tuple([account.source for account in accounts]))
        status = self._status(fields.kind, status_of(accounts), tuple(disputes(accounts)))
        days, months = date.cells
        place_names, latitude, longitude = places.cells
        if own := fields.point:
            latitude, longitude = own
        kind, status_name, disputed = status.cells
        tags = self._tags(tuple([tag for values in fields.tags.values() for tag in values]))
        cells = (
            *(event.id, fields.when.text, *days.texts, fields.basis, fields.title, fields.summary),
            *(kind, status_name, months, *formations.cells[:-1], *tags.cells),
            *(formations.cells[-1], place_names),
            *(*people.cells, *sources.cells, latitude, longitude),
            *(len(accounts), disputed, *days.numbers, fields.sequence),
            *(days.sort_key(fields.sequence), fields.as_written),
            elapsed(fields.when, self.zero),
            *(fields.geometry and canonical(fields.geometry), _list(fields.related)),
            *(_list(fields.links), _list(fields.media)),
            *(canonical(fields.names) if fields.names else None, fields.importance),
            *map(fields.quantities.get, self.catalogue.layout.quantities),
            event.state.version,
        )
        # No two parts add to one facet.
        parts = (date, places, formations, people, sources, status, tags)
        titles = [fields.title, *(other.name for other in fields.names)]
        search_texts = (
            with_folded(joined(titles)),
            with_folded(joined([fields.summary, fields.basis, tags.text, *_captions(fields)])),
            *(places.text, formations.text, people.text),
            with_folded(joined([text for a in accounts for text in (a.says, *_captions(a))])),
        )
        value_ids = sorted([value for part in parts for value in part.value_ids])
        return EventRow(cells, value_ids, search_texts)

    def _has_references(self, fields: Event, accounts: Sequence[Account]) -> bool:
        """Whether all subjects exist that the row shows; only in a forged log they may not."""
        catalogue = self.catalogue
        return (
            all(ref.place in catalogue.places for ref in fields.places)
            and all(formation in catalogue.formations for formation in fields.formations)
            and all(person in catalogue.people for person in fields.people)
            and all(tag in catalogue.tags for tags in fields.tags.values() for tag in tags)
            and all(account.source in catalogue.sources for account in accounts)
        )

    def _date_part(self, date: Date) -> _RowPart:
        months = event_dates.months_of(date, self.window)
        links = self.value_ids.of("months", months)
        return _RowPart((event_dates.cells(date), canonical(months)), links)

    def _places_part(self, refs: Sequence[tuple[str, str]]) -> _RowPart:
        names = _unique(self.catalogue.places[place].name for place, _ in refs)
        ancestors = [outer for place, _ in refs for outer in self._ancestors(place)]
        point = _point(refs, self.catalogue)
        ids = self.value_ids
        links = ids.of("places", names) + ids.of("place_within", ancestors)
        text = with_folded(joined([self._place_names(place) for place, _ in refs]))
        return _RowPart((canonical(names), *point), links, text)

    def _names_of_place(self, place: str) -> str:
        return names_of(self.catalogue.places[place])

    def _constant_chain(self, formation: str) -> Chain:
        """The chain of command of a formation if it is the same on every date, else nothing."""
        if not is_constant(self.catalogue, formation):
            return ()
        return tuple(chain_of_command(self.catalogue, formation, None))

    def _chain_on(self, formation: str, date: Date) -> Chain:
        return tuple(chain_of_command(self.catalogue, formation, date))

    def _formations_part(self, ids: Sequence[str], chains: Sequence[Chain]) -> _RowPart:
        """The cells of the dimensions by level, then that of the formations."""
        formations = [self.catalogue.formations[formation] for formation in ids]
        names = [formation.name for formation in formations]
        levels = names_by_level(self.catalogue, chains)
        columns = {
            dimension.column: levels.get(dimension.name, [])
            for dimension in self.catalogue.layout.dimensions
            if not dimension.is_free
        }
        links = self.value_ids.of("formations", names)
        for column, values in columns.items():
            links += self.value_ids.of(column, values)
        links += self.value_ids.of("chain", (name for chain in chains for name in chain))
        cells = (*map(canonical, columns.values()), canonical(names))
        return _RowPart(cells, links, all_names(formations))

    def _tags_part(self, ids: Sequence[str]) -> _RowPart:
        """The cells of the free dimensions: a tag counts for the dimension that it has now."""
        tags = [self.catalogue.tags[tag] for tag in ids]
        cells, links = [], self.value_ids.of("tag_id", ids)
        for column in self._free:
            names = [tag.name for tag in tags if tag.dimension == column]
            cells.append(canonical(names))
            links += self.value_ids.of(column, names)
        return _RowPart(tuple(cells), links, joined([names_of(tag) for tag in tags]))

    def _people_part(self, ids: Sequence[str], quoted: Sequence[str]) -> _RowPart:
        people = self.catalogue.people
        names = [people[person].name for person in ids]
        searched = dict.fromkeys([*ids, *(by for by in quoted if by in people)])
        others = (by for by in quoted if by not in searched)
        text = with_folded(joined([all_names(people[person] for person in searched), *others]))
        links = self.value_ids.of("people", names) + self.value_ids.of("person", ids)
        return _RowPart((canonical(names),), links, text)

    def _sources_part(self, sources: Sequence[str]) -> _RowPart:
        names = _unique(self.catalogue.sources[source].name for source in sources)
        links = self.value_ids.of("sources", names) + self.value_ids.of("source", sources)
        return _RowPart((canonical(names),), links)

    def _status_part(self, kind: str, status: str, disputed: Sequence[str]) -> _RowPart:
        ids = self.value_ids
        links = ids.of("kind", [kind]) + ids.of("status", [status]) + ids.of("disputed", disputed)
        return _RowPart((kind, status, canonical(disputed)), links)


def _list(values: Sequence[Any]) -> str | None:
    """Values as JSON, None if there are none."""
    return canonical(values) if values else None


def _captions(fields: Event | Account) -> list[str | None]:
    """The texts of links and media that a search finds."""
    texts = [link.label for link in fields.links]
    for medium in fields.media:
        texts += [medium.caption, medium.alt, medium.credit]
    return texts


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def status_of(accounts: Sequence[Account]) -> str:
    """The strongest stance: `asserted` without accounts or by any of them, `planned`, `denied`."""
    stances = {account.stance for account in accounts}
    if not stances or "asserts" in stances:
        return "asserted"
    return "planned" if "plans" in stances else "denied"


def _point(
    refs: Sequence[tuple[str, str]], catalogue: Catalogue
) -> tuple[float | None, float | None]:
    """The point of an event on the map.

    It is the first located place with the role `at`, else the mean of those with the role
    `between`, else the first located place.
    """
    places = [(role, catalogue.places[place]) for place, role in refs]
    located = [(role, *point) for role, place in places if (point := place.point) is not None]
    if not located:
        return None, None
    for role, latitude, longitude in located:
        if role == "at":
            return latitude, longitude
    between = [(lat, lon) for role, lat, lon in located if role == "between"]
    if between:
        return _mean([lat for lat, _ in between]), _mean_longitude([lon for _, lon in between])
    return located[0][1:]


def _mean(degrees: Sequence[float]) -> float:
    return round(sum(degrees) / len(degrees), 6)


def _mean_longitude(degrees: Sequence[float]) -> float:
    """The mean on the shorter way round the Earth: between 179 and -179 it is 180, not 0."""
    if max(degrees) - min(degrees) <= 180:
        return _mean(degrees)
    mean = _mean([degree + 360 if degree < 0 else degree for degree in degrees])
    return mean if mean <= 180 else round(mean - 360, 6)


@cache
def array_columns(columns: tuple[str, ...]) -> tuple[str, ...]:
    """The array columns among all columns of `events`: the fixed ones and the dimensions."""
    start, end = columns.index("months"), columns.index("formations")
    return *ARRAYS, *columns[start + 1 : end]
