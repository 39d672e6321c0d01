"""The words that say what kind of sentence something is, of all languages together: one file a language, in `languages/`.

The lists are parted by `;`. Of `negation`, `opener`, `tasks`, `filler`, `limit`, `link`, `task` and `soft` the first part is single words, parted by
blanks; everything else is a phrase of its own. Scripts without spaces have parts of words, which are found anywhere.

remember  begins an order to remember, `link` stands between it and what is to be remembered, `task` makes an errand of it
negation  turns the meaning round          lasting  holds for longer          once  holds for a moment
unsure    asks, doubts or tells hearsay    opener   stands before what is meant, and adds nothing
tasks     begins an errand                 filler   adds nothing anywhere     limit  narrows or widens     reason  begins a why
soft      is an opener that needs no mark behind it               retract  takes back what was said before it
spot      is a place in a file that a number stands behind, or before
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from workbench.text.full_text.terms import EASTERN

_WITH_WORDS: Final = frozenset({"negation", "opener", "tasks", "filler", "limit", "link", "task", "soft"})
_WORD: Final = re.compile(r"[^\W_](?:[^\W_]|['’]|[-_./:@+#=~](?=[^\W_]))*\+*|`[^`]+`")


@dataclass(frozen=True)
class Phrases:
    """The entries of one list: sequences of words, and parts of words of scripts without spaces."""

    words: frozenset[tuple[str, ...]]
    parts: tuple[str, ...]

    def at(self, words: tuple[str, ...] | list[str], place: int) -> int:
        """How many words the longest entry has that begins at this place; 0 where none does."""
        longest = min(5, len(words) - place)
        return next((many for many in range(longest, 0, -1) if tuple(words[place : place + many]) in self.words), 0)

    def is_in(self, words: list[str], text: str, *, first: int) -> bool:
        """Whether an entry begins at one of the first words, or is a part of the text."""
        places = range(min(len(words), first))
        return any(self.at(words, place) for place in places) or any(part in text for part in self.parts)

    def part(self, text: str) -> int:
        """How many characters the longest part of words has with which the text begins; 0 for none."""
        return next((len(part) for part in self.parts if text.startswith(part)), 0)

    def opens(self, text: str) -> int:
        """Where the entry ends with which the text begins; 0 for none."""
        return self.part(text) or len(text) - len(behind(text, self.at(words_of(text), 0)))

    def count(self, words: list[str], text: str) -> int:
        """How often an entry stands in the text, which is these words; the longest at each place."""
        found = place = 0
        while place < len(words):
            many = self.at(words, place)
            found += many > 0
            place += many or 1
        return found + sum(piece is None for piece in self.split(text))

    def split(self, text: str) -> Iterator[str | None]:
        """The text between the entries that are parts of words, and None for each of these; the longest at each place."""
        reached = 0
        for found in _any_of(self.parts).finditer(text) if self.parts and not text.isascii() else ():
            yield from (text[reached : found.start()], None)
            reached = found.end()
        yield text[reached:]


@cache
def _any_of(parts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, parts)))


def behind(text: str, many: int) -> str:
    """The text behind its first words."""
    for _ in range(many):
        found = _WORD.search(text)
        text = text[found.end() :] if found else ""
    return text


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, with names, paths and code in one piece; eastern runs are left out."""
    plain = EASTERN.sub(" ", text.replace("’", "'").replace("'", "").lower())
    return _WORD.findall(plain)


@cache
def phrases(name: str) -> Phrases:
    """A list of all languages together."""
    words: set[tuple[str, ...]] = set()
    parts: list[str] = []
    for entry in _entries(name):
        if EASTERN.search(entry):
            parts.append(entry)
        elif found := words_of(entry):
            words.add(tuple(found))
    return Phrases(frozenset(words), tuple(sorted(parts, key=len, reverse=True)))


def _entries(name: str) -> Iterator[str]:
    folder = resources.files(__package__).joinpath("languages")
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".toml"):
            continue
        first, *others = tomllib.loads(file.read_text(encoding="utf-8")).get(name, "").split(";")
        yield from first.split() if name in _WITH_WORDS else [first]
        yield from (one.strip() for one in others)
