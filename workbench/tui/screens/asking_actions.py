"""Keys for a lone question mark in a prompt: whoever types it asks for the keys and marks, and no agent."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.widgets.prompt import Prompt


class AskingActions(Actions):
    """Enter shows the help, Esc takes the sign away; both leave the prompt empty."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "explain_keys", "keys and marks", priority=True, id="prompt.explain"),
        Binding("escape", "drop_asking", "clear", priority=True, id="prompt.clear"),
    ]

    def __init__(self, screen: BaseScreen, prompt: Prompt) -> None:
        super().__init__(screen)
        self._prompt = prompt

    def action_explain_keys(self) -> None:
        self._prompt.set("")
        self.screen.workbench.action_explain()

    def action_drop_asking(self) -> None:
        self._prompt.set("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.screen.focused is self._prompt and self._prompt.asks_for_help
