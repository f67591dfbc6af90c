"""The process that works ahead: the same results, in order, and no process left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from itertools import count, islice, takewhile
from pathlib import Path

import pytest

from chronology import workers
from chronology.errors import ChronologyError


def doubling():
    return partial(divmod, 100)


def exiting(first):
    """It ends the process, if that is not the first."""
    return lambda task: task if os.getpid() == first else os._exit(task)


def numbering():
    """One number after another, and which process gives them."""
    numbers = count()
    return lambda task: (task, next(numbers), os.getpid())


def counting(known):
    """How many are known, and which process knows."""
    return lambda task: (len(known), os.getpid())


def is_own(result):
    return result[1] == os.getpid()


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Waits for the other process, so that it is known which task is whose."""
    monkeypatch.setattr(workers, "MEANWHILE", 0)


@pytest.mark.parametrize("alone", [0, 1, 9, 10, 99])
def test_results_come_in_the_order_of_the_tasks(alone):
    assert list(workers.ahead(doubling, range(1, 11), alone)) == [
        divmod(100, n) for n in range(1, 11)
    ]


def test_only_what_is_more_than_enough_for_one_goes_to_another_process():
    found = list(workers.ahead(numbering, range(6), 4))
    assert [task for task, _, _ in found] == list(range(6))
    assert [process == os.getpid() for _, _, process in found] == [True] * 4 + [False] * 2
    assert [number for _, number, _ in found] == [0, 1, 2, 3, 0, 1]


def test_this_process_goes_on_while_the_other_starts(monkeypatch):
    """What it has come to hold by then, the other holds as well."""
    monkeypatch.setattr(workers, "MEANWHILE", 10_000)
    known = []
    found = workers.ahead(partial(counting, known), count())
    own = [known.append(held) or held for held, process in takewhile(is_own, found)]
    assert own == list(range(len(own)))
    assert own
    assert next(found)[0] == len(own)


def test_no_more_is_asked_than_a_few_tasks_ahead():
    taken = []
    tasks = (taken.append(n) or n + 1 for n in range(1_000))
    list(islice(workers.ahead(doubling, tasks), 3))
    assert len(taken) <= 3 + workers.AHEAD


def test_an_error_comes_in_its_place():
    found = workers.ahead(doubling, [1, 0, 2])
    assert next(found) == (100, 0)
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_a_process_that_ends_is_told_of():
    with pytest.raises(ChronologyError, match="has ended"):
        list(workers.ahead(partial(exiting, os.getpid()), count()))


def test_without_another_process_one_does_it_all(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert [process for _, _, process in workers.ahead(numbering, range(3))] == [os.getpid()] * 3


def test_the_other_process_ends_with_the_first():
    """However the first one ends: the pipe that it reads from is closed then."""
    path = [str(Path(__file__).parent), *sys.path]
    code = (
        f"import os, sys; sys.path[:] = {path!r}; import test_workers as t\n"
        "t.workers.MEANWHILE = 0\n"
        "found = t.workers.ahead(t.numbering, range(9)); print(next(found)[2] != os.getpid())\n"
        "sys.stdout.flush(); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    # Both have held the pipe that `run` read to its end.
    assert (done.stdout, done.stderr) == ("True\n", "")
