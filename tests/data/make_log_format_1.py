"""Makes `log-format-1.db`: `python tests/data/make_log_format_1.py FILE`.

The committed file was made once, when that format was current, and is never made again: it
stands for every file of that format. A later format gets a script and a file of its own.
"""

from __future__ import annotations

import io
import sys
from contextlib import closing
from pathlib import Path

from chronology.batches.batch_reader import read_batch
from chronology.ingest.pipeline import ingest
from chronology.store import log
from chronology.store.database import connect

BATCHES = (
    """\
format: 1
batch: start
recorded: 2026-01-01T00:00:00Z
note: Every subject once
records:
- chronology: test
  title: A test
  window: 1944-09-01/1944-11-30
  kinds: {capture: A place changes hands, death: A death}
  sides: {soviet: Soviet}
  levels: {front: Fronts, army: Armies}
  dimensions: {fronts: front, armies: army}
- {source: one, name: First source, published: 1985~, url: "https://example.org/a"}
- {source: two, name: Second source}
- {place: nis, name: Niš, latitude: "43.3211", longitude: "21.8958",
   names: [{name: Ниш, language: sr, use: period}]}
- {person: tolbukhin, name: Fyodor Tolbukhin, side: soviet}
- {formation: f3, name: 3rd Ukrainian Front, level: front, side: soviet}
- {formation: a57, name: 57th Army, level: army, side: soviet,
   attached: [{to: f3, source: one, at: "1"}],
   commanders: [{person: tolbukhin, source: one, at: "2", from: 1944-09}]}
- event: nis-taken
  date: "[1944-10-13,1944-10-14]"
  title: Niš is taken
  kind: capture
  places: [nis]
  formations: [a57]
  accounts:
  - {source: one, at: "¶1", date: 1944-10-13, says: The town falls., claims: {tanks: "160"}}
  - {source: two, at: ["¶2", "¶3"], date: 1944-10-14, stance: asserts, claims: {tanks: "500+"}}
- {event: nis-seized, date: 1944-10-14, title: Niš is seized, kind: capture,
   accounts: [{source: two, at: "¶9", stance: plans}]}
""",
    """\
format: 1
batch: second-reading
recorded: 2026-02-01T00:00:00Z
records:
- {correct: event/nis-taken, set: {basis: Both days are given}, because: It was not said}
- {retract: event/nis-seized, into: nis-taken, because: The same occurrence}
""",
)


def main(path: Path) -> None:
    with closing(connect(path, write=True)) as db:
        for text in BATCHES:
            ingest(db, read_batch(io.BytesIO(text.encode()), "batch.yml", "yml"))
        db.execute("PRAGMA page_size = 512")
        db.execute("VACUUM")
        print("{0.position}:{0.digest}".format(log.head(db)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
