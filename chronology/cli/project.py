"""The commands that start a chronology, prepare its next batch and publish it."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from pathlib import Path

import click

from chronology.cli import skeleton
from chronology.cli.options import DATABASE, checking, db_option, events_option, exit_codes
from chronology.ingest import sources
from chronology.model import records
from chronology.store.database import recover

EXPOSED = """\
Anyone who can reach {host} can read every table, the whole log including everything that was
corrected or retracted, and the versions of the programs. Visitors cannot write or run their own
SQL.
The server uses plain HTTP: put a web server with TLS in front of it before you make it public."""


@click.command()
@click.argument("name")
@db_option
@events_option
@exit_codes
def new(name: str, db: Path, events: Path) -> None:
    """Write the skeleton of the next batch into the folder of batches.

    NAME becomes the id of the batch and, after the next free number, its file name. Comments in
    the skeleton show records with a day, a kind, a place and a source from your chronology.

    \b
    Example:
      chronology new corrections-of-spring
    """
    if not records.is_id(name):
        raise click.UsageError(
            f"{name!r} is not an id: use lower-case letters, digits and single hyphens"
        )
    numbers = [int(p.name[:4]) for p in sources.files(events) if p.name[:4].isdecimal()]
    path = events / f"{max(numbers, default=0) + 1:04}-{name}.yml"
    with checking(db) as copy:
        skeleton.ingest_valid(copy, events)
        text = skeleton.skeleton(name, skeleton.examples(copy))
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    click.echo(f"{path}: edit it, then 'python ingest.py --check' and 'python ingest.py'")


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--title", help="The title; by default the name of the folder.")
@click.option(
    "--licence",
    "--license",
    help="The licence of the data, such as CC0-1.0 or CC-BY-4.0. Without one, no rights are"
    " granted.",
)
@exit_codes
def init(folder: Path, title: str | None, licence: str | None) -> None:
    """Start a chronology: write a folder with three example events and all settings.

    \b
    Examples:
      chronology init my-chronology
      chronology init bridge --title "The bridge at Harrowmere" --licence CC-BY-4.0
      cd my-chronology && chronology ingest && chronology serve
    """
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty; name a new folder")
    title = " ".join((title or folder.resolve().name.replace("-", " ").capitalize()).split())
    if licence is None and sys.stdin.isatty():
        licence = click.prompt(
            "Licence of the data (Enter for none)", default="", show_default=False
        )
    skeleton.write_folder(folder, title, licence or "")
    click.echo(f"{folder}: edit events/0001-start.yml and metadata.yml, then in the folder")
    click.echo("  python ingest.py && chronology serve")


@click.command()
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default="."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    default=8001,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="The port to listen on.",
)
@click.option("--cors", is_flag=True, help="Let the pages of other sites read every response.")
@exit_codes
def serve(folder: Path, host: str, port: int, cors: bool) -> None:
    """Publish the chronologies of a folder through Datasette.

    The command serves every file in FOLDER whose name ends in .db; FOLDER is the current folder by
    default. Only this machine can reach the server unless --host names another address. Python
    files in FOLDER are not run, except Datasette plugins in FOLDER/plugins.

    \b
    Examples:
      chronology serve
      chronology serve ../my-chronology --port 8002
      chronology serve --cors
    """
    files = sorted(folder.glob("*.db"))
    if not files:
        raise click.UsageError(f"{folder} has no {DATABASE}; run 'python ingest.py' there first")
    _require_free_port(host, port)
    for path in files:
        recover(path)
    click.echo(f"Serving {', '.join(map(str, files))} at http://{host}:{port} (end with Ctrl-C)")
    if not _is_loopback(host):
        click.echo(EXPOSED.format(host=host), err=True)
    sys.stdout.flush()
    arguments = ["serve", str(folder), "--host", host, "--port", str(port)]
    if cors:
        arguments.append("--cors")
    # -P: modules are imported from where they are installed, never from the current folder.
    os.execv(sys.executable, [sys.executable, "-Pm", "datasette", *arguments])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _require_free_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.UsageError(
                f"{host}:{port} is not available ({error.strerror}); choose another port:"
                f" make serve PORT={port + 1}, or chronology serve --port {port + 1}"
            ) from None
