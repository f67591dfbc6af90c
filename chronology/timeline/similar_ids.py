"""Suggest rows whose ids are similar to an unknown one."""

from __future__ import annotations

import sqlite3
from difflib import SequenceMatcher, get_close_matches

from chronology.store.database import Row

_CANDIDATES = 200
_LONGEST_ID = 200
"""For a longer id, which none resembles, nothing is compared."""
_MIN_SIMILARITY = 0.55
_LONG_WORD = 4


def similar_ids(db: sqlite3.Connection, table: str, unknown: str, limit: int = 6) -> list[Row]:
    """The ids and names of rows of `events` or of a catalogue table that resemble an id."""
    if len(unknown) > _LONGEST_ID:
        return []
    if table != "events":
        names = dict(db.execute(f"SELECT id, name FROM {table}"))
        similar = get_close_matches(unknown, names, limit, _MIN_SIMILARITY)
        return [{"id": name, "name": names[name]} for name in similar]
    titles = {**_by_first_word(db, unknown), **_by_title(db, unknown)}
    ordered = sorted(titles, key=lambda name: (-_similarity(unknown, name), name))
    return [{"id": name, "name": titles[name]} for name in ordered[:limit]]


def _similarity(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _by_first_word(db: sqlite3.Connection, unknown: str) -> dict[str, str]:
    start = unknown.partition("-")[0]
    sql = "SELECT id, title FROM events WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
    return dict(db.execute(sql, (start, f"{start}\U0010ffff", _CANDIDATES)))


def _by_title(db: sqlite3.Connection, unknown: str) -> dict[str, str]:
    """Events with all long words of the id in their titles, or else with the longest."""
    long = (word for word in unknown.split("-") if len(word) >= _LONG_WORD and word.isalnum())
    words = sorted(long, key=len)
    # The matches are not ranked: ranking reads every event that has one of the words.
    sql = (
        "SELECT id, events.title FROM events_fts JOIN events ON events.number = events_fts.rowid"
        " WHERE events_fts MATCH ? LIMIT ?"
    )
    for some in (words, words[-1:]):
        query = " AND ".join(f'title : "{word}"' for word in some)
        titles = dict(db.execute(sql, (query, _CANDIDATES))) if query else {}
        if titles:
            return titles
    return {}
