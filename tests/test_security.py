"""A hostile batch, and the privacy of the machine."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints
from xml.etree import ElementTree

import hostile
import msgspec
import pytest
import yaml
from attacked import (
    TABLES,
    Attacked,
    assert_harmless,
    assert_no_path,
)
from click.testing import CliRunner
from conftest import ROOT, Timeline
from datasette.app import Datasette
from in_process import in_process
from server import rows
from small_chronology import START

from chronology.cli import main
from chronology.model import fields, records
from chronology.model.errors import ChronologyError


def text_fields(kind: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all fields of a type that hold free text; `*` is any item."""
    if kind in (fields.Line, fields.Text, fields.Locators):
        yield path
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind, include_extras=True)
        for field in msgspec.structs.fields(kind):
            yield from text_fields(hints[field.name], (*path, field.encode_name))
    elif get_origin(kind) in (list, dict):
        yield from text_fields(get_args(kind)[-1], (*path, "*"))
    elif get_origin(kind) is Union or type(kind).__name__ == "UnionType":
        for one in get_args(kind):
            yield from text_fields(one, path)


def values(data: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield data
    elif path[0] == "*":
        for item in data.values() if isinstance(data, dict) else data:
            yield from values(item, path[1:])
    elif path[0] in data:
        yield from values(data[path[0]], path[1:])


def test_the_hostile_chronology_has_markup_in_every_text_field(attacked: Attacked) -> None:
    log = rows(attacked.client, table="log")
    kinds = {**records.SUBJECTS, "batch": records.Batch}

    for subject, kind in kinds.items():
        found = [json.loads(str(r["data"])) for r in log if str(r["type"]).startswith(subject)]
        found += [data["set"] for data in found if "set" in data]
        paths = list(text_fields(kind))
        assert paths, subject
        for path in paths:
            texts = [str(value) for data in found for value in values(data, path)]
            assert any(hostile.ALERT in value for value in texts), (subject, path)


def pages() -> list[str]:
    lists = ["", "?_facet=title", "?_sort=title", "?_col=title", "?_size=2", "?_facet_array=names"]
    tables = [f"/timeline/{table}{query}" for table in TABLES for query in lists[:5]]
    then = [
        "/timeline/events?_as_of=14",
        "/timeline/events/e?_as_of=14",
        "/timeline/events/gone?_as_of=14",
    ]
    days = ["/?_within=1944-10-13", "/?_search=script", "/?_place=p&_front=f"]
    names = ["/timeline/places?_facet_array=names", "/timeline/people?_facet=role"]
    return ["/", "/timeline", "/timeline/events/e", *tables, *then, *days, *names]


@pytest.mark.parametrize("path", pages())
def test_markup_in_the_data_is_text_on_every_page(attacked: Attacked, path: str) -> None:
    answer = attacked.get(path, follow_redirects=True)

    if answer.status_code == 400:
        assert "title" in path  # A table without titles has none to sort or to count.
        assert hostile.ALERT not in answer.text
    elif answer.status_code != 404 or "_as_of" not in path:
        assert_harmless(answer)


def test_markup_in_the_data_is_text_in_the_feed(attacked: Attacked) -> None:
    answer = attacked.get("/timeline/history.atom")
    root = ElementTree.fromstring(answer.content)

    assert {element.tag.partition("}")[0] for element in root.iter()} == {
        "{http://www.w3.org/2005/Atom"
    }
    assert {
        e.get("type", "text") for e in root.iter() if e.tag.endswith(("}title", "}content"))
    } == {"text"}
    assert hostile.ALERT in "".join(root.itertext())
    assert b"<script" not in answer.content
    assert all(e.get("href", "http://").startswith("http://") for e in root.iter())


@pytest.mark.parametrize(
    "path",
    ["events.json", "events/e.json", "events.csv", "events/e.csv", "log.json", "places.json"],
)
def test_data_is_never_taken_for_a_page(attacked: Attacked, path: str) -> None:
    answer = attacked.get(f"/timeline/{path}")

    assert hostile.ALERT in answer.text
    assert answer.headers["content-type"].startswith(("application/json", "text/csv"))
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd"),
        *("vbscript:x", "//example.org/x", "/x", "x", "http:x", "https://"),
        *(
            "java\tscript:alert(1)",
            "https://example.org/\nx",
            "\x01javascript:alert(1)",
            "ftp://x.y",
        ),
    ],
)
def test_an_address_of_a_source_is_of_the_web(
    make_timeline: Callable[..., Timeline], url: str
) -> None:
    lines: list[dict[str, Any]] = [
        {"format": 1, "batch": "b", "recorded": "2026-01-03T00:00:00Z"},
        {"source": "s", "name": "S", "url": url},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)

    with pytest.raises(ChronologyError) as refused:
        make_timeline(START).ingest(text, "jsonl")

    assert "url" in str(refused.value)


# What a public instance tells and does


