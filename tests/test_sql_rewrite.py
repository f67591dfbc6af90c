"""Datasette's own SQL for events: its texts are recognised, and any other text is left to it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Timeline
from datasette.app import Datasette
from datasette.database import QueryInterrupted
from datasette.utils.asgi import Request
from test_web_facets import searched

from chronology.index.selection import all_of
from chronology.web import responses
from chronology.web.datasette_compat import CSV_STREAMS_TAKE_A_CURSOR
from chronology.web.query import selection, sql_rewrite

QUERIES = (
    "",
    "_size=1",
    "_sort=sort_key&_size=1&_next={cursor}",
    "_sort_desc=sort_key",
    "_sort=title&_front=f3",
    "_sort_desc=latitude&kind=capture",
    "_front=f3&kind=capture&_place=serbia",
    "kind__not=battle&places__arraycontains=Belgrade&months__arraynotcontains=1944-09",
    "_search=Belgrade",
    "_within=1944-10&_certain=1944-10-14&latest__gte=1944-10-01",
    "_as_of={position}",
    "_as_of={position}&_front=f3&_search=taken&_sort_desc=sort_key",
    "title__contains=taken&_nocount=1",
)


class Statements:
    """The statements of one Datasette on events and history, with what became of each."""

    def __init__(self, timeline: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
        self.timeline = timeline
        self.rewritten: list[str] = []
        self.left: list[str] = []
        self.disguise: Callable[[str], str] = str
        rewrite = sql_rewrite.rewrite

        async def watched(page: Any, sql: str, params: Any) -> tuple[str, Any]:
            answered, given = await rewrite(page, self.disguise(sql), params)
            (self.left if answered == self.disguise(sql) else self.rewritten).append(sql)
            return answered, given

        monkeypatch.setattr(sql_rewrite, "rewrite", watched)
        sql_rewrite.not_recognised.clear()

    def rows(self, *queries: str) -> list[Any]:
        """The ids of the rows that each query gives."""

        async def answers() -> list[Any]:
            path = self.timeline.path
            datasette = Datasette([str(path)], metadata=searched(path))
            await datasette.invoke_startup()
            found = []
            for query in queries:
                address = f"/{path.stem}/events.json?_shape=objects&_extra=count&{query}"
                answer = await datasette.client.get(address, follow_redirects=True)
                assert answer.status_code == 200, answer.text
                found.append([row["id"] for row in answer.json()["rows"]])
            return found

        return asyncio.run(answers())


@pytest.fixture
def statements(timeline: Timeline, monkeypatch: pytest.MonkeyPatch) -> Statements:
    return Statements(timeline, monkeypatch)


def queries(timeline: Timeline) -> list[str]:
    (position,) = timeline.db.execute("SELECT max(position) FROM log").fetchone()
    return [
        query.format(position=position, cursor="-7957440000000%2Cnis-taken") for query in QUERIES
    ]


def test_every_statement_on_events_is_recognised_on_this_line_of_datasette(
    statements: Statements,
) -> None:
    statements.rows(*queries(statements.timeline))

    assert len(statements.rewritten) > len(QUERIES)
    assert not [sql for sql in statements.left if "from events" in sql or "from history" in sql]
    assert not sql_rewrite.not_recognised


def test_a_statement_that_is_not_recognised_is_datasettes_own_and_is_counted(
    statements: Statements,
) -> None:
    """As after an upgrade of Datasette that words its SQL in another way."""
    expected = queries(statements.timeline)
    before = statements.rows(*expected)
    statements.rewritten.clear()
    statements.disguise = lambda sql: sql.replace(" from ", "\nfrom ")

    assert statements.rows(*expected) == before
    assert not statements.rewritten
    assert set(sql_rewrite.not_recognised) == {"events", "history"}


@pytest.mark.parametrize(
    ("pattern", "sql"),
    [
        (sql_rewrite.COUNT, "select count(*) from events "),
        (sql_rewrite.COUNT, 'select count(*) from events where "kind" = :p0 '),
        (sql_rewrite.COUNT, "select count(*) from (select * from history where a = :p0 limit 9)"),
        (
            sql_rewrite.PAGE,
            "select id, title from events where (sort_key is not null or (sort_key is null and"
            " ((id > :p1)))) order by sort_key, id limit 51",
        ),
        (
            sql_rewrite.SORTED,
            'select id, title from events where "kind" = :p0 order by title, id limit 51',
        ),
    ],
)
def test_the_texts_of_both_lines_are_matched_whole(pattern: Any, sql: str) -> None:
    assert pattern.fullmatch(sql)
    assert not pattern.fullmatch(f"explain {sql}")


def test_statements_on_another_table_than_that_of_the_page_are_left(timeline: Timeline) -> None:
    async def rewritten() -> tuple[str, Any]:
        served = Datasette([str(timeline.path)])
        await served.invoke_startup()
        database = served.get_database(timeline.path.stem)
        request = Request.fake(f"/{timeline.path.stem}/events")
        page = sql_rewrite.PageRequest(served, request, database, "events")
        return await sql_rewrite.rewrite(page, "select count(*) from history ", {})

    assert asyncio.run(rewritten()) == ("select count(*) from history ", {})


def test_the_index_is_loaded_ahead_of_requests(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "WARM_AFTER_S", 0)

    async def not_loaded() -> Any:
        served = Datasette([str(timeline.path)], memory=True)
        await served.invoke_startup()
        await served.client.get(f"/{timeline.path.stem}/events.json")
        database = served.get_database(timeline.path.stem)
        await database.warming
        index = selection.index_of(database)
        assert index

        def read(db: Any) -> Any:
            with index.at_head(db) as reader:
                return list(reader.not_loaded())

        return await database.execute_fn(read)

    assert asyncio.run(not_loaded()) == []


def test_a_query_of_the_index_that_is_interrupted_makes_the_response_incomplete(
    timeline: Timeline,
) -> None:
    def interrupted(_: Any) -> None:
        raise sqlite3.OperationalError("interrupted")

    async def incomplete() -> list[str]:
        served = Datasette([str(timeline.path)])
        await served.invoke_startup()
        responses.timeouts.set([])
        database = served.get_database(timeline.path.stem)
        with pytest.raises(QueryInterrupted):
            await selection.run(served, database, all_of([]), interrupted)
        return list(responses.timeouts.get())

    assert asyncio.run(incomplete()) == [all_of([]).sql]


@pytest.mark.parametrize("sort", ["", "&_sort=name", "&_sort_desc=id"])
def test_a_stream_of_a_table_has_an_order(timeline: Timeline, sort: str) -> None:
    """Without one of its own it has that of the list, or of the key if it takes no cursor."""
    timeline.batch("place", "- {place: aa, name: Zemun}")
    by_id = sorted(str(row["id"]) for row in timeline.rows("SELECT id FROM places"))
    by_name = [*by_id[1:], "aa"]

    async def streamed() -> list[str]:
        served = Datasette([str(timeline.path)])
        await served.invoke_startup()
        address = f"/{timeline.path.stem}/places.csv?_stream=on{sort}"
        return str((await served.client.get(address)).text).splitlines()[1:]

    expected = {
        "": by_name if CSV_STREAMS_TAKE_A_CURSOR else by_id,
        "&_sort=name": by_name,
        "&_sort_desc=id": by_id[::-1],
    }
    assert [line.partition(",")[0] for line in asyncio.run(streamed())] == expected[sort]
