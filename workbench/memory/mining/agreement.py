"""Whether two statements say the same, or cannot both hold. Pure."""

from __future__ import annotations

import re
from typing import Final

from workbench.memory.mining.statement import Statement
from workbench.memory.mining.tokens import is_hard, likeness

ALIKE: Final = 0.6
"""The likeness from which on two sets of tokens mean the same; measured on the generator in tests/memory."""
STRICTLY_ALIKE: Final = 0.75
UNLIKE: Final = 0.3
_SHAPES: Final = {
    "number": re.compile(r"^\d+$"),
    "path": re.compile(r"/"),
    "host": re.compile(r"\.[a-z]{2,}(?::\d+)?$"),
    "version": re.compile(r"^v?\d+(?:\.\d+)+$"),
}


def agree(one: Statement, other: Statement, common: frozenset[str] = frozenset()) -> bool:  # noqa: PLR0911 - one return a kind
    """Whether they say the same, in whatever words; to share nothing but `common` words is not enough."""
    if oppose(one, other) or not (one.all & other.all) - common or _is_exchanged(one.all, other.all):
        return False
    if one.kind == other.kind == "fact":
        least = UNLIKE if any(is_hard(token) for token in one.value & other.value) else ALIKE
        return likeness(one.topic, other.topic) >= least and likeness(one.value, other.value) >= ALIKE
    if "fact" in (one.kind, other.kind):
        return likeness(one.all, other.all) >= ALIKE + 0.1
    if one.topic and other.topic and likeness(one.topic, other.topic) < UNLIKE:
        return False
    if one.kind != other.kind and not (one.value and other.value) and (one.avoid and other.avoid):
        return likeness(one.all, other.all) >= ALIKE
    if one.value and other.value:
        return likeness(one.value, other.value) >= ALIKE
    if one.avoid and other.avoid:
        return likeness(one.avoid, other.avoid) >= ALIKE
    return False


def _is_exchanged(one: frozenset[str], other: frozenset[str]) -> bool:
    """The same but for one thing, in the place of which the other has another: `run the linter`, `run the tests`."""
    return len(one - other) == len(other - one) == 1 and len(one) > 1


def oppose(new: Statement, old: Statement) -> bool:
    """Whether both cannot hold: what the one wants the other forbids, or the same thing is said to be otherwise."""
    if new.kind == old.kind == "fact":
        return _differ(new, old)
    if "fact" in (new.kind, old.kind):
        return False
    if new.topic and old.topic and likeness(new.topic, old.topic) < UNLIKE:
        return False
    crossed = likeness(new.value, old.avoid) >= ALIKE or likeness(new.avoid, old.value) >= ALIKE
    same_way = likeness(new.value, old.value) >= ALIKE or (
        not (new.value and old.value) and likeness(new.avoid, old.avoid) >= ALIKE
    )
    if crossed and not same_way:
        return True
    choices = new.kind == old.kind == "choice" and bool(new.topic and old.topic)
    return choices and likeness(new.topic, old.topic) >= ALIKE and likeness(new.value, old.value) < UNLIKE


def _differ(new: Statement, old: Statement) -> bool:
    """Facts of one subject that give the same sort of thing another value."""
    # Where each speaks of something that the other does not, they have two subjects.
    least = ALIKE if new.topic <= old.topic or old.topic <= new.topic else STRICTLY_ALIKE
    if likeness(new.topic, old.topic) < least or likeness(new.value, old.value) >= ALIKE:
        return False
    if new.link != old.link and not (new.is_change or old.is_change):
        return False
    return bool(_shapes(new.value) & _shapes(old.value))


def _shapes(value: frozenset[str]) -> set[str]:
    found = {
        next((name for name, shape in _SHAPES.items() if shape.search(token)), "name")
        for token in value
        if is_hard(token)
    }
    return found or {"word"}
