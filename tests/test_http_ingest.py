"""Ingesting a batch from an address, through the command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import Timeline
from prepared_http import Answer, Serve, Server, ok, serve, server
from small_chronology import EVENTS, START

from chronology.cli import ingest_command
from chronology.store import log

__all__ = ["serve", "server"]


def test_a_batch_at_an_address_is_ingested(serve: Serve, make_timeline: Any) -> None:
    timeline: Timeline = make_timeline(START)
    url = serve("/events.yml", ok(EVENTS.encode()))
    result = CliRunner().invoke(ingest_command, [url, "--db", str(timeline.path)])
    assert result.exit_code == 0
    assert log.head(timeline.db).position == 17


def test_an_address_that_fails_is_a_fault_and_appends_nothing(
    serve: Serve, timeline: Timeline
) -> None:
    before = timeline.path.read_bytes()
    url = serve("/events.yml", (404, {}, b""))
    result = CliRunner().invoke(ingest_command, [url, "--db", str(timeline.path)])
    assert (result.exit_code, result.stderr) == (1, f"Error: {url} responded 404 Not Found\n")
    assert timeline.path.read_bytes() == before


def test_a_fault_of_a_batch_at_an_address_names_the_address(
    serve: Serve, timeline: Timeline
) -> None:
    url = serve("/events.yml", ok(b"format: 2\n"))
    result = CliRunner().invoke(ingest_command, [url, "--db", str(timeline.path)])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{url}:1: the batch has no records")


def test_a_request_has_the_etag_of_the_batch_ingested_before(
    serve: Serve, server: Server, make_timeline: Any
) -> None:
    timeline: Timeline = make_timeline(START)
    url = serve("/events.yml", ok(EVENTS.encode(), headers={"ETag": '"one"'}), (304, {}, b""))
    CliRunner().invoke(ingest_command, [url, "--db", str(timeline.path)])
    before = timeline.path.read_bytes()
    result = CliRunner().invoke(ingest_command, [url, "--db", str(timeline.path)])
    assert server.validators == [None, '"one"']
    assert result.output == f"Nothing new: {url} has not changed since it was ingested.\n"
    assert (result.exit_code, timeline.path.read_bytes()) == (0, before)


def test_a_refused_batch_leaves_no_etag(serve: Serve, server: Server, timeline: Timeline) -> None:
    url = serve("/bad.yml", ok(b"format: 2\n", headers={"ETag": '"bad"'}))
    for _ in range(2):
        assert CliRunner().invoke(ingest_command, [url, "--db", str(timeline.path)]).exit_code == 1
    assert server.validators == [None, None]


SECRET = "s3cret"


def secret(url: str) -> str:
    """An address with secrets in its user information, its query and its fragment."""
    return f"{url.replace('http://', f'http://user:{SECRET}@')}?token={SECRET}#{SECRET}"


@pytest.mark.parametrize(
    "answer",
    [
        ok(EVENTS.encode(), headers={"ETag": '"one"'}),
        ok(b"format: 2\n"),
        ok(b"<html>"),
        ok(b"", kind="text/html"),
        (404, {}, b""),
        (503, {}, b""),
        (
            302,
            {"Location": f"ftp://u:{SECRET}@host/{SECRET}?{SECRET}".replace(f"/{SECRET}", "/")},
            b"",
        ),
        (302, {"Location": f"/events.yml?token={SECRET}"}, b""),
        (200, {"Content-Encoding": "gzip"}, b"no gzip"),
        (200, {"Content-Length": "1000"}, b"broken off"),
    ],
)
def test_no_secret_of_an_address_is_stored_or_shown(
    serve: Serve,
    make_timeline: Any,
    answer: Answer,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    caplog.set_level("INFO")
    timeline: Timeline = make_timeline(START)
    url = secret(serve(f"/events.yml?token={SECRET}", answer).partition("?")[0])
    for _ in range(2):
        result = CliRunner().invoke(ingest_command, [url, "--db", str(timeline.path)])
        assert SECRET not in result.output
    assert SECRET not in caplog.text
    for path in tmp_path.iterdir():
        assert SECRET.encode() not in path.read_bytes(), path.name


def test_the_next_writer_removes_addresses_that_earlier_versions_kept(
    serve: Serve, timeline: Timeline
) -> None:
    timeline.db.execute("CREATE TABLE fetched (url TEXT PRIMARY KEY, etag TEXT NOT NULL) STRICT")
    timeline.db.execute("INSERT INTO fetched VALUES (?, 'x')", (f"http://u:{SECRET}@host",))
    assert SECRET.encode() in timeline.path.read_bytes()
    CliRunner().invoke(ingest_command, ["-", "--db", str(timeline.path)], input=EVENTS)
    assert SECRET.encode() not in timeline.path.read_bytes()
    assert not timeline.rows("SELECT * FROM sqlite_master WHERE name = 'fetched'")


def test_an_etag_is_not_sent_if_its_batch_is_not_in_the_log(
    serve: Serve, server: Server, make_timeline: Any, tmp_path: Path
) -> None:
    """As when the database is restored from a backup."""
    timeline: Timeline = make_timeline(START)
    before = timeline.path.read_bytes()
    url = serve("/events.yml", ok(EVENTS.encode(), headers={"ETag": '"one"'}))
    CliRunner().invoke(ingest_command, [url, "--db", str(timeline.path)])
    timeline.db.close()
    timeline.path.write_bytes(before)
    CliRunner().invoke(ingest_command, [url, "--db", str(timeline.path)])
    assert server.validators == [None, None]
    assert (tmp_path / "timeline-0.db.etags.json").exists()
