"""The bitmap index against SQL: for any chronology, any filters, and as the log grows."""

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
from pyroaring import BitMap

from chronology.index.current import EventIndex, slow_queries
from chronology.index.predicates import (
    DAY_COLUMNS,
    And,
    Cursor,
    DayComparison,
    FacetEquals,
    Not,
    NumberQuery,
    Or,
    Predicate,
)
from chronology.index.selection import (
    EventFilter,
    IndexSelection,
    Selection,
    SqlSelection,
    all_of,
    group_counts,
    select,
)
from chronology.store.database import connect
from chronology.timeline.filters import event_filters, has_any

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


def no_limit(_: sqlite3.Connection) -> Any:
    return nullcontext()


def filtered(
    db: sqlite3.Connection, given: dict[str, list[str]], more: tuple[EventFilter, ...] = ()
) -> EventFilter:
    position = int(given["_as_of"][0]) if "_as_of" in given else None
    return all_of([*event_filters(db, given), *more], position)


def of_version(column: str, value: str) -> EventFilter:
    """A condition over `history`: a day not after one, a kind, or a value in an array or not."""
    mark = f"then_{column}"
    if column == "latest":
        return EventFilter(f"latest <= :{mark}", {mark: value}, DayComparison(column, "<=", value))
    if column == "kind":
        return EventFilter(f"kind = :{mark}", {mark: value}, FacetEquals(column, value))
    return has_any("history", column, [value], mark, negated=column == "places")


def answers(selection: Selection) -> Any:
    pages = [
        (descending, after, selection.page(descending, after, 3))
        for descending in (False, True)
        for after in (None, Cursor(None, ""), Cursor("1944-10-01", "e3"), Cursor(None, "e1"))
    ]
    db = selection.db if isinstance(selection, SqlSelection) else selection.reader.db
    groups = group_counts(db, selection.relation, ("date", "fronts"))
    counts = {facet: sorted(selection.counts(facet)) for facet in FACETS}
    return selection.count(), counts, pages, sorted(selection.numbers()), groups


def from_index(index: EventIndex, db: sqlite3.Connection, selected: EventFilter) -> Any:
    assert selected.predicate is not None
    with index.at_head(db) as reader:
        return answers(IndexSelection(reader, selected, selected.predicate, no_limit))


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
def test_the_index_gives_what_sql_gives_at_every_head(
    events: tuple[dict[str, Any], ...],
    wanted: dict[str, list[str]],
    columns: set[str],
    columns_then: set[str],
    later: list[tuple[str, int]],
) -> None:
    values = {"fronts": "3rd Ukrainian Front", "places": "Niš", "kind": "battle"}
    values_then = {**values, "latest": "1944-10-14"}
    more_then = tuple(of_version(column, values_then[column]) for column in sorted(columns_then))
    more = tuple(
        has_any("events", c, [values[c]], f"m_{c}", negated=c == "places") for c in sorted(columns)
    )
    timeline = Timeline(Path(":memory:"))
    with closing(timeline.db) as db:
        timeline.ingest(START)
        timeline.ingest(batch(0, list(events)), "jsonl")
        index = EventIndex()
        for serial, (kind, number) in enumerate([("", 0), *later]):
            if kind:
                timeline.ingest(batch(serial, change(db, kind, number, serial)), "jsonl")
            selected = filtered(db, wanted, more)
            assert from_index(index, db, selected) == answers(SqlSelection(db, selected)), kind
        for (position,) in db.execute("SELECT last_position FROM batches").fetchall():
            past = filtered(db, {**wanted, "_as_of": [str(position)]}, more_then)
            with select(db, past, index, no_limit) as selection:
                assert isinstance(selection, IndexSelection)
                assert answers(selection) == answers(SqlSelection(db, past)), position


def test_superseded_versions_are_added_to_those_that_were_read(timeline: Timeline) -> None:
    records = [
        {"event": f"e{n}", "date": DATES[n % 6], "title": "T", "kind": "battle"} for n in range(40)
    ]
    timeline.ingest(batch(0, records), "jsonl")
    db, index, read = timeline.db, EventIndex(), set()
    for serial, kind in enumerate(("date", "retract", "date", "new", "date"), 1):
        timeline.ingest(batch(serial, change(db, kind, 7 * serial, serial)), "jsonl")
        for (position,) in db.execute("SELECT last_position FROM batches").fetchall():
            past = filtered(db, {"_as_of": [str(position)]}, (of_version("kind", "battle"),))
            with select(db, past, index, no_limit) as selection:
                assert answers(selection) == answers(SqlSelection(db, past)), (serial, position)
        read.add(id(index.superseded))
    assert len(read) == 1, "all were read anew"


