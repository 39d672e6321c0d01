"""A line that a list or a diff asks for: a name, tags, a budget, a comment. It is hidden until it is opened."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.widget import Widget

from workbench.tui.widgets.prompt import Prompt


class LineInput(Prompt):
    """Opened with what becomes of the text; the text stays until the line is closed, so that what is refused can be changed."""

    DEFAULT_CSS = """
    LineInput { display: none; }
    LineInput.-asks, LineInput.-asks:focus { border-top: solid $primary; border-title-color: $foreground; }
    """

    def __init__(self, returns_to: Widget | None, name: str = "line") -> None:
        super().__init__("", keeps=True, name=name)
        self._returns_to = returns_to
        self._then: Callable[[str], None] = lambda text: None

    def open(self, text: str, placeholder: str, then: Callable[[str], None]) -> None:
        """Ask for a line, with this text in it; Enter gives it to `then`."""
        self._then = then
        # Above the line, where it stands beside a text as well.
        self.border_title, self.display = Content(placeholder), True
        self.set_class(bool(placeholder), "-asks")
        self.set(text)
        self.screen.set_focus(self)

    def close(self) -> None:
        """Hide it, and go back to where the keys were before."""
        self.display = False
        self.screen.set_focus(self._returns_to)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        event.stop()
        self._then(event.text)
