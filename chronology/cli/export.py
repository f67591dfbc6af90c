"""`chronology export`: write the whole chronology as a data package."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote_plus

import click
import msgspec

from chronology.cli.options import Messages, db_option, exit_codes, reading_tables
from chronology.cli.progress import Bar, share_of
from chronology.cli.server_settings import address_in
from chronology.export import data_package
from chronology.export.data_package import Description, OpenFile, TableTexts
from chronology.store.media import FOLDER, folder_of
from chronology.timeline import table_defaults

METADATA = "metadata.yml"
# The earliest time of the zip format; the same in every export.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@click.command("export")
@db_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="A folder, or a file that ends in .zip; by default the name of the database with .zip.",
)
@click.option(
    "--metadata",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with the descriptions of the columns and the licence; by default metadata.yml"
    " in the folder of the database.",
)
@click.option(
    "--url",
    help="The address at which visitors reach the service, with its path; by default public_url"
    " and base_url in the settings of the folder.",
)
@exit_codes
def export(db: Path, out: Path | None, metadata: Path | None, url: str | None) -> None:
    """Write the whole chronology as a data package: one CSV file for each table.

    datapackage.json (Frictionless Data) and csv-metadata.json (CSV on the Web) describe the
    types, keys and meanings of all columns, the licence, and the state as POSITION:DIGEST. The
    same state gives the same bytes. The files of media are in the folder media/ of the package.

    \b
    Examples:
      chronology export                        writes timeline.zip
      chronology export --out package          writes a folder
      chronology export --out /tmp/1944.zip --db other/timeline.db
      chronology export --url https://example.org/chronology
    """
    out = out or Path(f"{db.stem}.zip")
    description = _description(metadata or db.with_name(METADATA), db.stem)
    address = url or address_in(db.parent, metadata)
    if address:
        if not address.startswith(("http://", "https://")):
            raise click.UsageError(f"{address!r} is not a web address; write https://…")
        events = f"{address.rstrip('/')}/{_in_address(db.stem)}/events"
        description = description._replace(address=events)
    say = Messages(quiet=False)
    into = _zip if out.suffix.lower() == ".zip" else _folder
    with reading_tables(db) as opened:
        share = share_of(data_package.count(opened))
        with into(out) as put, say.bars(Bar("Exporting", share)) as (progress,):
            head = data_package.write(opened, description, put, progress, folder_of(db))
    say(f"{out}: {len(data_package.TABLES)} tables, state {head.position}:{head.digest}")


class _Database(msgspec.Struct, kw_only=True):
    """The fields of metadata.yml for one database, or for all."""

    license: str | None = None
    license_url: str | None = None
    tables: dict[str, TableTexts] = {}


class _Metadata(_Database):
    databases: dict[str, _Database] = {}


def _description(path: Path, database: str) -> Description:
    """The description of a database in metadata.yml, else the one for all databases.

    Empty if there is no such file.
    """
    if not path.exists():
        return Description({})
    try:
        metadata = msgspec.yaml.decode(path.read_bytes(), type=_Metadata)
    except msgspec.MsgspecError as error:
        reason = str(error).replace("\n", " ")
        raise click.UsageError(
            f"{path} cannot be read as Datasette metadata: {reason}; correct it, or name"
            " another file with --metadata"
        ) from None
    default = msgspec.convert(table_defaults.described(), dict[str, TableTexts])
    own = metadata.databases.get(database, _Database(tables=default))
    return Description(
        own.tables, own.license or metadata.license, own.license_url or metadata.license_url
    )


def _in_address(database: str) -> str:
    """The name of a database as Datasette writes it in addresses: `my+chron~2E2`."""
    quoted = quote_plus(database, safe="-_")
    return quoted.replace(".", "%2E").replace("~", "%7E").replace("%", "~")


@contextmanager
def _folder(path: Path) -> Iterator[OpenFile]:
    """A folder that is new, empty, or contains an earlier export."""
    if path.is_dir() and any(path.iterdir()) and not (path / data_package.DESCRIPTOR).exists():
        raise click.UsageError(
            f"{path} contains files other than a data package; name a new folder with --out"
        )
    path.mkdir(parents=True, exist_ok=True)
    # An incomplete export has no descriptor.
    (path / data_package.DESCRIPTOR).unlink(missing_ok=True)
    for earlier in (path / FOLDER).glob("*"):  # One of these may be withheld by now.
        earlier.unlink()
    yield lambda name: _made(path / name).open("wb")


def _made(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    return path


@contextmanager
def _zip(path: Path) -> Iterator[OpenFile]:
    """A zip file that replaces an earlier one when it is complete."""
    new = path.with_name(f"{path.name}.new")
    try:
        with zipfile.ZipFile(new, "w") as file:
            yield lambda name: _member(file, name)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _member(file: zipfile.ZipFile, name: str) -> Any:
    about = zipfile.ZipInfo(name, _NO_TIME)
    about.compress_type = zipfile.ZIP_DEFLATED
    about.create_system = 3
    about.external_attr = 0o644 << 16
    member: IO[bytes] = file.open(about, "w", force_zip64=True)
    return member
