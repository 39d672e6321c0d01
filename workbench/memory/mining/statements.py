"""From a sentence to the lasting statement that it makes: a choice, a fact, an order. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from workbench.memory.mining import words, wrappers
from workbench.memory.mining.clauses import Contrast, contrast
from workbench.memory.mining.facts import fact, is_placed, loose_fact
from workbench.memory.mining.framing import MOST_WORDS, FramedSentence, is_task, manner_of
from workbench.memory.mining.hedges import MUSES, PRODUCT, SHOWN, is_idle, is_telling
from workbench.memory.mining.polarity import FOR
from workbench.memory.mining.prescribing import RULES, UNDONE, prescribes
from workbench.memory.mining.statement import Statement
from workbench.memory.mining.tokens import is_hard, tokens

_SCOPE: Final = re.compile(
    r"\s+(?:for|when|whenever|in|on|für|beim?|wenn|pour|quand|dans|lors de(?:s)?|para|al|cuando|en|per|nel|nei|voor|bij)\s+",
    re.IGNORECASE,
)
_ASKED: Final = re.compile(
    r"\b(?:can|could|would|will) you\b|\b(?:kannst|könntest|würdest) du\b|\b(?:peux|pourrais)-tu\b|\btu (?:peux|pourrais)\b|\b(?:puedes|podrías)\b|"
    r"\b(?:puoi|potresti)\b|\b(?:você )?pode(?:s|ria)?\b|\b(?:kun|wil|zou) je\b",
    re.IGNORECASE,
)
"""A question that asks for something to be done."""
_TAG: Final = re.compile(
    r"[\s,;:.–—-]+(?:ok(?:ay)?|k|understood|got it|clear|deal|capito|chiaro|vale|claro|d'accord|compris|beleza|klar|verstanden|oké|va bene|好吗|ね)"
    r"(?:\s*\?+)?[\s!.?]*$",
    re.IGNORECASE,
)
"""Asks for a nod, behind what is no question."""
_DESCRIBES: Final = re.compile(
    r"^(?:never ?mind\b|(?:it|this|that|he|she)\b.{0,40}\b(?:always|never)\b|the .{2,40}\b(?:always|never) \w+s\b|"
    r"(?:le|la|les|der|die|das|el|los|il(?! (?:ne )?faut)|i|o|os|de|het)\b(?!.*\b(?:doi(?:t|vent)|muss|müssen|soll\w*|deben?|tienen? que|dev(?:e|ono|em)|"
    r"va|vanno|mo(?:et|eten)|têm|sont interdits?|sind verboten)\b).{2,40}\b(?:toujours|immer|siempre|sempre|altijd|jamais|nie|nunca|mai)\b"
    r"(?! (?:sur|auf|en|à|a|in|avec|mit|con|com))|"
    r"(?:how|what|why|where|when(?! (?:you|u) (?:need|want|feel|reach|are|would|have|use))|who|which|wie|was|wo|warum|comment|pourquoi|quand(?! tu)|où|cómo|por qué|qué|dónde|come|perché|dove|como|"
    r"por que|onde|hoe|waarom|waar) (?!about|if)\S+ )",
    re.IGNORECASE,
)
"""Tells how things are, or asks."""


@lru_cache(maxsize=4096)
def read(sentence: str) -> Statement | None:
    """The lasting statement that a sentence makes; None for questions, tasks, remarks, and what holds this once.

    Each line of a store is held against each candidate, and most of a dream's time went into reading the same lines again.
    """
    sentence = _TAG.sub("", sentence)
    if (words.ONCE.search(sentence) and not _is_gate(sentence)) or len(sentence.split()) > MOST_WORDS * 2:
        return None
    said = manner_of(sentence)
    if not said.is_explicit and is_idle(said.body):
        return None
    if sentence.rstrip(" .!)").endswith("?") and not (
        _ASKED.search(sentence) and (said.is_explicit or said.is_lasting or contrast(said.body))
    ):
        return None
    is_named = said.is_explicit or is_placed(said)
    ways = (fact, loose_fact, _choice, _order) if is_named else (_choice, fact, loose_fact, _order)
    found = next((one for way in ways if (one := way(said)) is not None), None)
    if found is None or len(found.all) < _least(found):
        return None
    return replace(
        found, text=_sentence(said.body), is_explicit=said.is_explicit, is_change=bool(words.CHANGED.search(sentence))
    )


def _is_gate(sentence: str) -> bool:
    """A command that must have run before something may: `no commit until X has passed`."""
    return "`" in sentence and bool(words.TEMPORAL.search(sentence) and words.NEGATIVE.search(sentence))


def _least(found: Statement) -> int:
    """So many words must stand for something; of what is not wanted at all, one is enough."""
    is_named = (
        any(is_hard(token) for token in found.all) or found.kind == "choice" or (bool(found.avoid) and not found.value)
    )
    return 1 if is_named else 2


def _choice(said: FramedSentence) -> Statement | None:
    """One thing rather than another, or one thing for something: `use X instead of Y for Z`, `not Y but X`, `use X for Z`."""
    if is_task(said):
        return None
    sides = contrast(said.body)
    if (
        sides
        and _DESCRIBES.match(said.body)
        and ";" not in said.body
        and not (sides.is_answered and _WHY.match(said.body))
        and not RULES.search(said.body)
    ):
        sides = None
    if sides is not None and PRODUCT.search(said.body) and (sides.is_loose or not said.is_lasting):
        return None
    if sides is not None and not words.WITHOUT.search(said.body):
        return None if _is_story(said, sides) else _between(sides)
    if words.PREFERS.search(said.body) and not words.NEGATIVE.match(said.body):
        wanted, topic = _scoped(said.body)
        return Statement("", "choice", wanted, frozenset(), topic) if topic and wanted else None
    return None


def _is_story(said: FramedSentence, sides: Contrast) -> bool:
    """Whether two sides tell what happened, or when a command must have run, and choose nothing."""
    moment = sides.wanted if said.is_lasting or said.is_explicit else said.body
    if words.TRANSIENT.search(moment) or _DID.match(said.body):
        return True
    if not sides.is_loose:
        return False
    if MUSES.search(said.body) or _shows(said):
        return True
    if "`" in said.body and words.TEMPORAL.search(said.body):
        return True
    is_own = bool(words.SELF.match(said.body)) and not (said.is_meant or sides.is_answered)
    is_for = bool(words.USING.search(sides.wanted) or FOR.search(sides.wanted))
    return is_own or (bool(words.SELF.match(sides.wanted)) and not is_for)


def _shows(said: FramedSentence) -> bool:
    return bool(SHOWN.match(said.body)) and not words.USING.search(said.body)


def _between(sides: Contrast) -> Statement:
    if sides.is_loose:
        return Statement("", "choice", tokens(sides.wanted), tokens(sides.unwanted))
    (wanted, before), (unwanted, behind) = _scoped(sides.wanted), _scoped(sides.unwanted)
    return Statement("", "choice", wanted, unwanted, before | behind)


def _scoped(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The tokens of what is meant, and of what it is for."""
    first, *rest = _SCOPE.split(text, maxsplit=1)
    meant, scope = tokens(first), tokens(rest[0]) if rest else frozenset[str]()
    return (meant, scope) if meant else (scope, frozenset())


