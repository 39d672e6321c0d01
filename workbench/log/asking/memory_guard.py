"""Memory guard of people's questions: much of what they take is beside the database's own limit."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 1400 << 20
"""The gigabyte that the database may fill, and what a result of the largest size takes beside it."""
_LOOK_S: Final = 0.02
_COUNTS: Final = Path("/proc/self/statm")


class Growth:
    """Says when the process has grown too much since the first of those who are at work now began."""

    def __init__(self, too_much: Callable[[], None]) -> None:
        self._too_much = too_much
        self._at_work = 0
        self._most = 0
        self._next: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Look at the memory again and again; `too_much` is called until it is less, or no statement runs."""
        self._at_work += 1
        if self._at_work == 1 and (now := resident_bytes()):
            self._most = now + MOST_BYTES
            self._look_soon()

    def end(self) -> None:
        """One less is at work."""
        self._at_work -= 1
        if not self._at_work and self._next is not None:
            self._next.cancel()

    def _look_soon(self) -> None:
        self._next = asyncio.get_running_loop().call_later(_LOOK_S, self._look)

    def _look(self) -> None:
        if resident_bytes() > self._most:
            self._too_much()
        self._look_soon()


def resident_bytes() -> int:
    """What this process has in memory; 0 where the system does not tell it."""
    try:
        return int(_COUNTS.read_bytes().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0
