"""`python -m benchmarks`: measure, print a table, and store the results."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from benchmarks import report, results
from benchmarks.benchmark import COLUMNS, cells
from benchmarks.files import ROOT
from benchmarks.run import groups, measure_all, plan, select

WIDTHS = dict(zip(COLUMNS, (42, 9, 10, 11, 34, 7, 42, 3, 0), strict=True))
LEFT_ALIGNED = ("operation", "compared with", "floor", "note")


def parse_sizes(
    context: click.Context, option: click.Parameter, text: str | None
) -> list[int] | None:
    if text is None:
        return None
    try:
        sizes = [int(part.replace("_", "")) for part in text.split(",")]
    except ValueError:
        raise click.BadParameter("give numbers of events separated by commas: 10000,100000") from (
            None
        )
    if min(sizes) < 1_000:
        raise click.BadParameter("the smallest size is 1,000 events")
    return sorted(sizes)


@click.command()
@click.argument("names", nargs=-1, metavar="[GROUP|BENCHMARK]...")
@click.option(
    "--size",
    "--sizes",
    "sizes",
    callback=parse_sizes,
    help="Numbers of events: 10000,100000.",
)
@click.option("--full", is_flag=True, help="Also measure a million events; the peers take long.")
@click.option("--list", "is_list", is_flag=True, help="List the groups and their benchmarks.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=results.RESULTS_FILE.relative_to(ROOT),
    show_default=True,
    help="The file of results, with a row for each benchmark and size.",
)
@click.option(
    "--write", is_flag=True, help="Write docs/performance.md from the stored results, and end."
)
def main(
    names: tuple[str, ...],
    sizes: list[int] | None,
    full: bool,
    is_list: bool,
    out: Path,
    write: bool,
) -> None:
    """Measure all benchmarks, or those of some groups or names, each with its peer.

    The table goes to standard output, progress to standard error.

    \b
    python -m benchmarks                             all, up to 200,000 events
    python -m benchmarks ingest --size 200000        one group
    python -m benchmarks pages-search --sizes 10000,100000
    """
    # On SIGTERM, exit normally, so that servers are stopped and files removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if is_list:
        for group in groups():
            for benchmark in group.benchmarks:
                click.echo(f"{group.name:10}{benchmark.name:24}{benchmark.operation}")
    elif write:
        click.echo(report.write(results.load(out)))
    else:
        _measure(names, sizes, full, out)


def _measure(names: tuple[str, ...], sizes: list[int] | None, full: bool, out: Path) -> None:
    try:
        benchmarks = select(names)
    except LookupError as error:
        raise click.UsageError(
            f"{error.args[0]!r} is not a group or a benchmark; see --list"
        ) from None
    has_failed = False
    click.echo(_align(dict(zip(COLUMNS, COLUMNS, strict=True))))
    for row in measure_all(plan(benchmarks, sizes, full)):
        results.save(row, out)
        has_failed = has_failed or row["ours"] is None
        click.echo(_align(cells(row)))
    sys.exit(1 if has_failed else 0)


def _align(texts: dict[str, str]) -> str:
    padded = (
        texts[name].ljust(WIDTHS[name]) if name in LEFT_ALIGNED else texts[name].rjust(WIDTHS[name])
        for name in COLUMNS
    )
    return "  ".join(padded).rstrip()


if __name__ == "__main__":
    main()
