"""A cache of bounded size that drops the least recently used values."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

import cachetools

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Values by key, of which the least recently used are dropped first; safe between threads.

    The sizes of all entries together are at most `limit`. `size` gives the size of a key with its
    value; without it every entry has size 1. A value larger than the limit is not stored. None
    counts as no value.
    """

    def __init__(self, limit: int, size: Callable[[K, V], int] | None = None) -> None:
        self.limit = limit
        self._size = size or (lambda _key, _value: 1)
        self._entries: cachetools.LRUCache[K, tuple[V, int]] = cachetools.LRUCache(
            limit, getsizeof=lambda entry: entry[1]
        )
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        """Whether a key has a value; the test does not count as a use."""
        with self._lock:
            return key in self._entries

    def get(self, key: K) -> V | None:
        with self._lock:
            entry = self._entries.get(key)
        return entry[0] if entry else None

    def put(self, key: K, value: V) -> None:
        size = self._size(key, value)
        with self._lock:
            self._entries.pop(key, None)
            if size <= self.limit:
                self._entries[key] = (value, size)

    def get_or_make(self, key: K | None, make: Callable[[], V]) -> V:
        """The value of a key; if there is none, `make` makes it. Without a key it is not stored.

        The lock is not held while it is made: two threads may make the same value, and the later
        one is stored.
        """
        if key is None:
            return make()
        value = self.get(key)
        if value is None:
            value = make()
            self.put(key, value)
        return value

    def drop(self, key: K) -> None:
        """Drops the value of a key, if there is one."""
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