def _order(said: FramedSentence) -> Statement | None:
    """What is to be done, or never to be done, again and again."""
    body = said.body
    if said.is_explicit:
        return _rule(body, kind="rule" if said.is_lasting else "note")
    is_tied = bool(words.TEMPORAL.search(said.whole)) and not is_task(said)
    is_tied = is_tied and ("`" in body or not UNDONE.search(body))
    is_gated = is_tied and "`" in body and bool(words.WITHOUT.search(body))
    if _DID.match(body) or (
        words.TRANSIENT.search(body) and not is_gated and (not said.is_lasting or _ARTICLE.match(body))
    ):
        return None
    is_asked = bool(_DESCRIBES.match(body)) and ";" not in body and not (is_tied and "`" in body)
    if len(body.split()) > MOST_WORDS or _is_told(body) or is_asked or is_telling(body):
        return None
    is_ban = bool(
        words.NEGATIVE.match(body)
        or _FORBIDS.search(body)
        or (words.MUST_NOT.search(body) and not words.SELF.match(body))
    )
    is_ban = is_ban and not is_task(said) and (not said.is_lasting or prescribes(body))
    is_general = bool(words.GENERIC_ORDER.match(body)) and not words.SINGLE.search(body) and not is_task(said)
    is_preferred = said.is_corrected and bool(words.PREFERS.search(body))
    is_prescribed = said.is_lasting and prescribes(body)
    if is_prescribed or is_tied or is_ban or is_general or is_preferred:
        return _rule(body, kind="rule")
    return None


