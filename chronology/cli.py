"""The commands: `python ingest.py` and `chronology …`.

Exit codes: 0 done, 1 faults in the data, 2 wrong usage, 3 conflict or corruption.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO, cast

import click
import pendulum

from chronology import __version__, batches, ingest, log, projections, remote, schema
from chronology.batches import FORMATS
from chronology.errors import BatchRefused, ChronologyError

DATABASE = "timeline.db"
FAULTS, USAGE, CONFLICT = 1, 2, 3


def _exit_codes(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except BatchRefused as error:
            count = len(error.faults)
            click.echo(str(error), err=True)
            noun = "fault" if count == 1 else "faults"
            click.echo(f"{count} {noun}; nothing of this batch was appended", err=True)
            sys.exit(FAULTS)
        except remote.FetchFailed as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(FAULTS)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise click.UsageError(str(error)) from error
        except (ChronologyError, sqlite3.Error) as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(CONFLICT)

    return run


_db = click.option(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DATABASE,
    show_default=True,
    help="The database file.",
)
_events = click.option(
    "--events",
    type=click.Path(path_type=Path),
    default="events",
    show_default=True,
    help="The folder of batches.",
)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.exists():
        raise click.UsageError(f"there is no file {path}; 'python ingest.py' makes it")
    db = schema.connect(path)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.parent.is_dir():
        raise click.UsageError(f"there is no folder {path.parent} for {path.name}; create it")
    db = schema.connect(path, write=True)
    try:
        yield db
    finally:
        db.close()


# Ingesting ------------------------------------------------------------------------------------


@click.command("ingest")
@click.argument("sources", nargs=-1, metavar="[PATH|URL|-]...")
@click.option("--check", is_flag=True, help="Validate only; append nothing.")
@_db
@click.option("--format", "form", type=click.Choice(FORMATS), help="Of standard input or a URL.")
@click.option("--batch", "batch_id", help="The batch's id, for CSV, which has no header.")
@click.option("--recorded", help="When it was recorded, for CSV: 2026-11-21T12:00:00Z.")
@click.option("--note", help="A note on the batch, for CSV.")
@click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong.")
@_exit_codes
def ingest_command(
    sources: tuple[str, ...],
    check: bool,
    db: Path,
    form: str | None,
    batch_id: str | None,
    recorded: str | None,
    note: str | None,
    quiet: bool,
) -> None:
    """Ingest batches into the timeline: whole or not at all, each once.

    Without arguments, everything new in the folder events/, in order of name. A batch that is
    in the log already is compared with it, and refused if it was edited.

    \b
    python ingest.py                              what is new in events/
    python ingest.py --check                      only say what is wrong with it
    python ingest.py more.jsonl                   a file: .yml, .jsonl or .csv
    python ingest.py https://example.org/a.yml    a batch elsewhere
    python ingest.py a.csv --batch a --recorded 2026-11-21T12:00:00Z
    """
    say = _Sayer(quiet)
    header = _header(batch_id, recorded, note)
    if not sources:
        _ingest_folder(Path("events"), db, check, say)
    for source in sources:
        if source != "-" and "://" not in source and Path(source).is_dir():
            _ingest_folder(Path(source), db, check, say)
        else:
            _ingest_one(source, db, check, form, header, say)


class _Sayer:
    """What a command tells, unless it was asked to be quiet."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet

    def __call__(self, text: str) -> None:
        if not self.quiet:
            click.echo(text)

    @contextmanager
    def bar(self, label: str) -> Iterator[Callable[[int], None] | None]:
        """Progress with rate on a terminal; nothing elsewhere."""
        if self.quiet or not sys.stderr.isatty():
            yield None
            return
        started, done = pendulum.now(), 0

        def step(count: int) -> None:
            nonlocal done
            done += count
            seconds = max((pendulum.now() - started).total_seconds(), 0.001)
            click.echo(f"\r{label}: {done:,} ({done / seconds:,.0f}/s)  ", nl=False, err=True)

        yield step
        if done:
            click.echo(err=True)


def _header(batch: str | None, recorded: str | None, note: str | None) -> dict[str, str] | None:
    if batch is None and recorded is None and note is None:
        return None
    if batch is None or recorded is None:
        raise click.UsageError("--batch and --recorded go together, and --note with them")
    return {"format": "1", "batch": batch, "recorded": recorded, **({"note": note} if note else {})}


@contextmanager
def _target(path: Path, check: bool) -> Iterator[sqlite3.Connection]:
    """The database to ingest into; to check only, a copy in memory."""
    if not check:
        with _writing(path) as db:
            yield db
        return
    copy = schema.connect(":memory:", write=True) if not path.exists() else _copy_of(path)
    try:
        yield copy
    finally:
        copy.close()


def _copy_of(path: Path) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    with _reading(path) as db:
        db.backup(copy)
    return copy


def _ingest_folder(folder: Path, path: Path, check: bool, say: _Sayer) -> None:
    paths = ingest.files(folder)
    if not path.exists():
        new, current = paths, False
    else:
        with _reading(path) as db:
            new, current = ingest.pending(db, paths), projections.is_current(db)
    if not new and current:
        with _reading(path) as db:
            say(f"Nothing new: {len(paths)} batches are in the log. {_head(db)}")
        return
    with _target(path, check) as db:
        for file in new:
            with say.bar(file.name) as progress:
                result = ingest.ingest_file(db, file, progress)
            _report(say, result, check)
        if not projections.is_current(db):
            with schema.transaction(db):
                projections.catch_up(db)
            say("The tables were folded again by this version of the program.")
        say(_head(db))


