"""From a message to the sentences that somebody said themselves. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from workbench.memory.mining import words
from workbench.memory.mining.clauses import contrast
from workbench.memory.mining.framing import LONGEST, MOST_WORDS, SHORTEST, manner_of
from workbench.memory.mining.own_words import GAP, own_words
from workbench.memory.mining.parentheses import is_aside
from workbench.memory.mining.polarity import sides
from workbench.memory.mining.statements import read
from workbench.memory.mining.tokens import tokens

_BREAK: Final = re.compile(r"(?<=[.!?;…])\s+(?=[\w`\"'¡¿«(*-])|\n+|(?<=[.!?])$")
_BULLET: Final = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_WIDE: Final = str.maketrans(
    {
        "。": ". ",
        "，": ", ",
        "、": ", ",
        "：": ": ",
        "；": "; ",
        "！": "! ",
        "？": "? ",
        "「": " ",
        "」": " ",
        "’": "'",
        "‘": "'",
    }
)
_ORDER_ALONE: Final = re.compile(
    r"^(?:please |pls |ok |bitte )*(?:remember(?: this| that| it)?|(?:write|note|jot) (?:this|it|that) down|take (?:a )?note|(?:save|store|memorize|keep) (?:this|that|it)|for (?:future reference|next time|"
    r"later|your memory)|keep (?:this|that) in mind|merk dir das|merke dir|notier dir das|nicht vergessen|retiens (?:ça|bien)|note (?:ça|bien)|recuerda esto|apúntalo|toma nota|anota|ricorda(?:telo)?|"
    r"segnatelo|lembra disso|anota aí|onthoud dit|noteer)(?: please| pls| for (?:later|next time)| bitte| ok)*\s*[.!:]*$",
    re.IGNORECASE,
)
_POINTING: Final = re.compile(
    r"\b(?:it|that|this|there|one|das|es|dies|vorher|ça|cela|le faire|lo|eso|esto|\w+(?:rlo|rla)|lass|questo|farlo|isso|isto|fazer isso|dat|dit|het)\b",
    re.IGNORECASE,
)
_MOST_NAMED: Final = 6
"""So few words may each side of a correction in two sentences have; more tell a story."""
_NUMBER: Final = re.compile(r"\d{2}")


def sentences(text: str) -> Iterator[str]:
    """The sentences that somebody said themselves, without what `own_words` leaves out.

    Two that say something only together come together: a complaint with what is right instead, a name with an order about it,
    an order to remember with what is to be remembered.
    """
    before = ""
    for part in _BREAK.split(own_words(text, introduces=_ORDER_ALONE).translate(_WIDE)):
        sentence = _BULLET.sub("", part).strip()
        if not sentence or len(sentence) > LONGEST:
            continue
        if GAP in sentence:
            # What it says is partly somebody else's, and what stands beside it is not said together with it.
            if len(before) >= SHORTEST:
                yield before
            before = ""
            continue
        if before and sentence.endswith("?") and not tokens(sentence):
            before = f"{before} {sentence}"
            continue
        if before and (whole := _together(before, sentence) or _answered(before, sentence)):
            yield whole
            before = ""
            continue
        if len(before) >= SHORTEST:
            yield before
        before = sentence
    if len(before) >= SHORTEST:
        yield before


def _together(before: str, sentence: str) -> str:
    """Both as one, where neither says something without the other; else nothing."""
    if len(before) + len(sentence) > LONGEST or len(sentence.split()) > MOST_WORDS:
        return ""
    if _ORDER_ALONE.match(before) or (is_aside(before) and not before.endswith("?") and not sentence.endswith("?")):
        return f"{before.rstrip('.!?;: ')}: {sentence}"
    whole = f"{before.rstrip('.!?;,…: ')}; {sentence[:1].lower()}{sentence[1:]}"
    if is_aside(sentence) and not sentence.endswith("?"):
        return f"{before.rstrip('.!?;: ')}; {sentence}"
    if _leans(sentence) and not _says(before):
        return whole
    if not _is_wrong(before) or contrast(manner_of(before).body):
        return ""
    said = manner_of(sentence)
    is_right = bool(words.PREFERS.search(said.body)) or said.is_lasting or bool(words.UNIVERSAL.search(sentence))
    return whole if is_right and not contrast(said.body) and not words.TASK.match(said.body) else ""


def _answered(before: str, sentence: str) -> str:
    """Both as they stand, where one complains of something and the other says what is right; else nothing."""
    whole = f"{before} {sentence}" if before[-1] in ".!?;…" else f"{before}. {sentence}"
    if len(whole) > LONGEST or _ORDER_ALONE.match(before) or sentence.endswith("?"):
        return ""
    if any(contrast(manner_of(one).body) or words.TASK.match(manner_of(one).body) for one in (before, sentence)):
        return ""
    if all(read(one) and words.LASTING.search(one) for one in (before, sentence)):
        # Two rules, each of which stands by itself.
        return ""
    found = sides(whole)
    if found is None or not _differ(*found):
        return ""
    return whole if all(len(tokens(side)) <= _MOST_NAMED for side in found) else ""


def _differ(wanted: str, unwanted: str) -> bool:
    return not tokens(wanted) & tokens(unwanted) and bool(tokens(wanted)) and bool(tokens(unwanted))


def _leans(sentence: str) -> bool:
    """It speaks of something that was named before: `never do that again`, `it has to come first`."""
    is_order = words.LASTING.search(sentence) or words.TEMPORAL.search(sentence) or words.NEGATIVE.match(sentence)
    return bool(_POINTING.search(sentence)) and bool(
        is_order or (words.CHANGED.search(sentence) and _NUMBER.search(sentence))
    )


def _says(sentence: str) -> bool:
    found = read(sentence)
    return found is not None and (found.is_explicit or found.kind != "fact")


def _is_wrong(sentence: str) -> bool:
    body = manner_of(sentence).body
    return len(body.split()) <= 12 and bool(
        words.COMPLAINT.match(body)
        or words.COMPLAINT.match(sentence)
        or words.NEGATIVE.search(body)
        or sentence.rstrip(" !").endswith("?")
    )
