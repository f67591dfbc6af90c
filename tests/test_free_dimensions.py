"""Dimensions of tags and quantities: exact under any filter, now and as of a position."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from conftest import Timeline
from hypothesis import given, settings
from hypothesis import strategies as st
from index_cases import batch, no_limit

from chronology import projections
from chronology.index.current import EventIndex
from chronology.index.selection import all_of, select
from chronology.timeline.filters import event_filters

START = """\
format: 1
batch: start
recorded: 2026-01-01T00:00:00Z
records:
- chronology: test
  title: A test
  window: 1944
  kinds: {battle: A battle, death: A death}
  sides: {soviet: Soviet}
  levels: {front: Fronts}
  dimensions:
    fronts: front
    theme: {label: Theme, many: true}
    country: {label: Country}
  quantities: {tanks: Tanks, loss: {label: Loss, unit: t}}
- {source: one, name: One}
- {formation: f3, name: 3rd Front, level: front, side: soviet}
- {tag: war, dimension: theme, name: War}
- {tag: trade, dimension: theme, name: Trade}
- {tag: usa, dimension: country, name: War}
"""
QUANTITIES = st.one_of(
    st.integers(-5, 5).map(float), st.floats(-1e15, 1e15, allow_nan=False, allow_infinity=False)
)
COLUMNS = ("theme", "country", "fronts", "kind")


def event(serial: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "event": st.just(f"e{serial}"),
            "title": st.just("It"),
            "date": st.sampled_from(("1944-10-14", "1944-11", "[1944-01-01,1944-10-14]")),
            "kind": st.sampled_from(("battle", "death")),
            "tags": st.fixed_dictionaries(
                {},
                optional={
                    "theme": st.sampled_from((["war"], ["trade"], ["trade", "war"])),
                    "country": st.just("usa"),
                },
            ),
            "quantities": st.dictionaries(st.sampled_from(("tanks", "loss")), QUANTITIES),
            "formations": st.sampled_from(([], ["f3"])),
        },
        optional={"importance": st.integers(1, 5)},
    )


EVENTS = st.integers(1, 8).flatmap(lambda count: st.tuples(*map(event, range(count))))
# A parameter of the address, and the same condition in plain SQL.
CONDITIONS = {
    ("_theme", "war"): "EXISTS (SELECT 1 FROM json_each(theme) WHERE value = 'War')",
    ("_theme", "Trade"): "EXISTS (SELECT 1 FROM json_each(theme) WHERE value = 'Trade')",
    ("_country", "usa"): "EXISTS (SELECT 1 FROM json_each(country) WHERE value = 'War')",
    ("_front", "f3"): "EXISTS (SELECT 1 FROM json_each(fronts) WHERE value = '3rd Front')",
    ("_certain", "1944-10"): "earliest >= '1944-10-01' AND latest <= '1944-10-31'",
    ("_within", "1944-11"): "latest >= '1944-11-01'",
}
CHANGES = (
    [{"correct": "event/e0", "set": {"tags": {"theme": ["war"]}}, "because": "x"}],
    [{"correct": "event/e0", "unset": ["tags", "quantities"], "because": "x"}],
    [{"correct": "event/e0", "set": {"quantities": {"loss": 2}}, "because": "x"}],
    [{"correct": "tag/trade", "set": {"name": "Commerce"}, "because": "x"}],
    [{"correct": "tag/trade", "set": {"name": "Trade"}, "because": "x"}],
    [{"retract": "event/e0", "because": "x"}],
)


def by_hand(db: Any, table: str, condition: str) -> dict[str, list[tuple[str, int]]]:
    """The counts of every facet from the table alone."""
    found = {}
    for column in COLUMNS:
        values = f'json_each("{column}")' if column != "kind" else "json_each(json_array(kind))"
        rows = db.execute(
            f"SELECT each.value, count(DISTINCT {table}.number)"
            f" FROM {table}, {values} AS each WHERE {condition} GROUP BY 1 ORDER BY 1"
        )
        found[column] = rows.fetchall()
    return found


@settings(max_examples=60)
@given(
    EVENTS,
    st.sets(st.sampled_from(sorted(CONDITIONS)), max_size=3),
    st.lists(st.sampled_from(CHANGES), max_size=3),
)
def test_facets_of_tags_are_exact_under_any_filter_and_at_any_position(
    events: tuple[dict[str, Any], ...],
    chosen: set[tuple[str, str]],
    later: list[list[dict[str, Any]]],
) -> None:
    timeline = Timeline(Path(":memory:"))
    with closing(timeline.db) as db:
        timeline.ingest(START)
        timeline.ingest(batch(0, list(events)), "jsonl")
        for serial, records in enumerate(later, 1):
            if can_apply(db, records[0]):
                timeline.ingest(batch(serial, records), "jsonl")
        assert projections.verify(db) == []
        index = EventIndex()
        parameters: dict[str, list[str]] = {}
        for key, value in sorted(chosen):
            # The name of a tag may have changed; its id has not.
            parameters.setdefault(key, []).append(value.lower() if key == "_theme" else value)
        name = db.execute("SELECT name FROM tags WHERE id = 'trade'").fetchone()[0]
        where = " AND ".join(f"({CONDITIONS[each]})" for each in sorted(chosen)) or "TRUE"
        selected = all_of(event_filters(db, parameters))
        with select(db, selected, index, no_limit) as selection:
            counts = {column: sorted(selection.counts(column)) for column in COLUMNS}
        assert counts == by_hand(db, "events", where.replace("'Trade'", f"'{name}'"))
        for (position,) in db.execute("SELECT last_position FROM batches").fetchall():
            past = all_of(event_filters(db, {**parameters, "_as_of": [str(position)]}), position)
            with select(db, past, index, no_limit) as selection:
                then = {column: sorted(selection.counts(column)) for column in COLUMNS}
            current = (
                f"from_position <= {position}"
                f" AND (until_position IS NULL OR until_position > {position})"
            )
            named = dict.fromkeys(names_at(db, position))
            old = next(iter(named), "Trade")
            condition = where.replace("'Trade'", f"'{old}'")
            assert then == by_hand(db, "history", f"{current} AND {condition}"), position


def names_at(db: Any, position: int) -> list[str]:
    """The name of the tag `trade` at a position."""
    rows = db.execute(
        "SELECT coalesce(data ->> '$.name', data ->> '$.set.name') FROM log"
        " WHERE stream = 'tag/trade' AND position <= ? ORDER BY version DESC LIMIT 1",
        (position,),
    )
    return [name for (name,) in rows]


def can_apply(db: Any, record: dict[str, Any]) -> bool:
    """Whether a change changes anything."""
    target = record.get("correct") or record["retract"]
    subject, _, name = target.partition("/")
    if subject == "tag":
        return bool(
            db.execute("SELECT name FROM tags WHERE id = ?", (name,)).fetchone()[0]
            != record["set"]["name"]
        )
    row = db.execute(
        "SELECT theme, country, tanks, loss FROM events WHERE id = ?", (name,)
    ).fetchone()
    if row is None:
        return False
    if "unset" in record:
        return tuple(row) != ("[]", "[]", None, None)
    if "set" in record and "tags" in record["set"]:
        return tuple(row[:2]) != ('["War"]', "[]")
    if "set" in record:
        return tuple(row[2:]) != (None, 2.0)
    return True


@settings(max_examples=40)
@given(EVENTS, QUANTITIES)
def test_quantities_are_numbers_of_their_own_columns(
    events: tuple[dict[str, Any], ...], limit: float
) -> None:
    timeline = Timeline(Path(":memory:"))
    with closing(timeline.db) as db:
        timeline.ingest(START)
        timeline.ingest(batch(0, list(events)), "jsonl")
        stored = {
            name: (tanks, loss)
            for name, tanks, loss in db.execute("SELECT id, tanks, loss FROM events")
        }
        sorted_ids = [
            name
            for (name,) in db.execute(
                "SELECT id FROM events WHERE loss >= ? ORDER BY loss DESC, id", (limit,)
            )
        ]

    assert stored == {
        each["event"]: (each["quantities"].get("tanks"), each["quantities"].get("loss"))
        for each in events
    }
    losses = {each["event"]: each["quantities"].get("loss") for each in events}
    large = [name for name, loss in losses.items() if loss is not None and loss >= limit]
    assert sorted_ids == sorted(large, key=lambda name: (-losses[name], name))


def test_the_columns_follow_the_declared_order(make_timeline: Any) -> None:
    timeline = make_timeline(START)

    columns = list(timeline.rows("SELECT name FROM pragma_table_info('events')"))

    names = [column["name"] for column in columns]
    assert names[names.index("months") + 1 : names.index("formations")] == [
        *("fronts", "theme", "country")
    ]
    assert names[names.index("importance") + 1 : names.index("version")] == ["tanks", "loss"]
    assert names[-1] == "number"


def test_a_new_dimension_and_quantity_are_added_to_the_tables(make_timeline: Any) -> None:
    timeline = make_timeline(START)
    timeline.batch("e", "- {event: e, date: 1944, title: It, kind: death, tags: {theme: war}}")
    timeline.batch(
        "more",
        """\
