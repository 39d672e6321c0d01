"""What became of lines that were brought into a file: found again by those around them, in whatever the file says now. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from workbench.contracts.files import Hunk

AROUND: Final = 3
"""So many lines above and below tell where brought lines stand; the nearest one of them alone has to be there."""
LONGEST_RUN: Final = 400
LONGEST_PART: Final = 12
"""More lines than these at once are a rewrite, which says nothing of any one of them."""
_FORM: Final = re.compile(r"[\s,;()'\"`\\]+")
"""What a formatter puts in and takes out."""


@dataclass(frozen=True)
class Brought:
    """Lines that were brought into a file in one piece, with those around them; none above is the file's beginning, none below its end."""

    above: tuple[str, ...]
    lines: tuple[str, ...]
    below: tuple[str, ...]
    old: tuple[str, ...] = ()
    """What stood there before."""


def brought(hunk: Hunk) -> Iterator[Brought]:
    """The runs of new lines in a hunk; what only removes brings nothing."""
    lines = [line for line in hunk.lines if line[:1] in (" ", "+", "-")]
    place = 0
    while place < len(lines):
        end = place
        while end < len(lines) and lines[end][0] != " ":
            end += 1
        new = tuple(line[1:] for line in lines[place:end] if line[0] == "+")
        if new and len(new) <= LONGEST_RUN:
            old = tuple(line[1:] for line in lines[place:end] if line[0] == "-")
            above = tuple(line[1:] for line in lines[:place] if line[0] != "-")[-AROUND:]
            below = tuple(line[1:] for line in lines[end:] if line[0] != "-")[:AROUND]
            yield Brought(above, new, below, old)
        place = max(end, place + 1)


def changed(one: Brought, text: str) -> list[tuple[str, str]]:
    """What stands in the place of brought lines now, pair by pair; the second is empty where they were taken out.

    Nothing where they stand, where their place is not found, where they only have another form, or where what was there before is back.
    """
    now = text.splitlines()
    region = _region(one, now)
    if region is None or region in (one.lines, one.old) or _form(region) == _form(one.lines):
        return []
    found = []
    for tag, start, end, begin, until in SequenceMatcher(None, one.lines, region, autojunk=False).get_opcodes():
        before, after = one.lines[start:end], region[begin:until]
        is_other = tag in ("replace", "delete") and _form(before) not in ("", _form(after))
        if is_other and max(len(before), len(after)) <= LONGEST_PART:
            found.append(("\n".join(before), "\n".join(after)))
    return found


def stands(one: Brought, text: str) -> bool:
    """Whether the lines are there, in their place."""
    return _region(one, text.splitlines()) == one.lines


def _region(one: Brought, now: Sequence[str]) -> tuple[str, ...] | None:
    """The lines between those above and those below."""
    for around in range(AROUND, 0, -1):
        starts = _places(one.above[-around:], now) if one.above else [0]
        if len(starts) != 1:
            continue
        start = starts[0] + len(one.above[-around:])
        ends = [place for place in _places(one.below[:around], now) if place >= start] if one.below else [len(now)]
        if ends and ends[0] - start <= 2 * LONGEST_RUN:
            return tuple(now[start : ends[0]])
    return None


def _places(lines: Sequence[str], now: Sequence[str]) -> list[int]:
    return [
        place for place in range(len(now) - len(lines) + 1) if tuple(now[place : place + len(lines)]) == tuple(lines)
    ]


def _form(lines: Sequence[str]) -> str:
    return _FORM.sub("", "".join(lines))
