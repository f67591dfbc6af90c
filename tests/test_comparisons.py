"""What accounts give side by side, where they differ."""

from __future__ import annotations

from typing import Any

from chronology.comparisons import compared


def account(name: str, date: str | None = None, **claims: str) -> dict[str, Any]:
    return {"id": name, "date": date, "claims": claims}


def shown(accounts: list[dict[str, Any]]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    return [
        (row["key"], [(v["value"], [a["id"] for a in v["accounts"]]) for v in row["values"]])
        for row in compared(accounts)
    ]


def test_what_all_give_alike_is_not_compared():
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
