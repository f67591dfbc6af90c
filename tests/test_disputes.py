"""Disputes among the accounts of one event, over dates, figures and claims."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from chronology.model.edtf import parse
from chronology.model.records import Account
from chronology.projections.disputes import disputes


def account(stance: Any, date: str | None = None, **claims: str) -> Account:
    return Account(
        event="e",
        source="s",
        at=["1"],
        stance=stance,
        date=parse(date) if date else None,
        claims=claims,
    )


def asserts(date: str | None = None, **claims: str) -> Account:
    return account("asserts", date, **claims)


def denies(date: str | None = None, **claims: str) -> Account:
    return account("denies", date, **claims)


def plans(date: str | None = None, **claims: str) -> Account:
    return account("plans", date, **claims)


def found(*accounts: Account) -> list[str]:
    """The disputes, having made sure that the order of the accounts is no matter."""
    orders = {tuple(disputes(order)) for order in permutations(accounts)}
    (only,) = orders
    return list(only)


def test_without_accounts_nothing_is_disputed() -> None:
    assert found() == []


def test_one_account_disputes_nothing() -> None:
    assert found(asserts("1944-10-14", tanks="160", taken_by="partisans")) == []


# Dates


@pytest.mark.parametrize(
    "dates",
    [
        ("1944-10-14T17:00", "1944-10-14T17:00:30"),
        ("1944-10-14T17:00+02:00", "1944-10-14T15:00Z"),
        ("1944-10-14T23:30-05:00", "1944-10-15T04:30Z"),
        ("1944-10-14T23:30-05:00", "1944-10-14"),
        ("1944-10-14T17:00+02:00", "1944-10-14T17:00"),
        ("1944-10-14T15:00/1944-10-14T18:00", "1944-10-14T17:00"),
        ("1944-10-14T17:00/..", "1944-10-14"),
    ],
)
def test_dates_with_a_moment_in_common_agree(dates: Any) -> None:
    assert found(*map(asserts, dates)) == []


@pytest.mark.parametrize(
    "dates",
    [
        ("1944-10-14T17:00", "1944-10-14T19:00"),
        ("1944-10-14T17:00Z", "1944-10-14T17:00+02:00"),
        ("1944-10-14T17:00Z", "1944-10-14T19:00Z", "1944-10-14"),
        ("1944-10-14T17:00/1944-10-14T18:00", "1944-10-14T18:30"),
        ("1944-10-14T17:00/..", "1944-10-14T16:00"),
    ],
)
def test_times_without_a_moment_in_common_are_disputed(dates: Any) -> None:
    assert found(*map(asserts, dates)) == ["date"]


def test_a_denied_time_denies_no_other_time_of_its_day() -> None:
    assert found(asserts("1944-10-14T17:00"), denies("1944-10-14T19:00")) == []
    assert found(asserts("1944-10-14T17:00"), denies("1944-10-14T17:00")) == ["date"]
    assert found(asserts("1944-10-14T17:00"), denies("1944-10-14")) == ["date"]


@pytest.mark.parametrize(
    "dates",
    [
        ("1944-10-14", "1944-10-14"),
        ("1944-10-14", "1944-10-14?"),
        ("1944-10-14", "1944-10-14T17:00"),
        ("1944-10-14", "1944-10"),
        ("1944-10-14", "1944-10-13/1944-10-20"),
        ("1944-10-10/1944-10-14", "1944-10-14/1944-10-20"),
        ("[1944-10-13,1944-10-14]", "[1944-10-14,1944-10-15]"),
        ("[1944-10-13,1944-10-16]", "1944-10-16"),
        ("[..1944-10-14]", "1944-09-01"),
        ("[1944-10-14..]", "1944-11-30"),
        ("1944-10-14/..", "1944-11-30"),
        ("/1944-10-14", "1944-09-01"),
        ("[..1944-10-14]", "[1944-10-14..]"),
        ("[..1944-10-14]", "[..1944-10-01]"),
        ("[..1944-10-14]", "[1944-10-10..]", "1944-10-12"),
    ],
)
def test_dates_with_a_day_in_common_agree(dates: Any) -> None:
    assert found(*map(asserts, dates)) == []


@pytest.mark.parametrize(
    "dates",
    [
        ("1944-10-14", "1944-10-15"),
        ("1944-10-14", "1944-09"),
        ("1944-10-01/1944-10-14", "1944-10-15/1944-10-20"),
        ("[1944-10-13,1944-10-16]", "1944-10-14"),
        ("[1944-10-13,1944-10-16]", "[1944-10-14..1944-10-15]"),
        ("[..1944-10-14]", "1944-10-15"),
        ("1944-10-14/..", "1944-10-13"),
        ("[..1944-10-14]", "[1944-10-15..]"),
        ("1944-10-14", "1944-10-15", "1944-10"),
        ("1944-10-10/1944-10-14", "1944-10-14/1944-10-18", "1944-10-10/1944-10-13"),
    ],
)
def test_dates_without_a_day_in_common_are_disputed(dates: Any) -> None:
    assert found(*map(asserts, dates)) == ["date"]


def test_dates_that_agree_only_in_pairs_are_disputed() -> None:
    dates = ("[1944-10-01,1944-10-03]", "[1944-10-03,1944-10-05]", "[1944-10-01,1944-10-05]")
    assert found(*map(asserts, dates)) == ["date"]


def test_accounts_without_a_date_do_not_dispute_the_date() -> None:
    assert found(asserts("1944-10-14"), asserts(), asserts()) == []


@pytest.mark.parametrize(
    ("asserted", "denied"),
    [
        ("1944-10-14", "1944-10-14"),
        ("1944-10-14", "1944-10"),
        ("1944-10-14", "[1944-10-13,1944-10-14]"),
        ("1944-10-13/1944-10-14", "1944-10-10/1944-10-20"),
        ("1944-10-14", "[..1944-10-20]"),
    ],
)
def test_a_date_within_a_denied_date_is_disputed(asserted: str, denied: str) -> None:
    assert found(asserts(asserted), denies(denied)) == ["date"]


@pytest.mark.parametrize(
    ("asserted", "denied"),
    [
        ("1944-10-14", "1944-10-15"),
        ("1944-10", "1944-10-14"),
        ("1944-10-13/1944-10-16", "1944-10-14/1944-10-20"),
        ("1944-10-14", "[1944-10-13,1944-10-15]"),
        ("[..1944-10-14]", "[..1944-10-20]"),
        ("1944-10-14/..", "1944-10"),
    ],
)
def test_a_date_partly_outside_a_denied_date_is_not_disputed(asserted: str, denied: str) -> None:
    assert found(asserts(asserted), denies(denied)) == []


def test_one_asserted_date_within_a_denied_date_is_enough() -> None:
    assert found(asserts("1944-10"), asserts("1944-10-14"), denies("1944-10-14")) == ["date"]


def test_denied_dates_do_not_dispute_each_other() -> None:
    assert found(asserts("1944-10-20"), denies("1944-10-14"), denies("1944-10-15")) == []


# Figures


@pytest.mark.parametrize(
    "values",
    [
        ("160", "160"),
        ("160", "160.0"),
        ("160", "150..170"),
        ("150..160", "160..170"),
        ("500+", "500"),
        ("500+", "9000"),
        ("20-", "20"),
        ("20-", "-5"),
        ("500+", "600+"),
        ("~17000", "15300"),
        ("~17000", "18700"),
        ("~17000", "~20000"),
        ("15000..20000", "~17000", "16000+"),
        ("160", "many"),
    ],
)
def test_figures_with_a_number_in_common_agree(values: Any) -> None:
    assert found(*(asserts(tanks=value) for value in values)) == []


@pytest.mark.parametrize(
    "values",
    [
        ("160", "161"),
        ("150..160", "161..170"),
        ("500+", "499"),
        ("20-", "21"),
        ("500+", "20-"),
        ("~17000", "15299"),
        ("~17000", "18701"),
        ("~100", "~130"),
        ("-5", "5"),
        ("160", "150..170", "171+"),
    ],
)
def test_figures_without_a_number_in_common_are_disputed(values: Any) -> None:
    assert found(*(asserts(tanks=value) for value in values)) == ["figures"]


def test_figures_under_different_keys_are_not_compared() -> None:
    assert found(asserts(tanks="160"), asserts(guns="2000")) == []


def test_a_denied_figure_does_not_dispute_figures() -> None:
    assert found(asserts(tanks="160"), denies(tanks="500")) == []


# Claims


def test_different_texts_under_one_key_are_disputed() -> None:
    assert found(asserts(taken_by="partisans"), asserts(taken_by="37th Army")) == ["claim"]


def test_texts_that_differ_in_case_alone_agree() -> None:
    assert found(asserts(taken_by="Partisans"), asserts(taken_by="PARTISANS")) == []
    assert found(asserts(taken_by="ЂУРИЋ"), asserts(taken_by="Ђурић")) == []


def test_different_texts_under_different_keys_are_not_compared() -> None:
    assert found(asserts(taken_by="partisans"), asserts(held_by="37th Army")) == []


@pytest.mark.parametrize(("yes", "no"), [("partisans", "Partisans"), ("160", "160")])
def test_the_same_value_asserted_and_denied_is_disputed(yes: Any, no: Any) -> None:
    assert found(asserts(value=yes), denies(value=no)) == ["claim"]


def test_another_value_denied_is_not_disputed() -> None:
    assert found(asserts(taken_by="partisans"), denies(taken_by="37th Army")) == []


def test_values_only_denied_are_not_disputed() -> None:
    assert found(denies(taken_by="partisans"), denies(taken_by="37th Army")) == []


def test_a_denial_of_the_whole_event_is_a_dispute() -> None:
    assert found(asserts("1944-10-14"), denies()) == ["claim"]


def test_a_denial_of_the_date_or_a_value_does_not_deny_the_event() -> None:
    assert found(asserts("1944-10-14"), denies("1944-10-20")) == []
    assert found(asserts("1944-10-14"), denies(tanks="160")) == []


def test_an_event_without_assertions_is_not_disputed() -> None:
    assert found(denies(), denies()) == []
    assert found(denies(), plans("1944-10-14")) == []


# Plans, and several at once


@pytest.mark.parametrize(
    "other",
    [
        asserts("1944-10-14", tanks="160", taken_by="partisans"),
        denies("1944-10-14", tanks="500"),
        denies(),
        plans("1944-10-20", tanks="9", taken_by="nobody"),
    ],
)
@pytest.mark.parametrize(
    "plan",
    [
        plans("1944-10-10", tanks="500", taken_by="37th Army"),
        plans("1944-10-14", tanks="160", taken_by="partisans"),
        plans(),
    ],
)
def test_plans_dispute_nothing(plan: Any, other: Any) -> None:
    assert found(plan, other) == []


def test_a_plan_does_not_settle_a_dispute_either() -> None:
    assert found(asserts("1944-10-14"), asserts("1944-10-15"), plans("1944-10")) == ["date"]


def test_the_kinds_of_dispute_have_a_fixed_order() -> None:
    one = asserts("1944-10-14", tanks="160", taken_by="partisans")
    other = asserts("1944-10-15", tanks="500", taken_by="37th Army")
    assert found(one, other) == ["date", "figures", "claim"]
