"""The words by which lasting statements are known: English, German, French, Spanish, Italian, Portuguese, Dutch, some Chinese and Japanese."""

from __future__ import annotations

import re
from typing import Final


def any_of(*lines: str) -> str:
    """One pattern of many; a line a language."""
    return "(?:" + "|".join(lines) + ")"


LASTING: Final = re.compile(
    r"(?:\b"
    + any_of(
        r"always|never|from (?:now|here) on|going forward|as of now|every (?:time|single)|each time|any time|whenever|in (?:the )?future|as a rule|by default|must(?: not|n't)?|default to|standard here|what (?:we|ci) uses?|applies to all|"
        r"under no circumstances|at all times|at any point|without exception|no exceptions|we (?:always|never|prefer|only|use|don't|do not|stick)|"
        r"i(?:'d)? (?:always |really |strongly )?prefer|(?:our|the|my) (?:convention|standard(?! (?:lib|out|in|err|dev|form|port))|policy|rule|house style|style)|convention is|"
        r"(?:in|for|across) (?:this|our) (?:repo(?:sitory)?|project|codebase|team)|next time|everywhere|(?:not|never|isn't|aren't|is not|are not) (?:allowed|permitted|ok|okay|acceptable)|"
        r"forbidden|off[- ]limits|banned|prohibited|no[- ]go|mandatory|required before|(?:is|are) a must|compulsory|(?:i|we) (?:don't|do not) (?:ever |really )?(?:want|like)|nowadays|everything (?:goes|runs) through|"
        r"i (?:hate|can't stand)|team uses|we all use|permanently|ever again|again,? ever|ever,|as a (?:general )?(?:thing|team)|in general|generally|not just today|"
        r"we(?:'ve| have)? (?:settled|standardi[sz]ed|switched|moved)|is the one|is the tool|months ago|all \w+ now|these days we|prior to|nobody here|go-to|hands off|not allowed to",
        r"immer(?! (?:noch|wieder|wenn))|nie|niemals|ab (?:jetzt|sofort|heute)|von (?:jetzt|nun) an|künftig|zukünftig|in zukunft|jedes mal|grundsätzlich|standardmäßig|gilt|"
        r"auf keinen fall|keinesfalls|generell|prinzipiell|wir (?:immer|nie|nutzen|verwenden|benutzen|bevorzugen|arbeiten|setzen)|(?:nutzen|verwenden|benutzen) wir|"
        r"ich (?:bevorzuge|mag lieber|will|möchte)|verboten|nicht erlaubt|tabu|pflicht|überall|in diesem (?:projekt|repo)|bei uns|nur noch|lieber",
        r"toujours|jamais|désormais|dorénavant|à partir de maintenant|à l'avenir|à chaque fois|par défaut|en aucun cas|sans exception|systématiquement|"
        r"on (?:utilise|préfère|n'utilise|ne|travaille)|nous (?:utilisons|préférons)|je (?:préfère|veux|ne veux)|interdit(?:e|es|s)?|proscrit|obligatoire|partout|"
        r"dans ce projet|chez nous|tout passe par|il (?:ne )?faut|on est sur",
        r"siempre|nunca|jamás|a partir de ahora|de ahora en adelante|en adelante|en el futuro|cada vez|por defecto|bajo ning[uú]n concepto|(?:nosotros )?(?:usamos|preferimos)|"
        r"prefiero|prohibid[oa]s?|obligatori[oa]|en este (?:proyecto|repo)|en todas partes|hay que|no se (?:permite|puede|debe)|no quiero que|sin excepción",
        r"sempre|mai|d'ora in (?:poi|avanti)|in futuro|ogni volta|di default|usiamo|preferiamo|preferisco|vietat[oa]|proibit[oa]|obbligatori[oa]|in questo progetto|"
        r"bisogna|non si (?:fa|può|deve)|non voglio che",
        r"nunca|jamais|a partir de agora|de agora em diante|daqui (?:em diante|para frente)|no futuro|por padrão|usamos|preferimos|prefiro|proibid[oa]|obrigatóri[oa]|"
        r"neste projeto|é preciso|não (?:é permitido|pode|quero que)",
        r"altijd|nooit|vanaf nu|voortaan|in de toekomst|standaard|elke keer|we gebruiken|gebruiken we|(?:ik )?(?:heb|gebruik) (?:ik )?liever|verboden|verplicht|niet toegestaan|"
        r"in dit project|bij ons|mag (?:je )?(?:niet|nooit)",
    )
    + r"\b|总是|永远|从不|绝不|一律|必须|每次|以后|今后|禁止|不允许|不准|统一|必ず|いつも|常に|絶対|毎回|今後|禁止|しないで)",
    re.IGNORECASE,
)
"""FramedSentence for longer than a task."""

ALL_OF: Final = re.compile(r"\b(?:every|each|keep|jede[nmrs]?|chaque|cada|ogni|elke|iedere?)\b", re.IGNORECASE)
"""The same, where no task is asked for: one can look at every file, once."""

