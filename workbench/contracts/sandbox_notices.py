"""What an agent is told, by a system.message, of a sandbox that its user has ended: the next call starts another one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_GONE: Final = "on the same workspace files, and what else was installed, changed or running in the old one is gone."
AGAIN: Final = (
    "The user has ended your sandbox: your next call starts a new one of the same environment, {name}, " + _GONE
)
MOVED: Final = (
    "The user has given this session another environment, {name}: your next call starts a new sandbox of it " + _GONE
)
PACKED: Final = (
    "The user has added packages to your image, {name}: your next call starts a new sandbox that has them " + _GONE
)
_TOLD: Final = {
    AGAIN: "a new sandbox of the environment {}",
    MOVED: "a new sandbox, of the environment {}",
    PACKED: "a new sandbox, with {}",
}


def told_in(content: Sequence[Mapping[str, Any]]) -> str | None:
    """The same as a person reads it; None where it is no such message."""
    text = "".join(str(block.get("text", "")) for block in content)
    for written, told in _TOLD.items():
        before, _, behind = written.partition("{name}")
        if found := re.fullmatch(f"{re.escape(before)}(.*){re.escape(behind)}", text, re.DOTALL):
            return told.format(found[1])
    return None
