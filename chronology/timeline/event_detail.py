"""One event with everything that is told of it, as it stands or as of an earlier moment."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import msgspec

from chronology.model.edtf import Date, parse
from chronology.model.records import Event
from chronology.projections import order_of_battle, subject_rows, tables
from chronology.projections.catalogue import Catalogue, State, read_states
from chronology.projections.disputes import differing
from chronology.store.database import Row, fetch_rows
from chronology.timeline import neighbours
from chronology.timeline.as_of import CURRENT_AT, TimelineAt

_BOOKKEEPING = ("version", "position", "recorded_at", *tables.HISTORY, "number")


class Dossier(NamedTuple):
    """One event with everything that is told of it, ready to be shown or sent."""

    event: Row
    accounts: list[Row]
    disagreements: list[Row]
    places: list[Row]
    formations: list[Row]
    people: list[Row]
    history: list[Row]
    distinct: list[Row]


def dossier(timeline: TimelineAt, name: str) -> Dossier | None:
    """One event by its id with everything recorded about it; None if it is not in the timeline."""
    db, position = timeline.db, timeline.point.position
    found = fetch_rows(
        db,
        f"SELECT * FROM history WHERE id = :event AND {CURRENT_AT}",
        {"event": name, "as_of": position},
    )
    if not found:
        return None
    row = {column: value for column, value in found[0].items() if column not in tables.HISTORY}
    event, row["number"] = read_states(db, "event", [name], position)[name]
    assert event is not None
    fields: Event = event.fields
    catalogue = timeline.catalogue
    accounts = _accounts(timeline, name)
    return Dossier(
        {**neighbours.parsed(row), "date_in_words": parse(row["date"]).in_words()},
        accounts,
        _disagreements(accounts),
        _places(fields, catalogue),
        _formations(fields, catalogue),
        [{"id": p, "name": catalogue.people[p].name} for p in fields.people],
        _revisions(db, name, position),
        _distinct(timeline, fields),
    )


def _distinct(timeline: TimelineAt, event: Event) -> list[Row]:
    """The events that one is distinct from, with their titles if they are in the timeline."""
    found = timeline.db.execute(
        "SELECT id, title FROM history"
        f" WHERE id IN (SELECT value FROM json_each(:events)) AND {CURRENT_AT}",
        {
            "events": json.dumps([other.event for other in event.distinct]),
            "as_of": timeline.point.position,
        },
    )
    titles = dict(found)
    return [
        {"event": other.event, "title": titles.get(other.event), "because": other.because}
        for other in event.distinct
    ]


def _accounts(timeline: TimelineAt, event: str) -> list[Row]:
    """The accounts of the event, in order of record."""
    position, names = timeline.point.position, timeline.accounts_of([event])
    found = [
        (first, _account(name, account, timeline.catalogue))
        for name, (account, first) in read_states(timeline.db, "account", names, position).items()
        if account is not None and account.fields.event == event
    ]
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def _account(name: str, account: State, catalogue: Catalogue) -> Row:
    row = subject_rows.account_row(name, account)
    by = account.fields.by
    return {
        **row,
        "claims": msgspec.json.decode(row["claims"]),
        "source_name": catalogue.sources[account.fields.source].name,
        "by_name": catalogue.people[by].name if by in catalogue.people else None,
        "date_in_words": _in_words(account.fields.date),
        "said_in_words": _in_words(account.fields.said),
    }


def _in_words(date: Date | None) -> str | None:
    return date.in_words() if date else None


def _disagreements(accounts: Sequence[Row]) -> list[Row]:
    """The claims under which the accounts give different values, with who gives which."""
    claims = ((account["id"], account["claims"].items()) for account in accounts)
    return [
        {
            "key": key,
            "values": [
                {"account": given.by, "value": given.value}
                for given in sorted(chain.from_iterable(values.values()), key=lambda g: g.order)
            ],
        }
        for key, values in differing(claims).items()
    ]


def _places(event: Event, catalogue: Catalogue) -> list[Row]:
    found = []
    for ref in event.places:
        place = catalogue.places[ref.place]
        found.append(
            {
                "id": ref.place,
                "name": place.name,
                "role": ref.role,
                "names": [other.name for other in place.names],
                "within": [catalogue.places[p].name for p in catalogue.ancestors(ref.place)[1:]],
                "latitude": place.latitude,
                "longitude": place.longitude,
                "radius_km": place.radius_km,
            }
        )
    return found


def _formations(event: Event, catalogue: Catalogue) -> list[Row]:
    found = []
    for formation in event.formations:
        chain = order_of_battle.chain(catalogue, formation, event.date)
        found.append(
            {
                "id": formation,
                "name": catalogue.formations[formation].name,
                "level": catalogue.formations[formation].level,
                "side": catalogue.formations[formation].side,
                "superiors": [{"id": s, "name": catalogue.formations[s].name} for s in chain[1:]],
            }
        )
    return found


def _revisions(db: sqlite3.Connection, name: str, top: int) -> list[Row]:
    """The states of an event's row, each with the columns that changed from the one before."""
    found = fetch_rows(
        db,
        "SELECT * FROM history WHERE id = ? AND from_position <= ? ORDER BY from_position",
        (name, top),
    )
    revisions = []
    for before, row in zip([None, *found], found, strict=False):
        changed = {
            column: {"from": before[column], "to": row[column]}
            for column in (row if before else ())
            if before and column not in _BOOKKEEPING and before[column] != row[column]
        }
        kept = ("from_position", "until_position", "action", "because", "recorded_at")
        revision = {**{key: row[key] for key in kept}, "changed": changed}
        if revision["until_position"] is not None and revision["until_position"] > top:
            revision["until_position"] = None  # Then nobody knew.
        revisions.append(revision)
    return revisions
