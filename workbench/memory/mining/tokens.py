"""Text as comparable tokens: the words that carry what is said, the same in several languages, and how alike two sets of them are."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_STOP: Final = frozenset(
    """
    a an the this that these those it its is are was were be been being to of in on at for from by with as and or but so if
    when while we our us you your i my me he she they them their there here do does did done have has had will would can could
    should shall may might just only also too very really please pls all any some each every than then into onto about over
    under out up down off no not never always ever don dont doesnt isnt now again already still instead rather use using used uses
    make made sure remember keep mind note forget that's it's let lets want wants need needs needed must run runs running
    seriously ugh sigh wtf omg lol man dude mate mehr
    vom sich hör hören aufhören
    accordingly forward going future adjust days day these
    back bring brings
    preference certainly definitely speaking generally
    non mica ninguém nadie nessuno niemand personne finger fingers hand hands weg dá dar dê dão faz fazer hace hacen hacer haz faire font fais fai fare fanno machen macht machst doen doet happen happens give gives given limits
    through via within without across along against among around behind below above beneath beside between beyond during inside outside near per since toward towards until upon whether because though although
    however therefore meanwhile anyway besides hence whatsoever somehow somewhat perhaps whenever wherever why how whose whom having been being am ought cannot telling says guess think thought wonder mean means meant
    goes gonna gotta ages ago last year years month months week weeks longer first normally often sometimes same such more most much many less least few own else enough yet nor both either neither
    danke bitteschön gern gerne graag bedankt merci gracias grazie prego obrigado obrigada valeu beleza plaît veuillez porfa capito vale claro thanks cheers ta
    wurden worden würde würden hatte hatten gewesen worüber womit darauf drauf davon dafür damit dabei dazu danach zwischen gegen durch während wegen seit bis ab am ins ums beim trotz sowie weil denn obwohl sonst etwa schon lange wieder
    man jemand niemand alle allem allen andere anderen anderer mehr weniger viel viele ganz gar eben halt doch mal nun übrigens eigentlich jedoch darf dürfen dürft kannst könnt könnte möchte möchten sollte sollten hört heisst
    ont avons avez étaient était été sera seront avait avaient chez vers depuis pendant entre contre selon jusque afin donc car parce puisque lorsque aussi encore déjà moins très trop peu beaucoup leur leurs cela ceci celui celle ceux
    dont où ici là vous vos votre eux lui suis sommes êtes peut peux peuvent doivent faudra vont aller vais
    han hemos has había hay sido siendo fue fueron será desde hasta entre hacia contra según durante mediante tras sobre bajo ante aquí allí ahí allá esto eso aquello ese esa esos esas este estos estas aquel cual cuales quien quienes donde porque
    aunque mientras pues muy más menos mucho muchos poco también tampoco otra otro otras otros dije dicho digo dice mismo misma sino cada veces les le os vosotros
    ha hanno abbiamo avete sarà stato stata stati erano era fu presso dentro fuori verso contro durante secondo perché poiché mentre quando dove chi cui quale quali anche ancora già più meno molto poco tanto troppo altro altra altri altre
    loro lui lei voi vi ci ne si va vanno vado stai sta stanno della dell' quello quella quelli quelle sul sui sullo alla alle allo agli dal dalla nello nei negli
    foi foram será seria estão estava havia houve tem têm temos tinha até desde entre contra durante segundo porque pois enquanto quando onde quem qual quais também ainda já mais menos muito pouco outro outra outros outras
    daqui frente pra pro pela pelo pelas pelos ele ela eles elas você vocês gente nós lhe seu sua seus suas meu minha dele dela deste desta nesse nessa neste nesta isto aquilo ali lá fica ficam
    heeft hebben had hadden werd wordt worden geweest zal zullen zou zouden kan kunnen mag mogen moet moeten hier daar waar wie wat hoe waarom omdat want terwijl hoewel tussen tegen tijdens sinds tot door over onder naast achter
    ook nog al toch wel even eens heel erg veel weinig meer minder andere ander dus deze die jij je jou jouw hij zij ze hun hen mijn onze zich
    isn aren wasn weren doesn didn hasn haven won wouldn couldn shouldn mustn ain re ve ll whatever whichever try tried trying supposed yesterday today
    say says said tell told ask asked know find found reach available exposed via server's whats
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
    settled standardised standardized convention standard default tool tools go-to permanently shop repo repos project projects codebase team everybody
    agora mudou mudaram adesso ora cambiata cambiato cambiaron cambió nu meer oude vecchia antigua antiguo alte alten ancien ancienne previous one ones old new neue neuer nuevo nueva novo nova nuovo nuova box
    stp direct straight directly branch branche rama ramo zweig naar auf sur full time grundsätzlich nach strictly agents
    gets wont doesn mean anymore what who which nobody everyone stuff thing like just lot ever even quite full hard
    that thats btw pls plz thx ok reachable listening bound currently yes yeah hi hello hey again still forgot keeps keep come comes there where
    il lo gli i del della dei delle di da su sulla nel nella con per tra fra mai sempre e o ma è sono noi nostro nostra usare usiamo invece ricorda ricordati qui questo
    os as um uma do dos das em no na nos nas com por não usar usamos lembre lembra aqui isso este esta
    het een van op voor met zonder niet geen nooit altijd of maar zijn wij ons onze gebruik gebruiken plaats onthoud dit dat
    el los las un una unos unas del al y o pero es está están son era ser a en por para con sin no ni nunca siempre ahora ya
    nosotros nuestro nuestra nuestros nuestras tú te ti tu tus yo me mi mis él ella se lo que qué como cuando usa usar usamos
    utiliza directamente hagas haz hacer haga algo nada todo todos usar use uses ejecuta ejecutar prefiero preferimos lugar vez recuerda olvides cuenta corre llama debe debes hay
    """.split()  # noqa: SIM905 - four languages as lists of words
)

_SAME: Final = {
    word: english
    for english, words in {
        "database": "datenbank base basedatos datos données bdd db bd",
        "port": "ports puerto puertos porta portas porte poort",
        "server": "servers servidor serveur serveurs servidores",
        "branch": "zweig rama branche",
        "test": "tests testen prueba pruebas testing",
        "build": "builds bauen compilación compilar construction",
        "deploy": "deployment deployments deploys déploiement déployer despliegue desplegar ausrollen",
        "command": "befehl kommando commande comando commands",
        "commit": "committed committing committe committet comitear comitar commitar commettre commitear committare commits committen commiter committer commita commite commiten commitet committest committed commitea commitee",
        "indentation": "einrückung einrücken indent indenting indentación sangría",
        "space": "spaces leerzeichen espaces espace espacios espacio",
        "tab": "tabs tabulatoren tabulations tabuladores",
        "document": "documents dokumentation documentation docs documentación doc",
        "file": "files datei dateien fichier fichiers archivo archivos",
        "folder": "directory directories ordner verzeichnis dossier répertoire carpeta directorio folders",
        "before": "vor bevor avant antes prima voor beforehand without ohne sans sin sem senza zonder",
        "after": "nach nachdem après después",
        "push": "pushe pusha pusher hinpushen pushst pusht push-en pushed pushear pushare gepusht gepushed pushés poussé pushez pushs pushen pousse pousser pushing pushes",
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
        "answer": "answers antworten antwort antworte réponses réponse réponds respuestas respuesta responde risposte rispondi respostas responda antwoorden antwoord reply replies",
        "short": "brief concise kurz knapp court courte courtes breve brevi corto corta cortas kort beknopt terse succinct",
        "comment": "comments kommentare kommentar commentaires commentaire comentarios comentario commenti commento comentários comentário",
        "name": "names namen noms nom nombres nombre nomi nome nomes naam naming",
        "variable": "variables variablen variabili variáveis variabelen",
        "emoji": "emojis emoticons smileys",
        "german": "deutsch allemand alemán tedesco alemão duits",
        "french": "französisch français francés francese francês frans",
        "function": "functions funktionen funktion fonctions fonction funciones función funzioni funzione funções função functies functie",
        "quote": "quotes anführungszeichen guillemets comillas virgolette aspas aanhalingstekens",
        "uppercase": "großbuchstaben majuscules mayúsculas maiuscolo maiúsculas hoofdletters caps",
        "exception": "exceptions ausnahmen excepciones eccezioni exceções",
        "docstring": "docstrings",
        "error": "errors fehler erreurs errores errori erros fouten",
        "small": "little tiny kleine klein petits petites pequeños pequeñas",
        "pr": "prs pull requests",
    }.items()
    for word in [*words.split(), english]
}

_EASTERN: Final = (
    ("服务器|サーバー", "server"),
    ("端口|ポート", "port"),
    ("提交|コミット", "commit"),
    ("推送|プッシュ", "push"),
    ("数据库|データベース", "database"),
    ("测试|テスト", "test"),
    ("注释|コメント", "comment"),
    ("英文|英语|英語", "english"),
    ("变量|変数", "variable"),
    ("分支|ブランチ", "branch"),
)
"""Words of scripts that put no blank between words."""
_EASTERN_RUN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
_TOKEN: Final = re.compile(r"`([^`]+)`|([\w][\w./:@+-]*[\w+]|\w)", re.UNICODE)
_HARD: Final = re.compile(r"[\d_./:@+-]|[a-z][A-Z]")


def tokens(text: str) -> frozenset[str]:
    """The words that carry what is said; what is written as code counts as one, and its parts as words too."""
    found: set[str] = set()
    plain = unicodedata.normalize("NFC", text.replace("’", "'"))
    if _EASTERN_RUN.search(plain):
        plain = _spaced(plain)
    for code, word in _TOKEN.findall(plain):
        if code:
            found.add(" ".join(code.split()).lower())
            found |= {part for part in code.lower().split() if len(part) > 1}
        else:
            found |= _plain(word)
    return frozenset(found)


def _spaced(text: str) -> str:
    """With known Eastern words in English between blanks; where a name, number or Latin word says enough, without the others."""
    for pattern, english in _EASTERN:
        text = re.sub(pattern, f" {english} ", text)
    rest = _EASTERN_RUN.sub(" ", text)
    return rest if len(_TOKEN.findall(rest)) > 0 else text


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
