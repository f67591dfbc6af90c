"""Ids from names in any script."""

from __future__ import annotations

import re

from anyascii import anyascii

MAX_LENGTH = 60
"""Ids have up to 80 characters; the rest is for a number that makes them unique."""
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def slug(text: str, otherwise: str = "unnamed", limit: int = MAX_LENGTH) -> str:
    """An id of small letters, digits and hyphens, cut between words."""
    ascii_text = anyascii(text).lower().replace("'", "")
    words = _NOT_SLUG.sub("-", ascii_text).strip("-")
    if len(words) > limit:
        cut = words[:limit].rpartition("-")[0]
        words = cut if len(cut) > limit // 2 else words[:limit].strip("-")
    return words or otherwise


def key_name(text: str, otherwise: str = "value") -> str:
    """The name of a column: small letters and digits with underscores, beginning with a letter."""
    words = slug(text, otherwise, 36).replace("-", "_")
    return words if words[0].isalpha() else f"{otherwise[0]}{words}"
