"""Makes `tables-8.db`: `python tests/data/make_tables_8.py FILE`, with the code of that version.

The committed file has the tables as version 8 of the projections wrote them, the last that sorted
events by day. It is never made again.
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

BATCH = """\
format: 1
batch: start
recorded: 2026-01-01T00:00:00Z
records:
- chronology: test
  title: An outage
  window: 2023-08-25/2023-08-26
  kinds: {cause: A change, alarm: A report}
- {source: log, name: The log}
- {place: site, name: The site}
- {event: b-cause, date: 2023-08-25T21:14, title: The change takes effect, kind: cause,
   places: [site], accounts: [{source: log, at: "1", date: 2023-08-25T21:14}]}
- {event: a-alarm, date: 2023-08-25T21:20, title: The first alarm, kind: alarm,
   places: [site], accounts: [{source: log, at: "2"}]}
- {event: fix, date: "[2023-08-26,2023-08-28]", title: The fix, kind: cause,
   accounts: [{source: log, at: "3"}]}
"""


def main(path: Path) -> None:
    with closing(connect(path, write=True)) as db:
        ingest(db, read_batch(io.BytesIO(BATCH.encode()), "batch.yml", "yml"))
        db.execute("PRAGMA page_size = 512")
        db.execute("VACUUM")
        print("{0.position}:{0.digest}".format(log.head(db)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
