"""Chains of superiors and of places within each other: their lengths, and what is in a circle."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from chronology.projections.catalogue import Catalogue, split_stream
from chronology.projections.chain_of_command import find_cycle


def lengths(parents: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """The length of the longest chain above each name, in time O(names and parents).

    Names in a circle or below one are left out, unknown parents do not count.
    """
    known = {name: {one for one in above if one in parents} for name, above in parents.items()}
    children: dict[str, list[str]] = {name: [] for name in known}
    for name, above in known.items():
        for parent in above:
            children[parent].append(name)
    missing = {name: len(above) for name, above in known.items()}
    ready = deque(name for name, count in missing.items() if not count)
    length = dict.fromkeys(ready, 0)
    while ready:
        parent = ready.popleft()
        for name in children[parent]:
            missing[name] -= 1
            if not missing[name]:
                length[name] = 1 + max(length[one] for one in known[name])
                ready.append(name)
    return length


def _superiors(catalogue: Catalogue) -> dict[str, list[str]]:
    """The direct superiors of each formation, on whatever date."""
    return {
        name: [attachment.to for attachment in fields.attached]
        for name, fields in catalogue.formations.items()
    }


def _surroundings(catalogue: Catalogue) -> dict[str, list[str]]:
    """The place that each place lies directly within, if any."""
    return {
        name: [fields.within] if fields.within else [] for name, fields in catalogue.places.items()
    }


_PARENTS = {"formation": _superiors, "place": _surroundings}


class Chains:
    """Checks the chains that a batch changes: no circles, and none longer than a limit.

    The length is that of superiors above each other, and of places around each other. A log that
    has longer chains already may keep them, but not make them longer still.
    """

    def __init__(self, catalogue: Catalogue, limit: int) -> None:
        self.catalogue = catalogue
        self.limit = limit
        self.longest: dict[str, int] = {}

    def note_change(self, subject: str) -> None:
        """Measures the chains of a subject before the first change."""
        if subject in _PARENTS and subject not in self.longest:
            measured = lengths(_PARENTS[subject](self.catalogue))
            self.longest[subject] = max(measured.values(), default=0)

    def find_faults(self, lines: Mapping[str, int]) -> Iterator[tuple[int, str, str]]:
        """The line, the description and the remedy of each fault; `lines` are those by stream."""
        for subject, before in self.longest.items():
            changed = [(s, line) for s, line in lines.items() if s.startswith(f"{subject}/")]
            parents = _PARENTS[subject](self.catalogue)
            measured = lengths(parents)
            deepest, length = max(measured.items(), key=lambda one: one[1], default=("", 0))
            if length > max(self.limit, before):
                description = f"{subject}/{deepest} is under {length} others above each other"
                yield changed[0][1], description, f"shorten the chain to {self.limit}"
            for stream, line in changed:
                name = split_stream(stream)[1]
                if name in parents and name not in measured:
                    yield from self._circle(subject, name, stream, line)

    def _circle(
        self, subject: str, name: str, stream: str, line: int
    ) -> Iterator[tuple[int, str, str]]:
        if subject == "formation" and (cycle := find_cycle(self.catalogue, name)):
            description = f"{stream}: the attachments form a cycle: {' → '.join(cycle)}"
            yield line, description, "correct one of the attachments"
        elif subject == "place":
            outermost = self.catalogue.ancestors(name)[-1]
            if self.catalogue.places[outermost].within == name:
                yield line, f"{stream} lies within itself", "correct one of the fields 'within'"
