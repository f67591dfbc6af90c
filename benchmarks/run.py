"""One run of the benchmarks: its open servers, and the benchmarks measured one after another."""

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
from benchmarks.benchmark import NO_EVENTS, Benchmark, Measurement, Row, result_row

SMALLEST = 10_000
QUICK_SIZES, FULL_SIZES = (SMALLEST, 100_000), (SMALLEST, 100_000, 1_000_000)
QUICK_LIMIT = 200_000
"""The largest size in a quick run for benchmarks that have their own sizes."""
ORDER = (
    "ingest",
    "log",
    "pages",
    "past",
    "exports",
    "caching",
    "growth",
    "windows",
    "home",
    "dates",
)
"""The order of the groups; others come last."""


class Run:
    """The servers that benchmarks share until the end of a run, and its progress output."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._servers: dict[tuple[str, int], tuple[httpx.Client, servers.Server]] = {}

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *unused: object) -> None:
        self._stack.close()

    def report_progress(self, text: str) -> None:
        print(f"  {text}", file=sys.stderr, flush=True)

    def timeline(self, size: int) -> Path:
        """The database with `size` events, which benchmarks must not change."""
        return files.timeline(size, self.report_progress) / "timeline.db"

    def ours(self, size: int) -> httpx.Client:
        """A client of this service with `size` events."""
        return self._start("ours", size)[0]

    def server(self, size: int) -> servers.Server:
        """The server of `ours`."""
        return self._start("ours", size)[1]

    def stock(self, size: int) -> httpx.Client:
        """A client of Datasette without this plugin, with the same file."""
        return self._start("stock", size)[0]

    def _start(self, kind: str, size: int) -> tuple[httpx.Client, servers.Server]:
        if (kind, size) not in self._servers:
            make_folder = files.timeline if kind == "ours" else files.stock
            program = servers.OURS if kind == "ours" else servers.STOCK
            folder = make_folder(size, self.report_progress)
            server = self._stack.enter_context(servers.serving(folder, program))
            client = self._stack.enter_context(servers.client(server.address))
            if kind == "ours":
                # A new server loads its bitmaps in the background: not part of any measurement.
                client.get("/timeline/events?_within=1944-10").raise_for_status()
            self._servers[kind, size] = client, server
        return self._servers[kind, size]


class Group(NamedTuple):
    """The benchmarks of a module, and the module's docstring."""

    name: str
    description: str
    benchmarks: tuple[Benchmark, ...]


def groups() -> list[Group]:
    """All groups in order."""
    names = [info.name for info in pkgutil.iter_modules(benchmarks.__path__)]
    modules = {
        name: importlib.import_module(f"benchmarks.{name}") for name in names if name[0] != "_"
    }
    rank = {name: number for number, name in enumerate(ORDER)}
    unordered = [
        Group(name, cleandoc(module.__doc__ or ""), module.BENCHMARKS)
        for name, module in modules.items()
        if hasattr(module, "BENCHMARKS")
    ]
    return sorted(unordered, key=lambda group: rank.get(group.name, len(ORDER)))


def select(names: Sequence[str]) -> list[Benchmark]:
    """The benchmarks of these groups or names; all if there are no names. Raises LookupError."""
    known = groups()
    by_name: dict[str, tuple[Benchmark, ...]] = {
        benchmark.name: (benchmark,) for group in known for benchmark in group.benchmarks
    }
    by_name |= {group.name: group.benchmarks for group in known}
    names = names or [group.name for group in known]
    return [benchmark for name in names for benchmark in by_name[name]]


def plan(
    selected: Sequence[Benchmark], sizes: Sequence[int] | None, full: bool
) -> list[tuple[Benchmark, int]]:
    """Pairs of a benchmark and a size in ascending order; `sizes` replaces its own sizes."""
    pairs = []
    for benchmark in selected:
        if sizes and benchmark.sizes != NO_EVENTS:
            chosen = list(sizes)
        elif benchmark.sizes:
            chosen = [size for size in benchmark.sizes if full or size <= QUICK_LIMIT]
        else:
            chosen = list(FULL_SIZES if full else QUICK_SIZES)
        if benchmark.largest_only:
            chosen = [size for size in chosen[-1:] if size > SMALLEST]
        pairs += [(benchmark, size) for size in chosen]
    return pairs


def measure_all(pairs: Sequence[tuple[Benchmark, int]]) -> Iterator[Row]:
    """The results of a plan, each as soon as it is measured; a failure is a result as well."""
    with Run() as run:
        for number, (benchmark, size) in enumerate(pairs, 1):
            with_events = f" with {size:,} events" if size else ""
            run.report_progress(f"[{number}/{len(pairs)}] {benchmark.name}{with_events}")
            start = perf_counter()
            try:
                measurement = benchmark.measure(run, size)
            except Exception as error:
                traceback.print_exc()
                measurement = Measurement([], failed=f"{type(error).__name__}: {error}")
            row = result_row(benchmark, size, measurement)
            yield row | {"seconds": round(perf_counter() - start, 1)}
