"""What accounts give side by side, where they differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conftest import EVENTS, START, Timeline
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chronology.timeline.as_of import at_head
from chronology.timeline.disagreements import compare_accounts
from chronology.timeline.event_detail import event_detail


def account(name: str, date: str | None = None, **claims: str) -> dict[str, Any]:
    return {"id": name, "date": date, "claims": claims}


def shown(accounts: list[dict[str, Any]]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    return [
        (row["key"], [(v["value"], [a["id"] for a in v["accounts"]]) for v in row["values"]])
        for row in compare_accounts(accounts)
    ]


def test_what_all_give_alike_is_not_compare_accounts():
    assert (
        shown([account("a", "1944-10-14", tanks="5"), account("b", "1944-10-14", tanks="5")]) == []
    )


def test_a_value_stands_once_with_all_who_give_it_the_commonest_first():
    found = shown([account("a", tanks="5"), account("b", tanks="7"), account("c", tanks="7")])

    assert found == [("tanks", [("7", ["b", "c"]), ("5", ["a"])])]


def test_the_date_comes_first_and_its_absence_is_no_other_date():
    accounts = [account("a", "1944-10-14", tanks="5"), account("b", None, tanks="7")]
    assert [key for key, _ in shown(accounts)] == ["tanks"]

    accounts.append(account("c", "1944-10-15"))
    assert [key for key, _ in shown(accounts)] == ["date", "tanks"]


def test_capitals_make_no_difference():
    assert shown([account("a", by="Partisans"), account("b", by="partisans")]) == []


CLAIMS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["X", "x", "y", "5", "7"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(CLAIMS, min_size=1, max_size=4))
def test_an_event_and_the_list_of_disputes_name_the_same_claims(
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
    found = event_detail(at_head(timeline.db), "nis-taken")
    assert found
    differing = [row for row in compare_accounts(found.accounts) if row["key"] != "date"]

    assert [row["key"] for row in differing] == [row["key"] for row in found.disagreements]
    for row, shown in zip(found.disagreements, differing, strict=True):
        order = [account["id"] for account in found.accounts if row["key"] in account["claims"]]
        assert [value["account"] for value in row["values"]] == order
        assert {v["value"].casefold() for v in row["values"]} == {
            v["value"].casefold() for v in shown["values"]
        }
    disputed = set(found.event["disputed"])
    texts = [row for row in differing if sum(not v["value"].isdigit() for v in row["values"]) > 1]
    assert ("claim" in disputed) is bool(texts)
    # Figures that differ are differing claims.
    assert "figures" not in disputed or differing
    timeline.db.close()
