"""Errors of the package.

A fault in a batch is a value (`Fault`), so that all faults of a batch are reported together.
A failed operation raises an exception that derives from `ChronologyError`. The folder `cli` maps
exceptions to exit codes, and `web` maps them to HTTP statuses.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_SHOWN_LENGTH = 500
"""Longer descriptions of a fault are cut."""


def printable(text: str) -> str:
    """The text with unprintable characters escaped: some of them control a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class ChronologyError(Exception):
    """The base of every exception that this package raises on purpose."""


class DateError(ChronologyError):
    """A text that is not a date of the profile; `offset` counts characters from 0."""

    def __init__(self, text: str, offset: int, reason: str) -> None:
        self.text = text
        self.offset = offset
        self.reason = reason
        place = f" (at character {offset + 1})" if offset else ""
        super().__init__(f"{text!r} is not a date: {reason}{place}")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A fault in a batch: its file and line, its description and its remedy."""

    file: str
    line: int
    description: str
    remedy: str

    def __str__(self) -> str:
        """The fault on one line, with unprintable characters escaped."""
        description = self.description
        if len(description) > MAX_SHOWN_LENGTH:
            description = f"{description[:MAX_SHOWN_LENGTH]}…"
        text = f"{self.file}:{self.line}: {description}; {self.remedy}"
        return printable(text)


class BatchRefused(ChronologyError):
    """A batch has faults, and none of its records was appended.

    `stopped` is true if reading stopped at the limit of faults, so that there may be more.
    """

    def __init__(self, faults: list[Fault], *, stopped: bool = False) -> None:
        self.faults = sorted(faults)
        self.stopped = stopped
        super().__init__("\n".join(str(fault) for fault in self.faults))


class WrongExpectedVersion(ChronologyError):
    """Another writer appended to the stream first."""

    def __init__(self, stream: str, expected: object, actual: int) -> None:
        self.stream = stream
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"{stream} is at version {actual}, not at {expected}; read the stream again and retry"
        )


class RecordConflict(ChronologyError):
    """A `record_id` is in the log already, with different content."""

    def __init__(self, record_id: str, position: int) -> None:
        self.record_id = record_id
        self.position = position
        super().__init__(
            f"record {record_id} is in the log at position {position} with different"
            " content; records never change: append a correction under a new id"
        )


class CorruptLog(ChronologyError):
    """The stored log or its projections are damaged or were changed."""


class UnknownName(ChronologyError):
    """A filter is malformed, or names something that the chronology does not have."""
