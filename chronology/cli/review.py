"""The commands for editors: what may stand twice, and what the chronology holds."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from chronology import projections
from chronology.cli.options import FAULTS, db_option, exit_codes, reading
from chronology.store.database import fetch_rows, snapshot
from chronology.timeline import coverage_report, duplicates
from chronology.timeline.duplicates import Pair


@contextmanager
def _tables(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, if its tables reflect its log."""
    with reading(path) as db, snapshot(db):
        if not projections.position(db) or not projections.is_current(db):
            raise click.UsageError(f"the tables of {path} are not current; run 'python ingest.py'")
        yield db


@click.command()
@click.option("--duplicates", "twice", is_flag=True, help="Events that may be one occurrence.")
@click.option(
    "--least",
    default=duplicates.THRESHOLD,
    show_default=True,
    type=click.FloatRange(0.01, 1),
    help="The least score that is listed.",
)
@db_option
@exit_codes
def check(twice: bool, least: float, db: Path) -> None:
    """List what an editor should look at; exit 1 if there is anything.

    With --duplicates, pairs of events that are alike in date, place, title and formations. Say in
    a new batch which it is: the same occurrence, retracted into the other; or another one, which
    the field 'distinct' of either event explains.

    \b
    chronology check --duplicates
    """
    if not twice:
        raise click.UsageError("say what to check: --duplicates")
    with _tables(db) as opened:
        pairs = duplicates.find(opened, least)
        for pair in pairs:
            click.echo(_told(opened, pair))
    if pairs:
        noun = "pair" if len(pairs) == 1 else "pairs"
        click.echo(f"{len(pairs)} {noun} of likely duplicates, not explained", err=True)
        sys.exit(FAULTS)
    click.echo("No likely duplicates that are not explained.")


def _told(db: sqlite3.Connection, pair: Pair) -> str:
    """A pair in a few lines: both events, what they have in common, and what to do."""
    lines = [f"{pair.score:.2f}  {pair.first} ~ {pair.second}"]
    for name in (pair.first, pair.second):
        sql = (
            "SELECT date, title, (SELECT group_concat(value, ', ') FROM json_each(places)) AS at"
            " FROM events WHERE id = ?"
        )
        (row,) = fetch_rows(db, sql, (name,))
        lines.append(f"      {row['date']}  {row['title']}  ({row['at']})")
    lines.append(f"      alike: {'; '.join(pair.reasons)}")
    lines.append(
        f"      remedy: '- {{retract: event/{pair.second}, into: {pair.first}, because: …}}', or in"
        f" {pair.second} 'distinct: [{{event: {pair.first}, because: …}}]'"
    )
    return "\n".join(lines)


@click.command("report")
@db_option
@click.option(
    "--notes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A hand-written page in Markdown that goes to the end.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the page goes; printed if it is not said.",
)
@exit_codes
def report_command(db: Path, notes: Path | None, out: Path | None) -> None:
    """Write in Markdown what the chronology holds: coverage, sources, disputes and gaps.

    \b
    chronology report --notes docs/corpus-notes.md --out docs/corpus.md
    """
    with _tables(db) as opened:
        page = coverage_report.page(opened, notes.read_text("utf-8") if notes else "")
    if out is None:
        click.echo(page, nl=False)
        return
    out.write_text(page, "utf-8")
    click.echo(f"{out}: {len(page.splitlines())} lines")
