"""The rows do not depend on the size of the chunks in which a batch is folded."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Timeline
from small_chronology import EVENTS, START

from chronology import projections
from chronology.projections import projector, tables
from chronology.store.database import transaction

SIZES = (1, 7, 1000)

# New events that the batch corrects, between others, so that some versions are written twice.
CORRECTED = "".join(
    f"- {{event: e{number}, date: 1944-10-20, title: E, kind: battle, places: [nis]}}\n"
    for number in range(20)
) + "".join(
    f"- {{correct: event/e{number}, set: {{title: Better}}, because: Because of {number}.}}\n"
    for number in (3, 12, 17)
)
# One account with several records, each with a reason of its own.
AMENDED = """\
- {account: twice, event: nis-taken, source: two, at: "5"}
- {correct: account/nis-taken-one-1, set: {says: It falls.}, because: The first reason.}
- {source: other, name: Other source}
- {correct: account/nis-taken-one-1, set: {event: belgrade-taken}, because: The second reason.}
- {event: between, date: 1944-10-20, title: Between, kind: battle}
- {correct: account/twice, set: {at: "6"}, because: Misread.}
"""
# Accounts that do not follow their new event at once.
APART = """\
- {event: first, date: 1944-10-20, title: First, kind: battle}
- {place: other, name: Other place}
- {account: first-account, event: first, source: two, at: "1"}
- {event: second, date: 1944-10-20, title: Second, kind: battle, accounts: [{source: one, at: "7"}]}
- {event: third, date: 1944-10-20, title: Third, kind: battle}
- {correct: event/nis-taken, set: {title: Falls}, because: Shorter.}
- {account: third-account, event: third, source: two, at: "2"}
- {account: second-account, event: second, source: two, at: "3"}
"""
# A change of the catalogue that changes every event.
RENAMED = (
    "- {correct: place/nis, set: {name: Nish, within: belgrade}, because: As in the source.}\n"
)


def all_rows(timeline: Timeline) -> dict[str, list[str]]:
    return {
        name: sorted(map(repr, timeline.rows(f"SELECT rowid, * FROM {name}")))
        if name in tables.SEARCHED
        else sorted(map(repr, timeline.rows(f"SELECT * FROM {name}")))
        for name in tables.DERIVED
    }


@pytest.mark.parametrize(
    "records", [CORRECTED, AMENDED, APART, CORRECTED + AMENDED + APART + RENAMED]
)
def test_every_chunk_size_leaves_the_same_rows(
    make_timeline: Callable[..., Timeline], monkeypatch: pytest.MonkeyPatch, records: str
) -> None:
    timeline = make_timeline(START, EVENTS)
    timeline.batch("records", records)
    timeline.batch("renamed", RENAMED.replace("Nish", "Nissa"))
    rows = []
    for size in SIZES:
        monkeypatch.setattr(projector, "CHUNK", size)
        with transaction(timeline.db):
            projections.rebuild(timeline.db)
        rows.append(all_rows(timeline))

    for table in tables.DERIVED:
        first, *others = (each[table] for each in rows)
        assert others == [first, first], table


def test_a_corrected_account_gives_only_its_last_reason(timeline: Timeline) -> None:
    timeline.batch("records", AMENDED)

    (version,) = timeline.rows(
        "SELECT because FROM history WHERE id = 'belgrade-taken' AND until_position IS NULL"
    )
    assert version["because"] == "account/nis-taken-one-1 corrected: The second reason."
