"""Hunks of two texts: found within bounds, named by what they hold, and put into the old text some or all."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from workbench.contracts.files import Hunk
from workbench.hands.files.matching import Step, groups
from workbench.text.lines import whole_lines_of

CONTEXT = 3
NO_NEWLINE = "\\ No newline at end of file"
ID_LENGTH = 12


@dataclass(frozen=True)
class Compared:
    """Two texts by their lines, and the hunks in which they differ."""

    old: Sequence[str]
    new: Sequence[str]
    groups: Sequence[Sequence[Step]]

    def printed(self) -> Iterator[str]:
        """The hunks as a unified diff has them."""
        for group in self.groups:
            yield self._head(group)
            yield from self._lines(group)

    def hunks(self, path: str) -> list[Hunk]:
        """The hunks of a file with this path; of two that hold the same, the second has another name."""
        found: list[Hunk] = []
        for group in self.groups:
            first, last = group[0], group[-1]
            lines = tuple(self._lines(group))
            same = sum(known.lines == lines for known in found)
            old_start, old_lines = _range(first[1], last[2])
            new_start, new_lines = _range(first[3], last[4])
            found.append(Hunk(_name(path, lines, same), old_start, old_lines, new_start, new_lines, lines))
        return found

    def with_hunks(self, chosen: Collection[int]) -> str:
        """The old text with some of the hunks, by their places; with all of them it is the new text."""
        made: list[str] = []
        place = 0
        for number, group in enumerate(self.groups):
            if number not in chosen:
                continue
            for tag, old_from, old_to, new_from, new_to in group:
                if tag != "equal":
                    made += self.old[place:old_from]
                    made += self.new[new_from:new_to]
                    place = old_to
        return "".join([*made, *self.old[place:]])

    def _head(self, group: Sequence[Step]) -> str:
        ranges = _range(group[0][1], group[-1][2]), _range(group[0][3], group[-1][4])
        return "@@ -{},{} +{},{} @@".format(*ranges[0], *ranges[1])

    def _lines(self, group: Sequence[Step]) -> Iterator[str]:
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from _signed(" ", self.old[old_from:old_to])
            else:
                yield from _signed("-", self.old[old_from:old_to])
                yield from _signed("+", self.new[new_from:new_to])


def compared(old_text: str, new_text: str) -> Compared:
    """Equal lines at both ends are cut off first, but for their context: only the middle is matched."""
    old, new = whole_lines_of(old_text), whole_lines_of(new_text)
    start, shorter = 0, min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    start, end = max(0, start - CONTEXT), max(0, end - CONTEXT)
    found = groups(old[start : len(old) - end], new[start : len(new) - end], CONTEXT)
    return Compared(old, new, [[_moved(step, start) for step in group] for group in found])


def _moved(step: Step, lines: int) -> Step:
    tag, *places = step
    old_from, old_to, new_from, new_to = (place + lines for place in places)
    return tag, old_from, old_to, new_from, new_to


def _signed(sign: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"{sign}{line.removesuffix(chr(10))}"
        if not line.endswith("\n"):
            yield NO_NEWLINE


def _range(begin: int, end: int) -> tuple[int, int]:
    """Start and length as diff counts: from 1, and the line before where there is none."""
    length = end - begin
    return begin + (1 if length else 0), length


def _name(path: str, lines: Sequence[str], same: int) -> str:
    content = "\n".join([path, str(same), *lines])
    return hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()[:ID_LENGTH]
