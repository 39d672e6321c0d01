"""Lines of text on the screen: the one widget behind lists, headers and cards; it has no children and no layout of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from workbench.tui.widgets.drawn_once import KeptLines

_CONSOLE = Console(width=1000, legacy_windows=False, force_terminal=True, color_system="truecolor")


class Unseen(Protocol):
    """A line that is made when it comes into sight; two that are equal look the same."""

    def text(self) -> Text: ...


Line = Text | Unseen


class Sheet(Widget):
    """Shows the lines that it is given; as high as they are many, where the style sheet says `height: auto`."""

    DEFAULT_CSS = "Sheet { height: auto; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        self._kept = KeptLines(self)
        self._ground = Style()
        """What the lines that are being drawn have below them: Textual makes it anew whenever it is asked."""
        super().__init__(id=id)
        self.lines: list[Line] = []
        self.top = 0
        self._strips: dict[tuple[int, int], Strip] = {}
        """What was drawn of these lines, by line and width: scrolling draws only what comes into sight."""

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines; the same lines again, and others out of sight, cost nothing."""
        if len(lines) == len(self.lines):
            self._change(lines)
            return
        self.lines = list(lines)
        self._strips.clear()
        # Where there is room for more, no line above stays hidden.
        self.top = max(0, min(self.top, len(self.lines) - max(1, self.size.height)))
        # Textual remembers a height by how often a layout was asked for, and counts no second time while one is waited for.
        self._box_model_cache.clear()
        self.refresh(layout=True)

    def _change(self, lines: Sequence[Line]) -> None:
        """Draw those of as many lines that are not what they were."""
        pairs = enumerate(zip(lines, self.lines, strict=True))
        other = {place for place, (line, shown) in pairs if line is not shown and not _same(line, shown)}
        self.lines = list(lines)
        self._strips = {key: strip for key, strip in self._strips.items() if key[0] not in other}
        if not other:
            return
        top, height = self.top, self.size.height
        self.top = max(0, min(top, len(self.lines) - max(1, height)))
        if self.top != top or not height:
            self.refresh()
        elif in_sight := [place - top for place in other if 0 <= place - top < height]:
            self.refresh(*(Region(0, row, self.size.width, 1) for row in in_sight))

    def scroll_rows(self, rows: int) -> None:
        """Move the lines under the frame, as far as there are any."""
        most = max(0, len(self.lines) - self.size.height)
        self.top = max(0, min(most, self.top + rows))
        self.refresh()

    def keep_visible(self, index: int) -> None:
        """Move as little as shows this line; before it is laid out every line may be in sight."""
        height = self.size.height
        if not height:
            return
        top = min(max(self.top, index - height + 1), index)
        if top != self.top:
            self.top = top
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        self._kept.forget()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        return self._kept.of(crop, self._draw_lines)

    def _draw_lines(self, crop: Region) -> list[Strip]:
        self._ground = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        place, width = y + self.top, self.size.width
        if place >= len(self.lines):
            return self.drawn(None)
        strip = self._strips.get((place, width))
        if strip is None:
            strip = self._strips[place, width] = strip_of(text_of(self.lines[place]), width)
        return strip.apply_style(self._ground)

    def drawn(self, line: Text | None) -> Strip:
        """A line as it stands on the screen, cut or filled to the width."""
        if line is None:
            return Strip.blank(self.size.width, self._ground)
        return strip_of(line, self.size.width).apply_style(self._ground)


def text_of(line: Line) -> Text:
    return line if isinstance(line, Text) else line.text()


def strip_of(line: Text, width: int) -> Strip:
    """A line as it stands on the screen, cut or filled to a width."""
    text = line.copy()
    if "\n" in text.plain or "\t" in text.plain:
        # A terminal would go elsewhere by itself, and all that is drawn after it with it.
        text = Text(" ").join(text.split("\n", allow_blank=True))
        text.expand_tabs(4)
    text.truncate(width, overflow="ellipsis")
    # Rich leaves the style of a whole text out where no part of it has one of its own.
    segments = Segment.apply_style(text.render(_CONSOLE), _CONSOLE.get_style(line.style))
    return Strip(segments).adjust_cell_length(width)


def on_ground(strip: Strip, style: Style) -> Strip:
    """What is drawn already, on the ground of this style: a style that is laid below it would change nothing."""
    ground = Style(bgcolor=style.bgcolor)
    return Strip(Segment.apply_style(strip, post_style=ground), strip.cell_length)


def _same(line: Line, shown: Line) -> bool:
    """Whether they look the same: Rich compares the words and the styles of parts, and not the style of a whole text."""
    if isinstance(line, Text) and isinstance(shown, Text):
        return line == shown and line.style == shown.style
    return line == shown
