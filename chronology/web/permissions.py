"""The tables of a chronology that an actor may see, and those that each page needs.

Datasette decides about each table. A table that repeats others is closed with them: otherwise the
log, the history and the search indexes would show what a closed table contains. A page needs
permission for every table that it shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

from datasette.plugins import pm
from datasette.utils.asgi import Forbidden

from chronology.projections import subject_rows, tables
from chronology.timeline.as_of import TimelineAt
from chronology.web import datasette_compat
from chronology.web.datasette_compat import (
    Actor,
    Datasette,
    Request,
)

try:
    from datasette.permissions import PermissionSQL, _permission_check_cache
except ImportError:  # Datasette 0.65
    PermissionSQL = _permission_check_cache = None

TABLES = (
    *("events", "history", *subject_rows.COLUMNS),
    *("relations", "media_files", "batches", "log"),
)
SEARCHED = ("events", "places", "formations", "people", "tags", "accounts", "claims")
"""The tables whose texts a search of events finds."""
LISTED = (
    *("events", "accounts", "sources", "places", "formations", "people", "tags", "relations"),
)
"""The tables that a list of events in an export format shows."""
NEEDED = {
    "events": (*LISTED, "claims", "attachments"),
    "history": (*LISTED, "claims", "attachments", "history"),
    "sources": ("sources", "events", "accounts", "claims"),
    "places": ("places", "events", "sources"),
    "people": ("people", "events", "sources", "formations", "commanders"),
    "formations": ("formations", "events", "sources", "people", "attachments", "commanders"),
    "tags": ("tags", "events", "sources"),
}
"""The tables that the page of one row shows."""
DISAGREEMENTS = ("events", "accounts", "claims", "sources")
ORDER_OF_BATTLE = ("events", "formations", "attachments", "commanders", "people", "sources")

_NAMED = ("events", "sources", "places", "formations", "people", "tags")
_REPEATED: dict[str, tuple[str, ...]] = {
    "history": ("events",),
    "claims": ("accounts",),
    # The pages of accounts show the titles of their events.
    "accounts": ("claims", "events"),
    "log": tuple(table for table in TABLES if table != "log"),
    **dict.fromkeys(("event_links", "event_values", "event_spans", "facet_values"), _NAMED),
    "former_accounts": ("events", "accounts"),
    "media_files": ("events", "history", "accounts", "places", "people"),
    "relations": ("events",),
    "history_spans": ("events", "history"),
    **{
        f"{table}{part}": (*SEARCHED, "history")
        for table in tables.SEARCHED
        for part in ("", "_config", "_content", "_data", "_docsize", "_idx")
    },
}
_DECIDING = ("permission_allowed", "permission_resources_sql", "get_metadata")
"""The hooks by which plugins decide about tables."""
_MAX_ACTORS = 1_000
REASON = "it repeats a table that is closed"

_Memo = dict[tuple[str, str], frozenset[str]]
_memos: WeakKeyDictionary[Any, tuple[Any, _Memo]] = WeakKeyDictionary()
_is_asking: ContextVar[bool] = ContextVar("is_asking", default=False)
"""Whether this module asks Datasette, whose hooks must then not ask this module."""


async def visible_tables(datasette: Datasette, actor: Actor, database: str) -> frozenset[str]:
    """The tables of a chronology that an actor may see, without those that repeat a closed one."""
    allowed = await _allowed_tables(datasette, actor, database)
    return frozenset(table for table in allowed if allowed.issuperset(_REPEATED.get(table, ())))


async def ensure_visible(
    datasette: Datasette, request: Request, database: str, *needed: str
) -> frozenset[str]:
    """The visible tables; raises `Forbidden` if one of those needed is closed.

    With `_as_of` the history is needed too.
    """
    visible = await visible_tables(datasette, request.actor, database)
    if not visible.issuperset((*needed, *(("history",) if "_as_of" in request.args else ()))):
        raise Forbidden("You do not have permission to view this page")
    return visible


async def ensure_through(datasette: Datasette, request: Request, database: str) -> None:
    """Raises `Forbidden` for a `_through` by a closed table, however its name is written.

    Datasette checks the name as it is written, but SQLite ignores the case of names.
    """
    for text in request.args.getlist("_through"):
        try:
            name = json.loads(text)["table"]
        except (ValueError, LookupError, TypeError, RecursionError):
            continue  # Datasette refuses it.
        if not await datasette_compat.may_view_table(
            datasette, request.actor, database, str(name).lower()
        ):
            raise Forbidden("You do not have permission to filter by this table")


async def may_view_events(datasette: Datasette, request: Request, database: str) -> bool:
    """Whether the actor may see the requested events of a database."""
    try:
        await ensure_visible(datasette, request, database, "events")
    except Forbidden:
        return False
    return True


def filter_tables(parameters: Iterable[str], timeline: TimelineAt) -> frozenset[str]:
    """The tables by which the filters of some parameters select events."""
    chronology = timeline.chronology
    table_of = {
        f"_{dimension.name}": "tags" if dimension.is_free else "formations"
        for dimension in (chronology.layout.dimensions if chronology else ())
    }
    needed = {"events"}
    for parameter in parameters:
        if parameter.startswith("_search") and parameter != "_searchmode":
            needed.update(SEARCHED)
        elif parameter == "_place":
            needed.add("places")
        elif parameter == "_part_of":
            needed.add("relations")
        elif parameter == "_person":
            needed.add("people")
        elif parameter in table_of:
            needed.add(table_of[parameter])
    return frozenset(needed)


async def closed_tables(datasette: Datasette, actor: Actor, database: str) -> list[str]:
    """The tables that are closed because they repeat a closed one."""
    if _is_asking.get():
        return []
    allowed = await _allowed_tables(datasette, actor, database)
    return [table for table, others in _REPEATED.items() if not allowed.issuperset(others)]


async def may_download(datasette: Datasette, actor: Actor, database: str) -> bool:
    """Whether the actor may have the whole file: every table must be open."""
    return len(await visible_tables(datasette, actor, database)) == len(TABLES)


async def _allowed_tables(datasette: Datasette, actor: Actor, database: str) -> frozenset[str]:
    """The tables that Datasette allows, remembered if only its configuration decides."""
    memo = _memo(datasette)
    key = (database, json.dumps(actor, sort_keys=True, default=repr))
    if memo is not None and key in memo:
        return memo[key]
    token = _is_asking.set(True)
    try:
        with _separate_checks():
            allowed = frozenset(
                [
                    table
                    for table in TABLES
                    if await datasette_compat.may_view_table(datasette, actor, database, table)
                ]
            )
    finally:
        _is_asking.reset(token)
    if memo is not None:
        if len(memo) >= _MAX_ACTORS:
            memo.clear()
        memo[key] = allowed
    return allowed


def _memo(datasette: Datasette) -> _Memo | None:
    """What is remembered for the current configuration; None if another plugin decides too."""
    hooks = (getattr(pm.hook, name, None) for name in _DECIDING)
    plugins = (each for hook in hooks if hook is not None for each in hook.get_hookimpls())
    if not _are_known(each.function.__module__ for each in plugins):
        return None
    configuration = _configuration(datasette)
    known = _memos.get(datasette)
    if known is None or known[0] is not configuration:
        known = _memos[datasette] = (configuration, {})
    return known[1]


def _are_known(modules: Iterable[str]) -> bool:
    return all(module.partition(".")[0] in ("datasette", "chronology") for module in modules)


# Datasette 1.0 -----------------------------------------------------------------------------------


@contextmanager
def _separate_checks() -> Iterator[None]:
    """Keeps the checks within out of those that Datasette 1.0 remembers for the request."""
    if _permission_check_cache is None:
        yield
        return
    token = _permission_check_cache.set({})
    try:
        yield
    finally:
        _permission_check_cache.reset(token)


def denied_tables(denied: Mapping[str, Sequence[str]], reason: str) -> Any:
    """A result of the hook of Datasette 1.0 that closes tables; None if there are none."""
    pairs = [(database, table) for database, names in denied.items() for table in names]
    return _denied(pairs, reason)


def denied_databases(denied: Sequence[str], reason: str) -> Any:
    """A result of the hook of Datasette 1.0 that closes databases; None if there are none."""
    return _denied([(database, None) for database in denied], reason)


def _denied(pairs: Sequence[tuple[str, str | None]], reason: str) -> Any:
    if not pairs:
        return None
    rows, params = [], {"chronology_reason": reason}
    for number, (database, table) in enumerate(pairs):
        parent, child = f"chronology_database_{number}", f"chronology_table_{number}"
        params[parent] = database
        if table is not None:
            params[child] = table
        rows.append(
            f"SELECT :{parent} AS parent, {'NULL' if table is None else f':{child}'} AS child,"
            " 0 AS allow, :chronology_reason AS reason"
        )
    return PermissionSQL(sql=" UNION ALL ".join(rows), params=params)


def _configuration(datasette: Any) -> Any:
    """The object with the configuration, which is replaced when it changes."""
    name = "_metadata_local" if PermissionSQL is None else "config"
    return getattr(datasette, name)
