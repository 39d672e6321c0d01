"""Framing of a sentence: greetings, corrections and orders to remember, taken off. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from workbench.memory.mining import words, wrappers
from workbench.memory.mining.parentheses import without_aside
from workbench.memory.mining.tokens import tokens

SHORTEST: Final = 6
LONGEST: Final = 300
MOST_WORDS: Final = 30
_JUST: Final = re.compile(r"[,;]\s*(?:just|only|nur|erst|juste|seulement|solo|só|apenas|alleen)\s+", re.IGNORECASE)
_COMMA: Final = re.compile(r"[,;]\s+(?:(?:so|and|please|pls|then)\s+)*")
_ITS: Final = re.compile(r"\w+ (?:it|that|this|them)\b", re.IGNORECASE)
_KEPT: Final = re.compile(
    r"\b(?:keep \S+ in mind|(?:save|add|commit) .{1,60} to (?:your )?memory|(?:put|store|keep) .{1,60} in(?:to)? your memory|behalte? \S+ im (?:kopf|hinterkopf)|garde \S+ en (?:tête|mémoire)|ten \S+ en cuenta|tieni \S+ a mente|hou(?:d)? \S+ in gedachten)\b",
    re.IGNORECASE,
)
"""An order to remember around what is to be remembered."""
_HASTY: Final = re.compile(
    r"\b(do|does|did|is|are|was|were|has|have|had|should|would|could|must|need)n(?=t\b)", re.IGNORECASE
)
"""`dont`, as it is typed."""


@dataclass(frozen=True)
class FramedSentence:
    """A sentence without what stands around it, and in what manner it was said."""

    body: str
    whole: str
    is_explicit: bool
    is_corrected: bool
    is_lasting: bool

    @property
    def is_meant(self) -> bool:
        return self.is_explicit or self.is_corrected or self.is_lasting


def manner_of(sentence: str) -> FramedSentence:
    """What is left of a sentence without greetings, corrections and orders to remember, which are noted."""
    sentence = _HASTY.sub(r"\1n'", sentence)
    body, is_explicit = _without(wrappers.EXPLICIT, sentence)
    if is_explicit and wrappers.TO_DO.match(body):
        # One thing to be done; unless it is to be done always, that is no memory.
        body, is_explicit = body.partition(" ")[2], False
    behind = wrappers.EXPLICIT_BEHIND.search(body)
    if behind and tokens(body[: behind.start()]):
        body, is_explicit = body[: behind.start()], True
    if not is_explicit and not sentence.rstrip().endswith("?") and (rest := without_aside(body)):
        body, is_explicit = rest, True
    is_explicit |= bool(_KEPT.search(body))
    behind = wrappers.CORRECTION_BEHIND.search(body)
    is_corrected = bool(behind and tokens(body[: behind.start()]))
    if behind and is_corrected:
        body = body[: behind.start()]
    for _ in range(2):
        body, corrected = _without(wrappers.CORRECTION, body)
        body, _polite = _without(wrappers.POLITE, body)
        is_corrected |= corrected
    body = body.strip().strip("\"'(").rstrip(".!?;,:)\"' ")
    return FramedSentence(
        body=body,
        whole=sentence,
        is_explicit=is_explicit,
        is_corrected=is_corrected,
        is_lasting=bool(
            words.LASTING.search(sentence)
            or (words.ALL_OF.search(sentence) and not words.TASK.match(body) and not _ends_in_task(body))
        ),
    )


def _without(pattern: re.Pattern[str], text: str) -> tuple[str, bool]:
    """The text behind all beginnings that fit, and whether there was one."""
    found = False
    while (match := pattern.match(text)) and match.end() < len(text) and match.end() > 0:
        text, found = text[match.end() :], True
    return text, found


def _ends_in_task(body: str) -> bool:
    """Something is told, and then asked for: `every user needs a role, add that`."""
    if (rest := _JUST.search(body)) and words.TASK.match(body[rest.end() :]):
        return True
    return any(words.TASK.match(body[at.end() :]) and _ITS.match(body[at.end() :]) for at in _COMMA.finditer(body))


def is_task(said: FramedSentence) -> bool:
    """Something that is done once, or that points at one thing."""
    if said.is_lasting or said.is_explicit:
        return False
    # Behind a ban stands its reason, which may well speak of one thing.
    where = said.whole.partition(",")[0] if words.NEGATIVE.match(said.body) else said.whole
    if _ends_in_task(said.body):
        return True
    return bool(words.TASK.match(said.body) or words.AT_HAND.search(where))
