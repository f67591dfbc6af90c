"""Find the chronologies among the databases, and the one that a request is for.

A chronology is recognised by its tables, not by its name. Everything that depends on the name of a
database goes through this module.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from datasette.utils import tilde_decode
from datasette.utils.asgi import BadRequest, Forbidden, NotFound

from chronology import projections
from chronology.index import periods
from chronology.model.edtf import Date
from chronology.projections.catalogue import load_catalogue
from chronology.timeline import table_defaults
from chronology.web import datasette_compat, files, permissions
from chronology.web.datasette_compat import Actor, Datasette, Request, Scope, address_of

PARAMETER = "_db"
"""The parameter that names one of several chronologies."""
HEALTH = "/-/chronology/health.json"
UNREADABLE = "The database of this chronology cannot be read right now; try again soon"
OUTDATED = (
    "The tables of the chronology are of another version of the program;"
    " `chronology ingest` builds them again from the log, which does not change"
)
NOT_SHOWN = frozenset({"_internal", datasette_compat.ACROSS})
_FIRST_WAIT_MS = 1_000
_TABLES = {
    "log": "position record_id stream version type recorded_at batch data digest",
    "tracking": "projection position digest version",
    "events": "id date earliest latest sort_day title kind status accounts disputed version"
    " position recorded_at",
    "history": "id title from_position until_position action because",
}
"""The columns by which a chronology is recognised; it may have more."""


class _Schema:
    """The columns of a chronology's `events`, and whether it has formations and tags.

    `is_outdated` says that another version of the program made the tables. For any other database
    the columns are empty. They are read in the event loop at the start of each request. Only the
    first read may wait for a lock: while a writer commits, the columns stay the same.
    """

    def __init__(self, database: Any) -> None:
        self.columns: tuple[str, ...] = ()
        self.has_formations = self.has_tags = False
        self.is_outdated = False
        self.window: Date | None = None
        self.described: tuple[tuple[str, str], ...] = ()
        self._window_position = 0
        self.configured: tuple[Any, ...] | None = None
        self.defaults: dict[str, dict[str, Any]] = {}
        self._version: int | None = None
        self._db: sqlite3.Connection | None = None
        with suppress(sqlite3.DatabaseError):
            self._db = database.connect()
            self._db.execute(f"PRAGMA busy_timeout = {_FIRST_WAIT_MS}")
            self.refresh()
            self._db.execute("PRAGMA busy_timeout = 0")

    def refresh(self) -> None:
        """Reads the columns again if the schema of the file has changed."""
        if self._db is None:  # the file could not be opened
            return
        with suppress(sqlite3.DatabaseError):
            (version,) = self._db.execute("PRAGMA schema_version").fetchone()
            if version != self._version:
                self.columns = _columns_of_events(self._db)
                self.is_outdated = bool(self.columns) and projections.is_outdated(self._db)
                self._version = version
            if self.columns:
                sql = "SELECT EXISTS (SELECT 1 FROM formations)"
                self.has_formations = bool(self._db.execute(sql).fetchone()[0])
                self._refresh_declared(self._db)
                sql = "SELECT EXISTS (SELECT 1 FROM tags)"
                self.has_tags = bool(self._db.execute(sql).fetchone()[0])

    def _refresh_declared(self, db: sqlite3.Connection) -> None:
        """Reads the window and the declared columns again if the chronology was corrected."""
        sql = (
            "SELECT max(position) FROM log WHERE stream > 'chronology/' AND stream < 'chronology0'"
        )
        (position,) = db.execute(sql).fetchone()
        if position != self._window_position:
            chronology = load_catalogue(db, subjects=("chronology",)).chronology
            self.window = chronology.window if chronology else None
            self.described = table_defaults.declared_columns(chronology) if chronology else ()
            self._window_position = position


_schemas: WeakKeyDictionary[Any, _Schema] = WeakKeyDictionary()


def _columns_of_events(db: sqlite3.Connection) -> tuple[str, ...]:
    for table, expected in _TABLES.items():
        columns = tuple(row[1] for row in db.execute(f"PRAGMA table_info({table})"))
        if not set(expected.split()) <= set(columns):
            return ()
        if table == "events":
            events = columns
    return events


def event_columns(datasette: Datasette, name: str | None) -> tuple[str, ...]:
    """The columns of `events` if a database of this name is served and is a chronology."""
    database = datasette.databases.get(name) if name else None
    if database is None or name in NOT_SHOWN:
        return ()
    schema = _schemas.get(database)
    if schema is None:
        schema = _schemas[database] = _Schema(database)
    return schema.columns


def window(datasette: Datasette, name: str) -> Date:
    """The window of a chronology."""
    found = _schemas[datasette.databases[name]].window
    assert found is not None
    return found


def is_chronology(datasette: Datasette, name: str | None) -> bool:
    """Whether a database of this name is served and has the tables of a chronology."""
    return bool(event_columns(datasette, name))


def names(datasette: Datasette) -> list[str]:
    """The names of the chronologies, in the order in which Datasette lists databases."""
    return [name for name in datasette.databases if is_chronology(datasette, name)]


async def refresh(datasette: Datasette) -> list[str]:
    """Reads the schemas again; the names of chronologies that are new or changed.

    Their tables get their defaults.
    """
    changed = []
    for name, database in datasette.databases.items():
        schema = _current_schema(datasette, name, database)
        columns = event_columns(datasette, name)
        if schema is None or not columns:
            continue
        has_months = schema.window is None or periods.has_months(schema.window)
        traits = (columns, schema.has_formations, has_months, schema.has_tags, schema.described)
        if traits != schema.configured:
            schema.configured = traits
            before, schema.defaults = schema.defaults, table_defaults.tables(*traits)
            await datasette_compat.set_defaults(datasette, name, before, schema.defaults)
            changed.append(name)
    return changed


def _current_schema(datasette: Datasette, name: str, database: Any) -> _Schema | None:
    """The schema of a database, after its file was opened again if it is another."""
    if database not in _schemas:
        event_columns(datasette, name)
        return _schemas.get(database)
    schema = _schemas[database]
    if schema.columns and database.path:
        known = files.of(datasette)
        known.check(datasette, name, database)
        if name in known.unreadable():
            return schema
        if datasette.databases[name] is not database:
            event_columns(datasette, name)
            before, schema = schema, _schemas[datasette.databases[name]]
            schema.defaults = before.defaults
            return schema
    schema.refresh()
    return schema


# The database of a request ---------------------------------------------------------------------


def is_foreign(datasette: Datasette, scope: Scope) -> bool:
    """Whether a request is for a database that is not a chronology."""
    name = address_of(datasette, scope).database
    return name is not None and not is_chronology(datasette, name)


def unavailable(datasette: Datasette, scope: Scope) -> str | None:
    """The reason why a request cannot be answered, if it depends on a file with such a reason."""
    reasons = dict.fromkeys(_outdated(datasette), OUTDATED)
    reasons.update(dict.fromkeys(files.of(datasette).unreadable(), UNREADABLE))
    if not reasons:
        return None
    path, name, _ = address_of(datasette, scope)
    if path == "/" or (path.startswith("/-/chronology/") and path != HEALTH):
        return next(iter(reasons.values()))
    return reasons.get(name or "")


def _outdated(datasette: Datasette) -> list[str]:
    """The chronologies whose tables another version of the program made."""
    schemas = ((name, _schemas.get(database)) for name, database in datasette.databases.items())
    return [name for name, schema in schemas if schema and schema.is_outdated]


def is_readable(datasette: Datasette, name: str) -> bool:
    """Whether the file of a chronology can be read, and its tables are those of this version."""
    return name not in files.of(datasette).unreadable() and name not in _outdated(datasette)


async def in_address(datasette: Datasette, request: Request, *needed: str) -> str:
    """The chronology in the path of a request; raises if it is missing or a table is closed."""
    route = tilde_decode(request.url_vars["database"])
    try:
        name: str = datasette.get_database(route=route).name
    except KeyError:
        raise NotFound(f"There is no database {route!r}") from None
    await permissions.ensure_visible(datasette, request, name, "events", *needed)
    if not is_chronology(datasette, name):
        raise NotFound(f"The database {name!r} is not a chronology")
    return name


# Permissions -----------------------------------------------------------------------------------


async def visible(datasette: Datasette, actor: Actor) -> list[str]:
    """The chronologies that an actor may see."""
    return [
        name
        for name in names(datasette)
        if "events" in await permissions.visible_tables(datasette, actor, name)
    ]


async def may_see_others(datasette: Datasette, actor: Actor) -> bool:
    """Whether an actor may see a database that is not a chronology."""
    others = datasette.databases.keys() - NOT_SHOWN - {*names(datasette)}
    return any(
        [await datasette_compat.may_view_database(datasette, actor, name) for name in others]
    )


async def requested(datasette: Datasette, request: Request, *needed: str) -> str:
    """The chronology that `_db` names, or the only one; raises if there is a choice.

    Raises `Forbidden` if a table that the page needs is closed.
    """
    if not names(datasette):
        raise NotFound("There is no chronology here")
    visible_names = await visible(datasette, request.actor)
    named = request.args.getlist(PARAMETER)
    if not visible_names:
        raise Forbidden("You do not have permission to view this chronology")
    if len(named) > 1:
        raise BadRequest(f"{PARAMETER} was given more than once")
    if not named and len(visible_names) > 1:
        raise BadRequest(
            f"there are several chronologies; add {_choices(visible_names)} to the address"
        )
    name = named[0] if named else visible_names[0]
    if name not in visible_names:
        raise BadRequest(
            f"{PARAMETER}: {name!r} is not a chronology. Chronologies: {', '.join(visible_names)}."
        )
    await permissions.ensure_visible(datasette, request, name, "events", *needed)
    return name


def _choices(choices: list[str]) -> str:
    return " or ".join(urlencode({PARAMETER: name}) for name in choices)


async def parameter(datasette: Datasette, request: Request, name: str) -> dict[str, str]:
    """The parameter that names one of several chronologies; empty if there is only one."""
    if len(names(datasette)) < 2 or len(await visible(datasette, request.actor)) < 2:
        return {}
    return {PARAMETER: name}


async def of_page(datasette: Datasette, request: Request) -> str | None:
    """The chronology whose error page fits a request, None if there is a choice."""
    name = address_of(datasette, request.scope).database
    if name is None:
        visible_names = await visible(datasette, request.actor)
        named = request.args.get(PARAMETER)
        name = (
            named
            if named in visible_names
            else visible_names[0]
            if len(visible_names) == 1
            else None
        )
    if not is_chronology(datasette, name) or name is None:
        return None
    return name if await permissions.may_view_events(datasette, request, name) else None
