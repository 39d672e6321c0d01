"""Which of the things that somebody names is wanted and which is not, where no single word sets them against each other. Pure.

People correct in halves: `Y again? we use X here`. Each half is judged by itself: one turns against something, the other
is for something, and what both name counts for neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from workbench.memory.mining import words
from workbench.memory.mining.tokens import tokens

_HALF: Final = re.compile(
    r"(?P<end>[.!?…]+\s+|[,;:]+\s+|[,，](?=[A-Za-z\u3040-\u30ff\u3400-\u9fff])|\s+[–—-]+\s+|"
    r"\s+(?:so|(?<!nothing )(?<!anything )(?<!anywhere )(?<!everywhere )(?<!everything )but|and|because|cause|cuz|since|as|where|while|when(?:ever)?|though|although|"
    r"und|aber|sondern|weil|da|denn|wenn|et|mais|donc|car|quand|si(?= (?:tu|vas|usas|quieres)\b)|y|pero|sino|porque|cuando|"
    r"e|ma|perché|quando|quindi|mas|então|en|maar|want|als|dus)\s+|"
    r"\s+(?=in favou?r of\b|zugunsten\b|au profit d|a favore? de?\b|a favor\b|ten gunste\b|em favor\b|you reach|use that\b|there(?:'s| is) no\b|no need\b))",
    re.IGNORECASE,
)
"""Where one half ends; a question mark turns what stands before it into doubt."""

_YOU: Final = r"(?:you|u|ya|y'all)(?:'re| are|'ve| have|'d)?(?: would(?: have)?)?(?: (?:just|still|always|keep|kept|tend to|seem to|often|again|have|only|went and|are|\w+ly|ever))*"
AGAINST: Final = re.compile(
    r"\b"
    + words.any_of(
        rf"{_YOU} (?:us(?:e|ed|ing)|pick\w*|reach\w*|suggest\w*|propos\w*|recommend\w*|went|go(?:ing)? (?:for|with|back)|took|take|chose|choose|call\w*|ran|put|did|doing|default\w*|"
        r"fall\w*|grab\w*|install\w*|want\w*|insist\w*|typ(?:e|ed|ing)|writ\w+|wrote|think|reinstall\w*|add(?:ed)?|made|make)|again|why|how come|phas\w+ out|drop\w*|ditch\w*|deprecat\w*|legacy|obsolete|outdated|retired?|"
        r"abandon\w*|replac\w*|bann\w*|remov\w+|got rid|rid of|gone|dead|off the (?:table|menu)|out of the question|allergic|hate\w*|sick of|tired of|fed up|enough|done with|"
        r"leave \S+ (?:be|out|behind|alone)|away from|(?:moved|migrated) (?:off|away)|breaks?|messes|causes?|is what (?:the )?others?|unwanted|unsupported|i see|noticed|"
        r"instead of|rather than|need(?:ed)? (?:something|anything) like|feel like|tempted|isn'?t|aint|ain't|(?:nothing but )?(?:trouble|problems?|headaches?|a pain)|the old one|avoided|unwelcome|discouraged|frowned upon|uninstall\w*|is out|are out|throw \w+ (?:out|away)|what'?s the deal|i know|popular|(?:most|other) people|everyone else|reject\w*|refus\w*|complains?|fails?|(?:yet )?another|history|was fine|was ok",
        r"(?:when(?:ever)?|where(?:ver)?|if|any(?:thing|time|where)) (?:you|u)\b(?! (?:always|only|could|please|used?)\b).*",
        r"wenn du\b.*|quand tu\b.*|si tu\b.*|cuando (?:vayas|uses|quieras|necesites|tengas)\b.*|si (?:vas|ibas)\b.*|quando (?:vuoi|devi|stai|useresti)\b.*|se (?:stai|vuoi|devi)\b.*|"
        r"(?:quando|sempre que|se) (?:for|fosse|você|precisar|quiser)\b.*|(?:als|wanneer) je\b.*",
        r"du (?:nimmst|hast|benutzt|verwendest|nutzt|greifst|machst)|wieder|dauernd|ständig|raus|rausgeflogen|weg|abgeschafft|abgelöst|veraltet|ersetzt|satt|leid|hör\w* auf|aufhören|"
        r"lass\w*|verzichte\w*|wollen wir .{0,20}nicht|rausgeworfen|verbannt|unerwünscht|vergangenheit|geschichte|brauchen wir nicht|nicht willkommen",
        r"marre|encore|arrêt\w+|abandonn\w+|remplac\w+|obsolète|déprécié|laisse tomber|banni\w*|fini|tu (?:as|utilises|prends|mets)|t'as|oublie|vire\w*|stop",
        r"otra vez|dej\w+|olvíd\w+|obsolet\w+|harto|harta|abandonamos|quitamos|reemplaz\w+|basta|vuelv\w+ a|has usado|usaste|usas|vayas a|descartad\w+|fuera",
        r"di nuovo|ancora|smett\w+|basta|stufo|stufa|abbandonat\w+|sostituit\w+|hai usato|usi|tolto|eliminat\w+",
        r"de novo|outra vez|para (?:de|com)|pare|chega|abandon\w+|troc(?:ou|amos)|você usou|larg\w+|cansad\w+|aposentamos|tirei|fora",
        r"alweer|weer|stop|afgeschaft|vervangen|genoeg|zat|moe|je (?:gebruikt|pakt|neemt)|weg|verdwenen|verleden tijd|liever niet",
    )
    + r"\b|又|怎么|别|不|禁止|淘汰|また|使いません|使わない|だめ|やめ|廃止|ないで",
    re.IGNORECASE,
)
"""Names what was done wrongly, or what is no longer."""

FOR: Final = re.compile(
    r"\b"
    + words.any_of(
        r"us(?:e|ing)|uses|prefer\w*|should be|should've been|has to be|have to be|must be|we have|is in|go(?:ing)? (?:for|with)|switch\w* to|migrated to|stick (?:to|with)|only|exclusively|always|default|convention|standard|mandatory|"
        r"the (?:tool|one|rule|way|norm|choice)|from now on|going forward|keep telling|told you|(?:can|could|would) you|person|fan|reach for|tool is|choice is|agreed|we do|make it|stick|rel(?:y|ies) on|knows|everything with|replaced (?:it|that|them)|every time|please|pls|plz|favou?r|want|like|love|built (?:around|on)|based on|approved|take|pick|choose|it'?s|instead|we'?re|shop|replaced (?:it|that|them)",
        r"nimm|nehmen|nutze\w*|verwende\w*|benutze\w*|benutzt|bitte|immer|nur|setzen auf|stattdessen|geeinigt|ausschließlich|standard|lieber|arbeiten|wir haben|gewöhn|alles mit|heißt das|gilt|regel|läuft|alles neue",
        r"utilis\w+|prends|prendre|toujours|c'est|passes?|préf\w+|on est|on bosse|stp|uniquement|la règle|ici c'est|tout avec|travaill\w+",
        r"us[ae]\w*|utiliz\w+|prefer\w+|prefier\w+|siempre|porfa|por favor|trabaj\w+|solo|sólo|estándar|va con|hay que|es con|tenemos|acostúmbrate|regla|todo es|todo con",
        r"us[aio]\w*|utilizz\w+|prefer\w+|sempre|lavor\w+|per favore|soltanto|standard|regola|tutto con",
        r"us[ae]\w*|utiliz\w+|prefir\w+|prefer\w+|sempre|aqui é|padrão|só|apenas|tudo|o certo|regra",
        r"gebruik\w*|neem|pak|altijd|liever|werken|graag|alleen|standaard|het is|alles met|doen|regel",
    )
    + r"\b|用|使|统一|标准|规范|默认|だけ|です|ます",
    re.IGNORECASE,
)
"""Says what is to be done instead."""

_TURNED: Final = re.compile(
    r"\breplac\w+ (?:it|that|this|them)(?: (?:with|by))?\b|\bin favou?r of\b|\bzugunsten\b|\bau profit\b|\bno (?:exceptions?|excuses|matter)\b|\bnot (?:only|just)\b|\bno reason\b.*\bnot\b|"
    r"\bnothing else\b|\b(?:prefer|like|love|want|expect|appreciate) (?:it )?(?:(?:if|that|when) )?you\b|\bnichts anderes\b|\bnada más\b|\bnient'altro\b|\bno lugar\b|\ben su lugar\b|\bal suo posto\b|\bin plaats daarvan\b|\bà la place$|\bstattdessen\b|\bforever\b|\bdon'?t forget\b|\bagain,? (?:it'?s|we|use)\b",
    re.IGNORECASE,
)
"""Words that look as if they turned against something, and do not."""

LONGEST: Final = 34
_ASKS: Final = re.compile(
    r"^(?:be|sei|sois|sé|sii|seja|wees|(?:can|could|would|will) you|check|look|please (?:check|look))\b", re.IGNORECASE
)
_BARE: Final = 2
"""So few words may stand alone as what is wanted: `Y again?? X.`"""


@dataclass(frozen=True)
class Contrasted:
    """One part of what was said, the tokens it names, and which way it points."""

    text: str
    named: frozenset[str]
    is_against: bool
    is_for: bool


def halves(text: str) -> list[Contrasted]:
    """The parts that name something, in order."""
    found: list[Contrasted] = []
    start, joint = 0, ""
    ends = [(match.start(), match.end(), match["end"]) for match in _HALF.finditer(text)]
    for stop, after, end in [*ends, (len(text), len(text), text[-1:] if text.endswith("?") else "")]:
        part = text[start:stop].strip(" .,!?;:'\"")
        whole = f"{joint} {part}"
        start, joint = after, (end or "").strip()
        named = tokens(part)
        if not named:
            if found and part and words.NEGATIVE.fullmatch(part):
                found[-1] = Contrasted(found[-1].text, found[-1].named, True, False)
            continue
        is_turned = bool(_TURNED.search(part))
        is_for = is_turned or bool(FOR.search(part))
        doubts = "?" in end and not is_for
        against = not is_turned and bool(words.NEGATIVE.search(part) or AGAINST.search(whole) or doubts)
        found.append(Contrasted(part, named, against, is_for))
    return found


def sides(text: str) -> tuple[str, str] | None:
    """What is wanted and what is not, each in the words of its halves; None where not both are told."""
    if len(text.split()) > LONGEST:
        return None
    every = halves(text)
    against = [half for half in every if half.is_against]
    wanted = [
        half
        for half in every
        if not half.is_against and (half.is_for or (len(half.named) <= _BARE and not _ASKS.match(half.text)))
    ]
    marked = [half for half in wanted if half.is_for] or wanted[-1:]
    if not against or not marked or any(words.TASK.match(half.text) for half in marked):
        return None
    return " ".join(half.text for half in marked), " ".join(half.text for half in against)
