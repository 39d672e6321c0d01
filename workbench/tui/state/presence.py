"""Presence of a person: when they pressed a key last, and since when they were away if that was long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from workbench.tui.state.view_state import ViewFile

LONG: Final = timedelta(hours=1)
"""Who was away this long is told what happened meanwhile."""
KEPT_EVERY: Final = timedelta(minutes=1)


class Presence:
    """`away_since` is the last key before the absence that ended last, None before there was one."""

    def __init__(self, view_file: ViewFile, clock: Callable[[], datetime]) -> None:
        self._view_file = view_file
        self._clock = clock
        kept = view_file.view.left_at
        self._last = datetime.fromisoformat(kept) if kept else None
        self.away_since: datetime | None = None
        self.came()

    def came(self) -> None:
        """Somebody is here: after a long absence its beginning is kept. An app that is opened counts as a key."""
        now = self._clock()
        if self._last is not None and now - self._last >= LONG:
            self.away_since = self._last
        if self._last is None or not timedelta(0) <= now - self._last < KEPT_EVERY:
            self._last = now
            self._view_file.put(replace(self._view_file.view, left_at=now.isoformat(timespec="seconds")))
