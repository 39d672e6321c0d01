"""What stands around a statement, in the same languages: greetings, corrections, orders to remember."""

from __future__ import annotations

import re
from typing import Final

from workbench.memory.mining.words import any_of

_LEADS: Final = any_of(
    r"please|pls|plz|also|and|oh|for (?:the love of \w+|god's sake|heaven's sake|fuck'?s sake)|jesus|hey|hi|btw|by the way|fyi|heads[- ]up|ok|okay|so|well|one more thing|one thing|for the record|just|but|"
    r"(?:look|listen)(?=,)|sorry|dude|man|guys|again|ugh|argh|hmm+|quick (?:note|reminder)|reminder|note(?=[:,])|friendly reminder|just so you know|"
    r"(?:rule|house rule|team rule|convention|style|important)(?=[:,])",
    r"bitte|um (?:gottes|himmels) willen|und|auch|übrigens|also|noch etwas|noch was|aber|hey|hör mal|achtung|hinweis|zur info|kurzer hinweis|wichtig|regel",
    r"s'il te pla[iî]t|s'il vous pla[iî]t|stp|svp|et|aussi|au fait|alors|mais|attention|pour info|important|rappel|merci de(?: bien)?|dis|règle",
    r"por favor|porfa|y|también|por cierto|entonces|pero|oye|ojo|importante|atención|para que lo sepas|recordatorio|regla",
    r"per favore|per piacere|e|anche|comunque|allora|ma|senti|attenzione|importante|promemoria|regola",
    r"por gentileza|aliás|então|mas|olha|lembrete|atenção|regra",
    r"alsjeblieft|aub|en|ook|trouwens|maar|luister|let op|belangrijk|ter info|regel",
    r"请|另外|ちなみに|お願い",
)

EXPLICIT: Final = re.compile(
    rf"^(?:{_LEADS}[\s,:!.–—-]+)*(?:(?:can|could|would|will) you(?: please| just| mind)?\s+|try to\s+|pense[rz]? à\s+|(?:i|we) (?:want|need|would like) you to\s+|i'd like you to\s+|"
    r"you (?:should|must|need to|have to|can)\s+|(?:kannst|könntest) du(?: dir)?(?: bitte)?\s+|du (?:sollst|musst)(?: dir)?\s+|"
    r"(?:peux-tu|pourrais-tu|tu peux|tu dois)\s+|(?:puedes|podrías|quiero que)\s+|(?:puoi|potresti)\s+|(?:você pode|pode|podes)\s+|"
    r"(?:kun|wil) je\s+)*(?:"
    + any_of(
        r"(?:please )?(?:re?me?mb?er(?! me\b)|keep a note(?: of)?|remembering|memori[sz]e|learn (?:this|that|it)(?: one)?(?: by heart)?|make (?:a )?(?:\w+ )?note|take (?:a )?note|note down|jot (?:this |it )?down|keep (?:this |it )?in mind|"
        r"bear (?:this |it )?in mind|do(?:n'?t| not) (?:you )?(?:ever )?forget|never forget|commit (?:this |it )?to memory|"
        r"(?:please )?(?:save|store|put|keep|add|write|log|record|bookmark) (?:(?:this|that|it|the following)\b )?(?:(?:in|to|into) (?:your |the )?"
        r"(?:memory|memories|notes)|down|for later|for (?:the )?future|somewhere)|add (?:this )?to (?:your |the )?(?:memory|notes)|"
        r"(?:save|store|memori[sz]e|keep|bookmark|note|record) (?:this|that|it|the following)\b|note that|note(?=[:,])|note to self|memo(?=\b)|notes?(?=:)|for (?:later|next time|future reference|"
        r"future sessions|your (?:memory|notes|records)|the future|reference)|to remember|worth remembering|don'?t lose this)",
        r"fürs nächste mal|(?:bitte )?(?:merk(?:e|en)?(?: es)?(?: dir)?|dir (?:bitte )?merken|denk(?:e|en)? (?:bitte )?daran|denk (?:bitte )?dran|vergiss (?:bitte )?nicht|nicht "
        r"vergessen|notier(?:e|en)?(?: dir)?|schreib(?:e)?(?: dir)? (?:das )?auf|speicher(?:e|n)?(?: dir)?(?: bitte)?|behalt(?:e)?(?: bitte)? im "
        r"(?:kopf|hinterkopf)|behalte|für (?:später|die zukunft|das nächste mal|künftige sitzungen)|zum merken)",
        r"(?:retiens|retenez|retenir|mémorise[rz]?|souviens-toi|souvenez-vous|te souvenir|rappelle-toi|rappelez-vous|n'oublie(?:z)? (?:pas|jamais)|"
        r"note(?:r|z)?(?: bien)?(?: pour la suite)?(?= que|:|,| ça| ceci| ici| quelque| dans)|garde(?:r|z)? (?:ça |ceci |bien )?en (?:tête|mémoire)|enregistre|"
        r"pour (?:la suite|plus tard|la prochaine fois|référence|mémoire)|à (?:retenir|noter)|prends note)",
        r"(?:recuerda(?:r)?|recuérdalo|acuérdate|acordarte|no (?:te )?olvides|no lo olvides|ten(?:er)? (?:esto |bien )?en cuenta|ten (?:esto )?presente|"
        r"apunta(?:te)?|apúntate|anota(?:te)?|anótalo|toma nota|guarda(?:r)?(?=\b)|memoriza(?:r)?|para (?:el futuro|la próxima|después|más adelante|"
        r"referencia|futuras sesiones))",
        r"(?:ricord(?:a|ati|ate|are|arti)|tieni (?:a mente|presente)|non (?:ti )?dimenticare|annota(?:ti)?|prendi nota|segna(?:ti|telo)?|memorizza(?:re)?|"
        r"salva(?:ti)?|per (?:il futuro|la prossima volta|riferimento|dopo|promemoria))",
        r"(?:lembr(?:a|e|ar)(?:-te|-se)?|não (?:te |se )?esqueças?|não (?:se )?esqueça|guard(?:a|e|ar)|anot(?:a|e|ar)|memoriz(?:a|e|ar)|"
        r"tenha em mente|tem em mente|toma nota|tome nota|para (?:o futuro|a próxima(?: vez)?|referência|depois))",
        r"(?:onthou(?:d|den)?(?: even| goed)?|vergeet (?:dit )?niet|niet vergeten|noteer|schrijf (?:dit |het )?op|sla (?:dit |het )?op|bewaar|"
        r"hou(?:d)? (?:er )?(?:rekening mee|in gedachten)|denk eraan|voor (?:later|de volgende keer|de toekomst))",
        r"(?:(?:请)?(?:记住|记得|记一下|牢记|别忘了|不要忘记)|备忘|覚え(?:て|ておいて)(?:ください|おいて|ね)?|メモ(?:して(?:おいて)?)?|忘れないで(?:ください|ね)?)",
    )
    + r")(?![\w'])(?P<link>(?:\s*[:,;–—>-]+\s*|\s+(?:this|it|that down|down|das|dies|dir|ceci|cela|ça|esto|lo siguiente|questo|isto|isso|dit|dat)\b[\s:,–—-]*)*"
    r"(?:\s*(?:that|dass|das|que|qu'|de que|daran|che|dat|para|please|bitte|stp|por favor|,|:|[–—-])(?:\s+|(?<=')))*)\s*",
    re.IGNORECASE,
)
"""An order to remember at the beginning of a sentence; what follows is to be remembered."""

