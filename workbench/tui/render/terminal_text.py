"""The door through which every widget's text reaches the terminal: what steers or hides is named, in the cells that were there."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from workbench.text import signs


class Door(LineFilter):
    """A line as long as it was: where a sign is named, the end of the line gives way."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line, the same one where nothing in it had to be named."""
        shown = [segment if segment.control else _shown(segment) for segment in segments]
        if all(one is other for one, other in zip(shown, segments, strict=True)):
            return segments
        return Segment.adjust_line_length(shown, sum(segment.cell_length for segment in segments))


def _shown(segment: Segment) -> Segment:
    # A line break within a line would be one on the terminal.
    text = signs.shown(segment.text).replace("\n", "⟨U+000A⟩").replace("\t", " ")
    return segment if text == segment.text else Segment(text, segment.style)
