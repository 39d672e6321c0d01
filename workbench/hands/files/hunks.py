"""Hunks of two texts: found within bounds, named by what they hold, and put into the old text some or all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

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
        return self.with_lines(lambda hunk, line: hunk in chosen)

    def with_lines(self, is_chosen: Callable[[int, int], bool]) -> str:
        """The old text with some of the lines that differ, each by the place of its hunk and its own in the hunk, from 1."""
        made: list[str] = []
        place = 0
        for number, group in enumerate(self.groups):
            at = 1
            for tag, old_from, old_to, new_from, new_to in group:
                old, new = self.old[old_from:old_to], self.new[new_from:new_to]
                if tag != "equal":
                    goes = [is_chosen(number, line) for line in range(at, at + len(old))]
                    at += _length(old)
                    comes = [line for place, line in enumerate(new, at) if is_chosen(number, place)]
                    made += [*self.old[place:old_from], *_replaced(old, goes, comes)]
                    place = old_to
                at += _length(new)
        return _joined([*made, *self.old[place:]])

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


def _length(lines: Sequence[str]) -> int:
    """How many lines of a hunk these are, with the one that says that the last has no end."""
    return len(lines) + (bool(lines) and not lines[-1].endswith("\n"))


def _replaced(old: Sequence[str], goes: Sequence[bool], comes: Sequence[str]) -> Iterator[str]:
    """Old lines of which some go: what comes takes their places one by one, the last of them the rest; else it stands behind."""
    left, still_go = list(comes), sum(goes)
    for line, is_gone in zip(old, goes, strict=True):
        if not is_gone:
            yield line
            continue
        still_go -= 1
        number = 1 if still_go else len(left)
        yield from left[:number]
        del left[:number]
    yield from left


def _joined(lines: Sequence[str]) -> str:
    """A text of these lines; one that was the last of its file, and is not the last of this one, gets an end as the next has it."""
    ended = [line if line.endswith("\n") else f"{line}{_end_of(after)}" for line, after in pairwise(lines)]
    return "".join([*ended, *lines[-1:]])


def _end_of(line: str) -> str:
    return "\r\n" if line.endswith("\r\n") else "\n"


def _range(begin: int, end: int) -> tuple[int, int]:
    """Start and length as diff counts: from 1, and the line before where there is none."""
    length = end - begin
    return begin + (1 if length else 0), length


def _name(path: str, lines: Sequence[str], same: int) -> str:
    content = "\n".join([path, str(same), *lines])
    return hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()[:ID_LENGTH]
