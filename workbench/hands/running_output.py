"""What running calls print, as their sandbox tells it: frames that may hold anything, and come as often as they like."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from workbench.contracts.values import Heard, ToolOutput

MOST_CHARACTERS: Final = 8 << 10
"""More than a runner of ours tells at once; of more, the end counts."""
EVERY_S: Final = 0.2
"""However often a sandbox tells, each call's output is passed on at this pace."""
_MOST_LINES: Final = 1 << 53


@dataclass
class _Hearing:
    """Who hears one call's output, and what has not been passed on."""

    heard: Heard
    newest: ToolOutput | None = None
    timer: asyncio.TimerHandle | None = None


class RunningOutputs:
    """The outputs of the calls that run in one sandbox; of each only the newest is kept."""

    def __init__(self) -> None:
        self._hearing: dict[str, _Hearing] = {}

    def listen(self, call_id: str, heard: Heard) -> Callable[[], None]:
        """Pass this call's output on until the answer is called, which passes on the last of it."""
        hearing = self._hearing[call_id] = _Hearing(heard)

        def stop() -> None:
            if hearing.timer is not None:
                hearing.timer.cancel()
                self._pass_on(hearing)
            if self._hearing.get(call_id) is hearing:
                del self._hearing[call_id]

        return stop

    def take(self, frame: dict[str, Any]) -> bool:
        """One frame of the sandbox; False where it is none of an output."""
        if frame.get("kind") != "output":
            return False
        call_id, text, lines = str(frame.get("id")), frame.get("text"), frame.get("lines_before")
        hearing = self._hearing.get(call_id)
        if hearing is None or not isinstance(text, str) or type(lines) is not int or not 0 <= lines < _MOST_LINES:
            return True
        hearing.newest = _output(call_id, text, lines)
        if hearing.timer is None:
            self._pass_on(hearing)
            loop = asyncio.get_running_loop()
            hearing.timer = loop.call_later(EVERY_S, self._after_a_while, hearing)
        return True

    def _after_a_while(self, hearing: _Hearing) -> None:
        hearing.timer = None
        if hearing.newest is not None:
            self._pass_on(hearing)
            hearing.timer = asyncio.get_running_loop().call_later(EVERY_S, self._after_a_while, hearing)

    def _pass_on(self, hearing: _Hearing) -> None:
        newest, hearing.newest = hearing.newest, None
        if newest is not None:
            hearing.heard(newest)


def _output(call_id: str, text: str, lines: int) -> ToolOutput:
    """The output as text that can be sent on; of too much of it, the last lines."""
    text = text.encode("utf-8", "replace").decode()
    if len(text) <= MOST_CHARACTERS:
        return ToolOutput(call_id, text, lines)
    left_out, kept = text[:-MOST_CHARACTERS], text[-MOST_CHARACTERS:]
    _, line_end, begun = kept.partition("\n")
    if not line_end:
        return ToolOutput(call_id, f"…{kept}", lines + left_out.count("\n"))
    return ToolOutput(call_id, begun, lines + left_out.count("\n") + 1)
