"""Start and stop Datasette servers on free ports of this machine."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

import httpx

from benchmarks.files import PYTHON

OURS = ("-m", "chronology.cli")
"""`chronology serve`, as `make serve` runs it."""
STOCK = (
    "-c",
    "from datasette.plugins import pm; pm.unregister(name='chronology');"
    " from datasette.cli import cli; cli()",
)
"""Datasette as if the plugin were not installed."""
START_LIMIT_S = 60.0
RESPONSE_LIMIT_S = 600.0


class Server(NamedTuple):
    address: str
    process_id: int


@contextmanager
def serving(folder: Path, program: Sequence[str] = OURS) -> Iterator[Server]:
    """A server of the folder that stops at the end of the context."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ("serve", str(folder), "--host", "127.0.0.1", "--port", str(port))
    with TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [PYTHON, *program, *options], stdout=output, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://127.0.0.1:{port}"
            if not _is_up(address, process):
                output.seek(0)
                raise RuntimeError(f"the server of {folder.name} did not start: {output.read()}")
            yield Server(address, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:  # Stock Datasette does not stop running queries.
                process.kill()
                process.wait()


def _is_up(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether the server answers before the limit or its own end."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{address}/-/versions.json")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return True
    return False


def client(address: str) -> httpx.Client:
    """A client that follows redirects and keeps its connection."""
    return httpx.Client(base_url=address, timeout=RESPONSE_LIMIT_S, follow_redirects=True)
