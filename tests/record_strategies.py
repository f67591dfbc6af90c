"""Strategies for the fields of every subject."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from chronology.model import fields as model_fields
from chronology.model import records

ids = st.from_regex(model_fields.ID_PATTERN, fullmatch=True).filter(lambda text: len(text) <= 80)
keys = st.from_regex(model_fields.KEY_PATTERN, fullmatch=True).filter(lambda text: len(text) <= 40)
lines = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30)
dates = st.sampled_from(["1944-10-14", "1944-10", "[1944-10-13,1944-10-14]", "1944-09/..", "1944"])
event_dates = st.one_of(dates, st.sampled_from(["-0043-03-15", "1900-02-29", "T+118:07:34"]))
written = {"calendar": st.just("julian"), "as_written": lines}
names = st.lists(st.fixed_dictionaries({"name": lines}, optional={"language": lines}), max_size=2)
cited = {"source": ids, "at": lines}
statements = st.lists(
    st.fixed_dictionaries({**cited, "says": lines}, optional={"date": dates, "as_written": lines}),
    max_size=2,
)
urls = st.sampled_from(["https://example.org/a", "http://example.org/?b=c"])
files = st.sampled_from([f"{digit * 64}.png" for digit in "0f"])
media = st.lists(
    st.fixed_dictionaries(
        {"file": files}, optional={"caption": lines, "credit": lines, "source": ids}
    )
    | st.fixed_dictionaries({"url": urls}, optional={"alt": lines, "licence": lines}),
    min_size=1,
    max_size=2,
)
links = st.lists(
    st.fixed_dictionaries({"url": urls}, optional={"label": lines}), min_size=1, max_size=2
)
related = st.lists(
    st.fixed_dictionaries(
        {"event": ids, "as": st.sampled_from(["part-of", "follows", "same-as-in:https://e.org"])}
    ),
    min_size=1,
    max_size=2,
)
geometries = st.sampled_from(
    [
        {"type": "Point", "coordinates": [20.5, 44.8]},
        {"type": "MultiLineString", "coordinates": [[[179.0, -16.5], [180.0, -16.0]]]},
    ]
)
attached = {"links": links, "media": media}
catalogued = {"names": names, "note": lines, "statements": statements}
span = {
    **dict.fromkeys(("from", "until"), dates),
    **dict.fromkeys(("from_as_written", "until_as_written", "basis"), lines),
}


def fields(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


DATA = {
    "source": fields(
        {"name": lines},
        {
            "title": lines,
            "published": dates,
            "published_as_written": lines,
            "cites": st.lists(lines, max_size=2),
            **catalogued,
        },
    ),
    "place": fields(
        {"name": lines},
        {
            "latitude": st.floats(-90, 90),
            "longitude": st.floats(-180, 180),
            "radius_km": st.floats(0.1, 20_000),
            "within": ids,
            "ids": st.dictionaries(keys, lines, max_size=2),
            **catalogued,
            **attached,
            "geometry": geometries,
        },
    ),
    "person": fields(
        {"name": lines},
        {
            **dict.fromkeys(("born", "died"), dates),
            "died_as_written": lines,
            "side": ids,
            **catalogued,
            **attached,
        },
    ),
    "formation": fields(
        {"name": lines, "level": ids, "side": ids},
        {
            "attached": st.lists(
                fields({"to": ids, **cited}, {**span, "part": st.booleans()}), max_size=2
            ),
            "commanders": st.lists(fields({"person": ids, **cited}, span), max_size=2),
            **catalogued,
        },
    ),
    "event": fields(
        {"date": event_dates, "title": lines, "kind": ids},
        {
            **written,
            "sequence": st.integers(1, 9_999),
            "summary": lines,
            "basis": lines,
            "places": st.lists(
                fields({"place": ids}, {"role": st.sampled_from(records.ROLES)}), max_size=3
            ),
            "formations": st.lists(ids, max_size=3),
            "people": st.lists(ids, max_size=3),
            **attached,
            "related": related,
            "geometry": geometries,
            "latitude": st.floats(-90, 90),
            "longitude": st.floats(-180, 180),
        },
    ),
    "account": fields(
        {"event": ids, "source": ids, "at": st.lists(lines, min_size=1, max_size=2)},
        {
            "stance": st.sampled_from(records.STANCES),
            "by": lines,
            "said": dates,
            "said_as_written": lines,
            "date": event_dates,
            **written,
            "basis": lines,
            "says": lines,
            "claims": st.dictionaries(keys, lines, max_size=3),
            **attached,
        },
    ),
}
loadable = st.sampled_from(sorted(DATA)).flatmap(
    lambda subject: st.tuples(st.just(subject), DATA[subject])
)
