"""Keys of the peek beside a list of sessions."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.widgets.session_list import SessionList


class PeekActions(Actions):
    """Scrolling; the answers to a call are keys of the list itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "scroll_peek(-1)", "scroll up", show=False, priority=True, id="list.scroll_up"),
        Binding("pagedown", "scroll_peek(1)", "scroll down", show=False, priority=True, id="list.scroll_down"),
    ]

    def __init__(self, screen: BaseScreen, sessions: SessionList) -> None:
        super().__init__(screen)
        self._peek = sessions.peek

    def action_scroll_peek(self, pages: int) -> None:
        self._peek.scroll_pages(pages)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._peek.display)
