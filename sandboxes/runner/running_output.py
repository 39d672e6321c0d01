"""The end of what a running command has printed so far, told a few times a second while it grows."""

from __future__ import annotations

import asyncio
import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

from sandboxes.runner import screen
from sandboxes.runner.kept_output import KeptOutput

EVERY_S = 0.25
"""Pause before each telling: a command that ends sooner tells nothing but its result."""
TAIL_BYTES = 4 << 10
"""How much is told at once."""
WINDOW_BYTES = 64 << 10
"""How much of the end is looked at: overwritten progress takes no room from what is told."""
LEFT_OUT = "…"

_LINE_END = re.compile(rb"[\r\n]")
_BEGUN_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?<=>]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?\Z")


@dataclass(frozen=True)
class Tail:
    """`text` begins with a line, or with … where a line's beginning is left out; `lines_before` lines ended before it."""

    text: str
    lines_before: int


Show = Callable[[Tail], None]


def unseen(tail: Tail) -> None:
    """Shows nothing."""


class RunningOutput:
    """Tells the tail after it grew, and not sooner than a moment after it told it last."""

    def __init__(self, tail: Callable[[], Tail], show: Show) -> None:
        self._tail = tail
        self._show = show
        self._told: Tail | None = None
        self._timer: asyncio.TimerHandle | None = None

    def grew(self) -> None:
        """Something was printed."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(EVERY_S, self._tell)

    def _tell(self) -> None:
        self._timer = None
        if (tail := self._tail()) != self._told:
            self._told = tail
            self._show(tail)

    def end(self) -> None:
        """The command has ended: whoever heard its output hears the end of it."""
        if self._timer is not None:
            self._timer.cancel()
        if self._told is not None:
            self._tell()


def tail_of(kept: KeptOutput, mark: bytes) -> Tail:
    """The end of what is kept, as a terminal would show it; `mark` ends the output and may have come in part."""
    end = _before_mark(kept.tail, mark)
    begin = max(0, end - WINDOW_BYTES)
    is_cut = bool(begin or kept.passed_bytes)
    if is_cut and (found := _LINE_END.search(kept.tail, begin, end)) is not None:
        begin, is_cut = found.end(), False
    # The last character and the last escape sequence may have come in part too.
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    written = _BEGUN_SEQUENCE.sub("", decoder.decode(bytes(kept.tail[begin:end])))
    lines_before = kept.passed_lines + kept.tail.count(b"\n", 0, begin)
    text = screen.shown(written, counts=False)
    encoded = text.encode("utf-8", "surrogatepass")
    if len(encoded) > TAIL_BYTES:
        last = encoded[-TAIL_BYTES:]
        first = last.find(b"\n") + 1
        is_cut = not first
        lines_before += encoded.count(b"\n", 0, len(encoded) - len(last) + first)
        text = last[first:].decode("utf-8", "ignore")
    return Tail(LEFT_OUT + text if is_cut else text, lines_before)


def _before_mark(written: bytearray, mark: bytes) -> int:
    """Where the output ends; a line feed alone may be its own."""
    if (place := written.rfind(mark)) >= 0:
        return place
    for length in range(min(len(mark), len(written)), 1, -1):
        if written.endswith(mark[:length]):
            return len(written) - length
    return len(written)
