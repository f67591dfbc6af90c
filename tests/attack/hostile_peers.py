"""Peers that send endless, slow or huge responses: copying ends soon, and in little memory.

The peer is a plain socket, so that it can break HTTP as well.
"""

from __future__ import annotations

import gzip
import json
import socket
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

from chronology.model.records import Record
from chronology.store import log
from chronology.store.log import GENESIS
from tests.attack.report import Budget, Report, run_command

SECONDS, PEAK_MB = 3, 250
MiB = 1 << 20
# The limits in time and on disk are lower than by default, so that an attack is over soon.
FOLLOW = f"""
import sys
from chronology.batches import http_source
from chronology.cli import main
from chronology.ingest import replication
http_source.TRANSFER_S, http_source.BACK_OFF_S = {SECONDS}, 0
replication.MAX_BATCH_BYTES = {32 * MiB}
main(sys.argv[1:])
"""
Bytes = Iterator[bytes]


def run(budget: Budget) -> Report:
    report = Report()
    started = time.monotonic()
    for name, respond in ATTACKS.items():
        if report.cases >= budget.cases or time.monotonic() - started > budget.seconds:
            break
        report.cases += 1
        with tempfile.TemporaryDirectory() as folder, _peer(respond) as url:
            copy = Path(folder) / "copy.db"
            before = time.monotonic()
            done = run_command(["-c", FOLLOW, "follow", url, "--db", str(copy)])
            seconds = time.monotonic() - before
            report.peak_mb = max(report.peak_mb, done.peak_mb)
            if done.status != 3 or "Error: " not in done.output or len(done.output) > 2_000:
                report.findings.append(f"{name}: status {done.status}: {done.output[-300:]}")
            if seconds > 10 * SECONDS:
                report.findings.append(f"{name}: took {seconds:.0f} s")
            if done.peak_mb > PEAK_MB:
                report.findings.append(f"{name}: {done.peak_mb:.0f} MB")
            if copy.exists():
                report.findings.append(f"{name}: something was copied")
    return report


@contextmanager
def _peer(respond: Callable[[int], Bytes]) -> Iterator[str]:
    """A server whose response to the request of records after a position is `respond`'s bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_serve, args=(server, respond), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/timeline"


def _serve(server: socket.socket, respond: Callable[[int], Bytes]) -> None:
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            Thread(target=_answer, args=(connection, respond), daemon=True).start()


def _answer(connection: socket.socket, respond: Callable[[int], Bytes]) -> None:
    with suppress(OSError), connection:
        request = b""
        while b"\r\n\r\n" not in request:
            received = connection.recv(4_096)
            if not received:
                return
            request += received
        after = request.partition(b"position__gt=")[2].partition(b"&")[0]
        for piece in respond(int(after or 0)):
            connection.sendall(piece)


def head(**headers: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"HTTP/1.1 200 OK\r\n{''.join(lines)}\r\n".encode()


def slowly(piece: bytes) -> Bytes:
    while True:
        time.sleep(0.05)
        yield piece


def endless(piece: bytes) -> Bytes:
    while True:
        yield piece


def plain(*pieces: bytes) -> Callable[[int], Bytes]:
    return lambda after: iter([head(), *pieces])


def repeated(piece: bytes, size: int) -> Bytes:
    """A JSON array of one piece, again and again."""
    yield head() + b"[" + piece
    for _ in range(size // (len(piece) * 1_000)):
        yield (b"," + piece) * 1_000
    yield b"]"


def bomb(times: int) -> bytes:
    """Half a GiB of spaces, compressed once or more often."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = b"".join([*(packer.compress(b" " * MiB) for _ in range(512)), packer.flush()])
    for _ in range(times - 1):
        data = gzip.compress(data)
    return data


def rows(records: list[tuple[str, str, str, Any]], after: int = 0, last: str = GENESIS) -> bytes:
    """The page of a log of records, given by id, stream, type and data."""
    page = []
    for position, (record_id, stream, kind, data) in enumerate(records, after + 1):
        text = data if isinstance(data, str) else json.dumps(data)
        record = Record(record_id, stream, kind, "2026-01-01T00:00:00Z", "b", text)
        last = log.digest_of(last, position, record, 1)
        fields = {**record._asdict(), "position": position, "version": 1, "digest": last}
        page.append(fields)
    return json.dumps(page).encode()


HEADER = ("b/0", "batch/b", "batch.recorded", '{"format":1}')


