"""Sentences that say how something is: `the server listens on port 1`, `the dashboard: https://…`. Pure."""

from __future__ import annotations

import re
from typing import Final

from workbench.memory.mining import words
from workbench.memory.mining.framing import MOST_WORDS, FramedSentence, is_task
from workbench.memory.mining.statement import Statement
from workbench.memory.mining.tokens import is_hard, tokens

_LINKS: Final = {
    "name": re.compile(r"called|named|renamed|heiß|appelle|llama", re.IGNORECASE),
    "place": re.compile(
        r"live|listen|sit|goes|go\b|moved|läuft|laufen|liegt|liegen|steht|hört|lauscht|trouve|écoute|escucha|corre|vive|runs? |tourne|gira|ascolta|roda|escuta|draait|luistert|"
        r"\b(?:at|on|in|under|auf|unter|bei|sur|dans|en|su|op)$",
        re.IGNORECASE,
    ),
    "need": re.compile(
        r"need|require|expect|brauch|besoin|exige|necesita|uses?\b|nutzt|verwendet|utilise|usa", re.IGNORECASE
    ),
}
_NAMED: Final = re.compile(
    r"^(?:port|\d+|https?://\S+|[\w.-]+:\d{2,5}\S*|/\S+|v?\d+(?:\.\d+)+|[\w-]+(?:\.[\w-]+)+(?::\d+)?\S*)$",
    re.IGNORECASE,
)
_PLACED: Final = re.compile(
    r"https?://|\b(?:on|at|auf|unter|sur|en|su|op|to|now|jetzt|is|la|el|il)\s+[`']?(?:port\s+)?\d{3,5}\b|[\w-]+:\d{2,5}\b|端口|ポート",
    re.IGNORECASE,
)
"""An address, or a number that is one."""
_TELLING: Final = re.compile(
    r":|=|->|→|\b(?:is|are|at|on|to|port|uses?|moved|reach\w*|listen\w*|runs?|ist|unter|auf|läuft|lauscht|erreichbar|est|sur|écoute|es|está|en|puerto|escucha|è|sulla|su|porta|"
    r"na|no|op|poort|ascolta|escuta|luistert|draait)\b|是|在|端口|は|ポート",
    re.IGNORECASE,
)
_HAVE: Final = re.compile(
    r"^(?:we|wir|nous|on|nosotros|noi|nós|a gente|wij)(?:'ve| have)? (?:run|have|got|host|keep|put|expose|serve|bind|set|moved|betreiben|haben|hosten|avons|hébergeons|a |tenemos|corremos|abbiamo|temos|"
    r"hebben|draaien)\b",
    re.IGNORECASE,
)
"""Says what people have, and not what they saw."""
_WHERE: Final = re.compile(r"\b(?:that'?s|thats|it'?s|is|there) (?:where|what|the one)\b", re.IGNORECASE)
_CLAUSE: Final = re.compile(r"[,;:.!?]\s+|\s+[–—-]+\s+")
_PAUSE: Final = re.compile(r"[,;](?=\s)|\.\s")


def is_placed(said: FramedSentence) -> bool:
    """Whether it is about an address, or a number that is one."""
    return bool(_PLACED.search(said.body)) or "port" in tokens(said.body)


def fact(said: FramedSentence) -> Statement | None:
    match = words.FACT.match(said.body)
    if (
        match is None
        or _PAUSE.search(said.body)
        or words.TRANSIENT.search(match["value"])
        or words.NEGATIVE.match(match["value"])
    ):
        return None
    topic, value = tokens(match["topic"]), tokens(_latest(match["value"]))
    if "port" in topic and topic != {"port"} and any(token.isdigit() for token in value):
        # `The port of X is 1` and `X listens on port 1` speak of the same.
        topic, value = _subject(topic), _subject(value) | {"port"}
    if not topic or not value or not (said.is_explicit or said.is_lasting or any(is_hard(token) for token in value)):
        return None
    if words.TRANSIENT.search(said.body) or (words.AT_HAND.search(said.whole) and not said.is_explicit):
        return None
    link = next((name for name, pattern in _LINKS.items() if pattern.search(match["link"] + " ")), "be")
    return Statement("", "fact", value, topic=topic, link=link)


def loose_fact(said: FramedSentence) -> Statement | None:
    """A number, address or path said of something, in whatever order."""
    body = said.body
    if "`" in body or not _TELLING.search(body) or words.TRANSIENT.search(body):
        return None
    is_order = (is_task(said) or words.TASK.match(body)) and not _WHERE.search(body)
    if not said.is_explicit and (is_order or len(body.split()) > MOST_WORDS):
        return None
    if not (said.is_meant or words.CHANGED.search(body)) and words.SELF.match(body) and not _HAVE.match(body):
        return None
    found = tokens(_latest(_telling_part(body)))
    value = frozenset(
        token for token in found if _NAMED.match(token) and token != "port" and (is_placed(said) or not token.isdigit())
    )
    topic = _subject(found - value)
    if not value or not topic or (words.NEGATIVE.match(body) and not words.CHANGED.search(body)):
        return None
    return Statement("", "fact", value | (found & {"port"}), topic=topic, link="place")


def _telling_part(body: str) -> str:
    """The clause that names both a thing and its address; the whole, where no single one does."""
    for clause in _CLAUSE.split(body):
        found = tokens(clause)
        named = frozenset(token for token in found if not _NAMED.match(token))
        if found - named - {"port"} and len(_subject(named)) > 1:
            return clause
    return body


def _subject(found: frozenset[str]) -> frozenset[str]:
    """Without the words that say that something changed."""
    # A token has lost its plural's s, as a verb may have.
    changed = (words.CHANGED.fullmatch(token) or words.CHANGED.fullmatch(token + "s") for token in found)
    return frozenset(token for token, is_verb in zip(found, changed, strict=True) if not is_verb and token != "port")


def _latest(text: str) -> str:
    """Without what was before, in `moved from port A to B` and `not A any more`."""
    kept = words.FORMER.sub(" ", text)
    return kept if any(_NAMED.match(token) for token in tokens(kept)) else text
