"""The index gives the same answers as SQL: for any chronology, any filter and any head."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from conftest import Timeline
from hypothesis import given, settings
from hypothesis import strategies as st
from index_cases import DATES, batch, change, no_limit
from small_chronology import START

from chronology.index.current import EventIndex
from chronology.index.predicates import (
    SORT_DAY_STEPS,
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
from chronology.model.days import number
from chronology.timeline.filters import event_filters, has_any

FACETS = ("fronts", "armies", "places", "months", "sources", "kind", "status", "disputed")
PLACES = ("nis", "belgrade", "serbia")
TIMES = ("1944-10-14T05:00", "1944-10-14T02:00+09:00", "1944-10-14T05:00:00Z")
OCTOBER = number(date(1944, 10, 1))


def event(serial: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda day, sequence, kind, places, formations, source: {
            "event": f"e{serial}",
            "date": day,
            **({"sequence": sequence} if sequence else {}),
            "title": f"Event {serial}",
            "kind": kind,
            "places": places,
            "formations": formations,
            "accounts": [{"source": source, "at": "1"}],
        },
        st.sampled_from((*DATES[:-1], *TIMES)),
        st.integers(0, 2),
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
        "_within": st.lists(st.sampled_from((*DATES[:-1], *TIMES)), min_size=1, max_size=2),
        "_certain": st.lists(st.sampled_from((*DATES[:-1], *TIMES)), min_size=1, max_size=1),
    },
)


def filtered(
    db: sqlite3.Connection, given: dict[str, list[str]], more: tuple[EventFilter, ...] = ()
) -> EventFilter:
    position = int(given["_as_of"][0]) if "_as_of" in given else None
    return all_of([*event_filters(db, given), *more], position)


def of_version(column: str, value: str) -> EventFilter:
    """A condition over `history`: a day not after one, a kind, or a value in an array or not."""
    mark = f"then_{column}"
    if column == "latest":
        day = number(date.fromisoformat(value))
        known = DayComparison("last_day", "<=", day)
        return EventFilter(f"latest <= :{mark}", {mark: value}, known)
    if column == "kind":
        return EventFilter(f"kind = :{mark}", {mark: value}, FacetEquals(column, value))
    return has_any("history", column, [value], mark, negated=column == "places")


def answers(selection: Selection) -> Any:
    pages = [
        (descending, after, selection.page(descending, after, 3))
        for descending in (False, True)
        for after in (None, Cursor(OCTOBER * SORT_DAY_STEPS, "e3"), Cursor(0, "e1"), Cursor(-1, ""))
    ]
    db = selection.db if isinstance(selection, SqlSelection) else selection.reader.db
    groups = group_counts(db, selection.relation, ("date", "fronts"))
    counts = {facet: sorted(selection.counts(facet)) for facet in FACETS}
    return selection.count(), counts, pages, sorted(selection.numbers()), groups


def from_index(index: EventIndex, db: sqlite3.Connection, selected: EventFilter) -> Any:
    assert selected.predicate is not None
    with index.at_head(db) as reader:
        return answers(IndexSelection(reader, selected, selected.predicate, no_limit))


@settings(max_examples=40)
@given(
    chronologies,
    parameters,
    st.sets(st.sampled_from(("fronts", "places", "kind")), max_size=2),
    st.sampled_from((set(), {"fronts", "kind"}, {"places", "latest"}, {"latest"})),
    changes,
)
def test_the_index_and_sql_give_the_same_answers_at_every_head(
    events: tuple[dict[str, Any], ...],
    given_parameters: dict[str, list[str]],
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
            selected = filtered(db, given_parameters, more)
            assert from_index(index, db, selected) == answers(SqlSelection(db, selected)), kind
        for (position,) in db.execute("SELECT last_position FROM batches").fetchall():
            past = filtered(db, {**given_parameters, "_as_of": [str(position)]}, more_then)
            with select(db, past, index, no_limit) as selection:
                assert isinstance(selection, IndexSelection)
                assert answers(selection) == answers(SqlSelection(db, past)), position


def test_newly_superseded_versions_are_added_to_the_loaded_ones(timeline: Timeline) -> None:
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
            st.sampled_from(("first_day", "last_day")),
            st.sampled_from(("=", "<", "<=", ">", ">=")),
            st.sampled_from((None, OCTOBER + 13, OCTOBER, -OCTOBER)),
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
            where = f"{column} {compares if day is not None else 'IS'} ?"
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
def test_predicates_select_the_events_of_their_definition(
    events: tuple[dict[str, Any], ...], trees: list[Predicate]
) -> None:
    timeline = Timeline(Path(":memory:"))
    with closing(timeline.db) as db:
        timeline.ingest(START)
        timeline.ingest(batch(0, list(events)), "jsonl")
        with EventIndex().at_head(db) as reader:
            for predicate in trees:
                assert set(reader.evaluate(predicate)) == by_hand(db, predicate)


def test_a_chain_of_pages_gives_every_event_once_in_both_directions(timeline: Timeline) -> None:
    records = [
        {"event": f"e{n}", "date": DATES[n % 6], "title": "T", "kind": "battle"} for n in range(40)
    ]
    timeline.ingest(batch(0, records), "jsonl")
    db, predicate = timeline.db, Not(FacetEquals("kind", "capture"))
    for direction, descending in (("", False), (" DESC", True)):
        expected = db.execute(
            f"SELECT number, sort_key, id FROM events WHERE kind != 'capture'"
            f" ORDER BY sort_key{direction}, id"
        ).fetchall()
        found: list[Any] = []
        after = None
        with EventIndex().at_head(db) as reader:
            while page := reader.page(reader.evaluate(predicate), descending, after, 7):
                found += page
                (last,) = [row for row in expected if row[0] == page[-1]]
                after = Cursor(*last[1:])
        assert found == [number for number, _, _ in expected]


def test_a_filter_without_a_predicate_uses_sql(timeline: Timeline) -> None:
    selected = EventFilter("title LIKE '%Niš%'", {}, None)

    with select(timeline.db, selected, EventIndex(), no_limit) as selection:
        assert isinstance(selection, SqlSelection)
        assert selection.count() == 1
