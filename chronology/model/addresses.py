"""Secrets in web addresses: user information, query and fragment are masked wherever one is shown.

Messages, errors and logs show addresses only through this module.
"""

from __future__ import annotations

import re

MASK = "***"
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://)(\S+)", re.IGNORECASE)


def mask_secrets(text: str) -> str:
    """A text in which each web address keeps only its scheme, host, port and path."""
    return _ADDRESS.sub(lambda match: match[1] + _without_secrets(match[2]), text)


def shown_address(url: str) -> str:
    """One address for a message, without secrets."""
    return mask_secrets(re.sub(r"\s", "%20", url))


def _without_secrets(rest: str) -> str:
    """The part of an address after its scheme."""
    shown, mark, hidden = re.fullmatch(r"([^?#]*)([?#]?)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    if "@" in hidden and "/" not in shown:
        return MASK  # An unescaped mark in a password: where the host begins is not certain.
    user, at, host = shown.rpartition("@")
    return (MASK + at if user else "") + host + (mark + MASK if mark else "")
