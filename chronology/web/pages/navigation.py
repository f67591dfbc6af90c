"""The navigation links at the head of every page."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from chronology.model.records import Chronology
from chronology.web import databases
from chronology.web.datasette_compat import Datasette, Request, local_path
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
) -> list[Way]:
    """The pages of a chronology; those of formations only if it has levels for them.

    `parameter` names this chronology in the addresses of pages not backed by a table.
    """
    urls = datasette.urls
    query = f"?{urlencode(parameter)}" if parameter else ""
    tables = [("Sources", "sources"), ("Places", "places")]
    own = [("Disagreements", DISAGREEMENTS)]
    if chronology and chronology.ranks:
        own.append(("Order of battle", ORDER_OF_BATTLE))
        tables.append(("Formations", "formations"))
    pages = [
        ("Events", urls.table(database, "events")),
        *((label, urls.path(path) + query) for label, path in own),
        *((label, urls.table(database, table)) for label, table in [*tables, ("People", "people")]),
        ("Changes", urls.table(database, "history")),
    ]
    here = _here(datasette, request, database)
    timeline = Way("Timeline", home(datasette, database, parameter), here == "")
    links = [timeline, *(Way(label, url, _is_within(here, url)) for label, url in pages)]
    return [Way("Chronologies", urls.path("/"), False), *links] if parameter else links


def _here(datasette: Datasette, request: Request, database: str) -> str:
    """The address of a page as links have it, empty for the home page."""
    path = local_path(request.scope)
    name, rest = databases.in_path(datasette, path)
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
