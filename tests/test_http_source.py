"""Batches by HTTP, from a server on this machine."""

from __future__ import annotations

import gzip
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from prepared_http import Answer, Serve, Server, ok, serve, server

from chronology.batches import http_source
from chronology.batches.http_source import FetchFailed, fetch

__all__ = ["serve", "server"]


def got(url: str) -> tuple[bytes, str]:
    with fetch(url) as fetched:
        return fetched.body.read(), fetched.form


def why(url: str) -> str:
    with pytest.raises(FetchFailed) as error, fetch(url):
        pass
    return str(error.value).removeprefix(url).lstrip()


def test_the_body_and_its_form_are_fetched(serve: Serve) -> None:
    assert got(serve("/a.yml", ok())) == (b"format: 1\n", "yml")


@pytest.mark.parametrize(
    ("path", "kind", "form"),
    [
        ("/a.jsonl", "text/plain", "jsonl"),
        ("/a.csv", "application/octet-stream", "csv"),
        ("/a.yaml?raw=1", "text/plain", "yaml"),
        ("/a", "text/csv; charset=utf-8", "csv"),
        ("/a", "application/jsonl", "jsonl"),
        ("/a", "application/x-ndjson", "jsonl"),
        ("/a.txt", "text/plain", "yml"),
        ("/a.jsonl", "text/csv", "jsonl"),
    ],
)
def test_the_format_follows_from_the_extension_or_else_the_type(
    serve: Serve, path: str, kind: str, form: str
) -> None:
    assert got(serve(path, ok(kind=kind)))[1] == form


def test_a_missing_page_fails_with_its_status(serve: Serve, server: Server) -> None:
    assert why(serve("/a.yml", (404, {}, b"gone"))) == "responded 404 Not Found"
    assert len(server.requests) == 1


def test_an_empty_answer_of_another_status_fails(serve: Serve) -> None:
    assert why(serve("/a.yml", (204, {}, b""))) == "responded 204 No Content"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_unavailable_server_is_tried_again(serve: Serve, server: Server, status: int) -> None:
    url = serve("/a.yml", (status, {}, b"busy"), (status, {}, b"busy"), ok())
    assert got(url)[0] == b"format: 1\n"
    assert len(server.requests) == 3


def test_a_server_that_stays_unavailable_fails_with_its_status(
    serve: Serve, server: Server
) -> None:
    assert why(serve("/a.yml", (500, {}, b"busy"))) == "responded 500 Internal Server Error"
    assert len(server.requests) == http_source.TRIES


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, recorded instead of slept."""
    pauses: list[float] = []
    monkeypatch.setattr(http_source, "BACK_OFF_S", 1.0)
    monkeypatch.setattr("chronology.batches.http_source.time.sleep", pauses.append)
    return pauses


def test_the_pauses_between_attempts_grow(serve: Serve, pauses: list[float]) -> None:
    why(serve("/a.yml", (503, {}, b"busy")))
    assert pauses == [1, 2, 4]


def test_the_pause_of_retry_after_is_respected(serve: Serve, pauses: list[float]) -> None:
    busy: Answer = (429, {"Retry-After": "7"}, b"busy")
    assert got(serve("/a.yml", busy, ok()))[0] == b"format: 1\n"
    assert pauses == [7]


def test_a_retry_after_may_be_a_date(serve: Serve, pauses: list[float]) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    later: Answer = (503, {"Retry-After": until}, b"")
    got(serve("/a.yml", later, (503, {"Retry-After": past}, b""), ok()))
    assert pauses == [pytest.approx(29, abs=2), 0]


@pytest.mark.parametrize("text", ["soon", "-1", "1.5", "٣", ""])
def test_an_unreadable_retry_after_is_ignored(serve: Serve, pauses: list[float], text: str) -> None:
    got(serve("/a.yml", (503, {"Retry-After": text.encode().decode("latin-1")}, b""), ok()))
    assert pauses == [1]


def test_a_long_retry_after_ends_the_attempts(
    serve: Serve, server: Server, pauses: list[float]
) -> None:
    url = serve("/a.yml", (503, {"Retry-After": "3600"}, b""), ok())
    assert why(url) == "responded 503 Service Unavailable"
    assert (pauses, len(server.requests)) == ([], 1)


def test_a_response_that_takes_too_long_fails(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_source, "TRANSFER_S", -1)
    assert why(serve("/a.yml", ok())) == "took longer than -1 s"


def test_a_silent_server_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_source, "TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "timed out" in why(f"http://127.0.0.1:{silent.getsockname()[1]}/a.yml")


def test_a_web_page_by_type_is_refused(serve: Serve) -> None:
    url = serve("/a.yml", ok(kind="text/html; charset=utf-8"))
    assert why(url) == "is a web page, not a batch; use the address of the batch"


def test_a_web_page_by_content_is_refused(serve: Serve) -> None:
    url = serve("/a.yml", ok(b"\n <!doctype html><p>Sign in"))
    assert why(url) == "contains HTML or XML, not a batch; use the address of the batch"


def test_a_body_beyond_the_limit_is_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_source, "MAX_BYTES", 1 << 20)
    assert got(serve("/a.yml", ok(b"x" * (1 << 20))))
    assert why(serve("/b.yml", ok(b"x" * (1 << 20) + b"x"))) == "is larger than 1 MiB"


def test_the_limit_applies_to_the_decompressed_body(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_source, "MAX_BYTES", 1 << 20)
    packed = gzip.compress(b"x" * (2 << 20))
    url = serve("/a.yml", ok(packed, headers={"Content-Encoding": "gzip"}))
    assert why(url) == "is larger than 1 MiB"


def test_a_redirect_is_followed(serve: Serve) -> None:
    target = serve("/b.jsonl", ok(b"{}"))
    assert got(serve("/a.yml", (302, {"Location": target}, b""))) == (b"{}", "jsonl")


def test_a_redirect_loop_fails(serve: Serve, server: Server) -> None:
    url = serve("/a.yml", (302, {"Location": "/a.yml"}, b""))
    assert why(url).startswith(": Exceeded maximum allowed redirects")
    assert len(server.requests) == http_source.MAX_REDIRECTS + 1


def test_a_redirect_away_from_http_fails(serve: Serve) -> None:
    url = serve("/a.yml", (302, {"Location": "file:///etc/hostname"}, b""))
    assert "unsupported protocol 'file://'" in why(url)


def test_an_incomplete_response_fails(serve: Serve) -> None:
    url = serve("/a.yml", ok(headers={"Content-Length": "1000"}))
    assert "closed connection" in why(url)


def test_an_undecodable_response_fails(serve: Serve) -> None:
    assert why(serve("/a.yml", ok(b"no gzip", headers={"Content-Encoding": "gzip"}))).startswith(
        ":"
    )


def test_a_refused_connection_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "refused" in why(f"http://127.0.0.1:{port}/a.yml")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/a.yml",
        "file:///etc/hostname",
        "http://",
        "http://[::1",
        "http://.../a.yml",
        "http://xn--/a.yml",
        f"http://{'a' * 300}.invalid/",
        "http://127.0.0.1/\udcff",
        "http://127.0.0.1\x00/",
    ],
)
def test_an_invalid_address_fails_with_a_reason(url: str) -> None:
    assert len(why(url)) > 2
