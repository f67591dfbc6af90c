"""Properties of reading: any file gives a batch or is refused."""

from __future__ import annotations

import io
import json
from typing import Any

from batch_texts import AS_CSV, AS_JSONL, AS_YAML, COLUMNS, CSV_HEADER, HEADER, JSON_HEADER
from hypothesis import example, given
from hypothesis import strategies as st

from chronology.batches.batch_reader import read_batch
from chronology.model.errors import BatchRefused, Fault


@given(st.text())
def test_any_fault_is_shown_on_one_line(what: str) -> None:
    assert str(Fault("a", 1, what, "b")).isprintable()


def _read_whole(content: bytes, form: str) -> None:
    """Reads a file whole; only `BatchRefused` may come of it."""
    try:
        batch = read_batch(io.BytesIO(content), "b", form, CSV_HEADER)
        assert all(item.data for item in batch.items)
        found = batch.faults
    except BatchRefused as error:
        found = error.faults
    assert all(fault.line > 0 and str(fault).isprintable() for fault in found)


FORM = st.sampled_from(["yml", "jsonl", "csv"])


@given(st.binary(), FORM)
def test_any_bytes_are_a_batch_or_refused(content: bytes, form: str) -> None:
    _read_whole(content, form)


@given(st.text(), FORM)
def test_any_text_after_a_header_is_a_batch_or_refused(text: str, form: str) -> None:
    starts = {"yml": f"{HEADER}records:\n- ", "jsonl": JSON_HEADER, "csv": COLUMNS}
    _read_whole((starts[form] + text).encode(errors="surrogatepass"), form)


FIELDS = st.sampled_from(
    [
        *("event", "source", "place", "person", "formation", "account", "chronology", "correct"),
        *("retract", "set", "unset", "into", "because", "accounts", "date", "title", "kind"),
        *("places", "names", "name", "at", "claims", "levels", "kinds", "dimensions", "attached"),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["a", "event/a", "1944", "x" * 90]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(FIELDS, VALUES, max_size=6), max_size=4), st.booleans())
@example([{"correct": "event/a", "unset": [["title"]], "because": "b"}], True)
@example([{"event": "a", "date": [[[[]]]], "accounts": [{"id": {}}]}], True)
def test_any_structure_is_a_batch_or_refused(records: list[Any], as_json: bool) -> None:
    if as_json:
        _read_whole((JSON_HEADER + "\n".join(map(json.dumps, records))).encode(), "jsonl")
    else:
        _read_whole(f"{HEADER}records: {json.dumps(records)}".encode(), "yml")


@given(st.data(), st.sampled_from([(AS_YAML, "yml"), (AS_JSONL, "jsonl"), (AS_CSV, "csv")]))
def test_a_good_file_with_any_bytes_inserted_is_a_batch_or_refused(
    draw: st.DataObject, file: tuple[str, str]
) -> None:
    content = file[0].encode()
    start = draw.draw(st.integers(0, len(content)))
    end = draw.draw(st.integers(start, min(len(content), start + 8)))
    _read_whole(content[:start] + draw.draw(st.binary(max_size=6)) + content[end:], file[1])
