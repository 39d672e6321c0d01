"""When two sentences say the same, the opposite, or something newer of the same subject. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from workbench.memory.reading.sentences import Sentence, same_word

ALIKE: Final = 0.5
"""How much two sentences share, of pairs of letters and of words, when they are said to be about the same."""
NEAR: Final = 0.45
SAME: Final = 0.6
SUBJECT: Final = 0.7
"""How many of the words without names two sentences share that are about one subject."""


def shared(one: Iterable[str], other: Sequence[str]) -> list[str]:
    """The words of the first that the second has in some form."""
    return [word for word in one if any(same_word(word, known) for known in other)]


def says_same(one: Sentence, other: Sentence) -> bool:
    """Whether both have the same words that say something, the same negations and the same names."""
    if one.negations != other.negations or one.exact != other.exact:
        return False
    return bool(one.content) and _alike(one.content, other.content) and _alike(one.turned, other.turned)


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    return len(shared(one, other)) == len(one) and len(shared(other, one)) == len(other)


def is_near(one: Sentence, other: Sentence) -> bool:
    """Whether two sentences are wordings of one thing: alike in letters and words, alike in what they turn round, one name in common."""
    if not one.stems & other.stems:
        return False
    first, second = one.content, other.content
    if not first or not second or bool(one.negations) != bool(other.negations):
        return False
    common = len(shared(first, second))
    part = 2 * common / (len(first) + len(second))
    if one.exact and other.exact and not one.exact & other.exact:
        return False
    return common >= min(2, len(first), len(second)) and (
        part >= SAME or (part >= NEAR and likeness(one, other) >= ALIKE)
    )


def is_said(one: Sentence, other: Sentence) -> bool:
    """Whether two lines of a memory would say one thing: the same, or another wording of it and no newer value."""
    near = is_near(one, other) and not (supersedes(one, other) or supersedes(other, one))
    return near or says_same(one, other)


def likeness(one: Sentence, other: Sentence) -> float:
    """How many of their runs of three letters two sentences share, from 0 to 1."""
    return 2 * len(one.letters & other.letters) / (len(one.letters) + len(other.letters))


def supersedes(newer: Sentence, older: Sentence) -> bool:
    """Whether the newer sentence makes the older one wrong: the same subject with other values, or turned round."""
    if says_same(newer, older):
        return False
    new_plain = [word for word in newer.content if word not in newer.exact]
    old_plain = [word for word in older.content if word not in older.exact]
    about_same = bool(new_plain) and len(shared(new_plain, old_plain)) >= SUBJECT * max(len(new_plain), len(old_plain))
    if about_same and (newer.exact != older.exact or newer.negations != older.negations):
        return True
    wanted = [word for word in older.content if word not in older.turned]
    is_turned = bool(newer.turned) and len(shared(newer.turned, wanted)) == len(newer.turned)
    # What the older one turned round is then what the newer one wants, if it turned anything round.
    return is_turned and len(shared(older.turned, newer.content)) == len(older.turned)
