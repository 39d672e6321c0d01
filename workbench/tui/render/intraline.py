"""What differs within a line and the one that took its place, word by word, within bounds."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 500
ALIKE: Final = 0.4
"""Under this share of words in common, the one line is not the other one changed."""
_WORDS: Final = re.compile(r"\w+|\s+|.", re.S)

Spans = list[tuple[int, int]]


def differing(old: str, new: str) -> tuple[Spans, Spans]:
    """Which characters of either differ; none at all where the lines have little in common."""
    if old == new or max(len(old), len(new)) > LONGEST:
        return [], []
    # Late: only a diff that is looked at needs it.
    from difflib import SequenceMatcher

    before, after = _WORDS.findall(old), _WORDS.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < ALIKE:
        return [], []
    steps = [step for step in matcher.get_opcodes() if step[0] != "equal"]
    starts, others = _starts(before), _starts(after)
    return (
        [(starts[first], starts[last]) for _, first, last, _, _ in steps if first < last],
        [(others[first], others[last]) for _, _, _, first, last in steps if first < last],
    )


def _starts(words: list[str]) -> list[int]:
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    return starts
