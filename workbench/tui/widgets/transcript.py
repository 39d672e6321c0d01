"""The transcript on the screen: a window over the blocks that follows the end until somebody scrolls up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from workbench.tui.state.conversation import Block, Conversation
from workbench.tui.widgets.selection import Shown, marked, taken

if TYPE_CHECKING:
    from workbench.tui.render.block_renderer import BlockRenderer

WHEEL_ROWS = 3
NEAR = 40
"""Blocks before the window under which the page before them is asked for."""
Position = tuple[int, int]
"""A block and a row in it: it needs no heights of blocks that nobody has seen, and stays right when text is added."""


class Transcript(Widget):
    """Draws the rows that are in the window and no others. `flush` is called by the app's frames."""

    DEFAULT_CSS = "Transcript { height: 1fr; }"

    class Changed(Message):
        """The window moved or its text came: paint me."""

        def __init__(self, transcript: Transcript) -> None:
            super().__init__()
            self.transcript = transcript

    class NearTop(Message):
        """The reader comes to the beginning of what is loaded."""

        def __init__(self, transcript: Transcript) -> None:
            super().__init__()
            self.transcript = transcript

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.conversation = Conversation("")
        self.dirty = False
        self.unfolded = False
        self._top: Position | None = None
        self._read = 0
        self._rows: list[tuple[Position, Strip]] = []
        self._sought = ""
        self._found: Position | None = None
        self._ground = Style()
        """What the text stands on, in the style that it has without one of its own."""
        self._said_more = False
        """Whether the last row on the screen says that there is more."""
        self._renderer: BlockRenderer | None = None

    @property
    def follows(self) -> bool:
        return self._top is None

    @property
    def scrolls(self) -> bool:
        """Whether there is more than the window shows."""
        return not self.follows or bool(self.conversation.older_page) or bool(self._rows and self._rows[0][0] != (0, 0))

    @property
    def unread(self) -> int:
        """How many blocks came since the reader left the end."""
        return 0 if self.follows else len(self._blocks()) - self._read

    def show(self, conversation: Conversation) -> None:
        """Show another conversation, or the same one with more in it."""
        if conversation.session_id != self.conversation.session_id:
            self._top = self._found = None
        self.conversation = conversation
        self._mark()

    def _mark(self) -> None:
        """Ask to be painted, once until that is done: a message a token would cost more than all painting."""
        if not self.dirty:
            self.dirty = True
            # To the app itself: of a message that a screen's handler caused, Textual would let none pass that screen.
            self.app.post_message(self.Changed(self))

    def fold(self, *, unfolded: bool) -> None:
        """Show calls in a line, or whole with their results."""
        self.unfolded, self._top, self._found = unfolded, None, None
        self._mark()

    def flush(self) -> bool:
        """Paint the rows that differ from what is on the screen."""
        self.dirty = False
        if not self.is_attached or not self.size.height:
            return False
        old, self._rows = self._rows, self._visible()
        if len(old) != len(self._rows):
            self.refresh()
            return True
        if self._said_more or not self.follows:
            self._said_more = not self.follows
            self.refresh(Region(0, self.size.height - 1, self.size.width, 1))
        different = [
            y
            for y, (was, now) in enumerate(zip(old, self._rows, strict=True))
            if was[1] is not now[1] and was[1] != now[1]
        ]
        if not different:
            return False
        first, last = different[0], different[-1]
        self.refresh(Region(0, first, self.size.width, last - first + 1))
        return True

    def render_lines(self, crop: Region) -> list[Strip]:
        # Textual makes it anew each time it is asked.
        self._ground = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self._ground)
        strip = self._rows[y][1]
        if y == self.size.height - 1 and not self.follows:
            strip = self._more()
            self._said_more = True
        strip = strip.adjust_cell_length(self.size.width).apply_style(self._ground)
        if self._rows[y][0] == self._found:
            # It may stand anywhere in the window, which does not move where all of it fits.
            strip = strip.apply_style(Style(reverse=True))
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(y)) is not None:
            strip = marked(strip, span, self.screen.get_component_rich_style("screen--selection"))
        return strip.apply_offsets(0, y)

    def selection_updated(self, selection: Selection | None) -> None:
        """Whoever selects reads: the window stays where it is."""
        if selection is not None and self.follows and self._rows:
            self._read, self._top = len(self._blocks()), self._rows[0][0]
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        blocks = self._blocks()
        shown = [self._shown(blocks, place, strip) for place, strip in self._rows]
        return taken(shown, selection), "\n"

    def _shown(self, blocks: list[Block], place: Position, strip: Strip) -> Shown:
        block = blocks[place[0]]
        text = strip.text.rstrip()
        if block.kind != "agent" or self._renderer is None:
            return Shown(text)
        number, source = self._renderer.paragraphs(block, max(1, self.size.width - 1))[place[1]]
        return Shown(text, (place[0], number), source)

    def _more(self) -> Strip:
        said = f"↓ {self.unread} new · End" if self.unread else "↓ End"
        return Strip([Segment(said.rjust(self.size.width - 1), Style(reverse=True))])

    # ── the window ──

    def _blocks(self) -> list[Block]:
        tail = self.conversation.tail
        return [*self.conversation.blocks, tail] if tail else self.conversation.blocks

    def _strips(self, block: Block) -> list[Strip]:
        if self._renderer is None:
            # Late: Markdown costs a fifth of the app's start, and the first screen shows none.
            from workbench.tui.render.block_renderer import BlockRenderer

            self._renderer = BlockRenderer()
        # Only a call without its result shows what it prints.
        output = self.conversation.outputs.get(block.id, "") if block.kind == "call" and block.result is None else ""
        shown = replace(block, output=output) if output else block
        return self._renderer.rows(shown, max(1, self.size.width - 1), unfolded=self.unfolded)

    def _visible(self) -> list[tuple[Position, Strip]]:
        height = self.size.height
        if self._top is None:
            return self._upward(len(self._blocks()), height)
        rows = self._downward(self._top, height)
        if len(rows) < height:
            self._top = None
            return self._upward(len(self._blocks()), height)
        return rows

    def _upward(self, end: int, height: int) -> list[tuple[Position, Strip]]:
        """The last rows before block `end`."""
        blocks, rows = self._blocks(), list[tuple[Position, Strip]]()
        for index in range(end - 1, -1, -1):
            strips = self._strips(blocks[index])
            first = max(0, len(strips) - (height - len(rows)))
            rows = [((index, row), strips[row]) for row in range(first, len(strips))] + rows
            if len(rows) >= height:
                break
        return rows

    def _downward(self, top: Position, height: int) -> list[tuple[Position, Strip]]:
        blocks, rows = self._blocks(), list[tuple[Position, Strip]]()
        for index in range(top[0], len(blocks)):
            first = top[1] if index == top[0] else 0
            strips = self._strips(blocks[index])
            rows += [((index, row), strip) for row, strip in enumerate(strips) if row >= first]
            if len(rows) >= height:
                break
        return rows[:height]

    def scroll_by(self, rows: int) -> None:
        """Move the window; at the end it follows again."""
        if not self._rows:
            return
        top = self._rows[0][0]
        if self.follows:
            self._read = len(self._blocks())
        if rows < 0:
            before = self._upward(top[0], -rows)
            within = [
                ((top[0], row), strip) for row, strip in enumerate(self._strips(self._blocks()[top[0]])[: top[1]])
            ]
            above = [*before, *within]
            if above:
                self._top = above[max(0, len(above) + rows)][0]
            if self.conversation.older_page and (self._top or (0, 0))[0] < NEAR:
                self.post_message(self.NearTop(self))
        elif not self.follows:
            below = self._downward(top, rows + self.size.height)
            at_end = len(below) < rows + self.size.height
            self._top = None if at_end else below[rows][0]
        self._mark()

    def find(self, text: str) -> bool:
        """Move the window back to the row that holds this text, before the one that was found last or before the window's
        end; False where none is loaded."""
        blocks, wanted = self._blocks(), text.lower()
        if text != self._sought:
            self._sought, self._found = text, None
        last = self._found or ((len(blocks), 0) if self.follows or not self._rows else _behind(self._rows[-1][0]))
        for place in range(min(last[0], len(blocks) - 1), -1, -1):
            if wanted not in blocks[place].source.lower():
                continue
            strips = self._strips(blocks[place])[: last[1] if place == last[0] else None]
            rows = [row for row, strip in enumerate(strips) if wanted in strip.text.lower()]
            if not rows and place == last[0]:
                continue
            # Of a folded call, or where the text is wrapped, the block's first row stands for it.
            self._found = (place, rows[-1] if rows else 0)
            if self.follows:
                self._read = len(blocks)
            self._top = self._found
            self._mark()
            self.refresh()
            return True
        return False

    def prepended(self, blocks: int) -> None:
        """So many blocks came before those that were there: the window stays on what it showed."""
        if self._top is not None:
            self._top = (self._top[0] + blocks, self._top[1])
        if self._found is not None:
            self._found = (self._found[0] + blocks, self._found[1])
        # Whoever scrolls before it is painted again begins where the window is.
        self._rows = [((place[0] + blocks, place[1]), strip) for place, strip in self._rows]
        self._read += blocks
        self._mark()

    def to_end(self) -> None:
        """Follow again."""
        self._top = self._found = None
        self._mark()
        self.refresh()

    def on_resize(self) -> None:
        self.flush()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_by(-WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_by(WHEEL_ROWS)


def _behind(place: Position) -> Position:
    return (place[0], place[1] + 1)
