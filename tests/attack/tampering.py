"""Every object of a file changed in every way that SQLite allows: `verify` finds each change."""

from __future__ import annotations

import io
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from click.testing import CliRunner
from growing import BATCHES

from chronology.batches.batch_reader import read_batch
from chronology.cli import main
from chronology.ingest.pipeline import ingest
from chronology.store.database import TRIGGERS, connect
from tests.attack.report import Budget, Report

Change = Callable[[sqlite3.Connection], None]


def run(budget: Budget) -> Report:
    report, started = Report(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "timeline.db"
        with closing(connect(path, write=True)) as db:
            for name, text in BATCHES.items():
                ingest(db, read_batch(io.BytesIO(text.encode()), name, "yml"))
            cases = list(_cases(db))
        original, content = path.read_bytes(), _content(path)
        assert not is_found(path)
        budget.random().shuffle(cases)
        for name, change in cases[: budget.cases]:
            if time.monotonic() - started > budget.seconds:
                break
            path.write_bytes(original)
            try:
                _tamper(path, change)
            except sqlite3.DatabaseError:
                continue  # SQLite itself refuses the change.
            if _content(path) == content:
                continue
            report.cases += 1
            if not is_found(path):
                report.findings.append(f"{name}: not found")
    return report


def _content(path: Path) -> object:
    """All definitions and rows of a file; something else each time if they cannot be read."""
    names = ("user_version", "application_id")
    try:
        with closing(sqlite3.connect(path)) as db:
            schema = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name")
            objects = schema.fetchall()
            tables = [name for kind, name, _, _ in objects if kind == "table"]
            rows = [db.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables]
            return objects, rows, [db.execute(f"PRAGMA {name}").fetchone() for name in names]
    except (sqlite3.DatabaseError, ValueError):
        return object()


def is_found(path: Path) -> bool:
    """Whether `chronology verify` finds a fault in a file."""
    result = CliRunner().invoke(main, ["verify", "--db", str(path), "--events", "none"])
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    return result.exit_code == 3


def _tamper(path: Path, change: Change) -> None:
    """Changes a file, if need be without the triggers of the log, which are made again."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        try:
            change(db)
        except sqlite3.IntegrityError:
            for name in TRIGGERS:
                db.execute(f"DROP TRIGGER {name}")
            change(db)
            for sql in TRIGGERS.values():
                db.execute(sql)


def _sql(*statements: str) -> Change:
    return lambda db: [db.execute(sql) for sql in statements] and None


def _cases(db: sqlite3.Connection) -> Iterator[tuple[str, Change]]:
    objects = db.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    for kind, name, sql in objects:
        yield f"{name}: dropped", _sql(f'DROP {kind} "{name}"')
        yield f"{name}: removed", _schema(name, None)
        yield from _redefinitions(kind, name, sql or "")
        if kind == "table":
            yield from _additions(name)
            columns = [row[1] for row in db.execute(f'PRAGMA table_info("{name}")')]
            yield from _of_columns(name, columns)
            yield f"{name}: a row deleted", _sql(f'DELETE FROM "{name}" WHERE {_last(name)}')
            yield f"{name}: all rows deleted", _sql(f'DELETE FROM "{name}"')
            yield f"{name}: a row repeated", _sql(f'INSERT INTO "{name}" SELECT * FROM "{name}"')
    yield from _of_the_file()


def _redefinitions(kind: str, name: str, sql: str) -> Iterator[tuple[str, Change]]:
    for number, changed in enumerate(_definitions(sql)):
        label = f"{name}: definition {number}"
        yield label, _schema(name, changed)
        if kind in ("index", "trigger"):
            yield f"{label}, made again", _sql(f'DROP {kind} "{name}"', changed)


def _of_columns(table: str, columns: list[str]) -> Iterator[tuple[str, Change]]:
    for column in columns:
        rename = f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "other"'
        yield f"{table}.{column}: renamed", _sql(rename)
        yield f"{table}.{column}: dropped", _sql(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')
        yield from _cells(table, column)
    for one, other in pairwise(columns):
        swap = f'UPDATE "{table}" SET "{one}" = "{other}", "{other}" = "{one}"'
        yield f"{table}: values of {one} and {other} swapped", _sql(swap)
        yield f"{table}: names of {one} and {other} swapped", _swapped_names(table, one, other)


def _schema(name: str, sql: str | None) -> Change:
    """Changes or removes a definition in the schema table itself."""

    def change(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA writable_schema = ON")
        if sql is None:
            db.execute("DELETE FROM sqlite_master WHERE name = ?", (name,))
        else:
            db.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, name))
        (version,) = db.execute("PRAGMA schema_version").fetchone()
        db.execute(f"PRAGMA schema_version = {version + 1}")

    return change


_EDITS = (
    *((r"\bTEXT\b", "BLOB"), (r"\bINTEGER\b", "NUMERIC"), (r"\bFLOAT\b", "TEXT")),
    *((r" NOT NULL", ""), (r" UNIQUE", ""), (r" STRICT", ""), (r" CHECK \(.*?\)", "")),
    *((r"\bTEXT\b", "TEXT COLLATE NOCASE"), (r"\bTEXT\b", "TEXT DEFAULT 'x'")),
    *((r"\)\s*$", ") WHERE 1"), (r"^CREATE INDEX", "CREATE UNIQUE INDEX"), (r"\)\s*$", " DESC)")),
    *((r"WHERE .*$", ""), (r"\)\s*$", " COLLATE NOCASE)"), (r"\bREFERENCES \S+", "")),
    *((r"remove_diacritics 2", "remove_diacritics 1"), (r"'unicode61", "'porter unicode61")),
    *(
        (r"append-only", "append only"),
        (r"BEFORE", "AFTER"),
        (r"IS NOT", "IS"),
        (r"\blog\b", "LOG"),
    ),
)


def _definitions(sql: str) -> Iterator[str]:
    for pattern, replacement in _EDITS:
        for match in re.finditer(pattern, sql, re.DOTALL):
            yield sql[: match.start()] + replacement + sql[match.end() :]


def _swapped_names(table: str, one: str, other: str) -> Change:
    rename = f'ALTER TABLE "{table}" RENAME COLUMN "{{}}" TO "{{}}"'
    names = ((one, "between"), (other, one), ("between", other))
    return _sql(*(rename.format(*pair) for pair in names))


def _additions(table: str) -> Iterator[tuple[str, Change]]:
    upper = table.upper()
    for event in ("INSERT", "UPDATE", "DELETE"):
        sql = f'CREATE TRIGGER odd AFTER {event} ON "{upper}" BEGIN SELECT 1; END'
        yield f"{table}: a trigger on {event}", _sql(sql)
    for more in ("", " WHERE 1"):
        yield f"{table}: an index{more}", _sql(f'CREATE INDEX odd ON "{upper}" (1){more}')
    yield f"{table}: a column", _sql(f'ALTER TABLE "{table}" ADD COLUMN odd TEXT')
    generated = f'ALTER TABLE "{table}" ADD COLUMN odd TEXT GENERATED ALWAYS AS (1) VIRTUAL'
    yield f"{table}: a generated column", _sql(generated)
    yield f"{table}: renamed", _sql(f'ALTER TABLE "{table}" RENAME TO "odd"')
    yield f"{table}: a copy", _sql(f'CREATE TABLE odd AS SELECT * FROM "{table}"')
    yield f"{table}: a view", _sql(f'CREATE VIEW odd AS SELECT * FROM "{table}"')


def _last(table: str) -> str:
    return f'ROWID = (SELECT max(ROWID) FROM "{table}")' if table not in _WITHOUT_ROWID else "1"


_WITHOUT_ROWID = ("event_links", "former_accounts")


def _cells(table: str, column: str) -> Iterator[tuple[str, Change]]:
    """One cell changed, each time in another way."""
    for value in (f"\"{column}\" || 'x'", f'"{column}" + 1', "NULL", "''", "x'00'", "'x'"):
        where = f'"{column}" IS NOT {value} AND {_last(table)}'
        sql = f'UPDATE "{table}" SET "{column}" = {value} WHERE {where}'
        yield f"{table}.{column} = {value}", _sql(sql)


def _of_the_file() -> Iterator[tuple[str, Change]]:
    for name in ("events_fts_data", "history_fts_data"):
        stray = f"INSERT INTO {name} VALUES (99 << 37, 'hidden')"
        yield f"{name}: a page of no segment", _sql(stray)
    for name in ("user_version", "application_id"):
        yield f"{name}", _sql(f"PRAGMA {name} = 7")
        yield f"{name}: none", _sql(f"PRAGMA {name} = 0")
    yield "statistics", _sql("ANALYZE")
    yield "a sequence", _sql("CREATE TABLE odd (n INTEGER PRIMARY KEY AUTOINCREMENT)")
    yield "a table", _sql("CREATE TABLE fetched (url TEXT)")
    yield "a virtual table", _sql("CREATE VIRTUAL TABLE odd USING fts5 (a)")
    yield "a view of no table", _sql("CREATE VIEW odd AS SELECT 1")
    for name in ("events_fts", "history_fts"):
        config = f"INSERT INTO {name} ({name}, rank) VALUES ('pgsz', 1000)"
        yield f"{name}: another page size", _sql(config)
