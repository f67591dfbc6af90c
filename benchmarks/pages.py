"""Pages of 50 events with all the facets that the chronology's metadata asks for, as HTML.

Stock Datasette serves the same file with the same metadata, without this plugin and with time
limits of a minute, since within its own it leaves facets out. Every request is for an address
that was not asked for before, so that no page kept whole answers it, and filters ask for several
values in turn. A page whose facets or count are missing reaches no floor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count, cycle
from time import perf_counter
from typing import Any, NamedTuple

import httpx
import psutil

from benchmarks import peers, servers
from benchmarks.lines import Floor, Line, Measured
from benchmarks.measuring import GaveUp, Sample, held, in_turns, seconds
from benchmarks.run import Run

PAGE = "/timeline/events"
STOCK = "stock Datasette"
SIZE = 50
"""Rows of a page, as the chronology's metadata says."""
DEEP = 5_000
FEW_HITS, QUICK_MS, SLOW_MS = 50_000, 150.0, 250.0
RUNS = 15
"""Of pages: they take little, and the machine's other work would move a median of few."""
MANY = 1_000_000
"""From so many events on, stock is what a page is held against; below, pages cost themselves."""

# Several of each, asked for in turn. Armies stand in 4 to 1 of a hundred events, fronts in 13 to 5.
ARMIES = tuple(f"armies__arraycontains=Army+{number}" for number in (5, 6, 7, 8))
FRONTS = tuple(f"fronts__arraycontains=Front+{number}" for number in (1, 2, 3))
PAIRS = tuple(f"{front}&kind={kind}" for front in FRONTS for kind in ("capture", "raid"))
WEEKS = tuple(
    f"sort_day__gte=1944-10-{day:02}&sort_day__lte=1944-10-{day + 6:02}" for day in (2, 9, 16, 23)
)
WORDS = tuple(f"_search={word}" for word in ("bridge", "morning", "retreat"))

_numbers = count(1)


def fresh(path: str) -> str:
    """The address with a parameter that means nothing and was never used before."""
    return f"{path}{'&' if '?' in path else '?'}_fresh={next(_numbers)}"


class Found(NamedTuple):
    """What a page says of itself: how many events, and what is missing of its facets."""

    hits: int | None
    faults: str


def look(client: httpx.Client, query: str, table: str = PAGE) -> Found:
    """The JSON of a page, asked for what the page would leave out."""
    extra = "_shape=objects&_size=1&_extra=count,facet_results,facets_timed_out"
    answer = client.get(f"{table}.json?{query}&{extra}")
    if answer.status_code != httpx.codes.OK:
        return Found(None, f"status {answer.status_code}")
    body: dict[str, Any] = answer.json()
    hits = body.get("filtered_table_rows_count", body.get("count"))
    late = body.get("facets_timed_out") or []
    faults = [f"facets timed out: {', '.join(late)}"] if late else []
    if hits is None:
        faults.append("the count timed out")
    return Found(hits, "; ".join(faults))


class Asking:
    """Milliseconds of a page, another one of the paths at each call.

    `faults` says what was missing of one; an answer that is no page is an error.
    """

    def __init__(self, client: httpx.Client, paths: Sequence[str]) -> None:
        self._client = client
        self._paths = cycle(paths)
        self.faults = ""

    def __call__(self) -> float:
        path = fresh(next(self._paths))
        start = perf_counter()
        answer = self._client.get(path)
        took = (perf_counter() - start) * 1000
        answer.raise_for_status()
        if "facets-timed-out" in answer.text:
            self.faults = "facets timed out"
        return took


def of_stock(client: httpx.Client, paths: Sequence[str]) -> Sample:
    """The same of stock Datasette; it gives up if facets take longer than its raised limits."""
    asking = Asking(client, paths)
    # What a new server does once is not measured, here as for ours.
    client.get(f"{PAGE}?_nofacet=1").raise_for_status()

    def sample() -> float:
        try:
            took = asking()
        except httpx.TimeoutException as error:
            limit_ms = servers.ANSWER_LIMIT_S * 1000
            raise GaveUp("stock did not answer", limit_ms) from error
        if asking.faults:
            raise GaveUp("stock left facets out in spite of raised limits", took)
        return took

    return sample


def beside_stock(queries: Sequence[str]) -> Callable[[Run, int], Measured]:
    """A page with all its facets under several filters, here and with stock Datasette."""

    def measure(run: Run, size: int) -> Measured:
        paths = [f"{PAGE}?{query}" for query in queries]
        client = run.ours(size)
        looks = [look(client, query) for query in queries]
        ours, stock = Asking(client, paths), of_stock(run.stock(size), paths)
        found = in_turns(ours, stock, runs=RUNS, peer_runs=2)
        hits = max((one.hits or size) for one in looks)
        found.floor = Floor(
            ratio=30, most=QUICK_MS if hits <= FEW_HITS else SLOW_MS, ratio_from=MANY
        )
        found.failed = next(filter(None, (ours.faults, *(one.faults for one in looks))), "")
        found.note = "; ".join(filter(None, (f"up to {hits:,} hits", found.note)))
        return found

    return measure


