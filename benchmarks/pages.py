"""Pages of 50 events with all facets of the chronology's metadata, as HTML.

Stock Datasette serves the same file with the same metadata, without this plugin and with time
limits of a minute, because within its own limits it omits facets. Every request has a new address,
so that no response comes from the cache, and a filter takes several values in turn. A page without
its facets or its count reaches no floor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count, cycle
from time import perf_counter
from typing import Any, NamedTuple

import httpx
import psutil

from benchmarks import peers, servers
from benchmarks.benchmark import Benchmark, Floor, Measurement
from benchmarks.measuring import PeerGaveUp, Sample, measure_in_turns, resident_bytes, seconds
from benchmarks.run import Run

PAGE = "/timeline/events"
STOCK = "stock Datasette"
SIZE = 50
"""The rows of a page in the chronology's metadata."""
LATE_PAGE = 5_000
FEW_HITS, FEW_HITS_MS, MANY_HITS_MS = 50_000, 150.0, 250.0
RUNS = 15
"""Pages take little time, and other load of the machine would move the median of a few runs."""
STOCK_RATIO_FROM = 1_000_000
"""The ratio to stock counts from this size on; with fewer events, other work takes most time."""

# Several values of each, used in turn. An army is in 4 to 1 % of the events, a front in 13 to 5 %.
ARMIES = tuple(f"armies__arraycontains=Army+{number}" for number in (5, 6, 7, 8))
FRONTS = tuple(f"fronts__arraycontains=Front+{number}" for number in (1, 2, 3))
PAIRS = tuple(f"{front}&kind={kind}" for front in FRONTS for kind in ("capture", "raid"))
WEEKS = tuple(
    f"sort_day__gte=1944-10-{day:02}&sort_day__lte=1944-10-{day + 6:02}" for day in (2, 9, 16, 23)
)
WORDS = tuple(f"_search={word}" for word in ("bridge", "morning", "retreat"))

_numbers = count(1)


def uncached_path(path: str) -> str:
    """The address with an unused parameter and a new value, so that no cache has the page."""
    return f"{path}{'&' if '?' in path else '?'}_fresh={next(_numbers)}"


class PageCheck(NamedTuple):
    """The number of events on a page, and missing facets or counts."""

    hits: int | None
    faults: str


def check_page(client: httpx.Client, query: str, table: str = PAGE) -> PageCheck:
    """Checks the JSON of a page for omitted facets and counts."""
    extra = "_shape=objects&_size=1&_extra=count,facet_results,facets_timed_out"
    response = client.get(f"{table}.json?{query}&{extra}")
    if response.status_code != httpx.codes.OK:
        return PageCheck(None, f"status {response.status_code}")
    body: dict[str, Any] = response.json()
    hits = body.get("filtered_table_rows_count", body.get("count"))
    timed_out = body.get("facets_timed_out") or []
    faults = [f"facets timed out: {', '.join(timed_out)}"] if timed_out else []
    if hits is None:
        faults.append("the count timed out")
    return PageCheck(hits, "; ".join(faults))


class PageTimer:
    """Returns the milliseconds of a page, with the next of the paths at each call.

    `faults` names missing facets. A response with an error status raises.
    """

    def __init__(self, client: httpx.Client, paths: Sequence[str]) -> None:
        self._client = client
        self._paths = cycle(paths)
        self.faults = ""

    def __call__(self) -> float:
        path = uncached_path(next(self._paths))
        start = perf_counter()
        response = self._client.get(path)
        duration_ms = (perf_counter() - start) * 1000
        response.raise_for_status()
        if "facets-timed-out" in response.text:
            self.faults = "facets timed out"
        return duration_ms


def stock_timer(client: httpx.Client, paths: Sequence[str]) -> Sample:
    """The same for stock Datasette, which gives up if facets exceed its raised limits."""
    timer = PageTimer(client, paths)
    # The first request of a new server is not measured, as for ours.
    client.get(f"{PAGE}?_nofacet=1").raise_for_status()

    def sample() -> float:
        try:
            duration_ms = timer()
        except httpx.TimeoutException as error:
            limit_ms = servers.RESPONSE_LIMIT_S * 1000
            raise PeerGaveUp("stock did not answer", limit_ms) from error
        if timer.faults:
            raise PeerGaveUp("stock omitted facets despite raised limits", duration_ms)
        return duration_ms

    return sample


def against_stock(queries: Sequence[str]) -> Callable[[Run, int], Measurement]:
    """A page with all its facets under several filters, compared with stock Datasette."""

    def measure(run: Run, size: int) -> Measurement:
        paths = [f"{PAGE}?{query}" for query in queries]
        client = run.ours(size)
        checks = [check_page(client, query) for query in queries]
        ours, stock = PageTimer(client, paths), stock_timer(run.stock(size), paths)
        measurement = measure_in_turns(ours, stock, runs=RUNS, peer_runs=2)
        hits = max((check.hits or size) for check in checks)
        measurement.floor = Floor(
            ratio=30,
            most=FEW_HITS_MS if hits <= FEW_HITS else MANY_HITS_MS,
            ratio_from=STOCK_RATIO_FROM,
        )
        faults = (ours.faults, *(check.faults for check in checks))
        measurement.failed = next(filter(None, faults), "")
        measurement.note = "; ".join(filter(None, (f"up to {hits:,} hits", measurement.note)))
        return measurement

    return measure


