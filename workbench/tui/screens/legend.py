"""Legend: the marks of the lists and transcripts in words."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.tui.render.mark_legend import legend_lines
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.widgets.sheet import Sheet


class Legend(BaseScreen):
    """What each mark means; any of its keys leads back."""

    DEFAULT_CSS = "Legend > #marks { height: 1fr; padding: 0 1; }"
    heading = "Marks"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", "down", show=False, id="legend.down"),
        Binding("up,k", "scroll(-1)", "up", show=False, id="legend.up"),
        Binding("escape,q,question_mark,enter", "app.out", "back", priority=True, id="legend.back"),
    ]

    def content(self) -> ComposeResult:
        self.marks = Sheet(id="marks")
        yield self.marks

    def draw(self) -> None:
        self.marks.show(legend_lines())

    def action_scroll(self, rows: int) -> None:
        self.marks.scroll_rows(rows)
