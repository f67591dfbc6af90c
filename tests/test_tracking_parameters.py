"""A link that was shared elsewhere opens without the parameters that were added there."""

from __future__ import annotations

import httpx
import pytest

ADDED = ("utm_source=x", "UTM_Medium=mail", "fbclid=IwAR", "gclid=3", "msclkid=", "mc_eid=1&_ga=2")


@pytest.mark.parametrize("added", ADDED)
@pytest.mark.parametrize(
    ("address", "query"),
    [
        ("/", ""),
        ("/", "_place=nis"),
        ("/timeline/events", "kind=capture&_sort=date"),
        ("/timeline/events.json", ""),
        ("/timeline/events/nis-taken", "_as_of=20"),
        ("/-/chronology/disagreements", ""),
    ],
)
def test_a_redirect_drops_tracking_parameters_and_keeps_the_others(
    small: httpx.Client, address: str, query: str, added: str
) -> None:
    clean = f"{address}?{query}" if query else address
    answer = small.get(f"{address}?{query}&{added}" if query else f"{address}?{added}")

    assert answer.status_code == 302
    assert answer.headers["location"] == clean


def test_a_redirect_leads_to_no_other_site(small: httpx.Client) -> None:
    location = small.get("http://127.0.0.1:8001//example.org/?fbclid=1").headers["location"]

    assert location == "/example.org/"


def test_names_that_only_begin_alike_are_kept(small: httpx.Client) -> None:
    assert small.get("/timeline/events?gclids=1").status_code == 400
    assert small.get("/timeline/events?_place=nis&_search=fbclid").status_code == 200
