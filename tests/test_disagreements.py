"""Disagreements: the values in which accounts differ, and the pages of disputed events."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from conftest import Timeline
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_chronology import EVENTS, START

from chronology.index.current import EventIndex
from chronology.index.predicates import Cursor, FacetEquals
from chronology.index.selection import EventFilter, select
from chronology.timeline import disagreements
from chronology.timeline.as_of import at_head
from chronology.timeline.disagreements import compare_accounts
from chronology.timeline.event_detail import event_detail
from chronology.timeline.filters import DISPUTED


def account(name: str, date: str | None = None, **claims: str) -> dict[str, Any]:
    return {"id": name, "date": date, "claims": claims}


def values(accounts: list[dict[str, Any]]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    return [
        (row["key"], [(v["value"], [a["id"] for a in v["accounts"]]) for v in row["values"]])
        for row in compare_accounts(accounts)
    ]


def test_what_all_give_alike_is_not_compare_accounts() -> None:
    assert (
        values([account("a", "1944-10-14", tanks="5"), account("b", "1944-10-14", tanks="5")]) == []
    )


def test_a_value_is_listed_once_with_its_accounts_the_commonest_first() -> None:
    compared = values([account("a", tanks="5"), account("b", tanks="7"), account("c", tanks="7")])

    assert compared == [("tanks", [("7", ["b", "c"]), ("5", ["a"])])]


def test_the_date_comes_first_and_a_missing_date_does_not_differ() -> None:
    accounts = [account("a", "1944-10-14", tanks="5"), account("b", None, tanks="7")]
    assert [key for key, _ in values(accounts)] == ["tanks"]

    accounts.append(account("c", "1944-10-15"))
    assert [key for key, _ in values(accounts)] == ["date", "tanks"]


def test_claims_after_the_date_keep_the_order_of_the_accounts() -> None:
    accounts = [account("a", "1944-10-14", tanks="5", army="First")]
    accounts.append(account("b", "1944-10-15", tanks="7", army="Second"))

    assert [key for key, _ in values(accounts)] == ["date", "tanks", "army"]


def test_case_makes_no_difference() -> None:
    alike = [account("a", by="Partisans"), account("b", by="partisans")]
    assert values(alike) == []
    assert values([*alike, account("c", by="Army")]) == [
        ("by", [("Partisans", ["a", "b"]), ("Army", ["c"])])
    ]


CLAIMS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["X", "x", "y", "5", "7"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(CLAIMS, min_size=1, max_size=4))
def test_an_event_page_and_the_list_of_disputes_name_the_same_claims(
    make_timeline: Callable[..., Timeline], given_claims: list[dict[str, str]]
) -> None:
    timeline = make_timeline(START, EVENTS)
    for claims in given_claims:
        written = ", ".join(f'{key}: "{value}"' for key, value in claims.items())
        number = len(timeline.rows("SELECT id FROM accounts"))
        timeline.batch(
            f"b{number}",
            f'- {{account: x-{number}, event: nis-taken, source: two, at: "{number}",'
            f" claims: {{{written}}}}}\n",
        )
    detail = event_detail(at_head(timeline.db), "nis-taken")
    assert detail
    differing = [row for row in compare_accounts(detail.accounts) if row["key"] != "date"]

    assert [row["key"] for row in differing] == [row["key"] for row in detail.disagreements]
    for row, compared in zip(detail.disagreements, differing, strict=True):
        order = [account["id"] for account in detail.accounts if row["key"] in account["claims"]]
        assert [value["account"] for value in row["values"]] == order
        assert {v["value"].casefold() for v in row["values"]} == {
            v["value"].casefold() for v in compared["values"]
        }
    disputed = set(detail.event["disputed"])
    texts = [row for row in differing if sum(not v["value"].isdigit() for v in row["values"]) > 1]
    assert ("claim" in disputed) is bool(texts)
    # Figures that differ are differing claims.
    assert "figures" not in disputed or differing
    timeline.db.close()


QUOTED = """\
- event: bridge-blown
  date: 1944-10-19
  title: The bridge is blown
  kind: battle
  accounts:
  - {source: one, at: "¶10", date: 1944-10-19, claims: {tanks: 5}}
  - {source: two, at: "¶2", date: 1944-10-18, claims: {tanks: 9}}
"""
DISPUTED_EVENT = """\
- event: disputed-{0}
  date: 1944-10-0{1}
  title: Its date is disputed
  kind: battle
  accounts:
  - {{source: one, at: "1", date: 1944-10-0{1}}}
  - {{source: two, at: "1", date: 1944-11-0{1}}}
"""


def no_limit(_: object) -> Any:
    return nullcontext()


def test_a_page_has_the_disputed_events_with_the_values_in_which_they_differ(
    timeline: Timeline,
) -> None:
    timeline.batch("quoted", QUOTED)

    with select(timeline.db, DISPUTED, EventIndex(), no_limit) as disputed:
        (event,), cursor = disagreements.page(timeline.db, disputed, None, 10)

    assert (event["id"], cursor) == ("bridge-blown", None)
    assert [(row["key"], [v["value"] for v in row["values"]]) for row in event["compared"]] == [
        ("date", ["1944-10-19", "1944-10-18"]),
        ("tanks", ["5", "9"]),
    ]


def test_the_kinds_of_dispute_are_counted_among_the_selected_events(timeline: Timeline) -> None:
    timeline.batch("quoted", QUOTED)
    captures = EventFilter("kind = 'capture'", {}, FacetEquals("kind", "capture"))

    with select(timeline.db, DISPUTED, EventIndex(), no_limit) as disputed:
        kinds = disagreements.kinds(disputed)
    with select(timeline.db, captures.and_also(DISPUTED), EventIndex(), no_limit) as disputed:
        kinds_of_captures = disagreements.kinds(disputed)

    assert kinds == [{"value": "date", "count": 1}, {"value": "figures", "count": 1}]
    assert kinds_of_captures == []


@pytest.mark.parametrize("index", [EventIndex(), None], ids=["index", "tables"])
def test_the_pages_together_have_every_disputed_event_once(
    timeline: Timeline, index: EventIndex | None
) -> None:
    timeline.batch("disputed", "".join(DISPUTED_EVENT.format(n, n % 3 + 1) for n in range(20)))
    rows = timeline.rows("SELECT id FROM events WHERE disputed != '[]' ORDER BY sort_key, id")
    ids: list[str] = []
    cursor: Cursor | None = None
    while True:
        with select(timeline.db, DISPUTED, index, no_limit) as disputed:
            events, cursor = disagreements.page(timeline.db, disputed, cursor, 5)
        ids += [event["id"] for event in events]
        if cursor is None:
            break

    assert ids == [row["id"] for row in rows]
    assert len(ids) == 20


def test_a_value_has_the_name_of_the_source_that_gives_it(timeline: Timeline) -> None:
    timeline.batch("quoted", QUOTED)
    names = {row["id"]: row["name"] for row in timeline.rows("SELECT id, name FROM sources")}

    with select(timeline.db, DISPUTED, EventIndex(), no_limit) as disputed:
        ((event,), _) = disagreements.page(timeline.db, disputed, None, 10)

    accounts = [a for row in event["compared"] for v in row["values"] for a in v["accounts"]]
    assert {account["source"] for account in accounts} == {"one", "two"}
    assert all(account["source_name"] == names[account["source"]] for account in accounts)
