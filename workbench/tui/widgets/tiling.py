"""Places tiles where a tree of splits says; laid out when the tree or the screen changes, and never by what a tile shows."""

from __future__ import annotations

from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from workbench.tui.state.splits import Rectangle, Tree, rectangles
from workbench.tui.widgets.drawn_once import DrawnOnce
from workbench.tui.widgets.tile import Tile


class BySplits(Layout):
    """Every tile in its session's rectangle."""

    name = "splits"

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        places = rectangles(self._tree, size.width, size.height)
        return [
            WidgetPlacement(_region(places[child.session_id]), NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if isinstance(child, Tile) and child.session_id in places
        ]


def _region(place: Rectangle) -> Region:
    return Region(place.x, place.y, place.width, place.height)


class Tiles(DrawnOnce, Container):
    """The tiles of a screen."""

    DEFAULT_CSS = "Tiles { height: 1fr; overflow: hidden; }"

    def __init__(self, tree: Tree) -> None:
        super().__init__()
        self._by_splits = BySplits(tree)

    @property
    def layout(self) -> Layout:
        """Not the style sheet's, which knows layouts by name only."""
        return self._by_splits

    def divide(self, tree: Tree) -> None:
        """Lay the tiles out by this tree from now on."""
        self._by_splits = BySplits(tree)
        # Approvals of the children: Textual forgets an arrangement when one of those in it wants another.
        for tile in self.children:
            tile.refresh(layout=True)
