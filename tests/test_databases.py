"""Databases of any name, and databases that are not chronologies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from conftest import ROOT, Timeline
from datasette import hookimpl
from datasette.plugins import pm
from datasette.utils import tilde_encode, to_css_class
from several_databases import NAMES, Links, Served, make_databases
from small_chronology import EVENTS, START

from chronology.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("databases")
    make_databases(folder)
    return folder


PATHS = [
    *("", "/events", "/events?kind=capture", "/events.json?_shape=array", "/events.csv"),
    *("/events.geojson", "/events.ics", "/events/nis-taken", "/events/nis-taken.json"),
    *("/events/nis-taken.csv", "/events?_as_of=18", "/events.json?_shape=array&_as_of=18"),
    *("/events.csv?_as_of=18", "/events/nis-taken?_as_of=18", "/history", "/history.atom"),
    *("/sources", "/sources/one", "/places", "/places/serbia", "/people/tolbukhin"),
    *("/formations", "/formations/a57", "/accounts", "/log", "/events.json?_facet_array=fronts"),
    *("/events?_front=Nobody", "/events/nis-take", "/nothing", "?_tables=1", ".json"),
]


@pytest.mark.parametrize("name", NAMES[:2])
def test_a_chronology_answers_the_same_under_any_name(folder: Path, name: str) -> None:
    usual = asked_all(Served(folder / "timeline.db"), "timeline")
    other = asked_all(Served(folder / f"{name}.db"), name)

    assert other == usual


def asked_all(served: Served, name: str) -> dict[str, tuple[int, str]]:
    """The answers of a chronology, as they would be if it were called "timeline"."""
    base = f"/{tilde_encode(name)}"
    found = {}
    answers = served.get_all([base + path for path in PATHS], follow_redirects=True)
    for path, answer in zip(PATHS, answers, strict=True):
        text = answer.text.replace("\r\n ", "").replace(base, "/timeline")
        text = text.replace(to_css_class(name), "timeline").replace(name, "timeline")
        # Datasette 1.0 gives each database a colour, by its name.
        text = re.sub(r"border-color: #\w+", "", text)
        found[path] = answer.status_code, MEASURED.sub("", text)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_plugin_gives_sorts_and_facets_without_metadata(folder: Path, name: str) -> None:
    served = Served(folder / f"{name}.db")
    base = f"/{tilde_encode(name)}"
    page = served.get(f"{base}/events").text
    tables = served.get(f"{base}.json").json()["tables"]

    assert set(re.findall(r"<h2>By ([\w ]+)</h2>", page)) == {
        *("front", "army", "place", "kind", "source", "month", "disputed point"),
    }
    assert page.index("Niš falls") < page.index("Belgrade is taken")
    assert "Column descriptions" in page
    hidden = {table["name"] for table in tables if table["hidden"]}
    assert hidden >= {"tracking", "event_links", "facet_values", "former_accounts", "history_fts"}
    assert not hidden & {"events", "history", "log", "sources"}


def test_metadata_goes_before_the_defaults(folder: Path) -> None:
    given = {"sort_desc": "title", "facets": ["kind"], "columns": {"id": "Its own words"}}
    metadata = {"databases": {"my chron.2": {"tables": {"events": given}}}}
    page = Served(folder / "my chron.2.db", metadata=metadata).get("/my~20chron~2E2/events").text

    assert page.index("Niš falls") < page.index("Belgrade is taken")
    assert re.findall(r"<h2>By ([\w ]+)</h2>", page) == ["kind"]
    assert "Its own words" in page
    assert "The first possible day" in page


def test_a_past_list_under_any_name_is_of_then(folder: Path) -> None:
    served = Served(folder / "my chron.2.db")
    address = "/my~20chron~2E2/events.json?_shape=array&_as_of=18"
    then = served.get(address, follow_redirects=True).json()

    assert {row["id"]: row["title"] for row in then}["nis-taken"] == "Niš is taken"


def test_a_download_is_called_after_the_database(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / 'the "Ниш" file.db'
    path.write_bytes((folder / "timeline.db").read_bytes())
    base = f"/{tilde_encode(path.stem)}"
    for answer in Served(path).get_all([f"{base}/events.csv", f"{base}/events.geojson"]):
        named = answer.headers["content-disposition"]
        assert 'filename="the _____ file-events.' in named
        assert "filename*=UTF-8''the%20%22%D0%9D%D0%B8%D1%88%22%20file-events." in named


def test_a_new_dimension_has_its_facet_at_once(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path / "new.one.db")
    timeline.ingest(START)
    timeline.ingest(EVENTS)
    served = Served(timeline.path)
    before = served.get("/new~2Eone/events").text
    timeline.batch(
        "corps",
        "- correct: chronology/test\n  set: {dimensions: {fronts: front, corps: corps}}\n"
        "  because: The corps are of more use.",
    )
    after = served.get("/new~2Eone/events").text
    timeline.db.close()

    assert "By army" in before
    assert "By army" not in after
    assert "By corps" in after


@pytest.mark.parametrize(
    "path", ["/my~20chron~2E2/events", "/my+chron~2E2/events", "/my+chron~2E2"]
)
def test_caches_may_keep_answers_under_any_name(folder: Path, path: str) -> None:
    served = Served(folder / "my chron.2.db", folder / "club.db")
    first = served.get(path)
    again = served.get(path, headers={"if-none-match": first.headers["etag"]})

    assert again.status_code == 304


def test_the_list_of_tables_stays_within_reach(folder: Path) -> None:
    served = Served(folder / "my chron.2.db")
    address = f"/{tilde_encode('my chron.2')}?_tables=1"

    assert address in Links(served.get("/my~20chron~2E2").text).found
    assert "attachments" in served.get(address).text


def test_a_file_of_any_name_is_served_and_exported(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda _, arguments: started.append(arguments))
    monkeypatch.setattr("chronology.cli.project._require_free_port", lambda *_: None)
    served = CliRunner().invoke(main, ["serve", str(folder)], catch_exceptions=False)
    given = ["--db", str(folder / "my chron.2.db"), "--out", str(tmp_path / "out")]
    given += ["--metadata", str(ROOT / "metadata.yml")]
    exported = CliRunner().invoke(main, ["export", *given], catch_exceptions=False)
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text("utf-8"))

    assert served.exit_code == exported.exit_code == 0
    assert "my chron.2.db" in served.output
    assert started[0][3:5] == ["serve", str(folder)]
    assert "The first possible day" in json.dumps(package)


FOREIGN = [
    *("/club", "/club.json", "/club/events", "/club/events.json", "/club/events.csv"),
    *("/club/events/1", "/club/events/1.json", "/club/events.geojson", "/club/events.atom"),
    *("/club/history", "/club/history.atom", "/club/history.json", "/club/log", "/club/sources/1"),
    "/club/events?_facet=kind&_facet_array=places",
    *("/club/events.json?_facet_array=places&_as_of=5", "/club/events?_as_of=5&_within=1944"),
    *("/club/events?_sort=title", "/club/events/3", "/club/nothing", "/club/events/1.csv"),
    *("/club/events?_next=x&_size=y", "/club?sql=select+1", "/club/-/query?sql=select+1"),
    *("/club/events?_search=", "/club/events?_where=1=2", "/club.db", "/club/events.json?_shape=x"),
]
# Times, and the numbers of rows, which Datasette counts within a time limit.
MEASURED = re.compile(
    r"[\d.]+ ?ms\b|[\d.]+&thinsp;ms|\"(query_ms|duration_ms)\": [\d.]+"
    r"|<p>(?:Many|(?:&gt;)?[\d,]+) rows?</p>|\"count\": (?:null|\d+)"
)


@pytest.mark.parametrize("beside", [(), ("timeline",)], ids=["alone", "beside a chronology"])
def test_another_database_is_left_to_datasette(folder: Path, beside: tuple[str, ...]) -> None:
    files = [folder / f"{name}.db" for name in ("club", *beside)]
    expected = without_the_plugin(lambda: Served(*files).get_all(FOREIGN))
    found = Served(*files).get_all(FOREIGN)

    for path, ours, theirs in zip(FOREIGN, found, expected, strict=True):
        assert ours.status_code == theirs.status_code, path
        assert MEASURED.sub("", ours.text) == MEASURED.sub("", theirs.text), path
        assert ours.headers["content-type"] == theirs.headers["content-type"], path


def test_the_root_without_a_chronology_is_datasettes(folder: Path) -> None:
    paths = ["/", "/.json", "/-/versions", "/nothing"]
    expected = without_the_plugin(lambda: Served(folder / "club.db").get_all(paths))
    found = Served(folder / "club.db").get_all(paths)

    for ours, theirs in zip(found[:2], expected[:2], strict=True):
        assert ours.text == theirs.text
    assert [a.status_code for a in found] == [a.status_code for a in expected]
    assert "chronology.css" not in "".join(a.text for a in found)


def test_the_root_is_datasettes_where_no_chronology_may_be_seen(folder: Path) -> None:
    hidden = {"databases": {"timeline": {"allow": False}}}
    page = Served(folder / "timeline.db", folder / "club.db", metadata=hidden).get("/").text

    assert 'href="/club"' in page
    assert "timeline" not in page
    assert "A test" not in page


def without_the_plugin(ask: Callable[[], list[httpx.Response]]) -> list[httpx.Response]:
    plugin = pm.unregister(name="chronology")
    try:
        return ask()
    finally:
        pm.register(plugin, name="chronology")


class Shop:
    """A plugin of somebody else, with hooks of the same kinds."""

    __name__ = "shop"

    @hookimpl
    def extra_template_vars(self) -> dict[str, str]:
        return {"shop": "open"}

    @hookimpl
    def render_cell(self, value: Any, column: str, database: str) -> str | None:
        return f"{value}!" if column == "title" and database == "club" else None

    @hookimpl
    def register_routes(self) -> list[Any]:
        async def page(datasette: Any, request: Any) -> Any:
            from datasette.utils.asgi import Response

            return Response.html(await datasette.render_template("list.html", {}, request))

        return [(r"/-/shop$", page)]


def test_the_templates_of_others_are_as_without_the_plugin(folder: Path, tmp_path: Path) -> None:
    """Own templates are named as this plugin's once were: each finds its own."""
    (tmp_path / "base.html").write_text(
        "<title>{% block title %}{% endblock %}</title>{% block nav %}nav{% endblock %}"
        "{% block content %}{% endblock %}{% block footer %}foot{% endblock %}",
        "utf-8",
    )
    for name in ("list", "page", "refused", "_footer"):
        text = (
            f"{{% extends 'base.html' %}}{{% block content %}}{name} {{{{ shop }}}}{{% endblock %}}"
        )
        (tmp_path / f"{name}.html").write_text(text, "utf-8")
    shop = Shop()
    pm.register(shop, name="shop")
    try:
        files = [folder / "club.db", folder / "timeline.db"]
        paths = ["/-/shop", "/club/events", "/club"]
        given = {"template_dir": str(tmp_path)}
        expected = without_the_plugin(lambda: Served(*files, **given).get_all(paths))
        served = Served(*files, **given)
        found = served.get_all(paths)
        home, own = served.get_all(["/", "/timeline/events"])
    finally:
        pm.unregister(shop)

    assert found[0].text == "<title></title>navlist openfoot"
    assert [MEASURED.sub("", answer.text) for answer in found] == [
        MEASURED.sub("", answer.text) for answer in expected
    ]
    assert "Spring fair!" in found[1].text
    assert "<h1>A test</h1>" in home.text
    assert "<h1>2 events</h1>" in own.text
