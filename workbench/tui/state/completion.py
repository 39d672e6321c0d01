"""Completion of the word that is being typed: commands behind a /, names behind an @, found by letters in their order."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_COMMAND: Final = re.compile(r"/([a-z]*)")
_NAME: Final = re.compile(r"(?:^|\s)@([^\s@]*)$")


@dataclass(frozen=True)
class Choice:
    """What a word can be completed to, and what that is."""

    word: str
    says: str = ""


@dataclass(frozen=True)
class Word:
    """The word at the end of a text: its sign, what was typed of it, and what stands before it."""

    sign: str
    typed: str
    before: str


def last_word(text: str) -> Word | None:
    """The word that can be completed: a text that is a / and letters, or one that ends with a word that begins with an @."""
    if command := _COMMAND.fullmatch(text):
        return Word("/", command[1], "")
    if name := _NAME.search(text):
        return Word("@", name[1], text[: name.start(1) - 1])
    return None


def fitting(typed: str, choices: Iterable[Choice]) -> list[Choice]:
    """Those that hold the letters in their order: first those that begin so, in their last part or in whole, then those
    that hold them together."""
    low = typed.lower()
    return sorted(
        (one for one in choices if _holds(one.word.lower(), low)), key=lambda one: _rank(one.word.lower(), low)
    )


def _holds(word: str, letters: str) -> bool:
    rest = iter(word)
    return all(letter in rest for letter in letters)


def _rank(word: str, letters: str) -> int:
    if word.startswith(letters):
        return 0
    return 1 if os.path.basename(word).startswith(letters) else 2 if letters in word else 3
