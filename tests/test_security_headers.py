"""The security headers of every response."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import httpx
import pytest
import yaml
from attacked import Attacked
from in_process import in_process
from server import publish
from small_chronology import START

from chronology.web.middleware import security_headers

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
    (policy,) = answer.headers.get_list("content-security-policy")
    return dict(directive.split(" ", 1) for directive in policy.split("; "))


@pytest.mark.parametrize("path", ANSWERS.values(), ids=ANSWERS)
def test_every_kind_of_answer_has_the_headers(attacked: Attacked, path: str) -> None:
    answer = attacked.get(path)
    policy = directives(answer)

    assert {name: policy[name] for name in ALWAYS} == ALWAYS
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert answer.headers.get_list("x-frame-options") == ["DENY"]
    assert answer.headers.get_list("referrer-policy") == ["strict-origin-when-cross-origin"]
    sources = policy["script-src"].split()
    assert sources[0] == "'self'"
    assert all(source.startswith("'sha256-") for source in sources[1:])
    if "html" not in answer.headers.get("content-type", ""):
        assert policy["script-src"] == "'self'"


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


def test_a_handler_of_a_template_is_allowed_in_its_place() -> None:
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
    policy = security_headers.policy(
        "", security_headers.inline_of([]), {"img-src": [origin]} if origin else {}
    )
    assert f"img-src 'self' data:{' ' if origin else ''}{origin};" in policy


def test_the_origin_of_configured_tiles_is_in_the_policy(tmp_path: Path) -> None:
    folder = publish(tmp_path / "tiles", {"0001-start.yml": START})
    metadata = yaml.safe_load((folder / "metadata.yml").read_text("utf-8"))
    settings = {"tile_url": "https://{s}.example.org/{z}/{x}/{y}.png"}
    metadata["plugins"] = {"datasette-chronology": settings}
    (folder / "metadata.yml").write_text(yaml.safe_dump(metadata), "utf-8")

    with in_process(folder) as client:
        assert directives(client.get("/"))["img-src"] == "'self' data: https://*.example.org"


@pytest.mark.parametrize(
    ("configured", "reason"),
    [
        ({"script-src": ["'unsafe-inline'"]}, "'unsafe-inline'\" is not a source"),
        ({"script-src": ["https://x; object-src *"]}, "is not a source"),
        ({"script-src": ["http://example.org"]}, "is not a source"),
        ({"script-src": ["*"]}, "is not a source"),
        ({"default-src": ["https://example.org"]}, "cannot be extended"),
        ({"frame-ancestors": ["https://example.org"]}, "cannot be extended"),
    ],
)
def test_a_setting_cannot_weaken_the_policy_for_all(
    configured: dict[str, list[str]], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        security_headers.configured_sources({"content_security_policy": configured})


def test_sources_of_the_settings_are_added_to_their_directives() -> None:
    digest = f"'sha256-{'A' * 43}='"
    configured = {"script-src": ["https://cdn.example.org/vega", digest], "connect-src": ["blob:"]}
    more = security_headers.configured_sources({"content_security_policy": configured})

    policy = security_headers.policy("", security_headers.inline_of([]), more)

    assert f"script-src 'self' https://cdn.example.org/vega {digest};" in policy
    assert policy.endswith("connect-src 'self' blob:")
