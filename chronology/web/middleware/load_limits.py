"""Bounds the work that requests cause together, and ends that of clients that have left.

Pages and JSON take turns, and so do the clients that wait. Files are streams: only their number is
bounded.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, deque
from collections.abc import Awaitable, Callable

from chronology.export.formats import FORMATS
from chronology.web.datasette_compat import (
    App,
    Datasette,
    Message,
    Receive,
    Scope,
    Send,
    address_of,
)
from chronology.web.limits import Budget, Limits, budget, limits, with_size
from chronology.web.middleware.request_limits import READING, Refusal, refusal_app, refuse
from chronology.web.middleware.slow_readers import SENDING, Sending
from chronology.web.routing import MEDIA

_FILE = re.compile(rf"/[^/]+\.db|.*\.({'|'.join(['csv', *FORMATS])})", re.DOTALL)
_SHORTER_PAGES = 3
"""The attempts at a page whose rows are small enough."""
_STALLED_S = 5.0
"""A client that has read nothing for so long loses its place to another one."""


class FairQueue:
    """Lets some requests work at once, of each client fewer; clients that wait take turns."""

    def __init__(self, most: Limits) -> None:
        self._most = most
        self._working: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def enter(self, client: str) -> bool:
        """Waits for a turn; returns False if too many wait already."""
        if self._has_place(client):
            self._working[client] += 1
            return True
        own = self._waiting.get(client, deque())
        total = sum(map(len, self._waiting.values()))
        if len(own) >= self._most.pages_waiting_per_client or total >= self._most.pages_waiting:
            return False
        self._waiting[client] = own
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        own.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(client)
            raise
        return True

    def leave(self, client: str) -> None:
        """Frees a place, and gives it to a client that waits."""
        self._working[client] -= 1
        if not self._working[client]:
            del self._working[client]
        while (following := next(filter(self._has_place, self._waiting), None)) is not None:
            own = self._waiting.pop(following)
            turn = own.popleft()
            if own:
                self._waiting[following] = own
            if not turn.done():
                self._working[following] += 1
                turn.set_result(None)

    def _has_place(self, client: str) -> bool:
        return (
            self._working.total() < self._most.pages_at_once
            and self._working[client] < self._most.pages_per_client
        )


class FileSlots:
    """The files that are being sent."""

    def __init__(self, most: Limits) -> None:
        self._most = most
        self._sending: dict[Sending, str] = {}

    def enter(self, client: str, sending: Sending) -> bool:
        """Takes a place, perhaps that of a stalled client; returns False if there is none."""
        own = [each for each, whose in self._sending.items() if whose == client]
        rivals = own if len(own) >= self._most.files_per_client else list(self._sending)
        if rivals is own or len(rivals) >= self._most.files_at_once:
            slowest = max(rivals, key=Sending.stalled_s)
            if slowest.stalled_s() < _STALLED_S:
                return False
            slowest.cut()
            self.leave(slowest)
        self._sending[sending] = client
        return True

    def leave(self, sending: Sending) -> None:
        self._sending.pop(sending, None)


def load_limits_middleware(app: App, datasette: Datasette) -> App:
    """Passes on a request once there is a place for it, and ends its work if its client leaves."""
    work = _Work(app, limits(datasette))
    refused = refusal_app(datasette)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        path, _, rest = address_of(datasette, scope)
        is_static = path.startswith("/-/") and not path.startswith("/-/chronology/")
        # A page may have many pictures, each of which needs little work.
        if is_static or MEDIA.fullmatch(rest):
            await app(scope, receive, send)
            return
        is_file = bool(_FILE.fullmatch(path))
        refusal = await _until_gone(
            scope,
            receive,
            None if is_file else work.most.request_seconds,
            lambda received: (work.file if is_file else work.page)(scope, received, send),
        )
        if refusal:
            await refuse(refused, refusal, scope, receive, send)

    return application


class _Work:
    """Runs an application within the limits."""

    def __init__(self, app: App, most: Limits) -> None:
        self.most = most
        self._app = app
        self._queue = FairQueue(most)
        self._files = FileSlots(most)

    async def page(self, scope: Scope, receive: Receive, send: Send) -> Refusal | None:
        """Makes a page or JSON in its turn; the refusal if too many wait."""
        client = _client(scope)
        if not await self._queue.enter(client):
            return _busy("Too many requests wait for an answer.", 2)
        try:
            messages = await self._messages(scope, receive)
        finally:
            self._queue.leave(client)
        # Only now, so that a client that reads slowly takes no turn from others.
        for message in messages:
            await send(message)
        return None

    async def _messages(self, scope: Scope, receive: Receive) -> list[Message]:
        """The response of a page; if its rows are too large together, a shorter page.

        That page links to the next one, of the same length.
        """
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        for _ in range(_SHORTER_PAGES):
            messages.clear()
            own = Budget(self.most.sql_seconds, self.most.rows_bytes)
            await self._within(own, scope, receive, keep)
            if own.fitting_rows is None or scope["method"] not in READING:
                break
            scope = {**scope, "query_string": with_size(scope["query_string"], own.fitting_rows)}
        return messages

    async def file(self, scope: Scope, receive: Receive, send: Send) -> Refusal | None:
        """Sends a file while it is read from the database; the refusal if there are too many."""
        sending = scope[SENDING]
        if not self._files.enter(_client(scope), sending):
            return _busy("Too many files are being read.", 10)
        try:
            own = Budget(self.most.file_sql_seconds, self.most.rows_bytes)
            await self._within(own, scope, receive, send)
        finally:
            self._files.leave(sending)
        return None

    async def _within(self, own: Budget, scope: Scope, receive: Receive, send: Send) -> None:
        token = budget.set(own)
        try:
            await self._app(scope, receive, send)
        finally:
            own.stop()
            budget.reset(token)


def _client(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _busy(reason: str, seconds: int) -> Refusal:
    """A refusal of a request that may succeed later."""
    reason = f"{reason} Try again in {seconds} seconds."
    return Refusal(503, reason, {"retry-after": str(seconds)})


async def _until_gone(
    scope: Scope,
    receive: Receive,
    seconds: float | None,
    work: Callable[[Receive], Awaitable[Refusal | None]],
) -> Refusal | None:
    """The result of the work, which is cancelled if the client leaves or the time is over."""
    if scope["method"] not in READING:
        return await work(receive)
    left = asyncio.ensure_future(_gone(receive))

    async def received() -> Message:
        await asyncio.wait([left])
        return {"type": "http.disconnect"}

    working = asyncio.ensure_future(work(received))
    try:
        await asyncio.wait([left, working], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        return None if left.done() else _busy("The answer takes too long.", 10)
    finally:
        left.cancel()
        working.cancel()


async def _gone(receive: Receive) -> None:
    """Returns when the client has left; a receiver that repeats the end of a body never tells."""
    is_read = False
    while (message := await receive())["type"] != "http.disconnect":
        if is_read:
            await asyncio.Future()
        is_read = not message.get("more_body")
