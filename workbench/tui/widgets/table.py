"""Rows of an answer under their heads: a line is made when it comes on the screen, so that a hundred thousand scroll as ten do."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip

from workbench.tui.widgets.rows import Rows, pointed_at
from workbench.tui.widgets.sheet import Sheet, text_of

Line = Callable[[int], Text]


class Table(Sheet, can_focus=True):
    """The cursor is `row:` and a number; the first line of the screen is the heads'."""

    DEFAULT_CSS = "Table { height: 1fr; width: 1fr; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = Rows.COMPONENT_CLASSES
    BINDINGS: ClassVar[list[BindingType]] = [
        *Rows.BINDINGS,
        Binding("pagedown", "page(1)", "page down", show=False, id="table.page_down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="table.page_up"),
    ]

    def __init__(self) -> None:
        super().__init__(id="rows")
        self.cursor = ""
        self.count = 0
        self._line: Line = lambda _: Text()
        self._key: object = None

    def put_rows(self, head: Text, count: int, line: Line, key: object) -> None:
        """Show so many rows; the same `key` again says that nothing has changed."""
        if key == self._key:
            return
        self._key, self.count, self._line = key, count, line
        self.lines = [head]
        self.cursor = f"row:{max(0, min(self.number or 0, count - 1))}" if count else ""
        self._follow()

    def put_said(self, lines: list[Text]) -> None:
        """Show lines in place of rows."""
        had_rows = bool(self.count)
        self._key, self.count, self.cursor = None, 0, ""
        self.show(lines)
        if had_rows:
            self.refresh()

    @property
    def number(self) -> int | None:
        """The row under the cursor."""
        return int(self.cursor.partition(":")[2]) if self.cursor.startswith("row:") else None

    def rewind(self) -> None:
        """To the first row."""
        self.top, self.cursor = 0, ""

    def action_move(self, lines: int) -> None:
        if self.number is not None:
            self.point_at(f"row:{max(0, min(self.count - 1, self.number + lines))}")

    def point_at(self, row_id: str) -> None:
        if row_id != self.cursor:
            self.cursor = row_id
            self._follow()
            self.post_message(Rows.Moved())

    def on_resize(self) -> None:
        self._follow()
        self.post_message(Rows.Resized())

    def action_open(self) -> None:
        if self.cursor:
            self.post_message(Rows.Opened(self.cursor))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self.cursor) if action == "open" else True

    def _follow(self) -> None:
        """Move as little as shows the cursor below the heads."""
        place, height = self.number or 0, max(1, self.size.height - 1)
        self.top = max(0, min(place, max(self.top, place - height + 1)))
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        if 0 < event.y <= self.count - self.top:
            self.point_at(f"row:{self.top + event.y - 1}")
            if event.chain > 1:
                self.action_open()

    def on_mouse_scroll_down(self) -> None:
        self.action_move(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-3)

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(1, self.size.height - 2))

    def render_line(self, y: int) -> Strip:
        if not self.count:
            return super().render_line(y)
        place = self.top + y - 1
        if not y:
            return self.drawn(text_of(self.lines[0]))
        strip = self.drawn(self._line(place) if place < self.count else None)
        return pointed_at(self, strip) if place == self.number else strip
