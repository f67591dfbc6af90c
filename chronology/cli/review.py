"""The commands for editors: likely mistakes, and a report on the chronology."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import click

from chronology.cli.options import FAULTS, db_option, exit_codes, reading_tables
from chronology.store.database import fetch_rows
from chronology.timeline import consistency, coverage_report, duplicates
from chronology.timeline.consistency import Finding
from chronology.timeline.duplicates import Pair


@click.command()
@click.option("--duplicates", "only_pairs", is_flag=True, help="Check for duplicates only.")
@click.option(
    "--least",
    default=duplicates.THRESHOLD,
    show_default=True,
    type=click.FloatRange(0.01, 1),
    help="List only pairs with at least this score.",
)
@db_option
@exit_codes
def check(only_pairs: bool, least: float, db: Path) -> None:
    """List likely mistakes for an editor; exit 1 if there are any.

    The command lists events whose date has days that their accounts exclude, is one day although
    the accounts give only an upper bound, or begins or ends with the window of the chronology;
    events that count towards a formation after its last attachment; and pairs of events that are
    alike in date, place, title and formations. Settle each in a new batch. For each pair, retract
    one event into the other, or explain in the field 'distinct' of either event how they differ.

    \b
    Examples:
      chronology check
      chronology check --duplicates --least 0.8
    """
    with reading_tables(db) as opened:
        findings = [] if only_pairs else consistency.find(opened)
        for finding in findings:
            click.echo(_line(finding))
        pairs = duplicates.find(opened, least)
        for pair in pairs:
            click.echo(_describe(opened, pair))
    if findings or pairs:
        counts = [_count(len(findings), "likely mistake")] * bool(findings)
        if pairs:
            noun = _count(len(pairs), "pair")
            counts.append(f"{noun} of likely duplicates without an explanation")
        click.echo("; ".join(counts), err=True)
        sys.exit(FAULTS)
    click.echo("No unexplained duplicates." if only_pairs else "No likely mistakes.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _line(finding: Finding) -> str:
    return f"event {finding.event}: {finding.fault}. Remedy: {finding.remedy}."


def _describe(db: sqlite3.Connection, pair: Pair) -> str:
    """A pair in a few lines: both events, what they have in common, and the remedy."""
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
    help="A Markdown file to add at the end of the report.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; by default the report is printed.",
)
@exit_codes
def report_command(db: Path, notes: Path | None, out: Path | None) -> None:
    """Write a report on coverage, sources, disputes and gaps, in Markdown.

    \b
    Example:
      chronology report --notes docs/corpus-notes.md --out docs/corpus.md
    """
    with reading_tables(db) as opened:
        page = coverage_report.page(opened, notes.read_text("utf-8") if notes else "")
    if out is None:
        click.echo(page, nl=False)
        return
    out.write_text(page, "utf-8")
    click.echo(f"{out}: {len(page.splitlines())} lines")