INSTEAD: Final = re.compile(
    r"\s*(?:\b"
    + any_of(
        r"instead of|rather than|in place of|as opposed to|",
        r"statt|anstatt|anstelle von|an ?stelle von|",
        r"plutôt que(?: d'(?:utiliser)?)?|en lugar de(?:l)?|en vez de(?:l)?|invece (?:di|del|della|che)|al posto di|piuttosto che|em vez d[eo]|ao invés d[eo]|no lugar de|"
        r"in plaats van|",
    )
    .replace("|)", ")")
    .replace("||", "|")
    + r"\b|\bau lieu d(?:e|u|')|,\s*(?:而)?(?:不用|不是|别用|不要用|不使用)|\bplutôt qu'|\bà la place d(?:e|u|')|而不是|而非|,?\s*\b(?:and |but )?(?:definitely |certainly |please )?(?<!is )(?<!are )(?<!was )(?<!do )(?<!does )(?<!did )(?<!should )(?<!must )(?<!can )(?<!will )(?<!have )(?<!has )(?<!would )(?<!could )(?<!may )(?<!'re )(?<!'m )not\b|\b(?:and|but) never\b|,\s*never\b|"
    r",\s*(?:und |aber )?(?:bitte )?nicht\b(?: mit)?|\s(?:und|aber) nicht\b(?: mit)?|,?\s*\b(?:et |mais )?(?:surtout )?pas\b(?! que| si)|(?:,\s*|\bet |\bmais )(?:surtout )?non\b|,\s*jamais\b|,\s*no\b|\by no\b|,\s*(?:nunca|mai)\b|,\s*(?:e )?non\b|\be non\b|"
    r",\s*(?:e )?não\b|\be não\b|,\s*(?:en )?niet\b|\ben niet\b|,\s*nie\b|,\s*nooit\b)\s*",
    re.IGNORECASE,
)
"""Stands between what is wanted and what is not."""

INSTEAD_FIRST: Final = re.compile(
    r"^(?:instead of|rather than|in place of|statt|anstatt|anstelle von|au lieu (?:de |d'|du )|plutôt que(?: d'| de)?|à la place (?:de |d'|du )|en lugar de|en vez de|"
    r"invece di|al posto di|em vez de|ao invés de|in plaats van)\s*(?:using |utiliser |usar |usare )?(?P<avoid>[^,;:]+?)(?:\s*[,;:–—]\s*|\s+(?=(?:please )?(?:use|go|try|we|you|nimm|nutze|verwende|"
    r"bitte|utilise|prends|usa|usemos|usiamo|use|gebruik)\b))(?P<value>.+)$",
    re.IGNORECASE,
)

NOT_BUT: Final = re.compile(
    r"^(?:(?:don'?t|do not|never|stop)\s+(?:ever\s+)?us(?:e|ing)|not|avoid|"
    r"(?:bitte )?(?:nicht|nie|kein(?:e|en)?)|(?:n'utilise(?:z)?\s+|ne prends\s+)?(?:pas|jamais)|no(?: (?:uses?|utilices))?|nunca uses?|non(?: usare)?|não(?: use| uses)?|niet)\s+"
    r"(?P<avoid>.+?)\s*(?:[,;:–—]|\s-)?\s*\b(?:but(?: rather)?|sondern|mais(?: plutôt)?|sino(?: que)?|bensì|ma|mas(?: sim)?|e sim|maar(?: wel)?)\b\s*(?P<value>.+)$",
    re.IGNORECASE,
)
"""`not Y but X`."""

REVERSED: Final = re.compile(
    r"^(?:[^,a-z]{1,24}, )?(?P<avoid>[^,]{2,60}?)\s*(?:ではなく|じゃなくて?|の代わりに|よりも?|は(?:使わ(?:ず|ないで)|やめて|禁止|ダメ|だめ)(?:です|なので|で)?)[、,\s]*(?P<value>.+)$|^(?:不要用?|别用?|请?勿用?|不是|不用)\s*(?P<avoid2>[^,]+?)\s*[,,]\s*(?:请|要|改|而?是)?用?\s*(?P<value2>.+)$"
)
"""The same in Chinese and Japanese, where what is not wanted stands first."""

NEGATIVE: Final = re.compile(
    r"\b"
    + any_of(
        r"never|don'?t|do not|stop|avoid|no longer|no more|must not|mustn't|under no circumstances|not allowed|isn't allowed|forbidden|off[- ]limits|banned|prohibited|not permitted|"
        r"without|no-go|not ok(?:ay)?|hate|can't stand|no(?= \w)|nothing gets|nobody (?:here )?\w+s|isn'?t|aren'?t|shouldn'?t|dont|doesn'?t|hands off|skip|drop(?:ped)?|got rid of|forget|leave \S+ alone|won'?t|wont|haven'?t|hasn'?t|isnt|arent|shouldnt|not",
        r"nie|niemals|nicht|kein(?:e|en|em|er)?|auf keinen fall|vermeide|hör auf|verboten|tabu|ohne|keinesfalls|vergiss(?! (?:bitte )?nicht)",
        r"jamais|ne|n'|évite|arrête|en aucun cas|interdit(?:e|es|s)?|sans|proscrit|pas|plus de|interdiction|oublie(?! pas)",
        r"nunca|jamás|no|evita|deja de|bajo ning[uú]n concepto|prohibid[oa]s?|sin|nada de|olv[ií]date(?: de)?",
        r"mai|non|niente|vietat[oa]|proibit[oa]|evita|smetti di|basta|senza|lascia perdere|nessun\w*",
        r"não|proibid[oa]|evite|pare de|sem|nada de|nem|esquece",
        r"nooit|niet|geen|vermijd|verboden|zonder|stop met",
    )
    + r"(?:\b|(?<='))|不要|不用|不再|别|禁止|绝不|勿|不准|不允许|しないで|ないで|しない(?:こと|よう)|するな|禁止|使いません|使わない",
    re.IGNORECASE,
)

