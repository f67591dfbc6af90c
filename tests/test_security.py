"""What a hostile batch and a hostile visitor can try; docs/security.md tells of all of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from xml.etree import ElementTree

import datasette
import hostile
import httpx
import mischief
import msgspec
import pytest
import yaml
from click.testing import CliRunner
from conftest import ROOT, START, Timeline
from datasette.app import Datasette
from html_page import elements
from server import publish, rows, serving
from test_browser import OPTIONS

from chronology.cli import main, project
from chronology.model import records
from chronology.model.errors import ChronologyError
from chronology.web.middleware import security_headers

REQUESTS = 1_000
SEED = 1944
THREADS = 4
THIRD: list[dict[str, Any]] = [
    {"event": "other", "date": "1944-10-13", "title": hostile.TEXT, "kind": "battle"},
    {
        "correct": "event/e",
        "set": {"distinct": [{"event": "other", "because": hostile.TEXT}]},
        "because": hostile.TEXT,
    },
    {"correct": "place/p", "set": {"note": f"Now {hostile.TEXT}"}, "because": hostile.TEXT},
]
TABLES = (
    *("events", "accounts", "claims", "sources", "places", "people", "formations"),
    *("attachments", "commanders", "history", "batches", "log"),
)


class Attacked:
    """A server over a chronology with markup in every text."""

    def __init__(self, folder: Path, client: httpx.Client) -> None:
        self.folder = folder
        self.client = client

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(path, **options)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    third = {"0003-third.jsonl": hostile._lines("third", THIRD)}
    folder = tmp_path_factory.mktemp("attacked") / "it"
    publish(folder, {**hostile.batches(), **third})
    with serving(folder) as client:
        yield Attacked(folder, client)


# A hostile batch


def text_fields(kind: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all fields of a type that hold free text; `*` is any item."""
    if kind in (records.Line, records.Text, records.Locators):
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
            told = [str(value) for data in found for value in values(data, path)]
            assert any(hostile.ALERT in value for value in told), (subject, path)


def assert_harmless(answer: httpx.Response) -> None:
    for tag, attributes in elements(answer):
        assert (tag, attributes.get("src")) != ("img", "x")
        assert not {name for name in attributes if name.startswith("on")} - {"onclick"}
        # The one that Datasette 1.0 has itself.
        assert attributes.get("onclick", "openColumnChooser()") == "openColumnChooser()"
        address = attributes.get("href") or attributes.get("src") or attributes.get("action") or ""
        assert urlsplit(address.strip()).scheme in ("", "http", "https", "data")
        assert urlsplit(address.strip()).scheme != "data" or tag == "link"
    assert "<script>alert" not in answer.text


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


@pytest.mark.browser
def test_no_markup_of_the_data_becomes_an_element_in_a_browser(
    attacked: Attacked, tmp_path: Path
) -> None:
    for path in ("/", "/?_within=1944-10-13", "/timeline/events/e", "/timeline/places"):
        done = browse(tmp_path, str(attacked.client.base_url.join(path)), "--dump-dom")
        assert_harmless(httpx.Response(200, text=done.stdout))
        assert console(done) == []


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


# Headers


