"""Keys of a list of sessions: its peek, and what its marks mean."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.widgets.session_list import SessionList


class PeekActions(Actions):
    """Scrolling and the legend; the answers to a call are keys of the list itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "scroll_peek(-1)", "scroll up", show=False, priority=True, id="list.scroll_up"),
        Binding("pagedown", "scroll_peek(1)", "scroll down", show=False, priority=True, id="list.scroll_down"),
        Binding("question_mark", "legend", "marks", id="list.legend"),
    ]

    def __init__(self, screen: BaseScreen, sessions: SessionList) -> None:
        super().__init__(screen)
        self._peek = sessions.peek
        self._sessions = sessions

    def action_scroll_peek(self, pages: int) -> None:
        self._peek.scroll_pages(pages)

    def action_legend(self) -> None:
        # Late, as every screen that one goes to.
        from workbench.tui.screens.legend import Legend

        self.screen.app.push_screen(Legend(self.store))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._sessions.has_keys if action == "legend" else bool(self._peek.display)
