"""A list of lines with a cursor: the cursor is a line's id, so that it stays when lines move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from workbench.tui.widgets.sheet import Line, Sheet, on_ground


class Rows(Sheet, can_focus=True):
    """Sessions, a line each; the cursor is a session and not a line, so that it stays when lines move."""

    DEFAULT_CSS = "Rows { height: 1fr; width: 1fr; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "next", show=False, id="list.next"),
        Binding("up,k", "move(-1)", "previous", show=False, id="list.previous"),
        Binding("home,g", "move(-1000000)", "first", show=False, id="list.first"),
        Binding("end,G", "move(1000000)", "last", show=False, id="list.last"),
        Binding("enter,right", "open", "open", id="list.open"),
    ]

    class Moved(Message):
        """The cursor stands on another session."""

    class Resized(Message):
        """There is another width for the lines than the one that they were made for."""

    class Opened(Message):
        """This session is wanted."""

        def __init__(self, session_id: str) -> None:
            super().__init__()
            self.session_id = session_id

    def __init__(self, name: str = "rows") -> None:
        super().__init__(id=name)
        self.cursor = ""
        self.can_open: Callable[[], bool] = lambda: True
        """Whether there is something behind the line under the cursor."""
        self._expected = ""
        self._ids: list[str] = []

    def put(self, lines: Sequence[tuple[str, Line]]) -> None:
        """Show these lines; each with its session's id, empty where it is no session's."""
        known = [session_id for session_id, _ in lines if session_id]
        before = self._ids
        self._ids = [session_id for session_id, _ in lines]
        self.show([line for _, line in lines])
        if self._expected in known:
            self.point_at(self._expected)
            self._expected = ""
        if self.cursor not in known:
            place = min(before.index(self.cursor), len(self._ids) - 1) if self.cursor in before else 0
            behind = [session_id for session_id in self._ids[place:] if session_id]
            self.point_at((behind or known[-1:] or [""])[0])
        if before != self._ids and self.size.height and self.cursor in self._ids:
            # What comes above it moves it, also where two lines that read the same change places.
            self.keep_visible(self._ids.index(self.cursor))
            self.refresh()

    def expect(self, session_id: str) -> None:
        """Point at this session when it comes."""
        self._expected = session_id

    def point_at(self, session_id: str) -> None:
        if session_id != self.cursor:
            before, self.cursor = self.cursor, session_id
            if session_id in self._ids:
                self.keep_visible(self._ids.index(session_id))
            for one in (before, session_id):
                if one in self._ids:
                    self.refresh(Region(0, self._ids.index(one) - self.top, self.size.width, 1))
            self.post_message(self.Moved())

    def on_resize(self) -> None:
        if self.cursor in self._ids:
            self.keep_visible(self._ids.index(self.cursor))
        self.post_message(self.Resized())

    def action_move(self, lines: int) -> None:
        known = [session_id for session_id in self._ids if session_id]
        if self.cursor in known:
            place = known.index(self.cursor) + lines
            self.point_at(known[max(0, min(len(known) - 1, place))])

    def can_move(self, lines: int) -> bool:
        """Whether there is a row that far, or less far, from the cursor's in this direction."""
        known = [session_id for session_id in self._ids if session_id]
        return self.cursor in known and self.cursor != known[-1 if lines > 0 else 0]

    def action_open(self) -> None:
        if self.cursor and self.can_open():
            self.post_message(self.Opened(self.cursor))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self.cursor) and self.can_open() if action == "open" else True

    def on_click(self, event: events.Click) -> None:
        """A click points at a session, two open it."""
        place = event.y + self.top
        if place < len(self._ids) and self._ids[place]:
            self.point_at(self._ids[place])
            if event.chain > 1:
                self.action_open()

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        place = y + self.top
        if place < len(self._ids) and self._ids[place] and self._ids[place] == self.cursor:
            return pointed_at(self, strip)
        return strip


def pointed_at(widget: Widget, strip: Strip) -> Strip:
    """The cursor's line: a mark in its margin, as some terminals have no colours, and a ground of its own where the list has
    the keys."""
    if strip.text.startswith(" "):
        strip = Strip([Segment("›", widget.rich_style), *strip.crop(1)], strip.cell_length)
    if not widget.has_focus:
        return strip
    return on_ground(strip, widget.get_component_rich_style("rows--cursor"))
