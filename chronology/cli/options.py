"""Shared by all commands: options, opening the database, exit codes, messages."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any

import click

from chronology import projections
from chronology.batches import http_source
from chronology.cli.progress import Bar, Step, in_bulk, shown
from chronology.ingest.sources import forget_addresses
from chronology.model.errors import BatchRefused, ChronologyError, printable
from chronology.store import log
from chronology.store.database import connect, require_sqlite, snapshot

DATABASE = "timeline.db"
CHECKPOINT = "checkpoint.txt"
FAULTS, USAGE, CONFLICT = 1, 2, 3
MAX_SHOWN = 2_000


def exit_codes(command: Callable[..., None]) -> Callable[..., None]:
    """Print the errors of a command, and end it with the exit code for each kind."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            require_sqlite()
            command(*args, **options)
        except BatchRefused as error:
            count = len(error.faults)
            click.echo(str(error), err=True)
            noun = "fault" if count == 1 else "faults"
            more = ", and there may be more: reading stopped there" if error.stopped else ""
            click.echo(f"{count} {noun}{more}; nothing of this batch was appended", err=True)
            sys.exit(FAULTS)
        except http_source.FetchFailed as error:
            click.echo(f"Error: {_shown(error)}", err=True)
            sys.exit(FAULTS)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise click.UsageError(str(error)) from error
        except (ChronologyError, sqlite3.Error) as error:
            click.echo(f"Error: {_shown(error)}", err=True)
            sys.exit(CONFLICT)

    return run


def _shown(error: Exception) -> str:
    """The message of an error, which may contain texts of another instance."""
    lines = [printable(line) for line in str(error).splitlines()]
    return "\n".join(lines)[:MAX_SHOWN]


db_option = click.option(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DATABASE,
    show_default=True,
    help="The database file.",
)
events_option = click.option(
    "--events",
    type=click.Path(path_type=Path),
    default="events",
    show_default=True,
    help="The folder with the numbered batches.",
)

quiet_option = click.option("--quiet", is_flag=True, help="Print only errors.")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, opened read-only."""
    if not path.exists():
        raise click.UsageError(f"there is no file {path}; 'python ingest.py' creates it")
    db = connect(path)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def reading_tables(path: Path) -> Iterator[sqlite3.Connection]:
    """The database in one read transaction, if its tables reflect its log."""
    with reading(path) as db, snapshot(db):
        if not projections.position(db) or not projections.is_current(db):
            raise click.UsageError(f"the tables of {path} are not current; run 'python ingest.py'")
        yield db


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, opened for writing and created if missing."""
    if not path.parent.is_dir():
        raise click.UsageError(f"there is no folder {path.parent} for {path.name}; create it")
    created = not path.exists()
    db = connect(path, write=True)
    try:
        forget_addresses(db)
        yield db
    finally:
        if created:
            _remove_if_empty(db, path)
        db.close()


@contextmanager
def checking(path: Path) -> Iterator[sqlite3.Connection]:
    """A copy of the database, or an empty one, to try out what ingesting would do."""
    # Without a name it is a temporary file, in memory as long as it is small.
    copy = connect("", write=True)
    try:
        if path.exists():
            with reading(path) as db:
                db.backup(copy)
        yield copy
    finally:
        copy.close()


def _remove_if_empty(db: sqlite3.Connection, path: Path) -> None:
    """Removes a new file without records, unless another writer uses it."""
    db.execute("PRAGMA busy_timeout = 0")
    with suppress(sqlite3.OperationalError):
        db.execute("BEGIN EXCLUSIVE")
        if log.head(db).position == 0:
            path.unlink()
        db.execute("ROLLBACK")


class Messages:
    """Prints the messages of a command, unless it is quiet."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet

    def __call__(self, text: str) -> None:
        if not self.quiet:
            click.echo(text)

    @contextmanager
    def bars(self, *bars: Bar) -> Iterator[list[Step | None]]:
        """The steps of progress bars on a terminal, one after the other; elsewhere no bars."""
        with in_bulk():
            if self.quiet or not sys.stderr.isatty():
                yield [None] * len(bars)
                return
            with shown([*bars]) as steps:
                yield [*steps]


def head_line(db: sqlite3.Connection) -> str:
    head = log.head(db)
    return f"Head: {head.position}:{head.digest}"
