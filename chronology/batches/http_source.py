"""What comes by HTTP: within limits of size and time, and never a web page taken for a batch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple

import httpx
import pendulum

from chronology.batches.batch import FORMATS
from chronology.model.errors import ChronologyError

MAX_BYTES = 1 << 30
MAX_REDIRECTS = 5
TIMEOUT_S = 30.0
"""Of silence: to connect, and between two pieces of an answer."""
TRANSFER_S = 900.0
"""Of one answer as a whole, so that one that trickles ends too."""
TRIES = 4
BACK_OFF_S = 1.0
MAX_PAUSE_S = 60.0
"""The longest that a server's Retry-After is waited for."""
_IN_MEMORY_BYTES = 8 << 20
_BY_TYPE = {"text/csv": "csv", "application/jsonl": "jsonl", "application/x-ndjson": "jsonl"}


class FetchFailed(ChronologyError):
    """An address did not give a batch; the message says why."""


class FetchUnavailable(FetchFailed):
    """An address that did not answer, or answered that it cannot now."""


class NotModified(ChronologyError):
    """What stands at an address is still what was fetched before."""


class Fetched(NamedTuple):
    """A body as a stream, its format, and the validator that the server gave for it."""

    body: IO[bytes]
    form: str
    etag: str | None


def client() -> httpx.Client:
    """A client with the limits above; only http and https, for redirects too."""
    return httpx.Client(timeout=TIMEOUT_S, follow_redirects=True, max_redirects=MAX_REDIRECTS)


@contextmanager
def asking(
    client: httpx.Client,
    url: str,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Iterator[httpx.Response]:
    """The answer of an http(s) address, its body still to come.

    Status 429 and 5xx are tried again with growing pauses, or with the pause that the answer's
    Retry-After asks for, up to MAX_PAUSE_S. Raises `FetchFailed` unless the status is 200, and
    `NotModified` for a 304.
    """
    try:
        for attempt in range(TRIES):
            with client.stream("GET", url, params=params, headers=headers) as response:
                pause = _pause(response, attempt)
                if pause is None:
                    _check_status(url, response)
                    yield response
                    return
            time.sleep(pause)
    except httpx.TransportError as error:
        kind = FetchFailed if isinstance(error, httpx.UnsupportedProtocol) else FetchUnavailable
        raise kind(f"{url}: {error or type(error).__name__}") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise FetchFailed(f"{url}: {error or type(error).__name__}") from error


def _pause(response: httpx.Response, attempt: int) -> float | None:
    """How long to wait before the next try, None if this answer is the last."""
    if not _is_in_trouble(response) or attempt == TRIES - 1:
        return None
    asked = _retry_after(response.headers.get("retry-after", ""))
    if asked is None:
        return float(BACK_OFF_S * 2**attempt)
    return asked if asked <= MAX_PAUSE_S else None


def _is_in_trouble(response: httpx.Response) -> bool:
    return response.status_code == 429 or response.status_code >= 500


def _retry_after(text: str) -> float | None:
    """The seconds that a Retry-After asks to wait, as a number or a date (RFC 9110, 10.2.3)."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (pendulum.instance(until) - pendulum.now("UTC")).total_seconds())


def _check_status(url: str, response: httpx.Response) -> None:
    if response.status_code == 304:
        raise NotModified(url)
    if response.status_code != 200:
        kind = FetchUnavailable if _is_in_trouble(response) else FetchFailed
        raise kind(f"{url} answered {response.status_code} {response.reason_phrase}".rstrip())


def pieces(response: httpx.Response, limit_bytes: int) -> Iterator[bytes]:
    """The body as it comes; raises `FetchFailed` beyond the size, or beyond TRANSFER_S."""
    size, until = 0, time.monotonic() + TRANSFER_S
    for piece in response.iter_bytes():
        size += len(piece)
        if size > limit_bytes:
            raise FetchFailed(f"{response.url} is larger than {limit_bytes >> 20} MiB")
        if time.monotonic() > until:
            raise FetchFailed(f"{response.url} took longer than {TRANSFER_S:g} s")
        yield piece


@contextmanager
def fetch(url: str, etag: str | None = None) -> Iterator[Fetched]:
    """What stands at an http(s) address: `yml`, `jsonl` or `csv`.

    With the `etag` of an earlier answer, raises `NotModified` if it still holds. Raises
    `FetchFailed`, as `asking` and `pieces` do, and for a web page.
    """
    headers = {"If-None-Match": etag} if etag else None
    with SpooledTemporaryFile(_IN_MEMORY_BYTES) as body:
        with client() as opened, asking(opened, url, headers=headers) as response:
            _refuse_page(url, response)
            _copy(url, response, body)
            found = Fetched(body, _form(response), response.headers.get("etag"))
        body.seek(0)
        yield found


def _refuse_page(url: str, response: httpx.Response) -> None:
    if "html" in response.headers.get("content-type", ""):
        raise FetchFailed(f"{url} is a web page, not a batch; use the address of the file itself")


def _copy(url: str, response: httpx.Response, body: IO[bytes]) -> None:
    for piece in pieces(response, MAX_BYTES):
        if not body.tell() and piece.lstrip()[:1] == b"<":
            raise FetchFailed(f"{url} holds HTML or XML, not a batch; use the file's own address")
        body.write(piece)


def _form(response: httpx.Response) -> str:
    suffix = PurePosixPath(response.url.path).suffix.lstrip(".")
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    return suffix if suffix in FORMATS else _BY_TYPE.get(kind, "yml")
