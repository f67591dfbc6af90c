"""Every address with each table closed alone, with all closed, and the database and the instance.

A page needs permission for what it shows. Nobody else learns anything of a closed table.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from conftest import Timeline
from datasette.app import Datasette
from in_process import CONFIGURATION, client_of
from small_chronology import EVENTS, START

from chronology.web import permissions

EDITOR = {"id": "editor"}
MORE = """\
- correct: chronology/test
  set: {dimensions: {fronts: front, armies: army, theme: {label: Theme}}}
  because: Needed.
- {tag: towns, dimension: theme, name: Towns, description: mark-of-tags}
- {source: three, name: Third, note: mark-of-sources}
- {place: brod, name: Brod, note: mark-of-places, latitude: "43.5", longitude: "21.7",
   within: nis}
- {person: stahel, name: Stahel, side: german, role: mark-of-people}
- {formation: d9, name: 9th Division, level: division, side: soviet,
   names: [{name: mark-of-formations, use: period}],
   attached: [{to: c68, source: three, at: mark-of-attachments}],
   commanders: [{person: stahel, source: three, at: mark-of-commanders}]}
- event: brod-taken
  date: 1944-10-15
  title: mark-of-events
  kind: capture
  places: [brod]
  people: [stahel]
  formations: [d9]
  tags: {theme: towns}
  related: [{event: nis-taken, as: part-of}]
  accounts:
  - {source: three, at: "1", date: 1944-10-15, says: mark-of-accounts,
     claims: {guns: mark-of-claims}}
  - {source: one, at: "9", date: 1944-10-16, claims: {guns: 4}}
"""
CORRECTION = """\
- correct: event/nis-taken
  set: {summary: "Corrected."}
  because: mark-of-history
"""
_WITHOUT_TEXTS = ("relations", "media_files", "batches", "log")
MARKED = tuple(table for table in permissions.TABLES if table not in _WITHOUT_TEXTS)
EVENT = permissions.NEEDED["events"]
NAME = "it"


class Address(NamedTuple):
    """An address and the tables that it needs."""

    path: str
    needed: tuple[str, ...] = ()


MEDIA = ("media_files", "events", "history", "accounts", "places", "people")
ADDRESSES = (
    Address("/", ("events",)),
    Address("/?_within=1944-10-15", ("events",)),
    Address("/?_search=mark", permissions.SEARCHED),
    Address("/?_place=serbia", ("events", "places")),
    Address("/?_as_of=20", ("events", "history")),
    Address("/-/chronology/points.json", ("events",)),
    Address("/-/chronology/points.json?_front=f3", ("events", "formations")),
    Address("/-/chronology/order-of-battle", permissions.ORDER_OF_BATTLE),
    Address("/-/chronology/order-of-battle.json", permissions.ORDER_OF_BATTLE),
    Address("/-/chronology/disagreements", permissions.DISAGREEMENTS),
    Address("/-/chronology/disagreements.json", permissions.DISAGREEMENTS),
    Address("/it?_tables=1"),
    Address("/it.json"),
    Address("/it/events", ("events",)),
    Address("/it/events.json?_facet_array=places&_facet=kind", ("events",)),
    Address("/it/events.json?_search=mark", permissions.SEARCHED),
    Address("/it/events?_place=nowhere", ("events", "places")),
    Address("/it/events?_front=nobody", ("events", "formations")),
    Address("/it/events?_theme=towns", ("events", "tags")),
    Address("/it/events?_person=stahel", ("events", "people")),
    Address("/it/events.csv", ("events",)),
    Address("/it/events.csv?_search=mark", permissions.SEARCHED),
    *(
        Address(f"/it/events.{form}", permissions.LISTED)
        for form in ("geojson", "ics", "atom", "jsonld", "timelinejs")
    ),
    Address("/it/events/brod-taken", EVENT),
    Address("/it/events/brod-taken.json", EVENT),
    Address("/it/events/brod-taken.csv", EVENT),
    Address("/it/events/brod-take", ("events",)),
    Address("/it/events/brod-take.json", ("events",)),
    Address("/it/events?_as_of=20", ("events", "history")),
    Address("/it/events/nis-taken?_as_of=20", ("events", "history")),
    Address("/it/history", ("history", "events")),
    Address("/it/history.json?_as_of=20", ("history", "events")),
    Address("/it/history.atom", ("history", "events", "batches")),
    Address("/it/sources/three", permissions.NEEDED["sources"]),
    Address("/it/sources/thre", ("sources",)),
    Address("/it/places/brod", permissions.NEEDED["places"]),
    Address("/it/people/stahel", permissions.NEEDED["people"]),
    Address("/it/formations/d9", permissions.NEEDED["formations"]),
    Address("/it/tags/towns", permissions.NEEDED["tags"]),
    *(
        Address(f"/it/{table}/{row}.json{query}", (table,))
        for table, row in (("places", "brod"), ("formations", "d9"), ("people", "stahel"))
        for query in ("", "?_extras=foreign_key_tables&_extra=foreign_key_tables")
    ),
    *(
        Address(f"/it/{table}{form}", (table,))
        for table in permissions.TABLES
        if table not in ("events", "history", "claims", "log", "relations", "media_files")
        for form in ("", ".json?_labels=on", ".csv")
    ),
    Address("/it/claims.json", ("claims", "accounts")),
    Address("/it/relations.json", ("relations", "events")),
    Address("/it/media_files.json", MEDIA),
    Address(f"/it/media/{'0' * 64}.png", MEDIA),
    Address("/it/events.json?_part_of=nis-taken", ("events", "relations")),
    Address("/it/log.json", permissions.TABLES),
    Address("/it/log", permissions.TABLES),
    Address("/it/events_fts.json", (*permissions.SEARCHED, "history")),
    Address("/it/facet_values.json", ("events", "sources", "places", "formations", "people")),
    Address(
        '/it/formations.json?_through={"table":"commanders","column":"person","value":"stahel"}',
        ("formations", "commanders"),
    ),
    Address("/nothing", ()),
    Address("/it/nothing", ()),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of a chronology with a mark in each table."""
    timeline = Timeline(tmp_path_factory.mktemp("closed") / f"{NAME}.db")
    for text in (START, EVENTS):
        timeline.ingest(text)
    timeline.batch("more", MORE)
    timeline.batch("correction", CORRECTION, "2026-03-01T00:00:00Z")
    timeline.db.close()
    return str(timeline.path)


