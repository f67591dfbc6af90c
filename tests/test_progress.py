"""Progress on a terminal: how many, how fast, since when and how long still."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from chronology.cli.progress import Bar, share_of, share_read, shown


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_bar_shows_count_rate_time_and_the_time_left(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    bar = Bar("Folding", share_of(4_000), clock)
    bar.start()
    clock.now += 2
    bar.step(1_000)
    assert "Folding: 1,000 (500/s), 0:02, 25%, 0:06 left" in capsys.readouterr().err
    clock.now += 3_600
    bar.step(3_000)
    assert "Folding: 4,000 (1/s), 1:00:02, 100%, 0:00 left" in capsys.readouterr().err


@pytest.mark.parametrize("share", [None, lambda done: None, lambda done: 0.0, lambda done: 1.5])
def test_the_time_left_is_not_shown_if_unknown(
    clock: Clock, share: Callable[[int], float | None] | None
) -> None:
    bar = Bar("Copying", share, clock, done=7)
    bar.start()
    clock.now += 1
    assert bar.text() == "Copying: 7 (7/s), 0:01"


def test_the_share_of_a_file_is_what_was_read_of_it() -> None:
    stream = io.BytesIO(b"x" * 200)
    share = share_read(stream)
    assert share is not None
    assert share(0) == 0
    stream.read(50)
    assert share(0) == 0.25
    assert stream.tell() == 50


def test_a_pipe_has_no_end_to_be_near() -> None:
    class Pipe(io.BytesIO):
        def tell(self) -> int:
            raise OSError("Illegal seek")

    assert share_read(Pipe()) is None


def test_bars_that_follow_one_another_stand_on_lines_of_their_own(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with shown([Bar("One", None, clock), Bar("Two", None, clock)]) as (one, two):
        one(1)
        one(1)
        two(1)
    lines = capsys.readouterr().err.split("\n")
    assert [line.split("\r")[-1].partition(":")[0] for line in lines] == ["One", "Two", ""]


def test_nothing_is_shown_of_what_makes_no_step(capsys: pytest.CaptureFixture[str]) -> None:
    with shown([Bar("One")]):
        pass
    assert capsys.readouterr().err == ""
