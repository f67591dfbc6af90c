"""Batches from elsewhere, by HTTP: within limits, and never a web page taken for a batch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO

import httpx

from chronology.batches import FORMATS
from chronology.errors import ChronologyError

MAX_BYTES = 1 << 30
MAX_REDIRECTS = 5
TIMEOUT_S = 30.0
TRIES = 4
BACK_OFF_S = 1.0
_IN_MEMORY_BYTES = 8 << 20
_BY_TYPE = {"text/csv": "csv", "application/jsonl": "jsonl", "application/x-ndjson": "jsonl"}


class FetchFailed(ChronologyError):
    """An address did not give a batch; the message says why."""


@contextmanager
def fetch(url: str) -> Iterator[tuple[IO[bytes], str]]:
    """The body at an http(s) address as a stream, and its format (`yml`, `jsonl` or `csv`).

    Status 429 and 5xx are tried again with growing pauses; raises `FetchFailed`.
    """
    timeout = httpx.Timeout(TIMEOUT_S)
    with (
        httpx.Client(timeout=timeout, follow_redirects=True, max_redirects=MAX_REDIRECTS) as client,
        SpooledTemporaryFile(_IN_MEMORY_BYTES) as body,
    ):
        try:
            form = _download(client, url, body)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise FetchFailed(f"{url}: {error or type(error).__name__}") from error
        body.seek(0)
        yield body, form


def _download(client: httpx.Client, url: str, body: IO[bytes]) -> str:
    for attempt in range(TRIES):
        with client.stream("GET", url) as response:
            again = response.status_code == 429 or response.status_code >= 500
            if not again or attempt == TRIES - 1:
                _check(url, response)
                _copy(url, response, body)
                return _form(response)
        time.sleep(BACK_OFF_S * 2**attempt)
    raise AssertionError("the last try returns or raises")


def _check(url: str, response: httpx.Response) -> None:
    if response.status_code != 200:
        raise FetchFailed(f"{url} answered {response.status_code} {response.reason_phrase}")
    if "html" in response.headers.get("content-type", ""):
        raise FetchFailed(f"{url} is a web page, not a batch; use the address of the file itself")


def _copy(url: str, response: httpx.Response, body: IO[bytes]) -> None:
    size = 0
    for chunk in response.iter_bytes():
        if not size and chunk.lstrip()[:1] == b"<":
            raise FetchFailed(f"{url} holds HTML or XML, not a batch; use the file's own address")
        size += len(chunk)
        if size > MAX_BYTES:
            raise FetchFailed(f"{url} is larger than {MAX_BYTES >> 20} MiB")
        body.write(chunk)


def _form(response: httpx.Response) -> str:
    suffix = PurePosixPath(response.url.path).suffix.lstrip(".")
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    return suffix if suffix in FORMATS else _BY_TYPE.get(kind, "yml")
