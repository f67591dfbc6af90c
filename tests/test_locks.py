"""The locked versions fit each other, and a server of them posts, streams and compresses."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import httpx
import pytest
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from server import serving

LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-test-1.0.lock")
_PINNED = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
INSTALLED = version("datasette")


def pinned(lock: str) -> dict[str, str]:
    """The versions of a lock by name."""
    found = _PINNED.findall((ROOT / lock).read_text("utf-8"))
    return {str(canonicalize_name(name)): number for name, number in found}


def misfits(versions: dict[str, str]) -> Iterator[str]:
    """The requirements of locked packages that other locked versions do not fulfil.

    The requirements are those of the installed packages, as `pip check` reads them.
    """
    for name, number in versions.items():
        try:
            required = distribution(name)
        except PackageNotFoundError:
            continue  # Of another system.
        if required.version != number:
            yield f"{name} {required.version} is installed, {number} is locked"
        for text in required.requires or []:
            requirement = Requirement(text)
            if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
                continue
            other = versions.get(canonicalize_name(requirement.name))
            if other is not None and not requirement.specifier.contains(other, prereleases=True):
                yield f"{name} {number} needs {requirement}, {other} is locked"


def test_locked_versions_fit_each_other() -> None:
    """Those with the version of Datasette that is installed."""
    locks = [versions for lock in LOCKS if (versions := pinned(lock))["datasette"] == INSTALLED]
    assert locks
    for versions in locks:
        assert len(versions) > 20
        assert list(misfits(versions)) == []


def test_the_locks_share_the_versions_that_read_requests() -> None:
    for name in ("python-multipart", "uvicorn", "httpx", "anyio", "click"):
        assert len({pinned(lock).get(name) for lock in LOCKS}) == 1, name


def test_a_version_that_does_not_fit_is_named() -> None:
    versions = {"asgi-csrf": "0.11", "python-multipart": "0.0.1", "datasette": "0.65.5"}
    if INSTALLED != "0.65.5":
        versions = {"datasette": INSTALLED, "httpx2": "0.1"}
    assert any(" is locked" in line and " needs " in line for line in misfits(versions))


@pytest.fixture(scope="module")
def server(many_folder: Path) -> Iterator[httpx.Client]:
    with serving(many_folder) as client:
        yield client


def test_a_server_posts(server: httpx.Client) -> None:
    """A form with a cookie is read by two packages that once did not fit."""
    token = server.get("/-/messages").cookies.get("ds_csrftoken")
    cookies = {"cookie": f"ds_csrftoken={token}"}
    form = {"csrftoken": str(token), "message": "x", "message_type": "INFO"}
    answers = [
        server.post("/-/messages", headers=cookies, files={"message": (None, "x")}, data=form),
        server.post("/-/messages", headers=cookies, data=form),
        server.post("/timeline/events", headers=cookies, files={"message": (None, "x")}),
    ]
    server.cookies.clear()
    assert [answer.status_code < 500 for answer in answers] == [True] * 3
    assert answers[2].status_code == 405


@pytest.mark.parametrize("path", ["/timeline/events.csv", "/timeline/log.csv?_stream=on"])
def test_a_server_streams(server: httpx.Client, path: str) -> None:
    with server.stream("GET", path) as response:
        chunks = list(response.iter_raw())
    assert response.status_code == 200
    assert response.headers.get("transfer-encoding") == "chunked"
    assert b"".join(chunks).count(b"\n") > 1_000


def test_a_visitor_with_a_message_gets_a_stream(server: httpx.Client) -> None:
    """Datasette sets the cookie of a message again with every response."""
    token = server.get("/-/messages").cookies.get("ds_csrftoken")
    form = {"csrftoken": str(token), "message": "x", "message_type": "INFO"}
    server.post("/-/messages", data=form)
    assert server.cookies.get("ds_messages")
    answer = server.get("/timeline/log.csv?_stream=on")
    server.cookies.clear()
    assert (answer.status_code, answer.text.count("\n") > 1_000) == (200, True)


def test_a_server_compresses(server: httpx.Client) -> None:
    with server.stream("GET", "/timeline/events", headers={"accept-encoding": "gzip"}) as page:
        content = b"".join(page.iter_raw())
    assert page.headers["content-encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(content)
