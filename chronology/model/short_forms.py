"""Short forms of the batch format, such as `at: "¶1"` for a list of one locator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def expand_short_forms(subject: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields with the short forms of the format written out; invalid values stay unchanged."""
    expand = _EXPANSIONS.get(subject)
    return {**fields, **_expand_lists(fields), **(expand(fields) if expand else {})}


def _expand_lists(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """An address in `links` and the name of a file in `media`, without further fields."""
    return {
        field: [{key: one} if isinstance(one, str) else one for one in fields[field]]
        for field, key in (("links", "url"), ("media", "file"))
        if isinstance(fields.get(field), list)
    }


def _expand_event(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    places, tags = fields.get("places"), fields.get("tags")
    expanded: dict[str, Any] = {}
    if isinstance(places, list):
        expanded["places"] = [{"place": p} if isinstance(p, str) else p for p in places]
    if isinstance(tags, dict):
        expanded["tags"] = {key: [t] if isinstance(t, str) else t for key, t in tags.items()}
    return expanded


def _expand_account(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    at, claims = fields.get("at"), fields.get("claims")
    expanded: dict[str, Any] = {"at": [at]} if isinstance(at, str) else {}
    if isinstance(claims, dict):
        expanded["claims"] = {key: _claim_text(value) for key, value in claims.items()}
    return expanded


def _expand_chronology(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    levels = fields.get("levels")
    expanded: dict[str, Any] = {}
    if isinstance(levels, dict):
        expanded["levels"] = [{"id": key, "description": text} for key, text in levels.items()]
    for key in ("dimensions", "quantities"):
        if isinstance(declared := fields.get(key), dict):
            expanded[key] = _in_order(declared, has_short_labels=key == "quantities")
    return expanded


def _in_order(declared: Mapping[str, Any], has_short_labels: bool) -> dict[str, Any]:
    """Declarations with their order, which canonical JSON would lose; levels have their own."""
    labelled = {
        key: {"label": value} if has_short_labels and isinstance(value, str) else value
        for key, value in declared.items()
    }
    return {
        key: {"order": number, **value} if isinstance(value, dict) else value
        for number, (key, value) in enumerate(labelled.items(), 1)
    }


_EXPANSIONS = {"event": _expand_event, "account": _expand_account, "chronology": _expand_chronology}


def _claim_text(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value) if isinstance(value, int) else f"{value:.15g}"
    return value
