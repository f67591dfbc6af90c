"""Where the accounts of one event disagree: over its date, over figures, over a claim.

Plans never dispute anything. Dates that contain or overlap one another agree; open ends are
infinite. `docs/glossary.md` defines the three words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from chronology.model.edtf import Date, Span
from chronology.model.figures import parse_figure
from chronology.model.records import Account

T = TypeVar("T")
KINDS = ("date", "figures", "claim")


class Given(NamedTuple, Generic[T]):
    """A value as one account writes it; `order` is the place of the account among all."""

    order: int
    value: str
    by: T


def disputes(accounts: Sequence[Account]) -> list[str]:
    """The kinds of dispute among one event's accounts, out of KINDS and in that order."""
    if len(accounts) < 2:
        return []
    asserted = [account for account in accounts if account.stance == "asserts"]
    denied = [account for account in accounts if account.stance == "denies"]
    found = {
        "date": _dates_differ(asserted, denied),
        "figures": _figures_differ(asserted),
        "claim": _claims_differ(asserted, denied),
    }
    return [kind for kind in KINDS if found[kind]]


def _dates_differ(asserted: Sequence[Account], denied: Sequence[Account]) -> bool:
    dates = [account.date for account in asserted if account.date]
    if dates and not _common(dates):
        return True
    excluded = [account.date for account in denied if account.date]
    return any(date.within(no) for date in dates for no in excluded)


def _common(dates: Sequence[Date]) -> Sequence[Span]:
    """The days that all the dates have in common, as spans."""
    spans: Sequence[Span] = dates[0].spans
    for date in dates[1:]:
        spans = [both for a in spans for b in date.spans if (both := _overlap(a, b))]
    return spans


def _overlap(a: Span, b: Span) -> Span | None:
    starts = [day for day in (a[0], b[0]) if day is not None]
    ends = [day for day in (a[1], b[1]) if day is not None]
    start, end = max(starts, default=None), min(ends, default=None)
    return None if start and end and start > end else (start, end)


def values_by_key(
    claims: Iterable[tuple[T, Iterable[tuple[str, str]]]],
) -> dict[str, dict[str, list[Given[T]]]]:
    """The values under each key of claims, each with those who give it; upper case does not count.

    `claims` are pairs of who gives them and what they are, as keys with values. Where one key has
    more than one value, the claims differ.
    """
    values: dict[str, dict[str, list[Given[T]]]] = {}
    for order, (by, items) in enumerate(claims):
        for key, value in items:
            given = values.setdefault(key, {}).setdefault(value.casefold(), [])
            given.append(Given(order, value, by))
    return values


def differing(
    claims: Iterable[tuple[T, Iterable[tuple[str, str]]]],
) -> dict[str, dict[str, list[Given[T]]]]:
    """The keys under which claims differ, with their values as in `values_by_key`."""
    return {key: values for key, values in values_by_key(claims).items() if len(values) > 1}


def _values(accounts: Sequence[Account]) -> dict[str, set[str]]:
    claims = ((None, account.claims.items()) for account in accounts)
    return {key: set(values) for key, values in values_by_key(claims).items()}


def _figures_differ(asserted: Sequence[Account]) -> bool:
    for values in _values(asserted).values():
        ranges = [found for value in values if (found := parse_figure(value))]
        lows = [low for low, _ in ranges if low is not None]
        highs = [high for _, high in ranges if high is not None]
        if lows and highs and max(lows) > min(highs):
            return True
    return False


def _claims_differ(asserted: Sequence[Account], denied: Sequence[Account]) -> bool:
    yes, no = _values(asserted), _values(denied)
    if any(sum(parse_figure(value) is None for value in values) > 1 for values in yes.values()):
        return True
    if any(yes[key] & no[key] for key in yes.keys() & no.keys()):
        return True
    return bool(asserted) and any(not a.date and not a.claims for a in denied)
