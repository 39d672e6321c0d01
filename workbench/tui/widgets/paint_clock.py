"""When the screen is painted: thirty-six times a second at most, one transcript at a time, and not while somebody is typing."""

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
NEWS_HZ = 15
NEWS_SHARE = 4
"""Of so many parts of the time, one at most goes into drawing what the engine tells of its sessions."""


class Pane(Protocol):
    """Something that paints itself when it is told to."""

    dirty: bool

    def flush(self) -> bool:
        """Paint what changed; False when nothing was to be painted."""
        ...


class PaintClock:
    """Text that arrives only marks its pane; `tick` paints. `wake` and `rest` start and stop the ticks.

    `draw` draws the whole screen anew, which takes as long as there are sessions.
    """

    def __init__(
        self,
        wake: Callable[[], None],
        rest: Callable[[], None],
        draw: Callable[[], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wake = wake
        self._rest = rest
        self._draw = draw
        self._now = now
        self._has_news = False
        self._news_from = 0.0
        """When what is new may be drawn again."""
        self._waiting: list[Pane] = []
        self._held = 0
        self.last_key = 0.0

    def mark(self, pane: Pane) -> None:
        """Paint this pane soon."""
        pane.dirty = True
        if pane not in self._waiting:
            self._waiting.append(pane)
            self._wake()

    def news(self) -> None:
        """A session changed: draw it at once after a rest, else all that changes until there is time for it, together."""
        self._has_news = True
        if self._now() >= self._news_from and not self._is_typing:
            self._draw_news()
        else:
            self._wake()

    @property
    def _is_typing(self) -> bool:
        return self._now() - self.last_key < TYPING_S

    def _draw_news(self) -> None:
        begun, self._has_news = self._now(), False
        self._draw()
        ended = self._now()
        self._news_from = ended + max(1 / NEWS_HZ, (ended - begun) * (NEWS_SHARE - 1))

    def tick(self) -> None:
        """One frame: what is new of all sessions, or the panes that waited longest, until the frame is full."""
        begun, painted = self._now(), 0
        if self._is_typing and self._held < MOST_HELD:
            self._held += 1
            return
        self._held = 0
        if self._has_news and begun >= self._news_from:
            self._draw_news()
            painted = MOST_PAINTED
        while self._waiting and painted < MOST_PAINTED and self._now() - begun < MOST_SPENT_S:
            painted += self._waiting.pop(0).flush()
        if not self._waiting and not self._has_news:
            self._rest()