def unfiltered(run: Run, size: int) -> Measured:
    client = run.ours(size)
    ours, without = Asking(client, [PAGE]), Asking(client, [f"{PAGE}?_nofacet=1"])
    found = in_turns(ours, without, runs=RUNS, peer_runs=RUNS)
    found.failed = ours.faults or look(client, "").faults
    return found


def dense(run: Run, size: int) -> Measured:
    """Rows and count of the commonest front, beside the same straight from the links."""
    client, query = run.ours(size), f"{FRONTS[0]}&_nofacet=1"
    links = (
        "SELECT event FROM event_links WHERE value ="
        " (SELECT number FROM facet_values WHERE facet = 'fronts' AND value = 'Front 1')"
    )
    with peers.bare(run.timeline(size)) as db:

        def bare() -> float:
            def ask() -> None:
                db.execute(f"SELECT count(*) FROM ({links})").fetchall()
                rows = f"SELECT * FROM events WHERE number IN ({links})"
                db.execute(f"{rows} ORDER BY sort_day, id LIMIT {SIZE + 1}").fetchall()

            return seconds(ask) * 1000

        asking = Asking(client, [f"{PAGE}.json?_shape=objects&{query}"])
        found = in_turns(asking, bare, runs=RUNS, peer_runs=5)
    hits, found.failed = look(client, query)
    found.note = f"{hits:,} hits" if hits else ""
    return found


def deep(sort: str) -> Callable[[Run, int], Measured]:
    """Page 5,000, or the middle of fewer pages, beside page 1 in the same order."""
    descending = "DESC" if sort == "_sort_desc" else "ASC"

    def measure(run: Run, size: int) -> Measured:
        page = min(DEEP, size // SIZE // 2)
        order = f"ORDER BY sort_day {descending}, id LIMIT 2 OFFSET {SIZE * (page - 1) - 1}"
        with peers.bare(run.timeline(size)) as db:
            (day, last), (_, first) = db.execute(f"SELECT sort_day, id FROM events {order}")
        client, query = run.ours(size), f"{sort}=sort_day&_nofacet=1"
        path = f"{PAGE}?{query}&_next={day},{last}"
        there, first_page = Asking(client, [path]), Asking(client, [f"{PAGE}?{query}"])
        found = in_turns(there, first_page, runs=RUNS, peer_runs=RUNS)
        found.note = f"page {page:,}"
        if f'/{first}"' not in client.get(path).text:
            found.failed = f"the page does not begin with {first}"
        return found

    return measure


def memory(run: Run, size: int) -> Measured:
    """What the server holds after pages of every kind, in MB (10^6)."""
    client = run.ours(size)
    for query in ("", *ARMIES, *FRONTS, *WEEKS, *WORDS):
        client.get(fresh(f"{PAGE}?{query}")).raise_for_status()
    return Measured([held(psutil.Process(run.server(size).process_id)) / 1e6])


LINES = (
    Line(
        *("pages-unfiltered", "Page with facets", "ms", unfiltered),
        peer="the same without facets",
        floor=Floor(ratio=1 / 1.5),
    ),
    Line("pages-stock", "Page with facets", "ms", beside_stock([""]), peer=STOCK),
    Line("pages-army", "Page and facets, one army", "ms", beside_stock(ARMIES), peer=STOCK),
    Line("pages-front", "Page and facets, one front", "ms", beside_stock(FRONTS), peer=STOCK),
    Line("pages-two", "Page and facets, front and kind", "ms", beside_stock(PAIRS), peer=STOCK),
    Line("pages-week", "Page and facets, a week", "ms", beside_stock(WEEKS), peer=STOCK),
    Line("pages-search", "Page and facets, a search", "ms", beside_stock(WORDS), peer=STOCK),
    Line(
        *("pages-dense", "Rows and count of the densest front, JSON", "ms", dense),
        peer="bare SQL on the links",
        floor=Floor(most=150),
    ),
    Line(
        *("pages-deep", "A page deep in the list, ascending", "ms", deep("_sort")),
        peer="page 1",
        floor=Floor(ratio=0.5),
    ),
    Line(
        *("pages-deep-down", "A page deep in the list, descending", "ms", deep("_sort_desc")),
        peer="page 1",
        floor=Floor(ratio=0.5),
    ),
    Line("pages-memory", "Memory of the server after such pages", "MB", memory),
)
