"""Which lines of two texts belong together, at a bounded cost whatever they hold."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

MOST_LINES_MATCHED: Final = 3000
"""Matching is quadratic at worst: more lines than these are first cut at lines that stand once in both texts."""

Step = tuple[str, int, int, int, int]
"""What becomes of some lines, and where they are in the old text and in the new one: as difflib's opcodes."""


def groups(old: Sequence[str], new: Sequence[str], context: int, most: int = MOST_LINES_MATCHED) -> list[list[Step]]:
    """The steps from one text to the other in groups, with so many equal lines around each."""
    if old == new:
        return []
    if max(len(old), len(new)) <= most:
        return [list(group) for group in SequenceMatcher(None, old, new).get_grouped_opcodes(context)]
    return list(_grouped(list(_joined(_cut_steps(old, new, most))), context))


def _grouped(steps: Sequence[Step], context: int) -> Iterator[list[Step]]:
    """As difflib groups its own."""
    group: list[Step] = []
    for tag, *places in steps:
        old_from, old_to, new_from, new_to = places
        length = old_to - old_from
        if tag != "equal" or (group and length <= 2 * context):
            group.append((tag, old_from, old_to, new_from, new_to))
        else:
            if group:
                yield [*group, (tag, old_from, old_from + context, new_from, new_from + context)]
            kept = min(context, length)
            group = [(tag, old_to - kept, old_to, new_to - kept, new_to)]
    if any(tag != "equal" for tag, *_ in group):
        tag, old_from, old_to, new_from, new_to = group[-1]
        if tag == "equal":
            kept = min(context, old_to - old_from)
            group[-1] = tag, old_from, old_from + kept, new_from, new_from + kept
        yield group


def _cut_steps(old: Sequence[str], new: Sequence[str], most: int) -> Iterator[Step]:
    """Steps of long texts: from each line that stands once in both to the next. What is too long between two is replaced whole."""
    old_from = new_from = 0
    for old_to, new_to in [*_anchors(old, new), (len(old), len(new))]:
        before, after = old[old_from:old_to], new[new_from:new_to]
        if max(len(before), len(after)) > most:
            yield (
                "replace" if before and after else "delete" if before else "insert",
                old_from,
                old_to,
                new_from,
                new_to,
            )
        else:
            for tag, *places in SequenceMatcher(None, before, after).get_opcodes():
                first, last, begin, end = places
                yield tag, old_from + first, old_from + last, new_from + begin, new_from + end
        if old_to < len(old):
            yield "equal", old_to, old_to + 1, new_to, new_to + 1
        old_from, new_from = old_to + 1, new_to + 1


def _joined(steps: Iterator[Step]) -> Iterator[Step]:
    """Equal lines after equal lines are one step."""
    known: Step | None = None
    for step in steps:
        if known is not None and known[0] == step[0] == "equal":
            known = "equal", known[1], step[2], known[3], step[4]
            continue
        if known is not None:
            yield known
        known = step
    if known is not None:
        yield known


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Lines that stand once in both texts, as many of them as are in the same order."""
    in_old, in_new = Counter(old), Counter(new)
    where = {line: place for place, line in enumerate(new) if in_new[line] == 1}
    pairs = [(place, where[line]) for place, line in enumerate(old) if in_old[line] == 1 and line in where]
    ends: list[int] = []
    """Of the rows of each length, the last place in the new text that is lowest."""
    last: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [number]
        before.append(last[length - 1] if length else -1)
    found: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]
