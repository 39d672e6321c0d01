"""The words of orders that nobody may give in a tool's result, a file, a page or a report."""

from __future__ import annotations

import re
from typing import Final

ORDERS: Final = (
    r"always|never|remember|keep in mind|from now on|going forward|don'?t forget|do not forget|whenever|every time|must|"
    r"make a note|memori[sz]e|for future|prefer|instead of|rather than|by default|as a rule|at all times|"
    r"immer|niemals|merk dir|merke dir|vergiss nicht|ab jetzt|künftig|denk daran|notier|grundsätzlich|"
    r"toujours|jamais|retiens|souviens|n'oublie|désormais|dorénavant|à partir de maintenant|"
    r"siempre|nunca|recuerda|no olvides|ten en cuenta|a partir de ahora|de ahora en adelante|"
    r"sempre|ricorda|non dimenticare|d'ora in poi|lembre|não se esqueça|a partir de agora|altijd|nooit|onthoud|vergeet niet|voortaan"
)
"""What a sentence has that gives an order for longer: looked for in what users did not say, in SQL and here."""

INJECTION: Final = (
    r"ignore (?:all |any |the )?(?:previous|prior|above|earlier)|system prompt|you (?:must|should|have to|need to)|"
    r"(?:user|owner|human|admin(?:istrator)?|operator) (?:said|says|wants|asked|prefers|told)|"
    r"important[:!]|instruction|important: |new rule|note to (?:the )?(?:ai|agent|assistant|model)|as an? (?:ai|assistant|agent)|"
    r"\| ?(?:sudo )?(?:ba|z)?sh\b|override|disregard|save (?:this|it) (?:to|in) (?:your )?memory|policy|记住|以后都|必ず|覚えて"
)

SUSPICIOUS: Final = re.compile(rf"\b(?:{ORDERS})\b|{INJECTION}", re.IGNORECASE)

INJECTION_ANYWHERE: Final = re.compile(
    r"ignore (?:all |any |the )?(?:previous|prior|above|earlier)|system prompt|\| ?(?:sudo )?(?:ba|z)?sh\b|disregard",
    re.IGNORECASE,
)
"""What no line of memory has, whoever words it."""
