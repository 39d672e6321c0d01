"""Lines of widgets that are drawn once, until the widget is refreshed.

To paint a part of the screen, Textual asks every widget for its lines whose container reaches there: for one of sixteen panes,
all sixteen, what lies around them, and the header, which have not changed since the frame before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class KeptLines:
    """A widget's lines, by the part that was asked for."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._lines: dict[tuple[object, ...], list[Strip]] = {}

    def forget(self) -> None:
        self._lines.clear()

    def of(self, crop: Region, draw: Callable[[Region], list[Strip]]) -> list[Strip]:
        # What lies below a dialog may have filters of its own.
        key = (crop, self._widget.outer_size, *self._widget.get_line_filters())
        if key not in self._lines:
            self._lines[key] = draw(crop)
        return self._lines[key]


class DrawnOnce(Widget):
    """A container that shows nothing of its own but its ground and its border."""

    def __init__(self, *children: Widget, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        self._kept = KeptLines(self)
        super().__init__(*children, id=id)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        self._kept.forget()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        return self._kept.of(crop, super().render_lines)