EXPLICIT_BEHIND: Final = re.compile(
    r"[\s,;:.!–—(-]+(?:please |pls |so |and |bitte |und |et |y |e |en |s'il te plaît,? )*(?:"
    + any_of(
        r"(?:remember|memori[sz]e|note|save|store|keep|write down|don'?t (?:ever )?forget|do not forget) (?:that|this|it)(?: (?:down|in mind|please|for (?:later|"
        r"next time|the future)|somewhere|in (?:your )?(?:memory|notes)|well|ok))*|(?:write|note|jot) (?:that|this|it) down|keep (?:that|this|it) in mind|"
        r"(?:please )?remember(?: for (?:next time|later|the future))?|for (?:future reference|next time|later|the record|your notes)|"
        r"(?:add|put|save|commit|store) (?:that|this|it) (?:to|in|into) (?:your |the )?(?:memory|notes)",
        r"(?:merk|merke|notier|notiere|speicher|speichere) (?:dir )?(?:das|es|dir)(?: (?:bitte|mal|gut|ab))*|(?:bitte )?(?:merken|notieren|nicht vergessen)|"
        r"vergiss das nicht|schreib (?:dir )?das (?:bitte )?auf|behalt(?:e)? das (?:bitte )?(?:im kopf)?",
        r"(?:retiens|mémorise|note|garde|enregistre)(?:-le|-la| (?:ça|le|bien ça))(?: (?:en tête|en mémoire|quelque part))?|ne l'oublie pas|"
        r"n'oublie pas(?: ça)?|à retenir|souviens-t'en",
        r"(?:recuérdalo|apúntalo|anótalo|guárdalo|memorízalo|no lo olvides|tenlo (?:en cuenta|presente)|toma nota)",
        r"(?:ricordatelo|ricordalo|segnatelo|annotalo|tienilo a mente|non dimenticarlo)",
        r"(?:lembra(?:-te)? disso|lembre-se disso|guarda isso|anota isso|anota aí|não (?:te )?esqueças?(?: disso)?|não (?:se )?esqueça(?: disso)?)",
        r"(?:onthoud (?:dat|dit)|vergeet (?:dat|dit) niet|schrijf (?:dat|dit) op|noteer (?:dat|dit))",
        r"(?:记住(?:了|哦)?|别忘了|を?覚えて(?:おいて)?(?:ください|ね)?|忘れないで(?:ください|ね)?)",
    )
    + r")[\s.!,)…]*$",
    re.IGNORECASE,
)
"""The same order behind what is to be remembered."""

