"""Additions, corrections and retractions by batch: the page of changes and its Atom feed."""

from __future__ import annotations

import sqlite3
from typing import Any

from datasette.utils.asgi import Response

from chronology.export import atom
from chronology.store import log
from chronology.store.database import Row, fetch_rows
from chronology.timeline.as_of import at_head
from chronology.web import databases, routing
from chronology.web.datasette_compat import Datasette, Receive, Request, Send, public_address

FEED_LENGTH = 50
REASONS = 40


def page(db: sqlite3.Connection, visible: frozenset[str]) -> dict[str, Any]:
    """The variables of the page of changes: the batches, newest first."""
    (newest,) = db.execute("SELECT max(from_position) FROM history").fetchone()
    batches = _batches(db, "log" in visible) if "batches" in visible else []
    return {"batches": batches, "newest": newest, "reason_limit": REASONS}


def _batches(db: sqlite3.Connection, with_reasons: bool) -> list[Row]:
    batches = fetch_rows(db, "SELECT * FROM batches ORDER BY last_position DESC")
    for batch in batches:
        has_reasons = with_reasons and batch["corrected"] + batch["retracted"]
        batch["reasons"] = _reasons(db, batch) if has_reasons else []
    return batches


def _reasons(db: sqlite3.Connection, batch: Row) -> list[Row]:
    return fetch_rows(
        db,
        "SELECT stream, substr(type, instr(type, '.') + 1) AS action,"
        " json_extract(data, '$.because') AS because FROM log"
        " WHERE position BETWEEN ? AND ? AND type NOT LIKE '%.recorded' ORDER BY position LIMIT ?",
        (batch["first_position"], batch["last_position"], REASONS),
    )


def latest(db: sqlite3.Connection) -> list[Row]:
    """The latest batches, newest first, each with its changes to events."""
    batches = fetch_rows(
        db, "SELECT * FROM batches ORDER BY first_position DESC LIMIT ?", (FEED_LENGTH,)
    )
    for batch in batches:
        batch["changes"] = fetch_rows(
            db,
            "SELECT id, title, action, because FROM history WHERE from_position = ?"
            " ORDER BY action, id LIMIT ?",
            (batch["last_position"], REASONS),
        )
    return batches


async def feed(datasette: Datasette, request: Request, send: Send, receive: Receive) -> Response:
    """The Atom feed of the batches."""
    database = await databases.in_address(datasette, request, "history", "batches")
    db = datasette.get_database(database)
    chronology = await db.execute_fn(lambda connection: at_head(connection).chronology)
    batches = await db.execute_fn(latest)
    first = await db.execute_fn(lambda connection: next(log.read(connection, 0, 1), None))
    identity = first.digest if first else database
    address = public_address(datasette, request)
    history = address + datasette.urls.table(database, "history")
    text = feed_of(chronology.title if chronology else database, identity, history, batches)
    return Response(text, content_type="application/atom+xml; charset=utf-8")


def feed_of(title: str, identity: str, address: str, batches: list[Row]) -> str:
    """The feed as an Atom document: `identity` of the log, `address` of the page of changes."""
    updated = batches[0]["recorded_at"] if batches else ""
    links = {"alternate": address, "self": f"{address}.atom"}
    entries = (
        atom.entry(
            atom.urn(identity, f"batches/{batch['id']}"),
            _title(batch),
            f"{address}?from_position={batch['last_position']}",
            batch["recorded_at"],
            "\n".join(_lines(batch)),
        )
        for batch in batches
    )
    return "".join(
        [
            atom.opening(f"Changes: {title}", atom.urn(identity, "history"), updated, title, links),
            *entries,
            atom.CLOSING,
        ]
    )


def _title(batch: Row) -> str:
    counts = ((batch[name], name) for name in ("recorded", "corrected", "retracted"))
    return f"{batch['id']}: {', '.join(f'{number} {name}' for number, name in counts if number)}"


def _lines(batch: Row) -> list[str]:
    lines = [batch["note"]] if batch["note"] else []
    for change in batch["changes"]:
        reason = f" ({change['because']})" if change["because"] else ""
        lines.append(f"{change['action']}: {change['title']}{reason}")
    if len(batch["changes"]) == REASONS:
        lines.append("There may be more; see the page of changes.")
    return lines


ROUTES = [(rf"{routing.NAMED}/history\.atom$", routing.view(feed))]
