"""Disputes between the accounts of one event: over its date, its figures or another claim.

Accounts of plans dispute nothing. Dates that overlap agree; open ends are infinite.
`docs/glossary.md` defines the three kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from chronology.model.figures import parse_figure
from chronology.model.instants import is_within, share_a_moment
from chronology.model.records import Account

T = TypeVar("T")
KINDS = ("date", "figures", "claim")


class ClaimedValue(NamedTuple, Generic[T]):
    """A value as one account writes it; `order` numbers the accounts."""

    order: int
    value: str
    by: T


def disputes(accounts: Sequence[Account]) -> list[str]:
    """The kinds of dispute among one event's accounts, in the order of `KINDS`."""
    if len(accounts) < 2:
        return []
    asserted = [account for account in accounts if account.stance == "asserts"]
    denied = [account for account in accounts if account.stance == "denies"]
    is_disputed = {
        "date": _dates_differ(asserted, denied),
        "figures": _figures_differ(asserted),
        "claim": _claims_differ(asserted, denied),
    }
    return [kind for kind in KINDS if is_disputed[kind]]


def _dates_differ(asserted: Sequence[Account], denied: Sequence[Account]) -> bool:
    dates = [date for account in asserted if (date := account.when)]
    if len(dates) > 1 and not share_a_moment(dates):
        return True
    excluded = [date for account in denied if (date := account.when)]
    return any(is_within(date, no) for date in dates for no in excluded)


def values_by_key(
    claims: Iterable[tuple[T, Iterable[tuple[str, str]]]],
) -> dict[str, dict[str, list[ClaimedValue[T]]]]:
    """The values of each claim by key, without regard to case; claims with two values differ.

    `claims` pairs each account with its claims, as keys with values.
    """
    values: dict[str, dict[str, list[ClaimedValue[T]]]] = {}
    for order, (by, items) in enumerate(claims):
        for key, value in items:
            same = values.setdefault(key, {}).setdefault(value.casefold(), [])
            same.append(ClaimedValue(order, value, by))
    return values


def differing(
    claims: Iterable[tuple[T, Iterable[tuple[str, str]]]],
) -> dict[str, dict[str, list[ClaimedValue[T]]]]:
    """The values of the claims that differ, by key."""
    return {key: values for key, values in values_by_key(claims).items() if len(values) > 1}


def _values(accounts: Sequence[Account]) -> dict[str, set[str]]:
    claims = ((None, account.claims.items()) for account in accounts)
    return {key: set(values) for key, values in values_by_key(claims).items()}


def _figures_differ(asserted: Sequence[Account]) -> bool:
    for values in _values(asserted).values():
        ranges = [bounds for value in values if (bounds := parse_figure(value))]
        lows = [low for low, _ in ranges if low is not None]
        highs = [high for _, high in ranges if high is not None]
        if lows and highs and max(lows) > min(highs):
            return True
    return False


def _claims_differ(asserted: Sequence[Account], denied: Sequence[Account]) -> bool:
    claimed, denials = _values(asserted), _values(denied)
    if any(sum(parse_figure(value) is None for value in values) > 1 for values in claimed.values()):
        return True
    if any(claimed[key] & denials[key] for key in claimed.keys() & denials.keys()):
        return True
    return bool(asserted) and any(not a.date and not a.claims for a in denied)
