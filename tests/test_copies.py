"""Copies by SQLite, which may renumber rows, give the same answers as the original."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from conftest import ROOT
from datasette.app import Datasette

WORDS = ("Belgrade", "Niš", "Tito", "bridge", "Danube", "convoy", "Tolbukhin", "armistice", "cor*")


def dumped(source: Path, target: Path) -> None:
    dump = subprocess.run(["sqlite3", source, ".dump"], capture_output=True, check=True)
    subprocess.run(["sqlite3", target], input=dump.stdout, check=True)


def vacuumed(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as db:
        db.execute("VACUUM INTO ?", (str(target),))


def backed_up(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as db, sqlite3.connect(target) as copy:
        db.backup(copy)


def queries(source: Path) -> list[str]:
    """A hundred filters, facets and searches out of what the tables hold."""
    with sqlite3.connect(source) as db:
        found = db.execute(
            "SELECT facet, value FROM facet_values WHERE facet IN"
            " ('kind', 'fronts', 'armies', 'places', 'sources', 'months', 'disputed')"
            " ORDER BY facet, count DESC, value"
        ).fetchall()
        (head,) = db.execute("SELECT max(position) FROM log").fetchone()
    by_facet: dict[str, list[str]] = {}
    for facet, value in found:
        by_facet.setdefault(facet, []).append(quote(value))
    filters = [
        f"{facet}{'' if facet == 'kind' else '__arraycontains'}={value}"
        for facet, values in by_facet.items()
        for value in values[:9]
    ]
    searches = [f"_search={quote(word)}" for word in WORDS]
    own = [
        *(f"_front={value}" for value in by_facet["fronts"][:9]),
        *(f"_place={value}" for value in by_facet["places"][:9]),
        *(f"_within=1944-1{month}-0{day}" for month in "01" for day in range(1, 6)),
    ]
    past = [f"{query}&_as_of={head * 2 // 3}" for query in (*searches, *own[::3], *filters[::9])]
    return [*filters, *searches, *own, *past]


def answers(path: Path, queries: list[str]) -> dict[str, Any]:
    """The rows and the facets that each query gives."""
    metadata = yaml.safe_load((ROOT / "metadata.yml").read_text("utf-8"))
    # Only the facets that a query names are counted.
    metadata["databases"]["timeline"]["tables"]["events"]["facets"] = []

    async def all_answers() -> dict[str, Any]:
        datasette = Datasette([str(path)], metadata=metadata)
        await datasette.invoke_startup()
        return {query: await answer(datasette, query) for query in queries}

    return asyncio.run(all_answers())


async def answer(datasette: Any, query: str) -> Mapping[str, Any]:
    facets = "_facet=kind&_facet_array=fronts"
    path = f"/timeline/events.json?_shape=objects&_extra=count,facet_results&{facets}&{query}"
    response = await datasette.client.get(path, follow_redirects=True)
    found = response.json()
    assert response.status_code == 200, found
    results = found["facet_results"].get("results", found["facet_results"])
    counts = {
        name: [(one["value"], one["count"]) for one in facet["results"]]
        for name, facet in results.items()
    }
    return {"rows": found["rows"], "facets": counts}


@pytest.fixture(scope="module")
def original() -> dict[str, Any]:
    """The answers of the committed file."""
    all_queries = queries(ROOT / "timeline.db")
    assert len(all_queries) > 100
    return answers(ROOT / "timeline.db", all_queries)


# A dump numbers rows anew. The others keep them, so that every sixth query is enough.
@pytest.mark.parametrize(
    ("copy", "step"),
    [pytest.param(dumped, 1, marks=pytest.mark.sqlite3), (vacuumed, 6), (backed_up, 6)],
)
def test_a_copy_gives_the_same_answers_as_the_original(
    copy: Callable[[Path, Path], None], step: int, original: dict[str, Any], tmp_path: Path
) -> None:
    source, target = ROOT / "timeline.db", tmp_path / "timeline.db"
    chosen = list(original)[::step]
    copy(source, target)

    after = answers(target, chosen)

    assert [query for query in chosen if original[query] != after[query]] == []
    assert sum(bool(original[query]["rows"]) for query in chosen) > 90 // step


@pytest.mark.sqlite3
def test_a_dumped_and_restored_log_verifies_with_its_tables(tmp_path: Path) -> None:
    target = tmp_path / "timeline.db"
    dumped(ROOT / "timeline.db", target)
    with sqlite3.connect(ROOT / "timeline.db") as db, sqlite3.connect(target) as copy:
        for table in ("events", "history"):
            sql = f"SELECT id, number FROM {table} ORDER BY number"
            assert copy.execute(sql).fetchall() == db.execute(sql).fetchall()
