"""The whole chronology as files: CSV for each table, with what describes them.

`datapackage.json` is a Tabular Data Package 1 of Frictionless Data, `csv-metadata.json` says the
same in the words of the W3C (CSV on the Web). The bytes depend on the log and on the description
alone: the state's own time takes the place of the clock.
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

Put = Callable[[str], AbstractContextManager[IO[bytes]]]
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
    **dict.fromkeys(("ids", "claims", "data"), "object"),
    "recorded_at": "datetime",
}
_DATES = ("date", "from", "until", "said", "born", "died", "published", "accessed")
_OF_CSVW = {"number": "double", "datetime": "dateTime", "array": "json", "object": "json"}


class Texts(msgspec.Struct):
    """What a table is said to hold, and its columns by name."""

    description: str | None = None
    columns: dict[str, str | None] = {}


class Description(NamedTuple):
    """What is known of a chronology beside its log; `address` is that of its list of events."""

    tables: Mapping[str, Texts]
    licence: str | None = None
    licence_url: str | None = None
    address: str | None = None


class Column(NamedTuple):
    name: str
    type: str
    key: int
    description: str | None


class Table(NamedTuple):
    """One table as a file: its columns, and the columns that name rows of other tables."""

    name: str
    description: str | None
    columns: Sequence[Column]
    references: Sequence[tuple[str, str, str]]

    @property
    def key(self) -> list[str]:
        keyed = sorted((column for column in self.columns if column.key), key=lambda c: c.key)
        return [column.name for column in keyed]


class Written(NamedTuple):
    """What became of a file."""

    bytes: int
    digest: str


def write(
    db: sqlite3.Connection,
    description: Description,
    put: Put,
    progress: Callable[[int], None] | None = None,
) -> log.Head:
    """Writes every table and then the descriptions, in one consistent read.

    `progress` is told of rows as they are written. The descriptor comes last: where it is, the
    package is whole.
    """
    with snapshot(db):
        known = [_table(db, name, description) for name in TABLES]
        written = {}
        for table in known:
            with put(f"{table.name}.csv") as file:
                written[table.name] = _write_table(db, table, file, progress)
        about = _about(db, description)
        _put_json(put, CSVW, _csvw(about, known))
        _put_json(put, DESCRIPTOR, _descriptor(about, known, written))
        return log.head(db)


def count(db: sqlite3.Connection) -> int:
    """How many lines `write` will write."""
    return sum(
        1 + rows for name in TABLES for (rows,) in db.execute(f'SELECT count(*) FROM "{name}"')
    )


def _table(db: sqlite3.Connection, name: str, description: Description) -> Table:
    told = description.tables.get(name) or Texts()
    dimensions = load_catalogue(db, subjects=("chronology",)).dimensions
    columns = [
        Column(
            column,
            "array" if column in dimensions else _NAMED.get(column, _STORED[stored]),
            key,
            told.columns.get(column),
        )
        for _, column, stored, _, _, key in db.execute(f'PRAGMA table_info("{name}")')
        if stored in _STORED
    ]
    references = [
        (column, other, key)
        for _, _, other, column, key, *_ in db.execute(f'PRAGMA foreign_key_list("{name}")')
    ]
    return Table(name, told.description, columns, sorted(references))


def _write_table(
    db: sqlite3.Connection,
    table: Table,
    file: IO[bytes],
    progress: Callable[[int], None] | None,
) -> Written:
    names = [column.name for column in table.columns]
    chosen = ", ".join(f'"{name}"' for name in names)
    order = ", ".join(f'"{name}"' for name in table.key or names)
    rows = db.execute(f'SELECT {chosen} FROM "{table.name}" ORDER BY {order}')
    digest, length = hashlib.sha256(), 0
    for text in lines(chain([names], rows), progress):
        file.write(text)
        digest.update(text)
        length += len(text)
    return Written(length, digest.hexdigest())


def lines(rows: Iterator[Sequence[Any]], progress: Callable[[int], None] | None) -> Iterator[bytes]:
    """Rows as CSV, some at a time; programs read them, so no guard changes a value."""
    while some := list(islice(rows, _ROWS)):
        yield csv_stream.text(some, guard=False).encode()
        if progress:
            progress(len(some))


def _about(db: sqlite3.Connection, description: Description) -> dict[str, Any]:
    """What is said of the package as a whole."""
    chronologies = load_catalogue(db, subjects=("chronology",)).chronologies
    name, about = next(iter(chronologies.items()), ("chronology", None))
    head = log.head(db)
    last = next(log.read(db, head.position - 1, head.position), None)
    licence, url = description.licence, description.licence_url
    return {
        "name": name,
        "title": about.title if about else name,
        "description": about.summary if about else None,
        "version": f"{head.position}:{head.digest}",
        "created": last.recorded_at if last else None,
        "homepage": description.address and f"{description.address}?_as_of={head.position}",
        "licenses": [_given(name=licence.replace(" ", "-"), title=licence, path=url)]
        if licence
        else None,
    }


def _descriptor(
    about: Mapping[str, Any], known: Sequence[Table], written: Mapping[str, Written]
) -> dict[str, Any]:
    return {
        "profile": "tabular-data-package",
        **_given(**about),
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": table.name,
                "path": f"{table.name}.csv",
                **_given(description=table.description),
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": written[table.name].bytes,
                "hash": f"sha256:{written[table.name].digest}",
                "schema": _schema(table),
            }
            for table in known
        ],
    }


def _schema(table: Table) -> dict[str, Any]:
    fields = [
        _given(
            name=column.name,
            type=column.type,
            description=column.description,
            rdfType=EDTF if column.name in _DATES else None,
            constraints={"required": True} if column.key else None,
        )
        for column in table.columns
    ]
    references = [
        # A table that names its own rows is written as the empty text.
        {
            "fields": column,
            "reference": {"resource": "" if other == table.name else other, "fields": key},
        }
        for column, other, key in table.references
    ]
    return {
        "fields": fields,
        "missingValues": [""],
        **_given(primaryKey=table.key, foreignKeys=references),
    }


def _csvw(about: Mapping[str, Any], known: Sequence[Table]) -> dict[str, Any]:
    licence = (about["licenses"] or [{}])[0]
    return {
        "@context": "http://www.w3.org/ns/csvw",
        **_given(
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
                **_given(**{"dc:description": table.description}),
                "tableSchema": {
                    "columns": [_csvw_column(column) for column in table.columns],
                    **_given(primaryKey=table.key, foreignKeys=_csvw_references(table)),
                },
            }
            for table in known
        ],
    }


def _csvw_column(column: Column) -> dict[str, Any]:
    told = {
        "name": column.name,
        "titles": column.name,
        "datatype": _OF_CSVW.get(column.type, column.type),
        "required": bool(column.key) or None,
        "dc:description": column.description,
    }
    return _given(**told)


def _csvw_references(table: Table) -> list[dict[str, Any]]:
    return [
        {
            "columnReference": column,
            "reference": {"resource": f"{other}.csv", "columnReference": key},
        }
        for column, other, key in table.references
    ]


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _put_json(put: Put, name: str, value: object) -> None:
    with put(name) as file:
        file.write(json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n")
