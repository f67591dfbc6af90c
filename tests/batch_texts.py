"""Batches as text in every format, with functions that read them."""

from __future__ import annotations

import io
import json
from typing import Any

from chronology.batches.batch import Batch, Item
from chronology.batches.batch_reader import read_batch
from chronology.model.errors import BatchRefused

HEADER = "format: 1\nbatch: b\nrecorded: 2026-02-01T00:00:00Z\n"
JSON_HEADER = '{"format": 1, "batch": "b", "recorded": "2026-02-01T00:00:00Z"}\n'
CSV_HEADER = {"format": "1", "batch": "b", "recorded": "2026-02-01T00:00:00Z"}
COLUMNS = "id,date,title,kind\n"
EVENT = '{"event": "nis-taken", "date": "1944-10-14", "title": "Niš is taken", "kind": "capture"}\n'
MIB = 1 << 20


def read(text: str | bytes, form: str = "yml") -> tuple[Batch, list[Item]]:
    data = text.encode() if isinstance(text, str) else text
    batch = read_batch(io.BytesIO(data), f"b.{form}", form, CSV_HEADER if form == "csv" else None)
    items = list(batch.items)
    return batch, items


def faults(text: str | bytes, form: str = "yml") -> list[str]:
    """The faults of a faulty file, without its name."""
    try:
        batch, _ = read(text, form)
    except BatchRefused as error:
        found = error.faults
    else:
        found = sorted(batch.faults)
    assert found, "no fault was found"
    assert all(fault.remedy for fault in found)
    return [str(fault).removeprefix(f"b.{form}:") for fault in found]


def yml(records: str) -> str:
    return f"{HEADER}records:\n{records}"


def data(text: str | bytes, form: str = "yml") -> list[tuple[str, str, str]]:
    batch, items = read(text, form)
    assert batch.faults == []
    return [(item.number, item.stream, item.data) for item in items]


RECORDS: list[dict[str, Any]] = [
    {
        "event": "nis-taken",
        "date": "1944-10-14",
        "title": "Niš is taken",
        "kind": "capture",
        "places": ["nis"],
        "formations": ["c68", "a57"],
        "accounts": [{"source": "one", "at": ["¶1", "¶2"], "says": "It falls.", "by": "a witness"}],
    },
    {
        "event": "belgrade-taken",
        "date": "[1944-10-19,1944-10-20]",
        "title": "Belgrade, capital, is taken",
        "kind": "capture",
        "summary": 'The "battle".\nIn two lines.',
    },
    {"account": "", "event": "nis-taken", "source": "two", "at": ["3"], "stance": "denies"},
]
AS_JSONL = JSON_HEADER + "".join(json.dumps(record) + "\n" for record in RECORDS)
AS_YAML = f"{HEADER}records: {json.dumps(RECORDS, ensure_ascii=False)}\n"
AS_CSV = """\
id,date,title,kind,places,formations,summary,source,at,says,by,stance
nis-taken,1944-10-14,Niš is taken,capture,nis,c68; a57,,one,¶1;¶2,It falls.,a witness,
belgrade-taken,"[1944-10-19,1944-10-20]","Belgrade, capital, is taken",capture,,,"The ""battle"".
In two lines.",,,,,
nis-taken,,,,,,,two,3,,,denies
"""
