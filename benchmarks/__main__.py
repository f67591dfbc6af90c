"""`python -m benchmarks`: measures, prints a table, and keeps the results."""

from __future__ import annotations

import signal
import sys

import click

from benchmarks import report, results
from benchmarks.lines import COLUMNS, cells
from benchmarks.run import chosen, groups, measured, plan

WIDTHS = dict(zip(COLUMNS, (42, 9, 10, 11, 34, 7, 42, 3, 0), strict=True))
LEFT = ("operation", "beside", "floor", "note")


def as_sizes(context: click.Context, option: click.Parameter, text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        found = [int(part.replace("_", "")) for part in text.split(",")]
    except ValueError:
        raise click.BadParameter("numbers of events with commas between: 10000,100000") from None
    if min(found) < 1_000:
        raise click.BadParameter("fewer than 1,000 events measure nothing")
    return sorted(found)


@click.command()
@click.argument("names", nargs=-1, metavar="[GROUP|LINE]...")
@click.option(
    "--size", "--sizes", "sizes", callback=as_sizes, help="How many events: 10000,100000."
)
@click.option("--full", is_flag=True, help="A million events too; the peers take long.")
@click.option("--list", "listing", is_flag=True, help="List the groups and their lines.")
@click.option("--write", is_flag=True, help="Measure nothing; write docs/performance.md.")
def main(
    names: tuple[str, ...], sizes: list[int] | None, full: bool, listing: bool, write: bool
) -> None:
    """Measure all lines, or some groups or lines, each beside its peer.

    The table goes to standard output, progress to standard error; what was measured is kept in
    build/bench/results.json, where --write finds it.

    \b
    python -m benchmarks                             everything, up to 200,000 events
    python -m benchmarks ingest --size 200000        one group
    python -m benchmarks pages-search --sizes 10000,100000
    """
    # Ended by a signal, it still ends its servers and removes its files.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if listing:
        for group in groups():
            for line in group.lines:
                click.echo(f"{group.name:10}{line.name:24}{line.operation}")
    elif write:
        click.echo(report.write(results.load()))
    else:
        _measure(names, sizes, full)


def _measure(names: tuple[str, ...], sizes: list[int] | None, full: bool) -> None:
    try:
        lines = chosen(names)
    except LookupError as error:
        raise click.UsageError(f"{error.args[0]!r} is no group and no line; see --list") from None
    failed = False
    click.echo(_aligned(dict(zip(COLUMNS, COLUMNS, strict=True))))
    for row in measured(plan(lines, sizes, full)):
        results.keep(row)
        failed = failed or row["ours"] is None
        click.echo(_aligned(cells(row)))
    sys.exit(1 if failed else 0)


def _aligned(texts: dict[str, str]) -> str:
    padded = (
        texts[name].ljust(WIDTHS[name]) if name in LEFT else texts[name].rjust(WIDTHS[name])
        for name in COLUMNS
    )
    return "  ".join(padded).rstrip()


if __name__ == "__main__":
    main()
