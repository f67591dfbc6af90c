"""Requests beyond a limit are refused with the limit and a remedy, before anything parses them."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from conftest import ROOT, Timeline
from in_process import in_process
from server import serving

from chronology.web.limits import Limits

LIMITS = Limits()
SMALL = {"body_bytes": 1_000, "body_seconds": 0.5}


@pytest.fixture(scope="module")
def strict(many_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server with small limits of bodies."""
    folder = tmp_path_factory.mktemp("strict") / "it"
    shutil.copytree(many_folder, folder)
    plugins = {"plugins": {"datasette-chronology": {"limits": SMALL}}}
    for name in ("metadata.yml", "datasette.yaml"):
        settings = yaml.safe_load((folder / name).read_text("utf-8"))
        (folder / name).write_text(yaml.safe_dump({**settings, **plugins}), "utf-8")
    with serving(folder) as client:
        yield client


def fields(name: str, count: int) -> str:
    return "&".join(f"{name}=x{number}" for number in range(count))


BEYOND = {
    fields("_unknown", LIMITS.parameters + 1): (400, "101 parameters; the limit is 100"),
    fields("title__not", LIMITS.filters + 1): (400, "41 filters; the limit is 40"),
    fields("%5Ffacet", LIMITS.facets + 1): (400, "21 facets; the limit is 20"),
    fields("_facet_array", LIMITS.facets + 1): (400, "21 facets; the limit is 20"),
    "_search=" + "+".join(["a"] * 21): (400, "21 words of a search; the limit is 20"),
    "_search=" + "+".join(["a"] * 11) + "&_search_title=" + "+".join(["a"] * 10): (
        400,
        "21 words of a search",
    ),
    "_searchmode=raw&_search=" + "+OR+".join(["a*"] * 21): (
        400,
        "41 words of a search; the limit is 20",
    ),
    "_search=" + "x" * 501: (400, "501 bytes of a search; the limit is 500"),
    "_searchmode=raw&_search=NEAR(a+b+c+d+e+9)": (
        400,
        "7 words of a search with NEAR; the limit is 5",
    ),
    "title=" + "x" * 6_000: (414, "the limit is 6,000"),
    "title=" + '"' * 2_100: (414, "the limit is 6,000"),
}


@pytest.mark.parametrize("query", BEYOND, ids=lambda query: query[:20])
@pytest.mark.parametrize("path", ["/", "/timeline/events", "/timeline/events.csv", "/-/versions"])
def test_an_address_beyond_a_limit_is_refused(server: httpx.Client, path: str, query: str) -> None:
    status, reason = BEYOND[query]

    response = server.get(f"{path}?{query}")

    assert response.status_code == status
    assert reason in response.text
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


def test_a_refusal_of_data_is_json(server: httpx.Client) -> None:
    response = server.get("/timeline/events.json?" + fields("_unknown", 101))

    assert response.json() == {
        "ok": False,
        "error": "The address has 101 parameters; the limit is 100. Remove some of them.",
        "status": 400,
        "title": "Bad Request",
    }


@pytest.mark.parametrize(
    "query",
    [
        fields("_unknown", 40),
        fields("_col", 0) + "&".join(["_col=title"] * 90),
        "&".join(["_facet=kind"] * 20) + "&_facet_size=5",
        "_search=" + "+".join(["taken"] * 20),
    ],
)
def test_an_address_within_the_limits_is_answered(server: httpx.Client, query: str) -> None:
    assert server.get(f"/timeline/events.json?{query}").status_code == 200


def test_many_headers_are_refused(server: httpx.Client) -> None:
    response = server.get("/", headers={"cookie": "a=" + "x" * LIMITS.header_bytes})

    assert response.status_code == 431
    assert "Remove cookies" in response.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "X"])
@pytest.mark.parametrize("path", ["/", "/timeline/events", "/-/chronology/points.json"])
def test_a_chronology_is_only_read(server: httpx.Client, method: str, path: str) -> None:
    response = server.request(method, path)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"


# Bodies ------------------------------------------------------------------------------------------


