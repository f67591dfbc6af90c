"""Pages as of the position before the second reading, beside the same pages now."""

from __future__ import annotations

from benchmarks import peers
from benchmarks.lines import Floor, Line, Measured
from benchmarks.measuring import in_turns
from benchmarks.pages import FRONTS, PAGE, asking, look
from benchmarks.run import Run


def _as_of(run: Run, size: int) -> str:
    with peers.bare(run.timeline(size)) as db:
        (position,) = db.execute("SELECT last_position FROM batches WHERE id = 'events'").fetchone()
    return f"_as_of={position}"


def rows(run: Run, size: int) -> Measured:
    client, then = run.ours(size), _as_of(run, size)
    ours = asking(client, [f"{PAGE}?{then}&_nofacet=1"])
    found = in_turns(ours, asking(client, [f"{PAGE}?_nofacet=1"]), peer_runs=5)
    found.failed = look(client, f"{then}&_nofacet=1").faults
    return found


def facets(run: Run, size: int) -> Measured:
    client, then = run.ours(size), _as_of(run, size)
    found = in_turns(asking(client, [f"{PAGE}?{then}"]), asking(client, [PAGE]), peer_runs=5)
    found.failed = look(client, then).faults
    return found


def filtered(run: Run, size: int) -> Measured:
    client, then = run.ours(size), _as_of(run, size)
    ours = asking(client, [f"{PAGE}?{then}&{query}" for query in FRONTS])
    peer = asking(client, [f"{PAGE}?{query}" for query in FRONTS])
    found = in_turns(ours, peer, peer_runs=5)
    hits, found.failed = look(client, f"{then}&{FRONTS[0]}")
    found.note = f"up to {hits:,} hits" if hits else ""
    return found


NOW = "the same page now"
LINES = (
    Line(
        *("past-rows", "As of a position, rows and count", "ms", rows),
        peer=NOW,
        floor=Floor(ratio=0.5),
    ),
    Line(
        *("past-facets", "As of a position, with facets", "ms", facets),
        peer=NOW,
        floor=Floor(most=250),
    ),
    Line(
        *("past-front", "As of a position, one front and facets", "ms", filtered),
        peer=NOW,
        floor=Floor(most=250),
    ),
)
