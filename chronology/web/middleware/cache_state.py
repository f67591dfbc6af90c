"""The state of which a cached response is valid: the head of the log, and a fingerprint.

The log only grows and every table follows from it, so its head represents all data of a page. The
fingerprint represents the rest: programs, templates, configuration.
"""

from __future__ import annotations

import json
import sqlite3
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import datasette as installed

from chronology.web.databases import NOT_SHOWN
from chronology.web.datasette_compat import Datasette

PACKAGE = Path(__file__).resolve().parents[2]
_MADE_OF = (".py", ".html")


class State(NamedTuple):
    """The head of the log, and the position that the tables reflect."""

    position: int
    digest: str
    tracked: int
    folded_by: int


_STATE = (
    "SELECT log.position, log.digest, tracking.position, tracking.version"
    " FROM log, tracking ORDER BY log.position DESC LIMIT 1"
)


class LogHeadMonitor:
    """Reads the head of a chronology before and after every response.

    It runs in the event loop, so it never waits for a lock: while a writer commits, the state is
    unknown.
    """

    def __init__(self, datasette: Datasette) -> None:
        self._datasette = datasette
        self._open: dict[str, tuple[Any, sqlite3.Connection]] = {}
        self._known: dict[str, tuple[int, State | None]] = {}

    def only(self) -> str | None:
        """The name of the only served database, None if there are several."""
        names = [name for name in self._datasette.databases if name not in NOT_SHOWN]
        return names[0] if len(names) == 1 else None

    def now(self, name: str) -> State | None:
        """The state of a database, None if it is unknown or the database is not a chronology."""
        database = self._datasette.databases.get(name)
        if database is None or name in NOT_SHOWN:
            return None
        try:
            opened = self._open.get(name)
            if opened is None or opened[0] is not database:
                if opened is not None:
                    opened[1].close()
                opened = self._open[name] = (database, _connect(database))
                self._known.pop(name, None)
            db = opened[1]
            (changes,) = db.execute("PRAGMA data_version").fetchone()
            known = self._known.get(name)
            if known is None or known[0] != changes:
                row = db.execute(_STATE).fetchone()
                known = self._known[name] = (changes, State(*row) if row else None)
        except sqlite3.DatabaseError:
            return None
        return known[1]


def _connect(database: Any) -> sqlite3.Connection:
    db: sqlite3.Connection = database.connect()
    db.execute("PRAGMA busy_timeout = 0")
    return db


def fingerprint(datasette: Datasette) -> str:
    """A digest of programs, templates and configuration, equal in processes that share them."""
    digest = sha256()
    others = (datasette.template_dir, datasette.plugins_dir)
    folders = [PACKAGE, *(Path(folder) for folder in others if folder)]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in _MADE_OF:
                digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    configured = [
        getattr(datasette, name, None)
        for name in ("_metadata_local", "_metadata", "config", "_settings", "cors")
    ]
    programs = [installed.__version__, version("jinja2"), sqlite3.sqlite_version]
    plugins = [(plugin["name"], plugin["version"]) for plugin in datasette._plugins()]
    digest.update(
        json.dumps([configured, programs, plugins], sort_keys=True, default=repr).encode()
    )
    return digest.hexdigest()[:12]