WITHOUT: Final = re.compile(
    r"\b(?:without|unless|until|(?:if|when) (?:you|it) (?:have(?:n't| not)|has(?:n't| not)|did(?:n't| not))|that has(?:n'?t| not)|only after|se (?:prima )?non hai|se non|si no has|si tu n'as pas|wenn du nicht|tant que|before (?:you|it|they) (?:have |has )?(?:run|ran|pass)|ohne|bevor|sans|avant (?:d'|de )avoir|sin|hasta|senza|prima di aver|sem|zonder)\b",
    re.IGNORECASE,
)
"""In an order with a negative word it asks for what follows: `never commit without running X`."""

PREFERS: Final = re.compile(
    r"^(?:(?:we|i|our team|the team|this team|everyone(?: here)?|everybody(?: here)?|this (?:repo|project))\s+)?(?:(?:all|always|only|really|strongly|just|do|now|usually|exclusively)\s+)*"
    r"(?:uses?|using|prefers?|go(?:es)? (?:with|for)|stick (?:to|with)|switch(?:ed)? to|standardi[sz]ed? on|settled on|love|like|work with)\b|"
    r"^(?:(?:our|the) (?:convention|standard|default|tool|team standard)(?: here| of the team| del team)? (?:is|uses)|lo standard|chez nous|we(?:'re| are| all)? (?:on|using|run|only ever use|settled on|standardi[sz]ed on)|default to|i(?:'d| would) (?:rather|prefer)(?: (?:you|we|to))*(?: used?)?|it(?:'s| is| should be| has to be| must be)|it'll be)\b|"
    r"^(?:wir\s+|ich\s+)?(?:nutze(?:n)?|verwende(?:n)?|benutze(?:n)?|nimm|nehmen|bevorzuge(?:n)?|arbeiten?(?: hier)? mit|setzen auf|bleib(?:en)? bei)\b|"
    r"^(?:on\s+|nous\s+|je\s+)?(?:utilise(?:z|r|ns)?|préfère|préférons|utilisons|prends|prenons|travaille avec|est sur|passe par)\b|"
    r"^(?:il faut|faut)\s+(?:utiliser|prendre|passer par)\b|^d?'?utiliser\b|"
    r"^(?:usa(?:mos|r)?|us[ae]s?|utiliza(?:mos|r)?|prefiero|preferimos|prefiere|hay que usar|trabajamos con)\b|"
    r"^(?:usiamo|usa(?:re|te)?|preferisco|preferiamo|si usa|bisogna usare|utilizza(?:re)?)\b|^(?:usamos|use|utilize|prefiro|preferimos)\b|"
    r"^(?:we |wij |ik )?(?:gebruik(?:en)?|werken met|heb liever|prefereer)\b|^(?:用|使用|统一用|改用)|を?使(?:って|い|う)",
    re.IGNORECASE,
)

USING: Final = re.compile(
    r"\b(?:us(?:e|es|ed|ing)|prefer(?:s|red)?|rather|switch(?:ed)? to|go with|stick (?:to|with)|run|call|install|nutze[nt]?|nutzt|verwende[nt]?|benutze[nt]?|nimm|nehmen|nehm|"
    r"utilis\w+|prend\w*|us(?:a|ar|amos|es|as|iamo|are)|utiliz\w+|gebruik\w*|should be|it's|we're on|is)\b|用|使",
    re.IGNORECASE,
)

COMPLAINT: Final = re.compile(
    r"^(?:(?:that'?s|this is) the (?:second|third|\w+th) time\b.*|t'as encore\b.*|hai (?:usato )?di nuovo\b.*|de novo\b.*|(?:why|warum|wieso|pourquoi|por qué|perché|por que|waarom)\b.*|(?:(?:you|du|tu|je)\b(?:'re|'ve| are| have| hast| as| has| hai| hebt)?\s*(?:just |still |keep |schon |encore |ya )?"
    r"(?:us(?:ed|ing)|did|ran|running|went|pushed|wrote|installed|called|benutzt|verwendet|genommen|utilis\w+|usado|usaste|usato|gebruikt)?\b.*\b(?:again|wieder|encore|otra vez|de nuevo|di nuovo|"
    r"outra vez|weer|instead)\b.*))$",
    re.IGNORECASE,
)
"""Names what was done wrongly."""

