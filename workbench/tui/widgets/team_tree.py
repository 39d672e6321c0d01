"""The agents of a session above its transcript: who works, who waits, who failed; nothing where it has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from rich.text import Text
from textual import events

from workbench.tui.app_protocol import AppProtocol
from workbench.tui.render.team_lines import tree_lines
from workbench.tui.state import team
from workbench.tui.state.rows import Row
from workbench.tui.state.store import Store
from workbench.tui.widgets.hints import key_of
from workbench.tui.widgets.sheet import Sheet

MOST_LINES: Final = 10
LOW: Final = 18
"""Rows of the terminal under which there is one line for all."""


class TeamTree(Sheet):
    """Follows one session at a time: what the feed tells, and what each thread has cost."""

    DEFAULT_CSS = "TeamTree { height: auto; }"

    def __init__(self, store: Store) -> None:
        super().__init__(id="team")
        self._store = store
        self._session_id = ""
        self._found = team.Team()
        self._ids: list[str] = []
        self.on_open: Callable[[str], None] = lambda thread_id: None
        """Called with the thread that is wanted."""

    def draw(self, session_id: str) -> None:
        """Show the agents of this session; a screen that is just coming has no room yet, and draws when it has."""
        if not self.is_attached:
            return
        if session_id != self._session_id:
            self._session_id, self._found = session_id, team.Team()
            self.run_worker(
                team.follow(self._store.engine, session_id, self._row, self._read, always=False), exclusive=True
            )
        row = self._row()
        height = self.screen.size.height
        most = max(2, min(MOST_LINES, height // 4)) if height >= LOW else 1
        lines: list[tuple[str, Text]] = []
        if row is not None and most == 1:
            lines = [("", Text(f" ≡ {row.team}", no_wrap=True, overflow="ellipsis"))] if row.team else []
        elif row is not None:
            found, now, width = self._found, self._store.clock(), self.size.width or self.screen.size.width
            key = key_of(self.screen, "talk.agents")
            lines = tree_lines(row.agents, row.runs, found, now, width, most=most, key=key)
        self._ids = [thread_id for thread_id, _ in lines]
        self.display = bool(lines)
        self.show([line for _, line in lines])

    def _row(self) -> Row | None:
        return self._store.rows.get(self._session_id)

    def _read(self, found: team.Team) -> None:
        self._found = found
        cast("AppProtocol", self.app).redraw()

    def on_click(self, event: events.Click) -> None:
        """A click opens the agent's transcript."""
        thread_id = self._ids[event.y] if event.y < len(self._ids) else ""
        if thread_id.startswith("sthr_"):
            self.on_open(thread_id)
