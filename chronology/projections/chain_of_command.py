"""Chains of command: the formations that a formation belonged to on the dates of an event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chronology.model.edtf import Date
from chronology.model.records import Attachment, Command
from chronology.projections.catalogue import Catalogue


def may_hold(tie: Attachment | Command, date: Date) -> bool:
    """Whether a tie is possible on a date; unknown ends exclude nothing."""
    start = tie.since.earliest if tie.since else None
    end = tie.until.latest if tie.until else None
    return any(
        (start is None or last is None or start <= last)
        and (end is None or first is None or first <= end)
        for first, last in date.spans
    )


def chain_of_command(catalogue: Catalogue, formation: str, date: Date | None) -> list[str]:
    """A formation and all its superiors, from the bottom up, each once.

    The chain is that of a date; without a date it holds all superiors ever. Attachments of a part
    of a formation do not count.
    """
    chain: list[str] = []
    queue = [formation]
    while queue:
        current = queue.pop(0)
        if current in chain or current not in catalogue.formations:
            continue
        chain.append(current)
        attached = catalogue.formations[current].attached
        queue += [a.to for a in attached if not a.part and (date is None or may_hold(a, date))]
    return chain


def is_constant(catalogue: Catalogue, formation: str) -> bool:
    """Whether a formation has the same chain of command on every date."""
    formations = catalogue.formations
    chain = chain_of_command(catalogue, formation, None)
    ties = [tie for name in chain for tie in formations[name].attached if not tie.part]
    return not any(tie.since or tie.until for tie in ties)


def names_by_level(catalogue: Catalogue, chains: Iterable[Sequence[str]]) -> dict[str, list[str]]:
    """The names of all formations on the chains by level, sorted."""
    levels: dict[str, set[str]] = {}
    for name in {name for chain in chains for name in chain}:
        fields = catalogue.formations[name]
        levels.setdefault(fields.level, set()).add(fields.name)
    return {level: sorted(names) for level, names in levels.items()}
