"""The same table again: what changed in it since the last import, as corrections.

A record is compared with what earlier imports of the same name recorded. What others corrected
since stays as it is, unless the table changed there too.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from chronology.model import records
from chronology.model.short_forms import expand_short_forms

Fields = dict[str, Any]


class Update:
    """Compares records with the log; the batches of earlier imports are NAME, NAME-2 and so on."""

    def __init__(self, log: sqlite3.Connection, name: str, file: str) -> None:
        self.log = log
        self.file = file
        self.batches = own_batches(log, name)
        self.corrected = 0
        self.unchanged = 0
        self._overwritten: list[tuple[str, str]] = []

    def corrections(self, record: Fields) -> Iterator[Fields]:
        """The corrections that bring an event and its accounts to a new record."""
        event = {key: value for key, value in record.items() if key not in ("event", "accounts")}
        changes = [self._correction("event", record["event"], event)]
        for nested in record["accounts"]:
            account = {**nested, "event": record["event"]}
            changes.append(self._correction("account", account.pop("id"), account))
        found = [change for change in changes if change]
        self.corrected += bool(found)
        self.unchanged += not found
        yield from found

    def take_overwritten(self) -> list[tuple[str, str]]:
        """The events of which a later correction was replaced, with the fields; once each."""
        found, self._overwritten = self._overwritten, []
        return found

    def _correction(self, subject: str, name: str, raw: Fields) -> Fields | None:
        base, current = self._states(f"{subject}/{name}")
        if current is None:
            return None if self._is_known(f"{subject}/{name}") else {subject: name, **raw}
        kind = records.SUBJECTS[subject]
        new = json.loads(records.canonical(records.load(kind, expand_short_forms(subject, raw))))
        base = base or {}
        changed = {
            key: value
            for key, value in new.items()
            if base.get(key) != value and current.get(key) != value
        }
        removed = [key for key in base if key not in new and key in current]
        if not changed and not removed:
            return None
        overwritten = [k for k in (*changed, *removed) if base.get(k) != current.get(k)]
        if overwritten:
            self._overwritten.append((name, ", ".join(overwritten)))
        parts: Fields = {"correct": f"{subject}/{name}"}
        if changed:
            parts["set"] = changed
        if removed:
            parts["unset"] = removed
        return {**parts, "because": f"{self.file} has changed."}

    def _is_known(self, stream: str) -> bool:
        sql = "SELECT 1 FROM log WHERE stream = ?"
        return self.log.execute(sql, (stream,)).fetchone() is not None

    def _states(self, stream: str) -> tuple[Fields | None, Fields | None]:
        """The fields as the imports recorded them, and as they are now."""
        base: Fields | None = None
        current: Fields | None = None
        sql = "SELECT type, batch, data FROM log WHERE stream = ? ORDER BY version"
        for kind, batch, data in self.log.execute(sql, (stream,)):
            value = json.loads(data)
            if kind.endswith(".recorded"):
                current = value
                base = dict(value) if batch in self.batches else None
            elif kind.endswith(".retracted"):
                return None, None
            else:
                current = _changed(current, value)
                if batch in self.batches:
                    base = _changed(base, value)
        return base, current

    # Rows that are no longer there

    def missing(self, is_seen: Callable[[str], bool]) -> Iterator[str]:
        """The live events of earlier imports that the table does not have any more."""
        for batch in self.batches:
            sql = (
                "SELECT stream FROM log AS recorded WHERE record_id > ? AND record_id < ?"
                " AND type = 'event.recorded' AND NOT EXISTS (SELECT 1 FROM log"
                " WHERE stream = recorded.stream AND type = 'event.retracted') ORDER BY position"
            )
            for (stream,) in self.log.execute(sql, (f"{batch}/", f"{batch}0")):
                event = stream.partition("/")[2]
                if not is_seen(event):
                    yield event

    def other_accounts(self, event: str) -> list[str]:
        """The accounts of an event that no import recorded."""
        sql = (
            "SELECT accounts.id FROM accounts JOIN log ON stream = 'account/' || accounts.id"
            " AND log.version = 1 WHERE event = ?"
            " AND batch NOT IN (SELECT value FROM json_each(?))"
        )
        params = (event, json.dumps(self.batches))
        return [name for (name,) in self.log.execute(sql, params)]

    def retractions(self, event: str) -> Iterator[Fields]:
        """The retraction of an event, after that of its account."""
        because = f"Its row is no longer in {self.file}."
        sql = "SELECT id FROM accounts WHERE event = ?"
        for (name,) in self.log.execute(sql, (event,)):
            yield {"retract": f"account/{name}", "because": because}
        yield {"retract": f"event/{event}", "because": because}


def _changed(fields: Fields | None, change: Fields) -> Fields:
    after = {**(fields or {}), **change.get("set", {})}
    return {key: value for key, value in after.items() if key not in change.get("unset", ())}


def own_batches(log: sqlite3.Connection, name: str) -> list[str]:
    """The batches of the imports of a name that the log has: NAME, NAME-2, NAME-3 …"""
    found: list[str] = []
    number = 1
    while True:
        batch = name if number == 1 else f"{name}-{number}"
        sql = "SELECT 1 FROM log WHERE stream = ?"
        if log.execute(sql, (f"batch/{batch}",)).fetchone() is None:
            return found
        found.append(batch)
        number += 1
