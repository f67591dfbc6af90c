"""Subjects by name, without regard to case and diacritics: those of the log, and new ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from chronology.importing.slugs import slug
from chronology.model.date_words import fold
from chronology.projections.catalogue import Catalogue, Members

_SIMILAR = 0.85
_DIGITS = re.compile(r"\d+")
_MAX_COMPARED = 300
"""A new name is compared with so many others that begin like it."""


@lru_cache(maxsize=1 << 14)
def folded(name: str) -> str:
    """The form of a name by which names are compared."""
    return " ".join(fold(name).split())


class Names:
    """The subjects of one kind, such as `place`, by all their names and their ids."""

    def __init__(
        self, subject: str, members: Members[Any], taken: Taken, dimension: str | None = None
    ) -> None:
        self.subject = subject
        self._taken = taken
        self.dimension = dimension
        self.members = members
        self.new: dict[str, dict[str, Any]] = {}
        self._ids: dict[str, str] = {}
        self._by_start: dict[str, list[str]] = {}
        self.near: list[tuple[str, str, str]] = []
        for key, fields in members.items():
            if dimension is not None and fields.dimension != dimension:
                continue
            for name in (fields.name, *(other.name for other in fields.names)):
                self._put(name, key)
        for key, fields in members.items():
            if dimension is None or fields.dimension == dimension:
                self._ids.setdefault(key, key)

    def _put(self, name: str, key: str) -> None:
        form = folded(name)
        if form not in self._ids:
            self._ids[form] = key
            self._by_start.setdefault(form[:2], []).append(form)

    def find(self, name: str) -> str | None:
        """The id of a subject with this name or id."""
        return self._ids.get(folded(name))

    def get(self, name: str, fields: Mapping[str, Any] | None = None) -> str:
        """The id of the subject with a name, which is new if there is none."""
        name = " ".join(name.split())
        form = folded(name)
        if form in self._ids:
            return self._ids[form]
        self._note_near(name, form)
        key = self._free_id(name)
        self.new[key] = {"name": name, **(fields or {})}
        self._put(name, key)
        return key

    def _free_id(self, name: str) -> str:
        base = key = slug(name, self.subject)
        if self.dimension and base in self._taken:
            base = key = f"{slug(self.dimension)}-{base}"[:70].strip("-")
        number = 1
        while key in self._taken:
            number += 1
            key = f"{base}-{number}"
        self._taken.add(key)
        return key

    def _note_near(self, name: str, form: str) -> None:
        others = self._by_start.get(form[:2], [])[:_MAX_COMPARED]
        for near in get_close_matches(form, others, 1, _SIMILAR):
            if _DIGITS.findall(form) == _DIGITS.findall(near):
                self.near.append((self.subject, name, self._ids[near]))


class Taken(set[str]):
    """Ids of a subject that are taken: those of this import, and those ever used in the log."""

    def __init__(self, subject: str, is_used: Callable[[str], bool]) -> None:
        super().__init__()
        self.subject = subject
        self.is_used = is_used

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or self.is_used(f"{self.subject}/{key}")


class Registry:
    """The names of all subjects of the catalogue. `is_used` says whether the log has a stream."""

    def __init__(self, catalogue: Catalogue, is_used: Callable[[str], bool]) -> None:
        self.catalogue = catalogue
        self.sources = Names("source", catalogue.sources, Taken("source", is_used))
        self.places = Names("place", catalogue.places, Taken("place", is_used))
        self.people = Names("person", catalogue.people, Taken("person", is_used))
        self.formations = Names("formation", catalogue.formations, Taken("formation", is_used))
        self._tags: dict[str, Names] = {}
        self._tags_taken = Taken("tag", is_used)

    def tags(self, dimension: str) -> Names:
        """The tags of a dimension."""
        if dimension not in self._tags:
            names = Names("tag", self.catalogue.tags, self._tags_taken, dimension)
            self._tags[dimension] = names
        return self._tags[dimension]

    def all(self) -> Iterator[Names]:
        yield from (self.sources, self.places, self.people, self.formations, *self._tags.values())
