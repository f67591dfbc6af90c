"""A new log without something that has to disappear, as docs/trust.md describes."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import chronology
from following import CONFLICT, follow
from peers import peer, rows_of
from small_chronology import EVENTS, START

from chronology.store.database import connect

SECRET = "The name of a private person."
ACCOUNT = f'  - {{source: two, at: "¶9", says: "{SECRET}"}}\n'


def test_a_log_is_made_again_without_what_must_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    old_events, events = tmp_path / "old", tmp_path / "new"
    old, new, copy = (tmp_path / f"{name}.db" for name in ("old", "new", "copy"))
    for folder in (old_events, events):
        folder.mkdir()
    (old_events / "0001-start.yml").write_text(START, "utf-8")
    (old_events / "0002-events.yml").write_text(EVENTS + ACCOUNT, "utf-8")
    assert chronology("ingest", str(old_events), "--db", str(old)).exit_code == 0
    head = chronology("head", "--db", str(old)).output.strip()
    assert SECRET.encode() in old.read_bytes()

    note = f"note: Replaces the log with the head {head}. An account was removed at a request."
    first = START.replace("note: A small chronology for tests", note)
    (events / "0001-start.yml").write_text(first, "utf-8")
    (events / "0002-events.yml").write_text(EVENTS, "utf-8")
    assert chronology("ingest", str(events), "--db", str(new)).exit_code == 0

    assert chronology("verify", "--db", str(new), "--events", str(events)).exit_code == 0
    assert SECRET.encode() not in new.read_bytes()
    db = connect(new)
    rows = rows_of(db)
    (published,) = db.execute("SELECT note FROM batches WHERE id = 'start'").fetchone()
    db.close()
    assert head in rows[0]["data"]
    assert head in published
    copy.write_bytes(old.read_bytes())
    with peer(rows) as server:
        refused = follow(server.url, copy)
    assert refused.exit_code == CONFLICT
    assert "differs from this one from position 1 on" in refused.stderr
