"""The end of the engine's log on the screen: it follows until somebody scrolls up, and says how much came since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text
from textual.strip import Strip

from workbench.text.display import safe
from workbench.tui.render.call_lines import wrapped
from workbench.tui.widgets.sheet import Sheet

MOST_KEPT: Final = 2000


class LogTail(Sheet):
    """Lines that are added at the end."""

    DEFAULT_CSS = "LogTail { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__(id="log")
        self.follows = True
        self.position: int | None = None
        """Where the engine goes on telling."""
        self._source: list[str] = []
        self._new = 0

    def add(self, lines: Sequence[str], *, position: int, is_new: bool) -> None:
        """What came since; `is_new` begins again."""
        self.position = position
        if not lines and not is_new:
            return
        self._source = [*([] if is_new else self._source), *lines][-MOST_KEPT:]
        self._new += 0 if self.follows else len(lines)
        self._lay_out()

    def _lay_out(self) -> None:
        """Every line whole, over as many rows as it needs."""
        top, width = self.top, max(20, self.content_size.width)
        self.show([row for line in self._source for row in wrapped(safe(line).expandtabs(4), width)])
        self.top = min(top, max(0, len(self.lines) - self.size.height))
        if self.follows:
            self.to_end()
        self.refresh()

    def scroll_rows(self, rows: int) -> None:
        super().scroll_rows(rows)
        self.follows = self.top >= len(self.lines) - self.size.height
        self._new = 0 if self.follows else self._new

    def to_end(self) -> None:
        """Follow again."""
        self.follows, self._new = True, 0
        self.top = max(0, len(self.lines) - self.size.height)
        self.refresh()

    def on_resize(self) -> None:
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        if self.follows or y != self.size.height - 1:
            return super().render_line(y)
        said = f"↓ {self._new} new · End" if self._new else "↓ End"
        return Strip(list(Text(said.rjust(self.size.width), "reverse").render(self.app.console)))
