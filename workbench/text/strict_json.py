"""JSON that every part of this program, its database and other programs can read: finite numbers, whole text, bounded depth."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, Final

MOST_DEPTH: Final = 100
"""Lists and objects within each other; pydantic reads back 200 of them, and a stored event has some around what it carries."""
MOST_VALUES: Final = 500_000
"""Of what somebody else wrote: each costs 1 to 4 µs until it is checked, in which nothing else is answered."""
_TOO_DEEP: Final = "[nested too deep]"
_DEEP: Final = f"it has more than {MOST_DEPTH} lists and objects within each other"


class NotStrict(ValueError):
    """JSON text or a value that not everybody could read; the text says what it has."""


def loads(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        NotStrict: it is no JSON, or has NaN, an infinite number, half a surrogate pair, or too much within each other.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise NotStrict(_DEEP) from None
    except NotStrict:
        raise
    except ValueError as error:
        raise NotStrict(str(error)) from None
    if (fault := fault_of(value)) is not None:
        raise NotStrict(fault)
    return value


def fault_of(value: Any, *, but_text: bool = False) -> str | None:
    """What a parsed value has that not everybody could read, `but_text` except for its text; None where there is nothing."""
    depth, level = 0, [value]
    while level:
        below: list[Any] = []
        for one in level:
            if (fault := _fault_of_one(one, but_text=but_text)) is not None:
                return fault
            if isinstance(one, dict):
                below.extend(one)
                below.extend(one.values())
            elif isinstance(one, list | tuple):
                below.extend(one)
        if depth == MOST_DEPTH and below:
            return _DEEP
        depth, level = depth + 1, below
    return None


def _fault_of_one(value: Any, *, but_text: bool) -> str | None:
    if isinstance(value, str) and not but_text and not _is_whole(value):
        return "it has half a surrogate pair, which no text can hold"
    if isinstance(value, float) and not math.isfinite(value):
        return "it has a number that is not finite"
    return None


def has_many(value: Any, most: int = MOST_VALUES) -> bool:
    """Whether a parsed value has more than `most` values in it."""
    count, level = 0, [value]
    while level:
        below: list[Any] = []
        for one in level:
            parts: Iterable[Any] = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
            below.extend(parts)
            if count + len(below) > most:
                return True
        count += len(below)
        level = below
    return False


def read_mended(text: str | bytes) -> Any:
    """The value of a JSON text that an older version may have written: null stands where a number is not finite."""
    return json.loads(text, parse_constant=lambda _: None, parse_float=_finite_or_none)


def mended(value: Any, room: int = MOST_DEPTH) -> Any:
    """The same JSON value as everybody can read it.

    Every lone surrogate (half of a character, as `"\\ud83d"` in JSON) is U+FFFD, every number that is not finite is null, and
    what lies too deep is a word that says so.
    """
    match value:
        case str():
            return _whole(value)
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {_whole(str(key)): mended(one, room - 1) for key, one in value.items()} if room else _TOO_DEEP
        case list() | tuple():
            return [mended(one, room - 1) for one in value] if room else _TOO_DEEP
    return value


def _refuse(constant: str) -> Any:
    raise NotStrict(f"it has {constant}, which is no JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise NotStrict(f"it has the number {digits[:20]}, which is too large")
    return value


def _finite_or_none(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole(text: str) -> str:
    return text if _is_whole(text) else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
