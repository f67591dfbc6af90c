"""A folder for an import, small tables of many shapes, and what an import made of them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import yaml
from click.testing import CliRunner, Result

from chronology.cli import ingest_command, main

SHIPS = """\
id,date,event,place,lat,lon,type,tons,remarks
1,12/20/1944,Keel laid,Norfolk,36.9,-76.2,Building,1000,NA
2,1/5/1945,Launched,Norfolk,36.9,-76.2,Building,1200,"A cold day, with ice"
3,c. 1946,Sunk,Café del Mar,,,Loss,1500,
"""


class Folder:
    """A folder that `chronology init` made, in which commands run."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        monkeypatch.chdir(path.parent)
        assert run("init", path.name, "--title", "A test", "--licence", "CC0-1.0").exit_code == 0
        monkeypatch.chdir(path)

    def write(self, name: str, content: str | bytes) -> str:
        data = content.encode() if isinstance(content, str) else content
        (self.path / name).write_bytes(data)
        return name

    def run_import(self, name: str, *options: str) -> Result:
        return run("import", name, *options)

    def ingest(self) -> None:
        done = CliRunner().invoke(ingest_command, [], catch_exceptions=False)
        assert done.exit_code == 0, done.output

    def batches(self) -> list[Path]:
        return sorted(p for p in (self.path / "events").iterdir() if p.is_file())

    def records(self, number: int = -1) -> list[dict[str, Any]]:
        """The records of a batch, with every scalar as it is written."""
        path = self.batches()[number]
        if path.suffix == ".jsonl":
            return [json.loads(line) for line in path.read_text("utf-8").splitlines()[1:]]
        found: list[dict[str, Any]] = yaml.load(path.read_text("utf-8"), yaml.CBaseLoader)[
            "records"
        ]
        return found

    def events(self, number: int = -1) -> list[dict[str, Any]]:
        return [record for record in self.records(number) if "event" in record]

    def report(self, name: str) -> str:
        return (self.path / "events" / "maps" / f"{name}-report.md").read_text("utf-8")

    def map(self, name: str) -> dict[str, Any]:
        text = (self.path / "events" / "maps" / f"{name}.yml").read_text("utf-8")
        found: dict[str, Any] = yaml.load(text, yaml.CBaseLoader)
        return found

    def edit_map(self, name: str, **fields: Any) -> None:
        changed = {**self.map(name), **fields}
        path = self.path / "events" / "maps" / f"{name}.yml"
        path.write_text(yaml.safe_dump(changed, allow_unicode=True, sort_keys=False), "utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def imported(
    folder: Folder, name: str, content: str | bytes, *options: str
) -> list[dict[str, Any]]:
    """The events of a file that is imported without a fault, and can be ingested."""
    done = folder.run_import(folder.write(name, content), *options)
    assert done.exit_code == 0, done.output
    folder.ingest()
    return folder.events()


# Workbooks --------------------------------------------------------------------------------------


def xlsx(path: Path, *sheets: tuple[str, list[list[Any]], str]) -> None:
    """A workbook: each sheet has a name, its rows and a merged range, which may be empty.

    A number in a tuple is a date, and a text that begins with = a formula with its value.
    """
    names = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>'
        for n, (name, _, _) in enumerate(sheets, 1)
    )
    main_ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel_ns = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package_ns = "http://schemas.openxmlformats.org/package/2006"
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package_ns}/content-types">'
        '<Default Extension="rels"'
        f' ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override'
        f' PartName="/xl/workbook.xml" ContentType="{office}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package_ns}/relationships"><Relationship Id="rId1"'
        f' Type="{rel_ns}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main_ns} xmlns:r="{rel_ns}"><sheets>{names}</sheets>'
        "</workbook>",
        "xl/styles.xml": f'<styleSheet {main_ns}><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    targets = [f"worksheets/sheet{n}.xml" for n in range(1, len(sheets) + 1)]
    relations = [(f"rId{n}", "worksheet", target) for n, target in enumerate(targets, 1)]
    relations.append((f"rId{len(sheets) + 1}", "styles", "styles.xml"))
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{package_ns}/relationships">'
        + "".join(
            f'<Relationship Id="{i}" Type="{rel_ns}/{kind}" Target="{target}"/>'
            for i, kind, target in relations
        )
        + "</Relationships>"
    )
    for target, (_, rows, merged) in zip(targets, sheets, strict=True):
        body = "".join(
            f'<row r="{n}">{"".join(_cells(n, row))}</row>' for n, row in enumerate(rows, 1)
        )
        after = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
        sheet = f"<worksheet {main_ns}><sheetData>{body}</sheetData>{after}</worksheet>"
        parts[f"xl/{target}"] = sheet
    with zipfile.ZipFile(path, "w") as file:
        for name, text in parts.items():
            file.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')


def _cells(number: int, row: list[Any]) -> Iterator[str]:
    for column, value in enumerate(row):
        place = f'r="{chr(ord("A") + column)}{number}"'
        if isinstance(value, tuple):
            yield f'<c {place} s="1"><v>{value[0]}</v></c>'
        elif isinstance(value, (int, float)):
            yield f"<c {place}><v>{value}</v></c>"
        elif str(value).startswith("="):
            formula, _, result = str(value)[1:].partition("→")
            yield f'<c {place} t="str"><f>{escape(formula)}</f><v>{escape(result)}</v></c>'
        elif value:
            yield f'<c {place} t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def ods(path: Path, rows: list[list[str]]) -> None:
    """A sheet of LibreOffice; a text like 1944-12-20 is a date."""
    office = "urn:oasis:names:tc:opendocument:xmlns"
    cells = "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows
    )
    content = (
        f'<office:document-content xmlns:office="{office}:office:1.0"'
        f' xmlns:table="{office}:table:1.0" xmlns:text="{office}:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="One">{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", "<manifest/>")
        file.writestr("content.xml", f'<?xml version="1.0" encoding="UTF-8"?>{content}')


def _ods_cell(text: str) -> str:
    if len(text) == 10 and text[:4].isdecimal() and text[4] == "-":
        return f'<table:table-cell office:value-type="date" office:date-value="{text}"/>'
    paragraph = f"<text:p>{escape(text)}</text:p>"
    return f'<table:table-cell office:value-type="string">{paragraph}</table:table-cell>'
