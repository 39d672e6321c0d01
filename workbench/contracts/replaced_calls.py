"""Calls that a person did not allow and ran another command in place of: how the denial says so, and how that is read back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_MOST_OUTPUT: Final = 9_000
_MOST_COMMAND: Final = 900
_HEAD: Final = "The user did not allow this call and ran another command in its place, in your sandbox:"
_SAID: Final = {False: "It printed:", True: "It failed:"}
_MESSAGE: Final = re.compile(
    rf"{re.escape(_HEAD)}\n(?P<command>.*?)\n\n(?P<said>It printed:|It failed:)\n(?P<output>.*)", re.DOTALL
)


@dataclass(frozen=True)
class Replacement:
    """What ran in place of a call, and what came of it."""

    command: str
    output: str
    failed: bool

    def message(self) -> str:
        """The denial's message, within its 10,000 characters: long texts keep both ends."""
        output = _clipped(self.output or "(nothing)", _MOST_OUTPUT)
        return f"{_HEAD}\n{_clipped(self.command, _MOST_COMMAND)}\n\n{_SAID[self.failed]}\n{output}"


def replacement_of(confirmation: dict[str, object]) -> Replacement | None:
    """What ran in place of the call that this `user.tool_confirmation` answers; None where it was only denied."""
    matched = _MESSAGE.fullmatch(str(confirmation.get("deny_message") or ""))
    if matched is None or confirmation.get("result") != "deny":
        return None
    return Replacement(matched["command"], matched["output"], matched["said"] == _SAID[True])


def _clipped(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    half = most // 2 - 30
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
