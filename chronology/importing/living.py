"""Who of a family tree may be living: nobody who died, or was born more than 110 years ago."""

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
        while added := self._derived(long_ago) - long_ago - recent:
            long_ago |= added
        dead = {key for key, node in people.items() if any(map(node.all, _ENDS))}
        self.ids = {*people} - long_ago - dead

    def _years(self, node: Any, *tags: str) -> list[int]:
        years = []
        for tag in tags or {child.tag for child in node.children}:
            for event in node.all(tag):
                if (year := _last_year(event.text("DATE"))) is not None:
                    years.append(year)
        return years

    def _is_recent(self, node: Any) -> bool:
        return any(year >= self.limit for year in self._years(node, "BIRT", "CHR", "BAPM"))

    def _is_old(self, node: Any) -> bool:
        births = self._years(node, "BIRT", "CHR", "BAPM")
        return min(births or self._years(node), default=self.limit) < self.limit

    def _derived(self, long_ago: set[str]) -> set[str]:
        found: set[str] = set()
        for family in self.families.values():
            parents = [n.value for tag in ("HUSB", "WIFE") for n in family.all(tag)]
            children = [n.value for n in family.all("CHIL")]
            if long_ago & {*children} or any(y < self.limit for y in self._years(family, "MARR")):
                found |= {*parents}
            deaths = [y for p in parents if p in self.people
                      for y in self._years(self.people[p], "DEAT")]
            if any(year < self.limit - 1 for year in deaths):
                found |= {*children}
        return found & {*self.people}


def _last_year(text: str) -> int | None:
    if not text:
        return None
    try:
        latest = written_dates.read(text, "eu").text
    except DateError:
        return None
    years = re.findall(r"-?\d{3}[\dX](?=\b|[-~?%])", latest)
    return max(int(year.replace("X", "9")) for year in years) if years else None
