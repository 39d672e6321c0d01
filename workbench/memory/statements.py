"""From what somebody said to statements that may be worth keeping: sentences, what each wants or says, and whether two agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from workbench.memory import words
from workbench.memory.words import is_hard, likeness, tokens

SHORTEST: Final = 8
LONGEST: Final = 300
ALIKE: Final = 0.6
"""The likeness from which on two sets of tokens mean the same; measured on the generator in tests/memory."""
UNLIKE: Final = 0.3

_PASTED: Final = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|<(?P<tag>[a-z][\w-]*)\b[^>]*>.*?</(?P=tag)>|^\s*>.*$|^(?:\t| {4,})\S.*$",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_BREAK: Final = re.compile(r"(?<=[.!?;…])\s+(?=[\w`\"'¡¿«(*-])|\n+|(?<=[.!?])$")
_BULLET: Final = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_SCOPE: Final = re.compile(
    r"\s+(?:for|when|whenever|in|on|für|beim?|wenn|in|pour|quand|dans|lors de(?:s)?|para|al|cuando|en)\s+",
    re.IGNORECASE,
)
_NOT_BUT: Final = re.compile(
    r"^(?:(?:don'?t|do not|never|stop)\s+(?:ever\s+)?us(?:e|ing)|nicht|nie|kein(?:e|en)?|n'utilise(?:z)?\s+(?:pas|jamais)|pas|no\s+uses?|"
    r"nunca\s+uses?|not|avoid)\s+(?P<avoid>.+?)(?:[,;:–—]|\s+-)\s*(?:but|use|prefer|rather|instead use|sondern|verwende|nutze|nimm|benutze|"
    r"mais|utilise|prends|sino|usa|utiliza)\s+(?P<value>.+)$",
    re.IGNORECASE,
)
_LINKS: Final = {
    "name": re.compile(r"called|named|renamed|heiß|appelle|llama", re.IGNORECASE),
    "place": re.compile(
        r"live|listen|sit|goes|go\b|moved|läuft|laufen|liegt|liegen|steht|hört|lauscht|trouve|écoute|escucha|corre|vive|runs? |tourne|"
        r"\b(?:at|on|in|under|auf|unter|bei|sur|dans|en)$",
        re.IGNORECASE,
    ),
    "need": re.compile(
        r"need|require|expect|brauch|besoin|exige|necesita|uses?\b|nutzt|verwendet|utilise|usa", re.IGNORECASE
    ),
}
_SHAPES: Final = {
    "number": re.compile(r"^\d+$"),
    "path": re.compile(r"/"),
    "host": re.compile(r"\.[a-z]{2,}(?::\d+)?$"),
    "version": re.compile(r"^v?\d+(?:\.\d+)+$"),
}


@dataclass(frozen=True)
class Statement:
    """What a sentence says for longer than a task.

    `value` are the tokens of what is wanted or holds, `avoid` of what is not wanted, `topic` of what it is about. `kind` is
    `choice` (one thing rather than another, or for something), `rule` (an order), `fact` or `note`.
    """

    text: str
    kind: str
    value: frozenset[str]
    avoid: frozenset[str] = frozenset()
    topic: frozenset[str] = frozenset()
    link: str = ""
    is_explicit: bool = False
    is_change: bool = False

    @property
    def all(self) -> frozenset[str]:
        return self.value | self.avoid | self.topic


def sentences(text: str) -> Iterator[str]:
    """The sentences that somebody said themselves: what is quoted, fenced or between tags was said by others."""
    for part in _BREAK.split(_PASTED.sub("\n", text.replace("’", "'"))):
        sentence = _BULLET.sub("", part).strip()
        if SHORTEST <= len(sentence) <= LONGEST:
            yield sentence


def read(sentence: str) -> Statement | None:
    """The lasting statement that a sentence makes; None for questions, tasks, remarks, and what holds this once."""
    if sentence.endswith("?") or words.ONCE.search(sentence):
        return None
    is_lasting = bool(words.LASTING.search(sentence))
    body, is_explicit = _without(words.EXPLICIT, sentence)
    body, is_corrected = _without(words.CORRECTION, body)
    body, _ = _without(words.POLITE, body)
    body, is_corrected_too = _without(words.CORRECTION, body)
    body = body.strip().rstrip(".!;,: ")
    is_meant = is_explicit or is_corrected or is_corrected_too or is_lasting
    found = _choice(body, is_meant=is_meant) or _fact(body, is_meant=is_explicit or is_lasting)
    if found is None and is_meant and (is_explicit or is_lasting or words.PREFERS.search(body) or _is_order(body)):
        found = _rule(body, kind="rule" if is_lasting or not is_explicit else "note")
    if found is None or not found.all or sum(1 for token in found.all if token) < _least(found):
        return None
    return Statement(
        text=_sentence(body),
        kind=found.kind,
        value=found.value,
        avoid=found.avoid,
        topic=found.topic,
        link=found.link,
        is_explicit=is_explicit,
        is_change=bool(words.CHANGED.search(sentence)),
    )


def _least(found: Statement) -> int:
    return 1 if any(is_hard(token) for token in found.all) or found.kind == "choice" else 2


def _without(pattern: re.Pattern[str], text: str) -> tuple[str, bool]:
    """The text behind all beginnings that fit, and whether there was one."""
    found = False
    while (match := pattern.match(text)) and match.end() < len(text) and match.end() > 0:
        text, found = text[match.end() :], True
    return text, found


def _is_order(body: str) -> bool:
    """A correction that tells what to do and not what went wrong."""
    return not words.TRANSIENT.search(body) and bool(
        words.NEGATIVE.match(body) or re.match(r"[a-zäöüéèñ]+e?[nrs]?\b", body)
    )


def _choice(body: str, *, is_meant: bool) -> Statement | None:
    """One thing rather than another: `use X instead of Y for Z`, `not Y but X`, `use X for Z`."""
    if match := _NOT_BUT.match(body):
        wanted, topic = _scoped(match["value"])
        return Statement("", "choice", tokens(wanted), tokens(match["avoid"]), topic)
    prefers = words.PREFERS.search(body)
    parts = words.INSTEAD.split(body, maxsplit=1)
    if len(parts) == 2 and (prefers or is_meant) and tokens(parts[0]) and not words.NEGATIVE.match(body):
        (wanted, before), (unwanted, behind) = _scoped(parts[0]), _scoped(parts[1])
        if tokens(unwanted):
            return Statement("", "choice", tokens(wanted), tokens(unwanted), before | behind)
    if prefers and not words.NEGATIVE.match(body):
        wanted, topic = _scoped(body)
        if topic and tokens(wanted):
            return Statement("", "choice", tokens(wanted), frozenset(), topic)
    return None


def _scoped(text: str) -> tuple[str, frozenset[str]]:
    """What is wanted, and what for."""
    parts = _SCOPE.split(text, maxsplit=1)
    return parts[0], tokens(parts[1]) if len(parts) == 2 else frozenset()


def _fact(body: str, *, is_meant: bool) -> Statement | None:
    match = words.FACT.match(body)
    if match is None or words.TRANSIENT.search(match["value"]) or words.NEGATIVE.match(match["value"]):
        return None
    topic, value = tokens(match["topic"]), tokens(match["value"])
    if not topic or not value or not (is_meant or any(is_hard(token) for token in value)):
        return None
    link = next((name for name, pattern in _LINKS.items() if pattern.search(match["link"] + " ")), "be")
    return Statement("", "fact", value, topic=topic, link=link)


def _rule(body: str, *, kind: str) -> Statement:
    if words.NEGATIVE.search(body[:40]):
        return Statement("", kind, frozenset(), tokens(body))
    return Statement("", kind, tokens(body))


def _sentence(body: str) -> str:
    """The statement as a line of its own."""
    text = " ".join(body.split())
    return text[:1].upper() + text[1:] + "."


# ── two statements ────────────────────────────────────────────────────────────────────────────────────────────────────


def agree(one: Statement, other: Statement) -> bool:  # noqa: PLR0911 - one return a kind
    """Whether they say the same, in whatever words."""
    if oppose(one, other):
        return False
    if one.kind == other.kind == "fact":
        return likeness(one.topic, other.topic) >= ALIKE and likeness(one.value, other.value) >= ALIKE
    if "fact" in (one.kind, other.kind):
        return likeness(one.all, other.all) >= ALIKE + 0.1
    if one.topic and other.topic and likeness(one.topic, other.topic) < UNLIKE:
        return False
    if one.value and other.value:
        return likeness(one.value, other.value) >= ALIKE
    if one.avoid and other.avoid:
        return likeness(one.avoid, other.avoid) >= ALIKE
    return False


def oppose(new: Statement, old: Statement) -> bool:
    """Whether both cannot hold: what the one wants the other forbids, or the same thing is said to be otherwise."""
    if new.kind == old.kind == "fact":
        return _differ(new, old)
    if "fact" in (new.kind, old.kind):
        return False
    if new.topic and old.topic and likeness(new.topic, old.topic) < UNLIKE:
        return False
    crossed = likeness(new.value, old.avoid) >= ALIKE or likeness(new.avoid, old.value) >= ALIKE
    same_way = likeness(new.value, old.value) >= ALIKE or (
        not (new.value and old.value) and likeness(new.avoid, old.avoid) >= ALIKE
    )
    if crossed and not same_way:
        return True
    choices = new.kind == old.kind == "choice" and bool(new.topic and old.topic)
    return choices and likeness(new.topic, old.topic) >= ALIKE and likeness(new.value, old.value) < UNLIKE


def _differ(new: Statement, old: Statement) -> bool:
    """Facts of one subject that give the same sort of thing another value."""
    if likeness(new.topic, old.topic) < ALIKE or likeness(new.value, old.value) >= ALIKE:
        return False
    if new.link != old.link and not (new.is_change or old.is_change):
        return False
    return bool(_shapes(new.value) & _shapes(old.value))


def _shapes(value: frozenset[str]) -> set[str]:
    found = {
        next((name for name, shape in _SHAPES.items() if shape.search(token)), "name")
        for token in value
        if is_hard(token)
    }
    return found or {"word"}
