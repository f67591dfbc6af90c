"""Ingesting limits what it keeps in memory: a larger batch is refused with a clear fault."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable

import pytest
from conftest import Timeline
from small_chronology import EVENTS, START

from chronology import projections
from chronology.batches import log_reader, source_text, yaml_reader
from chronology.batches.batch_reader import read_batch
from chronology.batches.log_reader import read_records
from chronology.ingest import bounds
from chronology.ingest.bounds import MemoryBounds
from chronology.ingest.pipeline import ingest
from chronology.model import records as records_module
from chronology.model.errors import BatchRefused
from chronology.projections import projector
from chronology.store import log
from chronology.store.database import transaction

Make = Callable[..., Timeline]
HEADER = "format: 1\nbatch: x\nrecorded: 2026-02-01T00:00:00Z\n"


def corrections(count: int) -> str:
    record = "- {{correct: event/nis-taken, set: {{title: T {n}}}, because: So.}}\n"
    return "".join(record.format(n=n) for n in range(count))


def places(count: int) -> str:
    return "".join(f"- {{place: p{n}, name: P {n}, note: '{'x' * 100}'}}\n" for n in range(count))


def named_places(count: int) -> str:
    """Short records of many texts, which take much more memory than their data."""
    names = ", ".join(f"{{name: n{n}}}" for n in range(10))
    return "".join(f"- {{place: p{n}, name: P {n}, names: [{names}]}}\n" for n in range(count))


def unknown(count: int) -> str:
    places = ", ".join(f"p{n}" for n in range(count))
    event = "event: e, date: 1944-10-14, title: E, kind: battle"
    return f"- {{{event}, places: [{places}]}}\n"


def accounts(count: int) -> str:
    account = "- {{account: a{n}, event: nis-taken, source: one, at: '1'}}\n"
    return "".join(account.format(n=n) for n in range(count))


def reasons(count: int) -> str:
    record = "- {{correct: event/nis-taken, set: {{title: T {n}}}, because: {reason}}}\n"
    return "".join(record.format(n=n, reason="x" * 1_000) for n in range(count))


def renamings(count: int) -> str:
    """Each is given as a reason to both events at Niš."""
    record = "- {{correct: place/nis, set: {{name: N {n}}}, because: {reason}}}\n"
    return "".join(record.format(n=n, reason="x" * 1_000) for n in range(count))


def moves(count: int) -> str:
    """An event with accounts is retracted again and again, each time into the next one."""
    event = "- {{event: m{n}, date: 1944-10-14, title: E, kind: battle}}\n"
    move = "- {{retract: event/m{n}, into: m{next}, because: So.}}\n"
    accounts = "".join(
        f"- {{account: moved-{n}, event: m0, source: one, at: '1'}}\n" for n in range(5)
    )
    events = "".join(event.format(n=n) for n in range(count + 1))
    return events + accounts + "".join(move.format(n=n, next=n + 1) for n in range(count))


def members(count: int) -> str:
    some = "".join(f"- {{person: n{n}, name: N {n}}}\n" for n in range(count))
    names = ", ".join(f"n{n}" for n in range(count))
    event = "event: e, date: 1944-10-14, title: E, kind: battle"
    return f"{some}- {{{event}, people: [{names}]}}\n"


@pytest.mark.parametrize(
    ("limits", "records", "most", "fault"),
    [
        ({"changes": 5}, corrections, 5, "more than 5 changes"),
        ({"subjects": 20}, places, 10, "more sources, places, people and formations than 20"),
        ({"subjects_bytes": 20_000}, places, 20, "more sources, places, people and formations"),
        ({"subjects_bytes": 20_000}, named_places, 5, "formations than 200,000 records, 0 MiB in"),
        ({"reasons_bytes": 5_000}, reasons, 5, "the batch has more than 0 MiB of reasons"),
        ({"corrected_bytes": 2_000}, corrections, 5, "corrects more than 0 MiB of data"),
        ({"changes": 15}, moves, 2, "more than 15 changes and moved accounts"),
        (
            {"copied_bytes": 5_000, "copy_bytes": 0},
            renamings,
            2,
            "0 MiB of reasons to the events that it changes",
        ),
        ({"members": 5}, members, 5, "names 20 places, formations and people; name 5 at most"),
        ({"accounts_bytes": 9_000, "account_bytes": 800}, accounts, 8, "nis-taken has more than"),
    ],
)
def test_a_batch_has_bounds(
    make_timeline: Make,
    monkeypatch: pytest.MonkeyPatch,
    limits: dict[str, int],
    records: Callable[[int], str],
    most: int,
    fault: str,
) -> None:
    monkeypatch.setattr(bounds, "MEMORY", MemoryBounds(**limits))
    make_timeline(START, EVENTS).batch("most", records(most))
    with pytest.raises(BatchRefused, match=fault):
        make_timeline(START, EVENTS).batch("more", records(4 * most))


def test_accounts_of_earlier_batches_count(
    make_timeline: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MEMORY", MemoryBounds(accounts_bytes=9_000, account_bytes=800))
    timeline = make_timeline(START, EVENTS)
    timeline.batch("most", accounts(8))
    more = accounts(12).partition("\n- {account: a8,")[2]
    with pytest.raises(BatchRefused, match="nis-taken has more than"):
        timeline.batch("more", "- {account: a8," + more)


def test_references_to_later_records_have_a_bound(
    make_timeline: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MEMORY", MemoryBounds(unknown=100))
    make_timeline(START).batch("most", unknown(40) + places(40))
    with pytest.raises(BatchRefused, match="too many references to records that come later"):
        make_timeline(START).batch("more", unknown(200) + places(200))


def test_known_references_make_room_for_others(
    make_timeline: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MEMORY", MemoryBounds(unknown=100))
    again = unknown(60).replace("event: e,", "event: again,").replace("p", "q")
    again = again.replace("qlaces", "places")
    later = places(60).replace("place: p", "place: q").replace("name: P", "name: Q")
    make_timeline(START).batch("both", unknown(60) + places(60) + again + later)


def test_a_record_has_a_bound_of_texts(
    make_timeline: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a file and from a peer, whose record is refused before it is decoded."""
    source = make_timeline(START, EVENTS)
    few, many = (", ".join(f"c{n}: '1'" for n in range(count)) for count in (10, 40))
    account = "- {{account: {}, event: nis-taken, source: one, at: '1', claims: {{{}}}}}\n"
    source.batch("claims", account.format("a", few) + account.format("b", many))
    monkeypatch.setattr(records_module, "MAX_RECORD_TEXTS", 50)
    with pytest.raises(BatchRefused, match="texts and names of fields; split it"):
        make_timeline(START, EVENTS).batch("claims", account.format("b", many))

    entries = [entry for entry in log.read(source.db) if entry.batch == "claims"]
    batch = read_records(((e.position, log.as_record(e)) for e in entries), "peer")
    monkeypatch.setattr(log_reader, "check_json", refuse_large)
    assert [item.id for item in batch.items] == ["a"]
    assert [str(fault) for fault in batch.faults] == [
        f"peer:{entries[-1].position}: account/b: the record has more than 200,000 texts and names"
        " of fields; the peer must split it"
    ]