def configuration(closed: str) -> dict[str, Any]:
    """Settings by which only the editor sees what is closed."""
    allow = {"allow": EDITOR}
    if closed == "instance":
        return allow
    if closed == "database":
        return {"databases": {NAME: allow}}
    names = permissions.TABLES if closed == "all tables" else (closed,)
    return {"databases": {NAME: {"tables": {name: {"allow": EDITOR} for name in names if name}}}}


def answers(
    file: str, closed: str, actor: dict[str, str] | None, addresses: Iterable[Address | str]
) -> list[Any]:
    served = Datasette(
        [file], **{CONFIGURATION: configuration(closed)}, settings={"default_allow_sql": False}
    )
    with client_of(served) as client:
        if actor:
            client.cookies.set("ds_actor", served.sign({"a": actor}, "actor"))
        return [client.get(each if isinstance(each, str) else each.path) for each in addresses]


@pytest.fixture(scope="module")
def statuses(file: str) -> list[int]:
    """The status of each address if nothing is closed."""
    found = answers(file, "", None, ADDRESSES)
    assert {answer.status_code for answer in found} <= {200, 302, 400, 404}
    text = "".join(answer.text for answer in found)
    assert [table for table in MARKED if f"mark-of-{table}" not in text] == []
    return [answer.status_code for answer in found]


OTHERS = ("events", "all tables", "database")
CLOSED = (*permissions.TABLES, "all tables", "database", "instance")


def assert_permissions(
    file: str, statuses: list[int], closed: str, chosen: Iterable[Address] = ADDRESSES
) -> None:
    before = dict(zip(ADDRESSES, statuses, strict=True))
    asked = list(chosen)
    for address, answer in zip(asked, answers(file, closed, None, asked), strict=True):
        assert_refused_or_equal(address, before[address], answer, closed)
        for table in MARKED:
            if closed in (table, "all tables", "database", "instance"):
                assert f"mark-of-{table}" not in f"{answer.headers} {answer.text}", address


@pytest.mark.parametrize("closed", CLOSED)
def test_what_needs_a_closed_table_is_refused(file: str, statuses: list[int], closed: str) -> None:
    number = CLOSED.index(closed)
    others = ADDRESSES[number % 5 :: 5]
    chosen = [each for each in ADDRESSES if closed in each.needed or each in others]
    assert_permissions(file, statuses, closed, chosen)


@pytest.mark.slow
@pytest.mark.parametrize("closed", CLOSED)
def test_a_page_needs_permission_for_what_it_shows(
    file: str, statuses: list[int], closed: str
) -> None:
    assert_permissions(file, statuses, closed)


def assert_refused_or_equal(address: Address, status: int, answer: Any, closed: str) -> None:
    needs_closed = closed in address.needed or (closed not in permissions.TABLES and address.needed)
    if not needs_closed:
        assert answer.status_code in (status, 403), address
    else:
        assert answer.status_code == 403, address
        if address.path.partition("?")[0].endswith(".json"):
            assert answer.headers["content-type"].startswith("application/json"), address
            assert json.loads(answer.text)["ok"] is False
        elif "." not in address.path.partition("?")[0]:
            assert "You do not have access" in answer.text, address


