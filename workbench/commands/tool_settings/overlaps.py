"""Whether a rule that allows may cover a call that another one asks about: here what is always allowed goes over what asks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from workbench.contracts.tools import BASH
from workbench.permissions.bash_lines import ANYTHING, HOLE, Word
from workbench.permissions.rules import Pattern, parsed
from workbench.permissions.word_patterns import fit
from workbench.settings import SettingsError

_ITSELF: Final = re.compile(r"\[([?*\[])\]|([*?])")


def overlapping(allowed: str, asked: Iterable[str]) -> str | None:
    """The first of these entries that a call may fit which this one allows."""
    return next((one for one in asked if _overlaps(_pattern(allowed), _pattern(one))), None)


def is_rule(entry: str) -> bool:
    """Whether the engine would take the entry."""
    try:
        _pattern(entry)
    except SettingsError:
        return False
    return True


def _pattern(entry: str) -> Pattern:
    text = f"ask = [{json.dumps(entry)}]"
    return parsed(Path("the rule"), text).layers[0][0][1]


def _overlaps(allowed: Pattern, asked: Pattern) -> bool:
    if allowed.tool == asked.tool == BASH.name:
        return bool(fit(asked.words, tuple(_word(word) for word in allowed.words)))
    return fnmatchcase(allowed.tool, asked.tool) or fnmatchcase(asked.tool, allowed.tool)


def _word(pattern: str) -> Word:
    """All the words that the pattern fits, as one that is known in part."""
    if pattern in ("*", "?*"):
        return ANYTHING
    return Word(_ITSELF.sub(lambda found: found[1] or HOLE, pattern))
