"""A cache of a function that is bounded by the size of its results, for parts of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

CACHE_BYTES = 16 << 20
_OWN_BYTES = 500
"""The share of a result beside its size, with its key."""
T = TypeVar("T")


class SizedCache(Generic[T]):
    """A function whose results are kept until they are too large together."""

    def __init__(self, make: Callable[..., T], size: Callable[[T], int]) -> None:
        self._make = make
        self._size = size
        self._results: dict[tuple[Any, ...], T] = {}
        self._bytes = 0

    def __call__(self, *key: Any) -> T:
        try:
            return self._results[key]
        except KeyError:
            result = self._make(*key)
        self._bytes += _OWN_BYTES + self._size(result)
        if self._bytes > CACHE_BYTES:
            self._results.clear()
            self._bytes = _OWN_BYTES + self._size(result)
        self._results[key] = result
        return result
