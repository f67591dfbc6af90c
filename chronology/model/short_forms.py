"""Short forms of the batch format, such as `at: "¶1"` for a list of one locator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def expand_short_forms(subject: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields with the short forms of the format written out; invalid values stay unchanged."""
    expand = _EXPANSIONS.get(subject)
    return {**fields, **expand(fields)} if expand else fields


def _expand_event(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    places = fields.get("places")
    if not isinstance(places, list):
        return {}
    return {"places": [{"place": p} if isinstance(p, str) else p for p in places]}


def _expand_account(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    at, claims = fields.get("at"), fields.get("claims")
    expanded: dict[str, Any] = {"at": [at]} if isinstance(at, str) else {}
    if isinstance(claims, dict):
        expanded["claims"] = {key: _claim_text(value) for key, value in claims.items()}
    return expanded


def _expand_chronology(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    levels = fields.get("levels")
    if not isinstance(levels, dict):
        return {}
    return {"levels": [{"id": key, "description": text} for key, text in levels.items()]}


_EXPANSIONS = {"event": _expand_event, "account": _expand_account, "chronology": _expand_chronology}


def _claim_text(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value) if isinstance(value, int) else f"{value:.15g}"
    return value
