"""One run of the benchmarks: what it has open, and the lines measured one after the other."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

import httpx

import benchmarks
from benchmarks import files, servers
from benchmarks.lines import Line, Measured, Row, row_of

QUICK, FULL = (10_000, 100_000), (10_000, 100_000, 1_000_000)
QUICK_LIMIT = 200_000
"""Lines that have sizes of their own leave out greater ones in a quick run."""
ORDER = ("ingest", "log", "pages", "past", "exports", "caching", "growth", "home", "dates")
"""How groups follow one another; those not named here come last."""


class Run:
    """What lines share: the sizes of this run, servers that stay open, and where to say things."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = sorted(sizes)
        self._open = ExitStack()
        self._clients: dict[tuple[str, int], httpx.Client] = {}

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *unused: object) -> None:
        self._open.close()

    def say(self, text: str) -> None:
        """A line of progress."""
        print(f"  {text}", file=sys.stderr, flush=True)

    def timeline(self, size: int) -> Path:
        """The database of so many events, which nobody may change."""
        return files.timeline(size, self.say) / "timeline.db"

    def ours(self, size: int) -> httpx.Client:
        """A client of this service over so many events."""
        return self._client("ours", size)

    def stock(self, size: int) -> httpx.Client:
        """A client of Datasette without this plugin over the same file."""
        return self._client("stock", size)

    def _client(self, kind: str, size: int) -> httpx.Client:
        if (kind, size) not in self._clients:
            folder = (files.timeline if kind == "ours" else files.stock)(size, self.say)
            program = servers.OURS if kind == "ours" else servers.STOCK
            address = self._open.enter_context(servers.serving(folder, program))
            client = self._open.enter_context(servers.client(address))
            self._clients[kind, size] = client
        return self._clients[kind, size]


def groups() -> dict[str, tuple[Line, ...]]:
    """The lines of each module here that has some, in order."""
    names = [found.name for found in pkgutil.iter_modules(benchmarks.__path__)]
    modules = [importlib.import_module(f"benchmarks.{name}") for name in names if name[0] != "_"]
    found = {m.__name__.split(".")[1]: m.LINES for m in modules if hasattr(m, "LINES")}
    rank = {name: number for number, name in enumerate(ORDER)}
    return dict(sorted(found.items(), key=lambda pair: rank.get(pair[0], len(ORDER))))


def chosen(names: Sequence[str]) -> list[Line]:
    """The lines of these groups or names; all without any. Raises LookupError."""
    known = groups()
    every = {line.name: (line,) for lines in known.values() for line in lines}
    if not names:
        return [line for lines in known.values() for line in lines]
    return [line for name in names for line in (known.get(name) or every[name])]


def plan(lines: Sequence[Line], sizes: Sequence[int] | None, full: bool) -> list[tuple[Line, int]]:
    """Which line is measured at which size."""
    usual = list(sizes or (FULL if full else QUICK))
    found = []
    for line in lines:
        own = [size for size in line.sizes if full or size <= QUICK_LIMIT]
        wanted = sizes or own or ([] if line.sizes else usual)
        found += [(line, size) for size in ([max(wanted)] if line.largest_only else wanted)]
    return found


def measured(lines: Sequence[tuple[Line, int]]) -> Iterator[Row]:
    """The rows of a plan, each as soon as it is measured; a line that fails says why."""
    with Run([size for _, size in lines]) as run:
        for number, (line, size) in enumerate(lines, 1):
            run.say(f"[{number}/{len(lines)}] {line.name} at {size:,}")
            start = perf_counter()
            try:
                found = line.measure(run, size)
            except Exception as error:
                traceback.print_exc()
                found = Measured([], failed=f"{type(error).__name__}: {error}")
            yield row_of(line, size, found) | {"seconds": round(perf_counter() - start, 1)}
