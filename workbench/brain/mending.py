"""Text that no file and no request can carry, made into text that both can."""

from __future__ import annotations

from typing import Any


def mended(value: Any) -> Any:
    """The same JSON value with every lone surrogate (half of a character, as `"\\ud83d"` in JSON) shown as U+FFFD."""
    match value:
        case str():
            return _whole(value)
        case dict():
            return {_whole(str(key)): mended(one) for key, one in value.items()}
        case list() | tuple():
            return [mended(one) for one in value]
    return value


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