def refuse_large(kind: object, action: str, data: str) -> None:
    assert len(data) < 400


def test_a_fault_quotes_the_start_of_a_long_value(make_timeline: Make) -> None:
    with pytest.raises(BatchRefused) as refused:
        make_timeline(START).batch("x", f"- {{place: {'x' * 500_000}, name: X}}")
    assert len(str(refused.value)) < 2_000


def test_a_file_of_yaml_has_a_bound_of_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_reader, "MAX_VALUES", 100)
    text = HEADER + "records:\n" + places(30)
    with pytest.raises(BatchRefused, match=r"x\.yml:\d+: the file has more than 100 values"):
        read_batch(io.BytesIO(text.encode()), "x.yml", "yml")


def test_a_row_of_many_lines_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_text, "MAX_LINE_BYTES", 100)
    header = {"format": "1", "batch": "x", "recorded": "2026-02-01T00:00:00Z"}
    rows = "id,date,title,kind\n" + 'a,1944,T,"battle\n"\n' * 20
    batch = read_batch(io.BytesIO(rows.encode()), "x.csv", "csv", header)
    assert len(list(batch.items)) == 20

    long = "id,date,title,kind\n" + '"a\n",' * 40 + "\n"
    batch = read_batch(io.BytesIO(long.encode()), "x.csv", "csv", header)
    with pytest.raises(BatchRefused, match=r"x\.csv:\d+: the row is longer than 1 MiB"):
        list(batch.items)


