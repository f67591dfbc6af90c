"""Tables that differ from a fresh fold of the log: cells, rows, and the search indexes."""

from __future__ import annotations

import time

import pytest
from conftest import Timeline

from chronology import projections

WORDS = "word " * 2_000
NOT_LISTED = "events_fts_idx: it does not list the pages of the index"


@pytest.fixture
def long_texts(timeline: Timeline) -> Timeline:
    """A chronology in which one word is so frequent that the index lists the pages that have it."""
    events = "".join(
        f"- {{event: e{n}, date: 1944-10-14, title: T, kind: battle, places: [nis]}}\n"
        f"- {{account: '', event: e{n}, source: one, at: '{n}', says: '{WORDS}'}}\n"
        for n in range(12)
    )
    timeline.batch("long", events)
    return timeline


def test_a_word_that_fills_many_pages_of_a_search_index_is_no_difference(
    long_texts: Timeline,
) -> None:
    (lists_of_pages,) = long_texts.db.execute(
        "SELECT count(*) FROM events_fts_data WHERE id >> 36 & 1"
    ).fetchone()

    assert lists_of_pages
    assert projections.verify(long_texts.db) == []


@pytest.mark.parametrize(
    "row", ["99 << 37 | 1, X'00000004'", "(SELECT max(id) FROM events_fts_data) + 7, X'00000004'"]
)
def test_a_page_that_belongs_to_no_part_of_a_search_index_is_a_difference(
    timeline: Timeline, row: str
) -> None:
    timeline.db.execute(f"INSERT INTO events_fts_data VALUES ({row})")

    assert projections.verify(timeline.db) == [
        "events_fts_data: 1 rows belong to no part of the index"
    ]


def test_a_list_of_the_pages_without_one_of_them_is_a_difference(timeline: Timeline) -> None:
    timeline.db.execute("DELETE FROM events_fts_idx")

    assert projections.verify(timeline.db) == [NOT_LISTED]


def test_an_unfinished_merge_of_a_search_index_is_no_difference(timeline: Timeline) -> None:
    """SQLite merges parts of an index step by step, and keeps pages listed that it has removed."""
    for batch in range(3):
        words = (
            " ".join(f"w{batch}x{n * 97 % 9973:x}" for n in range(m, m + 900)) for m in (0, 900)
        )
        events = "".join(
            f"- {{event: e{batch}-{n}, date: 1944-10-14, title: T, kind: battle,"
            f" summary: {text}}}\n"
            for n, text in enumerate(words)
        )
        timeline.batch(f"b{batch}", events)
    listed = "SELECT count(*) FROM events_fts_idx"
    stored = "SELECT count(*) FROM events_fts_data WHERE id > 10"
    unfinished = False
    for _ in range(6):
        timeline.db.execute("INSERT INTO events_fts (events_fts, rank) VALUES ('merge', -1)")
        unfinished |= timeline.rows(listed) != timeline.rows(stored)
        assert projections.verify(timeline.db) == []
    assert unfinished


def test_a_row_that_is_there_twice_is_a_difference(timeline: Timeline) -> None:
    for _ in range(2):
        timeline.db.execute("INSERT INTO event_spans VALUES (15, -9210, -9209, 0, 1)")

    assert projections.verify(timeline.db) == [
        "event_spans: 1 rows differ from a fresh fold of the log"
    ]


def test_words_that_a_search_no_longer_finds_are_a_difference(timeline: Timeline) -> None:
    words = " ".join(f"w{number:04}" for number in range(2_000))
    timeline.batch(
        "words", f"- {{account: '', event: nis-taken, source: one, at: '7', says: '{words}'}}\n"
    )
    (pages,) = timeline.db.execute("SELECT count(*) FROM events_fts_idx").fetchone()
    assert pages > 2

    timeline.db.execute("UPDATE events_fts_idx SET term = CAST('0w0' AS BLOB) WHERE pgno >> 1 = 2")

    assert projections.verify(timeline.db) == [NOT_LISTED]


def test_an_index_whose_words_are_in_the_wrong_order_is_a_difference(timeline: Timeline) -> None:
    words = " ".join(f"w{number:04}" for number in range(2_000))
    timeline.batch(
        "words", f"- {{account: '', event: nis-taken, source: one, at: '7', says: '{words}'}}\n"
    )
    timeline.db.execute("UPDATE events_fts_idx SET term = term || X'7A' WHERE pgno >> 1 = 3")

    faults = projections.verify(timeline.db)

    assert any(fault.startswith("events_fts: the index does not fit its texts") for fault in faults)


def test_a_list_of_pages_that_belongs_to_no_page_is_a_difference(timeline: Timeline) -> None:
    """The rowid of a list has bit 36, and its second number may look like the end of the words."""
    timeline.db.execute(
        "INSERT INTO events_fts_data SELECT (max(id) >> 37 << 37) | (1 << 36) | 99, X'0001000000'"
        " FROM events_fts_data"
    )

    assert projections.verify(timeline.db) == [
        "events_fts_data: 1 rows belong to no part of the index"
    ]


def test_a_page_that_is_listed_without_its_list_is_a_difference(long_texts: Timeline) -> None:
    changed = long_texts.db.execute("UPDATE events_fts_idx SET pgno = pgno & ~1 WHERE pgno & 1")

    assert changed.rowcount
    assert NOT_LISTED in projections.verify(long_texts.db)


@pytest.mark.parametrize("term", ["0w1500", "0", "0w09"])
def test_the_first_word_of_every_page_is_checked(timeline: Timeline, term: str) -> None:
    """The last of them too, by which a search reads the last page, whatever it looks for."""
    words = " ".join(f"w{number:04}" for number in range(2_000))
    timeline.batch(
        "words", f"- {{account: '', event: nis-taken, source: one, at: '7', says: '{words}'}}\n"
    )
    timeline.db.execute(
        "UPDATE events_fts_idx SET term = CAST(? AS BLOB) WHERE (segid, pgno) ="
        " (SELECT segid, pgno FROM events_fts_idx ORDER BY pgno DESC LIMIT 1)",
        (term,),
    )

    assert projections.verify(timeline.db)


@pytest.mark.parametrize(
    "block",
    [
        "X'00000000' || CAST(X'FFFFFFFFFFFFFF7F' AS BLOB)",
        "zeroblob(200000)",
        "CAST(replace(hex(zeroblob(300000)), '0', char(127)) AS BLOB)",
        "'text'",
        "17",
    ],
)
def test_a_forged_structure_of_a_search_index_ends(timeline: Timeline, block: str) -> None:
    started = time.process_time()
    timeline.db.execute(f"UPDATE events_fts_data SET block = {block} WHERE id = 10")

    assert projections.verify(timeline.db)
    assert time.process_time() - started < 2
