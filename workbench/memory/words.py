"""The words by which lasting statements are known, in English, German, French and Spanish, and text as comparable tokens."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LEADS: Final = (
    r"(?:please|pls|also|and|oh|hey|btw|by the way|ok|okay|so|well|one more thing|for the record|just|but|"
    r"bitte|und|auch|übrigens|also|noch etwas|aber|s'il te plaît|s'il vous plaît|et|aussi|au fait|alors|mais|"
    r"por favor|y|también|por cierto|entonces|pero|oye)"
)

EXPLICIT: Final = re.compile(
    rf"^(?:{_LEADS}[\s,:]+)*(?:"
    r"remember|keep in mind|bear in mind|make a note|take a note|note down|note for (?:later|the future|next time)|"
    r"for future (?:reference|sessions)|don'?t forget|do not forget|never forget|memori[sz]e|commit (?:this|it) to memory|"
    r"merk(?:e)? dir|denk(?:e)? daran|denk dran|vergiss nicht|notier(?:e)?(?: dir)?|behalte im kopf|für die zukunft|"
    r"retiens|souviens-toi|rappelle-toi|n'oublie pas|note(?: bien)?(?= que|:|,)|garde en tête|pour la suite|"
    r"recuerda|acuérdate|no olvides|ten en cuenta|ten presente|apunta|toma nota|para el futuro"
    r")\b(?P<link>(?:\s*[:,–—-]+\s*|\s+(?:this|it|das|dies|ceci|cela|esto)\b[\s:,]*)?"
    r"(?:\s*(?:that|dass|que|qu'|de que|daran|,|:))*)\s*",
    re.IGNORECASE,
)
"""An order to remember at the beginning of a sentence; what follows is to be remembered."""

CORRECTION: Final = re.compile(
    rf"^(?:{_LEADS}[\s,:]+)*(?:"
    r"no|nope|wrong|that'?s (?:wrong|not right|not it)|not (?:like that|again)|actually|again|as i said(?: before)?|"
    r"i (?:already )?(?:said|told you)(?: (?:already|before|last time))?|like i said|once more|stop|"
    r"nein|falsch|das ist falsch|nicht so|eigentlich|nochmal|noch einmal|wie gesagt|"
    r"ich (?:sagte|habe)(?: es)?(?: dir)?(?: doch)?(?: schon)?(?: gesagt)?|"
    r"non|faux|c'est faux|pas comme ça|en fait|encore une fois|comme je l'ai dit|je (?:l'ai|t'ai) déjà dit|"
    r"mal|así no|está mal|en realidad|otra vez|como dije|ya te (?:lo )?dije|de nuevo"
    r")\s*[,:.!–—-]+\s*",
    re.IGNORECASE,
)
"""A correction at the beginning of a sentence, up to what is right instead."""

POLITE: Final = re.compile(
    rf"^(?:(?:{_LEADS}|i want you to|you should|you need to|you have to|du sollst|ich möchte, dass du|je veux que tu|"
    r"quiero que|tu dois|debes|in (?:the )?future|from now on|going forward|as of now|ab jetzt|von jetzt an|in zukunft|künftig|"
    r"désormais|dorénavant|à partir de maintenant|à l'avenir|a partir de ahora|de ahora en adelante|en el futuro)[\s,:]+)+",
    re.IGNORECASE,
)
"""What stands before a statement and says nothing of it."""

LASTING: Final = re.compile(
    r"\b(?:always|never|from now on|going forward|as of now|every time|whenever|in future|in the future|as a rule|by default|"
    r"must(?: not|n't)?|under no circumstances|at all times|we (?:always|never|prefer|only|use|don't|do not)|i prefer|our convention|"
    r"immer|nie|niemals|ab jetzt|von jetzt an|künftig|in zukunft|jedes mal|grundsätzlich|standardmäßig|auf keinen fall|"
    r"wir (?:immer|nie|nutzen|verwenden|benutzen|bevorzugen)|ich bevorzuge|ich mag lieber|"
    r"toujours|jamais|désormais|dorénavant|à partir de maintenant|à l'avenir|chaque fois|par défaut|en aucun cas|"
    r"on (?:utilise|préfère|n'utilise)|nous (?:utilisons|préférons)|je préfère|"
    r"siempre|nunca|jamás|a partir de ahora|de ahora en adelante|en el futuro|cada vez|por defecto|bajo ningún concepto|"
    r"(?:nosotros )?(?:usamos|preferimos)|prefiero)\b",
    re.IGNORECASE,
)
"""Said for longer than a task."""

INSTEAD: Final = re.compile(
    r"\s*(?:\b(?:instead of|rather than|in place of|over|statt|anstatt|anstelle von|plutôt que|en lugar de(?:l)?|en vez de(?:l)?)\b|"
    r"\bau lieu d(?:e|u|')|\bplutôt qu'|\bà la place d(?:e|u|')|,\s*(?:and\s+)?not\b|\band not\b|,?\s*(?:und\s+)?nicht\b|,?\s*(?:et\s+)?pas\b|"
    r",\s*no\b|\by no\b)\s*",
    re.IGNORECASE,
)
"""Stands between what is wanted and what is not."""

NEGATIVE: Final = re.compile(
    r"\b(?:never|don'?t|do not|stop|avoid|no longer|must not|mustn't|under no circumstances|"
    r"nie|niemals|nicht|kein(?:e|en|em|er)?|auf keinen fall|vermeide|hör auf|"
    r"jamais|ne|n'|évite|arrête|en aucun cas|nunca|jamás|no|evita|deja de|bajo ningún concepto)(?:\b|(?<='))",
    re.IGNORECASE,
)

PREFERS: Final = re.compile(
    r"^(?:(?:we|i|our team|everyone here)\s+)?(?:always\s+|only\s+)?(?:use|using|prefer|go with|stick (?:to|with))\b|"
    r"^(?:wir\s+|ich\s+)?(?:nutze(?:n)?|verwende(?:n)?|benutze(?:n)?|nimm|bevorzuge(?:n)?)\b|"
    r"^(?:on\s+|nous\s+|je\s+)?(?:utilise(?:z|r|ns)?|préfère|préférons|utilisons|prends)\b|"
    r"^(?:usa(?:mos|r)?|utiliza(?:mos)?|prefiero|preferimos|prefiere)\b",
    re.IGNORECASE,
)

ONCE: Final = re.compile(
    r"\b(?:just (?:this once|for now|this time|today|for this)|(?:only )?this (?:once|one time|time)|for now|for the moment|temporarily|"
    r"for (?:this|today's) (?:task|run|test|session|experiment|demo)|only today|for today|one[- ]off|in this case|"
    r"nur (?:diesmal|dieses mal|heute|jetzt|für diesen)|diesmal|ausnahmsweise|vorläufig|vorübergehend|für den moment|fürs erste|"
    r"(?:juste |seulement )?(?:cette fois|pour cette fois|pour l'instant|aujourd'hui seulement)|provisoirement|pour le moment|"
    r"(?:solo |sólo )?(?:esta vez|por ahora|por esta vez|de momento|temporalmente|solo hoy|sólo hoy))\b",
    re.IGNORECASE,
)
"""Said for this task only."""

TRANSIENT: Final = re.compile(
    r"\b(?:broken|fail(?:s|ed|ing)?|wrong|done|fine|slow|red|green|stuck|hanging|crash(?:es|ed|ing)?|down|missing|weird|strange|empty|"
    r"ready|late|urgent|great|good|bad|perfect|ok|okay|unclear|confusing|not working|"
    r"kaputt|falsch|fertig|langsam|rot|grün|leer|fehlt|komisch|gut|schlecht|"
    r"cassé(?:e)?|faux|fini(?:e)?|lent(?:e)?|vide|bizarre|bien|mauvais(?:e)?|"
    r"roto|rota|mal|listo|lista|lento|lenta|vacío|vacía|raro|rara|bien|malo|mala|hecho)\b",
    re.IGNORECASE,
)
"""How something is at a moment."""

CHANGED: Final = re.compile(
    r"\b(?:now|no longer|not any ?more|any ?more|moved to|changed to|switched to|renamed to|replaced by|as of|since|meanwhile|"
    r"jetzt|nun|nicht mehr|inzwischen|seit|umgezogen|gewechselt|umbenannt|"
    r"maintenant|désormais|ne .{1,40} plus|n'est plus|depuis|déplacé(?:e)?|"
    r"ahora|ya no|desde|se (?:movió|cambió|mudó))\b",
    re.IGNORECASE,
)
"""Says that it was otherwise before."""

FACT: Final = re.compile(
    r"^(?P<topic>(?:the|our|my|this (?:repo|project|team)'?s?|all|der|die|das|den|unser(?:e|er|en|em)?|le|la|les|l'|notre|nos|el|los|las|"
    r"nuestr[oa]s?)\s?[^,;:]{2,80}?)\s+"
    r"(?P<link>(?:is|are|lives?|runs?|listens?|sits?|needs?|requires?|goes|go|uses?|belongs?|expects?|stays?|has moved|have moved|moved|"
    r"changed|has changed|switched|was moved|was changed|was renamed|"
    r"ist|sind|läuft|laufen|liegt|liegen|heißt|heißen|braucht|brauchen|steht|hört|lauscht|gehört|nutzt|verwendet|"
    r"est|sont|tourne(?:nt)?|se trouve(?:nt)?|s'appelle(?:nt)?|écoute(?:nt)?|utilise(?:nt)?|a besoin|exige|"
    r"es|está|están|son|corre(?:n)?|se llama(?:n)?|escucha(?:n)?|necesita(?:n)?|usa(?:n)?|vive(?:n)?)\b(?:\s+(?:now|jetzt|nun|"
    r"maintenant|désormais|ahora|inzwischen|called|located|named|set))*(?:\s+(?:to|at|on|in|under|from|by|auf|unter|in|an|bei|sur|dans|à|en|"
    r"por))?)\s+(?P<value>.{1,160})$",
    re.IGNORECASE,
)

INJECTION: Final = (
    r"ignore (?:all |any |the )?(?:previous|prior|above|earlier)|system prompt|you (?:must|should|have to|need to)|"
    r"(?:user|owner|human|admin(?:istrator)?|operator) (?:said|says|wants|asked|prefers|told)|"
    r"important[:!]|instruction|important: |new rule|note to (?:the )?(?:ai|agent|assistant|model)|as an? (?:ai|assistant|agent)|"
    r"\| ?(?:sudo )?(?:ba|z)?sh\b|override|disregard|save (?:this|it) (?:to|in) (?:your )?memory|policy"
)

ORDERS: Final = (
    r"always|never|remember|keep in mind|from now on|going forward|don'?t forget|do not forget|whenever|every time|must|"
    r"make a note|memori[sz]e|for future|prefer|instead of|rather than|by default|as a rule|at all times|"
    r"immer|niemals|merk dir|merke dir|vergiss nicht|ab jetzt|künftig|denk daran|notier|grundsätzlich|"
    r"toujours|jamais|retiens|souviens|n'oublie|désormais|dorénavant|à partir de maintenant|"
    r"siempre|nunca|recuerda|no olvides|ten en cuenta|a partir de ahora|de ahora en adelante"
)
"""What a sentence has that gives an order for longer: looked for in what users did not say, in SQL and here."""

SUSPICIOUS: Final = re.compile(rf"\b(?:{ORDERS})\b|{INJECTION}", re.IGNORECASE)
INJECTION_ANYWHERE: Final = re.compile(
    r"ignore (?:all |any |the )?(?:previous|prior|above|earlier)|system prompt|\| ?(?:sudo )?(?:ba|z)?sh\b|disregard",
    re.IGNORECASE,
)
"""What no line of memory has, whoever words it."""

_STOP: Final = frozenset(
    """
    a an the this that these those it its is are was were be been being to of in on at for from by with as and or but so if
    when while we our us you your i my me he she they them their there here do does did done have has had will would can could
    should shall may might just only also too very really please pls all any some each every than then into onto about over
    under out up down off no not never always ever don dont doesnt isnt now again already still instead rather use using used uses
    make made sure remember keep mind note forget that's it's let lets want wants need needs needed must run runs running
    ever directly straight anything something everything nothing everyone anyone here's lot actually simply properly correctly
    exactly strictly usually generally really quite kind sort please thanks thank forbidden allowed like want wanted get got go
    called named located set lives live sits listens goes go moved changed switched prefer prefers preferred thing things way
    der die das den dem des ein eine einen einem einer und oder aber ist sind war waren sein zu zum zur von im in am an auf für
    mit bei aus nach über unter als wie wenn dann da hier dort wir uns unser unsere unseren unserer du dir dich dein ich mir mich
    mein es sie er ihr ihn nicht kein keine keinen nie niemals immer jetzt nun schon noch mal bitte auch nur sehr doch soll
    sollst sollen muss müssen kann nutze nutzen verwende verwenden benutze benutzen nimm läuft liegt heißt steht merke merk
    direkt einfach wirklich etwas alles nichts jeder jede jedem jedes jeden lassen laufen führe aus bevor verboten erlaubt immer
    vergiss statt anstatt dass daran denk wird werden wurde hat haben bevorzuge bevorzugen lieber
    le la les l un une des du de d et ou mais est sont était être à au aux en dans sur sous pour par avec sans ne pas plus jamais
    toujours maintenant désormais nous notre nos tu te toi ton ta tes je me moi mon ma mes il elle on ils ce cette ces que qu qui
    n s c j y utilise utiliser utilisons utilisez préfère lieu plutôt souviens retiens oublie rappelle tourne trouve appelle
    directement simplement vraiment quelque chose rien chaque interdit lance lancer faire fait faites
    faut doit dois bien tout tous toute
    el los las un una unos unas del al y o pero es está están son era ser a en por para con sin no ni nunca siempre ahora ya
    nosotros nuestro nuestra nuestros nuestras tú te ti tu tus yo me mi mis él ella se lo que qué como cuando usa usar usamos
    utiliza directamente hagas haz hacer haga algo nada todo todos usar use uses ejecuta ejecutar prefiero preferimos lugar vez recuerda olvides cuenta corre llama debe debes hay
    """.split()  # noqa: SIM905 - four languages as lists of words
)

_SAME: Final = {
    word: english
    for english, words in {
        "database": "datenbank base basedatos datos données bdd db bd",
        "port": "puerto",
        "server": "servidor serveur",
        "branch": "zweig rama branche",
        "test": "tests testen prueba pruebas testing",
        "build": "builds bauen compilación compilar construction",
        "deploy": "deployment deployments deploys déploiement déployer despliegue desplegar ausrollen",
        "command": "befehl kommando commande comando commands",
        "commit": "commits committen commiter",
        "indentation": "einrückung einrücken indent indenting indentación sangría",
        "space": "spaces leerzeichen espaces espace espacios espacio",
        "tab": "tabs tabulatoren tabulations tabuladores",
        "document": "documents dokumentation documentation docs documentación doc",
        "file": "files datei dateien fichier fichiers archivo archivos",
        "folder": "directory directories ordner verzeichnis dossier répertoire carpeta directorio folders",
        "before": "vor bevor avant antes",
        "after": "nach nachdem après después",
        "push": "pushen pousse pousser pushing pushes",
        "merge": "mergen fusionner fusionar merging",
        "review": "reviews revue revisión prüfung",
        "message": "messages nachricht nachrichten mensaje mensajes",
        "language": "sprache langue idioma",
        "english": "englisch englischer anglais inglés",
        "format": "formatting formatieren formatierung formater formatear formatter",
        "lint": "linter linten linting",
        "package": "packages paket pakete paquet paquets paquete paquetes",
        "staging": "stage",
        "production": "prod produktion producción",
        "release": "releases version versión veröffentlichung",
        "log": "logs protokoll journaux registros logging",
        "migration": "migrations migrationen migraciones migración",
        "api": "apis schnittstelle",
        "type": "types typen typ tipos tipo",
        "hint": "hints annotationen annotations anotaciones",
        "line": "lines zeile zeilen ligne lignes línea líneas",
        "length": "länge longueur longitud",
        "dependency": "dependencies abhängigkeiten dépendances dependencias",
        "key": "keys schlüssel clé clés clave claves",
        "host": "hostname",
        "small": "kleine klein petits petites pequeños pequeñas",
        "pr": "prs pull requests",
    }.items()
    for word in [*words.split(), english]
}

_TOKEN: Final = re.compile(r"`([^`]+)`|([\w][\w./:@+-]*[\w+]|\w)", re.UNICODE)
_HARD: Final = re.compile(r"[\d_./:@+-]|[a-z][A-Z]")


def tokens(text: str) -> frozenset[str]:
    """The words that carry what is said; what is written as code counts as one, and its parts as words too."""
    found: set[str] = set()
    for code, word in _TOKEN.findall(unicodedata.normalize("NFC", text.replace("’", "'"))):
        if code:
            found.add(" ".join(code.split()).lower())
            found |= {part for part in code.lower().split() if len(part) > 1}
        else:
            found |= _plain(word)
    return frozenset(found)


def _plain(word: str) -> set[str]:
    lower = word.lower().strip(".:-")
    if lower in _STOP or not lower or (len(lower) == 1 and lower.isalpha()):
        return set()
    if lower in _SAME:
        return {_SAME[lower]}
    parts = [part for part in lower.split("-") if part] if "-" in lower else []
    if parts and all(part.isalpha() for part in parts):
        # A compound is the same in two words as in one.
        return {_SAME.get(part, _stem(part)) for part in parts if part not in _STOP}
    return {_SAME.get(lower, _stem(lower))}


def _stem(word: str) -> str:
    """English plurals as their singular; other endings stay, as wrong stems join what is not the same."""
    if (
        len(word) > 4
        and word.isascii()
        and word.isalpha()
        and word.endswith("s")
        and not word.endswith(("ss", "us", "is"))
    ):
        return word[:-1]
    return word


def is_hard(token: str) -> bool:
    """Whether a token names one thing: a number, a path, a command, an address."""
    return " " in token or bool(_HARD.search(token))


def weight(found: frozenset[str]) -> float:
    """How much these tokens say together."""
    return sum(3.0 if is_hard(token) else 1.0 for token in found)


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """From 0 to 1: how much of the lesser of the two is in the other, tempered by how much the greater has besides."""
    if not one or not other:
        return 0.0
    common = weight(one & other)
    return 0.6 * common / min(weight(one), weight(other)) + 0.4 * common / weight(one | other)
