"""What the accounts of one event give side by side, where they differ."""

from __future__ import annotations

from collections.abc import Sequence

from chronology.schema import Row

DATE = "date"


def compared(accounts: Sequence[Row]) -> list[Row]:
    """The date and the claims that the accounts give differently, each value with who gives it.

    An account has `id`, `source`, `source_name`, `at`, `stance`, `date` and `claims`. The result
    has a row for each `key` with its `values`: `value` and the `accounts` that give it, the
    commonest first.
    """
    told: dict[str, dict[str, list[Row]]] = {}
    texts: dict[tuple[str, str], str] = {}
    for account in accounts:
        dated = {DATE: account["date"]} if account["date"] else {}
        for key, value in [*dated.items(), *account["claims"].items()]:
            folded = value.casefold()
            texts.setdefault((key, folded), value)
            told.setdefault(key, {}).setdefault(folded, []).append(account)
    return [
        {"key": key, "values": _values(key, values, texts)}
        for key, values in sorted(told.items(), key=lambda pair: pair[0] != DATE)
        if len(values) > 1
    ]


def _values(key: str, values: dict[str, list[Row]], texts: dict[tuple[str, str], str]) -> list[Row]:
    found = sorted(values.items(), key=lambda pair: -len(pair[1]))
    return [{"value": texts[key, folded], "accounts": who} for folded, who in found]
