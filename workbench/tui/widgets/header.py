"""Header of every screen: where one is, the other places with their keys, how many sessions stand how, and the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text
from textual import events
from textual.binding import Binding

from workbench.tui.render.board_lines import DIM
from workbench.tui.widgets.hints import LOW, key_name
from workbench.tui.widgets.sheet import Sheet

_GAP: Final = "  "


class Header(Sheet):
    """One line where everything fits, or where lines are dear and the places stay out; else the places have a line of their own."""

    DEFAULT_CSS = "Header { height: auto; background: $panel; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__(id="header")
        self.places: list[Binding] = []
        """The ways to other screens that are there now, in the order of their keys."""
        self._at: list[tuple[int, int, Binding]] = []

    def draw_in(self, heading: str, counts: Text, right: Text, width: int, height: int) -> None:
        """Draw for a terminal of this size; `right` gives way first."""
        head = _heading(heading)
        named, at = _named(self.places, head.cell_len)
        whole = head + named + Text(" ") + counts
        if whole.cell_len + 1 + right.cell_len <= width:
            self._at = at
            self.show([_spread(whole, right, width)])
        elif height < LOW:
            self._at = []
            self.show([_spread(head + Text(" ") + counts, right, width)])
        else:
            # Of what is the same everywhere, the program's name and wide gaps give way first.
            short = Text(heading, "bold underline") + Text(_GAP) if head.cell_len + _length(at) > width else head
            named, at = _named(self.places, short.cell_len, " ")
            self._at = [(start, end, one) for start, end, one in at if end <= width]
            first = short + named
            first.rstrip()
            first.truncate(width, overflow="ellipsis")
            self.show([first, _spread(counts, right, width)])

    def on_click(self, event: events.Click) -> None:
        """A click on a place is its key."""
        # Its padding is a column at the left.
        column = event.x - 1
        for start, end, binding in self._at:
            if event.y == 0 and start <= column < end:
                self.app.simulate_key(binding.key.split(",")[0])


def _heading(heading: str) -> Text:
    return Text.assemble(("workbench", "bold"), " · ", (heading, "bold underline"), _GAP)


def _length(at: Sequence[tuple[int, int, Binding]]) -> int:
    """How many columns the places take with one blank between them."""
    return sum(end - start + 1 for start, end, _ in at) - 1


def _named(places: Sequence[Binding], begin: int, gap: str = _GAP) -> tuple[Text, list[tuple[int, int, Binding]]]:
    """The places in a row that begins at this column, and from where to where each stands."""
    row, at = Text(), []
    for place in places:
        start = begin + row.cell_len
        row.append(key_name(place.key.split(",")[0]), "bold").append(f" {place.description}", DIM)
        at.append((start, begin + row.cell_len, place))
        row.append(gap)
    return row, at


def _spread(left: Text, right: Text, width: int) -> Text:
    """One at each end; what is too long at the right is cut."""
    right = right.copy()
    right.truncate(max(10, width - left.cell_len - 1), overflow="ellipsis")
    return left + Text(" " * max(1, width - left.cell_len - right.cell_len)) + right
