"""Hedges: hearsay, hypotheticals and descriptions, which are no order. Pure."""

from __future__ import annotations

import re
from typing import Final

from workbench.memory.mining.words import any_of

_OURS: Final = r"(?!(?:i|we|you|u|ci|our|the (?:team|lead|guide\w*|convention|rule|policy|docs? (?:team|in))|team|guidelines?|wir|ich|nous|on|je|nosotros|yo|noi|io|nós|eu|a gente|wij|ik)\b)"
HEARSAY: Final = re.compile(
    r"^(?:(?:and|but|well|so|hm+|btw|fyi|lol|aber|mais|pero|ma|mas|maar)[\s,]+)*(?:"
    + any_of(
        rf"{_OURS}(?:(?!i\b|we\b|you\b|i've|we've|should\b|could\b|have\b|as\b)[\w'-]+ ){{1,4}}(?:keeps? (?:saying|telling)|says?|said|claims?|claimed|thinks?|wrote|writes|told (?:me|us)|recommends?|suggests?|argues|swears by|insists?|reckons|heard|mentioned)\b",
        r"(?!every|all|who|we|i|you|team|this|project)[\w']+ (?:always|usually|normally|only|also) (?:uses|prefers|picks|takes|does|writes|goes)\b|"
        r"my \w+ (?:always|never|usually|often|all) \w+\b|my \w+ (?:(?:always|never|usually|only|really|also) )?(?:uses|likes|loves|hates|prefers|wants|swears)\b|"
        r"(?:the|this|that|a|an|their|his|her|most|some) (?:\w+ )?(?:tutorial|docs?|documentation|examples?|books?|articles?|posts?|blog|readme|video|course|samples?|snippets?|templates?|upstream|library|framework|author|others?|people|projects) (?:use|prefer|recommend|say|suggest|do|go|told|tell|claim|advise|want)\w*\b|"
        r"they (?:use|prefer|have|say|do|want)\b|according to (?!our|the (?:team|guide|lead|policy))|(?:in|on) (?:the|a|some|his|her|their) (?:docs?|documentation|blog|article|book|forum|video|tutorial|readme|talk|internet|reddit|stack ?overflow)\b.{0,30}\b(?:says?|said|claims?|must|should|always|never|recommend\w*)|"
        r"(?:i )?(?:read|heard) (?:somewhere|that|on|in)\b|people (?:say|claim)|they say|it is said|supposedly|apparently|allegedly",
        r"man sagt|angeblich|laut (?!unser)|(?:mein|meine|der|die|ein|eine|jemand|irgendwer|unser chef)(?: \w+)? (?:sagt|meint|behauptet|hat gesagt|schreibt|findet)\b|ich habe? (?:gelesen|gehört)",
        r"(?:mon|ma|le|la|un|une|quelqu'un)(?: \w+)? (?:dit|disait|prétend|pense|affirme|m'a dit)\b|il paraît|paraît que|selon (?!notre|nos)|d'après (?!notre|nos)|j'ai (?:lu|entendu)|on dit que",
        r"(?:mi|un|una|el|la|alguien)(?: \w+)? (?:dice|decía|piensa|cree|afirma|me dijo|opina)\b|dicen que|se dice|según (?!nuestr)|he (?:leído|oído)|leí",
        r"(?:il mio|la mia|un|una|qualcuno|il|la)(?: \w+)? (?:dice|diceva|pensa|sostiene|mi ha detto)\b|dicono che|si dice|secondo (?!noi|il nostro)|pare che|ho (?:letto|sentito)",
        r"(?:(?:o )?meu|(?:a )?minha|um|uma|alguém|o|a)(?: \w+)? (?:diz|disse|fala|falou|acha|me disse)\b|dizem que|segundo (?!nos)|parece que|li que|ouvi",
        r"(?:mijn|een|de|iemand)(?: \w+)? (?:zegt|zei|beweert|vindt|denkt)\b|volgens (?!ons|onze)|men zegt|ik (?:las|hoorde)|naar verluidt",
    )
    + r")|^(?:听说|有人说|据说)|らしい|だそうです|と言って(?:い)?た",
    re.IGNORECASE,
)
"""Others say so."""

