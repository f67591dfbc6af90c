"""What is fuzzed: any bytes are read or refused with a reason, and nothing else ever happens."""

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
    """Whether it is a date; then it is written as it was read, and its bounds are in order."""
    try:
        found = edtf.parse(data.decode(errors="replace"))
    except DateError:
        return False
    assert edtf.parse(str(found)) == found
    if found.earliest and found.latest:
        assert found.earliest <= found.latest
    return True


def batch(data: bytes) -> bool:
    """Whether it is a batch, of the form that its first byte chooses; a log takes it whole."""
    form = FORMATS[data[0] % len(FORMATS)] if data else FORMATS[0]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        _started().backup(db)
        before = log.head(db)
        header = HEADER if form == "csv" else None
        refused: list[Fault] = []
        records = 0
        try:
            read = read_batch(io.BytesIO(data[1:]), "fuzz", form, header)
            records = ingest(db, read).records
        except BatchRefused as error:
            refused = error.faults
        assert verification.verify(db).position == before.position + records
        assert bool(refused) == (not records)
        assert all(str(fault).isprintable() for fault in refused)
        return not refused


@cache
def _started() -> sqlite3.Connection:
    db = connect(":memory:", write=True)
    ingest(db, numbered(0))
    return db


TARGETS = {"date": date, "batch": batch}
