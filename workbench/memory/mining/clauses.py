"""Which part of a sentence is wanted and which is not: `use X instead of Y`, `not Y but X`, `no Y here, X please`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from workbench.memory.mining import words
from workbench.memory.mining.polarity import sides
from workbench.memory.mining.tokens import tokens

_CLAUSE: Final = re.compile(
    r"(?<! auf)\s*[,;:!…]\s+|\s+[–—-]+\s+|\s*[–—]\s*|\.\s+|,|\s+(?:so|(?<!anything )(?<!everything )(?<!anywhere )(?<!everywhere )(?<!nothing )but|and|und|sondern|aber|et|mais|y|pero|sino|e|ma|mas|en|maar)\s+(?=\S)",
    re.IGNORECASE,
)
_LONGEST: Final = 24
"""Words in a contrast; what is longer tells a story."""


@dataclass(frozen=True)
class Contrast:
    """What is wanted, and what is not, in the words of the sentence."""

    wanted: str
    unwanted: str
    is_loose: bool = False
    """Whether the sides are whole clauses, with more in them than what is set against each other."""
    is_answered: bool = False
    """Whether one clause complains and another says what is right."""


def contrast(body: str) -> Contrast | None:
    """The two sides of a sentence that sets one thing against another; None where it does not."""
    if len(body.split()) > _LONGEST:
        return None
    return _named(body) or _split(body) or _by_halves(body) or _by_polarity(body)


_REPLACED: Final = re.compile(
    r"\b(?:switch\w*|mov\w*|migrat\w*|chang\w*|went|gewechselt|umgestiegen|passés?|pasado|pasamos|passati|mudamos|overgestapt)\b.{0,30}?\s(?:from|off|away from|von|de|da|van)\s+(?P<avoid>[^\s,;:]+)\s+"
    r"(?:over )?(?:to|auf|zu|à|a|para|naar)\s+(?P<value>[^\s,;:]+)|"
    r"\b(?:swap\w*|replac\w*|exchang\w*|substitut\w*|ersetz\w*|tausch\w*|remplac\w*|reemplaz\w*|sustitu\w*|cambi\w+|sostitui\w*|substitu\w*|troc\w+|vervang\w*|vervingen)\s+(?:(?:your|my|the|all|every|die|das|der|le|la|el|il|lo|de) )?(?P<avoid2>[^\s,;:]+)\s+"
    r"(?:for|with|by|durch|gegen|par|por|con|com|door)\s+(?P<value2>[^\s,;:]+)|\b(?:less|weniger|moins de|menos|meno|minder)\s+(?P<avoid4>[^\s,;:]+),? (?:(?:and|und|et|y|e|en) )?(?:more|mehr|plus de|más|più|mais|meer)\s+(?P<value4>[^\s,;:]+)|"
    r"(?P<avoid5>[^\s,;:]+) (?:was|is|has been|got|wurde|a été|fue|ha sido|è stato|foi|werd) (?:\w+ )?(?:replaced|superseded|remplacé\w*|reemplazad\w|sustituid\w|sostituit\w|substituíd\w|vervangen) (?:by|with|par|por|da|door) (?P<value5>[^\s,;:]+)|"
    r"(?P<value6>[^\s,;:]+) (?:replaces|supersedes|ersetzt|remplace|reemplaza|sustituye|sostituisce|substitui|vervangt) (?P<avoid6>[^\s,;:]+)$|"
    r"\bs/(?P<avoid3>[^/ ]+)/(?P<value3>[^/ ]+)/",
    re.IGNORECASE,
)
"""One thing takes the place of another: `switched from Y to X`, `swap Y for X`."""


_PREFERRED: Final = re.compile(
    r"^.{0,40}?\b(?:(?:prefer\w*|rather(?! you (?:never|not|didn|don))(?: you| we)?(?: (?:used?|went (?:with|for)|took|had|picked|chose|saw|see|stick to|stuck (?:to|with)|work(?:ed)? with|relied on))?|liever|lieber|préfère|prefiero|preferisco|prefiro)\b"
    r"(?: mil vezes| mil veces| di gran lunga| muito mais| largement| much| sempre| siempre| toujours| immer| always)?\s+"
    r"(?:mit |met |to use |using |use |utiliser |usar |usare )?(?P<value>\S+(?: \S+){0,2}?)\s+"
    r"(?:to|over|als|dan|à|a|al|rispetto a|do que|que|than|ante|antes que|di)|"
    r"(?:use|using|pick|choose|favou?r|take|always|it'?s(?: always)?|but)\s+(?P<value2>\S+(?: \S+){0,2}?)\s+over)\s+"
    r"(?:mit |met |using |use )?(?P<avoid>\S+?(?: \S+)?)(?=$|,|;| for | para | per | pour | in | when| if | unless | because | since )|"
    r"^(?:.{0,60}?(?:[:,] |\b(?:says?|is|means|rule|always) ))?(?P<value5>[^\s,;:]+) over (?P<avoid5>[^\s,;:]+)(?=$|[,;:.])|"
    r"^.{0,80}?\b(?P<value3>\S+) (?:is|are|gets|wird|werden|est|es|è|é|wordt|worden) (?:\w+ )?(?:prefer\w*|favou?red|préf\w+|prefer\w+|bevorzugt|verkozen) (?:over|to|à|a|al|vor|boven) (?P<avoid3>[^\s,;]+)|"
    r"^.{0,40}?\b(?:i|we|everyone|everybody|ich|wir|je|on|nous|nos|me|ci|mi|eu|a gente|ik|wij) (?:\w+ )?(?:like|love|want|use|mag|mögen|aime\w*|gusta|piace|gosto de|vind) (?P<value4>\S+) "
    r"(?:(?:way|much|far|a lot|viel|beaucoup|mucho|molto|muito|veel) )*(?:more|better|besser|mehr|plus|mieux|más|mejor|più|meglio|mais|melhor|meer|beter|fijner) (?:than|als|que|di|do que|dan) (?P<avoid4>[^\s,;]+)",
    re.IGNORECASE,
)
"""`prefer X to Y`, `use X over Y`."""


_EITHER: Final = re.compile(
    r"(?P<one>\w[^\s,;:'\"]*)['\"]? (?:or|and|vs\.?|versus|oder|und|ou|et|y|o|e|of|en) ['\"]?(?P<two>\w[^\s,;:'\"]*)\b.{0,40}?\b(?:always|immer|toujours|siempre|sempre|altijd)\b.{0,15}?\b"
    r"(?P<pick>(?P=one)|(?P=two))\b",
    re.IGNORECASE,
)
"""Of two that are named, the one that is named again: `between Y and X always take X`."""


def _named(body: str) -> Contrast | None:
    if match := _EITHER.search(body):
        return _both(match["pick"], match["two"] if match["pick"].lower() == match["one"].lower() else match["one"])
    if match := _REPLACED.search(body):
        wanted, unwanted = (
            next(match[f"{name}{one}"] for one in ("", "2", "3", "4", "5", "6") if match[f"{name}{one}"])
            for name in ("value", "avoid")
        )
        return _both(wanted, unwanted)
    if match := words.REVERSED.match(body):
        return _both(match["value"] or match["value2"], match["avoid"] or match["avoid2"])
    if match := _PREFERRED.match(body):
        return _both(
            match["value"] or match["value2"] or match["value3"] or match["value4"] or match["value5"],
            match["avoid"] or match["avoid3"] or match["avoid4"] or match["avoid5"],
        )
    for pattern in (words.NOT_BUT, words.INSTEAD_FIRST):
        if match := pattern.match(body):
            return _both(match["value"], match["avoid"])
    return None


def _split(body: str) -> Contrast | None:
    """`X instead of Y`, and `don't use Y instead of X`."""
    parts = words.INSTEAD.split(body, maxsplit=1)
    if len(parts) != 2 or not all(tokens(part) for part in parts):
        return None
    first, second = parts
    if _POINTS.search(second):
        return None
    if re.search(r"\b(?:ne\b|n')", first, re.IGNORECASE):
        # The negative word belongs to the verb, and sets nothing against anything.
        return None
    if words.NEGATIVE.match(first):
        return (
            _both(second, first)
            if re.search(r"instead|statt|au lieu|en (?:vez|lugar)|invece|em vez|plaats", body, re.IGNORECASE)
            else None
        )
    if words.NEGATIVE.search(first) or words.COMPLAINT.match(first):
        return None
    # What stands before a colon announces: `a standing rule: X, never Y`.
    announced = first.rpartition(": ")[2]
    return _both(announced if tokens(announced) else first, second)


_POINTS: Final = re.compile(
    r"\b(?:there(?! (?:is|are|was|were)\b|'s)|dort|dahin|darauf|là-bas|ahí|allí|lì|lá|ali|daar|erop|daarheen|(?:to|on|onto|into) it)\b",
    re.IGNORECASE,
)
"""Speaks of what another clause names, and so stands against nothing else."""


def _by_polarity(body: str) -> Contrast | None:
    """A clause that forbids beside one that wants."""
    clauses: list[tuple[str, bool]] = []
    for part in filter(None, _CLAUSE.split(body)):
        if tokens(part):
            clauses.append((part, _is_against(part)))
        elif clauses and words.NEGATIVE.fullmatch(part.strip()):
            clauses[-1] = (clauses[-1][0], True)
    against = [part for part, forbids in clauses if forbids]
    wanted = [part for part, forbids in clauses if not forbids]
    if not against or not wanted or any(words.TASK.match(part) for part in wanted):
        return None
    using = [part for part in wanted if words.USING.search(part)] or wanted[-1:]
    if any(_POINTS.search(part) for part in against):
        return None
    sides = _both(" ".join(using), " ".join(against))
    return replace(sides, is_loose=True) if sides else None


def _by_halves(body: str) -> Contrast | None:
    """What one half of a correction complains of, and what the other says instead."""
    found = sides(body)
    if found is None or _POINTS.search(found[1]):
        return None
    both = tokens(found[0]) & tokens(found[1])
    if not tokens(found[0]) - both or not tokens(found[1]) - both:
        return None
    return Contrast(*found, is_loose=True, is_answered=True)


def _is_against(clause: str) -> bool:
    return bool(words.NEGATIVE.search(clause) or words.COMPLAINT.match(clause))


def _both(wanted: str, unwanted: str) -> Contrast | None:
    return Contrast(wanted, unwanted) if tokens(wanted) and tokens(unwanted) else None
