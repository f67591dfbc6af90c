"""A web server in front of Datasette that keeps the prefix of its addresses or strips it."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx

_NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location {prefix} {{
            proxy_pass {target};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto https;
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
}}
"""


@contextmanager
def proxying(server: str, prefix: str, strips: bool, folder: Path) -> Iterator[str]:
    """The address of a proxy for a server: nginx, or one of this module if there is none."""
    start = _nginx if shutil.which("nginx") else _python
    with start(server.rstrip("/"), prefix, strips, folder) as address:
        yield address


@contextmanager
def _nginx(server: str, prefix: str, strips: bool, folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    target = f"{server}/" if strips else server
    folder.mkdir()
    settings = folder / "nginx.conf"
    settings.write_text(_NGINX.format(folder=folder, port=port, prefix=prefix, target=target))
    process = subprocess.Popen(["nginx", "-c", settings, "-e", folder / "error.log"])
    try:
        _await_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "nginx ended by itself"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx did not start")


@contextmanager
def documented(text: str, timeout_s: int, folder: Path) -> Iterator[int]:
    """The port of an nginx with documented settings, without TLS and with other timeouts."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    text = re.sub(r"^ *(ssl_\w+|server_name) .*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    text = re.sub(r"(_timeout) \d+s;", rf"\1 {timeout_s}s;", text)
    folder.mkdir()
    settings = folder / "nginx.conf"
    start = _NGINX.format(folder=folder, port=0, prefix="/", target="/").partition("    server {")[
        0
    ]
    settings.write_text(f"{start}{text}\n}}\n")
    process = subprocess.Popen(["nginx", "-c", settings, "-e", folder / "error.log"])
    try:
        _await_port(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def _python(server: str, prefix: str, strips: bool, folder: Path) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = f"/{self.path.removeprefix(prefix)}" if strips else self.path
            headers = {
                "host": self.headers["host"],
                "x-forwarded-proto": "https",
                "x-forwarded-for": "127.0.0.1",
                "accept-encoding": "identity",
            }
            answer = httpx.get(server + path, headers=headers, timeout=60)
            self.send_response_only(answer.status_code)
            for name, value in answer.headers.multi_items():
                if name not in ("transfer-encoding", "content-length"):
                    self.send_header(name, value)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_port}"
        proxy.shutdown()
