"""The numbers by which the links from events to facet values are stored."""

from __future__ import annotations

from collections.abc import Iterable


class FacetValueIds:
    """The ids of facet values; a value without an id gets the next one."""

    def __init__(self, ids: dict[tuple[str, str], int]) -> None:
        self.ids = ids
        self._last = max(ids.values(), default=0)

    def of(self, facet: str, values: Iterable[str]) -> tuple[int, ...]:
        """The ids of some values of a facet, each once."""
        return tuple([self._id(facet, value) for value in dict.fromkeys(values)])

    def _id(self, facet: str, value: str) -> int:
        known = self.ids.get((facet, value))
        if known is None:
            self._last = known = self._last + 1
            self.ids[facet, value] = known
        return known
