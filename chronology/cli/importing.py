"""`chronology import`: a spreadsheet, calendar, family tree or query result as a batch.

The libraries that read files are of the extra `import`. So the modules of the folder `importing/`
are imported when the command runs.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click
import pendulum

from chronology.cli import skeleton
from chronology.cli.extras import require_extra
from chronology.cli.options import (
    FAULTS,
    Messages,
    checking,
    db_option,
    events_option,
    exit_codes,
    quiet_option,
)
from chronology.cli.progress import Bar
from chronology.ingest import sources
from chronology.model.errors import printable

if TYPE_CHECKING:
    from chronology.importing.importer import Import
    from chronology.importing.map_file import ImportMap
    from chronology.importing.place_in_folder import Target
    from chronology.importing.tables import Table

_MODULES = ("python_calamine", "icalendar", "anyascii", "ansel", "charset_normalizer")
_TIMESTAMP = "YYYY-MM-DDTHH:mm:ss[Z]"
_SHOWN = 8


class Options(NamedTuple):
    """The options of the command."""

    name: str | None
    dates: Literal["us", "eu"] | None
    sheet: str | None
    living: bool
    skip: bool
    update: bool
    retract: bool
    preview: bool
    db: Path
    events: Path


@click.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--name", help="The name of the map and of the batch; by default that of the file.")
@click.option(
    "--dates",
    type=click.Choice(["us", "eu"]),
    help="Whether 10/12/1944 is in October (us) or in December (eu).",
)
@click.option("--sheet", help="The sheet of a workbook; by default the first that has cells.")
@click.option("--living", is_flag=True, help="Keep people of a family tree who may be living.")
@click.option(
    "--skip", is_flag=True, help="Leave out rows that cannot be read; the report lists them."
)
@click.option(
    "--update", is_flag=True, help="Record what changed since the last import of this name."
)
@click.option("--retract", is_flag=True, help="With --update: retract events without a row.")
@click.option("--preview", is_flag=True, help="Write the map only, and show the first events.")
@db_option
@events_option
@quiet_option
@exit_codes
def import_command(file: Path, quiet: bool, **options: Any) -> None:
    """Make a batch of a spreadsheet, calendar, family tree or query result.

    FILE is CSV, TSV, XLSX, ODS, JSON, JSON Lines, iCalendar, GEDCOM, a TimelineJS sheet, a result
    of Wikidata, a text of dated lines, or a data package of 'chronology export'.

    The first import writes events/maps/NAME.yml, which says what each column is. Edit it and run
    the command again: until the batch is ingested, it is written anew. What was coarsened, guessed
    or left out is in events/maps/NAME-report.md.

    \b
    Examples:
      chronology import voyages.csv
      chronology import voyages.xlsx --sheet Voyages --dates us
      chronology import voyages.csv --update           after the table has changed
      chronology import family.ged --skip
      chronology import timeline.zip                   a data package, into an empty folder
    """
    require_extra("import", _MODULES)
    from chronology.importing import packages
    from chronology.importing.tables import Unreadable

    say = Messages(quiet)
    chosen = Options(**options)
    try:
        if packages.is_package(file):
            _import_package(file, chosen.events, say)
        else:
            _Command(file, chosen, say).run()
    except Unreadable as error:
        click.echo(f"Error: {printable(str(error))}", err=True)
        sys.exit(FAULTS)


def _import_package(package: Path, events: Path, say: Messages) -> None:
    from chronology.importing import packages

    events.mkdir(exist_ok=True)
    example = skeleton.example(events)
    if others := [path for path in sources.files(events) if path != example]:
        raise click.UsageError(f"{others[0]} is there already; import a package into a new folder")
    if example:
        example.unlink()
    written = packages.write_batches(package, events)
    say(f"{len(written)} batches in {events}. Next: chronology ingest")


def has_terminal() -> bool:
    """Whether somebody can answer questions."""
    return sys.stdin.isatty() and sys.stdout.isatty()


class _Command:
    """One call of the command, for a file with a table."""

    def __init__(self, file: Path, options: Options, say: Messages) -> None:
        from chronology.importing.slugs import slug

        self.file = file
        self.options = options
        self.say = say
        self.name = slug(options.name or file.stem, "import", 40)
        self.folder = options.events
        self.maps = self.folder / "maps"
        self.map_path = self.maps / f"{self.name}.yml"
        self.report_path = self.maps / f"{self.name}-report.md"
        self.asks = not say.quiet and has_terminal()

    def run(self) -> None:
        from chronology.importing import files, map_file, place_in_folder
        from chronology.importing.importer import Import
        from chronology.importing.update import Update

        self.maps.mkdir(parents=True, exist_ok=True)
        example = skeleton.example(self.folder)
        title = skeleton.title(example) if example else None
        table = files.open_table(self.file, self._settings(map_file.settings(self.map_path)))
        with checking(self.options.db) as log:
            target = place_in_folder.find_target(log, self.folder, self.name, example)
            place_in_folder.ingest_others(log, self.folder, target.replaced)
            mapping = self._map(table, log, title)
            self._check_update(mapping, target)
            update = Update(log, self.name, self.file.name) if self.options.update else None
            with closing(Import(log, table, mapping, self.name, update)) as work:
                work.survey(self._choose_order if self.asks else None)
                with self.say.bars(Bar(self.name)) as (progress,):
                    work.convert(progress)
                self._write_map(mapping, work)
                self._finish(work, target)

    def _choose_order(self, date: str) -> Literal["us", "eu"]:
        question = f"Is the month or the day first in {date}?"
        answer = click.prompt(question, type=click.Choice(["month", "day"]), default="day")
        return "us" if answer == "month" else "eu"

    def _settings(self, of_map: Any) -> dict[str, str]:
        options = self.options
        return {
            **of_map,
            **({"sheet": options.sheet} if options.sheet else {}),
            **({"living": "yes"} if options.living else {}),
        }

    # The map

    def _map(self, table: Table, log: sqlite3.Connection, title: str | None) -> ImportMap:
        """The map in its file, or a guessed one; raises `Unreadable` for one without a date."""
        from chronology.importing import guessing, map_file
        from chronology.importing.tables import Unreadable
        from chronology.projections.catalogue import load_catalogue

        if self.map_path.exists():
            mapping = map_file.load(self.map_path)
        else:
            words = " ".join(self.file.stem.replace("-", " ").replace("_", " ").split())
            has_one = load_catalogue(log, subjects=("chronology",)).chronology is not None
            title = None if has_one else title or words[:1].upper() + words[1:]
            mapping = guessing.guess(table, self.file, title)
        if self.options.dates:
            mapping.dates = self.options.dates
        if fault := next(map_file.faults(mapping, table.columns), None):
            self._save(mapping)
            raise Unreadable(f"{self.map_path}: {fault}")
        return mapping

    def _write_map(self, mapping: ImportMap, work: Import) -> None:
        if not self.map_path.exists():
            mapping.dates = mapping.dates or work.order.order
            self._save(mapping)

    def _save(self, mapping: ImportMap) -> None:
        from chronology.importing import map_file

        if not self.map_path.exists():
            self.map_path.write_text(map_file.dump(mapping), "utf-8")

    def _check_update(self, mapping: ImportMap, target: Target) -> None:
        if self.options.retract and not self.options.update:
            raise click.UsageError("--retract needs --update")
        if not self.options.update:
            if target.earlier:
                raise click.UsageError(
                    f"{self.name} was imported already; record its changes with --update, or"
                    " import another table with --name"
                )
            return
        if not target.earlier:
            raise click.UsageError(f"{self.name} was not ingested yet; leave out --update")
        if not mapping.key:
            raise click.UsageError(
                "--update needs columns that name the rows: write key: [COLUMN] in"
                f" {self.map_path}. Rows are never matched by their titles or their order"
            )

    # What is shown, asked and written

    def _finish(self, work: Import, target: Target) -> None:
        self._show(work)
        faults = work.report.grouped_faults()
        is_skipping = self.options.skip or (
            bool(faults) and self._confirm(f"Leave these {work.report.faulty_rows} out?")
        )
        if work.update:
            self._retract(work)
        self._write_report(work)
        if self.options.preview:
            self.say(f"Preview: nothing else is written. Edit {self.map_path}, or import.")
            return
        if faults and not is_skipping:
            click.echo(
                f"Nothing is written but the map, {self.map_path}, and the report,"
                f" {self.report_path}. Correct the table or the map and import again, or leave"
                " these rows out with --skip.",
                err=True,
            )
            sys.exit(FAULTS)
        if not work.draft.count:
            self.say("Nothing new: no batch is written.")
            return
        if self.asks and not click.confirm("Write the batch?", default=True):
            return
        self._write(work, target)

    def _confirm(self, question: str) -> bool:
        return self.asks and click.confirm(question, default=False)

    def _show(self, work: Import) -> None:
        say = self.say
        say(f"{self.file}: {work.draft.events} new events, by the map {self.map_path}")
        for column, settings in work.mapping.columns.items():
            say(f"  {column} → {settings.role}")
        if work.order.reason:
            say(f"Dates in numbers: {work.order.reason}")
        for event in work.preview:
            say(f"  {event['date']}  {event['title']}  [{event['kind']}]  {event['event']}")
        for lines, heading in (
            (work.report.notes, "Left out:"),
            (work.report.grouped_remarks(), "Coarsened, guessed or doubtful:"),
            (work.report.near, "Names that resemble others; write the same name if they are one:"),
        ):
            if lines:
                say(heading)
            for line in lines[:_SHOWN]:
                say(f"  {printable(line)}")
            if len(lines) > _SHOWN:
                say(f"  and {len(lines) - _SHOWN} more, in {self.report_path}")
        for line in work.report.grouped_faults():
            click.echo(line, err=True)

    def _retract(self, work: Import) -> None:
        """Adds the retractions of events whose rows are gone, if that is wanted."""
        assert work.update
        update, report = work.update, work.report
        missing = list(update.missing(work.ids.is_seen))
        kept = [event for event in missing if update.other_accounts(event)]
        report.notes += [f"event/{e} has no row, but accounts of others; it stays" for e in kept]
        missing = [event for event in missing if event not in kept]
        self.say(
            f"{work.draft.events} added, {update.corrected} corrected,"
            f" {update.unchanged} unchanged, {len(missing)} without a row"
        )
        if not update.corrected + update.unchanged and missing:
            raise click.UsageError(
                "no row has the key of an event of the last import; the key in"
                f" {self.map_path} is another one than then"
            )
        for event in missing[:_SHOWN]:
            self.say(f"  without a row: event/{event}")
        if not missing:
            return
        if self.options.retract or self._confirm(f"Retract these {len(missing)} events?"):
            for event in missing:
                for record in update.retractions(event):
                    work.draft.add(record)
        else:
            report.notes += [f"event/{e} has no row any more; it stays" for e in missing]
            self.say("They stay. Retract them with --retract.")

    def _write_report(self, work: Import) -> None:
        title = f"Import of {self.file.name}"
        work.report.notes[:0] = work.ignored()
        with self.report_path.open("w", encoding="utf-8") as target:
            work.report.write(target, title)

    def _write(self, work: Import, target: Target) -> None:
        from chronology.importing import batch_writer

        header = {
            "batch": target.batch,
            "recorded": pendulum.now("UTC").format(_TIMESTAMP),
            "note": f"Imported from {self.file.name}",
        }
        path = batch_writer.write(self.folder, target.number, header, work.before(), work.draft)
        for old in target.replaced:
            if old != path:
                old.unlink()
        self.say(f"{path}: {work.draft.count} records of events. Report: {self.report_path}")
        self.say("Next: chronology ingest")
