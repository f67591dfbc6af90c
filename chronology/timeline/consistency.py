"""Find events that contradict their own accounts, the window or the order of battle.

These are likely mistakes of an editor, and hold for any chronology: a date beyond its accounts, an
upper bound that became a day, the edge of the window as a bound, a double date that reads as an
interval, and a formation after its end.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from chronology.model.days import Day
from chronology.model.edtf import Date, parse
from chronology.projections.catalogue import Catalogue, load_catalogue
from chronology.projections.chain_of_command import chain_of_command

ASSERTS, PLANS = "asserts", "plans"
_NEW_STYLE = 1752
"""The last year that England and its colonies began in March."""
_TWO_YEARS = re.compile(
    r"(?:from )?(\d{3,4})(?:/| to )(\d{3,4})(?: \(Julian calendar\))?", re.ASCII
)
_PART_OF_YEAR = re.compile(r"\d\d(\d\d)-(2[5-9]|3\d|4[01])", re.ASCII)


class Finding(NamedTuple):
    """A likely mistake in one event, and its remedy."""

    event: str
    fault: str
    remedy: str


class _Account(NamedTuple):
    id: str
    stance: str
    date: Date
    inferred: bool
    """Whether it has a basis; otherwise its passage gives the date itself."""


class _Event(NamedTuple):
    id: str
    date: Date
    basis: str | None
    as_written: str | None
    accounts: Sequence[_Account]

    @property
    def asserted(self) -> list[_Account]:
        return [account for account in self.accounts if account.stance == ASSERTS]


def find(db: sqlite3.Connection) -> list[Finding]:
    """All findings, in order of the events' days and ids; those of formations last."""
    catalogue = load_catalogue(db, subjects=("chronology", "formation"))
    chronology = catalogue.chronology
    assert chronology is not None
    findings: list[Finding] = []
    for event in _events(db):
        findings += _beyond_accounts(db, event)
        findings += _bound_as_day(event)
        findings += _edge_as_bound(event, chronology.window)
        findings += _misread_years(event)
    return findings + list(_after_end(db, catalogue))


def _events(db: sqlite3.Connection) -> Iterator[_Event]:
    """The events with those of their accounts that have a date."""
    rows = db.execute(
        "SELECT id, date, basis, as_written,"
        " (SELECT json_group_array(json_array(id, stance, date, basis)) FROM accounts"
        " WHERE event = events.id AND date IS NOT NULL)"
        " FROM events ORDER BY sort_key, id"
    )
    for name, date, basis, as_written, accounts in rows:
        dated = [
            _Account(account, stance, parse(day), bool(reason))
            for account, stance, day, reason in msgspec.json.decode(accounts)
        ]
        yield _Event(name, parse(date), basis, as_written, dated)


# Dates ----------------------------------------------------------------------------------------


def _beyond_accounts(db: sqlite3.Connection, event: _Event) -> Iterator[Finding]:
    """A date with days that its accounts exclude, unless its basis is not older than they are."""
    if not event.asserted:
        return
    low, high = _bounds(event)
    early = low is not None and (event.date.earliest is None or event.date.earliest < low)
    late = high is not None and (event.date.latest is None or event.date.latest > high)
    narrower = [account for account in event.asserted if not event.date.within(account.date)]
    if (early or late) and not _is_explained(db, event, narrower):
        yield Finding(
            event.id,
            f"the date {event.date} has days that its accounts exclude; they allow"
            f" {_range(low, high)}",
            "correct the date, or state in a new 'basis' why it is wider than the accounts",
        )


def _bounds(event: _Event) -> tuple[Day | None, Day | None]:
    """The first and last day that the accounts allow.

    Accounts of one moment that share days allow only those; otherwise each account allows its own.
    """
    dates = [account.date for account in event.asserted]
    moments = [date for date in dates if not date.lasts]
    if moments and not event.date.lasts:
        low = max((date.earliest for date in moments if date.earliest), default=None)
        high = min((date.latest for date in moments if date.latest), default=None)
        if low is None or high is None or low <= high:
            return low, high
    starts, ends = [date.earliest for date in dates], [date.latest for date in dates]
    return (
        None if None in starts else min(day for day in starts if day),
        None if None in ends else max(day for day in ends if day),
    )


def _range(low: Day | None, high: Day | None) -> str:
    """Two bounds, of which one may be missing, in words."""
    if low is None:
        return f"no day after {high}"
    if high is None:
        return f"no day before {low}"
    return f"{low} only" if low == high else f"{low} to {high}"


def _is_explained(db: sqlite3.Connection, event: _Event, accounts: Sequence[_Account]) -> bool:
    """Whether the basis was recorded with or after the dates of the accounts."""
    if event.basis is None:
        return False
    reason = _last_setting(db, f"event/{event.id}", ("basis",))
    dates = [_last_setting(db, f"account/{a.id}", ("date", "event")) for a in accounts]
    return all(reason >= date or reason[1] == date[1] for date in dates)


