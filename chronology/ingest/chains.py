"""Chains of superiors and of places within each other: their lengths, and what is in a circle."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping

from chronology.projections.catalogue import Catalogue, split_stream


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


def find_circles(
    starts: Iterable[str], parents: Callable[[str], Iterable[str]]
) -> Iterator[list[str]]:
    """Circles that can be reached from some names, in time O(names and parents) to the first.

    At least one is found for every circle's names.
    """
    finished: set[str] = set()
    for start in starts:
        path = {} if start in finished else {start: iter(parents(start))}
        while path:
            name, above = next(reversed(path.items()))
            parent = next(above, None)
            if parent is None:
                finished.add(name)
                del path[name]
            elif parent in path:
                names = list(path)
                yield names[names.index(parent) :]
            elif parent not in finished:
                path[parent] = iter(parents(parent))


def _look_up(parents: Mapping[str, Iterable[str]]) -> Callable[[str], Iterable[str]]:
    """The parents of a name; none of an unknown one."""
    return lambda name: parents.get(name, ())


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
            lines_by_name = {split_stream(stream)[1]: line for stream, line in changed}
            unmeasured = [n for n in lines_by_name if n in parents and n not in measured]
            for circle in find_circles(unmeasured, _look_up(parents)):
                for number, name in enumerate(circle):
                    if line := lines_by_name.get(name):
                        names = [*circle[number:], *circle[:number], name]
                        yield line, *_fault_of_circle(subject, names)


def _fault_of_circle(subject: str, names: list[str]) -> tuple[str, str]:
    """The description and the remedy of a circle that begins and ends with a name."""
    stream = f"{subject}/{names[0]}"
    if subject == "place":
        return f"{stream} lies within itself", "correct one of the fields 'within'"
    path = " → ".join(names)
    return f"{stream}: the attachments form a cycle: {path}", "correct one of the attachments"
