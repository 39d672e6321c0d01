"""The comments of a review in a list, as they go to the agent: to be changed, deleted, and sent together."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.text.display import exact
from workbench.text.display import line as shortened
from workbench.tui.render.board_lines import in_place
from workbench.tui.render.call_lines import prose
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.comments import Comment, message
from workbench.tui.state.store import Store
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from workbench.tui.screens.review import ReviewScreen


class Comments(BaseScreen):
    """A line for each comment, and below them the whole message."""

    DEFAULT_CSS = """
    Comments > Rows { height: 1fr; }
    Comments > #message { height: 2fr; padding: 0 1; border-top: solid $panel-lighten-2; }
    Comments Rows > .rows--cursor { background: $primary-muted; }
    """
    heading = "Comments"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("S", "send", "send all as one message", id="comments.send"),
        Binding("e", "edit", "change", id="comments.edit"),
        Binding("x,delete", "delete", "delete", id="comments.delete"),
        Binding("u", "restore", "undo", id="comments.restore"),
        Binding("pagedown", "scroll(10)", "scroll", show=False, priority=True, id="comments.scroll_down"),
        Binding("pageup", "scroll(-10)", "scroll up", show=False, priority=True, id="comments.scroll_up"),
        Binding("escape,q", "app.out", "back", priority=True, id="comments.back"),
    ]

    def __init__(self, store: Store, review: ReviewScreen) -> None:
        super().__init__(store)
        self._review = review
        self.rows = Rows()
        self.message = Sheet(id="message")

    def content(self) -> ComposeResult:
        yield from (self.rows, self.message)

    def on_mount(self) -> None:
        self.set_focus(self.rows)

    @property
    def chosen(self) -> Comment | None:
        every = self._review.comments.all
        return next((one for number, one in enumerate(every) if str(number) == self.rows.cursor), None)

    def draw(self) -> None:
        every = self._review.comments.all
        lines = [
            (str(number), Text.assemble((f" {exact(one.place)}", "bold"), f"  {shortened(one.text)}"))
            for number, one in enumerate(every)
        ]
        self.rows.put(lines or in_place("No comments.", self.size.width))
        # Whole: it is read before it is sent.
        width = max(20, self.size.width - 2)
        told = exact(message(every)).split("\n") if every else []
        self.message.show([row for line in told for row in (prose(line, width) or [Text()])])

    def action_send(self) -> None:
        self.workbench.action_out()
        self._review.comments.send()

    def action_edit(self) -> None:
        if (comment := self.chosen) is not None:
            self.workbench.action_out()
            self._review.show(comment.path)
            self._review.diff.to_comment(comment)
            self._review.comments.write(comment)

    def action_delete(self) -> None:
        if (comment := self.chosen) is not None:
            self._review.comments.delete(comment)
            self._review.show()
            self.redraw()

    def action_restore(self) -> None:
        self._review.comments.action_restore()
        self.redraw()

    def on_rows_opened(self) -> None:
        """Enter: where it stands."""
        if (comment := self.chosen) is not None:
            self.workbench.action_out()
            self._review.show(comment.path)
            self._review.diff.to_comment(comment)

    def action_scroll(self, rows: int) -> None:
        self.message.scroll_rows(rows)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "restore":
            return self._review.comments.can_restore
        return bool(self._review.comments.all) if action in ("send", "edit", "delete") else True