MUST_NOT: Final = re.compile(
    r"\b"
    + any_of(
        r"(?:not|n't|never|nothing|isn't|aren't) (?:you're |you are )?(?:supposed|allowed|meant|permitted|for you|to be|your (?:job|business)|something you|an option|optional|acceptable|a place)|"
        r"(?:must|should|may|can|shall)(?: not|n't|not| never)|cannot|refrain from|keep (?:off|away|out|your (?:hands|fingers))|keep .{1,20} (?:away|off)\b|stay (?:away|off|out)|steer clear|abstain|"
        r"(?:anything|everything|anywhere|any \w+) (?:but|except)|(?:is|are) (?:blocked|locked|frozen|protected|read[- ]only)|(?:means|is|are) no (?:direct |more )?(?:push|commit|merg|deploy|force)\w*|(?:nobody|no one)(?: here)? (?:push|merg|commit|use|touch|deploy|writ|run|install)\w*|(?:a )?no[- ](?:go|no)\b|no business|nothing to do (?:on|in)|(?:a )?(?:big|hard|strict|absolute) no\b|strictly off",
        r"(?:pushe?|commite?|merge|nutze?|nimm|verwende?|benutze?|mach|schreibe?|lösche?|fass) .{0,20}\b(?:nicht|nie|niemals|kein\w*)\b|darfst? .{0,30}\bnicht|darf .{0,30}\b(?:nicht|nie|keiner|niemand)|soll\w* .{0,20}\bnicht|wird .{0,30}\b(?:nicht|nie) ge(?:push|merg|committ?|nutz|mach|deploy)\w*|hat .{0,20}nichts (?:verloren|zu suchen)|finger weg|lass die finger|alles außer|unterlass\w*|hör\w* .{0,12}auf",
        r"(?:ne )?(?:doi[ts]|peux|faut)(?: surtout)? (?:pas|jamais)|on ne (?:push|pousse|fait|utilise|touche|commit|merge)\w* (?:pas|jamais)|n'as pas le droit|pas touche|tout sauf|abstiens|arrête de",
        r"no (?:debes|puedes|tienes que|se (?:debe|puede|toca|hace|usa|sube|empuja|pushea|mergea|commitea))|nadie (?:hace|sube|usa|toca|pushea)|todo menos|abstente|deja de|ni se te ocurra",
        r"non (?:devi|puoi|si (?:deve|può|tocca|fa|usa|pusha|committa|mergia))|nessuno (?:fa|usa|pusha|tocca)|tutto tranne|astieniti|guai a|smetti di|smettila di",
        r"não (?:deve|pode|é para|se (?:deve|faz|usa|mexe|commita))|ninguém (?:dá|faz|usa|mexe|commita)|tudo menos|evite|nem pense|para de|pare de",
        r"(?:push|gebruik|commit|merge|doe) .{0,20}\b(?:niet|nooit|geen)\b|(?:mag|moet|hoort) .{0,20}\bniet|wordt .{0,20}\b(?:niet|nooit)\b|alles behalve|blijf (?:weg|van|af)|hou op|laat .{0,20} met rust",
    )
    + r"(?:\b|(?<='))|(?:=|:|->) ?no (?:direct |more )?(?:push|commit|merg|deploy|force)|绝不|绝对不|不许|不能|不可以?|不得|だめ|ダメ|いけません|べきではない|禁止",
    re.IGNORECASE,
)
"""Forbids, wherever in the sentence it stands."""

TEMPORAL: Final = re.compile(
    r"\b(?:before|bevor|avant|antes|prima|voor|voordat)\b[^.;]{0,40}?\b(?:commit|push|merg|deploy|releas|comit)\w*|"
    r"\bcommit\w*\s+(?:sin|sans|ohne|senza|sem|zonder)\b|\b(?:kein\w*|ningún|nessun|nenhum|pas de|aucun|geen|niente) commit|\bcommit\w*\b[^.;]{0,20}\bthat (?:didn|hasn|did not|has not)|(?:没|未)[^,]{0,40}(?:不要|别|不能|禁止)(?:提交|commit)|\bcommit\w*\b[^.;]{0,20}\b(?:before|unless|until|without|after|bevor|avant|sans|antes|sin|prima|senza|sem|voor|zonder|ohne|if|wenn|si|se|als)\b|\bthen (?:the |a )?(?:git )?commit|ずにコミット|\bcommit\s*(?:之?前|する前|前)|"
    r"\b(?:before|after|prior to|ahead of|when(?:ever)?|each time|every time|once)\s+(?:you |we |to |any |every |each |single |a |an |your |new |opening |making |creating |pushing |doing |the |sending |that |git )*"
    r"(?:commit\w*|push\w*|merg\w*|deploy\w*|releas\w*|pr\b|prs\b|pull request\w*|finish\w*|done|editing|changing|writing|adding|refactor\w*|test\w*|review\w*)|"
    r"\b(?:every|each|any|all)\s+(?:single |new |public )*(?:commit|push|merge|deploy\w*|release|pr|prs|pull request)s?\b|"
    r"\bcommit\w*\s+(?:must|need|require|should|without|has to|have to|anything|stuff|code)|\bfirst,? (?:then )?(?:git )?commit|\bthen (?:git )?commit|\bpre[- ]?commit\b|\bcommit\w* only after|\bmakes? a commit|\btout commit|\btodo commit|\bogni commit|\bniente commit|\bkein commit|\b(?:dann|puis|luego|poi|depois) (?:erst )?(?:commit\w*)|"
    r"\b(?:vor|nach|bei)\s+(?:dem|jedem|einem|jeder|der)\s*(?:commit\w*|push\w*|merge\w*|deploy\w*|release\w*|pr\b)|\bbevor (?:du|ihr|man|wir)\b|"
    r"\b(?:avant|après)\s+(?:chaque|tout|le|un|de|d'|toute)\s*(?:commit\w*|push\w*|merge\w*|déploi\w*|release\w*|pr\b|pousser|fusion\w*)|"
    r"\b(?:antes|después)\s+(?:de|del)\s+(?:cada |hacer |un |el |cualquier |todo )*(?:commit\w*|push\w*|merge\w*|desplie\w*|pr\b|comit\w*)|"
    r"\bprima non\b|\b(?:prima|dopo)\s+(?:di|del|della)\s*(?:ogni |fare |un |qualsiasi )*(?:il )?(?:commit\w*|push\w*|merge\w*|deploy\w*)|"
    r"\b(?:antes|depois)\s+(?:de|do|dos)\s+(?:cada |fazer |qualquer |todo |um |o )*(?:commit\w*|comit\w*|push\w*|merge\w*|deploy\w*)|"
    r"\b(?:voor|na)\s+(?:elke|iedere|een|de|het|je)\s*(?:commit\w*|push\w*|merge\w*|deploy\w*)|\bvoordat je\b|"
    r"提交(?:代码)?(?:之?前|后)|コミット(?:する|の)?(?:前|後|たび)",
    re.IGNORECASE,
)
"""Ties an order to something that happens again and again."""

