"""The order of battle on one day: the formations of each side as trees."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable

import msgspec

from chronology.model.edtf import Date
from chronology.model.records import Attachment, Command
from chronology.projections.catalogue import Catalogue
from chronology.projections.chain_of_command import may_hold

MAX_DEPTH = 60
"""Longer chains are cut into several trees; new ones are refused, see `ingest.chains`."""
MAX_UNITS = 20_000
"""Subordinates are repeated under each superior of a formation until there are so many units."""


class Tie(msgspec.Struct, frozen=True):
    """An attachment or a command that may hold on the day; `sure` if it certainly does."""

    id: str
    name: str
    since: str | None
    until: str | None
    sure: bool
    source: str
    source_name: str
    at: str
    basis: str | None
    since_as_written: str | None
    until_as_written: str | None


class Unit(msgspec.Struct, frozen=True):
    """A formation on the day: its attachment, commanders and subordinates (`below`, `parts`)."""

    id: str
    name: str
    level: str
    side: str
    tie: Tie | None
    commanders: list[Tie]
    below: list[Unit]
    parts: list[Unit]


class Side(msgspec.Struct, frozen=True):
    """The formations of a side that have no superior on the day.

    `loose` are those below the highest level without subordinates: their superior on that day is
    not recorded. All others are `tops`.
    """

    id: str
    name: str
    number: int
    tops: list[Unit]
    loose: list[Unit]


def on_day(catalogue: Catalogue, day: Date) -> list[Side]:
    """The order of battle on a day, by side, the largest first.

    An attachment holds unless the day is certainly excluded, as for events. The attachment of a
    part appears under its superior, without subordinates.
    """
    chronology = catalogue.chronology
    assert chronology is not None
    trees = _TreeBuilder(catalogue, day, list(chronology.levels))
    members: dict[str, list[str]] = {}
    for name, formation in catalogue.formations.items():
        members.setdefault(formation.side, []).append(name)
    sides = []
    for side, names in members.items():
        roots = trees.roots(name for name in names if name not in trees.attached)
        tops = [unit for unit in roots if unit.below or unit.parts or not trees.rank(unit.level)]
        loose = [unit for unit in roots if unit not in tops]
        sides.append(Side(side, chronology.sides.get(side, side), len(names), tops, loose))
    return sorted(sides, key=lambda side: (-side.number, side.name))


class _TreeBuilder:
    """Builds the trees of one day from the attachments that hold on it."""

    def __init__(self, catalogue: Catalogue, day: Date, levels: list[str]) -> None:
        self.catalogue = catalogue
        self.day = day
        self.levels = levels
        self.attached: set[str] = set()
        self._too_deep: set[str] = set()
        """Formations whose subordinates are to be built in trees of their own."""
        self._expanded: set[str] = set()
        self._built = 0
        self._below: dict[str, list[tuple[str, Attachment]]] = {}
        for name, formation in catalogue.formations.items():
            for tie in formation.attached:
                if tie.to in catalogue.formations and may_hold(tie, day):
                    self._below.setdefault(tie.to, []).append((name, tie))
                    if not tie.part:
                        self.attached.add(name)

    def rank(self, level: str) -> int:
        """The number of a level, 0 for the highest."""
        return self.levels.index(level) if level in self.levels else len(self.levels)

    def sorted(self, names: Iterable[str]) -> list[str]:
        """Formations in order of level, number and name: the 4th before the 46th."""

        def order(name: str) -> tuple[int, list[tuple[int, str]]]:
            formation = self.catalogue.formations[name]
            return self.rank(formation.level), natural_key(formation.name)

        return sorted(names, key=order)

    def roots(self, names: Iterable[str]) -> list[Unit]:
        """The trees of some formations, and those of all that lie too deep in them."""
        units = []
        queue = deque(self.sorted(names))
        while queue:
            units.append(self.build(queue.popleft()))
            queue += self._too_deep - self._expanded
            self._too_deep.clear()
        return units

    def build(self, name: str, tie: Attachment | None = None, above: tuple[str, ...] = ()) -> Unit:
        formation = self.catalogue.formations[name]
        below = [] if name in above or (tie and tie.part) else self._below.get(name, [])
        self._built += 1
        if below and len(above) >= MAX_DEPTH:
            self._too_deep.add(name)
            below = []
        elif self._built > MAX_UNITS and name in self._expanded:
            below = []
        elif below:
            self._expanded.add(name)
        # One tie for each formation: that of the whole before that of a part.
        ties = dict(sorted(below, key=lambda pair: not pair[1].part))
        ordered = [(other, ties[other]) for other in self.sorted(ties)]
        path = (*above, name)
        return Unit(
            name,
            formation.name,
            formation.level,
            formation.side,
            self._tie(tie.to, self.catalogue.formations[tie.to].name, tie) if tie else None,
            [
                self._tie(c.person, self.catalogue.people[c.person].name, c)
                for c in _one_per_person(c for c in formation.commanders if may_hold(c, self.day))
                if c.person in self.catalogue.people
            ],
            [self.build(other, t, path) for other, t in ordered if not t.part],
            [self.build(other, t, path) for other, t in ordered if t.part],
        )

    def _tie(self, other: str, name: str, tie: Attachment | Command) -> Tie:
        sources = self.catalogue.sources
        return Tie(
            other,
            name,
            _text(tie.since),
            _text(tie.until),
            is_sure(tie.since, tie.until, self.day),
            tie.source,
            sources[tie.source].name if tie.source in sources else tie.source,
            tie.at,
            tie.basis,
            tie.from_as_written,
            tie.until_as_written,
        )


def _one_per_person(commands: Iterable[Command]) -> Iterable[Command]:
    """One command of each person, one with a date if there is one."""
    first: dict[str, Command] = {}
    for command in sorted(commands, key=lambda c: c.since is None):
        first.setdefault(command.person, command)
    return first.values()


def is_sure(since: Date | None, until: Date | None, day: Date) -> bool:
    """Whether a tie with these dates certainly held on all the days; unknown ends are unsure."""
    start = since.latest if since else None
    end = until.earliest if until else None
    first, last = day.earliest, day.latest
    if start is None or end is None or first is None or last is None:
        return False
    return start <= first <= last <= end


def natural_key(text: str) -> list[tuple[int, str]]:
    """A sort key that orders the numbers in a text by value."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part.casefold())
        for part in re.split(r"(\d+)", text)
        if part
    ]


def _text(day: Date | None) -> str | None:
    return str(day) if day else None
