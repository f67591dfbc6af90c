"""The people in a family tree who may be living: neither dead nor born over 110 years ago."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from chronology.model import written_dates
from chronology.model.errors import DateError

LONGEST_LIFE = 110
_ENDS = ("DEAT", "BURI", "CREM", "PROB")


class PeopleAlive:
    """The people without a death whose birth is recent, or of whom nothing shows that it is not.

    A birth is long ago if that of a child is, or if a marriage or the death of a parent is.
    """

    def __init__(
        self, people: Mapping[str, Any], families: Mapping[str, Any], today: date | None = None
    ) -> None:
        self.limit = (today or date.today()).year - LONGEST_LIFE
        self.people = people
        self.families = families
        long_ago = {key for key, node in people.items() if self._is_old(node)}
        recent = {key for key, node in people.items() if self._is_recent(node)}
        long_ago |= self._old_relatives() - recent
        while added := self._parents(long_ago) - long_ago - recent:
            long_ago |= added
        dead = {key for key, node in people.items() if any(map(node.all, _ENDS))}
        self.ids = {*people} - long_ago - dead

    def _years(self, node: Any, *tags: str) -> list[int]:
        return [
            year
            for event in node.children
            if not tags or event.tag in tags
            for year in _last_years(event.text("DATE"))
        ]

    def _is_recent(self, node: Any) -> bool:
        return any(year >= self.limit for year in self._years(node, "BIRT", "CHR", "BAPM"))

    def _is_old(self, node: Any) -> bool:
        births = self._years(node, "BIRT", "CHR", "BAPM")
        return min(births or self._years(node), default=self.limit) < self.limit

    def _members(self, family: Any, *tags: str) -> set[str]:
        values = (node.value for node in family.children if node.tag in tags)
        return {value for value in values if value in self.people}

    def _old_relatives(self) -> set[str]:
        """The people whose marriage, or the death of whose parent, was long ago."""
        found: set[str] = set()
        for family in self.families.values():
            parents = self._members(family, "HUSB", "WIFE")
            if any(year < self.limit for year in self._years(family, "MARR")):
                found |= parents
            deaths = (y for p in parents for y in self._years(self.people[p], "DEAT"))
            if any(year < self.limit - 1 for year in deaths):
                found |= self._members(family, "CHIL")
        return found

    def _parents(self, children: set[str]) -> set[str]:
        found: set[str] = set()
        for family in self.families.values():
            if children & self._members(family, "CHIL"):
                found |= self._members(family, "HUSB", "WIFE")
        return found


def _last_years(text: str) -> list[int]:
    """The last year of a date, if it has one."""
    if not text:
        return []
    try:
        latest = written_dates.read(text, "eu").text
    except DateError:
        return []
    years = re.findall(r"-?\d{3}[\dX](?![\dX])", latest)
    return [max(int(year.replace("X", "9")) for year in years)] if years else []
