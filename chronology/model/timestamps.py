"""Timestamps with a time zone, as in the headers of batches."""

from __future__ import annotations

import re
from datetime import datetime

import pendulum

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)", re.ASCII)


def is_timestamp(text: str) -> bool:
    """Whether a text is in the form of the log, as `parse_timestamp` returns it."""
    try:
        return len(text) == 20 and datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").year > 0
    except ValueError:
        return False


def parse_timestamp(text: str) -> str:
    """An ISO 8601 time with a zone, in UTC to the second; raises ValueError."""
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError(f"{text!r} is not a timestamp with a time zone")
    try:
        time = pendulum.parse(text)
        assert isinstance(time, pendulum.DateTime)
        return time.in_timezone("UTC").format("YYYY-MM-DDTHH:mm:ss[Z]")
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} does not exist in the calendar") from None
