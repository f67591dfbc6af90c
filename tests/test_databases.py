"""A chronology under any name, several in one server, and databases of other programs beside."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import naval
import pytest
from click.testing import CliRunner
from conftest import EVENTS, ROOT, START, Timeline
from datasette import hookimpl
from datasette.app import Datasette
from datasette.plugins import pm
from datasette.utils import tilde_encode, to_css_class

from chronology.cli import main

NAMES = ("my chron.2", "timeline.2026-11-21", "timeline")
Get = Callable[..., httpx.Response]


class Served:
    """A Datasette over files, asked without a server."""

    def __init__(self, *paths: Path, **given: Any) -> None:
        given.setdefault("settings", {"default_page_size": 50, "suggest_facets": False})
        self.datasette = Datasette([str(path) for path in paths], **given)

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.get_all([path], **given)[0]

    def get_all(self, paths: Sequence[str], **given: Any) -> list[httpx.Response]:
        async def ask() -> list[httpx.Response]:
            await self.datasette.invoke_startup()
            return [await self.datasette.client.get(path, **given) for path in paths]

        return asyncio.run(ask())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small chronology under several names, another one, and the database of a club."""
    folder = tmp_path_factory.mktemp("databases")
    for name in NAMES:
        timeline = Timeline(folder / f"{name}.db")
        timeline.ingest(START)
        timeline.ingest(EVENTS)
        timeline.batch(
            "correction",
            "- correct: event/nis-taken\n"
            "  set: {title: Niš falls}\n"
            "  because: The title was too long.",
        )
        timeline.db.close()
    fleets = Timeline(folder / "fleets & sails.db")
    for text in naval.BATCHES.values():
        fleets.ingest(text)
    fleets.db.close()
    club = sqlite3.connect(folder / "club.db")
    club.executescript(CLUB)
    club.close()
    return folder


CLUB = """
CREATE TABLE events (id INTEGER PRIMARY KEY, title TEXT, kind TEXT, sort_day TEXT, places TEXT);
INSERT INTO events VALUES (1, '=Spring fair', 'fair', '2026-04-01', '["Hall"]');
INSERT INTO events VALUES (2, 'Autumn fair', 'fair', '2026-10-01', '["Hall", "Park"]');
CREATE TABLE history (id INTEGER PRIMARY KEY, title TEXT, action TEXT);
INSERT INTO history VALUES (1, 'founded', 'corrected');
CREATE TABLE log (id INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE tracking (id INTEGER PRIMARY KEY, parcel TEXT);
CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT);
"""


@pytest.fixture(scope="module")
def two(folder: Path) -> Served:
    """Two chronologies and the club in one server."""
    return Served(*(folder / f"{name}.db" for name in ("timeline", "fleets & sails", "club")))


