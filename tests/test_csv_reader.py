"""Batches in CSV."""

from __future__ import annotations

import csv

import pytest
from batch_texts import COLUMNS, faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "id,date,title,kind,colour\n",
            "1: 'colour' is not a column; columns: id, date, title",
        ),
        ("id,date,title\n", "1: the column 'kind' is missing; add it to the first line"),
        ("id,date,title,kind,title\n", "1: the column 'title' occurs twice; keep one of them"),
        (f"{COLUMNS}a,1944,b\n", "2: 3 cells for 4 columns; check the commas and quotes"),
        (f"{COLUMNS}a,1944,b,c,d\n", "2: 5 cells for 4 columns"),
        (
            f'{COLUMNS}a,1944,"b"x,c\n',
            "2: invalid CSV: ',' expected after '\"'; check the quot",
        ),
        (
            f'{COLUMNS}a,1944,b,c\nb,1944,"b,c\nx\n',
            "3: invalid CSV: unexpected end of data",
        ),
        ('id,"date\n', "1: invalid CSV: unexpected end of data"),
        (f"{COLUMNS}a,soon,b,c\n", "2: event/a.date: 'soon' is not a date"),
        (f"{COLUMNS},1944,b,c\n", "2: '' is not an id for an event"),
        (f"{COLUMNS}a,,b,c\n", "2: event/a: the field 'date' is missing"),
        (f"{COLUMNS}a,1944,b\0c,d\n", "2: event/a.title: 'b\\x00c' is empty or contains"),
        (f"{COLUMNS}a,1944,b,c\ra,1944,b,c\r", "2: invalid CSV: new-line character seen"),
        (
            f'{COLUMNS}a,1944,"b{"x" * 140_000}",c\n',
            "2: invalid CSV: field larger than field",
        ),
        ("id,date,title,kind,places\na,1944,b,c,nis;;sofia\n", "2: event/a.places[1].place: ''"),
    ],
)
def test_invalid_csv_is_refused(text: str, fault: str) -> None:
    # Some libraries raise the limit of the whole process when they are imported.
    csv.field_size_limit(131_072)
    (found,) = faults(text, "csv")
    assert found.startswith(fault)


def test_all_faulty_columns_are_reported() -> None:
    assert len(faults("id,colour,size\n", "csv")) == 5


def test_a_row_has_the_line_on_which_it_begins() -> None:
    columns = COLUMNS.replace("\n", ",summary\n")
    text = f'{columns}a,1944,b,c,"two\nlines"\nb,soon,b,c,"two\nlines"\n'
    assert faults(text, "csv")[0].startswith("4: event/b.date")


def test_short_rows_are_reported_with_the_faults_around_them() -> None:
    text = f"{COLUMNS}A,1944,b,c\nb\nC,1944,b,c\n"
    assert [line[0] for line in faults(text, "csv")] == ["2", "3", "4"]