@pytest.mark.parametrize(
    "path",
    [f"/-/{name}{form}" for name in ("threads", "databases", "tasks") for form in ("", ".json")],
)
def test_pages_about_the_machine_are_not_there(attacked: Attacked, path: str) -> None:
    assert attacked.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/-/versions.json", "/-/plugins.json?all=1", "/-/settings.json", "/-/config.json"),
        *("/-/metadata.json", "/.json", "/timeline.json", "/-/actor.json", "/-/patterns", "/nope"),
        *("/timeline/nope", "/-/static/../app.py", "/timeline.db", "/-/static/nope.css"),
    ],
)
def test_no_answer_holds_a_path_of_the_machine(attacked: Attacked, path: str) -> None:
    assert_no_path(attacked, attacked.get(path).text)


@pytest.mark.parametrize("path", ["/", "/.json"])
def test_a_failure_of_the_server_shows_no_details(
    attacked: Attacked,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def failing(*_: Any) -> dict[str, Any]:
        raise FileNotFoundError("/secret/place is not there")

    monkeypatch.setattr("chronology.web.pages.home.page", failing)
    monkeypatch.setattr("datasette.views.index.IndexView.get", failing)
    instance = Datasette(config_dir=attacked.folder)
    answer = asyncio.run(instance.client.get(path))

    assert answer.status_code == 500
    assert "The server failed; the cause is in its log" in answer.text
    assert "secret" not in answer.text
    assert "/secret/place is not there" in capfd.readouterr().err


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/timeline/events.json?_where=1=1",
            "/timeline/events?_where=1=1",
            "/timeline.json?sql=select+1",
        ),
        *("/timeline/events.csv?_where=1=1", "/timeline/accounts.json?_where=id+is+null"),
        "/_memory.json?sql=select+1",
        *("/-/chronology/points.json?_where=1=1", "/timeline/history?_as_of=14&_where=1=1"),
    ],
)
def test_no_visitor_runs_sql(attacked: Attacked, path: str) -> None:
    status = attacked.get(path, follow_redirects=True).status_code

    assert status in (403, 404)


def sql_status(folder: Path, **options: Any) -> int:
    """The status of a visitor's own SQL, after the redirect of Datasette 1.0."""
    with in_process(folder, **options) as client:
        return client.get("/timeline.json?sql=select+1", follow_redirects=True).status_code


def test_settings_of_the_command_line_do_not_enable_sql(many_folder: Path) -> None:
    """With any of them, Datasette 0.65 ignores settings.json."""
    assert sql_status(many_folder, settings={"num_sql_threads": 2}) == 403


def test_the_metadata_of_a_database_enable_sql(many_folder: Path, tmp_path: Path) -> None:
    shutil.copy(many_folder / "timeline.db", tmp_path)
    for name in ("metadata.yml", "datasette.yaml"):
        (tmp_path / name).write_text("databases: {timeline: {allow_sql: true}}")

    assert sql_status(tmp_path) == 200


@pytest.mark.parametrize("folder", [ROOT, ROOT / "chronology" / "template" / "folder"])
def test_the_defaults_are_those_of_a_public_instance(folder: Path) -> None:
    old = json.loads((folder / "settings.json").read_text("utf-8"))
    new = yaml.safe_load((folder / "datasette.yaml").read_text("utf-8"))["settings"]

    for settings in (old, new):
        assert settings["default_allow_sql"] is False
        assert settings["suggest_facets"] is False
        assert settings["sql_time_limit_ms"] <= 1_000
        assert not {"trace_debug", "template_debug"} & {k for k, value in settings.items() if value}
    assert old == new


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "X"])
@pytest.mark.parametrize(
    "path",
    [
        *("/", "/timeline", "/timeline/events", "/timeline/events/e", "/timeline/events.csv"),
        *("/timeline/-/create", "/timeline/events/-/insert", "/timeline/events/-/drop"),
        *(
            "/timeline/events/e/-/delete",
            "/timeline/events/e/-/update",
            "/-/chronology/points.json",
        ),
    ],
)
def test_no_method_writes(attacked: Attacked, method: str, path: str) -> None:
    before = (attacked.folder / "timeline.db").read_bytes()

    answer = attacked.client.request(method, path)

    assert answer.status_code < 500
    assert (attacked.folder / "timeline.db").read_bytes() == before


def test_by_default_the_server_listens_on_this_machine_alone(
    attacked: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(
        "chronology.cli.project.os.execv", lambda _, arguments: started.append(arguments)
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])

    def serve(*options: str) -> str:
        command = ["serve", str(attacked.folder), "--port", port, *options]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 0, result.output
        return result.output

    for quiet in ([], ["--host", "localhost"], ["--host", "127.0.0.2"]):
        assert "Whoever" not in serve(*quiet)
    assert started[0][-4:] == ["--host", "127.0.0.1", "--port", port]
    assert "Anyone who can reach 0.0.0.0 can read every table" in serve("--host", "0.0.0.0")


# A hostile visitor
