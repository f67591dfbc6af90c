"""In which encodings a client takes an answer."""

from __future__ import annotations

import re

_REFUSED = re.compile(r";\s*q=0(\.0*)?\s*$")


def accepts_gzip(given: str) -> bool:
    """Whether an Accept-Encoding takes gzip (RFC 9110, 12.5.3)."""
    return any(
        coding.strip().startswith("gzip") and not _REFUSED.search(coding)
        for coding in given.split(",")
    )