UNIVERSAL: Final = re.compile(
    r"\b(?:everywhere|only|all (?:new |public )?\w+s|overall|überall|alle[nr]?|nur|partout|tous|toutes|seulement|uniquement|todos|todas|solo|sólo|tutti|tutte|soltanto|apenas|alle|"
    r"alleen|overal|please|bitte|no \w+s)\b|\bs'il te plaît|\bpor favor",
    re.IGNORECASE,
)
"""Speaks of all of a kind and not of one thing."""

GENERIC_ORDER: Final = re.compile(
    r"^(?:(?:keep|write|use|prefer|put|name|format|answer|reply|respond|document|log|handle|limit|wrap|indent|sort|annotate|stick|favou?r|aim|explain|be|give|speak|talk|add|cover|"
    r"schreib(?:e|en)?|halte|nutze|verwende|antworte|benenne|formatiere|kommentiere|écris|écrire|garde|réponds|nomme|escribe|escribir|mantén|responde|nombra|comenta|"
    r"scrivi|rispondi|mantieni|escreva|responda|mantenha|schrijf|houd|hou|antwoord|用|写|回答)\b|"
    r"(?:no|kein(?:e|en)?|pas de|sin|nada de|niente|sem|geen)\s+\w|[\w-]+(?: [\w-]+){0,3} (?:in|at most|under|max|auf|en|em|op)\b)",
    re.IGNORECASE,
)
"""The beginning of an order about how things are done, as long as it names no single thing."""

SINGLE: Final = re.compile(
    r"\b(?:this|that|these|those|it|them|the|my|here's|a|an|another|one|dies(?:e[rnms]?)?|das|der|die|den|dem|ein(?:e[nrms]?)?|ce(?:tte|t|s)?|le|la|les|l'|un|une|este|esta|ese|esa|el|los|las|"
    r"una?|il|lo|i|gli|questo|questa|o|os|as|um|uma|isto|dit|deze|het|een)\b",
    re.IGNORECASE,
)

TASK: Final = re.compile(
    r"^(?:rename|(?:put|bring|take|get) (?:it|that|this|them|those) |fix|remove|delete|drop|move|open|change|update|look|check|create|show|explain|revert|undo|try|find|implement|refactor|investigate|debug|generate|build|bump|set|"
    r"replace|convert|stop (?:the|this|(?:that|it)(?! with))\b|rewrite|reword|simplify|clean|translate|optimi[sz]e|merge the|port(?= (?:the|this|it|a|my|over)\b)|(?:run|start|call|send|rerun) (?:it|this|that|them)\b(?! (?:before|every|each|always|first|prior|when))|make (?:every|all|each)\b|migrate|copy|read|tell|help|continue|go on|go ahead|start|restart|close|upgrade|downgrade|extract|split|figure|see|compare|make the|make it|add (?:a|an|the|some)|"
    r"write (?:a|an|the|me)|run the|rerun|re-run|"
    r"benenn\w*|behebe|reparier\w*|entferne|lösche|verschiebe|öffne|ändere|aktualisier\w*|schau\w*|prüf\w*|erstelle|zeig\w*|erklär\w*|füge|mach|starte|such\w*|korrigier\w*|ersetze|"
    r"renomme|corrige|supprime|enlève|déplace|ouvre|change|regarde|vérifie|crée|montre|explique|ajoute|relance|remplace|cherche|mets|"
    r"renombra|arregla|corrige|elimina|borra|mueve|abre|cambia|mira|revisa|crea|muestra|explica|añade|agrega|reemplaza|busca|pon|sube|"
    r"rinomina|sistema|correggi|rimuovi|elimina|sposta|apri|cambia|guarda|controlla|crea|mostra|spiega|aggiungi|sostituisci|"
    r"renomeie|conserte|corrija|remova|apague|mova|abra|mude|olhe|verifique|crie|mostre|explique|adicione|substitua|arruma|troca|"
    r"hernoem|repareer|verwijder|verplaats|open|wijzig|kijk|controleer|maak|toon|leg|voeg|vervang|zoek|fix)\b",
    re.IGNORECASE,
)
"""The beginning of a task: something that is done once."""