def one(record_id: str, stream: str, kind: str, data: Any) -> Callable[[int], Bytes]:
    """A log of a header and one record."""
    record = (record_id, stream, kind, data)
    return lambda after: iter([head(), b"[]" if after else rows([HEADER, record])])


class EndlessBatch:
    """A log of one batch that never ends, with valid digests."""

    def __init__(self, size: int) -> None:
        self.note = "x" * size
        self.last = GENESIS

    def __call__(self, after: int) -> Bytes:
        page = []
        for position in range(after + 1, after + 101):
            place = {"name": f"P {position}", "note": self.note}
            record = (f"b/{position}", f"place/p{position}", "place.recorded", place)
            page.append(HEADER if position == 1 else record)
        last = self.last if after else GENESIS
        text = rows(page, after, last)
        self.last = json.loads(text)[-1]["digest"]
        yield head() + text


ATTACKS: dict[str, Callable[[int], Bytes]] = {
    "nothing": lambda after: slowly(b""),
    "a header byte by byte": lambda after: slowly(b"H"),
    "headers one by one": lambda after: _then(b"HTTP/1.1 200 OK\r\n", slowly(b"a: b\r\n")),
    "an endless header": lambda after: _then(b"HTTP/1.1 200 OK\r\na: ", endless(b"b" * 65_536)),
    "endless headers": lambda after: _then(b"HTTP/1.1 200 OK\r\n", endless(b"a: b\r\n" * 9_999)),
    "endless 1xx": lambda after: endless(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100),
    "slow 1xx": lambda after: slowly(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a redirect with an endless body": lambda after: _then(
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", endless(b" " * 65_536)
    ),
    "a slow circle of redirects": lambda after: _late(
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"
    ),
    "a slow body": lambda after: _then(head(), slowly(b" ")),
    "an endless body": lambda after: _then(head(), endless(b" " * 65_536)),
    "endless chunks": lambda after: _then(
        head(Transfer_Encoding="chunked"), endless(b"1\r\n \r\n" * 1_000)
    ),
    "slow trailers": lambda after: _then(
        head(Transfer_Encoding="chunked") + b"0\r\n", slowly(b"a: b\r\n")
    ),
    "a zip bomb": lambda after: iter([head(Content_Encoding="gzip"), bomb(1)]),
    "a zip bomb in gzip": lambda after: iter([head(Content_Encoding="gzip, gzip"), bomb(2)]),
    "an unknown encoding": lambda after: iter([head(Content_Encoding="br"), b"x"]),
    "200 MB of {}": lambda after: repeated(b"{}", 200 * MiB),
    "15 MB of {}": lambda after: repeated(b"{}", 15 * MiB),
    "15 MB of numbers": lambda after: repeated(b"1", 15 * MiB),
    "15 MB of rows": lambda after: repeated(rows([HEADER])[1:-1], 15 * MiB),
    "deep nesting": plain(b"[" * 8 * MiB),
    "deep nesting in a row": plain(b'[{"x":' + b"[" * 8 * MiB),
    "a record id of 20 MB": one("b/" + "1" * 20 * MiB, "place/p", "place.recorded", {}),
    "a stream of 5 MB": one("b/1", "place/" + "p" * 5 * MiB, "place.recorded", {}),
    "data of 20 MB": one("b/1", "place/p", "place.recorded", {"name": "x" * 20 * MiB}),
    "a title of 3 MB": one("b/1", "place/p", "place.recorded", {"name": "x" * 3 * MiB}),
    "3 MB of empty values": one("b/1", "place/p", "place.recorded", f"[{'{},' * MiB}1]"),
    "3 MB of unknown fields": one(
        "b/1", "place/p", "place.recorded", {f"f{n}": 1 for n in range(250_000)}
    ),
    "3 MB of unknown places": one(
        "b/1",
        "event/e",
        "event.recorded",
        {"date": "1944", "kind": "k", "places": [{"place": f"p{n}"} for n in range(150_000)]},
    ),
    "an endless batch": EndlessBatch(100),
    "an endless batch of large records": EndlessBatch(19_000),
    "a digit without end": plain(b'[{"position":' + b"9" * 8 * MiB),
}


def _then(first: bytes, rest: Bytes) -> Bytes:
    yield first
    yield from rest


def _late(response: bytes) -> Bytes:
    time.sleep(SECONDS / 4)
    yield response
