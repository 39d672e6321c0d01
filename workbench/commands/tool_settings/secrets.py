"""Whether a text of somebody's settings may hold a secret: then it is neither shown nor copied."""

from __future__ import annotations

import re
from typing import Final

_NAMES: Final = r"(?:api[_-]?key|access[_-]?key|private[_-]?key|token|secret|passw(?:or)?d|passphrase|credentials?|authorization|auth)"
_NAMED: Final = re.compile(
    rf"--?[\w-]{{0,40}}{_NAMES}[\w-]{{0,40}}[= ]\s*[^\s*$-]\S{{3}}|{_NAMES}\w{{0,40}}[\"']?\s*[=:]\s*[^\s*$]\S{{3}}"
    r"|\b(?:bearer|basic)\s+[^\s*$<]\S{5}",
    re.IGNORECASE,
)
_SHAPED: Final = re.compile(
    r"\bsk-[\w-]{8}|\bgh[opusr]_\w{8}|github_pat_\w{8}|glpat-\S{8}|\bxox[a-z]-\S{8}|\bAKIA[0-9A-Z]{12}|\bAIza\S{16}"
    r"|\beyJ[\w-]{10,}\.|\bhf_\w{12}|\bnpm_\w{12}|-----BEGIN [A-Z ]*PRIVATE KEY|://[^/\s@]+@"
)
_WORD: Final = re.compile(r"[\w+=-]{20,}", re.ASCII)
_ARGUMENT: Final = re.compile(rf"-{{1,2}}[\w-]*{_NAMES}[\w-]*", re.IGNORECASE)


def may_hold_secret(text: str) -> bool:
    """Of a command, an address or a rule."""
    return bool(_SHAPED.search(text) or _NAMED.search(text)) or any(_is_random(one) for one in _WORD.findall(text))


def prose_holds_secret(text: str) -> bool:
    """Of instructions for an agent, in which long names and digests are usual."""
    return bool(_SHAPED.search(text)) or any(_is_random(one[0].split()[-1]) for one in _NAMED.finditer(text + " "))


def arguments_hold_secret(words: list[str]) -> bool:
    """Of a program's command line: also what follows an option that is named like one."""
    follows = (bool(_ARGUMENT.fullmatch(one)) for one in words[:-1])
    return any(may_hold_secret(word) for word in words) or any(follows)


def _is_random(word: str) -> bool:
    return len(word) >= 20 and sum(one.isdigit() for one in word) >= 3 and any(one.isalpha() for one in word)
