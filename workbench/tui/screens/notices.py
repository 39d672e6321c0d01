"""Notices: what the app has said for a moment, whole and the newest first."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import prose
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.widgets.sheet import Sheet


class Notices(BaseScreen):
    """One below the other, each with its moment."""

    DEFAULT_CSS = "Notices > #notices { height: 1fr; padding: 0 1; }"
    heading = "Notices"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", "down", show=False, id="notices.down"),
        Binding("up,k", "scroll(-1)", "up", show=False, id="notices.up"),
        Binding("pagedown,space", "scroll(10)", "scroll", id="notices.page_down"),
        Binding("pageup", "scroll(-10)", "page up", show=False, id="notices.page_up"),
        Binding("escape,q", "app.out", "back", priority=True, id="notices.back"),
    ]

    def content(self) -> ComposeResult:
        self.notices = Sheet(id="notices")
        yield self.notices

    def draw(self) -> None:
        width = max(20, self.size.width - 2)
        lines: list[Text] = []
        for said in reversed(self.workbench.said):
            head = f"{said.at.astimezone():%H:%M:%S}"
            lines.append(Text.assemble((head, DIM), (f"  {said.title}", "bold") if said.title else ""))
            lines += [row for line in said.text.split("\n") for row in prose(line, width)]
            lines.append(Text())
        self.notices.show(lines or [Text("Nothing has been said yet.", DIM)])

    def action_scroll(self, rows: int) -> None:
        self.notices.scroll_rows(rows)
