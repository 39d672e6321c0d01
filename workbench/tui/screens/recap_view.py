"""Recap on the Board: read once after a long absence, and there until it is closed."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from workbench.client import paths
from workbench.client.errors import ApiError, EngineAway
from workbench.tui.render.recap_lines import MOST_NAMED, recap_lines
from workbench.tui.widgets.hints import LOW
from workbench.tui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from workbench.tui.screens.base_screen import BaseScreen

Json = dict[str, Any]
ROOMY: Final = 30
"""Rows of a terminal in which sessions are named; below it one line sums up."""


class RecapView(Sheet):
    """Empty, and no line high, while there is nothing to tell."""

    def __init__(self, place: BaseScreen) -> None:
        super().__init__(id="recap")
        self._place = place
        self._asked_since: datetime | None = None
        self._found: Json | None = None

    @property
    def is_open(self) -> bool:
        return self._found is not None

    def close(self) -> None:
        self._found = None
        self._place.redraw()

    def draw_in(self, width: int, height: int) -> None:
        """Draw what is known; ask for it when an absence has ended that was not asked for yet."""
        store = self._place.store
        since = store.presence.away_since
        if since is not None and since != self._asked_since and store.feed.live:
            self._asked_since = since
            self.run_worker(self._ask(since), group="recap", exclusive=True)
        most = 0 if height < LOW else MOST_NAMED if height >= ROOMY else 2
        self.show(recap_lines(self._found, store.clock(), width, most) if self._found else [])

    async def _ask(self, since: datetime) -> None:
        # What cannot be told is no trouble of the person's: the Board shows how everything stands.
        with contextlib.suppress(ApiError, EngineAway):
            found = await self._place.store.engine.get(paths.RECAP, [("since", since.isoformat())])
            self._found = found if found["sessions"] else None
            self._place.redraw()
