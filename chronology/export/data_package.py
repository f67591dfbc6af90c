"""Export the whole chronology as a data package: a CSV file for each table, and descriptions.

`datapackage.json` is a Tabular Data Package 1 of Frictionless Data; `csv-metadata.json` is the same
as CSV on the Web of the W3C. The bytes depend on the log and on the description alone: the creation
time is that of the last record.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import chain, islice
from typing import IO, Any, NamedTuple

import msgspec

from chronology.export import csv_stream
from chronology.projections import event_rows, tables
from chronology.projections.catalogue import load_catalogue
from chronology.store import log
from chronology.store.database import snapshot
from chronology.store.media import FOLDER, MediaFolder, files_named, media_type
from chronology.timeline.as_of import read_point

OpenFile = Callable[[str], AbstractContextManager[IO[bytes]]]
"""Opens a new file of the package for writing."""

TABLES = (*tables.PUBLISHED, "log")
EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"
DESCRIPTOR = "datapackage.json"
CSVW = "csv-metadata.json"

_ROWS = 1_000
_STORED = {"INTEGER": "integer", "REAL": "number", "TEXT": "string"}
_NAMED = {
    **dict.fromkeys(("earliest", "latest", "sort_day"), "date"),
    **dict.fromkeys((*event_rows.ARRAYS, "names", "cites", "statements"), "array"),
    **dict.fromkeys(("links", "media", "related"), "array"),
    **dict.fromkeys(("ids", "claims", "data", "geometry"), "object"),
    "recorded_at": "datetime",
}
_DATES = ("date", "from", "until", "said", "born", "died", "published", "accessed")
_CSVW_TYPES = {"number": "double", "datetime": "dateTime", "array": "json", "object": "json"}


class TableTexts(msgspec.Struct):
    """The descriptions of a table and of its columns, by name."""

    description: str | None = None
    columns: dict[str, str | None] = {}


class Description(NamedTuple):
    """The metadata that is not in the log; `address` is that of the list of events."""

    tables: Mapping[str, TableTexts]
    licence: str | None = None
    licence_url: str | None = None
    address: str | None = None


class Column(NamedTuple):
    name: str
    type: str
    key: int
    description: str | None


class Table(NamedTuple):
    """One table of the package; `references` are a column, a table and the key there."""

    name: str
    description: str | None
    columns: Sequence[Column]
    references: Sequence[tuple[str, str, str]]

    @property
    def key(self) -> list[str]:
        columns = sorted((column for column in self.columns if column.key), key=lambda c: c.key)
        return [column.name for column in columns]


class FileDigest(NamedTuple):
    """The size and the SHA-256 digest of a file."""

    bytes: int
    digest: str


def write(
    db: sqlite3.Connection,
    description: Description,
    open_file: OpenFile,
    progress: Callable[[int], None] | None = None,
    folder: MediaFolder | None = None,
) -> log.Head:
    """Writes every table and then the descriptions, in one read transaction.

    `progress` is called with how many more lines were written. The descriptor comes last: a
    package that has one is complete. `folder` has the files of media, without those withheld.
    """
    with snapshot(db):
        package = [_table(db, name, description) for name in TABLES]
        digests = {}
        for table in package:
            with open_file(f"{table.name}.csv") as file:
                digests[table.name] = _write_table(db, table, file, progress)
        media = list(_write_media(db, folder, open_file)) if folder else []
        about = _about(db, description)
        _write_json(open_file, CSVW, _csvw(about, package))
        _write_json(open_file, DESCRIPTOR, _descriptor(about, package, digests, media))
        return log.head(db)


def _write_media(
    db: sqlite3.Connection, folder: MediaFolder, open_file: OpenFile
) -> Iterator[dict[str, Any]]:
    """Writes the files of media whose content fits their digests, and describes each."""
    for name in files_named(db):
        if folder.missing(name) or folder.problem(name):
            continue
        content = (folder.path / name).read_bytes()
        digest, _, ending = name.partition(".")
        with open_file(f"{FOLDER}/{name}") as file:
            file.write(content)
        yield {
            "name": digest,
            "path": f"{FOLDER}/{name}",
            "format": ending,
            "mediatype": media_type(name),
            "bytes": len(content),
            "hash": f"sha256:{digest}",
        }


def count(db: sqlite3.Connection) -> int:
    """The number of lines that `write` will write."""
    return sum(
        1 + rows for name in TABLES for (rows,) in db.execute(f'SELECT count(*) FROM "{name}"')
    )


def _table(db: sqlite3.Connection, name: str, description: Description) -> Table:
    texts = description.tables.get(name) or TableTexts()
    layout = load_catalogue(db, subjects=("chronology",)).layout
    dimensions = {dimension.column for dimension in layout.dimensions}
    columns = [
        Column(
            column,
            "array" if column in dimensions else _type(db, name, column, _STORED[stored]),
            key,
            texts.columns.get(column),
        )
        for _, column, stored, _, _, key in db.execute(f'PRAGMA table_info("{name}")')
        if stored in _STORED
    ]
    references = [
        (column, other, key)
        for _, _, other, column, key, *_ in db.execute(f'PRAGMA foreign_key_list("{name}")')
    ]
    return Table(name, texts.description, columns, sorted(references))


def _type(db: sqlite3.Connection, table: str, column: str, stored: str) -> str:
    """The type of a column; programs that read dates know none before the year 1."""
    named = _NAMED.get(column, stored)
    if named == "date":
        early = f'SELECT 1 FROM "{table}" WHERE "{column}" < \'0001\' LIMIT 1'
        return "date" if db.execute(early).fetchone() is None else "string"
    return named


def _write_table(
    db: sqlite3.Connection,
    table: Table,
    file: IO[bytes],
    progress: Callable[[int], None] | None,
) -> FileDigest:
    names = [column.name for column in table.columns]
    columns = ", ".join(f'"{name}"' for name in names)
    order = ", ".join(f'"{name}"' for name in table.key or names)
    rows = db.execute(f'SELECT {columns} FROM "{table.name}" ORDER BY {order}')
    digest, length = hashlib.sha256(), 0
    for text in csv_lines(chain([names], rows), progress):
        file.write(text)
        digest.update(text)
        length += len(text)
    return FileDigest(length, digest.hexdigest())


def csv_lines(
    rows: Iterator[Sequence[Any]], progress: Callable[[int], None] | None
) -> Iterator[bytes]:
    """Rows as CSV in pieces, without the guard against formulas: programs read the files."""
    while piece := list(islice(rows, _ROWS)):
        yield csv_stream.to_csv(piece, guard=False).encode()
        if progress:
            progress(len(piece))


def _about(db: sqlite3.Connection, description: Description) -> dict[str, Any]:
    """The metadata of the package as a whole."""
    chronologies = load_catalogue(db, subjects=("chronology",)).chronologies
    name, chronology = next(iter(chronologies.items()), ("chronology", None))
    head = read_point(db)
    licence, url = description.licence, description.licence_url
    return {
        "name": name,
        "title": chronology.title if chronology else name,
        "description": chronology.summary if chronology else None,
        "version": f"{head.position}:{head.digest}",
        "created": head.recorded_at or None,
        "homepage": description.address and f"{description.address}?_as_of={head.position}",
        "licenses": [_without_empty(name=licence.replace(" ", "-"), title=licence, path=url)]
        if licence
        else None,
    }


def _descriptor(
    about: Mapping[str, Any],
    package: Sequence[Table],
    digests: Mapping[str, FileDigest],
    media: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    return {
        # A tabular data package has nothing but tables.
        "profile": "data-package" if media else "tabular-data-package",
        **_without_empty(**about),
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": table.name,
                "path": f"{table.name}.csv",
                **_without_empty(description=table.description),
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": digests[table.name].bytes,
                "hash": f"sha256:{digests[table.name].digest}",
                "schema": _schema(table),
            }
            for table in package
        ]
        + [*media],
    }


def _schema(table: Table) -> dict[str, Any]:
    fields = [
        _without_empty(
            name=column.name,
            type=column.type,
            description=column.description,
            rdfType=EDTF if column.name in _DATES else None,
            constraints={"required": True} if column.key else None,
        )
        for column in table.columns
    ]
    references = [
        # The empty text stands for the table itself.
        {
            "fields": column,
            "reference": {"resource": "" if other == table.name else other, "fields": key},
        }
        for column, other, key in table.references
    ]
    return {
        "fields": fields,
        "missingValues": [""],
        **_without_empty(primaryKey=table.key, foreignKeys=references),
    }


def _csvw(about: Mapping[str, Any], package: Sequence[Table]) -> dict[str, Any]:
    licence = (about["licenses"] or [{}])[0]
    return {
        "@context": "http://www.w3.org/ns/csvw",
        **_without_empty(
            **{
                "dc:title": about["title"],
                "dc:description": about["description"],
                "dc:license": licence.get("path") or licence.get("title"),
                "dc:identifier": about["version"],
                "dc:modified": about["created"],
                "dc:source": about["homepage"],
            }
        ),
        "tables": [
            {
                "url": f"{table.name}.csv",
                **_without_empty(**{"dc:description": table.description}),
                "tableSchema": {
                    "columns": [_csvw_column(column) for column in table.columns],
                    **_without_empty(primaryKey=table.key, foreignKeys=_csvw_references(table)),
                },
            }
            for table in package
        ],
    }


def _csvw_column(column: Column) -> dict[str, Any]:
    properties = {
        "name": column.name,
        "titles": column.name,
        "datatype": _CSVW_TYPES.get(column.type, column.type),
        "required": bool(column.key) or None,
        "dc:description": column.description,
    }
    return _without_empty(**properties)


def _csvw_references(table: Table) -> list[dict[str, Any]]:
    return [
        {
            "columnReference": column,
            "reference": {"resource": f"{other}.csv", "columnReference": key},
        }
        for column, other, key in table.references
    ]


def _without_empty(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _write_json(open_file: OpenFile, name: str, value: object) -> None:
    with open_file(name) as file:
        file.write(json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n")
