"""The sets in memory against SQL: for any chronology, any filters, and as the log grows."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from conftest import START, Timeline
from hypothesis import given, settings
from hypothesis import strategies as st

from chronology import schema
from chronology.counting import Chosen, InSets, InSql, InStates, asked
from chronology.index import BitMap
from chronology.queries import Condition, conditions, linked
from chronology.sets import Sets, asking
from chronology.terms import DAYS, Cursor, Day, Every, Has, Not, Numbers, Some, Term

pytest.importorskip("pyroaring")

FACETS = ("fronts", "armies", "places", "months", "sources", "kind", "status", "disputed")
DATES = (
    "1944-09-05",
    "1944-10-14",
    "1944-10",
    "[1944-10-13,1944-10-20]",
    "[..1944-10-08]",
    "1944-10-01/..",
    "/",
)
PLACES = ("nis", "belgrade", "serbia")


def event(number: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda date, kind, places, formations, source: {
            "event": f"e{number}",
            "date": date,
            "title": f"Event {number}",
            "kind": kind,
            "places": places,
            "formations": formations,
            "accounts": [{"source": source, "at": "1"}],
        },
        st.sampled_from(DATES[:-1]),
        st.sampled_from(("capture", "battle", "death")),
        st.lists(st.sampled_from(PLACES), unique=True),
        st.lists(st.sampled_from(("f3", "a57", "c68")), unique=True),
        st.sampled_from(("one", "two")),
    )


chronologies = st.integers(1, 12).flatmap(
    lambda count: st.tuples(*(event(number) for number in range(count)))
)
changes = st.lists(
    st.one_of(
        st.builds(lambda n: ("date", n), st.integers(0, 11)),
        st.builds(lambda n: ("retract", n), st.integers(0, 11)),
        st.just(("new", 0)),
        st.just(("move", 0)),
    ),
    max_size=3,
)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "_front": st.just(["f3"]),
        "_army": st.just(["57th Army"]),
        "_place": st.lists(st.sampled_from(PLACES), min_size=1, max_size=2),
        "_within": st.lists(st.sampled_from(DATES[:-1]), min_size=1, max_size=2),
        "_certain": st.lists(st.sampled_from(DATES[:-1]), min_size=1, max_size=1),
    },
)


def chosen(db: sqlite3.Connection, given: dict[str, list[str]], more: tuple[Any, ...]) -> Chosen:
    found = [*conditions(db, given), *more]
    return Chosen(
        "events",
        " AND ".join(f"({c.sql})" for c in found),
        {key: value for c in found for key, value in c.params.items()},
        Every(tuple(c.term for c in found if c.term)),
    )


def then(column: str, value: str) -> Condition:
    """The like of `linked` over `history`; days are not after one."""
    mark = f"then_{column}"
    listed = f'EXISTS (SELECT 1 FROM json_each(history."{column}") WHERE value = :{mark})'
    if column == "latest":
        return Condition(f"latest <= :{mark}", {mark: value}, "", Day(column, "<=", value))
    if column == "kind":
        return Condition(f"kind = :{mark}", {mark: value}, "", Has(column, value))
    if column == "places":
        return Condition(f"NOT {listed}", {mark: value}, "", Not(Has(column, value)))
    return Condition(listed, {mark: value}, "", Has(column, value))


def in_sets(sets: Sets, db: sqlite3.Connection, what: Chosen) -> Any:
    assert what.term is not None
    with sets.at_head(db) as view:
        return told(InSets(view, what.term))


def told(found: InSql | InSets | InStates) -> Any:
    pages = [
        (descending, after, found.page(descending, after, 3))
        for descending in (False, True)
        for after in (None, Cursor(None, ""), Cursor("1944-10-01", "e3"), Cursor(None, "e1"))
    ]
    return found.count(), {f: sorted(found.counts(f)) for f in FACETS}, pages


def batch(number: int, records: list[dict[str, Any]]) -> str:
    lines = [{"format": 1, "batch": f"b{number}", "recorded": "2026-02-01T00:00:00Z"}, *records]
    return "".join(json.dumps(line) + "\n" for line in lines)


def change(db: sqlite3.Connection, kind: str, number: int, serial: int) -> list[dict[str, Any]]:
    """The records of a change, if it can be made."""
    live = [name for (name,) in db.execute("SELECT id FROM events ORDER BY id")]
    if kind == "new" or not live:
        return [{"event": f"n{serial}", "date": "1944-11-01", "title": "New", "kind": "death"}]
    if kind == "move":
        (within,) = db.execute("SELECT within FROM places WHERE id = 'nis'").fetchone()
        moved = {"unset": ["within"]} if within else {"set": {"within": "belgrade"}}
        return [{"correct": "place/nis", **moved, "because": "x"}]
    name = live[number % len(live)]
    if kind == "date":
        return [{"correct": f"event/{name}", "set": {"date": f"1944-11-2{serial}"}, "because": "x"}]
    accounts = db.execute("SELECT id FROM accounts WHERE event = ?", (name,))
    gone = [{"retract": f"account/{a}", "because": "x"} for (a,) in accounts.fetchall()]
    return [*gone, {"retract": f"event/{name}", "because": "x"}]


@settings(max_examples=40)
@given(
    chronologies,
    parameters,
    st.sets(st.sampled_from(("fronts", "places", "kind")), max_size=2),
    st.sampled_from((set(), {"fronts", "kind"}, {"places", "latest"}, {"latest"})),
    changes,
)
def test_the_sets_give_what_sql_gives_at_every_head(
    events: tuple[dict[str, Any], ...],
    wanted: dict[str, list[str]],
    columns: set[str],
    columns_then: set[str],
    later: list[tuple[str, int]],
) -> None:
    values = {"fronts": "3rd Ukrainian Front", "places": "Niš", "kind": "battle"}
    values_then = {**values, "latest": "1944-10-14"}
    more_then = tuple(then(column, values_then[column]) for column in sorted(columns_then))
    more = tuple(linked(c, values[c], f"m_{c}", negated=c == "places") for c in sorted(columns))
    timeline = Timeline(Path(":memory:"))
    with closing(timeline.db) as db:
        timeline.ingest(START)
        timeline.ingest(batch(0, list(events)), "jsonl")
        sets = Sets()
        for serial, (kind, number) in enumerate([("", 0), *later]):
            if kind:
                timeline.ingest(batch(serial, change(db, kind, number, serial)), "jsonl")
            what = chosen(db, wanted, more)
            assert in_sets(sets, db, what) == told(InSql(db, what)), kind
        for (moment,) in db.execute("SELECT last_position FROM batches").fetchall():
            past = chosen(db, {**wanted, "_as_of": [str(moment)]}, more_then)
            past = past._replace(table="history")
            with asked(db, past, sets, lambda _: nullcontext()) as found:
                assert isinstance(found, InStates)
                assert told(found) == told(InSql(db, past)), moment


def test_states_that_end_are_added_to_those_that_are_held(timeline: Timeline) -> None:
    records = [
        {"event": f"e{n}", "date": DATES[n % 6], "title": "T", "kind": "battle"} for n in range(40)
    ]
    timeline.ingest(batch(0, records), "jsonl")
    db, sets, held = timeline.db, Sets(), set()
    for serial, kind in enumerate(("date", "retract", "date", "new", "date"), 1):
        timeline.ingest(batch(serial, change(db, kind, 7 * serial, serial)), "jsonl")
        for (moment,) in db.execute("SELECT last_position FROM batches").fetchall():
            past = chosen(db, {"_as_of": [str(moment)]}, (then("kind", "battle"),))
            past = past._replace(table="history")
            with asked(db, past, sets, lambda _: nullcontext()) as found:
                assert told(found) == told(InSql(db, past)), (serial, moment)
        held.add(id(sets.states))
    assert len(held) == 1, "all were read anew"


terms: st.SearchStrategy[Term] = st.recursive(
    st.one_of(
        st.builds(
            Has, st.sampled_from(("kind", "places")), st.sampled_from(("battle", "Niš", "-"))
        ),
        st.builds(
            Day,
            st.sampled_from(("earliest", "latest", "sort_day")),
            st.sampled_from(("=", "<", "<=", ">", ">=")),
            st.sampled_from((None, "1944-10-14", "1944-10-01", "0000-01-01")),
        ),
        st.just(Numbers("SELECT event FROM event_spans")),
    ),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda found: Every(tuple(found)), st.lists(inner, max_size=3)),
        st.builds(lambda found: Some(tuple(found)), st.lists(inner, max_size=3)),
    ),
    max_leaves=6,
)


def by_hand(db: sqlite3.Connection, term: Term) -> set[int]:
    """What a term means, by its definition and one query for each leaf."""
    everything = {number for (number,) in db.execute("SELECT number FROM events")}
    match term:
        case Has(facet, value):
            listed = f"EXISTS (SELECT 1 FROM json_each(events.{facet}) WHERE value = ?)"
            where = "kind = ?" if facet == "kind" else listed
            rows = db.execute(f"SELECT number FROM events WHERE {where}", (value,))
        case Day(column, compares, day):
            where = f"{column} {compares if day else 'IS'} ?"
            rows = db.execute(f"SELECT number FROM events WHERE {where}", (day,))
        case Numbers(sql):
            rows = db.execute(sql)
        case Not(negated):
            return everything - by_hand(db, negated)
        case Every(found):
            return everything.intersection(*(by_hand(db, each) for each in found))
        case Some(found):
            return set().union(*(by_hand(db, each) for each in found))
    return {number for (number,) in rows}


@settings(max_examples=40)
@given(chronologies, st.lists(terms, min_size=1, max_size=4))
def test_terms_mean_what_their_definition_says(
    events: tuple[dict[str, Any], ...], wanted: list[Term]
) -> None:
    timeline = Timeline(Path(":memory:"))
    with closing(timeline.db) as db:
        timeline.ingest(START)
        timeline.ingest(batch(0, list(events)), "jsonl")
        with Sets().at_head(db) as view:
            for term in wanted:
                assert set(view.members(term)) == by_hand(db, term)


def test_a_chain_of_pages_gives_every_event_once_in_both_directions(timeline: Timeline) -> None:
    records = [
        {"event": f"e{n}", "date": DATES[n % 6], "title": "T", "kind": "battle"} for n in range(40)
    ]
    timeline.ingest(batch(0, records), "jsonl")
    db, term = timeline.db, Not(Has("kind", "capture"))
    for direction, descending in (("", False), (" DESC", True)):
        expected = db.execute(
            f"SELECT number, sort_day, id FROM events WHERE kind != 'capture'"
            f" ORDER BY sort_day{direction}, id"
        ).fetchall()
        found: list[Any] = []
        after = None
        with Sets().at_head(db) as view:
            while page := view.page(term, descending, after, 7):
                found += page
                (last,) = [row for row in expected if row[0] == page[-1]]
                after = Cursor(*last[1:])
        assert found == [number for number, _, _ in expected]


def test_what_only_sql_can_tell_is_asked_of_sql(timeline: Timeline) -> None:
    what = Chosen("events", "title LIKE '%Niš%'", {}, None)

    with asked(timeline.db, what, Sets(), lambda _: nullcontext()) as found:
        assert isinstance(found, InSql)
        assert found.count() == 1


def test_no_answer_is_older_than_what_was_committed_before_it_was_asked(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path / "timeline.db")
    timeline.ingest(START)
    sets, committed, over = Sets(), [0], threading.Event()
    stale: list[tuple[int, int]] = []

    def read() -> None:
        with closing(schema.connect(timeline.path)) as db:
            while not over.is_set():
                least = committed[0]
                with sets.at_head(db) as view:
                    found = view.count(Has("kind", "battle"))
                if found < least:
                    stale.append((least, found))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for number in range(40):
            records = [
                {"event": f"e{number}", "date": "1944-10-14", "title": "T", "kind": "battle"}
            ]
            timeline.ingest(batch(number, records), "jsonl")
            committed[0] = number + 1
    finally:
        over.set()
        for reader in readers:
            reader.join()
        timeline.db.close()
    assert stale == []


def loadable(sets: Sets, db: sqlite3.Connection) -> list[Has | str]:
    with sets.at_head(db) as view:
        return view.lacking()


def test_what_is_loaded_ahead_is_what_would_be_loaded_when_asked(timeline: Timeline) -> None:
    ahead, asked_for = Sets(), Sets()
    timeline.ingest(batch(0, change(timeline.db, "date", 0, 1)), "jsonl")
    wanted = loadable(ahead, timeline.db)
    for what in wanted:
        ahead.load(timeline.db, what)
    with asked_for.at_head(timeline.db) as view:
        view.members(Some(tuple(what for what in wanted if isinstance(what, Has))))
        view.members(Some(tuple(Day(column, "=", None) for column in DAYS)))
        view.ended()

    assert loadable(ahead, timeline.db) == []
    assert ahead.of_day == asked_for.of_day
    held = {number: ahead.of_value[number] for number in asked_for.of_value}
    assert held == asked_for.of_value
    assert any(ahead.of_value.values()), "nothing was compared"
    assert vars(ahead.states) == vars(asked_for.states)
    assert ahead.states.numbers, "nothing was compared"


def test_what_was_read_of_another_state_is_not_kept(
    timeline: Timeline, make_timeline: Callable[..., Timeline]
) -> None:
    """As where the log grows between the reading and the keeping."""
    other = make_timeline(START)
    sets = Sets()
    wanted = loadable(sets, timeline.db)
    for what in wanted:
        sets.load(other.db, what)

    assert loadable(sets, timeline.db) == wanted


def test_a_query_is_asked_once_and_before_other_threads_have_to_wait(timeline: Timeline) -> None:
    sets, asked_while_free = Sets(), []
    term = Every((Has("kind", "capture"), Not(Numbers("SELECT number AS event FROM events"))))

    @contextmanager
    def limit(_: sqlite3.Connection) -> Iterator[None]:
        def wait() -> None:
            with closing(schema.connect(timeline.path)) as db, sets.at_head(db):
                asked_while_free.append(True)

        other = threading.Thread(target=wait)
        other.start()
        other.join(10)
        yield

    for _ in range(2):
        with sets.at_head(timeline.db, limit, asking(timeline.db, limit, term)) as view:
            assert view.count(term) == 0
    assert asked_while_free == [True]


@pytest.mark.parametrize("fault", [None, ZeroDivisionError("in the making")])
def test_what_several_threads_want_at_once_is_made_once(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch, fault: Exception | None
) -> None:
    waiting, made, found = threading.Semaphore(0), [], []

    class Watched(Future[Any]):
        def result(self, timeout: float | None = None) -> Any:
            if not self.done():
                waiting.release()
            return super().result(10)

    def make() -> str:
        made.append(True)
        for _ in range(2):
            waiting.acquire(timeout=10)
        if fault:
            raise fault
        return "slow"

    def want() -> None:
        with closing(schema.connect(timeline.path)) as db:
            try:
                with sets.at_head(db, None, {"key": make}) as view:
                    found.append(view.made("key", lambda: "made again"))
            except ZeroDivisionError as error:
                found.append(str(error))

    monkeypatch.setattr("chronology.sets.Future", Watched)
    sets = Sets()
    threads = [threading.Thread(target=want) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [str(fault or "slow")] * 3
    assert len(made) == 1
    with sets.at_head(timeline.db, None, {"key": lambda: "anew"}) as view:
        assert view.made("key", lambda: "made again") == "anew"


def test_what_is_kept_is_bounded_and_what_comes_back_is_the_same(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chronology.sets._KEPT_BYTES", 1000)
    sets = Sets()
    with sets.at_head(timeline.db) as view:
        for number in range(50):
            made = view.keep(number, lambda number=number: BitMap(range(0, 300 + 2 * number, 2)))
            assert len(made) == 150 + number
            assert sum(len(made) for made in sets.found.values()) * 2 <= 1000
        assert len(sets.found) > 1, "nothing is kept"


def test_a_file_put_in_the_place_of_another_is_read_anew(
    make_timeline: Callable[..., Timeline],
) -> None:
    """Both logs are as long; only their digests differ."""
    held, other = make_timeline(START), make_timeline(START)
    line = '- {{event: e{}, date: "1944-10-14", title: T, kind: {}}}\n'
    held.batch("one", line.format(1, "battle") + line.format(2, "capture"))
    held.batch("two", line.format(3, "battle"))
    other.batch("one", line.format(1, "battle") + line.format(2, "capture"))
    other.batch("two", line.format(3, "capture"))
    sets = Sets()
    with sets.at_head(held.db) as view:
        assert view.count(Has("kind", "battle")) == 2
    other.db.backup(held.db)
    with sets.at_head(held.db) as view:
        assert view.count(Has("kind", "battle")) == 1