class Links(HTMLParser):
    """The addresses that a page leads to on this server."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("action" if tag == "form" else "href") or ""
        if address.startswith("/") and not address.startswith("/-/static"):
            self.found.append(address)


# Any name --------------------------------------------------------------------------------------

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

    assert set(re.findall(r"<h2>By (\w+)</h2>", page)) == {
        *("front", "army", "place", "kind", "source", "month", "disputed"),
    }
    assert page.index("Niš falls") < page.index("Belgrade is taken")
    assert "The columns of the data" in page
    hidden = {table["name"] for table in tables if table["hidden"]}
    assert hidden >= {"tracking", "event_links", "facet_values", "former_accounts", "history_fts"}
    assert not hidden & {"events", "history", "log", "sources"}


def test_metadata_goes_before_the_defaults(folder: Path) -> None:
    given = {"sort_desc": "title", "facets": ["kind"], "columns": {"id": "Its own words"}}
    metadata = {"databases": {"my chron.2": {"tables": {"events": given}}}}
    page = Served(folder / "my chron.2.db", metadata=metadata).get("/my~20chron~2E2/events").text

    assert page.index("Niš falls") < page.index("Belgrade is taken")
    assert re.findall(r"<h2>By (\w+)</h2>", page) == ["kind"]
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
    monkeypatch.setattr("chronology.cli.project._refuse_taken", lambda *_: None)
    served = CliRunner().invoke(main, ["serve", str(folder)], catch_exceptions=False)
    given = ["--db", str(folder / "my chron.2.db"), "--out", str(tmp_path / "out")]
    given += ["--metadata", str(ROOT / "metadata.yml")]
    exported = CliRunner().invoke(main, ["export", *given], catch_exceptions=False)
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text("utf-8"))

    assert served.exit_code == exported.exit_code == 0
    assert "my chron.2.db" in served.output
    assert started[0][3:5] == ["serve", str(folder)]
    assert "The first possible day" in json.dumps(package)


# Several ---------------------------------------------------------------------------------------


def test_several_are_listed_at_the_root(two: Served) -> None:
    page = two.get("/").text
    found = Links(page).found

    assert "A test" in page
    assert "Fleets in the West Indies" in page
    assert "1 September to 30 November 1944" in page
    assert "<b>2</b> events" in page
    assert {"/timeline", f"/{tilde_encode('fleets & sails')}", "/club"} <= set(found)


@pytest.mark.parametrize("name", ["timeline", "fleets & sails"])
def test_each_of_several_has_a_whole_site(two: Served, name: str) -> None:
    """Every address within two steps of the home answers, and stays with the chronology."""
    base = f"/{tilde_encode(name)}"
    own = f"_db={tilde_encode(name).replace('~26', '%26')}"
    seen: dict[str, httpx.Response] = {}
    ahead = [base]
    for _ in range(2):
        seen.update(zip(ahead, two.get_all(ahead, follow_redirects=True), strict=True))
        pages = [seen[a].text for a in ahead if "html" in seen[a].headers["content-type"]]
        links = {link.partition("#")[0] for page in pages for link in Links(page).found}
        ahead = sorted(links - seen.keys() - {"/", "/-/logout"})[:60]

    assert len(seen) > 30
    assert {address: a.status_code for address, a in seen.items() if a.status_code != 200} == {}
    for address in seen:
        assert address.startswith(base) or own in address, address


def test_the_home_of_each_shows_its_own_events(two: Served) -> None:
    test, fleets = two.get_all(["/timeline", f"/{tilde_encode('fleets & sails')}"])

    assert "Belgrade is taken" in test.text
    assert "Belgrade is taken" not in fleets.text
    assert '"database": {"_db": "timeline"}' in test.text
    assert '"database": {"_db": "fleets \\u0026 sails"}' in fleets.text


@pytest.mark.parametrize("page", ["points.json", "order-of-battle.json", "disagreements.json"])
def test_data_of_several_has_to_be_named(two: Served, page: str) -> None:
    address = f"/-/chronology/{page}"
    unnamed, unknown, named = two.get_all(
        [address, f"{address}?_db=club", f"{address}?_db=fleets+%26+sails"]
    )

    assert unnamed.status_code == 400
    assert "add _db=timeline or _db=fleets+%26+sails" in unnamed.json()["error"]
    assert unknown.status_code == 400
    assert "'club' is no chronology here" in unknown.json()["error"]
    assert named.status_code == 200
    assert "Belgrade" not in named.text


def test_a_page_of_several_that_is_not_named_asks_which(two: Served) -> None:
    answer = two.get("/-/chronology/disagreements?kind=action")

    assert answer.status_code == 400
    found = Links(answer.text).found
    assert "/-/chronology/disagreements?_db=timeline&kind=action" in found


def test_the_checkpoint_of_each_is_its_own(folder: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.db").write_bytes((folder / "timeline.db").read_bytes())
    (tmp_path / "two" / "checkpoint.txt").write_text("signed\n", "utf-8")
    served = Served(tmp_path / "one" / "one.db", tmp_path / "two" / "two.db")
    address = "/-/chronology/checkpoint"
    found = served.get_all([address, f"{address}?_db=one", f"{address}?_db=two"])

    assert [answer.status_code for answer in found] == [400, 404, 200]
    assert found[2].text == "signed\n"


def test_the_routes_behind_an_address_are_none_themselves(two: Served) -> None:
    paths = ["/-/chronology/of", "/-/chronology/of/timeline", "/-/chronology/of/club/events.csv"]

    assert [answer.status_code for answer in two.get_all(paths)] == [404, 404, 404]


def test_one_chronology_need_not_be_named(folder: Path) -> None:
    served = Served(folder / "my chron.2.db", folder / "club.db")
    paths = ["/", "/-/chronology/disagreements", "/-/chronology/disagreements?_db=my+chron.2"]

    for answer in served.get_all(paths):
        assert answer.status_code == 200
        assert "_db=fleets" not in answer.text
    assert "_db=" not in served.get("/").text


def test_what_an_actor_may_not_see_is_neither_listed_nor_named(folder: Path) -> None:
    hidden = {"databases": {"fleets & sails": {"allow": {"id": "admiral"}}}}
    served = Served(folder / "timeline.db", folder / "fleets & sails.db", metadata=hidden)
    paths = ["/", "/-/chronology/points.json", "/-/chronology/points.json?_db=fleets+%26+sails"]
    home, points, named = served.get_all(paths)
    admiral = served.get("/", cookies={"ds_actor": cookie(served, "admiral")})

    assert "<h1>A test</h1>" in home.text
    assert points.status_code == 200
    assert named.status_code == 400
    for answer in (home, points, named):
        assert "West Indies" not in answer.text
    assert "known are 'timeline'" in named.json()["error"]
    assert "Fleets in the West Indies" in admiral.text
    assert served.get(f"/{tilde_encode('fleets & sails')}").status_code == 403


def cookie(served: Served, actor: str) -> str:
    return str(served.datasette.sign({"a": {"id": actor}}, "actor"))


# Databases of others ---------------------------------------------------------------------------

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
MEASURED = re.compile(r"[\d.]+ ?ms\b|[\d.]+&thinsp;ms|\"(query_ms|duration_ms)\": [\d.]+")


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