- correct: chronology/test
  set:
    dimensions: {fronts: front, theme: {label: Theme, many: true}, country: {label: Country},
      flag: {label: Flag}}
    quantities: {tanks: Tanks, loss: {label: Loss, unit: t}, guns: Guns}
  because: Needed.
- {tag: red, dimension: flag, name: Red}
- {correct: event/e, set: {tags: {flag: red, theme: [war]}, quantities: {guns: 3}}, because: So.}
""",
    )

    event_row = timeline.event("e")

    assert (event_row["flag"], event_row["theme"], event_row["guns"]) == ('["Red"]', '["War"]', 3)
    assert projections.verify(timeline.db) == []
    (first, _) = timeline.rows("SELECT flag, guns FROM history ORDER BY from_position")
    assert first == {"flag": "[]", "guns": None}


def test_a_tag_with_a_new_name_changes_the_rows_of_its_events(make_timeline: Any) -> None:
    timeline = make_timeline(START)
    timeline.batch("e", "- {event: e, date: 1944, title: It, kind: death, tags: {theme: war}}")
    timeline.batch("n", "- {correct: tag/war, set: {name: Warfare}, because: Clearer.}")

    assert timeline.event("e")["theme"] == '["Warfare"]'
    assert timeline.rows("SELECT events FROM tags WHERE id = 'war'") == [{"events": 1}]
    (reason,) = timeline.rows("SELECT because FROM history WHERE action = 'corrected'")
    assert reason == {"because": "tag/war corrected: Clearer."}
    assert projections.verify(timeline.db) == []


def test_tags_and_titles_in_other_languages_are_searched(make_timeline: Any) -> None:
    timeline = make_timeline(START)
    timeline.batch(
        "e",
        "- {correct: tag/trade, set: {names: [{name: Handel, language: de}]}, because: Known.}\n"
        "- {event: e, date: 1944, title: It, kind: death, tags: {theme: trade},"
        " names: [{name: Der Zug, language: de}]}",
    )

    for text in ("handel", "trade", "zug"):
        assert timeline.rows("SELECT rowid FROM events_fts WHERE events_fts MATCH ?", text), text


def test_json_of_an_event_keeps_its_quantities_as_written(make_timeline: Any) -> None:
    timeline = make_timeline(START)
    timeline.batch(
        "e", "- {event: e, date: 1944, title: It, kind: death, quantities: {tanks: 21, loss: 0.5}}"
    )

    (row,) = timeline.rows("SELECT data FROM log WHERE stream = 'event/e'")

    assert json.loads(str(row["data"]))["quantities"] == {"tanks": 21, "loss": 0.5}