SUPPOSED: Final = re.compile(
    r"\b"
    + any_of(
        r"what if|suppose (?:we|i|you|that)|imagine|if (?:this|that|it) (?:were|was)|if i (?:were|was|had)|if we (?:ever|had|were|could)|i'?d (?:always|never|probably|maybe) |maybe|perhaps|might|i wonder|wondering|"
        r"not (?:so |too |really |quite |100% )?(?:sure|convinced)|undecided|i was thinking|thinking (?:about|of)|(?:we|one|you|i|they) could|(?:would|could) (?:be (?:nice\w*|cool\w*|better|good|great|worth|faster|easier|an option|possible)|it|that|this|make sense|we)\b|"
        r"(?:some|one) day|at some point|next (?:year|month|quarter)|sooner or later|should (?:we|i)|shall (?:we|i)|do you think|is it (?:true|better|ok|possible)|worth (?:a try|considering)|how about|what about|in theory",
        r"vielleicht|eventuell|wäre|wären|könnte(?:n)? (?:man|wir)|man könnte|sollte(?:n)? (?:man|wir) (?:nicht|mal|vielleicht)|irgendwann|was wenn|angenommen|stell dir vor|ob wir|bin (?:mir )?nicht sicher|nächstes jahr|überlege",
        r"peut-être|et si|serait|pourrait-on|on pourrait|un jour|je me demande|pas sûre?|l'année prochaine|imagin\w+|supposons|à voir",
        r"quizás?|tal vez|a lo mejor|y si|sería|podríamos|algún día|me pregunto|no estoy segur[oa]|el año que viene|supongamos|imagina",
        r"forse|magari|e se|sarebbe|potremmo|un giorno|mi chiedo|non (?:sono|ne sono) sicur[oa]|l'anno prossimo|supponiamo|immagina",
        r"talvez|quem sabe|e se|seria|fosse|poderíamos|um dia|(?:eu )?me pergunto|não tenho certeza|ano que vem|imagina|suponha",
        r"misschien|wellicht|zou(?:den)? (?:\w+ )?(?:niet )?(?:beter|handig\w*|leuk\w*|kunnen|we)|ooit|wat als|stel dat|ik vraag me af|niet zeker|volgend jaar",
    )
    + r"\b|也许|可能|要不要|如果|考虑|かもしれ|だろうか|もし|どうでしょう|検討",
    re.IGNORECASE,
)
"""It might be, one day, or would be if."""

_SURE: Final = re.compile(
    r"\bjust in case\b|\bwould (?:really |much )?(?:like|appreciate|prefer|rather)\b|\bif you(?:'re| are| feel| ever)?\b|\bn'(?:hésite|oublie)|\bno matter what\b|\bwhatever (?:i|we) might\b",
    re.IGNORECASE,
)

HAPPENS: Final = re.compile(
    r"^(?:"
    + any_of(
        r"(?:(?:the|these|those|all|our|my|some|most)? ?\w+ ){0,2}(?:always|never|constantly|often) (?:complain|crash|fail|break|hang|reload|flicker|forget(?! to)|get|got|see|saw|show|lose|find|found|work|happen|return|throw|take|end|turn|have|has|had|was|were|did|do)\w*\b(?! (?:to|be)\b)|"
        r"(?:every|each) time (?:i|the|it|we|someone|somebody|users?|a)\b(?!.*\b(?:you|run|use|make sure|please|must|should)\b)|"
        r"(?:whenever|every time|each time) i\b(?!.*\b(?:you|please|use|run)\b)|we (?:were|was|had|never (?:\w+ed|found|knew|got|did|saw|had))\b|(?:has|have|had|was|were) (?:always|never)|"
        r"(?!i |we |you |please |but |and )[\w']+ (?:always|never) (?:\w+s)\b(?! (?:to|need|have))",
        r"(?:immer wenn|jedes mal,? wenn) (?!du)|(?:der|die|das|mein|meine) [\w-]+ \w+ (?:immer|nie|niemals|ständig)\b|kein(?:en)? plan|keine ahnung|ich (?:bekomme|kriege|sehe|habe) (?:immer|nie|ständig)",
        r"(?:chaque fois que|à chaque fois que|quand) (?:je|l[ae']|on|il)\b|ça (?:ne )?\w+ (?:jamais|toujours|pas)|j'ai (?:toujours|jamais)|je (?:n'ai|ne) (?:\w+ )?jamais",
        r"(?:siempre que|cada vez que) (?!hagas|uses|vayas|tengas)\w+|(?:nunca|siempre) (?:me|se|le|nos) (?:ha|han|sale|da|pasa|queda|rompe)\b|(?:nunca|siempre) ha\w*\b",
        r"(?:ogni volta che|sempre quando) (?!usi|fai|devi)\w+|(?:il|la|lo|questo|questa) [\w-]+ \w+ (?:sempre|mai)\b|(?:mi|si) \w+ sempre",
        r"(?:toda vez que|sempre que) (?!for|fizer|usar|precisar)\w+|(?:sempre|nunca) (?:dá|deu|quebra|trava|funcion\w+|acontece|aparece)\b|(?:o|a|isso|esse|essa) [\w-]+ (?:sempre|nunca) \w+",
        r"(?:elke keer als|telkens als) (?!je)|(?:de|het|mijn|dit|dat) [\w-]+ \w+ (?:nooit|altijd)\b|ik (?:krijg|zie|heb) (?:altijd|steeds|nooit)",
    )
    + r")|^每次(?:我|点|打开|启动|运行.*(?:都|就))|^いつも.*(?:ます|なる|出る)$",
    re.IGNORECASE,
)
"""Tells what keeps happening."""