TO_DO: Final = re.compile(
    r"^(?:to\b(?! (?:always|never))|zu\b|de (?!que\b)\w+(?:r|er|ir|re)\b|di \w+(?:re)\b|a \w+(?:r)\b|om te\b|(?:the|about|what|when|how|where|why) \w+ (?:from|we|i|you)\b)",
    re.IGNORECASE,
)
"""Behind an order to remember, a task: `remember to run the tests` asks for one thing to be done."""

CORRECTION: Final = re.compile(
    rf"^(?:{_LEADS}[\s,:!.–—-]+)*(?:"
    + any_of(
        r"no+(?: no+)*|nope|nah+|wrong(?: \w+)?(?: again)?(?:,? (?:mate|man|dude))?|quick correction|update|correction|that'?s (?:wrong|not right|not it)|not (?:like that|again)|actually|again|once again|"
        r"(?:as|like) (?:i|we) (?:said|told you|mentioned)(?: (?:before|already|earlier|yesterday))?|"
        r"(?:i|we) (?:(?:already|just|have|'ve|clearly|literally) )*(?:said|told you|asked(?: you)?|mentioned|explained)"
        r"(?: (?:already|before|earlier|yesterday|(?:last|this) (?:time|week)|twice|many times|a (?:hundred|thousand) times|to|that|for|you|it|this))*|"
        r"how many times[^,:.!?]*|once more|stop(?= it|[,:.!])(?: it)?|sigh|come on|for the (?:second|third|last|nth|\w+) time",
        r"nein(?: nein)*|nee|falsch(?:e[rs]? \w+)?|das (?:ist|war) falsch|nicht so|eigentlich|nochmals?|noch ?mal|noch einmal|schon wieder|wie (?:schon )?gesagt|"
        r"ich (?:sagte|hab(?:e)?'?s?|hatte)(?: (?:es|dir|doch|schon|mal|das|bereits|gestern|mehrfach|gebeten))*(?: (?:gesagt|gebeten))?",
        r"non(?: non)*|faux|c'est faux|pas comme ça|en fait|encore une fois|comme (?:je l'ai (?:déjà )?dit|déjà dit)|"
        r"je (?:l'ai|t'ai|te l'ai|vous ai) (?:déjà )?(?:dit|demandé)(?: (?:de|d'|que))?|j'ai (?:déjà )?(?:dit|demandé)(?: (?:de|d'|que))?",
        r"mal|así no|está mal|en realidad|otra vez|de nuevo|como (?:ya )?(?:te )?dije|(?:ya )?te (?:lo )?(?:he dicho|dije|pedí)(?: (?:ya|que))*|"
        r"ya (?:lo )?dije(?: que)?",
        r"no(?: no)*|sbagliato|di nuovo|ancora|come (?:ho |ti ho )?(?:già )?detto|(?:te l'|ti |l')?(?:ho|avevo) (?:già )?(?:detto|chiesto)(?: (?:di|che))?",
        r"não|errado|de novo|outra vez|como (?:eu )?(?:já )?(?:disse|falei)|(?:eu )?já (?:te )?(?:disse|falei|pedi)(?: (?:que|para|pra))?",
        r"nee|fout|alweer|weer|zoals (?:ik )?(?:al )?(?:zei|gezegd)|ik (?:zei|heb|had)(?: (?:je|al|toch|het|dat|eerder|gezegd))*",
        r"不对?|错了|违う|いや|いいえ",
    )
    + r")(?:\s*[,:;.!?–—-]+\s*|\s+(?=[`'\"]|(?:use|using|to|run|nimm|utilise|usa)\b)|\s+(?<=\bsaid )|\s+(?<=\bgesagt )|\s+(?<=\bfor )|\s+(?<=\bde )|\s+(?<=\bque )|(?<=d')|"
    r"\s+(?<=\bdit )|\s+(?<=\bdije )|\s+(?<=\btold you )|\s+(?<=\bdetto )|\s+(?<=\bdi )|\s+(?<=\bche )|\s+(?<=\bgezegd )|\s+(?<=\bdisse )|\s+(?<=\bto ))",
    re.IGNORECASE,
)
"""A correction at the beginning of a sentence, up to what is right instead."""

