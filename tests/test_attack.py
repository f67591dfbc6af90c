"""Attacks in short form; `make attack` runs the long one.

The waits of another visitor are judged by `make attack` alone, since other tests run meanwhile.
"""

from __future__ import annotations

import pytest

from tests.attack.__main__ import attacks
from tests.attack.report import SHORT, run_command

ATTACKS = attacks()
SLOW = ("large_requests", "slow_clients", "hostile_peers", "large_batches")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in ATTACKS],
)
def test_an_attack_has_no_findings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    report = ATTACKS[name](SHORT)
    assert report.cases
    findings = [finding for finding in report.findings if "wait of another" not in finding]
    assert not findings, "\n".join(findings[:20])


@pytest.mark.slow
def test_the_command_lists_all_attacks() -> None:
    listed = run_command(["-m", "tests.attack", "--list"])
    assert listed.output.split() == list(ATTACKS)
