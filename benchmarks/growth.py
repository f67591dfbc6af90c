"""How a page slows down from 10,000 events on: not at all without a filter, else at most linearly.

Ours is the page at the larger size, and the peer is the same page of this service at the smaller
size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.benchmark import Benchmark, Floor, Measurement
from benchmarks.measuring import measure_in_turns
from benchmarks.pages import ARMIES, FRONTS, PAGE, RUNS, WEEKS, WORDS, PageTimer
from benchmarks.run import SMALLEST, Run

FLAT = 1.5
"""A page that takes up to this many times as long still counts as not slower."""


def growth(queries: Sequence[str], is_flat: bool = False) -> Callable[[Run, int], Measurement]:
    """A page with facets at the largest size, compared with the smallest."""

    def measure(run: Run, size: int) -> Measurement:
        paths = [f"{PAGE}?{query}" for query in queries]
        ours, peer = PageTimer(run.ours(size), paths), PageTimer(run.ours(SMALLEST), paths)
        measurement = measure_in_turns(ours, peer, runs=RUNS, peer_runs=RUNS)
        measurement.floor = Floor(ratio=1 / FLAT if is_flat else SMALLEST / size)
        measurement.failed = ours.faults
        measurement.note = f"{size / SMALLEST:g} times as many events"
        return measurement

    return measure


def _benchmark(name: str, operation: str, measure: Callable[[Run, int], Measurement]) -> Benchmark:
    peer = f"with {SMALLEST:,} events"
    return Benchmark(name, f"Growth: {operation}", "ms", measure, peer=peer, largest_only=True)


BENCHMARKS = (
    _benchmark("growth-page", "page with facets", growth([""], is_flat=True)),
    _benchmark("growth-army", "one army", growth(ARMIES)),
    _benchmark("growth-front", "one front", growth(FRONTS)),
    _benchmark("growth-week", "a week", growth(WEEKS)),
    _benchmark("growth-search", "a search", growth(WORDS)),
)