predicates: st.SearchStrategy[Predicate] = st.recursive(
    st.one_of(
        st.builds(
            FacetEquals,
            st.sampled_from(("kind", "places")),
            st.sampled_from(("battle", "Niš", "-")),
        ),
        st.builds(
            DayComparison,
            st.sampled_from(("earliest", "latest", "sort_day")),
            st.sampled_from(("=", "<", "<=", ">", ">=")),
            st.sampled_from((None, "1944-10-14", "1944-10-01", "0000-01-01")),
        ),
        st.just(NumberQuery("SELECT event FROM event_spans")),
    ),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda found: And(tuple(found)), st.lists(inner, max_size=3)),
        st.builds(lambda found: Or(tuple(found)), st.lists(inner, max_size=3)),
    ),
    max_leaves=6,
)


def by_hand(db: sqlite3.Connection, predicate: Predicate) -> set[int]:
    """The numbers for which a predicate holds, by its definition and one query for each leaf."""
    everything = {number for (number,) in db.execute("SELECT number FROM events")}
    match predicate:
        case FacetEquals(facet, value):
            listed = f"EXISTS (SELECT 1 FROM json_each(events.{facet}) WHERE value = ?)"
            where = "kind = ?" if facet == "kind" else listed
            rows = db.execute(f"SELECT number FROM events WHERE {where}", (value,))
        case DayComparison(column, compares, day):
            where = f"{column} {compares if day else 'IS'} ?"
            rows = db.execute(f"SELECT number FROM events WHERE {where}", (day,))
        case NumberQuery(sql):
            rows = db.execute(sql)
        case Not(negated):
            return everything - by_hand(db, negated)
        case And(found):
            return everything.intersection(*(by_hand(db, each) for each in found))
        case Or(found):
            return set().union(*(by_hand(db, each) for each in found))
    return {number for (number,) in rows}


@settings(max_examples=40)
@given(chronologies, st.lists(predicates, min_size=1, max_size=4))
def test_predicates_mean_what_their_definition_says(
    events: tuple[dict[str, Any], ...], wanted: list[Predicate]
) -> None:
    timeline = Timeline(Path(":memory:"))
    with closing(timeline.db) as db:
        timeline.ingest(START)
        timeline.ingest(batch(0, list(events)), "jsonl")
        with EventIndex().at_head(db) as reader:
            for predicate in wanted:
                assert set(reader.evaluate(predicate)) == by_hand(db, predicate)


def test_a_chain_of_pages_gives_every_event_once_in_both_directions(timeline: Timeline) -> None:
    records = [
        {"event": f"e{n}", "date": DATES[n % 6], "title": "T", "kind": "battle"} for n in range(40)
    ]
    timeline.ingest(batch(0, records), "jsonl")
    db, predicate = timeline.db, Not(FacetEquals("kind", "capture"))
    for direction, descending in (("", False), (" DESC", True)):
        expected = db.execute(
            f"SELECT number, sort_day, id FROM events WHERE kind != 'capture'"
            f" ORDER BY sort_day{direction}, id"
        ).fetchall()
        found: list[Any] = []
        after = None
        with EventIndex().at_head(db) as reader:
            while page := reader.page(reader.evaluate(predicate), descending, after, 7):
                found += page
                (last,) = [row for row in expected if row[0] == page[-1]]
                after = Cursor(*last[1:])
        assert found == [number for number, _, _ in expected]


def test_a_filter_without_a_predicate_is_left_to_sql(timeline: Timeline) -> None:
    selected = EventFilter("title LIKE '%Niš%'", {}, None)

    with select(timeline.db, selected, EventIndex(), no_limit) as selection:
        assert isinstance(selection, SqlSelection)
        assert selection.count() == 1


