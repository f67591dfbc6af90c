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
        },
    ),
    "person": fields(
        {"name": lines},
        {"side": ids, "born": dates, "died": dates, "died_as_written": lines, **catalogued},
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
        },
    ),
}
loadable = st.sampled_from(sorted(DATA)).flatmap(
    lambda subject: st.tuples(st.just(subject), DATA[subject])
)