def _ingest_one(
    source: str,
    path: Path,
    check: bool,
    form: str | None,
    header: dict[str, str] | None,
    say: _Sayer,
) -> None:
    with _open(source, form) as (stream, kind):
        if header and kind != "csv":
            raise click.UsageError(f"{source} has a header of its own; --batch is for CSV")
        with _target(path, check) as db:
            batch = batches.read(stream, source, kind, header)
            with say.bar(source) as progress:
                result = ingest.ingest(db, batch, progress)
            _report(say, result, check)
            say(_head(db))


@contextmanager
def _open(source: str, form: str | None) -> Iterator[tuple[BinaryIO, str]]:
    if source == "-":
        yield cast(BinaryIO, sys.stdin.buffer), form or "yml"
    elif "://" in source:
        with remote.fetch(source) as (body, kind):
            yield cast(BinaryIO, body), form or kind
    else:
        file = Path(source)
        kind = form or file.suffix.lstrip(".")
        if not file.exists():
            raise click.UsageError(f"there is no file {source}")
        if kind not in FORMATS:
            raise click.UsageError(f"{source} is none of {', '.join(FORMATS)}; say --format")
        with file.open("rb") as stream:
            yield stream, kind


def _report(say: _Sayer, result: ingest.Result, check: bool) -> None:
    done = "would be appended" if check else "appended"
    say(
        f"{result.batch}: {result.records} records {done}"
        if result.records
        else f"{result.batch}: in the log already; nothing to append"
    )


def _head(db: sqlite3.Connection) -> str:
    head = log.head(db)
    return f"Head: {head.position}:{head.digest}"


# The rest -------------------------------------------------------------------------------------


@click.group()
@click.version_option(__version__, prog_name="chronology")
def main() -> None:
    """A chronology as an append-only log, published through Datasette."""


main.add_command(ingest_command)


@main.command()
@_db
@_exit_codes
def head(db: Path) -> None:
    """Print the head of the log as POSITION:DIGEST.

    The digest stands for every record up to the position: cite both.
    """
    with _reading(db) as opened:
        found = log.head(opened)
    click.echo(f"{found.position}:{found.digest}")


@main.command()
@_db
@_events
@_exit_codes
def verify(db: Path, events: Path) -> None:
    """Recompute the chain and every table, and compare; exit 3 if anything differs.

    It does not prove that nothing was cut off at the end: for that, compare the head with one
    that was published elsewhere.
    """
    with _reading(db) as opened, schema.snapshot(opened):
        faults = log.verify_schema(opened)
        last = log.verify(opened)
        click.echo(f"Chain: {last.position} records, each follows from the one before.")
        faults += projections.verify(opened)
        if events.is_dir():
            paths = ingest.files(events)
            new = ingest.pending(opened, paths)
            old = len(paths) - len(new)
            click.echo(f"Batches: {old} of {len(paths)} are in the log, unedited.")
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        sys.exit(CONFLICT)
    click.echo("Tables: equal to a fresh fold of the log.")
    click.echo(f"Head: {last.position}:{last.digest}")


@main.command()
@_db
@_exit_codes
def rebuild(db: Path) -> None:
    """Drop every table but the log, and fold them again from it."""
    if not db.exists():
        raise click.UsageError(f"there is no file {db}; 'python ingest.py' makes it")
    say = _Sayer(quiet=False)
    with _writing(db) as opened, say.bar("Folding") as progress:
        with schema.transaction(opened):
            projections.rebuild(opened, progress)
        say(_head(opened))


@main.command()
@click.argument("name")
@_events
@_exit_codes
def new(name: str, events: Path) -> None:
    """Write the skeleton of the next numbered batch into events/.

    \b
    chronology new corrections-of-spring
    """
    if not batches.is_id(name):
        raise click.UsageError(f"{name!r} is no id: lower-case letters, digits, single hyphens")
    numbers = [int(p.name[:4]) for p in ingest.files(events) if p.name[:4].isdecimal()]
    path = events / f"{max(numbers, default=0) + 1:04}-{name}.yml"
    now = pendulum.now("UTC").format("YYYY-MM-DDTHH:mm:ss[Z]")
    text = _template("batch.yml").replace("{name}", name).replace("{now}", now)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    click.echo(f"{path}: edit it, then 'python ingest.py --check' and 'python ingest.py'")


def _template(name: str) -> str:
    return (resources.files("chronology") / "template" / name).read_text("utf-8")


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@_exit_codes
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


@main.command()
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default="."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
@_exit_codes
def serve(folder: Path, host: str, port: int) -> None:
    """Publish a folder's timeline.db through Datasette, on this machine only unless told.

    \b
    chronology serve --port 8002
    """
    if not (folder / DATABASE).exists():
        raise click.UsageError(f"{folder} has no {DATABASE}; run 'python ingest.py' there first")
    _refuse_taken(host, port)
    click.echo(f"Serving {folder / DATABASE} at http://{host}:{port} (end with Ctrl-C)")
    sys.stdout.flush()
    arguments = ["serve", str(folder), "--host", host, "--port", str(port)]
    os.execv(sys.executable, [sys.executable, "-m", "datasette", *arguments])


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


if __name__ == "__main__":
    main()
