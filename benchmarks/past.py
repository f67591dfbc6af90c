"""Pages as of the position before the second reading, compared with the same pages now."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks import peers
from benchmarks.benchmark import Benchmark, Floor, Measurement
from benchmarks.measuring import measure_in_turns
from benchmarks.pages import FRONTS, PAGE, RUNS, PageTimer, check_page
from benchmarks.run import Run


def _as_of(run: Run, size: int) -> str:
    with peers.plain_sqlite(run.timeline(size)) as db:
        (position,) = db.execute("SELECT last_position FROM batches WHERE id = 'events'").fetchone()
    return f"_as_of={position}"


def past_pages(*queries: str, runs: int = RUNS) -> Callable[[Run, int], Measurement]:
    """Pages as of the position, compared with the present ones."""

    def measure(run: Run, size: int) -> Measurement:
        client, as_of = run.ours(size), _as_of(run, size)
        past = PageTimer(client, [f"{PAGE}?{as_of}&{query}" for query in queries])
        now = PageTimer(client, [f"{PAGE}?{query}" for query in queries])
        measurement = measure_in_turns(past, now, runs=runs, peer_runs=runs)
        hits, faults = check_page(client, f"{as_of}&{queries[0]}")
        measurement.failed = past.faults or faults
        measurement.note = f"up to {hits:,} hits" if hits else ""
        return measurement

    return measure


NOW = "the same page now"
BENCHMARKS = (
    Benchmark(
        *("past-rows", "As of a position, rows and count", "ms", past_pages("_nofacet=1")),
        peer=NOW,
        floor=Floor(ratio=0.5),
    ),
    Benchmark(
        *("past-facets", "As of a position, with facets", "ms", past_pages("")),
        peer=NOW,
        floor=Floor(most=250),
    ),
    Benchmark(
        *(
            "past-front",
            "As of a position, a front for the first time",
            "ms",
            past_pages(*FRONTS, runs=len(FRONTS)),
        ),
        peer=NOW,
        floor=Floor(most=250),
    ),
)
