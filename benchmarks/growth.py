"""How a page grows from 10,000 events on: flat without a filter, else linear at most.

Ours is the page at the greater size, the peer the same page of this service at the smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.lines import Floor, Line, Measured
from benchmarks.measuring import in_turns
from benchmarks.pages import ARMIES, FRONTS, PAGE, RUNS, WEEKS, WORDS, Asking
from benchmarks.run import SMALLEST, Run

FLAT = 1.5
"""What still counts as flat: times as long."""


def grown(queries: Sequence[str], flat: bool = False) -> Callable[[Run, int], Measured]:
    """A page with facets at the greatest size, beside the same at the smallest."""

    def measure(run: Run, size: int) -> Measured:
        paths = [f"{PAGE}?{query}" for query in queries]
        ours, peer = Asking(run.ours(size), paths), Asking(run.ours(SMALLEST), paths)
        found = in_turns(ours, peer, runs=RUNS, peer_runs=RUNS)
        found.floor = Floor(ratio=1 / FLAT if flat else SMALLEST / size)
        found.failed = ours.faults
        found.note = f"{size / SMALLEST:g} times as many events"
        return found

    return measure


def _line(name: str, operation: str, measure: Callable[[Run, int], Measured]) -> Line:
    peer = f"with {SMALLEST:,} events"
    return Line(name, f"Growth: {operation}", "ms", measure, peer=peer, largest_only=True)


LINES = (
    _line("growth-page", "page with facets", grown([""], flat=True)),
    _line("growth-army", "one army", grown(ARMIES)),
    _line("growth-front", "one front", grown(FRONTS)),
    _line("growth-week", "a week", grown(WEEKS)),
    _line("growth-search", "a search", grown(WORDS)),
)