_RUN_NOT: Final = re.compile(
    r"(?:\b(?:don'?t|do not|never|stop|avoid|nicht|nie|niemals|kein|jamais|pas|no|nunca|non|mai|não|niet|nooit|geen)(?: (?:ever|please|mehr|bitte|de|d'|more|mai))*"
    r"(?: (?:run|running|call\w*|execut\w*|use|using|start\w*|invok\w*|do|launch\w*|lanc\w+|exécut\w+|utilis\w+|ejecut\w+|corr\w+|us[aeo]\w*|esegu\w+|rod\w+|draai\w*|gebruik\w*|nutze\w*|verwende\w*))?"
    r"(?: the)?|别(?:用|跑|运行)?|不要(?:用|跑|运行)?)\s*`",
    re.IGNORECASE,
)
"""Forbids a command itself."""
_FORBIDS: Final = re.compile(
    r"[,.!?;]\s+(?:(?:so|and|please|pls|bitte|also|stp|porfa|per favore|por favor|und|et|y|e|en)\s+)*(?:never|don'?t|do not|stop \w+ing|nie|niemals|jamais|ne .{1,12} (?:plus )?jamais|nunca|mai più|nooit)\b",
    re.IGNORECASE,
)
"""Behind what happened, an order that it should not happen again."""
_WHY: Final = re.compile(r"^(?:why|warum|wieso|weshalb|pourquoi|por qu[eé]|perché|waarom)\b", re.IGNORECASE)
_ARTICLE: Final = re.compile(r"^(?:the|der|die|das|le|la|les|el|los|las|il|lo|gli|o|os|as|de|het)\b", re.IGNORECASE)
_DID: Final = re.compile(
    r"^(?:no |nein |non |nee |não )?(?:aspetta,? |wait,? )?(?:hai (?!usato)\w+(?:to|so)\b|tu as (?!utilisé|pris)|du hast (?!\w* ?(?:benutzt|verwendet))|has (?!usado)\w+(?:ado|ido)\b|você (?!usou)\w+ou\b|je hebt )",
    re.IGNORECASE,
)
"""Tells what the other one did, other than using something."""
_TOLD: Final = re.compile(
    r"^(?:you (?:never|always|keep(?! (?:it|this|in|the|to)\b)|did|didn't|don't|have|haven't|forgot (?!to))|(?:i|it|this|that|he|she|they|there|du|ich|es|tu|je|ça|eso|yo|lo) (?!prefer|want|don't (?:ever |really )?want|always want|like|need|hate|bevorzuge|will|möchte|"
    r"préfère|veux|ne veux|prefiero|quiero|no quiero)\w+)",
    re.IGNORECASE,
)


def _is_told(body: str) -> bool:
    """It tells what happened, or how somebody feels; a complaint about an order that was not followed is one all the same."""
    return bool(_TOLD.match(body) and not words.TEMPORAL.search(body) and ";" not in body and not _FORBIDS.search(body))


def _rule(body: str, *, kind: str) -> Statement:
    """A negative word makes it something to avoid; `never X without Y` asks for Y."""
    meant = wrappers.EMPHASIS.sub(" ", body)
    if "`" in meant and words.TEMPORAL.search(meant) and not _RUN_NOT.search(meant):
        # What is said of a command and a commit asks for the command, however many negative words it has.
        return Statement("", kind, tokens(meant))
    if words.MUST_NOT.search(meant) and not words.WITHOUT.search(meant):
        return Statement("", kind, frozenset(), tokens(meant))
    if words.NEGATIVE.search(meant[:80]) and not words.WITHOUT.search(meant):
        return Statement("", kind, frozenset(), tokens(meant))
    return Statement("", kind, tokens(meant))


def _sentence(body: str) -> str:
    """The statement as a line of its own."""
    text = " ".join(body.split())
    is_name = any(is_hard(token) for token in tokens(text.split(" ", 1)[0]))
    return (text if is_name else text[:1].upper() + text[1:]) + "."
