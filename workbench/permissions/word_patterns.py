"""Whether words that are known in part fit a rule's words: surely, possibly, or not at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import Final, Literal

from workbench.permissions.bash_lines import HOLE, Word

Fit = Literal["surely", "maybe", ""]

_SHORT_OPTIONS: Final = re.compile(r"-[A-Za-z]+")
_WILDCARDS: Final = re.compile(r"\[(?:!?\]?[^\]]*)\]|[*?]")
_GIT_WITH_VALUE: Final = frozenset(
    {"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env", "--attr-source"}
)


def fit(pattern: tuple[str, ...], words: tuple[Word, ...]) -> Fit:
    """How a command fits a rule: as it is written, by its program's bare name, and without options before its verb.

    "maybe" takes in every way to write the same that is known here: options in another order, bundled, shortened.
    """
    if not pattern:
        return "surely"
    written = [words]
    if words and "/" in words[0].text and "/" not in pattern[0]:
        written.append((Word(words[0].text.rpartition("/")[2], words[0].is_many), *words[1:]))
    written += [without for one in list(written) if (without := _without_git_options(one)) is not None]
    if any(_surely(pattern, one) for one in written):
        return "surely"
    loose = [_shortened(one) for one in written]
    loose += [without for one in list(loose) for without in _without_leading_options(one)]
    if any(_maybe(pattern, one) or _maybe_reordered(pattern, one) for one in loose):
        return "maybe"
    return ""


def _surely(pattern: tuple[str, ...], words: tuple[Word, ...]) -> bool:
    """Whether all that the words can become fits."""
    # From the end: whether the words from each place on fit what of the pattern was seen.
    fits = [False] * len(words) + [True]
    for part in reversed(pattern):
        before, fits = fits, [False] * (len(words) + 1)
        for place in range(len(words), -1, -1):
            if part == "*":
                fits[place] = before[place] or (place < len(words) and fits[place + 1])
            elif place < len(words) and not words[place].is_many and before[place + 1]:
                fits[place] = _word_surely(part, words[place].text)
    return fits[0]


def _maybe(pattern: tuple[str, ...], words: tuple[Word, ...]) -> bool:
    """Whether something that the words can become fits."""
    fits = [False] * len(words) + [True]
    for place in range(len(words) - 1, -1, -1):
        fits[place] = fits[place + 1] and words[place].is_many
    for part in reversed(pattern):
        before, fits = fits, [False] * (len(words) + 1)
        for place in range(len(words), -1, -1):
            word = words[place] if place < len(words) else None
            if part == "*":
                fits[place] = before[place] or (word is not None and fits[place + 1])
            elif word is not None:
                skipped = word.is_many and fits[place + 1]
                goes_on = before[place + 1] or (word.is_many and before[place])
                fits[place] = skipped or (goes_on and may_be(part, word.text))
    return fits[0]


def _word_surely(pattern: str, text: str) -> bool:
    if HOLE in text and any(part != "*" for part in _WILDCARDS.findall(pattern)):
        return False
    return fnmatchcase(text, pattern)


@lru_cache(maxsize=4096)
def may_be(pattern: str, text: str) -> bool:
    """Whether some text for the holes makes it fit a pattern of `*`, `?` and `[…]`."""
    if HOLE not in text:
        return fnmatchcase(text, pattern)
    parts = re.findall(r"\[!?\]?[^\]]*\]|.", pattern, re.DOTALL)

    @cache
    def fits(at: int, place: int) -> bool:
        if place < len(text) and text[place] == HOLE:
            return fits(at, place + 1) or (at < len(parts) and fits(at + 1, place))
        if at == len(parts):
            return place == len(text)
        if parts[at] == "*":
            return fits(at + 1, place) or (place < len(text) and fits(at, place + 1))
        return place < len(text) and fnmatchcase(text[place], parts[at]) and fits(at + 1, place + 1)

    # Longer words than anybody writes in a rule would only make the recursion deep.
    return len(text) + len(parts) > 300 or fits(0, 0)


# ── other ways to write the same ──────────────────────────────────────────────────────────────────────────────────────


def _without_git_options(words: tuple[Word, ...]) -> tuple[Word, ...] | None:
    if len(words) < 2 or words[0] != Word("git") or not words[1].text.startswith("-"):
        return None
    place = 1
    while place < len(words) and words[place].is_known and words[place].text.startswith("-"):
        place += 2 if words[place].text in _GIT_WITH_VALUE else 1
    return (words[0], *words[place:])


def _without_leading_options(words: tuple[Word, ...]) -> list[tuple[Word, ...]]:
    """The command without the options before its first other words, each with and without a value."""
    found: list[tuple[Word, ...]] = []
    place = 1
    while place < len(words) and words[place].text.startswith("-"):
        found.append((words[0], *words[place + 1 :]))
        place += 1
        if place < len(words) and not words[place].text.startswith("-"):
            found.append((words[0], *words[place + 1 :]))
            if place + 1 < len(words) and words[place + 1].text.startswith("-"):
                place += 1
    return found


def _shortened(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Long options as the beginnings of the options that they may mean: most programs take `--comp` for `--compress`."""
    return tuple(_beginning(word) for word in words)


def _beginning(word: Word) -> Word:
    if not word.text.startswith("--") or len(word.text) < 3:
        return word
    name, equals, value = word.text.partition("=")
    return Word(f"{name}{HOLE}{equals}{value}", word.is_many)


def _maybe_reordered(pattern: tuple[str, ...], words: tuple[Word, ...]) -> bool:
    """Whether the command has the rule's options anywhere, bundled or by their long names, and else fits."""
    wanted = [one for one in pattern if one.startswith("-") and one not in {"-", "--"}]
    if not wanted:
        return False
    given = [word for word in words[1:] if word.text.startswith("-") or word.is_many]
    rest = tuple(word for word in words if not (word.text.startswith("-") and not word.is_many))
    others = tuple(one for one in pattern if one not in wanted)
    return all(_has_option(one, given) for one in wanted) and _maybe(others, rest)


def _has_option(wanted: str, given: Sequence[Word]) -> bool:
    if any(may_be(wanted, word.text) for word in given):
        return True
    if not _SHORT_OPTIONS.fullmatch(wanted):
        return False
    letters = {letter for word in given if _SHORT_OPTIONS.match(word.text) for letter in word.text[1:]}
    letters |= {word.text[2] for word in given if word.text.startswith("--") and len(word.text) > 2}
    return all(letter in letters or letter.lower() in letters for letter in wanted[1:])
