"""Requests take turns, files have places, and nobody waits for a client that does not read."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import time
from collections.abc import Coroutine, Iterator, MutableMapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import many_events
import pytest
from conftest import Timeline
from server import publish, serving
from small_chronology import START

from chronology.web.limits import Budget, Limits
from chronology.web.middleware.load_limits import FairQueue, FileSlots
from chronology.web.middleware.slow_readers import PIECE_BYTES, Sending


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 10))


# Turns -------------------------------------------------------------------------------------------


def test_the_clients_that_wait_take_turns() -> None:
    order: list[str] = []

    async def work(queue: FairQueue, client: str) -> None:
        assert await queue.enter(client)
        order.append(client)
        await asyncio.sleep(0)
        queue.leave(client)

    async def all_of_them() -> None:
        queue = FairQueue(Limits(pages_at_once=1))
        await asyncio.gather(*[work(queue, client) for client in "aaaaab"])

    run(all_of_them())

    assert "".join(order) == "aabaaa"


def test_a_client_with_many_requests_is_refused_and_others_are_not() -> None:
    async def requests() -> tuple[bool, bool]:
        queue = FairQueue(Limits(pages_at_once=2, pages_per_client=1, pages_waiting_per_client=2))
        waiting = [asyncio.ensure_future(queue.enter("a")) for _ in range(3)]
        await asyncio.sleep(0)
        refused = await queue.enter("a")
        other = await queue.enter("b")
        for _ in range(3):
            queue.leave("a")
            await asyncio.sleep(0)
        return refused, other and all(await asyncio.gather(*waiting))

    assert run(requests()) == (False, True)


def test_a_request_that_left_while_it_waited_gets_no_turn() -> None:
    async def requests() -> bool:
        queue = FairQueue(Limits(pages_at_once=1))
        assert await queue.enter("a")
        gone = asyncio.ensure_future(queue.enter("a"))
        last = asyncio.ensure_future(queue.enter("a"))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        queue.leave("a")
        return bool(await last)

    assert run(requests())


# Slow readers ------------------------------------------------------------------------------------


class Client:
    """A client that reads no more than some pieces, and the transport of its connection."""

    def __init__(self, pieces: float) -> None:
        self.left = pieces
        self.bodies: list[bytes] = []
        self.is_cut = False
        self.transport = self

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if self.left <= 0 and not self.is_cut:
            await asyncio.sleep(60)
        self.left -= 1
        self.bodies.append(message.get("body", b""))

    def abort(self) -> None:
        self.is_cut = True


def body(size: int) -> dict[str, Any]:
    return {"type": "http.response.body", "body": b"x" * size}


def test_a_long_body_is_sent_in_pieces() -> None:
    client = Client(float("inf"))

    run(Sending(client.send, Limits(), set()).send(body(3 * PIECE_BYTES - 1)))

    sizes = [len(piece) for piece in client.bodies]
    assert sizes == [PIECE_BYTES, PIECE_BYTES, PIECE_BYTES - 1, 0]


def test_a_client_that_stops_reading_is_cut_off() -> None:
    client = Client(2)

    run(Sending(client.send, Limits(send_seconds=0.05), set()).send(body(10 * PIECE_BYTES)))

    assert client.is_cut


def test_where_memory_is_short_the_longest_stalled_client_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chronology.web.middleware.slow_readers._STALLED_S", 0.02)
    first, second, third = Client(0), Client(0), Client(float("inf"))

    async def requests() -> None:
        unread: set[Sending] = set()
        most = Limits(send_buffer_bytes=5 * PIECE_BYTES)
        waiting = []
        for client in (first, second):
            sending = Sending(client.send, most, unread)
            waiting.append(asyncio.ensure_future(sending.send(body(2 * PIECE_BYTES))))
            await asyncio.sleep(0.03)
        await Sending(third.send, most, unread).send(body(2 * PIECE_BYTES))
        for task in waiting:
            task.cancel()

    run(requests())

    assert (first.is_cut, second.is_cut, third.is_cut) == (True, False, False)


def test_a_file_takes_the_place_of_a_stalled_one(monkeypatch: pytest.MonkeyPatch) -> None:
    slots = FileSlots(Limits(files_at_once=2, files_per_client=1))
    stalled, reading, new = (Sending(Client(0).send, Limits(), set()) for _ in range(3))
    assert slots.enter("a", stalled)
    assert not slots.enter("a", new)
    assert slots.enter("b", reading)
    assert not slots.enter("c", new)

    monkeypatch.setattr(stalled, "stalled_s", lambda: 6.0)

    assert slots.enter("c", new)


# Time --------------------------------------------------------------------------------------------


def test_sql_ends_with_the_budget_of_its_request(timeline: Timeline) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    budget = Budget(0.05)

    with budget.limited(timeline.db), pytest.raises(Exception, match="interrupted"):
        timeline.db.execute(endless)
    with budget.limited(timeline.db, 60_000), pytest.raises(Exception, match="interrupted"):
        timeline.db.execute(endless)


def test_a_budget_is_spent_when_the_client_leaves() -> None:
    budget = Budget(60)
    budget.stop()

    assert budget.left_ms() == 0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = publish(tmp_path_factory.mktemp("load") / "it", many_events.batches(START))
    with closing(sqlite3.connect(folder / "large.db")) as db:
        db.execute("CREATE TABLE large (it)")
        db.executemany("INSERT INTO large VALUES (?)", [("x" * 1_000,)] * 30_000)
        db.commit()
    with serving(folder) as client:
        yield client


def connect(client: httpx.Client, path: str, buffer: int = 4_096) -> socket.socket:
    """A connection that requests a path and reads nothing."""
    url = client.base_url
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.connect((url.host, url.port or 80))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def test_stalled_downloads_are_few_and_lose_their_places(served: httpx.Client) -> None:
    with ExitStack() as stack:
        # More than the system keeps for a connection.
        stalled = [
            stack.enter_context(connect(served, "/large/large.csv?_stream=on")) for _ in range(40)
        ]
        heads = [connection.recv(2_000).decode("latin-1") for connection in stalled]
        assert served.get("/timeline/events?_size=7").status_code == 200
        time.sleep(6)
        file = served.get("/timeline/events.geojson")

    refused = [head for head in heads if head.startswith("HTTP/1.1 503")]
    assert len(refused) == 40 - Limits().files_per_client
    assert "retry-after: 10" in refused[0].lower()
    assert "Too many files are being read. Try again in 10 seconds." in refused[0]
    assert file.json()["type"] == "FeatureCollection"


def test_the_work_for_a_client_that_left_ends(many_folder: Path) -> None:
    """Datasette's own stream reads page after page; it stops at the first after the client left."""
    from datasette.app import Datasette
    from in_process import _application, _run

    datasette = Datasette([], config_dir=many_folder)
    app = _run(_application(datasette))
    pages = 0

    async def request() -> None:
        received = iter([{"type": "http.request", "body": b"", "more_body": False}])
        has_left = asyncio.Event()

        async def receive() -> Any:
            for message in received:
                return message
            await has_left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            nonlocal pages
            pages += bool(message.get("body"))
            has_left.set()
            await asyncio.sleep(0.001)

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/timeline/log.csv",
            "raw_path": b"/timeline/log.csv",
            "query_string": b"_stream=on&_size=10",
            "headers": [(b"host", b"x")],
            "client": ("127.0.0.1", 1),
            "http_version": "1.1",
            "scheme": "http",
        }
        await app(scope, receive, send)

    _run(request())

    assert pages < 100