def test_rows_do_not_depend_on_the_size_of_chunks(
    make_timeline: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accounts of an event that are too many for one chunk are added to it afterwards."""
    nested = "".join(f"  - {{source: one, at: '{n}', claims: {{n: {n}}}}}\n" for n in range(30))
    event = "- event: e\n  date: 1944-10-14\n  title: E\n  kind: battle\n  accounts:\n"
    records = event + nested + accounts(10)
    tables = [
        *("events", "history", "accounts", "claims", "event_links", "event_values"),
        *("facet_values", "event_spans", "former_accounts"),
    ]

    def content(timeline: Timeline) -> list[object]:
        timeline.batch("many", records)
        return [timeline.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]

    expected = content(make_timeline(START, EVENTS))
    for name, value in (("CHUNK", 4), ("CHUNK_BYTES", 300)):
        monkeypatch.setattr(projector, name, value)
        assert content(make_timeline(START, EVENTS)) == expected


@pytest.mark.slow
def test_accounts_of_any_number_are_folded_in_chunks(make_timeline: Make) -> None:
    """The accounts after an event of another batch take the memory of a chunk, not of all."""
    timeline = make_timeline(START, EVENTS)
    events = "".join(
        f"- {{event: e{n}, date: 1944-10-14, title: E, kind: battle}}\n" for n in range(30)
    )
    timeline.batch("more-events", events)
    claims = ", ".join(f"c{n}: 1" for n in range(2_000))
    records = "".join(
        f"- {{account: a{n}, event: e{n % 30}, source: one, at: '1', claims: {{{claims}}}}}\n"
        for n in range(120)
    )
    timeline.batch("accounts", records)
    tracemalloc.start()
    try:
        with transaction(timeline.db):
            projections.rebuild(timeline.db)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000


def test_a_batch_that_is_ingested_is_compared_in_little_memory(make_timeline: Make) -> None:
    note = "x" * 1_000
    lines = [json.dumps({"format": 1, "batch": "x", "recorded": "2026-02-01T00:00:00Z"})]
    lines += [
        json.dumps(
            {"event": f"e{n}", "date": "1944", "title": "E", "kind": "battle", "basis": note}
        )
        for n in range(3_000)
    ]
    text = "\n".join(lines)
    timeline = make_timeline(START)
    timeline.ingest(text, "jsonl")
    stream = io.BytesIO(text.encode())
    tracemalloc.start()
    try:
        assert ingest(timeline.db, read_batch(stream, "x.jsonl", "jsonl")).records == 0
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_500_000


def claims(count: int) -> dict[str, str]:
    return {f"c{n}": "1" for n in range(count)}


def many(records: Callable[[int], list[object]], count: int) -> str:
    """A batch in JSON Lines of so many groups of records."""
    header = {"format": 1, "batch": "many", "recorded": "2026-02-01T00:00:00Z"}
    lines = [header, *(one for n in range(count) for one in records(n))]
    return "\n".join(map(json.dumps, lines))


EVENT = {"date": "1944-10-14", "title": "E", "kind": "battle"}
ACCOUNT = {"source": "one", "at": "1"}


def corrected_accounts(n: int) -> list[object]:
    event = {"event": f"e{n}", **EVENT, "accounts": [{**ACCOUNT, "claims": claims(4_000)}]}
    change = {"set": {"stance": "denies"}, "because": "So."}
    return [event, {"correct": f"account/e{n}-one-1", **change}]


def corrected_events(n: int) -> list[object]:
    distinct = [{"event": "nis-taken", "because": "x"}] * 2_000
    change = {"set": {"title": "F"}, "because": "So."}
    return [{"event": f"e{n}", **EVENT, "distinct": distinct}, {"correct": f"event/e{n}", **change}]


def corrections_of_one(n: int) -> list[object]:
    if n == 0:
        return [{"account": "a", "event": "nis-taken", **ACCOUNT}]
    change = {"set": {"claims": {**claims(4_000), "c0": str(n)}}, "because": "So."}
    return [{"correct": "account/a", **change}]


@pytest.mark.parametrize("records", [corrected_accounts, corrected_events, corrections_of_one])
def test_changes_of_large_records_are_folded_in_bounded_memory(
    make_timeline: Make, records: Callable[[int], list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice as many of them take no more memory."""
    monkeypatch.setattr(projector, "CHUNK_BYTES", 1 << 16)
    peaks = []
    for count in (5, 10):
        timeline = make_timeline(START, EVENTS)
        timeline.ingest(many(records, count), "jsonl")
        tracemalloc.start()
        try:
            with transaction(timeline.db):
                projections.rebuild(timeline.db)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
