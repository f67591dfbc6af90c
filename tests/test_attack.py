"""Attacks in short form; `make attack` runs the long one."""

from __future__ import annotations

import pytest

from tests.attack.__main__ import attacks
from tests.attack.report import SHORT, run_command

ATTACKS = attacks()


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_has_no_findings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    report = ATTACKS[name](SHORT)
    assert report.cases
    assert not report.findings, "\n".join(report.findings[:20])


def test_the_command_lists_all_attacks() -> None:
    listed = run_command(["-m", "tests.attack", "--list"])
    assert listed.output.split() == list(ATTACKS)