def _last_setting(db: sqlite3.Connection, stream: str, fields: Sequence[str]) -> tuple[int, str]:
    """The position and batch of the last record of a stream that sets one of the fields."""
    named = " OR ".join("instr(data, ?)" for _ in fields)
    row = db.execute(
        f"SELECT position, batch FROM log WHERE stream = ? AND ({named})"
        " ORDER BY version DESC LIMIT 1",
        (stream, *(f'"{field}"' for field in fields)),
    ).fetchone()
    return row[0], row[1]


def _bound_as_day(event: _Event) -> Iterator[Finding]:
    """A date of one day although every account says only that it was not later."""
    day = event.date.latest
    if day is None or event.date.earliest != day or not event.asserted:
        return
    starts = [a.date.earliest for a in event.accounts if a.stance in (ASSERTS, PLANS)]
    if not any(starts):
        yield Finding(
            event.id,
            f"the date {event.date} is one day, but its accounts give only an upper bound",
            f"write [..{day}], or a set with the earliest day that the basis can give a reason for",
        )


def _edge_as_bound(event: _Event, window: Date) -> Iterator[Finding]:
    """A bound that is only the first or the last day of the window."""
    remedy = "leave that side of the set open, or write the bound that a passage gives"
    for account in event.accounts:
        if account.inferred and (edge := _edges(account.date, window)):
            fault = f"the date {account.date} of account {account.id} was inferred with the"
            yield Finding(event.id, f"{fault} {' and '.join(edge)} as its bound", remedy)
    edges = _edges(event.date, window)
    given = {edge for account in event.accounts for edge in _ends(account.date, window)}
    if missing := [edge for edge in edges if edge not in given]:
        fault = f"the date {event.date} has the {' and '.join(missing)} as its bound"
        yield Finding(event.id, f"{fault}, and no account gives that day", remedy)


def _edges(date: Date, window: Date) -> list[str]:
    """The edges of the window at which a closed range of possible days begins or ends."""
    if None in (date.earliest, date.latest):
        return []
    starts = date.text.startswith(f"[{window.earliest}..")
    ends = date.text.endswith(f"..{window.latest}]")
    return ["first day of the window"] * starts + ["last day of the window"] * ends


def _ends(date: Date, window: Date) -> list[str]:
    """The edges of the window that are the first or last day of a date."""
    starts, ends = date.earliest == window.earliest, date.latest == window.latest
    return ["first day of the window"] * starts + ["last day of the window"] * ends


def _misread_years(event: _Event) -> Iterator[Finding]:
    """Two years that may be one year by two styles, or the second of which reads as its part.

    A basis says that the date is meant.
    """
    if event.basis:
        return
    text = event.date.text
    years = _TWO_YEARS.fullmatch(text) or _TWO_YEARS.fullmatch(event.as_written or "")
    if years and int(years[2]) == int(years[1]) + 1 and int(years[1]) < _NEW_STYLE:
        yield Finding(
            event.id,
            f"the date {text} lasts from one year to the next, and may be a double date",
            f"write {years[2]} if the source means one winter of Old Style, or a 'basis' if it"
            " lasted",
        )
    part = _PART_OF_YEAR.fullmatch(text)
    if part and part[2] > part[1]:
        yield Finding(
            event.id,
            f"the date {text} is {event.date.in_words()}",
            f"write {text[:4]}/{text[:2]}{part[2]} if it lasted so long, or else a 'basis'",
        )


# Formations -----------------------------------------------------------------------------------


def _after_end(db: sqlite3.Connection, catalogue: Catalogue) -> Iterator[Finding]:
    """Events that count for a superior formation after the last day on which it had a place.

    A formation has ended if all its own dated attachments have, and no later event names it.
    """
    for name, formation in catalogue.formations.items():
        end = _last_day(catalogue, name)
        later = list(_later_events(db, name, int(end))) if end else []
        if any(name in named for _, _, named in later):
            continue
        for event, date, named in later:
            links = [f for f in named if name in chain_of_command(catalogue, f, parse(date))]
            yield Finding(
                event,
                f"counts for {formation.name} through {' and '.join(links)}, but the last"
                f" attachment of {formation.name} ends on {end}",
                "give the attachment of the subordinate formation an 'until', or"
                f" {formation.name} the attachment that it had then",
            )


def _last_day(catalogue: Catalogue, name: str) -> Day | None:
    """The last day of a formation's dated attachments; None if there is none or one goes on."""
    dated = [tie for tie in catalogue.formations[name].attached if tie.since or tie.until]
    ends = [tie.until.latest if tie.until else None for tie in dated]
    return None if not ends or None in ends else max(day for day in ends if day)


def _later_events(
    db: sqlite3.Connection, formation: str, day: int
) -> Iterator[tuple[str, str, list[str]]]:
    """The events after a day that count for a formation: id, date and formations they name."""
    rows = db.execute(
        "SELECT events.id, date, (SELECT json_group_array(formations.id) FROM json_each(formations)"
        " AS named JOIN formations ON formations.name = named.value)"
        " FROM facet_values JOIN event_links ON event_links.value = facet_values.number"
        " JOIN events ON events.number = event_links.event"
        " WHERE facet = 'chain' AND facet_values.value = ? AND first_day > ?"
        " ORDER BY sort_key, events.id",
        (formation, day),
    )
    for event, date, named in rows:
        yield event, date, msgspec.json.decode(named)
