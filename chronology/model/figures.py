"""Figures: the numbers and ranges in claims, such as `160`, `500+`, `~17000` and `15..20`."""

from __future__ import annotations

import re
from functools import lru_cache

_NUMBER = r"-?\d{1,15}(?:\.\d{1,6})?"
_FIGURE = re.compile(
    rf"(?P<about>~)?(?P<only>{_NUMBER})(?P<bound>[+-])?|(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})",
    re.ASCII,
)
_TOLERANCE = 0.1
"""The share by which an approximate figure (`~`) may be wrong either way."""


@lru_cache(maxsize=1 << 14)
def parse_figure(value: str) -> tuple[float | None, float | None] | None:
    """The least and the greatest number of a claim, or None if the claim is not a figure.

    An open side is None: `500+` is (500, None), `20-` is (None, 20), `15..20` is (15, 20).
    A descending range is not a figure.
    """
    match = _FIGURE.fullmatch(value)
    if match is None:
        return None
    if match["low"] is not None:
        low, high = float(match["low"]), float(match["high"])
        return (low, high) if low <= high else None
    number = float(match["only"])
    if match["about"] and match["bound"] is None:
        spread = abs(number) * _TOLERANCE
        return number - spread, number + spread
    if match["bound"] == "+":
        return number, None
    if match["bound"] == "-":
        return None, number
    return number, number
