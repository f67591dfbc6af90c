"""Requests from the catalogue of own addresses, and from a grammar of Datasette's parameters.

Half of them combine each own address with its parameters and with hostile values; the other half
are malformed ones of any form. No response may be a 5xx, except a 503 with `Retry-After`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from urllib.parse import quote_plus

import httpx

from scripts.api_catalogue import ADDRESSES, PARAMETERS, Address
from tests.attack.report import Budget, Report
from tests.attack.service import service

THREADS = 4
_EXAMPLES = {parameter.name: parameter.example for parameter in PARAMETERS}
_IDS = {"events": "schneckenburger-killed", "sources": "savich", "places": "belgrade"}


def run(budget: Budget) -> Report:
    """Sends the requests of the budget while another visitor reads pages."""
    report = Report()
    with service() as attacked:
        ends = time.monotonic() + budget.seconds
        with (
            attacked.visited(),
            httpx.Client(base_url=attacked.url, timeout=60, trust_env=False) as client,
            ThreadPoolExecutor(THREADS) as threads,
        ):

            def request(target: str) -> str | None:
                if time.monotonic() > ends:
                    return None
                report.cases += 1
                return fault(client.get("/", extensions={"target": target.encode()}), target)

            report.findings += filter(None, threads.map(request, targets(budget)))
        return attacked.judge(report)


def fault(response: httpx.Response, target: str) -> str | None:
    """The finding that a response is, if it is one."""
    status = response.status_code
    if status < 500 or (status == 503 and "retry-after" in response.headers):
        return None
    return f"{status} {target[:300]}"


def targets(budget: Budget) -> Iterator[str]:
    """The request targets, the same ones for the same budget."""
    import mischief

    chance = budget.random()
    malformed = iter(mischief.addresses(max(budget.cases // 2, 200), budget.seed))
    for number in range(budget.cases):
        yield next(malformed, "/") if number % 2 else _from_catalogue(chance, mischief.VALUES)


def _from_catalogue(chance: Random, values: tuple[str, ...]) -> str:
    address = chance.choice(ADDRESSES)
    known = [*address.parameters, "title__contains", "id__in", "earliest__gte", "kind"]
    fields = []
    for _ in range(chance.choice((0, 1, 2, 4, 8, 30, 120))):
        name = chance.choice(known if chance.random() < 0.9 else list(_EXAMPLES))
        is_sound = chance.random() < 0.6 and name in _EXAMPLES
        value = _EXAMPLES[name] if is_sound else chance.choice(values)
        fields.append(f"{name}={quote_plus(value)}")
    return f"{_path(address, chance)}?{'&'.join(fields)}"


def _path(address: Address, chance: Random) -> str:
    path = address.path.replace("NAME", "timeline")
    row = next((row for table, row in _IDS.items() if f"/{table}/" in path), "tito")
    return path.replace("ID", row if chance.random() < 0.7 else "no-such-" + "x" * 50)
