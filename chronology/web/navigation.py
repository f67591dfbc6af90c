"""The ways through a chronology that stand at the head of every page."""

from __future__ import annotations

from typing import Any, NamedTuple

from chronology.projections.subjects import TABLES
from chronology.records import Chronology
from chronology.web.addresses import page_address

ORDER_OF_BATTLE = "/-/chronology/order-of-battle"
DISAGREEMENTS = "/-/chronology/disagreements"
OWN_TABLES = frozenset({"events", "history", *TABLES.values()})


class Way(NamedTuple):
    """A page to go to; `current` if it is this one, or what this one belongs to."""

    label: str
    address: str
    current: bool


def ways(datasette: Any, request: Any, database: str, about: Chronology | None) -> list[Way]:
    """The pages of a chronology; those of formations only if it has levels for them."""
    urls = datasette.urls
    tables = [("Sources", "sources"), ("Places", "places")]
    pages = [
        ("Timeline", urls.path("/")),
        ("Events", urls.table(database, "events")),
        ("Disagreements", urls.path(DISAGREEMENTS)),
    ]
    if about and about.ranks:
        pages.append(("Order of battle", urls.path(ORDER_OF_BATTLE)))
        tables.append(("Formations", "formations"))
    pages += [(label, urls.table(database, table)) for label, table in [*tables, _PEOPLE]]
    pages.append(("Changes", urls.table(database, "history")))
    here = _here(datasette, request, database)
    return [Way(label, address, _is_within(here, address)) for label, address in pages]


_PEOPLE = ("People", "people")


def _here(datasette: Any, request: Any, database: str) -> str:
    """The address of a page without its parameters; a past event is an event."""
    path = page_address(datasette, request)
    history = datasette.urls.table(database, "history")
    if "_as_of" in request.args and _is_within(path, history):
        return str(datasette.urls.table(database, "events"))
    return path


def _is_within(path: str, address: str) -> bool:
    return path == address or (not address.endswith("/") and path.startswith(f"{address}/"))
