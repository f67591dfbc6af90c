"""A cache of bounded size that drops the values used least recently."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

import cachetools

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Values by key; drops the least recently used first. Safe to share between threads.

    `limit` counts entries, or the sum of `size(key, value)` if `size` is given. A value larger than
    the limit is not stored. None cannot be stored as a value.
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
        """Whether a key has a value; this does not count as a use."""
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
        """The value of a key, made and stored if missing. Without a key it is made and not stored.

        `make` runs without the lock: two threads can make the same value, and the last one stays.
        """
        if key is None:
            return make()
        value = self.get(key)
        if value is None:
            value = make()
            self.put(key, value)
        return value

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
