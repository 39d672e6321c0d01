"""When two sentences say the same, the opposite, or something newer, and what a person's own sentences say of a line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from workbench.memory.reading.past import Words
from workbench.memory.reading.sentences import LONGEST, NOT, Sentence, same_word
from workbench.text.secrets import holds_secret

LEAST_SESSIONS: Final = 2
"""In so many something is said that is no order."""
ALIKE: Final = 0.5
"""How much two sentences share, of runs of three letters and of words, when they are said to be about the same."""
NEAR: Final = 0.45
SAME: Final = 0.6
APART: Final = 0.8
"""How much of two sentences is shared that differ on both sides, as orders about two things of one kind do."""
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
    if common < len(first) and len(shared(second, first)) < len(second) and part < APART:
        # Each says something that the other does not.
        return False
    letters = 2 * len(one.letters & other.letters) / (len(one.letters) + len(other.letters))
    return common >= min(2, len(first), len(second)) and (part >= SAME or (part >= NEAR and letters >= ALIKE))


def is_said(one: Sentence, other: Sentence) -> bool:
    """Whether two lines of a memory would say one thing: the same, or another wording of it and no newer value."""
    near = is_near(one, other) and not (supersedes(one, other) or supersedes(other, one))
    return near or says_same(one, other)


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


# ── the verifier of a dream's lines, which needs no model: a line passes only where a person's own sentence says it ─────────


def evidence_for(text: str, cited: Sequence[Words]) -> list[Words]:
    """The cited sentences that say what the line says; none where the line does not hold.

    One of them says it word for word but for what adds nothing: no word of it is missing, none is new, their order is the same,
    and so are negations, numbers and names. The others are wordings of the same. One that doubts, asks, tells what others
    said, or holds only for now, says nothing.
    """
    text = " ".join(text.split())
    line = Sentence(text)
    if not text or len(text) > LONGEST or holds_secret(text) or line.is_doubtful:
        return []
    able = [one for one in cited if one.sentence.is_candidate]
    said = [one for one in able if says(line, one.sentence)]
    if not said:
        return []
    near = [one for one in able if one not in said and any(is_near(one.sentence, known.sentence) for known in said)]
    return sorted([*said, *near], key=lambda one: (one.place.said_at, one.place.key))


def says(line: Sentence, sentence: Sentence) -> bool:
    """Whether the line says what the sentence says, no more and no less."""
    ours, theirs = _settled(line), _settled(sentence)
    if len(ours) != len(theirs) or line.negations != sentence.negations:
        return False
    return bool(ours) and all(
        one == other if NOT in (one, other) else same_word(one, other) for one, other in zip(ours, theirs, strict=True)
    )


def _settled(sentence: Sentence) -> tuple[str, ...]:
    """The signs without a word that is said twice in a row."""
    found: list[str] = []
    for sign in sentence.signs:
        if not found or found[-1] != sign or sign == NOT:
            found.append(sign)
    return tuple(found)


def holds_for_longer(evidence: Sequence[Words]) -> bool:
    """Whether what they say is a rule or a fact, and not what was to be done at the moment.

    An order to remember is one; so is what says itself that it lasts, and what was said with a no to a call or after stopping the
    agent; and what was said in two sessions and is no errand.
    """
    is_again = len({one.place.session_id for one in evidence}) >= LEAST_SESSIONS
    is_rule = any(one.sign for one in evidence) or not any(one.sentence.is_task for one in evidence)
    return is_for_longer(evidence) or (is_again and is_rule)


def is_for_longer(evidence: Sequence[Words]) -> bool:
    """Whether one of them says itself that it is to be remembered, or lasts."""
    return any(one.sentence.is_order or (one.sentence.is_lasting and not one.sentence.is_task) for one in evidence)


def about(text: str, known: Mapping[str, str], named: Sequence[str]) -> list[str]:
    """Those of the named lines of a store that the text is about: they have a word in common that says something."""
    content = Sentence(text).content
    return [one for one in named if one in known and shared(content, Sentence(known[one]).content)]
