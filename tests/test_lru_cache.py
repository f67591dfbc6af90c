"""The cache of bounded size."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chronology.lru_cache import LruCache

PACKAGE = Path(__file__).resolve().parent.parent / "chronology"
ACTIONS = st.lists(st.tuples(st.sampled_from(["get", "put"]), st.sampled_from("abcde")))


@given(ACTIONS, st.integers(1, 4))
def test_the_most_recently_used_entries_stay(actions: list[tuple[str, str]], limit: int) -> None:
    cache: LruCache[str, str] = LruCache(limit)
    used: list[str] = []  # the keys, the one used last at the end
    for action, key in actions:
        if action == "put":
            cache.put(key, key.upper())
        else:
            assert cache.get(key) == (key.upper() if key in used else None)
        if action == "put" or key in used:
            used = [*(other for other in used if other != key), key][-limit:]
        assert {each for each in "abcde" if each in cache} == set(used)


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.binary(max_size=30))))
def test_the_sizes_stay_within_the_limit(entries: list[tuple[str, bytes]]) -> None:
    cache: LruCache[str, bytes] = LruCache(25, lambda key, value: len(key) + len(value))
    for key, value in entries:
        cache.put(key, value)
        assert cache.get(key) == (value if len(value) < 25 else None)
        values = [kept for each in "abcde" if (kept := cache.get(each)) is not None]
        assert sum(1 + len(kept) for kept in values) <= 25


def test_a_value_is_made_once_for_its_key_and_always_without_a_key() -> None:
    cache: LruCache[str, int] = LruCache(2)
    numbers = iter(range(10))
    assert [cache.get_or_make("a", lambda: next(numbers)) for _ in range(3)] == [0, 0, 0]
    assert [cache.get_or_make(None, lambda: next(numbers)) for _ in range(3)] == [1, 2, 3]
    cache.clear()
    assert len(cache) == 0


def test_other_threads_do_not_wait_while_a_value_is_made() -> None:
    cache: LruCache[str, str] = LruCache(2)
    cache.put("there", "kept")
    started, other_was_read = threading.Event(), threading.Event()

    def make() -> str:
        started.set()
        assert other_was_read.wait(30)
        return "made"

    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(cache.get_or_make, "slow", make)
        assert started.wait(30)
        assert cache.get("there") == "kept"
        other_was_read.set()
        assert made.result(30) == "made"


def test_no_other_module_has_its_own_cache() -> None:
    texts = {path.name: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    for word in ("OrderedDict", "import cachetools"):
        assert {name for name, text in texts.items() if word in text} <= {"lru_cache.py"}
