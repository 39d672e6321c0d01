"""Panes: one, two, four, six or nine sessions beside each other, and one prompt for the chosen one."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Grid

from workbench.tui.desk import Desk
from workbench.tui.rows import in_order
from workbench.tui.talk import Talk, Tile

LAYOUTS: Final = {1: (1, 1), 2: (2, 1), 4: (2, 2), 6: (3, 2), 9: (3, 3)}
"""Tiles → columns and rows."""
FIRST: Final = 4


class Panes(Talk):
    """The first sessions of the Board, as many as the layout takes."""

    DEFAULT_CSS = """
    Panes Tile { border-left: solid $panel; }
    """
    name_of_place = "Panes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3", "layout", "layout", priority=True, id="panes.layout"),
        Binding("ctrl+n", "choose_next(1)", "next pane", priority=True, id="panes.next"),
        Binding("ctrl+b", "choose_next(-1)", "previous pane", show=False, priority=True, id="panes.previous"),
        Binding("ctrl+e", "zoom", "whole screen", priority=True, id="panes.zoom"),
    ]

    def __init__(self, desk: Desk) -> None:
        order = [row.session_id for row in in_order(desk.feed)]
        tiles = 1 if len(order) < 2 else 2 if len(order) < 3 else FIRST
        super().__init__(desk, order[:tiles])
        self._order = order
        self.layout_of = tiles

    def on_mount(self) -> None:
        self._arrange()
        super().on_mount()

    def _arrange(self) -> None:
        columns, rows = LAYOUTS[self.layout_of]
        grid = self.query_one(Grid)
        grid.styles.grid_size_columns, grid.styles.grid_size_rows = columns, rows

    async def action_layout(self) -> None:
        """The next number of panes."""
        sizes = list(LAYOUTS)
        self.layout_of = sizes[(sizes.index(self.layout_of) + 1) % len(sizes)]
        self.session_ids = self._order[: self.layout_of]
        grid = self.query_one(Grid)
        self.workers.cancel_group(self, "tiles")
        await grid.remove_children()
        self._arrange()
        await grid.mount(*self.tiles())
        self.follow_tiles()
        self.choose(self.chosen if self.chosen in self.session_ids else self.session_ids[0])

    def action_choose_next(self, step: int) -> None:
        place = self.session_ids.index(self.chosen)
        self.choose(self.session_ids[(place + step) % len(self.session_ids)])

    def action_zoom(self) -> None:
        self.house.open_session(self.chosen)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "choose_next":
            return len(self.query(Tile)) > 1
        if action == "layout":
            return len(self._order) > 1
        return super().check_action(action, parameters)
