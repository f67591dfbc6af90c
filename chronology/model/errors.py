"""Everything that can go wrong, by kind.

A fault in somebody's data is a value (`Fault`): faults are collected and shown together.
An operation that failed is an exception, and every one derives from `ChronologyError`.
Exit codes belong to `cli`, HTTP statuses to `web`.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 500
"""As much of a fault as is shown."""


class ChronologyError(Exception):
    """The base of every exception that this package raises on purpose."""


class DateError(ChronologyError):
    """A text that is no date of the profile; `offset` counts characters from 0."""

    def __init__(self, text: str, offset: int, reason: str) -> None:
        self.text = text
        self.offset = offset
        self.reason = reason
        super().__init__(f"{text!r} is no date: {reason} (at character {offset + 1})")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault in the data: where it stands, what it is and how to mend it."""

    file: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        """One line that a terminal can show, whatever the data holds."""
        what = self.what if len(self.what) <= LONGEST else f"{self.what[:LONGEST]}…"
        text = f"{self.file}:{self.line}: {what}; {self.remedy}"
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class BatchRefused(ChronologyError):
    """A batch has faults; nothing of it was appended.

    `stopped` says that reading stopped at so many faults: there may be more.
    """

    def __init__(self, faults: list[Fault], *, stopped: bool = False) -> None:
        self.faults = sorted(faults)
        self.stopped = stopped
        super().__init__("\n".join(str(fault) for fault in self.faults))


class WrongExpectedVersion(ChronologyError):
    """Somebody else appended first: the stream or the log is not where the writer thought."""

    def __init__(self, stream: str, expected: object, actual: int) -> None:
        self.stream = stream
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"{stream} is at version {actual}, not at {expected}; read it again and retry"
        )


class RecordConflict(ChronologyError):
    """A `record_id` that is in the log already, with other content."""

    def __init__(self, record_id: str, position: int) -> None:
        self.record_id = record_id
        self.position = position
        super().__init__(
            f"record {record_id} is in the log at position {position} with other content;"
            " records never change: append a correction under a new id"
        )


class CorruptLog(ChronologyError):
    """The stored log or its projections are not what they have to be."""


class UnknownName(ChronologyError):
    """A filter names something that the chronology does not hold, or is malformed."""
