"""The navigation links at the head of every page."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from chronology.model.vocabulary import Chronology
from chronology.web import permissions
from chronology.web.datasette_compat import Datasette, Request, address_of
from chronology.web.routing import TABLES

ORDER_OF_BATTLE = "/-/chronology/order-of-battle"
DISAGREEMENTS = "/-/chronology/disagreements"


class Way(NamedTuple):
    """A link to a page; `current` for the page itself and its section."""

    label: str
    address: str
    current: bool


def home(datasette: Datasette, database: str, parameter: dict[str, str]) -> str:
    """The address of a chronology's home: `/`, or its own where there are several."""
    address: str = datasette.urls.database(database) if parameter else datasette.urls.path("/")
    return address


def ways(
    datasette: Datasette,
    request: Request,
    database: str,
    chronology: Chronology | None,
    parameter: dict[str, str],
    visible: frozenset[str],
) -> list[Way]:
    """The visible pages of a chronology; those of formations only if it has levels for them.

    `parameter` names this chronology in the addresses of pages not backed by a table.
    """
    urls = datasette.urls
    query = f"?{urlencode(parameter)}" if parameter else ""
    tables = ["sources", "places", "people"]
    own: list[tuple[str, str, tuple[str, ...]]] = [
        ("Disagreements", DISAGREEMENTS, permissions.DISAGREEMENTS)
    ]
    if chronology and chronology.ranks:
        own.append(("Order of battle", ORDER_OF_BATTLE, permissions.ORDER_OF_BATTLE))
        tables.insert(2, "formations")
    if chronology and chronology.free_dimensions:
        tables.append("tags")
    pages = [
        ("Events", urls.table(database, "events"), ("events",)),
        *((label, urls.path(path) + query, needed) for label, path, needed in own),
        *((table.capitalize(), urls.table(database, table), (table,)) for table in tables),
        ("Changes", urls.table(database, "history"), ("history",)),
    ]
    here = _here(datasette, request, database)
    timeline = Way("Timeline", home(datasette, database, parameter), here == "")
    links = [
        timeline,
        *(
            Way(label, url, _is_within(here, url))
            for label, url, needed in pages
            if visible.issuperset(needed)
        ),
    ]
    return [Way("Chronologies", urls.path("/"), False), *links] if parameter else links


def _here(datasette: Datasette, request: Request, database: str) -> str:
    """The address of a page as links have it, empty for the home page."""
    path, name, rest = address_of(datasette, request.scope)
    if path == "/" or (name and not rest and TABLES not in request.args):
        return ""
    here: str = datasette.urls.database(name) + rest if name else datasette.urls.path(path)
    history = datasette.urls.table(database, "history")
    if "_as_of" in request.args and _is_within(here, history):
        return str(datasette.urls.table(database, "events"))
    return here


def _is_within(here: str, address: str) -> bool:
    path = address.partition("?")[0]
    return here == path or here.startswith(f"{path}/")
