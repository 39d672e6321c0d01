"""Why a program in a sandbox has ended, in words; what it said itself comes from there and is hostile."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.hands.mcp.cures import cure

MOST_LAST_WORDS = 2000


def ending_of(command: Sequence[str], code: object, said: str) -> str:
    """Its end by its exit code and the last that it said, with what helps; `code` is None where it could not be started."""
    return _ending(code, last_words(said)) + cure(command, code, said)


def last_words(said: str) -> str:
    """Why a program ended stands at the end of what it said."""
    if len(said) <= MOST_LAST_WORDS:
        return said
    kept = said[-MOST_LAST_WORDS:]
    return f"… {kept.partition(chr(10))[2] or kept}"


def _ending(code: object, said: str) -> str:
    if code is None:
        return said or "its program cannot be started"
    words = f"its program ended with code {code}"
    return f"{words}: {said}" if said else words
