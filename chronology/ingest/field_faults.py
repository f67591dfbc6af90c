"""Faults of single records that need no log: of what a chronology declares, and of events.

The declarations of a chronology are its dimensions and quantities.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chronology.model.fields import Name
from chronology.model.records import Event, Tag
from chronology.model.validation import FieldPath
from chronology.model.vocabulary import Chronology, FreeDimension
from chronology.projections import event_rows

CheckFault = tuple[FieldPath, str, str]
"""The path, the description and the remedy of a fault."""


def declaration_faults(fields: Chronology) -> Iterator[CheckFault]:
    """Dimensions of unknown levels, and names of columns that are taken."""
    for column, declared in fields.declared.items():
        path = ("dimensions", column)
        if isinstance(declared, FreeDimension):
            if column in fields.levels:
                yield path, f"{column!r} is also a level", "choose another name"
        elif declared not in fields.levels:
            remedy = "add it to the levels; for a dimension of tags, write {label: …}"
            yield path, f"{declared!r} is not a level", remedy
    for key, columns in (("dimensions", fields.declared), ("quantities", fields.quantities)):
        for column in columns:
            is_both = key == "quantities" and column in fields.declared
            if column in event_rows.RESERVED or is_both:
                yield (key, column), f"{column!r} is already a column", "choose another name"


def tag_faults(fields: Tag, chronology: Chronology, before: Tag | None) -> Iterator[CheckFault]:
    """A dimension that has no tags, or another one than before: events refer to it."""
    known = chronology.free_dimensions
    if fields.dimension not in known:
        description = f"{fields.dimension!r} is not a dimension of tags of the chronology"
        yield ("dimension",), description, _choices("dimensions", known)
    elif before is not None and before.dimension != fields.dimension:
        description = f"the dimension of a tag stays what it was, {before.dimension!r}"
        yield ("dimension",), description, "record another tag"


def event_faults(fields: Event, chronology: Chronology) -> Iterator[CheckFault]:
    """Tags and quantities that the chronology does not declare, and tags that are too many."""
    known = chronology.free_dimensions
    for dimension, tags in fields.tags.items():
        path: FieldPath = ("tags", dimension)
        if dimension not in known:
            description = f"{dimension!r} is not a dimension of tags of the chronology"
            yield path, description, _choices("dimensions", known)
        elif len(tags) > 1 and not known[dimension].many:
            description = f"{dimension!r} has one value, but {len(tags)} are given"
            yield path, description, "keep one, or declare the dimension with many: true"
        for index, tag in enumerate(tags):
            if tag in tags[:index]:
                yield (*path, index), f"tags: {tag!r} occurs twice", "keep one of them"
    for name in fields.quantities:
        if name not in chronology.quantities:
            description = f"{name!r} is not a quantity of the chronology"
            yield (
                ("quantities", name),
                description,
                _choices("quantities", chronology.layout.quantities),
            )


def repeat_faults(fields: Event) -> Iterator[CheckFault]:
    """A formation and a person may occur once, a place once in each role."""
    if max(len(fields.places), len(fields.formations), len(fields.people)) < 2:
        return
    members_by_field: dict[str, list[tuple[str, ...]]] = {
        "places": [(ref.place, ref.role) for ref in fields.places],
        "formations": [(formation,) for formation in fields.formations],
        "people": [(person,) for person in fields.people],
    }
    for key, members in members_by_field.items():
        seen: set[tuple[str, ...]] = set()
        for index, member in enumerate(members):
            if member in seen:
                yield (key, index), f"{key}: {member[0]!r} occurs twice", "keep one of them"
            seen.add(member)


def name_faults(names: Sequence[Name]) -> Iterator[CheckFault]:
    """Names that were certainly given up before they came into use."""
    for index, name in enumerate(names):
        first = name.since.earliest if name.since else None
        last = name.until.latest if name.until else None
        if first is not None and last is not None and last < first:
            path = ("names", index, "until")
            yield path, f"{name.until} is before {name.since}", "correct one of the two dates"


def _choices(key: str, known: Iterable[str]) -> str:
    names = ", ".join(known)
    return f"{key}: {names}" if names else f"declare it in the {key} of the chronology"