ANSWERS = {
    "home": "/",
    "database": "/timeline",
    "list": "/timeline/events",
    "event": "/timeline/events/e",
    "changes": "/timeline/history",
    "feed": "/timeline/history.atom",
    "table": "/timeline/places",
    "row": "/timeline/places/p",
    "list as JSON": "/timeline/events.json",
    "table as CSV": "/timeline/places.csv",
    "events as CSV": "/timeline/events.csv",
    "event as JSON": "/timeline/events/e.json",
    "points": "/-/chronology/points.json",
    "style": "/-/static/app.css",
    "own script": "/-/static-plugins/datasette-chronology/home.js",
    "not found": "/nope",
    "no such event": "/timeline/events/nope.json",
    "malformed": "/timeline/events?_within=x",
    "malformed CSV": "/timeline/events.csv?_within=x",
    "forbidden": "/timeline/events.json?_where=1=1",
    "redirect": "/timeline/events?_as_of=14",
    "trailing slash": "/timeline/",
    "versions": "/-/versions",
}
ALWAYS = {
    "default-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def directives(answer: httpx.Response) -> dict[str, str]:
    (told,) = answer.headers.get_list("content-security-policy")
    return dict(directive.split(" ", 1) for directive in told.split("; "))


@pytest.mark.parametrize("path", ANSWERS.values(), ids=ANSWERS)
def test_every_kind_of_answer_has_the_headers(attacked: Attacked, path: str) -> None:
    answer = attacked.get(path)
    told = directives(answer)

    assert {name: told[name] for name in ALWAYS} == ALWAYS
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert answer.headers.get_list("x-frame-options") == ["DENY"]
    assert answer.headers.get_list("referrer-policy") == ["strict-origin-when-cross-origin"]
    sources = told["script-src"].split()
    assert sources[0] == "'self'"
    assert all(source.startswith("'sha256-") for source in sources[1:])
    if "html" not in answer.headers.get("content-type", ""):
        assert told["script-src"] == "'self'"


@pytest.mark.parametrize("path", ["/", "/timeline", "/timeline/places", "/timeline/events/e", "/x"])
def test_exactly_the_inline_scripts_of_datasette_are_allowed(attacked: Attacked, path: str) -> None:
    page = attacked.get(path)

    found = re.findall("<script>(.*?)</script>", page.text, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in found]
    allowed = directives(page)["script-src"].split()[1:]
    assert allowed == list(dict.fromkeys(f"'sha256-{digest}'" for digest in digests))


TEMPLATE = """<script>fixed();</script>
<script>window.data = {{ data|tojson }};</script>
<script>version = '{{ version }}';</script>
<script>{% if x %}a = {{ a|tojson(2) }};{% else %}a = {};{% endif %} go();</script>
<script>{% for x in y %}loop();{% endfor %}</script>
<button onclick="open(&quot;x&quot;)"></button><button onclick="{{ x }}"></button>"""


@pytest.mark.parametrize(
    ("script", "allowed"),
    [
        ("fixed();", True),
        ("fixed(); ", False),
        ("alert(1)", False),
        ('window.data = {"a": [1, "\\u003c"]};', True),
        ('window.data = {"a": 1}; alert(1);', False),
        ("window.data = alert(1);", False),
        ('window.data = "<";', False),
        ("version = '1.0a41';", True),
        ("version = ''; alert(1); '';", False),
        ('a = {"b": 1}; go();', True),
        ("a = {}; go();", True),
        ("a = b; alert(1); go();", False),
        ("loop();", False),
    ],
)
def test_a_value_in_an_inline_script_is_data(script: str, allowed: bool) -> None:
    inline = security_headers.inline_of([TEMPLATE])

    assert inline.allows(script) is allowed
    policy = security_headers.policy(f"<script>{script}</script>", inline)
    assert (security_headers.hashed(script) in policy) is allowed


def test_a_handler_of_a_template_is_allowed_where_it_stands() -> None:
    inline = security_headers.inline_of([TEMPLATE])
    handler = security_headers.hashed('open("x")')

    page = '<b onclick="open(&quot;x&quot;)"><i onclick="alert(1)">'
    assert security_headers.policy(page, inline).endswith(
        f"script-src-attr 'unsafe-hashes' {handler}"
    )
    assert "script-src-attr" not in security_headers.policy('<i onclick="alert(1)">', inline)
    assert inline.handlers == {'open("x")'}


@pytest.mark.parametrize(
    ("tile_url", "origin"),
    [
        ("https://tile.example.org/{z}/{x}/{y}.png", "https://tile.example.org"),
        ("https://{s}.tile.example.org/{z}/{x}/{y}.png", "https://*.tile.example.org"),
        ("http://127.0.0.1:8080/{z}", "http://127.0.0.1:8080"),
        ("https://x.org; script-src *", ""),
        ("javascript:alert(1)", ""),
        ("/tiles/{z}", ""),
        (None, ""),
    ],
)
def test_map_tiles_may_come_from_where_they_are_configured(
    tile_url: str | None, origin: str
) -> None:
    assert security_headers.origin(tile_url) == origin
    policy = security_headers.policy("", security_headers.inline_of([]), origin)
    assert f"img-src 'self' data:{' ' if origin else ''}{origin};" in policy


def test_the_origin_of_configured_tiles_is_in_the_policy(tmp_path: Path) -> None:
    folder = publish(tmp_path / "tiles", {"0001-start.yml": START})
    metadata = yaml.safe_load((folder / "metadata.yml").read_text("utf-8"))
    told = {"tile_url": "https://{s}.example.org/{z}/{x}/{y}.png"}
    metadata["plugins"] = {"datasette-chronology": told}
    (folder / "metadata.yml").write_text(yaml.safe_dump(metadata), "utf-8")

    with serving(folder) as client:
        assert directives(client.get("/"))["img-src"] == "'self' data: https://*.example.org"


def browse(folder: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["chromium", *OPTIONS, f"--user-data-dir={folder / 'profile'}", *options, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)


def console(done: subprocess.CompletedProcess[str]) -> list[str]:
    lines = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    # A browser says of every page that is not there that it failed to load.
    return [line for line in lines if "the server responded with a status of 404" not in line]


@pytest.mark.browser
@pytest.mark.parametrize(
    "path",
    [
        *("/", "/timeline", "/timeline/events", "/timeline/events/e", "/timeline/places"),
        *("/timeline/history", "/timeline/places/p", "/nope", "/timeline/events?_as_of=14"),
    ],
)
def test_a_browser_finds_no_violation_of_the_policy(
    attacked: Attacked, tmp_path: Path, path: str
) -> None:
    done = browse(tmp_path, str(attacked.client.base_url.join(path)), "--dump-dom")

    assert console(done) == []


# What a public instance tells and does


@pytest.mark.parametrize(
    "path",
    [f"/-/{name}{form}" for name in ("threads", "databases", "tasks") for form in ("", ".json")],
)
def test_what_tells_of_the_machine_is_not_there(attacked: Attacked, path: str) -> None:
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


def assert_no_path(attacked: Attacked, text: str) -> None:
    installed = Path(str(datasette.__file__)).parent.parent
    for path in (attacked.folder, ROOT, installed, Path.home()):
        assert str(path) not in text
    assert "Traceback" not in text


@pytest.mark.parametrize("path", ["/", "/.json"])
def test_a_failure_of_the_server_tells_nothing_but_that(
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


def test_the_server_listens_on_this_machine_alone_unless_told(
    attacked: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(project.os, "execv", lambda _, arguments: started.append(arguments))
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
    assert "Whoever reaches 0.0.0.0 can read all of it" in serve("--host", "0.0.0.0")


# A hostile visitor


def test_the_same_seed_asks_for_the_same_addresses_and_all_known_faults() -> None:
    asked = mischief.addresses(REQUESTS, SEED)

    assert asked == mischief.addresses(REQUESTS, SEED)
    assert len(asked) == REQUESTS
    assert {*mischief.addresses(REQUESTS, SEED + 1)} != {*asked}
    known = {path.format(form) for path in mischief.STOCK_FAULTS for form in ("", ".json", ".csv")}
    assert known <= {*asked}
    for parameter in (*mischief.OWN, *mischief.STANDARD):
        assert any(f"{parameter}=" in address for address in asked), parameter


def test_no_address_is_a_failure_of_the_server(attacked: Attacked) -> None:
    def ask(address: str) -> tuple[str, httpx.Response]:
        return address, attacked.get("/", extensions={"target": address.encode("ascii")})

    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(ask, mischief.addresses(REQUESTS, SEED)))

    failed = [address for address, answer in answers if answer.status_code >= 500]
    assert failed == []
    for address, answer in answers:
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], address
        assert hostile.ALERT not in answer.text or "html" not in answer.headers["content-type"]
        assert not answer.headers.get("location", "/").startswith(("//", "/\\", "http")), address
        assert_no_path(attacked, answer.text)
    statuses = {answer.status_code for _, answer in answers}
    assert {200, 302, 400, 403, 404} <= statuses


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /timeline/events?x=\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /timeline/\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /timeline/events?_as_of=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /timeline HTTP/1.1\r\nHost: x\r\nCookie: ds_actor=\xff; ds_messages=x\r\n\r\n",
        b"GET /timeline HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer dstok_x\r\n\r\n",
        b'GET / HTTP/1.1\r\nHost: "><script>alert(1)</script>\r\n\r\n',
        b'GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: \xff\r\nIf-None-Match: "\r\n\r\n',
        b"GET http://example.org/timeline/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_no_bytes_are_a_failure_of_the_server(attacked: Attacked, raw: bytes) -> None:
    url = attacked.client.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=20) as connection:
        connection.sendall(raw)
        answer = connection.recv(1 << 20)
    status = answer.split(b" ", 2)[1] if answer else b"400"

    assert int(status) < 500, answer[:300]
    assert hostile.ALERT.encode() not in answer
