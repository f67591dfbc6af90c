"""A reader of a file that a killed writer left half written."""

from __future__ import annotations

import shutil
from pathlib import Path

from chronology.store.database import connect


def test_a_reader_rolls_back_what_a_killed_writer_left(tmp_path: Path) -> None:
    path, left = tmp_path / "timeline.db", tmp_path / "left.db"
    writer = connect(path, write=True)
    writer.execute("CREATE TABLE filler (text)")
    writer.execute("PRAGMA cache_size = 5")
    writer.execute("BEGIN")
    # More than the cache holds, so that a part of the transaction is in the file.
    writer.executemany("INSERT INTO filler VALUES (?)", [("x" * 2000,)] * 200)
    for suffix in ("", "-journal"):
        shutil.copy(f"{path}{suffix}", f"{left}{suffix}")
    writer.close()
    reader = connect(left)
    assert reader.execute("SELECT count(*) FROM filler").fetchone() == (0,)
    assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    reader.close()
