"""Sentences of a person's own words, each with the signs of what kind it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import zip_longest
from typing import Final

from workbench.memory.reading.language import behind, phrases, words_of
from workbench.memory.reading.own_words import GAP, is_all_own, own_words
from workbench.text.full_text.terms import EASTERN, is_function_word, pairs

LONGEST: Final = 300
"""A longer sentence tells a story, and is no line of a memory."""
MOST_OWN: Final = 1_500
"""More of one's own words at once are likely a text that was pasted without a mark: its first paragraph is the person's."""
NOT: Final = "\x00not"

_BREAK: Final = re.compile(r"(?<=[.!?;…])\s+|(?<=[。！？；])|\n+")
_BULLET: Final = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_ASKS: Final = re.compile(r"[?？🙃🙄😏😅😂🤣🤷]|(?:吗|呢|か)[。\s]*$|\.{3}\s*$|…")
_EXACT: Final = re.compile(r"\d|[`/_.@:#=+~]|[^\W\d_]-[^\W\d_]")
_STEM: Final = 4
_CLAUSE: Final = re.compile(r"[,;:.!?](?=\s|$)|[()，。：；、！？—–]|\s-\s")


@dataclass(frozen=True)
class Sentence:
    """One sentence that a person wrote, without what stands before its meaning."""

    text: str
    is_order: bool = False
    """It was said to be remembered."""
    is_errand: bool = False
    """It was to be remembered for one deed."""
    said: str = ""
    """As it stands in the message."""
    is_taken_back: bool = False
    """What follows it asks about it, or says that it is not so."""

    @cached_property
    def words(self) -> list[str]:
        return words_of(self.text)

    def has(self, name: str) -> bool:
        return phrases(name).count(self.words, self.text) > 0

    @cached_property
    def negations(self) -> int:
        return phrases("negation").count(self.words, self.text)

    @cached_property
    def is_doubtful(self) -> bool:
        """Whether it asks, doubts, tells what others said, or holds only for now."""
        is_open = self.is_taken_back or self.is_of_a_line or bool(_ASKS.search(self.text))
        return is_open or any(map(self.has, ("unsure", "once", "retract")))

    @cached_property
    def is_of_a_line(self) -> bool:
        """Whether it names a line by its number, which is another after the next change."""
        spot, words = phrases("spot"), self.words
        is_western = any(word.isdigit() and spot.at(words, at) for at, word in enumerate(words[1:]))
        return is_western or any(re.search(rf"[\d一二三四五六七八九十]\s*{part}", self.text) for part in spot.parts)

    @cached_property
    def is_lasting(self) -> bool:
        """Whether the sentence itself says that it holds for longer."""
        return (self.is_order or self.has("lasting")) and not self.has("once")

    @cached_property
    def is_task(self) -> bool:
        """Whether it is an errand, as most of what agents are told is."""
        tasks = phrases("tasks")
        return bool(tasks.at(self.words, 0) or any(part in self.text for part in tasks.parts)) and not self.is_lasting

    @cached_property
    def is_candidate(self) -> bool:
        """Whether it may say something that holds: nobody else's words, no question, no doubt, not only for now, no errand."""
        is_line = 1 <= len(self.content) <= 60 and len(self.text) <= LONGEST and GAP not in self.text
        return is_line and not (self.is_doubtful or self.is_errand)

    @cached_property
    def clauses(self) -> tuple[tuple[str, ...], ...]:
        """The meaning, clause by clause: words that say something, with NOT where one turns it round, up to the why."""
        why = _reasons().search(self.text, len(self.text) // 3)
        return tuple(tuple(_signs(clause)) for clause in _CLAUSE.split(self.text[: why.start()] if why else self.text))

    @property
    def signs(self) -> tuple[str, ...]:
        return tuple(sign for clause in self.clauses for sign in clause)

    @cached_property
    def turned(self) -> tuple[str, ...]:
        """The words that a negation turns round: those behind it in its clause, or, where it ends that, those before it."""
        found: list[str] = []
        for clause in self.clauses:
            if NOT in clause:
                place = clause.index(NOT)
                after = [sign for sign in clause[place:] if sign != NOT]
                found += after or [sign for sign in clause if sign != NOT]
        return tuple(found)

    @cached_property
    def content(self) -> tuple[str, ...]:
        return tuple(sign for sign in self.signs if sign != NOT)

    @cached_property
    def exact(self) -> frozenset[str]:
        """Numbers, names of files, hosts and flags: what has no other form."""
        return frozenset(sign for sign in self.content if _EXACT.search(sign))

    @cached_property
    def stems(self) -> frozenset[str]:
        """How the words that say something begin: two sentences without a common one have no word in common."""
        return frozenset(word[:_STEM] for word in self.content)

    @cached_property
    def letters(self) -> frozenset[str]:
        """Its runs of three letters."""
        plain = f" {' '.join(self.text.lower().split())} "
        return frozenset(plain[at : at + 3] for at in range(len(plain) - 2))


@cache
def _reasons() -> re.Pattern[str]:
    """Where a why begins."""
    reasons = phrases("reason")
    words = [rf"(?<!\w){re.escape(' '.join(one))}(?!\w)" for one in reasons.words]
    return re.compile("|".join([*words, *map(re.escape, reasons.parts)]), re.IGNORECASE)


def _signs(clause: str) -> Iterator[str]:
    for part in re.split(f"({EASTERN.pattern})", clause):
        yield from _eastern_signs(part) if EASTERN.match(part) else _western_signs(words_of(part))


def _western_signs(words: list[str]) -> Iterator[str]:
    negation, limit, filler = phrases("negation"), phrases("limit"), phrases("filler")
    place = 0
    while place < len(words):
        if many := negation.at(words, place):
            yield NOT
            place += many
            continue
        word = words[place]
        if limit.at(words, place) or not (filler.at(words, place) or is_function_word(word)):
            yield word
        place += 1


def _eastern_signs(run: str) -> Iterator[str]:
    for piece in phrases("negation").split(run):
        if piece is None:
            yield NOT
            continue
        for kept in phrases("filler").split(piece):
            if kept:
                yield from pairs(kept)


def same_word(one: str, other: str) -> bool:
    """Whether two words are forms of one; what has no other form must be the same."""
    if one == other:
        return True
    if _EXACT.search(one) or _EXACT.search(other) or min(len(one), len(other)) < _STEM:
        return False
    shared = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= _STEM and max(len(one), len(other)) - shared <= 3


def sentences(message: str) -> Iterator[Sentence]:
    """The sentences of a message that its sender wrote, in order; an order to remember is parted from what is to be remembered."""
    own = own_words(message, introduces=_is_order_alone)
    if len(own) > MOST_OWN:
        own = own.strip().partition("\n\n")[0][:MOST_OWN]
    ordered, found = False, list[Sentence]()
    for part in _BREAK.split(own):
        text = _BULLET.sub("", part).strip()
        if not text.strip(GAP + " .!?…"):
            continue
        sentence = _opened(text, is_ordered=ordered)
        if sentence is None:
            # The order alone: the next sentence is what is to be remembered.
            ordered = True
            continue
        ordered = False
        found.append(replace(sentence, said=text))
    for one, behind_it in zip_longest(found, found[1:]):
        is_asked = behind_it is not None and not one.is_order and bool(_ASKS.search(behind_it.said))
        yield replace(one, is_taken_back=is_asked or (behind_it is not None and behind_it.has("retract")))


def is_plain_order(message: str) -> bool:
    """Whether the whole message is one line of the person's own, which orders to remember something."""
    message = message.strip()
    return is_all_own(message) and not _ASKS.search(message) and len(message) <= LONGEST and _order_end(message) > 0


def _opened(text: str, *, is_ordered: bool) -> Sentence | None:
    """The sentence without what stands before its meaning; None for an order to remember that has nothing behind it."""
    bare = _without_openers(text)
    if not (end := _order_end(bare)):
        return Sentence(_capital(bare), is_order=is_ordered)
    rest = bare[end:].strip(" ,:;：，、—–-")
    words = words_of(rest)
    is_errand = phrases("task").at(words, 0) and not phrases("link").at(words, 1) and not Sentence(rest).has("lasting")
    rest = _without_links(rest)
    return Sentence(_capital(rest), is_order=True, is_errand=bool(is_errand)) if rest.strip(".!。！ ") else None


def _without_openers(text: str) -> str:
    """Interjections and `I told you` at the beginning, each with the mark behind it."""
    opener = phrases("opener")
    while end := opener.opens(text):
        words, cut = words_of(text), text[end:]
        many = 0 if opener.part(text) else opener.at(words, 0)
        is_marked = cut[:1] in ",:;.!-–—" or many > 1 or phrases("soft").at(words, 0)
        # A no before a word is a negation, and one before a comma is none.
        if many and (many == len(words) or not is_marked):
            break
        text = cut.lstrip(" ,:;.!-–—" if many else " ，、,：:")
    return text


def _order_end(text: str) -> int:
    """Where an order to remember ends that the text begins with; 0 where it begins with none."""
    orders, bare = phrases("remember"), _without_openers(text)
    many = orders.at(words_of(bare), 0)
    return orders.part(text) or (len(text) - len(behind(bare, many)) if many else 0)


def _without_links(text: str) -> str:
    link = phrases("link")
    while end := link.opens(text):
        if not link.part(text) and phrases("lasting").at(words_of(text), 0):
            break
        text = text[end:].lstrip(" ，、,：:;–—-")
    return text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if text[:2].islower() else text


def _is_order_alone(line: str) -> bool:
    """Whether a line orders to remember what stands below it, and says nothing else."""
    end, words = _order_end(bare := _without_openers(line)), words_of(line)
    is_opener = 0 < phrases("opener").at(words, 0) == len(words) and line[-1:] not in ":："
    return is_opener or (end > 0 and not _without_links(bare[end:].strip(" ,:;：，、—–-")).strip(" .!:："))
