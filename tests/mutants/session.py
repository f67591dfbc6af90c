"""One session of pytest that collects tests once, and runs some of them in forks."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.mutants.copy import Copy
from tests.mutants.forked import PYTEST, enter

FAILED = 1


class Session:
    """The collected tests by their name, and the way to run them."""

    def __init__(self, session: pytest.Session) -> None:
        self.session = session
        self.items = {item.nodeid: item for item in session.items}

    def run(self, tests: Iterable[str], before: Callable[[pytest.Item], bool]) -> None:
        """Run tests in this order, until `before` refuses one."""
        items = [self.items[name] for name in tests if name in self.items]
        for item, following in zip(items, [*items[1:], None], strict=True):
            if not before(item):
                break
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)

    def run_timed(self, tests: Mapping[str, float], record: Path) -> int:
        """Run tests until one fails or takes too long, and record the one that runs."""

        def start(item: pytest.Item) -> bool:
            if self.session.testsfailed:
                return False
            record.write_text(item.nodeid, "utf-8")
            # The signal ends this process even within a library.
            signal.setitimer(signal.ITIMER_PROF, 2 + 10 * tests[item.nodeid])
            return True

        self.run(tests, start)
        return FAILED if self.session.testsfailed else 0


class Work:
    """A plugin of pytest that does a piece of work with the tests, in place of running them."""

    def __init__(self, work: Callable[[Session], int], plugins: tuple[object, ...] = ()) -> None:
        self.work, self.plugins = work, plugins
        self.status = 0

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Any:
        self.status = self.work(Session(session))
        return True


def collect(copy: Copy, files: Iterable[str], work: Callable[[Session], int], *options: str) -> int:
    """Collect the tests of files in this process, and do work with them.

    Returns the status of the work, or pytest's own if the tests could not be collected.
    """
    enter(copy)
    plugin = Work(work)
    temporary = f"--basetemp={copy.temporary}/pytest"
    status = pytest.main([*PYTEST, temporary, *options, *files], plugins=[plugin])
    return plugin.status or int(status)
