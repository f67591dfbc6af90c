"""Any sequence of batches leaves the tables that a model of plain dictionaries predicts.

Rules add records to a batch and change the model; `ingest` ingests the batch. After each batch the
tables must equal a fresh fold of the log, and history must give every earlier state.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from small_chronology import EVENTS, START

from chronology import projections
from chronology.batches.batch_reader import read_batch
from chronology.ingest.pipeline import ingest
from chronology.model.edtf import parse
from chronology.model.errors import RecordConflict, WrongExpectedVersion
from chronology.store import log
from chronology.store.database import connect, transaction

DATES = ("1944-10-14", "1944-10", "[..1944-10-12]", "1944-11-20/..", "[1944-09-30,1944-10-12]")
PLACES = ("nis", "belgrade", "serbia")
FORMATIONS = ("c68", "a57", "f3")
PEOPLE: tuple[list[str], ...] = ([], ["tolbukhin"])
CLAIMS: tuple[dict[str, str], ...] = (
    {},
    {"tanks": "160"},
    {"tanks": "500+"},
    {"taken_by": "partisans"},
)
NOW = "2026-02-01T00:00:00Z"

any_number = st.integers(0, 10**6)


class Chronicle(RuleBasedStateMachine):
    """The model: `events` maps ids to titles, `accounts` maps ids to their events."""

    @initialize()
    def start(self) -> None:
        self.db = connect(":memory:", write=True)
        self.number = count(1)
        self.pending: list[dict[str, object]] = []
        self.events = {"nis-taken": "Niš is taken", "belgrade-taken": "Belgrade is taken"}
        self.accounts = {
            "nis-taken-one-1": "nis-taken",
            "belgrade-taken-one-1": "belgrade-taken",
            "belgrade-taken-two-1": "belgrade-taken",
        }
        self.snapshots: dict[int, list[tuple[object, ...]]] = {}
        for text in (START, EVENTS):
            self._ingest(text.encode(), "yml")

    def teardown(self) -> None:
        if hasattr(self, "db"):
            if self.pending:
                self._ingest_pending()
            self._history_gives_every_state()
            self.db.close()

    # Records

    @rule(
        date=st.sampled_from(DATES), place=st.sampled_from(PLACES), people=st.sampled_from(PEOPLE)
    )
    def record_event(self, date: str, place: str, people: list[str]) -> None:
        name, title = f"e{next(self.number)}", f"Title {next(self.number)}"
        self._add(event=name, date=date, title=title, kind="battle", places=[place], people=people)
        self.events[name] = title

    @precondition(lambda self: self.events)
    @rule(pick=any_number, date=st.sampled_from(DATES), formation=st.sampled_from(FORMATIONS))
    def correct_event(self, pick: int, date: str, formation: str) -> None:
        name, title = self._event(pick), f"Title {next(self.number)}"
        self._correct(f"event/{name}", title=title, date=date, formations=[formation])
        self.events[name] = title

    @precondition(lambda self: self.events)
    @rule(pick=any_number, into=any_number)
    def retract_event(self, pick: int, into: int) -> None:
        name = self._event(pick)
        others = [other for other in self.events if other != name]
        accounts = [account for account, event in self.accounts.items() if event == name]
        if accounts and not others:
            return
        target = {"into": others[into % len(others)]} if accounts else {}
        self._add(retract=f"event/{name}", because="The same.", **target)
        del self.events[name]
        self.accounts.update(dict.fromkeys(accounts, target.get("into", "")))

    @precondition(lambda self: self.events)
    @rule(
        pick=any_number,
        stance=st.sampled_from(("asserts", "denies", "plans")),
        date=st.sampled_from(DATES),
        claims=st.sampled_from(CLAIMS),
    )
    def record_account(self, pick: int, stance: str, date: str, claims: dict[str, str]) -> None:
        name, event = f"a{next(self.number)}", self._event(pick)
        fields = {"source": "one", "at": "1", "stance": stance, "date": date, "claims": claims}
        self._add(account=name, event=event, **fields)
        self.accounts[name] = event

    @precondition(lambda self: self.accounts)
    @rule(pick=any_number, into=any_number, claims=st.sampled_from(CLAIMS))
    def correct_account(self, pick: int, into: int, claims: dict[str, str]) -> None:
        name, event = self._account(pick), self._event(into)
        says = f"Says {next(self.number)}."
        self._correct(f"account/{name}", event=event, source="two", claims=claims, says=says)
        self.accounts[name] = event

    @precondition(lambda self: self.accounts)
    @rule(pick=any_number)
    def retract_account(self, pick: int) -> None:
        name = self._account(pick)
        self._add(retract=f"account/{name}", because="Misread.")
        del self.accounts[name]

    @rule(subject=st.sampled_from(("place/nis", "person/tolbukhin", "formation/f3", "source/one")))
    def rename(self, subject: str) -> None:
        self._correct(subject, name=f"Name {next(self.number)}")

    @rule(to=st.sampled_from(("a57", "f3")), since=st.sampled_from(DATES), part=st.booleans())
    def move_attachment(self, to: str, since: Any, part: bool) -> None:
        attached = {"to": to, "from": since, "part": part, "source": "one"}
        attached["at"] = str(next(self.number))
        self._correct("formation/c68", attached=[attached])

    @rule(first=st.sampled_from(("1944-09-01", "1944-10-10")))
    def change_window(self, first: str) -> None:
        summary = f"Summary {next(self.number)}"
        self._correct("chronology/test", window=f"{first}/1944-11-30", summary=summary)

    # Batches

    @precondition(lambda self: self.pending)
    @rule()
    def ingest(self) -> None:
        self._ingest_pending()

    @precondition(lambda self: len(self.pending) > 2)
    @rule()
    def ingest_before_it_grows(self) -> None:
        self._ingest_pending()

    def _ingest_pending(self) -> None:
        header = {"format": 1, "batch": f"b{next(self.number)}", "recorded": NOW}
        lines = [json.dumps(line) for line in (header, *self.pending)]
        self.pending.clear()
        self._ingest("\n".join(lines).encode(), "jsonl")

    # Repeated and refused writes

    @rule(pick=any_number)
    def retry_a_record(self, pick: int) -> None:
        before = log.head(self.db)
        with transaction(self.db):
            assert log.append(self.db, [log.as_record(self._entry(pick))]) == before

    @rule(pick=any_number)
    def conflict_with_a_record(self, pick: int) -> None:
        before = log.head(self.db)
        other = log.as_record(self._entry(pick))._replace(data='{"other":true}')
        with pytest.raises(RecordConflict), transaction(self.db):
            log.append(self.db, [other])
        assert log.head(self.db) == before

    @rule(pick=any_number, off=st.sampled_from((-1, 1, 7)))
    def expect_another_version(self, pick: int, off: int) -> None:
        before, entry = log.head(self.db), self._entry(pick)
        (version,) = log.versions(self.db, [entry.stream]).values()
        new = log.as_record(entry)._replace(record_id="never/used")
        with pytest.raises(WrongExpectedVersion), transaction(self.db):
            log.append(self.db, [new], expected_version=version + off)
        assert log.head(self.db) == before

    @rule()
    def rebuild(self) -> None:
        with transaction(self.db):
            projections.rebuild(self.db)

    def _entry(self, pick: int) -> log.Entry:
        position = pick % log.head(self.db).position + 1
        (entry,) = log.read(self.db, position - 1, position)
        return entry

    def _ingest(self, text: bytes, form: str) -> None:
        ingest(self.db, read_batch(io.BytesIO(text), f"batch.{form}", form))
        self.snapshots[log.head(self.db).position] = self._rows("SELECT {} FROM events")

    # Invariants after every batch

    @invariant()
    def tables_equal_a_fresh_fold(self) -> None:
        if not self.pending:
            assert projections.verify(self.db) == []

    @invariant()
    def events_and_accounts_are_the_models(self) -> None:
        if not self.pending:
            assert dict(self.db.execute("SELECT id, title FROM events")) == self.events
            assert dict(self.db.execute("SELECT id, event FROM accounts")) == self.accounts
            counts = Counter(self.accounts.values())
            counted = dict(self.db.execute("SELECT id, accounts FROM events"))
            assert counted == {name: counts[name] for name in self.events}

    @invariant()
    def events_name_everything_as_it_is_called_today(self) -> None:
        for table in ("places", "people", "formations", "sources"):
            named = self._set(f"SELECT value FROM events, json_each({table})")
            assert named <= self._set(f"SELECT name FROM {table}")

    @invariant()
    def counts_equal_the_links(self) -> None:
        linked = (
            "SELECT facet, facet_values.value, count(*) FROM event_links"
            " JOIN facet_values ON event_links.value = number GROUP BY number"
        )
        assert self._set("SELECT facet, value, count FROM facet_values") == self._set(linked)

    @invariant()
    def helpers_hold_what_the_rows_say_and_nothing_besides(self) -> None:
        live = self._set("SELECT number FROM events")
        assert self._set("SELECT rowid FROM events_fts") == live
        assert self._set("SELECT event FROM event_links") == live
        spans = [
            (number, *(day if day is None else int(day) for day in span))
            for number, text in self.db.execute("SELECT number, date FROM events ORDER BY number")
            for span in parse(text).spans
            if len(parse(text).spans) > 1
        ]
        stored = "SELECT event, first_day, last_day FROM event_spans ORDER BY 1, 2"
        assert self.db.execute(stored).fetchall() == spans
        claims = "SELECT accounts.id, key, value FROM accounts, json_each(claims)"
        assert self._set("SELECT account, key, value FROM claims") == self._set(claims)

    def _history_gives_every_state(self) -> None:
        """As of any position the events are those of the last batch that ended by then."""
        rows: list[tuple[object, ...]] = []
        for position in range(1, log.head(self.db).position + 1):
            rows = self.snapshots.get(position, rows)
            found = self._rows(
                "SELECT {} FROM history WHERE from_position <= :p"
                " AND (until_position IS NULL OR :p < until_position)",
                position,
            )
            assert found == rows, position

    def _rows(self, sql: str, position: int = 0) -> list[tuple[object, ...]]:
        # The number of a version differs from that of its event.
        columns = self.db.execute(
            "SELECT name FROM pragma_table_info('events') WHERE name <> 'number'"
        )
        names = ", ".join(name for (name,) in columns)
        return sorted(self.db.execute(sql.format(names), {"p": position}), key=repr)

    # Helpers

    def _set(self, sql: str) -> set[tuple[object, ...]]:
        return set(self.db.execute(sql))

    def _add(self, **fields: object) -> None:
        self.pending.append(fields)

    def _correct(self, subject: str, **found: object) -> None:
        self._add(correct=subject, set=found, because="Better known.")

    def _event(self, pick: int) -> str:
        return sorted(self.events)[pick % len(self.events)]

    def _account(self, pick: int) -> str:
        return sorted(self.accounts)[pick % len(self.accounts)]


TestChronicle = Chronicle.TestCase
TestChronicle.settings = settings(
    max_examples=settings().max_examples * 2 // 5,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
