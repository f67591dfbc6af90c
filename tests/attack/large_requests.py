"""One client that sends the costliest requests that the limits allow, and some beyond them.

It has several connections, and sends the next request as soon as the last one is answered.
"""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from chronology.web.limits import Limits
from tests.attack.fuzzed_requests import fault
from tests.attack.report import Budget, Report
from tests.attack.service import service

CONNECTIONS = 4
_MOST = Limits()
_BYTES = _MOST.address_bytes - 200


def _many(form: str, count: int) -> str:
    """As many fields as the limits allow, each filled up so that all have their length."""
    length = _BYTES // count - 1
    fields = [form.format(number=number) for number in range(count)]
    return "&".join(field + "x" * (length - len(field)) for field in fields)


_FILTERS = _many("title__notcontains=z{number}", _MOST.filters - 2)
_FACETS = "&".join(
    f"_facet={column}" for column in ("title", "id", "date", "summary", "basis", "position")
)
_WORDS = "+OR+".join(["a*", "b*", "s*", "t*", "the", "of", "in", "on", "at", "to"])
REQUESTS = {
    "the home page with long filters": f"/?{_FILTERS}",
    "the home page with one long filter": f"/?title__notcontains={'z' * (_BYTES - 100)}",
    "a list with long filters": f"/timeline/events?{_FILTERS}",
    "facets of every value": f"/timeline/events?{_FACETS}&_facet_size=max&{_FILTERS[:6_000]}",
    "facets as JSON": f"/timeline/events.json?{_FACETS}&_facet_size=max&{_FILTERS[:6_000]}",
    "a thousand rows": "/timeline/events?_size=max",
    "a thousand rows of the log": "/timeline/log?_size=max",
    "a thousand accounts": "/timeline/accounts?_size=max",
    "a search of many words": f"/timeline/events?_searchmode=raw&_search={_WORDS}",
    "a search of near words": "/timeline/events?_searchmode=raw&_search=NEAR("
    + "+".join(["the"] * 18)
    + "%2C1000)",
    "a file of a search": f"/timeline/events.csv?_searchmode=raw&_search={_WORDS}",
    "patterns": "/timeline/accounts.json?says__like=" + "%25e" * 1_900,
    "many values": "/timeline/events.json?id__notin=" + ",".join(["a"] * 3_800),
    "a long id": "/timeline/events/" + "-".join(["belgrade"] * 800),
    "data of the map": f"/-/chronology/points.json?{_FILTERS}",
    "disagreements": f"/-/chronology/disagreements?{_FILTERS}",
    "linked data": f"/timeline/events.jsonld?{_FILTERS}",
    "a stream of the log": "/timeline/log.csv?_stream=on",
    "four thousand parameters": "/?" + "&".join(f"k{number}=1" for number in range(4_000)),
    "a thousand words": "/timeline/events.csv?_searchmode=raw&_search="
    + "+OR+".join(["a*"] * 1_000),
    "a path of 55 KB": "/timeline/events/" + "a-" * 27_000,
}


def run(budget: Budget) -> Report:
    """Sends the requests in turn over several connections, while another visitor reads pages."""
    report = Report()
    targets = list(itertools.islice(itertools.cycle(REQUESTS.items()), budget.cases))
    with service() as attacked:
        ends = time.monotonic() + budget.seconds
        with attacked.visited(), ThreadPoolExecutor(CONNECTIONS) as threads:
            client = httpx.Client(base_url=attacked.url, timeout=60, trust_env=False)

            def request(case: tuple[int, tuple[str, str]]) -> str | None:
                number, (name, target) = case
                if time.monotonic() > ends:
                    return None
                report.cases += 1
                # Never the same address, so that the cache does not answer.
                target += f"{'&' if '?' in target else '?'}_={number}"
                response = client.get("/", extensions={"target": target.encode()})
                found = fault(response, target)
                return f"{name}: {found}" if found else None

            report.findings += filter(None, threads.map(request, enumerate(targets)))
            client.close()
        return attacked.judge(report)
