"""Files of the Board's box: the pictures and PDFs that a new task names go with it, as with a message."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from workbench.tui.render.input_status import chip_lines
from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.prompt_files import PromptFiles
from workbench.tui.state.task_line import folder_before
from workbench.tui.widgets.hints import key_of


class BoxFiles(Actions):
    """The files that the box names now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+x", "take_off", "take the file off", priority=True, show=False, id="board.take_off"),
    ]

    def __init__(self, screen: BaseScreen) -> None:
        super().__init__(screen)
        self._files = PromptFiles()

    def look(self, text: str) -> None:
        """Find them anew, and show them where they are others."""
        if self._files.look(text, folder_before(text)[1] or self.store.view_file.view.folder):
            self.screen.redraw()
            self.screen.refresh_bindings()

    def of(self, text: str) -> tuple[str, ...]:
        """What goes with a line that has left the box."""
        self._files.look(text, folder_before(text)[1] or self.store.view_file.view.folder)
        return self._files.paths

    def lines(self, width: int) -> list[Text]:
        return chip_lines(self._files.chips, key_of(self.screen, "board.take_off"), width)

    def action_take_off(self) -> None:
        """Leave the last picture or PDF out of the task; its path stays in the text."""
        path = self._files.take_off()
        self.screen.notify(f"{path} goes as text only")
        self.screen.redraw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._files.chips)
