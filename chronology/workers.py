"""A second process that works ahead of this one, where there is enough to do.

It is a fresh interpreter that gets pickled tasks through a pipe and answers through another: so it
inherits no open file, runs nobody's main program, and ends when this process does.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import chain, islice
from typing import Any, TypeVar

from chronology.errors import ChronologyError

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 3
"""So many tasks are under way at once, so that memory stays bounded."""


def ahead(
    make: Callable[[], Callable[[T], R]], tasks: Iterable[T], alone: int | None = 0
) -> Iterator[R]:
    """What the function that `make` returns gives for each task, in their order.

    After the first tasks, `alone` of them, another process computes the results ahead; with None
    there is no other. `make`, tasks and results are pickled, and `make` is called there once more.
    """
    source = iter(tasks)
    yield from map(make(), islice(source, alone))
    more = list(islice(source, 1))
    process = _start(make) if more else None
    if process is None:
        yield from map(make(), chain(more, source))
        return
    # The thread does nothing but wait for the pipes.
    with closing(process), ThreadPoolExecutor(1) as thread:
        try:
            rest = map(pickle.dumps, chain(more, source))
            waiting = deque(thread.submit(process.ask, task) for task in islice(rest, AHEAD))
            while waiting:
                failed, result = pickle.loads(waiting.popleft().result())
                waiting.extend(thread.submit(process.ask, task) for task in islice(rest, 1))
                if failed:
                    raise result
                yield result
        finally:
            process.process.kill()  # The thread may be waiting for it.


class _Other:
    """The other process, which answers one message after another."""

    def __init__(self, make: Callable[[], Any]) -> None:
        path = f"import sys; sys.path[:] = {sys.path!r}"
        code = f"{path}; from chronology.workers import serve; serve()"
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe)
        self.make = pickle.dumps(make)

    def ask(self, task: bytes) -> bytes:
        try:
            if self.make:
                _send(self.process.stdin, self.make)
                self.make = b""
            _send(self.process.stdin, task)
            answer = _receive(self.process.stdout)
        except OSError:
            answer = b""
        if not answer:
            raise ChronologyError("the process that worked ahead has ended; try again")
        return answer

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()


def _start(make: Callable[[], Any]) -> _Other | None:
    try:
        return _Other(make)
    except OSError:
        return None


def serve() -> None:
    """Answers tasks until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The first process ends this one.
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    gc.set_threshold(100_000, 50, 100)
    function = pickle.loads(_receive(source))()
    while task := _receive(source):
        try:
            answer = pickle.dumps((False, function(pickle.loads(task))))
        except Exception as error:
            answer = pickle.dumps((True, error))
        with suppress(BrokenPipeError):
            _send(target, answer)


def _send(pipe: Any, message: bytes) -> None:
    pipe.write(len(message).to_bytes(8, "big"))
    pipe.write(message)
    pipe.flush()


def _receive(pipe: Any) -> bytes:
    """The next message; empty at the end."""
    message: bytes = pipe.read(int.from_bytes(pipe.read(8), "big"))
    return message
