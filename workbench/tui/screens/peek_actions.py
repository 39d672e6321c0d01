"""Keys of a list of sessions: its peek, what its marks mean, and the review of what one changed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.widgets.session_list import SessionList


class PeekActions(Actions):
    """Scrolling, the legend, the review; the answers to a call are keys of the list itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "scroll_peek(-1)", "scroll up", show=False, priority=True, id="list.scroll_up"),
        Binding("pagedown", "scroll_peek(1)", "scroll down", show=False, priority=True, id="list.scroll_down"),
        Binding("d", "review", "review", id="list.changes"),
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

    def action_review(self) -> None:
        """Show what the session under the cursor changed, hunk by hunk."""
        if (row := self._sessions.row) is not None:
            # Late, as above.
            from workbench.tui.screens.review import ReviewScreen

            self.screen.app.push_screen(ReviewScreen(self.store, row.session_id))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "legend":
                return self._sessions.has_keys
            case "review":
                return self._sessions.has_keys and self._sessions.row is not None and bool(self._sessions.row.project)
        return bool(self._peek.display)
