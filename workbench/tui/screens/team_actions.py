"""The key that leads from a session to one of its agents, and the hints where it has any."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from textual.binding import Binding, BindingType

from workbench.client.agents import Agent, most_urgent
from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.widgets.session_view import SessionView


class TeamActions(Actions):
    """Of the chosen session of a view."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "agent", "agent", show=False, id="talk.agent"),
    ]

    def __init__(self, screen: BaseScreen, view: SessionView) -> None:
        super().__init__(screen)
        self._view = view
        view.team.on_open = self._open

    def action_agent(self) -> None:
        """Show the transcript of the agent that waits, else of one that failed, else of one at work."""
        self._open(most_urgent(self._agents).thread_id)

    def _open(self, thread_id: str) -> None:
        from workbench.tui.screens.thread import ThreadScreen

        self.screen.app.push_screen(ThreadScreen(self.store, self._view.chosen, thread_id))

    @property
    def _agents(self) -> tuple[Agent, ...]:
        return self._view.row.agents if self._view.row is not None else ()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._agents)

    def hinted(self) -> Collection[str]:
        row = self._view.row
        if row is None or not (row.agents or row.runs):
            return ()
        return ["talk.agent", "talk.agents"] if row.agents else ["talk.agents"]