AT_HAND: Final = re.compile(
    r"\b(?:in|for|on) (?:this|that) (?!repo|project|codebase|code base|team|company|org|workspace|monorepo|house|shop|port|server|host|machine|box)\w+|\bnessa? \w+|\bdans cet(?:te)? (?!équipe)\w+|\bin quest[oa'] ?(?!progetto|repo|team|azienda)\w+|\b(?:en|para) est[ea] (?!proyecto|repo|equipo|empresa|código|casa)\w+|\b(?:nest[ea]|nesse|dest[ea]) (?!projeto|repo|time|equipe|empresa|código)\w+|\bpour cet(?:te)? (?!équipe)\w+|\b(?:dans|pour) ce (?!projet|dépôt|repo|code)\w+|\b(?:in|für) diese[mnrs]? (?!projekt|repo|team|firma|code)\w+|\bdiese[nr]? eine\w*|\b(?:in|voor) (?:dit|deze) (?!project|repo|team|bedrijf|huis)\w+|这个(?!项目|仓库|团队|公司|里)|この(?!プロジェクト|リポジトリ|チーム|会社)|\bin the (?:example|snippet|demo)\b|\b(?:this|that|these|those) (?:\w+ )?(?:file|function|module|class|method|bug|error|test|line|variable|branch|commit|pr|change|one|case|button|page|test case|endpoint|query|script|line|loop)s?\b|"
    r"\b(?:dies(?:e[rnms]?)?) (?:datei|funktion|fehler|test|zeile|klasse|modul|stelle)\b|\bce(?:tte|t|s)? (?:fichier|fonction|erreur|test|ligne|bug|module)\b|"
    r"\b(?:est[ea]) (?:archivo|función|error|test|línea|fichero|prueba|módulo)\b|\b(?:quest[oa]) (?:file|funzione|errore|test|riga)\b|\b(?:est[ea]|ess[ea]) (?:arquivo|função|erro|teste|linha)\b|"
    r"\b(?:deze|dit) (?:bestand|functie|fout|test|regel)\b|\bfix it\b|\byet\b|\bcelui-là|\bcelle-là|\bl'autre \w+|\bthe other \w+|\b(?:de[nmr]|die|das) andere\w*|\b(?:el|la) otr[oa]|\bl'altr[oa]|\b[oa] outr[oa]|\bde andere|\bworry\b|\bbother\b|\b(?:der|die|das) (?:button|seite|titel|warenkorb|kopfzeile|logo)\b|\b(?:le|la|el|il|o) (?:bouton|page|botón|página|pulsante|botão)\b|\bthis diff\b|\bthe (?:button|total|header|footer|logo|title|parser|page|screenshot)\b",
    re.IGNORECASE,
)
"""Points at one thing that is before everybody's eyes."""