@pytest.mark.parametrize(
    "closed", ["instance", *(pytest.param(each, marks=pytest.mark.slow) for each in OTHERS)]
)
def test_an_actor_with_permission_sees_every_page(
    file: str, statuses: list[int], closed: str
) -> None:
    seen = answers(file, closed, EDITOR, ADDRESSES)

    assert [answer.status_code for answer in seen] == statuses


def through(table: str) -> str:
    condition = {"table": table, "column": "person", "value": "stahel"}
    query = {"_shape": "objects", "_through": json.dumps(condition)}
    return f"/it/formations.json?{urlencode(query)}"


@pytest.mark.parametrize("table", ["commanders", "COMMANDERS", "Commanders"])
def test_no_filter_goes_through_a_closed_table(file: str, table: str) -> None:
    (allowed,) = answers(file, "batches", None, [through(table)])
    (refused,) = answers(file, "commanders", None, [through(table)])

    assert [row["id"] for row in allowed.json()["rows"]] == ["d9"]
    assert refused.status_code == 403


REFERRING = "_extras=foreign_key_tables&_extra=foreign_key_tables"


@pytest.mark.parametrize("closed", ["accounts", "attachments", "commanders"])
def test_a_row_does_not_count_the_rows_of_closed_tables(file: str, closed: str) -> None:
    (answer,) = answers(file, closed, None, [f"/it/sources/three.json?{REFERRING}"])
    (seen,) = answers(file, closed, EDITOR, [f"/it/sources/three.json?{REFERRING}"])

    tables = [each["other_table"] for each in answer.json()["foreign_key_tables"]]
    everything = [each["other_table"] for each in seen.json()["foreign_key_tables"]]
    assert {*tables} == {*everything} - {closed}
    assert closed in everything


@pytest.mark.parametrize(
    "path",
    [
        "/it/attachments",
        "/it/attachments.json?_shape=objects&_labels=on",
        "/it/attachments.csv?_labels=on",
        "/it/attachments.json?_shape=objects&_facet=source",
        "/it/attachments/1",
        "/it/attachments/1.json?_labels=on",
    ],
)
def test_rows_have_no_labels_of_closed_tables(file: str, path: str) -> None:
    """The name of a source is a label of the rows that refer to it."""
    (seen,) = answers(file, "sources", EDITOR, [path])
    (answer,) = answers(file, "sources", None, [path])

    assert answer.status_code == seen.status_code
    assert "First source" not in answer.text


def test_labels_of_open_tables_are_shown(file: str) -> None:
    (seen,) = answers(file, "people", None, ["/it/attachments.json?_shape=objects&_labels=on"])

    assert "First source" in seen.text


def other_database(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "other.db")) as db:
        db.execute("CREATE TABLE things (name TEXT)")
    return str(folder / "other.db")


def home(files: list[str], closed: str) -> Any:
    with client_of(Datasette(files, **{CONFIGURATION: configuration(closed)})) as client:
        return client.get("/")


@pytest.mark.parametrize("closed", ["events", "all tables", "database"])
def test_the_home_is_forbidden_unless_another_database_is_open(
    file: str, tmp_path: Path, closed: str
) -> None:
    alone, beside = home([file], closed), home([file, other_database(tmp_path)], closed)

    assert alone.status_code == 403
    assert "You do not have access" in alone.text
    assert beside.status_code == 200
    assert "/other" in beside.text
    for table in ("events", "history", "accounts", "log"):
        assert f"/{NAME}/{table}" not in beside.text


@pytest.mark.parametrize("allowed", [None, {"databases": {"_memory": {"allow_sql": True}}}])
def test_queries_across_databases_are_closed(file: str, allowed: dict[str, Any] | None) -> None:
    """With `--crossdb`, one SQL statement could otherwise read every table of every database."""
    sql = urlencode({"sql": f"select title from {NAME}.events"})
    paths = [f"/_memory.json?{sql}", f"/_memory?{sql}", f"/_memory/-/query.json?{sql}"]
    paths += [f"/_memory.csv?{sql}", f"/_memory/-/query?{sql}"]
    with client_of(Datasette([file], crossdb=True, **{CONFIGURATION: allowed or {}})) as client:
        found = [client.get(path, follow_redirects=True) for path in paths]

    if allowed is None:
        assert not any(answer.is_success for answer in found)
        assert found[0].status_code == 403
    shown = any("mark-of-events" in answer.text for answer in found)
    assert shown is (allowed is not None)
