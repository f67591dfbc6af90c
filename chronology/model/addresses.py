"""Web addresses: the one of a service, and secrets in any.

User information, query and fragment are masked wherever an address is shown: messages, errors and
logs show addresses only through this module.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

MASK = "***"
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://)(\S+)", re.IGNORECASE)


def service_address(public_url: str, base_url: str) -> str:
    """The address of a service without `base_url`, which its `public_url` may end with or not."""
    url = urlsplit(public_url)
    path = url.path.rstrip("/").removesuffix(base_url.rstrip("/"))
    return f"{url.scheme}://{url.netloc}{path}"


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