_SEEN: Final = re.compile(
    r"\b(?:it|this|that|he|she|they)(?:'s| is| are|'re| was)? (?:always|never) \w+|\b(?:this|that|it) (?:looks?|seems?|feels?|works?|sounds?)\b|"
    r"\b(?:i)(?:'ve| have| would|'d)? ?(?:never |always )?(?:see|saw|seen|found|noticed)\b|"
    r"\b(?:nunca|jamás|mai|nooit) (?:vi|he|hemos|lo|ho|visto|gezien|heb)\b",
    re.IGNORECASE,
)
"""Says what somebody saw."""
MUSES: Final = re.compile(
    r"\b(?:i|ich|je|yo|io|eu|ik)(?:'ve| have| would|'d| n'| ne)? ?(?:never |always )?(?:verstehe|kapiere|weiß|sehe|schaffe|n'arrive|comprends|sais|entiendo|veo|sé|capisco|vedo|entendo|snap|weet|begrijp|zie|understand|understood)\b|"
    r"\bno (?:lo |la )?(?:entiendo|sé)\b",
    re.IGNORECASE,
)
"""Says what somebody thinks."""
_SCREEN: Final = (
    r"(?:users?|customers?|visitors?|clients?|buttons?|menus?|pages?|modals?|dialogs?|sidebars?|headers?|footers?|lists?|tables?|rows?|columns?|cells?|fields?|forms?|inputs?|dropdowns?|checkbox(?:es)?|tooltips?|"
    r"icons?|images?|links?|tabs?|screens?|popups?|toasts?|spinners?|carts?|totals?|prices?|labels?|titles?|logos?|maps?|charts?|counters?|scores?|balance|"
    r"nutzer|benutzer|knopf|menü|seite|liste|tabelle|zeile|spalte|feld|formular|bild|titel|"
    r"utilisateurs?|bouton|page|liste|tableau|ligne|colonne|champ|formulaire|titre|"
    r"usuarios?|botón|menú|página|lista|tabla|fila|columna|campo|formulario|título|"
    r"utent[ei]|pulsante|bottone|pagina|tabella|riga|colonna|modulo|titolo|"
    r"usuários?|botão|tabela|linha|coluna|formulário|"
    r"gebruikers?|knop|lijst|tabel|rij|kolom|veld|formulier|titel)"
)
SHOWN: Final = re.compile(
    rf"^(?:(?:i|we|ich|je|yo) (?:don'?t |do not )?want |make (?:sure )?(?:that )?)?(?:(?:the|a|an|every|each|all|our|no|der|die|das|jeder?|le|la|les|l'|chaque|el|los|las|cada|il|lo|i|gli|ogni|o|os|as|de|het|elke|een) ?)?(?:[\w-]+ )?{_SCREEN}\b|"
    r"^(?:it|this|that|he|she) (?:should|must|has to|needs to|shall)\b|^(?:show|display|hide|render|redirect|sort|highlight|animate)\b|^(?:列表|按钮|页面|用户|表格|菜单)|ボタン|画面|一番上|表示して",
    re.IGNORECASE,
)
"""Says what is to be seen on a screen."""
_WORK: Final = re.compile(
    r"\b(?:commit\w*|push\w*|merge\w*|deploy\w*|releas\w*|you|du|tu|je|please|bitte)\b", re.IGNORECASE
)
_ADVISES: Final = re.compile(
    r"\b(?:commit\w*|push\w*|merge\w*|deploy\w*|you|du|tu|je|please|bitte|must|should|muss|doit|debe\w*|deve)\b",
    re.IGNORECASE,
)
PRODUCT: Final = re.compile(
    r"^(?:make sure |ensure |haz |fais |sorg dafür,? )?(?:that |que |dass )?(?:the|der|die|das|le|la|el|il|o|a|de|het) [\w -]{2,30}? (?:should|must|needs? to|has to|have to|soll\w*|muss|doit|debe|deve|moet) (?:\w+ ){0,1}(?:be|say|show|sein|être|ser|essere|zijn)\b|"
    r"\b(?:in|from|of|on|at) (?:line \d+|zeile \d+|ligne \d+|línea \d+|riga \d+|linha \d+|regel \d+|`?[\w/]+\.[a-z]{1,4}\b|`?\w+_\w+\b|`?\w+\(\))|"
    r"^(?:haz|fais|make|mach|zorg)(?: dat| que| that| dass)? (?:the|der|die|das|le|la|les|el|los|las|il|de|het) |\b(?:currently|momentan|actuellement|actualmente|attualmente|atualmente) (?:it|es|il|lo|está|é)\b|"
    r"\bwhile the (?!team)\w+ (?:runs?|loads?|is)\b",
    re.IGNORECASE,
)
"""Says how one thing of the product is to be."""


def is_idle(sentence: str) -> bool:
    """Whether it only passes on, supposes or tells."""
    return bool(HEARSAY.search(sentence)) or bool(SUPPOSED.search(_SURE.sub(" ", sentence)))


def is_telling(body: str) -> bool:
    """Whether, as an order, it would only tell what keeps happening, or how one thing of the product is to be."""
    if PRODUCT.search(body):
        return True
    if SHOWN.match(body) and not _WORK.search(body):
        return True
    return bool(HAPPENS.match(body) or _SEEN.search(body) or MUSES.search(body)) and not _ADVISES.search(body)
