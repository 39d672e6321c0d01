"""The editor of the SQL screen: names of the log are suggested behind the cursor, and take no key from what is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from workbench.tui.render import sql_lines


class Editor(TextArea):
    """Where the statement is written; what may be meant is suggested behind the cursor, and → takes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,ctrl+enter", "screen.run", "run", priority=True, id="sql.run"),
        Binding("tab", "screen.next", "results", priority=True, id="sql.next"),
    ]

    def __init__(self) -> None:
        super().__init__(id="editor", placeholder="SELECT … ; Ctrl+J runs it. Tab goes to views and saved questions.")
        self.known = sql_lines.Names()

    def update_suggestion(self) -> None:
        """Called by the text area after each change."""
        row, column = self.cursor_location
        before = self.document.get_line(row)
        self.suggestion = sql_lines.completion(before, self.known, self.text) if column == len(before) else ""
