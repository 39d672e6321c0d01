"""When transcripts are painted: thirty-six times a second at most, one at a time, and not while somebody is typing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

RATE_HZ = 36
TYPING_S = 0.030
MOST_HELD = 3
MOST_PAINTED = 1
"""Two at once would be drawn as the one rectangle that holds both, with everything that lies in it."""
MOST_SPENT_S = 0.006


class Pane(Protocol):
    """Something that paints itself when it is told to."""

    dirty: bool

    def flush(self) -> bool:
        """Paint what changed; False when nothing was to be painted."""
        ...


class PaintClock:
    """Text that arrives only marks its pane; `tick` paints. `wake` and `rest` start and stop the ticks."""

    def __init__(
        self, wake: Callable[[], None], rest: Callable[[], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._wake = wake
        self._rest = rest
        self._now = now
        self._waiting: list[Pane] = []
        self._held = 0
        self.last_key = 0.0

    def mark(self, pane: Pane) -> None:
        """Paint this pane soon."""
        pane.dirty = True
        if pane not in self._waiting:
            self._waiting.append(pane)
            self._wake()

    def tick(self) -> None:
        """One frame: the panes that waited longest, until the frame is full."""
        begun, painted = self._now(), 0
        if begun - self.last_key < TYPING_S and self._held < MOST_HELD:
            self._held += 1
            return
        self._held = 0
        while self._waiting and painted < MOST_PAINTED and self._now() - begun < MOST_SPENT_S:
            painted += self._waiting.pop(0).flush()
        if not self._waiting:
            self._rest()
