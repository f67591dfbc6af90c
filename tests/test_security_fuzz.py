"""No request, however malformed, is a failure of the server."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import hostile
import httpx
import mischief
import pytest
from attacked import (
    REQUESTS,
    SEED,
    THREADS,
    Attacked,
    assert_no_path,
)


def test_one_seed_gives_the_same_addresses_and_all_known_faults() -> None:
    addresses = mischief.addresses(REQUESTS, SEED)

    assert addresses == mischief.addresses(REQUESTS, SEED)
    assert len(addresses) == REQUESTS
    assert {*mischief.addresses(REQUESTS, SEED + 1)} != {*addresses}
    known = {path.format(form) for path in mischief.STOCK_FAULTS for form in ("", ".json", ".csv")}
    assert known <= {*addresses}
    for parameter in (*mischief.OWN, *mischief.STANDARD):
        assert any(f"{parameter}=" in address for address in addresses), parameter


def test_no_address_is_a_failure_of_the_server(attacked_server: Attacked) -> None:
    def ask(address: str) -> tuple[str, httpx.Response]:
        return address, attacked_server.get("/", extensions={"target": address.encode("ascii")})

    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(ask, mischief.addresses(REQUESTS, SEED)))

    failed = [address for address, answer in answers if answer.status_code >= 500]
    assert failed == []
    for address, answer in answers:
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], address
        assert hostile.ALERT not in answer.text or "html" not in answer.headers["content-type"]
        assert not answer.headers.get("location", "/").startswith(("//", "/\\", "http")), address
        assert_no_path(attacked_server, answer.text)
    statuses = {answer.status_code for _, answer in answers}
    assert {200, 302, 400, 403, 404} <= statuses


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /timeline/events?x=\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /timeline/\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /timeline/events?_as_of=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /timeline HTTP/1.1\r\nHost: x\r\nCookie: ds_actor=\xff; ds_messages=x\r\n\r\n",
        b"GET /timeline HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer dstok_x\r\n\r\n",
        b'GET / HTTP/1.1\r\nHost: "><script>alert(1)</script>\r\n\r\n',
        b'GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: \xff\r\nIf-None-Match: "\r\n\r\n',
        b"GET http://example.org/timeline/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_no_bytes_are_a_failure_of_the_server(attacked_server: Attacked, raw: bytes) -> None:
    url = attacked_server.client.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=20) as connection:
        connection.sendall(raw)
        answer = connection.recv(1 << 20)
    status = answer.split(b" ", 2)[1] if answer else b"400"

    assert int(status) < 500, answer[:300]
    assert hostile.ALERT.encode() not in answer
