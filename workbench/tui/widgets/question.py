"""Question above the key hints: what the same key does when it comes again; any other key takes it back."""

from __future__ import annotations

from typing import cast

from workbench.text.display import safe
from workbench.tui.app_protocol import AppProtocol
from workbench.tui.render.call_lines import prose
from workbench.tui.widgets.sheet import Sheet


class Question(Sheet):
    """Stands for as long as it can be answered, and no clock ends it."""

    DEFAULT_CSS = "Question { height: auto; padding: 0 1; background: $panel; }"

    def __init__(self) -> None:
        super().__init__(id="question")
        self._order: object = None
        self._asked_at = -1

    @property
    def _presses(self) -> int:
        return cast("AppProtocol", self.app).presses

    def ask(self, order: object, said: str, at: int) -> None:
        """Ask about an order that was given with the key of this number; nothing where another key has come since."""
        if at != self._presses:
            return
        self._order, self._asked_at = order, at
        self.show(prose(safe(said), self.app.size.width - 2, "bold #E69F00"))

    def is_meant(self, order: object) -> bool:
        """Whether the last key asked about the same order, and this one is the next."""
        return self._order == order and self._asked_at == self._presses - 1

    def forget(self) -> bool:
        """A key has come: what it means is up to its action, the question is over. Whether there was one."""
        was_asked = bool(self.lines)
        if was_asked:
            self.show([])
        return was_asked
