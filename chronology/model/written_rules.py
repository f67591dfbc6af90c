"""How ambiguous texts of dates are read, and what reading them remarks on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Order: TypeAlias = Literal["us", "eu"]
"""Whether the month (`us`) or the day (`eu`) is first in `10/12/1944`."""


@dataclass
class Rules:
    """How ambiguous dates are read; `remarks` collects what was coarsened or doubtful.

    `century` is added to years of two digits, which are refused without it. `orders` is the order
    that numbers decide, if they do.
    """

    order: Order | None = None
    century: int | None = None
    remarks: list[str] = field(default_factory=list)
    orders: set[str] = field(default_factory=set)

    def note(self, remark: str) -> None:
        if remark not in self.remarks:
            self.remarks.append(remark)

    def take(self, tried: Rules) -> None:
        """Adds what another reading of a part of the text collected."""
        for remark in tried.remarks:
            self.note(remark)
        self.orders |= tried.orders


class Unread(ValueError):
    """A text is not a single date; the message is the reason, empty if no form fits."""
