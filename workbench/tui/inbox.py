"""The Inbox: every approval and failure, oldest first, each whole beside the list and answered there."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.tui.drawing import DIM, needing_line
from workbench.tui.lists import ListPlace
from workbench.tui.rows import WORKING, needing_you


class Inbox(ListPlace):
    """Who needs a person."""

    name_of_place = "Inbox"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "back", priority=True, id="inbox.close")]

    def content(self) -> ComposeResult:
        yield from self.body()

    def on_mount(self) -> None:
        self.set_focus(self.rows)
        super().on_mount()

    def draw(self) -> None:
        now, needing = self.desk.clock(), needing_you(self.desk.feed)
        width = self.rows.size.width or self.size.width
        lines = [(row.session_id, needing_line(row, self.desk.question(row), now, width)) for row in needing]
        working = sum(row.mark is WORKING for row in self.desk.feed.rows.values())
        self.peek.display = bool(needing)
        self.rows.put(lines or [("", Text(f" Nothing needs you. {working} working.", DIM))])
        self.draw_peek()

    def action_close(self) -> None:
        if self.card.commenting:
            self.card.leave_comment()
        else:
            self.house.action_out()