def without_filter(run: Run, size: int) -> Measurement:
    client = run.ours(size)
    ours, without_facets = PageTimer(client, [PAGE]), PageTimer(client, [f"{PAGE}?_nofacet=1"])
    measurement = measure_in_turns(ours, without_facets, runs=RUNS, peer_runs=RUNS)
    measurement.failed = ours.faults or check_page(client, "").faults
    return measurement


def largest_front(run: Run, size: int) -> Measurement:
    """Rows and count of the most frequent front, compared with direct SQL on the links."""
    client, query = run.ours(size), f"{FRONTS[0]}&_nofacet=1"
    links = (
        "SELECT event FROM event_links WHERE value ="
        " (SELECT number FROM facet_values WHERE facet = 'fronts' AND value = 'Front 1')"
    )
    with peers.plain_sqlite(run.timeline(size)) as db:

        def direct_sql() -> float:
            def query_links() -> None:
                db.execute(f"SELECT count(*) FROM ({links})").fetchall()
                rows = f"SELECT * FROM events WHERE number IN ({links})"
                db.execute(f"{rows} ORDER BY sort_key, id LIMIT {SIZE + 1}").fetchall()

            return seconds(query_links) * 1000

        ours = PageTimer(client, [f"{PAGE}.json?_shape=objects&{query}"])
        measurement = measure_in_turns(ours, direct_sql, runs=RUNS, peer_runs=5)
    hits, measurement.failed = check_page(client, query)
    measurement.note = f"{hits:,} hits" if hits else ""
    return measurement


def late_page(sort: str) -> Callable[[Run, int], Measurement]:
    """Page 5,000, or the middle page if there are fewer, compared with page 1 in the same order."""
    descending = "DESC" if sort == "_sort_desc" else "ASC"

    def measure(run: Run, size: int) -> Measurement:
        page = min(LATE_PAGE, size // SIZE // 2)
        order = f"ORDER BY sort_key {descending}, id LIMIT 2 OFFSET {SIZE * (page - 1) - 1}"
        with peers.plain_sqlite(run.timeline(size)) as db:
            (key, last), (_, first) = db.execute(f"SELECT sort_key, id FROM events {order}")
        client, query = run.ours(size), f"{sort}=sort_key&_nofacet=1"
        path = f"{PAGE}?{query}&_next={key},{last}"
        late, first_page = PageTimer(client, [path]), PageTimer(client, [f"{PAGE}?{query}"])
        measurement = measure_in_turns(late, first_page, runs=RUNS, peer_runs=RUNS)
        measurement.note = f"page {page:,}"
        if f'/{first}"' not in client.get(path).text:
            measurement.failed = f"the page does not begin with {first}"
        return measurement

    return measure


def memory(run: Run, size: int) -> Measurement:
    """The memory of the server after pages of every kind, in MB (10^6)."""
    client = run.ours(size)
    for query in ("", *ARMIES, *FRONTS, *WEEKS, *WORDS):
        client.get(uncached_path(f"{PAGE}?{query}")).raise_for_status()
    return Measurement([resident_bytes(psutil.Process(run.server(size).process_id)) / 1e6])


BENCHMARKS = (
    Benchmark(
        *("pages-unfiltered", "Page with facets", "ms", without_filter),
        peer="the same without facets",
        floor=Floor(ratio=1 / 1.5),
    ),
    Benchmark("pages-stock", "Page with facets", "ms", against_stock([""]), peer=STOCK),
    Benchmark("pages-army", "Page and facets, one army", "ms", against_stock(ARMIES), peer=STOCK),
    Benchmark("pages-front", "Page and facets, one front", "ms", against_stock(FRONTS), peer=STOCK),
    Benchmark(
        "pages-two", "Page and facets, front and kind", "ms", against_stock(PAIRS), peer=STOCK
    ),
    Benchmark("pages-week", "Page and facets, a week", "ms", against_stock(WEEKS), peer=STOCK),
    Benchmark("pages-search", "Page and facets, a search", "ms", against_stock(WORDS), peer=STOCK),
    Benchmark(
        *("pages-dense", "Rows and count of the largest front, JSON", "ms", largest_front),
        peer="direct SQL on the links",
        floor=Floor(most=150),
    ),
    Benchmark(
        *("pages-deep", "A late page of the list, ascending", "ms", late_page("_sort")),
        peer="page 1",
        floor=Floor(ratio=0.5),
    ),
    Benchmark(
        *("pages-deep-down", "A late page of the list, descending", "ms", late_page("_sort_desc")),
        peer="page 1",
        floor=Floor(ratio=0.5),
    ),
    Benchmark("pages-memory", "Memory of the server after such pages", "MB", memory),
)