ONCE: Final = re.compile(
    r"\b"
    + any_of(
        r"just (?:this once|for now|this time|today|for this|once|here)|(?:only )?this (?:once|one time|time(?: only| around)?)|for now|for the (?:moment|time being)|temporar(?:y|ily)|"
        r"for (?:this|today's|that) (?:one|\w+)?\s?(?:task|run|test|session|experiment|demo|pr|commit|branch|script|bug|fix|ticket|time|file|hotfix|migration|deploy)|(?<!not )only today|(?:just )?for today|one[- ]?(?:off|time)|"
        r"in this (?:one )?(?:case|instance)|as an exception|(?:it's |as )an exception|one-off|until (?:the|it|we|i|tomorrow|friday|monday|then|next)\b|(?:right|just) now|tonight|this (?:morning|afternoon|week|sprint)|once only|"
        r"for a (?:quick|second|minute|moment|bit)|quick(?:ly)? (?:try|test)|in the meantime|till (?:the|it|we|tomorrow)|today (?:only|we)|(?<!of )(?<!only )(?<!just )(?<!only for )(?<!from )(?<!as of )(?<!since )today\b|(?:run|try|do|use|start) (?:it|this|that) once|once(?= with)|(?:just|only) in (?:this|that)|only for (?:the|this|that|today)\b|exceptionally|for the demo|as a workaround|while (?:the|it|we)\b.*\b(?:down|broken)",
        r"nur (?:diesmal|dieses? mal|heute|jetzt|für (?:diesen|dieses|diese|jetzt|heute)|hier|kurz|einmal)|diesmal|dieses mal|ausnahmsweise|vorläufig|vorübergehend|für den moment|fürs erste|erstmal|"
        r"einmalig|(?<!ab )(?<!seit )heute|nur in diese[mrs]?|bis (?:morgen|der|die|das|wir)|für (?:diesen|dieses|diese) (?:test|lauf|task|ticket|pr|demo|branch|fall)|im moment|momentan|gerade",
        r"(?:juste |seulement )?(?:(?:pour )?cette fois(?:-ci)?|pour l'instant|(?<!d')(?<!depuis )aujourd'hui(?: seulement)?)|(?:juste|seulement|uniquement) dans ce(?:tte|t)?|provisoirement|temporairement|pour le moment|exceptionnellement|"
        r"(?:juste|seulement) (?:ici|pour)|pour (?:ce|cette) (?:test|tâche|fois|démo|run|branche|pr)|en attendant|jusqu'à|tant que",
        r"(?:solo |sólo )?(?:(?:por )?esta vez|por ahora|por el momento|de momento|temporalmente|provisionalmente|(?<!desde )(?<!de )hoy)|(?:solo|sólo) (?:hoy|aquí|para|en est[ea])|para (?:esta|este) "
        r"(?:prueba|tarea|demo|vez|rama|pr|caso)|excepcionalmente|hasta (?:que|mañana|el)|mientras",
        r"questa volta|stavolta|(?:solo |soltanto |per )(?:adesso|oggi)|(?:solo|soltanto) in quest[oa]|per ora|per il momento|temporaneamente|per (?:questo|questa) (?:test|prova|demo|task|branch)|in via eccezionale|finché|fino a",
        r"(?:só |somente |apenas )?(?:desta vez|dessa vez|por enquanto|por agora|(?<!de )(?<!desde )hoje|por ora)|temporariamente|provisoriamente|(?:só|apenas) (?:para|hoje|por)|para (?:este|esta|esse|essa) (?:teste|tarefa|demo|vez|pr)|até",
        r"(?:alleen |enkel )?(?:deze keer|dit keer|(?<!vanaf )(?<!sinds )vandaag|voorlopig|voor nu|nu even|tijdelijk|eenmalig|bij uitzondering|deze ene keer)|voor (?:deze|dit) (?:ene )?(?:test|taak|demo|keer|branch|pr)|tot (?:de|het|morgen|we)",
    )
    + r"\b|^(?:here|hier|ici)[ ,]+(?:use|take|please|pls|nimm|nutze|bitte|prends|utilise|mets)\b(?!.*\b(?:always|only|never|immer|nur|nie|toujours|jamais)\b)|\b(?:solange|zolang|enquanto)\b|这次|暂时|先别|先不|今天|先用|临时|这一次|今回だけ|今回は|とりあえず|一時的|今日だけ|今日は|一旦",
    re.IGNORECASE,
)
"""FramedSentence for this task only."""

TRANSIENT: Final = re.compile(
    r"\b"
    + any_of(
        r"broken|fail(?:s|ed|ing|ure)?|wrong|(?<!be )done|fine|slow|red|green|stuck|hanging|crash(?:es|ed|ing)?|down|missing|weird|strange|empty|errors?|bug|"
        r"ready|late|urgent|great|good|bad|perfect|ok|okay|unclear|confusing|not working|doesn't work|didn't work|timed? ?out|refused|already in use|taken|returns?|throws?|what i meant|"
        r"what i (?:meant|wanted|asked)|my question|nice|thanks|thank you|should(?: have)? be(?:en)? \d\w*|sense|i (?:wanted|meant|asked for the)|not found|"
        r"\w+error|\w+exception|twice|never ?mind|looks like|half of|hangs|still (?:get|see|show|fail|hav)\w*|getting|climbs|your (?:last )?(?:change|fix|commit|patch)|profile it|exit code|status code|stale(?= cache)|trace(?:back)?",
        r"kaputt|falsch(?:e[rnms]?)?|fertig|langsam|rot|grün|leer|fehlt|komisch|gut|schlecht|fehler|hängt|schlimm|funktioniert|geht nicht|danke|belegt|ich wollte|ich meinte|stimmt|sollte \w+ sein|soll \w+ sein",
        r"cassé(?:e)?|faux|fini(?:e)?|lent(?:e)?|vide|bizarre|bien|mauvais(?:e)?|erreur|plante|marche(?: pas)?|fonctionne|c'est ça|merci(?! d)|grave|je voulais|devrait être|code de sortie|celui-là|celle-là|en boucle",
        r"roto|rota|mal|listo|lista|lento|lenta|vacío|vacía|raro|rara|bien|malo|mala|hecho|falla|error|funciona|gracias|quería|debería ser",
        r"rotto|rotta|sbagliat[oa]|fatto|lento|vuoto|errore|funziona|fallisce|grazie|male|dovrebbe essere|volevo",
        r"quebrad[oa]|errad[oa]|feito|lento|vazio|erro|funciona|falha|falhou|obrigad[oa]|travado|queria|não era|deveria ser|quebrando",
        r"kapot|fout|klaar|traag|leeg|werkt|mislukt|bedankt|goed|klopt niet|krijg",
    )
    + r"\b|失败|错误|报错|坏了|谢谢|エラー|失敗|動かない|ありがとう",
    re.IGNORECASE,
)
"""How something is at a moment."""

