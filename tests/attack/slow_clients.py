"""Clients that read nothing, leave at once, or send a request byte by byte."""

from __future__ import annotations

import asyncio
import time

from tests.attack.report import Budget, Report
from tests.attack.service import Service, service

STALLED = 200
DEPARTING = 100
_DOWNLOADS = (
    "/timeline/log.csv?_stream=on&_={}",
    "/timeline/events.csv?_={}",
    "/timeline/events.jsonld?_={}",
    "/timeline/events?_size=max&_={}",
    "/timeline/log.json?_size=max&_={}",
)
_FORM = "POST /-/logout HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n"


def run(budget: Budget) -> Report:
    """Runs the attacks one after the other, each while another visitor reads pages."""
    report = Report()
    with service() as attacked:
        with attacked.visited():
            share_s = budget.seconds / 4
            for attack in (_stalled, _departing, _slow_bodies, _large_bodies):
                asyncio.run(attack(attacked, report, min(share_s, 40)))
        return attacked.judge(report)


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


async def _open(attacked: Service, data: bytes) -> asyncio.StreamWriter:
    """A connection that sends bytes and reads next to nothing."""
    _, writer = await asyncio.open_connection(attacked.host, attacked.port, limit=1)
    writer.write(data)
    return writer


async def _stalled(attacked: Service, report: Report, seconds: float) -> None:
    """Many downloads, of which nothing is read."""
    paths = [_DOWNLOADS[n % len(_DOWNLOADS)].format(n) for n in range(STALLED)]
    writers = [await _open(attacked, _get(path)) for path in paths]
    report.cases += len(writers)
    await asyncio.sleep(seconds)
    for writer in writers:
        writer.transport.abort()


async def _departing(attacked: Service, report: Report, seconds: float) -> None:
    """Clients that leave right after their request."""
    ends = time.monotonic() + seconds
    for number in range(DEPARTING):
        if time.monotonic() > ends:
            return
        writer = await _open(attacked, _get(_DOWNLOADS[number % 5].format(f"d{number}")))
        await asyncio.sleep(0.02)
        writer.transport.abort()
        report.cases += 1


async def _slow_bodies(attacked: Service, report: Report, seconds: float) -> None:
    """Bodies and headers that arrive byte by byte."""
    ends = time.monotonic() + seconds
    head = _FORM.format("application/x-www-form-urlencoded", 1_000).encode()
    writers = [await _open(attacked, data) for data in [head] * 20 + [b"GET / HTTP/1.1\r\n"] * 20]
    report.cases += len(writers)
    while time.monotonic() < ends:
        for writer in writers:
            if not writer.transport.is_closing():
                writer.write(b"x")
        await asyncio.sleep(0.5)
    for writer in writers:
        writer.transport.abort()


async def _large_bodies(attacked: Service, report: Report, seconds: float) -> None:
    """Bodies of 200 MB; each has to be refused before it has been sent."""
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        sent = await asyncio.wait_for(_post(attacked, kind), seconds + 60)
        report.cases += 1
        if sent > 20_000_000:
            report.findings.append(f"{sent:,} bytes of a body were read: {kind}")


async def _post(attacked: Service, kind: str) -> int:
    """The number of bytes that the server took."""
    writer = await _open(attacked, _FORM.format(kind, 200_000_000).encode())
    sent, piece = 0, b"a=" + b"x" * 99_998
    try:
        while sent < 200_000_000:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
    except ConnectionError:
        pass
    finally:
        writer.transport.abort()
    return sent
