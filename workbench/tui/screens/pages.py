"""Text pages by topic, as Markdown: the topics in a list, and the page of the one under the cursor beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.conversation import Block, Conversation
from workbench.tui.state.store import Store
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.transcript import Transcript


class Pages(BaseScreen):
    """`Pages(store, docs.topics(), docs.text)` shows a manual; with `first`, it opens at that topic."""

    DEFAULT_CSS = """
    Pages Rows { width: 22; border-right: solid $panel-lighten-2; }
    Pages Rows > .rows--cursor { background: $primary-muted; }
    Pages.-narrow Rows { width: 12; }
    Pages Transcript { padding: 0 1; }
    """
    heading = "Manual"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-wide")]  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown,space", "page(1)", "scroll", id="pages.page_down"),
        Binding("pageup", "page(-1)", "scroll up", show=False, id="pages.page_up"),
        Binding("escape,q", "app.out", "back", priority=True, id="pages.back"),
    ]

    def __init__(self, store: Store, topics: Sequence[str], text: Callable[[str], str], first: str = "") -> None:
        super().__init__(store)
        self.topics = Rows()
        self.page = Transcript()
        self._names = list(topics)
        self._text = text
        self._first = first

    def content(self) -> ComposeResult:
        with Horizontal():
            yield self.topics
            yield self.page

    def on_mount(self) -> None:
        self.topics.put([(name, Text(f" {name}")) for name in self._names])
        self.set_focus(self.topics)
        self.topics.point_at(self._first if self._first in self._names else self._names[0])
        self._show()

    def on_rows_moved(self) -> None:
        self._show()

    def _show(self) -> None:
        """Show the page under the cursor, from its beginning."""
        topic = self.topics.cursor
        if topic and topic != self.page.conversation.session_id:
            self.page.show(Conversation(topic, [Block(topic, "agent", self._text(topic))]))
            self.page.to_begin()

    def action_page(self, pages: int) -> None:
        self.page.scroll_by(pages * max(1, self.page.size.height - 1))
