"""The filters of a request to the home page."""

from __future__ import annotations

from datasette.utils.asgi import Request

from chronology.web.query.home_filters import home_request


def test_the_filters_of_a_request_can_be_narrowed_and_toggled() -> None:
    request = home_request(Request.fake("/?_day=1944-10-14&kind=battle&kind=capture&_size=9"))

    assert request.query == "_within=1944-10-14&kind=battle&kind=capture"
    assert request.values("kind") == ["battle", "capture"]
    assert request.without("_within").query == "kind=battle&kind=capture"
    assert request.only("_within").query == "_within=1944-10-14"
    assert request.toggled("kind", "battle") == "_within=1944-10-14&kind=capture"
    assert request.toggled("kind", "death") == f"{request.query}&kind=death"
