"""Events as batches write them, with their accounts below, read at once where all is right.

Whatever is refused here is read field by field, which says what is wrong with it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from chronology.records import Account, Event, is_id, load, widen

Named = tuple[str, Any]
"""An id and the fields beside it; that of an account may be empty."""


def whole(raw: dict[str, Any]) -> tuple[Named, list[Named]] | None:
    """An event and its accounts; None of what may be wrong."""
    fields = widen("event", raw)
    name, accounts = fields.pop("event"), fields.pop("accounts", [])
    if not is_id(name) or not isinstance(accounts, list):
        return None
    found = []
    try:
        event = load(Event, fields)
        for account in accounts:
            if not isinstance(account, dict) or "event" in account:
                return None
            fields = widen("account", account)
            own = fields.pop("id", "")
            if own != "" and not is_id(own):
                return None
            fields["event"] = name
            found.append((own, load(Account, fields)))
    except msgspec.ValidationError:
        return None
    return (name, event), found
