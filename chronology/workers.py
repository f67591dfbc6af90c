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
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing, suppress
from io import BytesIO
from itertools import chain, islice
from typing import Any, TypeVar

from chronology.errors import ChronologyError

T = TypeVar("T")
R = TypeVar("R")

MEANWHILE = 64
"""So many tasks at most are done here while the other process starts; it takes some 0.3 s."""
READY = b"ready"
AHEAD = 16
"""So many tasks are under way at once, so that memory stays bounded."""


def ahead(
    make: Callable[[], Callable[[T], R]], tasks: Iterable[T], alone: int | None = 0
) -> Iterator[R]:
    """What the function that `make` returns gives for each task, in their order.

    After the first tasks, `alone` of them and those that are done while it starts, another process
    computes the results ahead; with None there is no other. `make`, tasks and results are pickled,
    and `make` is called there once more.
    """
    source, function = iter(tasks), make()
    yield from map(function, islice(source, alone))
    more = list(islice(source, 1))
    process = _Other.start() if more else None
    source = chain(more, source)
    if process is None:
        yield from map(function, source)
        return
    # The thread does nothing but wait for the pipes.
    with closing(process), ThreadPoolExecutor(1) as thread:
        try:
            started = thread.submit(process.ask, pickle.dumps(make))
            yield from _meanwhile(function, source, started)
            if more := list(islice(source, 1)):
                started.result()
                yield from _by_another(thread, process, make, chain(more, source))
        finally:
            process.process.kill()  # The thread may be waiting for it.


def _meanwhile(
    function: Callable[[T], R], tasks: Iterator[T], started: Future[bytes]
) -> Iterator[R]:
    for task in islice(tasks, MEANWHILE):
        yield function(task)
        if started.done():
            break


def _by_another(
    thread: Executor, process: _Other, make: Callable[[], Any], tasks: Iterable[Any]
) -> Iterator[Any]:
    def submit(message: bytes) -> Future[bytes]:
        return thread.submit(process.ask, message)

    submit(pickle.dumps(make)).result()  # Again: what it holds may have changed meanwhile.
    rest = map(pickle.dumps, tasks)
    waiting = deque(submit(task) for task in islice(rest, AHEAD))
    while waiting:
        failed, result = pickle.loads(waiting.popleft().result())
        waiting.extend(submit(task) for task in islice(rest, 1))
        if failed:
            raise result
        yield result


class _Other:
    """The other process, which answers one message after another.

    The first two are `make`: one to import what it needs, and one to be called.
    """

    def __init__(self) -> None:
        path = f"import sys; sys.path[:] = {sys.path!r}"
        code = f"{path}; from chronology.workers import serve; serve()"
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe)

    @classmethod
    def start(cls) -> _Other | None:
        """None where there can be no other process."""
        try:
            return cls()
        except OSError:
            return None

    def ask(self, message: bytes) -> bytes:
        try:
            _send(self.process.stdin, message)
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


def serve() -> None:
    """Answers tasks until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The first process ends this one.
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    gc.set_threshold(100_000, 50, 100)
    pickle.loads(_receive(source))
    _send(target, READY)
    function = pickle.loads(_receive(source))()
    _send(target, READY)
    answer = BytesIO()  # One for all: new memory for each takes as long as writing it.
    while task := _receive(source):
        _answer(function, task, answer)
        with suppress(BrokenPipeError), answer.getbuffer() as written:
            _send(target, written[: answer.tell()])


def _answer(function: Callable[[Any], Any], task: bytes, answer: BytesIO) -> None:
    """Writes whether a task failed, and its result or error, from the beginning of `answer`."""
    try:
        answer.seek(0)
        pickle.dump((False, function(pickle.loads(task))), answer)
    except Exception as error:
        answer.seek(0)
        pickle.dump((True, error), answer)


def _send(pipe: Any, message: bytes | memoryview) -> None:
    pipe.write(len(message).to_bytes(8, "big"))
    pipe.write(message)
    pipe.flush()


def _receive(pipe: Any) -> bytes:
    """The next message; empty at the end."""
    message: bytes = pipe.read(int.from_bytes(pipe.read(8), "big"))
    return message
