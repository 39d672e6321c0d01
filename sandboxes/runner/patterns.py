"""Glob patterns as shells and editors have them: `**` for any folders, `{a,b}`, `[a-z]`, `[!a]`."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator

MOST_ALTERNATIVES = 1000


class BadPattern(ValueError):
    """A pattern that cannot be read; the words say where."""


def alternatives(pattern: str) -> list[str]:
    """The pattern without braces, once for each of their combinations.

    Raises:
        BadPattern: they are too many.
    """
    found: list[str] = []
    for one in _expanded(pattern):
        if one not in found:
            found.append(one)
        if len(found) > MOST_ALTERNATIVES:
            raise BadPattern(f"its braces stand for more than {MOST_ALTERNATIVES:,} patterns")
    return found


def _expanded(pattern: str) -> Iterator[str]:
    braces = _first_braces(pattern)
    if braces is None:
        yield pattern
        return
    start, end, parts = braces
    for part in parts:
        yield from _expanded(pattern[:start] + part + pattern[end:])


def _first_braces(pattern: str) -> tuple[int, int, list[str]] | None:
    """The first pair with a comma; other braces are characters like any."""
    for start, sign in enumerate(pattern):
        if sign != "{" or _is_escaped(pattern, start):
            continue
        depth, cuts = 0, [start]
        for at in range(start, len(pattern)):
            if _is_escaped(pattern, at):
                continue
            depth += (pattern[at] == "{") - (pattern[at] == "}")
            if pattern[at] == "," and depth == 1:
                cuts.append(at)
            if depth == 0:
                if len(cuts) > 1:
                    cuts.append(at)
                    return start, at + 1, [pattern[cuts[n] + 1 : cuts[n + 1]] for n in range(len(cuts) - 1)]
                break
    return None


def _is_escaped(pattern: str, at: int) -> bool:
    before = len(pattern[:at]) - len(pattern[:at].rstrip("\\"))
    return before % 2 == 1


def has_signs(segment: str) -> bool:
    """Whether the name of a file is not simply this one."""
    return any(sign in segment for sign in "*?[\\")


def expression(segment: str) -> re.Pattern[str]:
    """What the names of one folder's entries have to match.

    Raises:
        BadPattern: a class that is not closed.
    """
    parts, at = [], 0
    while at < len(segment):
        sign = segment[at]
        if sign == "\\" and at + 1 < len(segment):
            at += 1
            parts.append(f"[{segment[at]}]" if segment[at] in "*?[" else segment[at])
        elif sign == "[":
            end = _class_end(segment, at)
            parts.append(f"[!{segment[at + 2 : end]}]" if segment[at + 1] in "!^" else segment[at : end + 1])
            at = end
        else:
            parts.append(sign)
        at += 1
    return re.compile(fnmatch.translate("".join(parts)))


def _class_end(segment: str, at: int) -> int:
    first = at + 1 + (segment[at + 1 : at + 2] in ("!", "^"))
    end = segment.find("]", first + 1)
    if end < 0:
        raise BadPattern(f"'[' at character {at + 1} of {segment!r} has no ']'; a bracket itself is written \\[")
    return end
