"""A file's diff on the screen: a window over its rows with a cursor, and a range of lines that is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.color import Color
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from workbench.tui.render.call_lines import ADDED, BESIDE_FROM, REMOVED
from workbench.tui.render.diff_lines import NO_TINTS, Diff, Line, Tints
from workbench.tui.state.comments import Comment
from workbench.tui.state.findings import Finding
from workbench.tui.state.review import ReviewedFile
from workbench.tui.widgets.sheet import on_ground, strip_of

WHEEL_ROWS: Final = 3
TINT: Final = 0.14
CURSOR, RANGE = "›", "▌"


class DiffView(Widget):
    """Draws the rows in the window and no others. It has no focus: its keys are the screen's."""

    DEFAULT_CSS = """
    DiffView { height: 1fr; }
    DiffView > .diff--cursor { background: $primary-muted; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"diff--cursor"}

    class Resized(Message):
        """There is another width for the rows than the one that they were made for."""

    def __init__(self) -> None:
        super().__init__(id="diff")
        self.diff = Diff(ReviewedFile("", "", "", ()), 80, beside=False)
        self.message: Text | None = None
        self.cursor = 0
        self.top = 0
        self.is_split: bool | None = None
        """Whether a person wants it side by side; None leaves it to the width."""
        self._begun: int | None = None
        self._is_laid_out = False
        self._strips: dict[tuple[int, Tints], Strip] = {}
        """What was drawn, by row and grounds: these change with the look."""

    @property
    def is_beside(self) -> bool:
        """Whether both sides stand beside each other."""
        return self.app.size.width >= BESIDE_FROM if self.is_split is None else self.is_split

    def say(self, text: Text) -> None:
        """Show a sentence in place of a diff."""
        self.message = text
        self.refresh()

    def show(self, file: ReviewedFile, comments: Sequence[Comment], findings: Sequence[Finding] = ()) -> None:
        """Show a file; the cursor stays at its line where it is the same file at another width, or with other comments and findings."""
        is_laid_out, self._is_laid_out = self._is_laid_out, self.size.height > 0
        hunk = self.hunk
        before, row = self.diff, self.diff.rows[self.cursor] if self.cursor < len(self.diff.rows) else None
        self.message = None
        self.diff = Diff(file, max(20, self.size.width), self.is_beside, comments, findings)
        self._strips.clear()
        if before.file.path != file.path or not is_laid_out:
            self.cursor = self.top = 0
            self._begun = None
            self.to_hunk(0)
        elif before.file.hunks == file.hunks and row is not None and row.line is not None:
            self._point(next((place for place, one in enumerate(self.diff.rows) if one.line == row.line), 0))
        elif before.file.hunks == file.hunks:
            self._point(min(self.cursor, len(self.diff.rows) - 1))
        else:
            # What was taken is gone from it: what came behind that stands in its place, and is next.
            self._begun = None
            self.cursor = self.top = 0
            self.to_hunk(min(hunk, len(file.hunks or ()) - 1))
        self.refresh()

    def _tints(self) -> Tints:
        """Grounds a little towards the colours of what came and what went; none on a terminal of sixteen colours."""
        ground = self.background_colors[1]
        if self.app.native_ansi_color or ground.ansi is not None:
            return NO_TINTS
        came, went = (ground.blend(Color.parse(colour), TINT).hex6 for colour in (ADDED, REMOVED))
        return came, went

    # ── the cursor ──

    @property
    def hunk(self) -> int:
        """The hunk that the cursor is in."""
        return self.diff.rows[self.cursor].hunk if self.cursor < len(self.diff.rows) else 0

    @property
    def comment(self) -> Comment | None:
        """The comment under the cursor."""
        return self.diff.rows[self.cursor].comment if self.cursor < len(self.diff.rows) else None

    @property
    def is_choosing(self) -> bool:
        return self._begun is not None

    def chosen_lines(self) -> list[Line]:
        """The lines of the chosen range, or the one under the cursor; none where it stands on no line."""
        first, last = self._range()
        places = [row.line for row in self.diff.rows[first : last + 1] if row.kind == "line" and row.line is not None]
        if not places:
            return []
        begin, end = min(places), max(places)
        if begin == end and self.diff.lines[end].sign == "\\":
            # That the end of a file is missing is said of the line before it.
            begin = end = end - 1
        lines = self.diff.lines[begin : end + 1]
        # A range ends with its hunk: what comes after is elsewhere in the file.
        return [line for line in lines if line.hunk == lines[0].hunk]

    def chosen_changes(self) -> list[int]:
        """The places in their hunk, from 1, of the lines in the chosen range that differ: of a row with two sides, both."""
        first, last = self._range()
        lines, rows = self.diff.lines, [row for row in self.diff.rows[first : last + 1] if row.kind == "line"]
        # As with a comment, a range ends with its hunk.
        rows = [row for row in rows if row.hunk == rows[0].hunk]
        places = {place for row in rows for place in (row.left, row.right) if place is not None}
        if not places:
            return []
        begin = next(place for place, line in enumerate(lines) if line.hunk == rows[0].hunk)
        return sorted(place - begin + 1 for place in places if lines[place].sign in "+-")

    def choose(self) -> None:
        """Begin a range at the cursor, or let go of it."""
        self._begun = None if self._begun is not None else self.cursor
        self.refresh()

    def let_go(self) -> None:
        self._begun = None
        self.refresh()

    def _range(self) -> tuple[int, int]:
        begun = self.cursor if self._begun is None else self._begun
        return min(begun, self.cursor), max(begun, self.cursor)

    def move(self, rows: int) -> None:
        """Move the cursor, and the window with it."""
        self._point(max(0, min(len(self.diff.rows) - 1, self.cursor + rows)))

    def to_hunk(self, number: int) -> None:
        """Put the cursor on a hunk's first line that differs, with its head in sight."""
        rows = self.diff.rows
        head = next((place for place, row in enumerate(rows) if row.kind == "head" and row.hunk == number), None)
        if head is None:
            return
        lines = (place for place in range(head + 1, len(rows)) if rows[place].hunk == number and self._differs(place))
        place = next(lines, head)
        self.top = max(0, min(head, len(rows) - max(1, self.size.height)))
        self._point(place)

    def _is_numbered(self, place: int) -> bool:
        row = self.diff.rows[place]
        return row.kind == "line" and row.line is not None and self.diff.lines[row.line].sign != "\\"

    def _differs(self, place: int) -> bool:
        row = self.diff.rows[place]
        return row.kind == "line" and row.line is not None and self.diff.lines[row.line].sign != " "

    def to_line(self, number: int) -> None:
        """Put the cursor on the line of this number in the file as it is now, or on the nearest one that is shown."""
        places = [
            (place, self.diff.lines[row.line].new) for place, row in enumerate(self.diff.rows) if row.line is not None
        ]
        known = [(abs(new - number), place) for place, new in places if new is not None]
        if known:
            self._point(min(known)[1])

    def to_comment(self, comment: Comment) -> None:
        """Put the cursor on a comment."""
        self._point(next((place for place, row in enumerate(self.diff.rows) if row.comment == comment), self.cursor))

    def past_comment(self, comment: Comment) -> None:
        """Put the cursor on the line behind a comment; at the end of its hunk on the comment, for keys of a hunk mean that one."""
        rows = self.diff.rows
        own = [place for place, row in enumerate(rows) if row.comment == comment]
        if own:
            last = own[-1]
            after = range(last + 1, len(rows))
            lines = (place for place in after if rows[place].hunk == rows[last].hunk and self._is_numbered(place))
            self._point(next(lines, last))

    def _point(self, row: int) -> None:
        self.cursor = max(0, row)
        height = max(1, self.size.height)
        if self.cursor < self.top:
            self.top = self.cursor
        elif self.cursor >= self.top + height:
            self.top = self.cursor - height + 1
        # Nothing is out of sight above where there is room below.
        self.top = max(0, min(self.top, len(self.diff.rows) - height))
        self.refresh()

    # ── the screen ──

    def render_line(self, y: int) -> Strip:
        if self.message is not None:
            return strip_of(self.message if not y else Text(), self.size.width).apply_style(self.rich_style)
        place = y + self.top
        if place >= len(self.diff.rows):
            return Strip.blank(self.size.width, self.rich_style)
        tints = self._tints()
        strip = self._strips.get((place, tints))
        if strip is None:
            text = self.diff.text(self.diff.rows[place], tints)
            strip = self._strips[place, tints] = strip_of(text, max(1, self.size.width - 1))
        first, last = self._range()
        mark = CURSOR if place == self.cursor else RANGE if self.is_choosing and first <= place <= last else " "
        strip = Strip([Segment(mark), *strip])
        if first <= place <= last:
            # Over the ground of a line that came or went.
            strip = on_ground(strip, self.get_component_rich_style("diff--cursor"))
        return strip.apply_style(self.rich_style)

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on a row."""
        if event.y + self.top < len(self.diff.rows):
            self._point(event.y + self.top)

    def on_mouse_scroll_down(self) -> None:
        self.move(WHEEL_ROWS)

    def on_mouse_scroll_up(self) -> None:
        self.move(-WHEEL_ROWS)
