"""Nothing is lost: every cell is in the batch, in the report, or ignored by the map."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronology.batches.batch_reader import read_batch
from chronology.importing import batch_writer, delimited, guessing, html_texts
from chronology.importing.importer import Import
from chronology.importing.map_file import Column, ImportMap, faults
from chronology.importing.tables import clean
from chronology.ingest.pipeline import ingest
from chronology.model import written_dates
from chronology.model.errors import DateError
from chronology.store.database import connect

WORDS = st.sampled_from(
    [
        *("Rome", "ROME", "Café", "北京", "A long text; of two parts", "NA", "12", "3.5", "1,250"),
        *("-7", "https://example.org/a", "http://x", "<p>Some <b>bold</b> words</p>", "44°13′N"),
        *("Ship", "=1", "word " * 70, f"{'word ' * 70}; {'other ' * 60}", "one\ntwo", "A. B. C"),
    ]
)
DATES = st.sampled_from(
    [
        *("12/20/1944", "1/2/1944", "20.12.1944", "c. 1832", "1944-10-20 17:30", "Easter", "44"),
        *("1830s", "before 1900", "12–14 Oct. 1944", "1944", "31 Feb 1944", "19450716", "17:30"),
        *("Winter 1942", "130:12:00", "1944-10-20/1944-10-25", "753 BC", "1944-01-01T00:00:00Z"),
    ]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
UNIQUE = st.integers(10_000, 99_999).map("word-{}".format)
CELLS = st.one_of(st.just(""), WORDS, DATES, TEXTS, UNIQUE)
NAMES = st.sampled_from(
    [
        *("date", "end", "title", "place", "lat", "lon", "type", "tons", "notes", "source", "url"),
        *("who", "time", "image", "id", "country", "year", "importance", "caption", "x", "y", "z"),
        *("coordinates", "display date", "source url", "credit"),
    ]
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Rows under a header with a date, in any order of columns."""
    names = ["date", *draw(st.lists(NAMES.filter(lambda n: n != "date"), max_size=6, unique=True))]
    count = draw(st.integers(1, 6))
    rows = [[draw(DATES if name == "date" else CELLS) for name in names] for _ in range(count)]
    for row in rows:
        row += draw(st.lists(WORDS, max_size=1))
    return [names, *rows]


def written(rows: list[list[str]]) -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target).writerows(rows)
    return target.getvalue().encode()


def texts(value: Any) -> Iterator[str]:
    """All texts and numbers within a value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    else:
        yield str(value)


def is_kept(cell: str, column: Column | None, kept: str, report: str) -> bool:
    """Whether a cell is in the records, in the report, or ignored."""
    if column and column.role == "ignore":
        return True
    one_line = " ".join(cell.split())
    forms = {cell, one_line, repr(cell)[1:-1]}
    if any(form in report or form in kept for form in forms):
        return True
    parts = [part.strip() for part in one_line.split(";")]
    if column and column.split and all(part in report or part in kept for part in parts):
        return True
    try:
        if written_dates.read(cell, "us").text in kept or written_dates.read(cell).text in kept:
            return True
    except DateError:
        pass
    number = cell.replace(",", "")
    return any(form in kept for form in (number, f"{number}.0", one_line.casefold()))


@given(tables())
def test_no_cell_of_a_table_is_lost(rows: list[list[str]]) -> None:
    with TemporaryDirectory() as name, closing(connect(f"{name}/test.db", write=True)) as log:
        path = Path(name) / "table.csv"
        path.write_bytes(written(rows))
        table = delimited.read(path, {"header": "1", "separator": ","})
        mapping = guessing.guess(table, path, "A title")
        if next(faults(mapping, table.columns), None):
            return
        with closing(Import(log, table, mapping, "table")) as work:
            work.survey()
            work.convert()
            target = io.StringIO()
            work.report.write(target, "Report")
            check(rows, mapping, [*work.before(), *work.draft], target.getvalue())
            check_ingests(log, path.parent, work)


def check(
    rows: list[list[str]], mapping: ImportMap, records: list[dict[str, Any]], report: str
) -> None:
    kept = "\n".join(text for record in records for text in texts(record))
    kept += "\n" + "\n".join(kept.splitlines())
    columns = list(mapping.columns.values())
    for row in rows[1:]:
        for number, cell in enumerate(map(clean, row)):
            if not cell or cell in mapping.empty:
                continue
            column = columns[number] if number < len(columns) else None
            assert is_kept(cell, column, kept, report), (cell, column)


def check_ingests(log: sqlite3.Connection, folder: Path, work: Import) -> None:
    """The batch of an import has no fault."""
    if work.draft.events == 0:
        return
    header = {"batch": "table", "recorded": "2026-11-01T00:00:00Z", "note": "A table"}
    path = batch_writer.write(folder, 1, header, work.before(), work.draft)
    with path.open("rb") as stream:
        result = ingest(log, read_batch(stream, path.name, "yml"))
    assert result.records > work.draft.events


@given(st.text(max_size=60))
def test_any_text_is_html_or_not(text: str) -> None:
    if html_texts.is_html(text):
        html_texts.read(text)


def test_the_property_sees_a_cell_that_is_lost() -> None:
    mapping = msgspec.convert(
        {"source": {"name": "x"}, "columns": {"date": {"as": "date"}, "x": {"as": "says"}}},
        ImportMap,
    )
    with pytest.raises(AssertionError):
        check([["date", "x"], ["1944", "lost"]], mapping, [{"date": "1944"}], "")