CHANGED: Final = re.compile(
    r"\b"
    + any_of(
        r"now|no longer|had to (?:change|move|switch)|from (?:here|now) on|not any ?more|any ?more|moved|chang(?:ed|es)|switched|renamed|relocated|replaced by|as of|since|meanwhile|these days|nowadays|new port|new address|new one|migrated|used to",
        r"jetzt|nun|nicht mehr|inzwischen|mittlerweile|seit|umgezogen|umgestellt|verlegt|migriert|gewechselt|umbenannt|geändert|verschoben|neuer?|neu",
        r"maintenant|désormais|ne .{1,40} plus|n'est plus|plus sur|depuis|déplacé(?:e)?|changé|migré|basculé|passé(?:e)? (?:au|sur|à)|nouveau|dorénavant",
        r"ahora|ya no|desde|(?:ha |han |hemos )?(?:movi(?:ó|mos|eron|do)|cambi(?:ó|amos|aron|ado)|mud(?:ó|amos|aron|ado)|migr(?:ó|amos|aron|ado)|pas(?:ó|amos|aron|ado))|nuevo",
        r"adesso|ora|non .{1,40} più|(?:spost|cambi|pass|migr)(?:ato|ata|ati|iamo)|nuov[oa]",
        r"agora|(?:mud|pass|migr|alter|troc)(?:ou|amos|aram|ado|ada)|movid[oa]|não .{1,40} mais|nov[oa]",
        r"nu|niet meer|verhuisd|verplaatst|gemigreerd|gewijzigd|veranderd|voortaan|nieuwe",
    )
    + r"\b|现在|現在|今(?!回|日|後|週|度|まで|すぐ)|新しい|改(?:成|为|到)|换成|已(?:经)?|変わ|変更|今は|移動|になりました",
    re.IGNORECASE,
)
"""Says that it was otherwise before."""

FORMER: Final = re.compile(
    r"\b(?:from|von|vom|de|du|del|dal?|do|van)\s+(?:port\s+|puerto\s+|porta\s+|poort\s+)?[`']?\d{2,5}[`']?\s+(?:to|auf|nach|zu|à|au|vers|a|al|para|naar)\b|"
    r"\b(?:not|no longer|isn't|nicht(?: mehr)?|pas|plus|no|ya no|non|não|niet(?: meer)?|instead of|rather than|statt|au lieu (?:de|du)|en (?:vez|lugar) (?:de|del)|invece (?:di|del)|em vez de|"
    r"in plaats van|was|war|était|era|formerly|used to be|früher|avant|antes|prima|vroeger)\s+(?:on\s+|auf\s+|sur\s+|en\s+|su\s+|op\s+|le\s+|el\s+|la\s+|the\s+|il\s+|o\s+|a\s+)*"
    r"(?:port\s+|puerto\s+|porta\s+|poort\s+)?[`']?\d{2,5}[`']?(?:\s+(?:any ?more|anymore|plus|mehr|più|mais|meer))?",
    re.IGNORECASE,
)
"""What something was before, in a sentence that says what it is."""

FACT: Final = re.compile(
    r"^(?P<topic>(?:the|our|my|this (?:repo|project|team)'?s?|all|der|die|das|den|unser(?:e|er|en|em)?|le|la|les|l'|notre|nos|el|los|las|"
    r"nuestr[oa]s?|il|lo|i|gli|nostr[oa]|o|a|os|as|noss[oa]s?|het|de|ons|onze)(?:(?<=')|\s)[^,;:]{2,80}?)\s+"
    r"(?P<link>(?:is|are|lives?|runs?|listens?|sits?|needs?|requires?|goes|go|uses?|belongs?|expects?|stays?|has moved|have moved|moved|"
    r"changed|has changed|switched|was moved|was changed|was renamed|"
    r"ist|sind|läuft|laufen|liegt|liegen|heißt|heißen|braucht|brauchen|steht|hört|lauscht|gehört|nutzt|verwendet|"
    r"est|sont|tourne(?:nt)?|se trouve(?:nt)?|s'appelle(?:nt)?|écoute(?:nt)?|utilise(?:nt)?|a besoin|exige|"
    r"es|está|están|son|corre(?:n)?|se llama(?:n)?|escucha(?:n)?|necesita(?:n)?|usa(?:n)?|vive(?:n)?|"
    r"è|sono|gira|ascolta|si trova|é|fica|roda|escuta|draait|luistert|staat|zit)\b(?:\s+(?:now|jetzt|nun|"
    r"maintenant|désormais|ahora|inzwischen|adesso|ora|agora|nu|called|located|named|set))*(?:\s+(?:to|at|on|in|under|from|by|auf|unter|in|an|bei|sur|dans|à|en|"
    r"por|su|sulla|sul|na|no|em|op))?)\s+(?P<value>.{1,160})$",
    re.IGNORECASE,
)

SELF: Final = re.compile(
    r"\b(?:i|i'm|i've|me|we|ich|wir|je|j'ai|nous|yo|io|eu|ik|get|got|gets|see|saw|says|said)\b", re.IGNORECASE
)
"""Speaks of oneself, as who tells a story does."""
