"""Batches over HTTP, within limits of size and time. Web pages are refused."""

from __future__ import annotations

import logging
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
from chronology.model.addresses import mask_secrets, shown_address
from chronology.model.errors import ChronologyError

MAX_BYTES = 1 << 30
MAX_REDIRECTS = 5
TIMEOUT_S = 30.0
"""The limit for connecting, and for each pause within a response."""
TRANSFER_S = 900.0
"""The limit for a whole response, so that a slow trickle ends too."""
TRIES = 4
BACK_OFF_S = 1.0
MAX_PAUSE_S = 60.0
"""A longer Retry-After ends the attempts."""
_IN_MEMORY_BYTES = 8 << 20
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


class NotModified(ChronologyError):
    """The content of an address has not changed since it was fetched."""


class FetchedBatch(NamedTuple):
    """A body as a stream, with its format and its ETag."""

    body: IO[bytes]
    form: str
    etag: str | None


def client() -> httpx.Client:
    """An HTTP client with the limits above."""
    return httpx.Client(timeout=TIMEOUT_S, follow_redirects=True, max_redirects=MAX_REDIRECTS)


@contextmanager
def get(
    client: httpx.Client,
    url: str,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Iterator[httpx.Response]:
    """The response of an http(s) address, before its body is read.

    Status 429 and 5xx are tried again after growing pauses, or after the pause in Retry-After, up
    to MAX_PAUSE_S. Raises `NotModified` for status 304, and `FetchFailed` for any other than 200.
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
        raise kind(f"{shown_address(url)}: {error or type(error).__name__}") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise FetchFailed(f"{shown_address(url)}: {error or type(error).__name__}") from error


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
        raise kind(f"{shown} responded {response.status_code} {response.reason_phrase}".rstrip())


def read_body(response: httpx.Response, limit_bytes: int) -> Iterator[bytes]:
    """The body in chunks; raises `FetchFailed` beyond the size limit or TRANSFER_S."""
    size, deadline = 0, time.monotonic() + TRANSFER_S
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > limit_bytes:
            raise FetchFailed(f"{response.url} is larger than {limit_bytes >> 20} MiB")
        if time.monotonic() > deadline:
            raise FetchFailed(f"{response.url} took longer than {TRANSFER_S:g} s")
        yield chunk


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
