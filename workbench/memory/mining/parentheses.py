"""An order to remember that stands between commas somewhere in a sentence, and says nothing else. Pure."""

from __future__ import annotations

import re
from typing import Final

from workbench.memory.mining import words
from workbench.memory.mining.tokens import tokens

_PART: Final = re.compile(r"\s*[,;:(–—](?:\s+|$)|\s+-+\s+|\)(?:\s+|$)|\s*<-+\s*|[.!]\s+")
_REMEMBERS: Final = re.compile(
    r"\b(?:remember\w*|memori[sz]e\w*|(?:don'?t|do not|never)(?: \w+)? forget|(?:bookmark|note|jot) \w+|(?:save|store|keep) (?:this|that|these|the following)|"
    r"(?:write|jot|put|take|note) (?:\w+ )?(?:this|that|it|these) down|(?:save|store|keep|put|add|commit|log|record|have) (?:\w+ )?(?:(?:this|that|it|these|the following) )?"
    r"(?:somewhere|for (?:later|next time|the future)|in mind|(?:in(?:to)?|to) (?:your |the |long[- ]term )?(?:memory|notes|head))|"
    r"(?:in(?:to)?|to) (?:your |the |long[- ]term )?(?:memory|notes)|"
    r"merk\w*|notier\w*|vergiss|vergessen|behalt\w*|speicher\w* (?:dir )?(?:das|dies|es)|ins? gedächtnis|"
    r"reten\w*|retiens|souvien\w*|souven\w*|oublie\w*|mémoris\w*|en (?:tête|mémoire)|not\w+ (?:ça|bien|le)|enregistre (?:ça|le)|"
    r"recuerd\w*|recuérd\w*|acu[eé]rd\w*|olvid\w*|ap[uú]nt\w*|an[oó]ta\w*|en (?:cuenta|mente|memoria)|guard\w+ (?:esto|eso|isto|isso|aí)|guárda\w+|"
    r"ricord\w*|dimentic\w*|segna\w*|annota\w*|memorizz\w*|a mente|in memoria|lembr\w*|esque[cç]\w*|na memória|"
    r"onthou\w*|vergeet|vergeten|noteer|bewaar (?:dit|dat)|in (?:je|het) geheugen)\b|记|覚え|メモ|忘れ|别忘",
    re.IGNORECASE,
)
_RECALLS: Final = re.compile(
    r"\b(?:i|we|you|he|she|they|ich|je|yo|io|eu|ik) (?:\w+ )?(?:can'?t |cannot |don'?t |didn'?t |do |did |never |always )?(?:remember|forget|forgot)\b(?! (?:this|that|it)\b)|\bdo you remember|remembers\b|^to remember|"
    r"\b(?:erinner\w*|je me souviens|no me acuerdo|non (?:mi )?ricordo|não (?:me )?lembro|weet ik niet)\b",
    re.IGNORECASE,
)
"""Speaks of one's own memory."""
_ORDERS_YOU: Final = re.compile(
    r"\b(?:need|want|like|expect|you) (?:you )?(?:\w+ )?(?:to )?remember|\byou (?:should|must|have to|need to|can|ought to) ",
    re.IGNORECASE,
)
_PURPOSE: Final = re.compile(
    r"\b(?:so (?:that )?i|because|since|damit|weil|pour que|car|para que|porque|così|perché|zodat|omdat)\b.*$",
    re.IGNORECASE,
)
_KANA: Final = re.compile(r"[\u3040-\u30ff]+")
_FILLER: Final = frozenset(
    """later next session future following address url link adresse time always memory notes forever permanently permanent somewhere head bookmark following
    nächste später zukunft sitzung adresse prochaine fois suite futur próxima veces futuro direc prossima volta volte cuenta mente tête mémoire memoria memória
    volgende keer toekomst important wichtig important importante please again ask look have hätte""".split()  # noqa: SIM905 - words
)


def without_aside(text: str) -> str | None:
    """The sentence without the part that only asks to remember it; None where there is none."""
    start = 0
    for match in [*_PART.finditer(text), None]:
        stop = match.start() if match else len(text)
        if is_aside(text[start:stop]):
            before, after = text[:start].rstrip(" ,;:(-–—<"), text[match.end() if match else stop :].lstrip()
            rest = f"{before}, {after}" if before and after else before or after
            return rest if len(tokens(rest)) > 1 and not words.TASK.match(rest) else None
        start = match.end() if match else stop
    return None


def is_aside(part: str) -> bool:
    order = _REMEMBERS.search(part)
    if order is None or (_RECALLS.search(part) and not _ORDERS_YOU.search(part)):
        return False
    left = part[: order.start()] + " " + _PURPOSE.sub("", part[order.end() :])
    return not tokens(_KANA.sub(" ", left)) - _FILLER
