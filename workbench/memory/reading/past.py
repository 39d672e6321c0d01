"""What a dream knows of the past: own words of people with what stood before them, commands that ran, and orders that nobody gave. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from workbench.contracts.replaced_calls import replacement_of
from workbench.memory.reading.commands import Shown
from workbench.memory.reading.evidence import Evidence, place_of
from workbench.memory.reading.language import phrases, words_of
from workbench.memory.reading.sentences import Sentence, is_plain_order, sentences

BY_HAND: Final = "! "
"""How a message begins that is a person's own command, in transcripts of other programs."""


@dataclass(frozen=True)
class Words:
    """One sentence of a person's own words: where it stands, in which project, and what came before it.

    `sign` is denied (said with a no to a call), interrupted (after stopping the agent), undone (after putting files back) or nothing;
    `doing` the last call before.
    """

    place: Evidence
    sentence: Sentence
    project: str
    sign: str
    doing: str


@dataclass(frozen=True)
class Changed:
    """Lines of an agent's that a person changed again after they were applied: both versions, `after` empty where they went."""

    place: Evidence
    project: str
    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Past:
    """What was read: own words, what commands showed, orders that nobody gave, the size of the transcripts, and lines changed again."""

    words: tuple[Words, ...]
    shown: tuple[Shown, ...]
    quarantined: tuple[Evidence, ...]
    characters: int
    changed: tuple[Changed, ...] = ()


def words_in(row: Sequence[Any], seen: set[tuple[datetime, str]]) -> Iterator[Words]:
    """The sentences of one message. A fork repeats what its parent heard, at the same moment: that is said once."""
    text, project, sign, doing = row[4:8]
    said_at = datetime.fromisoformat(row[3])
    is_command = text.startswith(BY_HAND) or replacement(text) is not None
    if sign == "program" or is_command or (said_at, text) in seen:
        return
    seen.add((said_at, text))
    is_plain = is_plain_order(text)
    for sentence in sentences(text):
        place = replace(place_of(row, "user", sentence.said), is_order=is_plain and sentence.is_order)
        is_plain = False
        yield Words(place, sentence, project, sign, (doing or "").strip())


def replacement(message: str) -> str | None:
    """The command that a person ran in a denied call's place."""
    replaced = replacement_of({"result": "deny", "deny_message": message})
    return replaced.command if replaced else None


def is_order(line: str) -> bool:
    """Whether a line that no user said orders something to be remembered, or to be done for longer."""
    words = words_of(line)
    return phrases("remember").is_in(words, line, first=12) or (
        len(words) <= 40 and phrases("lasting").is_in(words, line, first=5)
    )