def test_no_answer_is_older_than_what_was_committed_before_it_was_asked(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path / "timeline.db")
    timeline.ingest(START)
    index, committed, over = EventIndex(), [0], threading.Event()
    stale: list[tuple[int, int]] = []

    def read() -> None:
        with closing(connect(timeline.path)) as db:
            while not over.is_set():
                least = committed[0]
                with index.at_head(db) as reader:
                    found = len(reader.evaluate(FacetEquals("kind", "battle")))
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


def loadable(index: EventIndex, db: sqlite3.Connection) -> list[FacetEquals | str]:
    with index.at_head(db) as reader:
        return reader.not_loaded()


def test_what_is_loaded_ahead_is_what_would_be_loaded_when_asked(timeline: Timeline) -> None:
    ahead, on_demand = EventIndex(), EventIndex()
    timeline.ingest(batch(0, change(timeline.db, "date", 0, 1)), "jsonl")
    wanted = loadable(ahead, timeline.db)
    for what in wanted:
        ahead.load(timeline.db, what)
    with on_demand.at_head(timeline.db) as reader:
        reader.evaluate(Or(tuple(what for what in wanted if isinstance(what, FacetEquals))))
        reader.evaluate(Or(tuple(DayComparison(column, "=", None) for column in DAY_COLUMNS)))
        assert reader.superseded

    assert loadable(ahead, timeline.db) == []
    assert ahead.by_day == on_demand.by_day
    loaded = {number: ahead.by_value[number] for number in on_demand.by_value}
    assert loaded == on_demand.by_value
    assert any(ahead.by_value.values()), "nothing was compared"
    assert vars(ahead.superseded) == vars(on_demand.superseded)
    assert ahead.superseded.values, "nothing was compared"


def test_what_was_read_of_another_state_is_not_kept(
    timeline: Timeline, make_timeline: Callable[..., Timeline]
) -> None:
    """As where the log grows between the reading and the keeping."""
    other = make_timeline(START)
    index = EventIndex()
    wanted = loadable(index, timeline.db)
    for what in wanted:
        index.load(other.db, what)

    assert loadable(index, timeline.db) == wanted


def test_a_query_is_asked_once_and_before_other_threads_have_to_wait(timeline: Timeline) -> None:
    index, read_meanwhile = EventIndex(), []
    predicate = And(
        (FacetEquals("kind", "capture"), Not(NumberQuery("SELECT number AS event FROM events")))
    )

    @contextmanager
    def limit(_: sqlite3.Connection) -> Iterator[None]:
        def wait() -> None:
            with closing(connect(timeline.path)) as db, index.at_head(db):
                read_meanwhile.append(True)

        other = threading.Thread(target=wait)
        other.start()
        other.join(10)
        yield

    for _ in range(2):
        slow = slow_queries(timeline.db, limit, predicate)
        with index.at_head(timeline.db, limit, slow) as reader:
            assert not reader.evaluate(predicate)
    assert read_meanwhile == [True]


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
        with closing(connect(timeline.path)) as db:
            try:
                with index.at_head(db, None, {"key": make}) as reader:
                    found.append(reader.run("key", lambda: "made again"))
            except ZeroDivisionError as error:
                found.append(str(error))

    monkeypatch.setattr("chronology.index.current.Future", Watched)
    index = EventIndex()
    threads = [threading.Thread(target=want) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [str(fault or "slow")] * 3
    assert len(made) == 1
    with index.at_head(timeline.db, None, {"key": lambda: "anew"}) as reader:
        assert reader.run("key", lambda: "made again") == "anew"


def test_what_is_kept_is_bounded_and_what_comes_back_is_the_same(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chronology.index.current._RESULTS_BYTES", 1000)
    index = EventIndex()
    with index.at_head(timeline.db) as reader:
        for number in range(50):
            made = reader.cached(
                number, lambda number=number: BitMap(range(0, 300 + 2 * number, 2))
            )
            assert len(made) == 150 + number
        assert 1 < len(index.results) <= 1000 // (2 * 150)


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
    index = EventIndex()
    with index.at_head(held.db) as reader:
        assert len(reader.evaluate(FacetEquals("kind", "battle"))) == 2
    other.db.backup(held.db)
    with index.at_head(held.db) as reader:
        assert len(reader.evaluate(FacetEquals("kind", "battle"))) == 1
