"""`accounts`, `claims` and the tables of the catalogue: what each subject's fields say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chronology.projections.state import Catalogue, State
from chronology.records import Account, Attachment, Command, Formation, canonical, figure

Row = dict[str, Any]

_CHANGED = {"version": int, "position": int, "recorded_at": str}

COLUMNS: dict[str, dict[str, type]] = {
    "sources": {
        "id": str,
        "name": str,
        "title": str,
        "author": str,
        "publisher": str,
        "type": str,
        "language": str,
        "published": str,
        "accessed": str,
        "url": str,
        "rights": str,
        "locators": str,
        "cites": str,
        "names": str,
        "note": str,
        "statements": str,
        "events": int,
        **_CHANGED,
    },
    "places": {
        "id": str,
        "name": str,
        "names": str,
        "type": str,
        "latitude": float,
        "longitude": float,
        "radius_km": float,
        "within": str,
        "ids": str,
        "note": str,
        "statements": str,
        "events": int,
        **_CHANGED,
    },
    "people": {
        "id": str,
        "name": str,
        "names": str,
        "side": str,
        "role": str,
        "born": str,
        "died": str,
        "ids": str,
        "note": str,
        "statements": str,
        "events": int,
        **_CHANGED,
    },
    "formations": {
        "id": str,
        "name": str,
        "names": str,
        "level": str,
        "side": str,
        "ids": str,
        "note": str,
        "statements": str,
        "events": int,
        **_CHANGED,
    },
    "accounts": {
        "id": str,
        "event": str,
        "source": str,
        "at": str,
        "stance": str,
        "by": str,
        "said": str,
        "date": str,
        "earliest": str,
        "latest": str,
        "basis": str,
        "says": str,
        "claims": str,
        **_CHANGED,
    },
    "claims": {"account": str, "key": str, "value": str, "low": float, "high": float},
    "attachments": {
        "formation": str,
        "superior": str,
        "from": str,
        "until": str,
        "part": int,
        "source": str,
        "at": str,
        "basis": str,
    },
    "commanders": {
        "formation": str,
        "person": str,
        "from": str,
        "until": str,
        "source": str,
        "at": str,
        "basis": str,
    },
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

TABLES = {"source": "sources", "place": "places", "person": "people", "formation": "formations"}
LINKS = {"source": "source", "place": "place_within", "person": "person", "formation": "chain"}
"""Under which facet of the links an event is counted for each subject."""


def account_row(name: str, state: State) -> Row:
    """The row of `accounts`; `by` is as recorded: a person's id, or a text."""
    account: Account = state.fields
    day = account.date
    return {
        "id": name,
        "event": account.event,
        "source": account.source,
        "at": "; ".join(account.at),
        "stance": account.stance,
        "by": account.by,
        "said": _text(account.said),
        "date": _text(day),
        "earliest": day.earliest.isoformat() if day and day.earliest else None,
        "latest": day.latest.isoformat() if day and day.latest else None,
        "basis": account.basis,
        "says": account.says,
        "claims": canonical(account.claims),
        **_changed(state),
    }


def claim_rows(name: str, account: Account) -> Iterator[Row]:
    """The rows of `claims` of one account."""
    for key, value in account.claims.items():
        low, high = figure(value) or (None, None)
        yield {"account": name, "key": key, "value": value, "low": low, "high": high}


def catalogue_rows(
    catalogue: Catalogue, counts: Mapping[tuple[str, str], int]
) -> Iterator[tuple[str, list[Row]]]:
    """All rows of the catalogue's tables; `counts` holds the events of each link."""
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


def _row(columns: Mapping[str, type], name: str, state: State, events: int) -> Row:
    given = {"id": name, "events": events, **_changed(state)}
    return {
        column: given[column] if column in given else _cell(getattr(state.fields, column))
        for column in columns
    }


def _cell(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        return canonical(value)
    return value if value is None or isinstance(value, (str, float)) else _text(value)


def _text(date: Any) -> str | None:
    return str(date) if date else None


def _changed(state: State) -> Row:
    return {
        "version": state.version,
        "position": state.position,
        "recorded_at": state.recorded_at,
    }


def _attachment(formation: str, attachment: Attachment) -> Row:
    return {
        "formation": formation,
        "superior": attachment.to,
        "from": _text(attachment.since),
        "until": _text(attachment.until),
        "part": int(attachment.part),
        "source": attachment.source,
        "at": attachment.at,
        "basis": attachment.basis,
    }


def _command(formation: str, command: Command) -> Row:
    return {
        "formation": formation,
        "person": command.person,
        "from": _text(command.since),
        "until": _text(command.until),
        "source": command.source,
        "at": command.at,
        "basis": command.basis,
    }
