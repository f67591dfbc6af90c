"""iCalendar (RFC 5545): each event is a row, and each of its properties a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar

from chronology.importing.tables import Row, Table, Unreadable, fitted

_ROLES = {
    "UID": "key",
    "SUMMARY": "title",
    "DTSTART": "date",
    "DTEND": "end",
    "DESCRIPTION": "summary",
    "LOCATION": "place",
    "latitude": "latitude",
    "longitude": "longitude",
    "URL": "link",
    "CATEGORIES": "tags.category",
    "ATTACH": "media",
    "DTSTAMP": "ignore",
    "SEQUENCE": "ignore",
    "CREATED": "ignore",
    "LAST-MODIFIED": "ignore",
    "TRANSP": "ignore",
    "CLASS": "ignore",
    "PRIORITY": "ignore",
}


def read(path: Path, settings: Mapping[str, str]) -> Table:
    """The events of a calendar file."""
    try:
        calendars = icalendar.Calendar.from_ical(path.read_bytes(), multiple=True)
    except ValueError as error:
        raise Unreadable(f"{path} is not iCalendar: {error}; export it again") from None
    rows: list[dict[str, str]] = []
    others: Counter[str] = Counter()
    properties: list[str] = []
    for calendar in calendars:
        properties += [f"{key}: {value}" for key, value in calendar.property_items(recursive=False)]
        for component in calendar.walk():
            if component.name == "VEVENT":
                rows.append(_row(component))
            elif component.name not in ("VCALENDAR", "STANDARD", "DAYLIGHT", "VTIMEZONE"):
                others[str(component.name)] += 1
    columns = list(dict.fromkeys(key for row in rows for key in row))
    if not rows:
        raise Unreadable(f"{path} has no events; export the calendar again")

    def read_rows() -> Iterator[Row]:
        for number, row in enumerate(rows, 1):
            yield fitted(number, [row.get(column, "") for column in columns], len(columns))

    notes = [
        f"{count} of {name} are left out: they are no events" for name, count in others.items()
    ]
    kept = ("BEGIN: ", "END: ")
    notes += [
        f"of the calendar itself, left out: {p}" for p in properties if not p.startswith(kept)
    ]
    roles = {column: _role(column) for column in columns}
    return Table(columns, read_rows, roles, notes=notes, unit="event")


def _role(column: str) -> str:
    if column.startswith(("X-", "RRULE", "EXDATE", "RDATE")):
        return "ignore" if column.startswith("X-") else f"claims.{column.lower()}"
    name = "".join(c if c.isalnum() else "_" for c in column.lower())
    return _ROLES.get(column, f"claims.{name}")


def _row(component: Any) -> dict[str, str]:
    row: dict[str, str] = {}
    for name, value in component.property_items(recursive=False):
        if name in ("BEGIN", "END"):
            continue
        if name == "GEO":
            row["latitude"], row["longitude"] = str(value.latitude), str(value.longitude)
        elif name in ("DTSTART", "DTEND"):
            row[name] = _time(value.dt)
        elif name == "CATEGORIES":
            row[name] = "; ".join(filter(None, [row.get(name, ""), *map(str, value.cats)]))
        elif name != "DURATION":
            text = (
                value.to_ical().decode() if name in ("RRULE", "EXDATE", "RDATE") else _text(value)
            )
            row[name] = "; ".join(filter(None, [row.get(name, ""), text]))
    if recurrence := row.pop("RECURRENCE-ID", ""):
        row["UID"] = f"{row.get('UID', '')} {recurrence}"
    start = component.get("DTSTART")
    if start and (end := _end(component, start.dt)):
        row["DTEND"] = end
    return row


def _end(component: Any, start: date) -> str:
    """The end of an event: for whole days its last one, while the file names the day after it."""
    end = component.get("DTEND")
    duration = component.get("DURATION")
    last = end.dt if end else start + duration.dt if duration else None
    if last is None or last == start:
        return ""
    if not isinstance(last, datetime):
        last -= timedelta(1)
    return "" if last == start else _time(last)


def _time(value: date) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    text = value.isoformat("T", "minutes" if not value.second else "seconds")
    return text.replace("+00:00", "Z")


def _text(value: Any) -> str:
    moment = getattr(value, "dt", None)
    return _time(moment) if isinstance(moment, date) else str(value)
