"""What the accounts of one event give side by side, where they differ."""

from __future__ import annotations

from collections.abc import Sequence

from chronology.projections.disputes import Given, differing
from chronology.store.database import Row

DATE = "date"


def compared(accounts: Sequence[Row]) -> list[Row]:
    """The date and the claims that the accounts give differently, each value with who gives it.

    An account has `id`, `source`, `source_name`, `at`, `stance`, `date` and `claims`. The result
    has a row for each `key` with its `values`: `value` and the `accounts` that give it, the
    commonest first.
    """
    claims = ((account, _claims(account)) for account in accounts)
    found = differing(claims).items()
    return [
        {"key": key, "values": _values(values)}
        for key, values in sorted(found, key=lambda pair: pair[0] != DATE)
    ]


def _claims(account: Row) -> list[tuple[str, str]]:
    """The claims of an account, its date as one of them."""
    date = [(DATE, account["date"])] if account["date"] else []
    return [*date, *account["claims"].items()]


def _values(values: dict[str, list[Given[Row]]]) -> list[Row]:
    commonest = sorted(values.values(), key=lambda given: -len(given))
    return [
        {"value": given[0].value, "accounts": [each.by for each in given]} for given in commonest
    ]
