"""The commands that start a folder, add to it and publish it."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import sys
from importlib import resources
from pathlib import Path

import click
import pendulum

from chronology.cli.options import DATABASE, events_option, exit_codes
from chronology.ingest import sources
from chronology.model import records
from chronology.store.database import recover

EXPOSED = """\
Whoever reaches {host} can read all of it: every table, the whole log with what was corrected and
retracted since, the plugin's and Datasette's versions. Nobody can write, or run SQL of their own.
It speaks plain HTTP; before the public, put a server with TLS in front of it."""


@click.command()
@click.argument("name")
@events_option
@exit_codes
def new(name: str, events: Path) -> None:
    """Write the skeleton of the next numbered batch into events/.

    \b
    chronology new corrections-of-spring
    """
    if not records.is_id(name):
        raise click.UsageError(f"{name!r} is no id: lower-case letters, digits, single hyphens")
    numbers = [int(p.name[:4]) for p in sources.files(events) if p.name[:4].isdecimal()]
    path = events / f"{max(numbers, default=0) + 1:04}-{name}.yml"
    now = pendulum.now("UTC").format("YYYY-MM-DDTHH:mm:ss[Z]")
    text = _template("batch.yml").replace("{name}", name).replace("{now}", now)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    click.echo(f"{path}: edit it, then 'python ingest.py --check' and 'python ingest.py'")


def _template(name: str) -> str:
    return (resources.files("chronology") / "template" / name).read_text("utf-8")


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@exit_codes
def init(folder: Path) -> None:
    """Start another chronology: a folder with two example events and all that it needs.

    \b
    chronology init my-chronology
    cd my-chronology && python ingest.py && chronology serve
    """
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty; name a new folder")
    with resources.as_file(resources.files("chronology") / "template" / "folder") as template:
        shutil.copytree(template, folder, dirs_exist_ok=True)
    click.echo(f"{folder}: edit events/0001-start.yml and metadata.yml, then in the folder")
    click.echo("  python ingest.py && chronology serve")


@click.command()
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default="."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
@exit_codes
def serve(folder: Path, host: str, port: int) -> None:
    """Publish the chronologies of a folder through Datasette, by default to this machine only.

    Every file that ends in .db is served, whatever it is called.

    \b
    chronology serve --port 8002
    """
    files = sorted(folder.glob("*.db"))
    if not files:
        raise click.UsageError(f"{folder} has no {DATABASE}; run 'python ingest.py' there first")
    _refuse_taken(host, port)
    for path in files:
        recover(path)
    click.echo(f"Serving {', '.join(map(str, files))} at http://{host}:{port} (end with Ctrl-C)")
    if not _is_loopback(host):
        click.echo(EXPOSED.format(host=host), err=True)
    sys.stdout.flush()
    arguments = ["serve", str(folder), "--host", host, "--port", str(port)]
    os.execv(sys.executable, [sys.executable, "-m", "datasette", *arguments])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_taken(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.UsageError(
                f"{host}:{port} cannot be listened on ({error.strerror}); choose another port:"
                f" make serve PORT={port + 1}, or chronology serve --port {port + 1}"
            ) from None
