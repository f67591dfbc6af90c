"""Mutants drawn by a seed.

Every place of the code has a rank, the digest of the seed and of its own text, and the places of
lowest rank are drawn. So an edit elsewhere changes nothing in the draw, and a larger sample
contains the smaller one.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff
from functools import cached_property
from itertools import islice
from pathlib import Path

from tests.mutants.operators import Change, changes


@dataclass(frozen=True)
class Mutant:
    """A module with one change; `path` is relative to the root of the repository."""

    path: str
    source: str
    change: Change

    @property
    def line(self) -> int:
        return self.change.start[0]

    @cached_property
    def mutated(self) -> str:
        return self.change.apply(self.source)

    @cached_property
    def lines(self) -> tuple[str, str]:
        """The lines before and after the change, without indentation."""
        diff = list(unified_diff(self.source.splitlines(), self.mutated.splitlines(), n=0))[2:]
        before = " ".join(line[1:].strip() for line in diff if line[0] == "-")
        after = " ".join(line[1:].strip() for line in diff if line[0] == "+")
        return before, after

    @cached_property
    def key(self) -> str:
        """Identify the change in this version of the module."""
        text = f"{self.path}\0{self.source}\0{self.mutated}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def modules(root: Path, folder: str) -> list[Path]:
    return sorted((root / "chronology" / folder).rglob("*.py"))


def draw(
    root: Path, folders: Iterable[str], count: int, seed: int, cosmic_ray: bool = True
) -> list[Mutant]:
    """Draw so many places of the folders, and one change of each."""
    ranked: list[tuple[str, Mutant]] = []
    for path in sorted({path for folder in folders for path in modules(root, folder)}):
        source, name = path.read_text("utf-8"), path.relative_to(root).as_posix()
        for place, alternatives in _places(source, changes(source, cosmic_ray)).items():
            rank = _digest(seed, name, *place)
            change = min(
                alternatives,
                key=lambda one: _digest(rank, one.operator, one.number - alternatives[0].number),
            )
            ranked.append((rank, Mutant(name, source, change)))
    ordered = (mutant for _, mutant in sorted(ranked, key=lambda pair: pair[0]))
    return list(islice((mutant for mutant in ordered if _compiles(mutant)), count))


def _compiles(mutant: Mutant) -> bool:
    """Tell whether the change gives a module; Cosmic Ray's operators fail on some syntax."""
    try:
        ast.parse(mutant.mutated)
    except (AttributeError, SyntaxError):
        return False
    return mutant.mutated != mutant.source


def _places(source: str, listed: list[Change]) -> dict[tuple[object, ...], list[Change]]:
    """Group changes by their place: the text of the line, its occurrence and the column."""
    lines = source.splitlines()
    seen: Counter[str] = Counter()
    occurrences = []
    for line in lines:
        occurrences.append(seen[line])
        seen[line] += 1
    places: dict[tuple[object, ...], list[Change]] = defaultdict(list)
    for change in listed:
        row, column = change.start[0] - 1, change.start[1]
        places[lines[row], occurrences[row], column].append(change)
    return places


def _digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()
