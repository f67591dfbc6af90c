"""Fuzz targets: any bytes are read, or faults with a reason."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from functools import cache

from chronology.batches.batch import FORMATS
from chronology.batches.batch_reader import read_batch
from chronology.ingest.pipeline import ingest
from chronology.model import edtf
from chronology.model.errors import BatchRefused, DateError, Fault
from chronology.store import log, verification
from chronology.store.database import connect
from tests.faults.case import numbered

HEADER = {"format": "1", "batch": "fuzz", "recorded": "2026-02-01T00:00:00Z"}


def date(data: bytes) -> bool:
    """Whether the bytes are a date; checks its text and its bounds."""
    try:
        parsed = edtf.parse(data.decode(errors="replace"))
    except DateError:
        return False
    assert edtf.parse(str(parsed)) == parsed
    if parsed.earliest and parsed.latest:
        assert parsed.earliest <= parsed.latest
    return True


def batch(data: bytes) -> bool:
    """Whether the bytes are a batch in the format of the first byte; checks the log after it."""
    form = FORMATS[data[0] % len(FORMATS)] if data else FORMATS[0]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        _log_with_start().backup(db)
        before = log.head(db)
        header = HEADER if form == "csv" else None
        faults: list[Fault] = []
        records = 0
        try:
            read = read_batch(io.BytesIO(data[1:]), "fuzz", form, header)
            records = ingest(db, read).records
        except BatchRefused as error:
            faults = error.faults
        assert verification.verify(db).position == before.position + records
        assert bool(faults) == (not records)
        assert all(str(fault).isprintable() for fault in faults)
        return not faults


@cache
def _log_with_start() -> sqlite3.Connection:
    db = connect(":memory:", write=True)
    ingest(db, numbered(0))
    return db


TARGETS = {"date": date, "batch": batch}
