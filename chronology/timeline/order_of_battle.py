"""The order of battle on one day: all formations as trees, side by side, as the log has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import msgspec

from chronology.model.edtf import Date
from chronology.model.records import Attachment, Command
from chronology.projections.catalogue import Catalogue
from chronology.projections.order_of_battle import holds


class Tie(msgspec.Struct, frozen=True):
    """An attachment or a command as it stands on the day."""

    id: str
    name: str
    since: str | None
    until: str | None
    sure: bool
    source: str
    source_name: str
    at: str
    basis: str | None


class Unit(msgspec.Struct, frozen=True):
    """A formation on the day: how it is attached, who commands it, and what is under it."""

    id: str
    name: str
    level: str
    side: str
    tie: Tie | None
    commanders: list[Tie]
    below: list[Unit]
    parts: list[Unit]


class Side(msgspec.Struct, frozen=True):
    """The formations of a side that are under no other: `tops` and those that look misplaced.

    `loose` are below the highest level with nothing under them: who their superior was is not
    recorded for that day.
    """

    id: str
    name: str
    number: int
    tops: list[Unit]
    loose: list[Unit]


def on_day(catalogue: Catalogue, day: Date) -> list[Side]:
    """The order of battle on a day, by side, those of most formations first.

    Attachments hold as they do for events: unless the day is certainly excluded. One of a part
    is shown under its superior and followed no further.
    """
    about = catalogue.chronology
    assert about is not None
    drawn = _Drawn(catalogue, day, list(about.levels))
    members: dict[str, list[str]] = {}
    for name, formation in catalogue.formations.items():
        members.setdefault(formation.side, []).append(name)
    found = []
    for side, names in members.items():
        roots = [drawn.unit(name) for name in drawn.sorted(names) if name not in drawn.held]
        tops = [unit for unit in roots if unit.below or unit.parts or not drawn.rank(unit.level)]
        loose = [unit for unit in roots if unit not in tops]
        found.append(Side(side, about.sides.get(side, side), len(names), tops, loose))
    return sorted(found, key=lambda side: (-side.number, side.name))


class _Drawn:
    """The trees of one day, drawn from the attachments that hold on it."""

    def __init__(self, catalogue: Catalogue, day: Date, levels: list[str]) -> None:
        self.catalogue = catalogue
        self.day = day
        self.levels = levels
        self.held: set[str] = set()
        self._below: dict[str, list[tuple[str, Attachment]]] = {}
        for name, formation in catalogue.formations.items():
            for tie in formation.attached:
                if tie.to in catalogue.formations and holds(tie, day):
                    self._below.setdefault(tie.to, []).append((name, tie))
                    if not tie.part:
                        self.held.add(name)

    def rank(self, level: str) -> int:
        """0 for the highest level."""
        return self.levels.index(level) if level in self.levels else len(self.levels)

    def sorted(self, names: Iterable[str]) -> list[str]:
        """Highest level first, then by number and name: the 4th before the 46th."""

        def order(name: str) -> tuple[int, list[tuple[int, str]]]:
            found = self.catalogue.formations[name]
            return self.rank(found.level), natural(found.name)

        return sorted(names, key=order)

    def unit(self, name: str, tie: Attachment | None = None, above: tuple[str, ...] = ()) -> Unit:
        formation = self.catalogue.formations[name]
        found = [] if name in above or (tie and tie.part) else self._below.get(name, [])
        # One tie for each formation: of the whole rather than of a part.
        ties = dict(sorted(found, key=lambda pair: not pair[1].part))
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
                for c in _first_of_each(c for c in formation.commanders if holds(c, self.day))
                if c.person in self.catalogue.people
            ],
            [self.unit(other, t, path) for other, t in ordered if not t.part],
            [self.unit(other, t, path) for other, t in ordered if t.part],
        )

    def _tie(self, other: str, name: str, tie: Attachment | Command) -> Tie:
        source = self.catalogue.sources
        return Tie(
            other,
            name,
            _text(tie.since),
            _text(tie.until),
            is_sure(tie.since, tie.until, self.day),
            tie.source,
            source[tie.source].name if tie.source in source else tie.source,
            tie.at,
            tie.basis,
        )


def _first_of_each(commands: Iterable[Command]) -> Iterable[Command]:
    """One of several commands of the same person, dated if one is."""
    seen: dict[str, Command] = {}
    for command in sorted(commands, key=lambda c: c.since is None):
        seen.setdefault(command.person, command)
    return seen.values()


def is_sure(since: Date | None, until: Date | None, day: Date) -> bool:
    """Whether what began and ended then certainly held on all of the days."""
    start = since.latest if since else None
    end = until.earliest if until else None
    first, last = day.earliest, day.latest
    return None not in (start, end, first, last) and _ordered(start, first, last, end)


def _ordered(*days: date | None) -> bool:
    known = [day for day in days if day is not None]
    return known == sorted(known)


def natural(text: str) -> list[tuple[int, str]]:
    """A key that sorts numbers in a text by their value."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part.casefold())
        for part in re.split(r"(\d+)", text)
        if part
    ]


def _text(day: Date | None) -> str | None:
    return str(day) if day else None