CORRECTION_BEHIND: Final = re.compile(
    r"[\s,;:.!–—-]+(?:(?:as|like) i (?:already )?(?:said|told you)\b.*|(?:i've |i )?(?:already )?(?:told|said) (?:you )?(?:that |this |it )?(?:already|before|\w+ times)|how many times.*|ya te lo (?:dije|he dicho)|"
    r"te lo dije(?: ya)?|(?:te l'|ti )?(?:avevo|ho) (?:già )?detto|hatte ich (?:doch )?(?:schon )?gesagt|hab(?:e)? ich (?:doch )?(?:schon )?gesagt|wie gesagt|je (?:te )?l'ai déjà dit|comme (?:déjà )?dit|"
    r"já (?:te )?(?:disse|falei)|had ik (?:al|toch) gezegd|zoals gezegd)[\s.!)]*$",
    re.IGNORECASE,
)
"""The same behind what is right."""

POLITE: Final = re.compile(
    rf"^(?:(?:{_LEADS}|"
    + any_of(
        r"(?:i|we) (?:want|need|would like|expect) you to|i'd (?:like|rather have|prefer) you to|i'd like|you (?:should|need to|have to|must)|"
        r"(?:can|could|would|will) you(?: please| just)?|would you mind|let's|make sure (?:to|that you(?: always)?|that|you(?: always)?)?|make sure|be sure to|ensure (?:that|you)?|"
        r"remember to|don'?t forget to|in (?:the )?future|from (?:now|here) on(?:wards?)?|going forward|as of now|"
        r"from today(?: on)?|(?:in|for|on|within|across) (?:this|our|the|all) (?:\w+ )?(?:repo(?:sitory)?|project|codebase|code base|team|company|monorepo|workspace)s?|"
        r"(?:over |around |down )?here|next time|for all of our \w+|everywhere|i mean|i think",
        r"du sollst|du solltest|ich möchte,? dass du|ich will,? dass du|(?:kannst|könntest|würdest) du(?: bitte)?|ab (?:jetzt|sofort|heute)|von (?:jetzt|nun) an|"
        r"in zukunft|künftig|zukünftig|(?:in|bei|für) (?:diesem|unserem|dieses|unser) (?:projekt|repo|team)|bei uns|hier|stell sicher,? dass du|achte darauf,? dass",
        r"je veux que tu|je voudrais que tu|j'aimerais que tu|tu dois|tu devrais|(?:peux-tu|pourrais-tu|tu peux|tu pourrais)|il faut que tu|"
        r"désormais|dorénavant|à partir de maintenant|à l'avenir|dans (?:ce|notre) (?:projet|dépôt|repo)|chez nous|ici|"
        r"assure-toi (?:de|d'|que)|pense à|veille à",
        r"quiero que|quisiera que|necesito que|tienes que|debes|deberías|(?:puedes|podrías)|a partir de ahora|de ahora en adelante|en el futuro|en adelante|"
        r"en (?:este|nuestro) (?:proyecto|repo|equipo)|aquí|asegúrate de(?: que)?",
        r"voglio che|vorrei che(?: tu)?|devi|dovresti|(?:puoi|potresti)|d'ora in (?:poi|avanti)|in futuro|in questo (?:progetto|repo)|qui|da noi|assicurati di",
        r"quero que|você (?:deve|pode|precisa)|(?:podes|pode|poderia)|a partir de agora|daqui (?:em diante|para frente)|de agora em diante|no futuro|"
        r"neste (?:projeto|repo)|nesse projeto|aqui|certifique-se de",
        r"ik wil dat je|je moet|(?:kun|wil|zou) je|vanaf nu|voortaan|in de toekomst|in dit project|bij ons|zorg (?:ervoor )?dat je",
        r"以后|今后|从现在起|这个项目里?|在?这里|今後は?|このプロジェクトでは|ここでは",
    )
    + r")(?:[\s,:;!.–—-]+|(?<=d')))+",
    re.IGNORECASE,
)
"""What stands before a statement and says nothing of it."""

EMPHASIS: Final = re.compile(
    r"[\s,;:.!–—(-]*\b(?:no (?:exceptions?|excuses?|ifs or buts|matter what\b.*)|full stop|that'?s a hard rule|thats a hard rule|without (?:any )?exceptions?|(?:and )?(?:don'?t|never|do not) (?:ever )?skip(?: (?:it|that|this))?|not just today|ohne ausnahmen?|keine ausnahmen?|"
    r"sans exceptions?|sin excepci(?:ón|ones)|senza eccezioni|sem exce(?:ção|ções)|zonder uitzondering(?:en)?|at all times|ok(?:ay)?|understood|verstanden)\b[\s?!.)]*",
    re.IGNORECASE,
)
"""Says how much something is meant, in words that would turn its sense around."""
