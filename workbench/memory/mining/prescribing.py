"""Whether a sentence with a word for `always` in it prescribes something, or only tells of it. Pure."""

from __future__ import annotations

import re
from typing import Final

from workbench.memory.mining import words
from workbench.memory.mining.tokens import tokens

_SAYS: Final = (
    r"(?:always|never|only|should|must|shall|has to|have to|needs?|is|are|was|were|will|would|can|does|do|did|goes|keeps?|ran|gets?|"
    r"immer|nie|niemals|muss|müssen|soll|sollen|ist|sind|war|wird|werden|hat|haben|"
    r"toujours|jamais|doit|doivent|est|sont|a|ont|ne|siempre|nunca|debe|deben|es|son|está|ha|han|no|"
    r"sempre|mai|deve|devono|devem|è|sono|ha|hanno|non|é|são|tem|não|altijd|nooit|moet|moeten|is|zijn|wordt|heeft|gaat)"
)
_SUBJECT: Final = re.compile(rf"^(?P<subject>[\w'./-]+(?: [\w'./-]+){{0,4}}?) {_SAYS}\b", re.IGNORECASE)
_FIRST: Final = re.compile(
    r"^(?:you|u|we|one|nobody|no one|everybody|everyone|nothing|du|wir|man|niemand|keiner|tu|vous|nous|on|il faut|personne|tú|usted|nosotros|hay que|nadie|noi|si|bisogna|nessuno|"
    r"você|nós|a gente|ninguém|je|jij|we|wij|men|please|pls|bitte|under no|on no account|auf keinen fall|en aucun cas|plus|bajo ning[uú]n|in nessun caso|in geen geval|i(?:'d| would) rather you|i (?:don't|do not|want you)|from (?:now|here)|always|never|only|don'?t|do not|do|no|not|"
    r"immer|nie|niemals|nur|kein\w*|nicht|toujours|jamais|ne|pas|siempre|nunca|jamás|solo|sólo|sempre|mai|non|não|só|altijd|nooit|alleen|geen|niet)\b",
    re.IGNORECASE,
)
_THIS: Final = re.compile(
    r"^(?:this|that|these|those|it|isso|isto|esto|eso|questo|ça|cela|das|dat|dit|这个|那个|この)(?!\s?(?:project|repo|codebase|team|项目|仓库|团队|プロジェクト))",
    re.IGNORECASE,
)
RULES: Final = re.compile(
    r"\b(?:off[- ]limits|forbidden|prohibited|banned|not allowed|no[- ]?go|no[- ]no|taboo|mandatory|required|compulsory|convention|standard|policy|rule|prefer\w*|default|"
    r"verboten|tabu|pflicht|bevorzug\w*|regel|interdit\w*|obligatoire|règle|préf\w*|prohibid\w*|obligatori\w*|regla|prefier\w*|vietat\w*|regola|proibid\w*|obrigatóri\w*|regra|prefir\w*|verplicht|verboden)\b",
    re.IGNORECASE,
)
_WORK: Final = frozenset(
    """commit test function method class variable constant identifier comment docstring document type hint annotation import module package dependency migration config secret password credential
    log line file folder pr branch release review message name api key format lint quote exception english german french spanish italian language answer code build deploy ci style indent indentation
    tab space semicolon version changelog script merge push query sql endpoint service spec coverage ticket issue todo component hook prop schema model fixture mock snapshot interface struct enum
    formatter header copyright license diff patch tag command shell terminal tool library framework date number string url path bracket brace parenthesis paragraph summary explanation reply response
    snippet example table-driven error port server database host address""".split()  # noqa: SIM905 - words
)
UNDONE: Final = re.compile(
    r"^(?:never|always|nie|niemals|immer|jamais|toujours|nunca|siempre|jamás|mai|sempre|nooit|altijd) (?:ever )?(?:seen|had|got|been|heard|knew|thought|worked|mind|im|in|vu|eu|entendu|marché|compris|été|"
    r"ha|han|he|hemos|había|me|se|nos|visto|successo|funziona|vi|tive|funcionou|gezien|gehad|gesehen|gehabt|gehört|was|were|did|again)\b|"
    r"\b(?:should|must|could|would) (?:never|always|not) have\b|^we(?:'re| are| were| had| have) |^(?:ich will|ik wil|je veux|quiero|voglio|quero|i want|i'd rather have|i'd like),? (?:dass|dat|que|che|the|a)\b(?! (?:you|du|je|tu|todos?|tutt\w|alle|tous))|"
    r"\b(?:funziona|funktioniert|works|worked|fails|failed|crash\w*|hangs?|(?<!never )happens?|acontece|passiert|succede|sucede|ocurre|gebeurt|fonctionne|marche|funciona|werkt|lukt|passe)\b|"
    r"^(?:i |je |ich |ik |eu |io |yo )?(?:prefer|préfère|prefiero|preferisco|prefiro|like|mag|bevorzuge|verkies) (?:the|la|le|el|il|lo|a|o|die|den|das|de|het) \w*(?:first|second|third|other|latter|former|last|premi|deuxi|second|primer|segund|terz|tercer|prim|"
    r"zweit|erst|tweede|eerst|option|opci|opç|opzion|version|versi|propos)",
    re.IGNORECASE,
)


def prescribes(body: str) -> bool:
    """Whether it is said to somebody, gives a rule by its name, or speaks of what people who write programs make."""
    if UNDONE.search(body):
        return False
    if RULES.search(body) or words.MUST_NOT.search(body) or words.GENERIC_ORDER.match(body) or words.TASK.match(body):
        return True
    if _FIRST.match(body) or ";" in body:
        return True
    if _THIS.match(body):
        return False
    subject = _SUBJECT.match(body)
    return subject is None or bool(tokens(subject["subject"]) & _WORK) or "`" in body
