"""Numbers without exponents, since not every reader of a format knows them.

Python writes 0.00001 as `1e-05`, SQLite as `1.0e-05` and msgspec 10^16 as `1e16`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_EXPONENT = re.compile(r"\d[eE][+-]?\d")
# A text of JSON, or a number with an exponent.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?[eE][+-]?\d+', re.DOTALL)


def plain_number(number: float) -> str:
    """A number in digits alone."""
    text = float.__repr__(number)
    return _in_digits(text) if "e" in text else text


class PlainFloat(float):
    """A number that is written in digits alone, also by the `csv` module."""

    __str__ = plain_number
    __repr__ = plain_number


def plain_value(value: Any) -> Any:
    """A value, of which a number is written in digits alone."""
    return PlainFloat(value) if isinstance(value, float) else value


def plain_json(text: str) -> str:
    """A JSON text with its numbers in digits alone."""
    if not _EXPONENT.search(text):
        return text
    return _TOKEN.sub(lambda match: _plain_token(match[0]), text)


def _plain_token(token: str) -> str:
    return token if token.startswith('"') else _in_digits(token)


def _in_digits(number: str) -> str:
    text = format(Decimal(number), "f")
    # So that it does not become an integer.
    return text if "." in text else f"{text}.0"
