"""The work of a batch grows with its records, not with their product with the log or each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from conftest import Timeline
from small_chronology import EVENTS, START

from chronology.ingest import retractions
from chronology.model.errors import BatchRefused
from chronology.projections import catalogue

Make = Callable[..., Timeline]
SMALL, LARGE = 20, 40


@contextmanager
def statements(timeline: Timeline) -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    executed: list[str] = []
    timeline.db.set_trace_callback(executed.append)
    try:
        yield executed
    finally:
        timeline.db.set_trace_callback(None)


def rows(timeline: Timeline, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in timeline.db.execute(sql)]


def places(count: int) -> str:
    return "".join(f"- {{place: p{n}, name: P {n}}}\n" for n in range(count))


def retract_places(count: int) -> str:
    return "".join(f"- {{retract: place/p{n}, because: So.}}\n" for n in range(count))


@pytest.mark.parametrize("count", [1, SMALL, LARGE])
def test_the_log_is_read_once_for_all_retractions(make_timeline: Make, count: int) -> None:
    timeline = make_timeline(START, EVENTS)
    timeline.batch("places", places(count))
    with statements(timeline) as executed:
        timeline.batch("retracted", retract_places(count))
    reading = [sql for sql in executed if "SELECT DISTINCT stream FROM log WHERE (" in sql]
    assert len(reading) == 1
    assert rows(timeline, "SELECT count(*) FROM places WHERE id GLOB 'p[0-9]*'") == [(0,)]


@pytest.mark.parametrize("few", [0, 1_000])
def test_users_of_any_number_of_retracted_subjects_are_named(
    make_timeline: Make, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(retractions, "_FEW", few)
    timeline = make_timeline(START, EVENTS)
    timeline.batch("places", places(3))
    records = retract_places(2) + (
        "- {event: used, date: 1944-10-14, title: 'About p0', kind: battle, places: [p1, p2]}\n"
        "- {place: inner, name: Inner, within: p0}\n"
        "- {retract: source/one, because: So.}\n"
    )
    with pytest.raises(BatchRefused) as refused:
        timeline.batch("retracted", records)
    text = str(refused.value)
    assert "place/p0 is retracted, but place/inner still refers to it" in text
    assert "place/p1 is retracted, but event/used still refers to it" in text
    assert "place/p2" not in text
    assert "source/one is retracted, but account/" in text


def moves(count: int) -> str:
    events = "".join(
        f"- {{event: m{n}, date: 1944-10-14, title: E, kind: battle}}\n" for n in range(count + 1)
    )
    moved = "".join(
        f"- {{retract: event/m{n}, into: m{n + 1}, because: So.}}\n" for n in range(count)
    )
    return f"{events}- {{account: a, event: m0, source: one, at: '1'}}\n{moved}"


def test_an_account_that_moves_often_is_not_folded_at_each_move(
    make_timeline: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folded = 0
    next_state = catalogue.next_state

    def counted(*args: Any) -> Any:
        nonlocal folded
        folded += 1
        return next_state(*args)

    monkeypatch.setattr(catalogue, "next_state", counted)
    work = []
    for count in (SMALL, LARGE):
        timeline = make_timeline(START, EVENTS)
        folded = 0
        timeline.batch("moves", moves(count))
        work.append(folded)
        assert rows(timeline, "SELECT event FROM accounts WHERE id = 'a'") == [(f"m{count}",)]
    assert work[1] < 2.2 * work[0]


def test_accounts_follow_their_moves_and_retractions(make_timeline: Make) -> None:
    """Accounts of earlier batches and of this one move in the order in which they were recorded."""
    timeline = make_timeline(START)
    timeline.batch("moves", moves(1))
    more = (
        "- {account: b, event: m1, source: one, at: '2'}\n"
        "- {account: c, event: m1, source: one, at: '3'}\n"
        "- {event: x, date: 1944-10-14, title: X, kind: battle}\n"
        "- {event: y, date: 1944-10-14, title: Y, kind: battle}\n"
        "- {retract: account/b, because: So.}\n"
        "- {correct: account/a, set: {event: x}, because: So.}\n"
        "- {correct: account/a, set: {event: m1, at: '4'}, because: So.}\n"
        "- {retract: event/m1, into: y, because: So.}\n"
        "- {retract: event/x, because: So.}\n"
    )
    timeline.batch("more", more)
    assert rows(timeline, "SELECT id, event FROM accounts ORDER BY id") == [("a", "y"), ("c", "y")]
    moved = rows(timeline, "SELECT stream FROM log WHERE record_id GLOB 'more/*/move-*'")
    assert moved == [("account/a",), ("account/c",)]


@pytest.mark.parametrize("stream", ["chronology/test", "place/nis"])
def test_events_of_a_subject_are_counted_once(make_timeline: Make, stream: str) -> None:
    timeline = make_timeline(START, EVENTS)
    (name,) = rows(timeline, "SELECT substr(stream, 12) FROM log WHERE stream GLOB 'chronology/*'")
    stream = stream.replace("test", name[0])
    field = "title" if stream.startswith("chronology") else "name"
    change = "- {{correct: {}, set: {{{}: T {}}}, because: So.}}\n"
    with statements(timeline) as executed:
        timeline.batch("many", "".join(change.format(stream, field, n) for n in range(SMALL)))
    counting = ("SELECT count(*) FROM events", "SELECT count FROM facet_values")
    assert sum(sql.startswith(counting) for sql in executed) == 1
    searching = [sql for sql in executed if json.dumps('"date":"T')[1:-1] in sql or "instr" in sql]
    assert len(searching) <= 3


def test_dates_that_count_from_the_zero_are_searched_once(make_timeline: Make) -> None:
    """A batch may remove the zero and set another one, but not leave events without it."""
    timeline = make_timeline(START, EVENTS)
    change = "- {{correct: chronology/test, {}, because: So.}}\n"
    unset = change.format("unset: [zero]")
    zeros = [change.format(f"set: {{zero: 1944-10-01T00:0{n}:00Z}}") for n in range(10)]
    many = "".join(zero + unset for zero in zeros[:8]) + zeros[9]
    event = "- {event: later, date: 'T+24:00:00', title: Later, kind: battle}\n"
    with statements(timeline) as executed:
        timeline.batch("zeros", many + event)
    assert sum("""'"date":"T'""" in sql and "LIMIT 1" in sql for sql in executed) <= 1
    with pytest.raises(BatchRefused, match="events or accounts count from the zero"):
        timeline.batch("none", unset)
    timeline.batch("other", unset + zeros[1])
