"""Batches over HTTP, within limits of size and time. Web pages are refused."""

from __future__ import annotations

import logging
import socket
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from threading import Lock, Timer
from typing import IO, Any, NamedTuple

import httpx
import pendulum

from chronology.batches.batch import FORMATS
from chronology.model.addresses import mask_secrets, shown_address
from chronology.model.errors import ChronologyError

MAX_BYTES = 1 << 30
MAX_REDIRECTS = 5
TIMEOUT_S = 30.0
"""The limit for connecting, and for each pause within a response."""
TRANSFER_S = 900.0
"""The limit for a whole response with its redirects, so that a slow trickle ends too."""
TRIES = 4
BACK_OFF_S = 1.0
MAX_PAUSE_S = 60.0
"""A longer Retry-After ends the attempts."""
_IN_MEMORY_BYTES = 8 << 20
_PIECE_BYTES = 1 << 18
_BY_TYPE = {"text/csv": "csv", "application/jsonl": "jsonl", "application/x-ndjson": "jsonl"}


class _MaskSecrets(logging.Filter):
    """Masks the addresses that httpx logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask_secrets(record.getMessage()), ()
        return True


logging.getLogger("httpx").addFilter(_MaskSecrets())


class FetchFailed(ChronologyError):
    """An address did not give a batch; the message has the reason, with secrets masked."""

    def __init__(self, message: str) -> None:
        super().__init__(mask_secrets(message))


class FetchUnavailable(FetchFailed):
    """An address did not respond, or responded with status 429 or 5xx."""


class FetchGone(FetchFailed):
    """An address has nothing: status 404 or 410."""


class FetchTooLarge(FetchFailed):
    """A response is larger than its limit."""


class NotModified(ChronologyError):
    """The content of an address has not changed since it was fetched."""


class FetchedBatch(NamedTuple):
    """A body as a stream, with its format and its ETag."""

    body: IO[bytes]
    form: str
    etag: str | None


def client() -> httpx.Client:
    """An HTTP client with the limits above, for `get`."""
    return httpx.Client(
        timeout=TIMEOUT_S,
        headers={"Accept-Encoding": "gzip"},
        # A deadline ends connections, so that each request has one of its own.
        limits=httpx.Limits(max_keepalive_connections=0),
    )


class _Deadline:
    """Ends the connections of a request after some seconds, whatever they are waiting for.

    The timeouts of httpx start again with each byte, so that a slow trickle would never end.
    """

    def __init__(self, seconds: float) -> None:
        self.has_passed = False
        self._lock = Lock()
        self._sockets: list[socket.socket] = []
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for connection in self._sockets:
                connection.close()
            self._sockets.clear()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Keeps a duplicate of each new connection; httpx calls this for every event."""
        if event == "connection.connect_tcp.complete":
            connection = info["return_value"].get_extra_info("socket").dup()
            with self._lock:
                self._sockets.append(connection)
            if self.has_passed:
                self._end()

    def _end(self) -> None:
        self.has_passed = True
        with self._lock:
            for connection in self._sockets:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def get(
    client: httpx.Client,
    url: str,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Iterator[httpx.Response]:
    """The response of an http(s) address, before its body is read.

    Status 429 and 5xx are tried again after growing pauses, or after the pause in Retry-After, up
    to MAX_PAUSE_S. Raises `NotModified` for status 304, and `FetchFailed` for any other than 200,
    and if all attempts with their redirects and the body take longer than TRANSFER_S.
    """
    shown = shown_address(url)
    deadline = _Deadline(TRANSFER_S)
    try:
        with deadline:
            request = client.build_request(
                "GET", url, params=params, headers=headers, extensions={"trace": deadline.trace}
            )
            for attempt in range(TRIES):
                with _final_response(client, request) as response:
                    pause = _pause(response, attempt)
                    if pause is None:
                        _check_status(url, response)
                        yield response
                        break
                time.sleep(pause)
    except httpx.TransportError as error:
        if not deadline.has_passed:
            kind = FetchFailed if isinstance(error, httpx.UnsupportedProtocol) else FetchUnavailable
            raise kind(f"{shown}: {error or type(error).__name__}") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise FetchFailed(f"{shown}: {error or type(error).__name__}") from error
    if deadline.has_passed:
        raise FetchFailed(f"{shown} took longer than {TRANSFER_S:g} s")


@contextmanager
def _final_response(client: httpx.Client, request: httpx.Request) -> Iterator[httpx.Response]:
    """The response after all redirects, whose bodies are not read."""
    for _ in range(MAX_REDIRECTS + 1):
        with closing(client.send(request, stream=True, follow_redirects=False)) as response:
            if response.next_request is None:
                yield response
                return
            request = response.next_request
    raise httpx.TooManyRedirects("Exceeded maximum allowed redirects.", request=request)


def _pause(response: httpx.Response, attempt: int) -> float | None:
    """The seconds before the next attempt; None if this response is final."""
    if not _is_unavailable(response) or attempt == TRIES - 1:
        return None
    pause = _retry_after(response.headers.get("retry-after", ""))
    if pause is None:
        return float(BACK_OFF_S * 2**attempt)
    return pause if pause <= MAX_PAUSE_S else None


def _is_unavailable(response: httpx.Response) -> bool:
    return response.status_code == 429 or response.status_code >= 500


def _retry_after(text: str) -> float | None:
    """The seconds of a Retry-After, which is a number or a date (RFC 9110, 10.2.3)."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (pendulum.instance(until) - pendulum.now("UTC")).total_seconds())


def _check_status(url: str, response: httpx.Response) -> None:
    shown = shown_address(url)
    if response.status_code == 304:
        raise NotModified(shown)
    if response.status_code != 200:
        kind = FetchUnavailable if _is_unavailable(response) else FetchFailed
        if response.status_code in (404, 410):
            kind = FetchGone
        raise kind(f"{shown} responded {response.status_code} {response.reason_phrase}".rstrip())


def read_body(response: httpx.Response, limit_bytes: int) -> Iterator[bytes]:
    """The decoded body in chunks; raises `FetchTooLarge` beyond the size limit."""
    shown = shown_address(str(response.url))
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise FetchFailed(f"{shown} has the content encoding {encoding!r}, which is not supported")
    raw = _limited(response.iter_raw(), limit_bytes, shown)
    yield from raw if encoding == "identity" else _limited(_unzip(raw), limit_bytes, shown)


def _limited(chunks: Iterator[bytes], limit_bytes: int, shown: str) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit_bytes:
            raise FetchTooLarge(f"{shown} is larger than {limit_bytes >> 20} MiB")
        yield chunk


def _unzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decodes gzip in pieces of limited size: 64 KiB can contain 64 MiB."""
    decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        for chunk in chunks:
            while chunk and not decoder.eof:
                yield decoder.decompress(chunk, _PIECE_BYTES)
                chunk = decoder.unconsumed_tail
        yield decoder.flush()
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from None
    if not decoder.eof:
        raise httpx.DecodingError("the gzip content ends too early")


@contextmanager
def fetch(url: str, etag: str | None = None) -> Iterator[FetchedBatch]:
    """The batch at an http(s) address.

    With the `etag` of an earlier response, raises `NotModified` if the content is the same. Raises
    `FetchFailed` as `get` and `read_body` do, and for a web page.
    """
    headers = {"If-None-Match": etag} if etag else None
    with SpooledTemporaryFile(_IN_MEMORY_BYTES) as body:
        with client() as http, get(http, url, headers=headers) as response:
            _refuse_page(url, response)
            _copy(url, response, body)
            fetched = FetchedBatch(body, _form(response), response.headers.get("etag"))
        body.seek(0)
        yield fetched


def _refuse_page(url: str, response: httpx.Response) -> None:
    if "html" in response.headers.get("content-type", ""):
        raise FetchFailed(
            f"{shown_address(url)} is a web page, not a batch; use the address of the batch"
        )


def _copy(url: str, response: httpx.Response, body: IO[bytes]) -> None:
    for chunk in read_body(response, MAX_BYTES):
        if not body.tell() and chunk.lstrip()[:1] == b"<":
            found = f"{shown_address(url)} contains HTML or XML, not a batch"
            raise FetchFailed(f"{found}; use the address of the batch")
        body.write(chunk)


def _form(response: httpx.Response) -> str:
    suffix = PurePosixPath(response.url.path).suffix.lstrip(".")
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    return suffix if suffix in FORMATS else _BY_TYPE.get(kind, "yml")
