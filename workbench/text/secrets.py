"""What looks like a secret, which no memory may hold: keys by their form, passwords by their name, noise by its entropy."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Final

_FORMS: Final = re.compile(
    r"sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|"
    r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}|AIza[\w-]{20,}|ya29\.[\w-]{20,}|npm_[A-Za-z0-9]{20,}|pypi-[\w-]{20,}|hf_[A-Za-z0-9]{20,}|"
    r"[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY|"
    r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@|\bbearer\s+[\w.~+/-]{12,}",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(
    r"\b(?:pass(?:word|wd|phrase|code)?|pwd|pin|secret|token|api[_ -]?key|access[_ -]?key|private[_ -]?key|credential(?:s)?|"
    r"kennwort|passwort|geheimnis|schlüssel|mot de passe|clé (?:api|secrète)|contraseña|clave (?:api|secreta)|secreto)\b"
    r"(?:\s+(?:for|of|to|für|von|pour|de|del|para|al|la|el|the|[\w.-]+)){0,6}?\s*(?:=|:|\bis\b|\bare\b|\bist\b|\blautet\b|\best\b|\bes\b)"
    r"\s*[`\"'«]?(?=[^\s`\"']*[\d!@#$%^&*?_-])(?P<value>[^\s`\"']{6,})",
    re.IGNORECASE,
)
HIDDEN: Final = "[secret]"
_NOISE: Final = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_MOST_BITS: Final = 3.9
"""Bits a character: English words joined by hyphens have about 3.5, random letters and digits of this length above 4."""


def holds_secret(text: str) -> bool:
    """Whether something in it looks like a secret."""
    return bool(_FORMS.search(text) or _NAMED.search(text)) or any(_is_noise(part) for part in _NOISE.findall(text))


def without_secrets(text: str) -> str:
    """The text with keys and named passwords taken out; what only is noise may be an id, and stays."""
    named = _NAMED.sub(lambda found: found[0].replace(found["value"], HIDDEN), text)
    return _FORMS.sub(HIDDEN, named)


def _is_noise(part: str) -> bool:
    kinds = sum(bool(re.search(kind, part)) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    if kinds < 3 and not re.fullmatch(r"[0-9a-f]{32,}|[A-Z2-7]{26,}", part):
        return False
    counts = Counter(part)
    bits = -sum(count / len(part) * math.log2(count / len(part)) for count in counts.values())
    return bits > _MOST_BITS or bool(re.fullmatch(r"[0-9a-f]{32,}", part))
