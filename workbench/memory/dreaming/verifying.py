"""The verifier of a dream's lines, which needs no model: a line passes only where a person's own sentence says it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from workbench.memory.dreaming.statements import is_near, shared
from workbench.memory.reading.past import Words
from workbench.memory.reading.sentences import LONGEST, NOT, Sentence, same_word
from workbench.memory.stores.secrets import holds_secret

LEAST_SESSIONS: Final = 2


def evidence_for(text: str, cited: Sequence[Words]) -> list[Words]:
    """The cited sentences that say what the line says; none where the line does not hold.

    One of them says it word for word but for what adds nothing: no word of it is missing, none is new, their order is the same,
    and so are negations, numbers and names. The others are wordings of the same. One that doubts, asks, tells what others
    said, or holds only for now, says nothing.
    """
    text = " ".join(text.split())
    line = Sentence(text)
    if not text or len(text) > LONGEST or holds_secret(text) or line.is_asked or line.is_unsure or line.has("once"):
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
    if any(one.sentence.is_order or (one.sentence.is_lasting and not one.sentence.is_task) for one in evidence):
        return True
    if len({one.place.session_id for one in evidence}) < LEAST_SESSIONS:
        return False
    return any(one.sign for one in evidence) or not any(one.sentence.is_task for one in evidence)


def about(text: str, known: Mapping[str, str], named: Sequence[str]) -> list[str]:
    """Those of the named lines of a store that the text is about: they have a word in common that says something."""
    content = Sentence(text).content
    return [one for one in named if one in known and shared(content, Sentence(known[one]).content)]
