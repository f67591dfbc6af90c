"""The order of battle: which formations a formation belonged to on the dates of an event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chronology.model.edtf import Date
from chronology.model.records import Attachment, Command
from chronology.projections.catalogue import Catalogue


def holds(tie: Attachment | Command, date: Date) -> bool:
    """Whether a tie is not certainly excluded on a date; unknown ends exclude nothing."""
    start = tie.since.earliest if tie.since else None
    end = tie.until.latest if tie.until else None
    return any(
        (start is None or last is None or start <= last)
        and (end is None or first is None or first <= end)
        for first, last in date.spans
    )


def chain(catalogue: Catalogue, formation: str, date: Date | None) -> list[str]:
    """A formation and all its superiors on a date, or ever, from the bottom up, each once.

    Every surviving chain is walked; an attachment of a part only is not.
    """
    found: list[str] = []
    ahead = [formation]
    while ahead:
        current = ahead.pop(0)
        if current in found or current not in catalogue.formations:
            continue
        found.append(current)
        attached = catalogue.formations[current].attached
        ahead += [a.to for a in attached if not a.part and (date is None or holds(a, date))]
    return found


def lasts(catalogue: Catalogue, formation: str) -> bool:
    """Whether a formation has the same chain on every date."""
    known = catalogue.formations
    above = [name for name in chain(catalogue, formation, None) if name in known]
    ties = [tie for name in above for tie in known[name].attached if not tie.part]
    return not any(tie.since or tie.until for tie in ties)


def find_cycle(catalogue: Catalogue, formation: str) -> list[str] | None:
    """A chain of attachments that leads back to the formation, whatever their dates."""
    paths = [[formation]]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        if path[-1] not in catalogue.formations or path[-1] in seen:
            continue
        seen.add(path[-1])
        for attachment in catalogue.formations[path[-1]].attached:
            if attachment.to == formation:
                return [*path, formation]
            paths.append([*path, attachment.to])
    return None


def at_levels(catalogue: Catalogue, chains: Iterable[Sequence[str]]) -> dict[str, list[str]]:
    """For each level, the names of all formations on the chains, sorted."""
    levels: dict[str, set[str]] = {}
    for name in {name for chain in chains for name in chain}:
        fields = catalogue.formations[name]
        levels.setdefault(fields.level, set()).add(fields.name)
    return {level: sorted(names) for level, names in levels.items()}