def send_raw(client: httpx.Client, head: str, *pieces: bytes, wait_s: float = 0) -> str:
    """The response to a request that is sent in pieces."""
    url = client.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode())
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(wait_s)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The server has answered and closed.
        return received(connection).decode()


def received(connection: socket.socket) -> bytes:
    """All that the server sends until it closes."""
    found = b""
    try:
        while piece := connection.recv(1 << 16):
            found += piece
    except ConnectionResetError:
        pass
    return found


POST = "POST /-/logout HTTP/1.1\nHost: x\nContent-Type: application/x-www-form-urlencoded\n"


def test_a_long_body_is_refused_before_it_has_arrived(strict: httpx.Client) -> None:
    response = send_raw(strict, POST + "Content-Length: 200000000\n\n", b"x" * 1_001)

    assert response.startswith("HTTP/1.1 413")
    assert "more than 1,000 bytes, which is the limit" in response
    assert "connection: close" in response.lower()


def test_a_slow_body_is_refused(strict: httpx.Client) -> None:
    response = send_raw(strict, POST + "Content-Length: 100\n\n", *[b"x"] * 8, wait_s=0.1)

    assert response.startswith("HTTP/1.1 408")
    assert "within 0.5 seconds" in response


def test_a_body_of_a_read_is_refused(strict: httpx.Client) -> None:
    head = "GET /timeline/events HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n"

    assert send_raw(strict, head, b"1\r\nx\r\n").startswith("HTTP/1.1 413")


COOKIE = {"cookie": "ds_actor=x"}
MULTIPART = {"content-type": "multipart/form-data; boundary=x", **COOKIE}
FORM = {"content-type": "application/x-www-form-urlencoded", **COOKIE}


@pytest.mark.parametrize("path", ["/-/logout", "/-/permissions", "/-/messages", "/-/nothing"])
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'),
        (
            MULTIPART,
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n1\r\n--x--\r\n',
        ),
        (MULTIPART, b"nonsense"),
        (MULTIPART, b""),
        ({"content-type": "multipart/form-data", **COOKIE}, b"--x"),
        ({"content-type": "multipart/form-data; boundary=", **COOKIE}, b"--x"),
        (FORM, b"csrftoken=x&a=1"),
        (FORM, b"csrftoken=\xff"),
        (FORM, "csrftoken=ё".encode()),
        (FORM, b"\xff\xfe"),
        ({"content-type": "application/x-www-form-urlencoded"}, b"\xff\xfe"),
        ({"content-type": "application/x-www-form-urlencoded"}, b"message=x"),
        ({"content-type": "application/x-www-form-urlencoded"}, b"actor=[&message_type=x"),
        ({"content-type": "multipart/form-data; boundary=x"}, b"--x--"),
        ({"content-type": "application/json"}, b"["),
        ({"content-type": "application/json", **COOKIE}, b"{"),
        ({"x-csrftoken": "\xff"}, b""),
        (COOKIE, b"x"),
    ],
)
def test_no_form_is_a_failure_of_the_server(
    strict: httpx.Client, path: str, headers: dict[str, str], body: bytes
) -> None:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

    assert strict.post(path, headers=encoded, content=body).status_code < 500


def test_the_documented_limits_are_the_defaults() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")

    for name, limit in LIMITS._asdict().items():
        assert f"`{name}` {limit:,}" in text, name


# Settings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"nothing": 1}, "'nothing' is not a limit"),
        ({"parameters": 0}, "must be a positive number"),
        ({"parameters": "many"}, "must be a positive number"),
        ({"parameters": True}, "must be a positive number"),
    ],
)
def test_a_limit_that_is_none_is_an_error(
    timeline: Timeline, limits: dict[str, object], reason: str
) -> None:
    folder = timeline.path.parent
    plugins = {"plugins": {"datasette-chronology": {"limits": limits}}}
    for name in ("metadata.yml", "datasette.yaml"):
        (folder / name).write_text(yaml.safe_dump(plugins), "utf-8")

    with pytest.raises(ValueError, match=reason), in_process(folder):
        pass
