"""Progress of a long command on a terminal: how far, how fast, and how long it will take."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import BinaryIO

import click

from chronology.batches import source_text

Step = Callable[[int], None]
Share = Callable[[int], float | None]
"""The share of the whole that a number done is, from 0 to 1; None if it is not known."""


@dataclass
class Bar:
    """A line of progress, printed again at each step."""

    label: str
    share: Share | None = None
    clock: Callable[[], float] = monotonic
    done: int = 0
    started: float | None = None

    def start(self) -> None:
        if self.started is None:
            self.started = self.clock()

    def step(self, count: int) -> None:
        self.start()
        self.done += count
        click.echo(f"\r{self.text()}\x1b[K", nl=False, err=True)

    def text(self) -> str:
        seconds = self.clock() - (self.clock() if self.started is None else self.started)
        rate = f" ({self.done / seconds:,.0f}/s)" if seconds else ""
        text = f"{self.label}: {self.done:,}{rate}, {_time(seconds)}"
        share = self.share(self.done) if self.share else None
        if share is None or not 0 < share <= 1:
            return text
        return f"{text}, {share:.0%}, {_time(seconds / share - seconds)} left"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def share_of(total: int) -> Share:
    """The share of a total that is done."""
    return lambda done: done / total if total else None


def share_read(stream: BinaryIO) -> Share | None:
    """The share of a file that was read; None for a stream of unknown length."""
    size = source_text.size(stream)
    if size is None:
        return None
    return lambda done: stream.tell() / size if size else None


@contextmanager
def shown(bars: list[Bar]) -> Iterator[list[Step]]:
    """The steps of bars that follow each other, each on its own line."""
    current: list[Bar] = []

    def steps(bar: Bar) -> Step:
        def step(count: int) -> None:
            if current and current[-1] is not bar:
                click.echo(err=True)
            if not current or current[-1] is not bar:
                current.append(bar)
            bar.step(count)

        return step

    if bars:
        bars[0].start()
    try:
        yield [steps(bar) for bar in bars]
    finally:
        if current:
            click.echo(err=True)


@contextmanager
def in_bulk() -> Iterator[None]:
    """Collect garbage rarely: millions of values are made, and few refer to each other."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
