"""Lines of text on the screen: the one widget behind lists, headers and cards; it has no children and no layout of its own."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

_CONSOLE = Console(width=1000, legacy_windows=False, force_terminal=True, color_system="truecolor")


class Sheet(Widget):
    """Shows the lines that it is given; as high as they are many, where the style sheet says `height: auto`."""

    DEFAULT_CSS = "Sheet { height: auto; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.lines: list[Text] = []
        self.top = 0
        self._strips: dict[tuple[int, int], Strip] = {}
        """What was drawn of these lines, by line and width: scrolling draws only what comes into sight."""

    def show(self, lines: Sequence[Text]) -> None:
        """Show these lines; the same lines again cost nothing."""
        if _same(lines, self.lines):
            return
        grown = len(lines) != len(self.lines)
        self.lines = list(lines)
        self._strips.clear()
        # Where there is room for more, no line above stays hidden.
        self.top = max(0, min(self.top, len(self.lines) - max(1, self.size.height)))
        if grown:
            # Textual remembers a height by how often a layout was asked for, and counts no second time while one is waited for.
            self._box_model_cache.clear()
        self.refresh(layout=grown)

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
        if index < self.top:
            self.top = index
        elif index >= self.top + height:
            self.top = index - height + 1

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines)

    def render_line(self, y: int) -> Strip:
        place, width = y + self.top, self.size.width
        if place >= len(self.lines):
            return self.drawn(None)
        strip = self._strips.get((place, width))
        if strip is None:
            strip = self._strips[place, width] = strip_of(self.lines[place], width)
        return strip.apply_style(self.rich_style)

    def drawn(self, line: Text | None) -> Strip:
        """A line as it stands on the screen, cut or filled to the width."""
        if line is None:
            return Strip.blank(self.size.width, self.rich_style)
        return strip_of(line, self.size.width).apply_style(self.rich_style)


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


def _same(lines: Sequence[Text], shown: Sequence[Text]) -> bool:
    """Whether they look the same: Rich compares the words and the styles of parts, and not the style of a whole text."""
    pairs = zip(lines, shown, strict=False)
    return len(lines) == len(shown) and all(one == other and one.style == other.style for one, other in pairs)
