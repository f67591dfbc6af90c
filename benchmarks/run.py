"""One run of the benchmarks: what it has open, and the lines measured one after the other."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from inspect import cleandoc
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import httpx

import benchmarks
from benchmarks import files, servers
from benchmarks.lines import NO_EVENTS, Line, Measured, Row, row_of

SMALLEST = 10_000
QUICK, FULL = (SMALLEST, 100_000), (SMALLEST, 100_000, 1_000_000)
QUICK_LIMIT = 200_000
"""Lines that have sizes of their own leave out greater ones in a quick run."""
ORDER = ("ingest", "log", "pages", "past", "exports", "caching", "growth", "home", "dates")
"""How groups follow one another; those not named here come last."""


class Run:
    """What lines share: the servers, which stay open, and where to say what goes on."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._servers: dict[tuple[str, int], tuple[httpx.Client, servers.Server]] = {}

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
        return self._served("ours", size)[0]

    def server(self, size: int) -> servers.Server:
        """The server that it asks."""
        return self._served("ours", size)[1]

    def stock(self, size: int) -> httpx.Client:
        """A client of Datasette without this plugin over the same file."""
        return self._served("stock", size)[0]

    def _served(self, kind: str, size: int) -> tuple[httpx.Client, servers.Server]:
        if (kind, size) not in self._servers:
            folder = (files.timeline if kind == "ours" else files.stock)(size, self.say)
            program = servers.OURS if kind == "ours" else servers.STOCK
            server = self._open.enter_context(servers.serving(folder, program))
            client = self._open.enter_context(servers.client(server.address))
            if kind == "ours":
                # What a new server does once, while it answers, is not measured: reading its sets.
                client.get("/timeline/events?_within=1944-10").raise_for_status()
            self._servers[kind, size] = client, server
        return self._servers[kind, size]


class Group(NamedTuple):
    """The lines of a module, and what its docstring says of them."""

    name: str
    says: str
    lines: tuple[Line, ...]


def groups() -> list[Group]:
    """The groups that there are, in order."""
    names = [found.name for found in pkgutil.iter_modules(benchmarks.__path__)]
    modules = {
        name: importlib.import_module(f"benchmarks.{name}") for name in names if name[0] != "_"
    }
    rank = {name: number for number, name in enumerate(ORDER)}
    found = [
        Group(name, cleandoc(module.__doc__ or ""), module.LINES)
        for name, module in modules.items()
        if hasattr(module, "LINES")
    ]
    return sorted(found, key=lambda group: rank.get(group.name, len(ORDER)))


def chosen(names: Sequence[str]) -> list[Line]:
    """The lines of these groups or names; all without any. Raises LookupError."""
    known = groups()
    lines = {line.name: (line,) for group in known for line in group.lines}
    by_name = {**lines, **{group.name: group.lines for group in known}}
    return [line for name in (names or [group.name for group in known]) for line in by_name[name]]


def plan(lines: Sequence[Line], sizes: Sequence[int] | None, full: bool) -> list[tuple[Line, int]]:
    """Which line is measured at which size; sizes ascend, and given ones replace a line's own."""
    found = []
    for line in lines:
        if sizes and line.sizes != NO_EVENTS:
            wanted = list(sizes)
        elif line.sizes:
            wanted = [size for size in line.sizes if full or size <= QUICK_LIMIT]
        else:
            wanted = list(FULL if full else QUICK)
        if line.largest_only:
            wanted = [size for size in wanted[-1:] if size > SMALLEST]
        found += [(line, size) for size in wanted]
    return found


def measured(lines: Sequence[tuple[Line, int]]) -> Iterator[Row]:
    """The rows of a plan, each as soon as it is measured; a line that fails says why."""
    with Run() as run:
        for number, (line, size) in enumerate(lines, 1):
            of_events = f" with {size:,} events" if size else ""
            run.say(f"[{number}/{len(lines)}] {line.name}{of_events}")
            start = perf_counter()
            try:
                found = line.measure(run, size)
            except Exception as error:
                traceback.print_exc()
                found = Measured([], failed=f"{type(error).__name__}: {error}")
            yield row_of(line, size, found) | {"seconds": round(perf_counter() - start, 1)}
