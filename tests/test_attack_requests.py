"""The attacks with requests, in their short form: no 5xx, and another visitor is answered.

Times are judged by `make attack` alone, since other tests run at the same time here.
"""

from __future__ import annotations

import pytest

from tests.attack import fuzzed_requests, large_requests, slow_clients
from tests.attack.report import Budget
from tests.attack.service import MEMORY_LIMIT_MB


@pytest.mark.parametrize("attack", [fuzzed_requests, large_requests, slow_clients])
def test_no_request_is_a_failure_of_the_server(attack: object) -> None:
    report = attack.run(Budget(cases=60, seconds=12))  # type: ignore[attr-defined]

    assert report.cases >= 5
    assert [
        finding for finding in report.findings if "wait of another visitor" not in finding
    ] == []
    assert report.peak_mb < MEMORY_LIMIT_MB
