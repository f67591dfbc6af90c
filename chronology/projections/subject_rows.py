"""Rows of `accounts`, `claims` and the tables of the catalogue."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from chronology.model.edtf import Date, iso_day
from chronology.model.fields import SAME_AS_IN
from chronology.model.figures import parse_figure
from chronology.model.geometry import Geometry
from chronology.model.records import (
    Account,
    Attachment,
    Command,
    Event,
    Formation,
    Place,
    canonical,
)
from chronology.projections.catalogue import Catalogue, State

Row = dict[str, Any]
Cells = tuple[Any, ...]

_CHANGED = {"version": int, "position": int, "recorded_at": str}


def _texts(names: str) -> dict[str, type]:
    return dict.fromkeys(names.split(), str)


COLUMNS: dict[str, dict[str, type]] = {
    "sources": {
        **_texts("id name title author publisher type language published accessed url rights"),
        **_texts("locators cites names note statements published_as_written accessed_as_written"),
        "events": int,
        **_CHANGED,
    },
    "places": {
        **_texts("id name names type"),
        **dict.fromkeys(("latitude", "longitude", "radius_km"), float),
        **_texts("within ids note statements"),
        "events": int,
        **_texts("geometry links media"),
        **_CHANGED,
    },
    "people": {
        **_texts("id name names side role born died ids note statements"),
        **_texts("born_as_written died_as_written"),
        "events": int,
        **_texts("links media"),
        **_CHANGED,
    },
    "formations": {
        **_texts("id name names level side ids note statements"),
        "events": int,
        **_CHANGED,
    },
    "tags": {
        **_texts("id dimension name names description ids statements"),
        "events": int,
        **_CHANGED,
    },
    "accounts": {
        **_texts("id event source at stance by said date earliest latest basis says claims"),
        **_texts("as_written said_as_written links media"),
        **_CHANGED,
    },
    "claims": {**_texts("account key value"), "low": float, "high": float},
    "attachments": {
        **_texts("formation superior from until"),
        "part": int,
        **_texts("source at basis from_as_written until_as_written"),
    },
    "commanders": _texts(
        "formation person from until source at basis from_as_written until_as_written"
    ),
}

FOREIGN_KEYS: dict[str, list[tuple[str, str, str]]] = {
    "accounts": [("event", "events", "id"), ("source", "sources", "id")],
    "claims": [("account", "accounts", "id")],
    "places": [("within", "places", "id")],
    "attachments": [
        ("formation", "formations", "id"),
        ("superior", "formations", "id"),
        ("source", "sources", "id"),
    ],
    "commanders": [
        ("formation", "formations", "id"),
        ("person", "people", "id"),
        ("source", "sources", "id"),
    ],
}

TABLES = {
    "source": "sources",
    "place": "places",
    "person": "people",
    "formation": "formations",
    "tag": "tags",
}
LINKS = {
    "source": "source",
    "place": "place_within",
    "person": "person",
    "formation": "chain",
    "tag": "tag_id",
}
"""The facet under which the events of each subject are linked."""


def linked_events(db: sqlite3.Connection, subject: str, name: str) -> int:
    """How many events in the tables show a subject of the catalogue; 0 if there are no tables."""
    sql, params = "SELECT count(*) FROM events", []
    if subject != "chronology":
        sql, params = _LINKED, [LINKS[subject], name]
    if subject == "person":
        sql, params = f"SELECT coalesce(({_LINKED}), 0) + ({_SAID_BY})", [*params, name]
    try:
        row = db.execute(sql, params).fetchone()
    except sqlite3.OperationalError:
        return 0
    return int(row[0]) if row else 0


_SAID_BY = 'SELECT count(*) FROM accounts WHERE "by" = ?'
_LINKED = "SELECT count FROM facet_values WHERE facet = ? AND value = ?"


def account_row(name: str, state: State) -> Row:
    """The row of an account by column."""
    return dict(
        zip(COLUMNS["accounts"], account_cells(name, state.fields, *state[1:]), strict=True)
    )


def account_cells(
    name: str, account: Account, version: int, position: int, recorded_at: str
) -> Cells:
    """The row of an account; `by` is as recorded: the id of a person, or a text."""
    return (
        *(name, account.event, account.source, "; ".join(account.at), account.stance, account.by),
        *(_text(account.said), *_days(account.when), account.basis, account.says),
        canonical(account.claims) if account.claims else "{}",
        *(account.as_written, account.said_as_written),
        canonical(account.links) if account.links else None,
        canonical(account.media) if account.media else None,
        *(version, position, recorded_at),
    )


@lru_cache(maxsize=1 << 14)
def _days(date: Date | None) -> tuple[str | None, str | None, str | None]:
    """The text of a date, its first day and its last."""
    if date is None:
        return None, None, None
    return date.text, iso_day(date.earliest), iso_day(date.latest)


def claim_rows(name: str, account: Account) -> Iterator[Cells]:
    """The rows of `claims` of one account."""
    for key, value in account.claims.items():
        yield name, key, value, *(parse_figure(value) or (None, None))


def relation_rows(name: str, event: Event) -> Iterator[Cells]:
    """The rows of `relations` of one event; `address` is that of another chronology."""
    for related in event.related:
        relation = SAME_AS_IN.rstrip(":") if related.address else related.relation
        yield name, relation, related.event, related.address


def catalogue_rows(
    catalogue: Catalogue, counts: Mapping[tuple[str, str], int]
) -> Iterator[tuple[str, list[Cells]]]:
    """All rows of the catalogue's tables; `counts` are events by facet and value."""
    for subject, table in TABLES.items():
        yield (
            table,
            [
                _row(COLUMNS[table], name, state, counts.get((LINKS[subject], name), 0))
                for name, state in sorted(catalogue.members(subject).states.items())
            ],
        )
    formations: list[tuple[str, Formation]] = sorted(catalogue.formations.items())
    yield "attachments", [_attachment(f, a) for f, fields in formations for a in fields.attached]
    yield "commanders", [_command(f, c) for f, fields in formations for c in fields.commanders]


def _row(columns: Mapping[str, type], name: str, state: State, events: int) -> Cells:
    changed = {column: getattr(state, column) for column in _CHANGED}
    cells = {"id": name, "events": events, **changed}
    if isinstance(state.fields, Place):
        cells["latitude"], cells["longitude"] = state.fields.point or (None, None)
    return tuple(
        cells[column] if column in cells else _cell(getattr(state.fields, column))
        for column in columns
    )


def _cell(value: Any) -> Any:
    if isinstance(value, (list, dict, Geometry)):
        return canonical(value)
    return value if value is None or isinstance(value, (str, float)) else _text(value)


def _text(date: Any) -> str | None:
    return str(date) if date else None


def _attachment(formation: str, attachment: Attachment) -> Cells:
    return (
        *(formation, attachment.to, _text(attachment.since), _text(attachment.until)),
        *(int(attachment.part), attachment.source, attachment.at, attachment.basis),
        *(attachment.from_as_written, attachment.until_as_written),
    )


def _command(formation: str, command: Command) -> Cells:
    return (
        *(formation, command.person, _text(command.since), _text(command.until)),
        *(command.source, command.at, command.basis),
        *(command.from_as_written, command.until_as_written),
    )
