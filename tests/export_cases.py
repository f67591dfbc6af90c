"""An event, an edition and the text of an export, for the tests of the formats."""

from __future__ import annotations

from chronology.export.edition import Account, Counts, Edition, Event, Place, Source
from chronology.export.formats import FORMATS
from chronology.model.edtf import parse
from chronology.timeline.as_of import ReadPoint

SOURCE = Source("one", "First source", "An author", "https://example.org/one")
NIS = Place("nis", "Niš", "at", 43.3211, 21.8958)
SERBIA = Place("serbia", "Serbia", "near", None, None)
EVENT = Event(
    id="nis-taken",
    title="Niš is taken",
    summary="The town falls.",
    kind="capture",
    status="asserted",
    date=parse("1944-10-14"),
    as_written=None,
    elapsed=None,
    basis=None,
    levels={"fronts": ["3rd Ukrainian Front"], "armies": []},
    formations=["68th Rifle Corps"],
    people=["Fyodor Tolbukhin"],
    places=[NIS, SERBIA],
    latitude=43.3211,
    longitude=21.8958,
    accounts=[
        Account("nis-taken-one-1", SOURCE, "¶1", "asserts", parse("1944-10-14"), "It falls.")
    ],
    disputed=["date"],
    recorded_at="2026-01-02T00:00:00Z",
)
PAGE = "https://example.org/timeline/events"


def edition(extension: str, counts: Counts) -> Edition:
    return Edition(
        title="A test",
        summary="What it is about.",
        identity="f" * 64,
        name="events?_place=nis",
        state=ReadPoint(12, "a" * 64, "2026-01-02T00:00:00Z"),
        licence="CC BY 4.0",
        licence_url="https://creativecommons.org/licenses/by/4.0/",
        address=f"{PAGE}.{extension}?_place=nis",
        permalink=f"{PAGE}.{extension}?_place=nis&_as_of=12",
        page=f"{PAGE}?_place=nis",
        events=PAGE,
        counts=counts,
    )


def exported(extension: str, *events: Event) -> str:
    """The events in a format, put together as the service does."""
    form = FORMATS[extension]
    opened = sum(1 for event in events if not (event.date.earliest and event.date.latest))
    unplaced = sum(1 for event in events if event.latitude is None)
    shown_edition = edition(extension, Counts(len(events), opened, unplaced))
    items = form.between.join(form.writer.item(shown_edition, event) for event in events)
    return form.writer.head(shown_edition) + items + form.writer.foot(shown_edition)


def dated(*texts: str) -> list[Event]:
    return [EVENT._replace(id=f"e-{n}", date=parse(text)) for n, text in enumerate(texts)]
