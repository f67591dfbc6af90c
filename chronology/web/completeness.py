"""Whether the response to the current request is complete."""

from __future__ import annotations

from contextvars import ContextVar


class ResponseCompleteness:
    """False once a count or a facet has timed out; the response is then not cached."""

    def __init__(self) -> None:
        self.complete = True


completeness: ContextVar[ResponseCompleteness | None] = ContextVar("completeness", default=None)
"""That of the request being answered."""


def query_timed_out() -> None:
    """Marks the current response as incomplete."""
    if (response := completeness.get()) is not None:
        response.complete = False
