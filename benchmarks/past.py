"""Pages as of the position before the second reading, beside the same pages now."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks import peers
from benchmarks.lines import Floor, Line, Measured
from benchmarks.measuring import in_turns
from benchmarks.pages import FRONTS, PAGE, RUNS, Asking, look
from benchmarks.run import Run


def _as_of(run: Run, size: int) -> str:
    with peers.bare(run.timeline(size)) as db:
        (position,) = db.execute("SELECT last_position FROM batches WHERE id = 'events'").fetchone()
    return f"_as_of={position}"


def then(*queries: str, runs: int = RUNS) -> Callable[[Run, int], Measured]:
    """Pages as of the position, beside those of now."""

    def measure(run: Run, size: int) -> Measured:
        client, as_of = run.ours(size), _as_of(run, size)
        ours = Asking(client, [f"{PAGE}?{as_of}&{query}" for query in queries])
        now = Asking(client, [f"{PAGE}?{query}" for query in queries])
        found = in_turns(ours, now, runs=runs, peer_runs=runs)
        hits, faults = look(client, f"{as_of}&{queries[0]}")
        found.failed = ours.faults or faults
        found.note = f"up to {hits:,} hits" if hits else ""
        return found

    return measure


NOW = "the same page now"
LINES = (
    Line(
        *("past-rows", "As of a position, rows and count", "ms", then("_nofacet=1")),
        peer=NOW,
        floor=Floor(ratio=0.5),
    ),
    Line(
        *("past-facets", "As of a position, with facets", "ms", then("")),
        peer=NOW,
        floor=Floor(most=250),
    ),
    Line(
        *(
            "past-front",
            "As of a position, a front not asked for before",
            "ms",
            then(*FRONTS, runs=len(FRONTS)),
        ),
        peer=NOW,
        floor=Floor(most=250),
    ),
)
