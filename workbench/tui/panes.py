"""Panes: up to sixteen sessions beside each other, and one prompt for the chosen one, or for all where a person says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Grid

from workbench.tui.desk import Desk
from workbench.tui.rows import in_order
from workbench.tui.talk import Talk

COLUMNS: Final = {1: 1, 2: 2, 4: 2, 6: 3, 9: 3, 16: 4}
"""How many tiles a layout has → its columns."""
FIRST: Final = 4
MOST: Final = 16


class Panes(Talk):
    """The panes of last time; at first, the first sessions of the Board."""

    DEFAULT_CSS = """
    Panes Tile { border-left: solid $panel; }
    """
    name_of_place = "Panes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3,alt+equals_sign", "layout", "layout", priority=True, id="panes.layout"),
        Binding("ctrl+n,alt+l", "choose_next(1)", "next pane", priority=True, id="panes.next"),
        Binding("ctrl+b,alt+h", "choose_next(-1)", "previous pane", show=False, priority=True, id="panes.previous"),
        Binding("ctrl+e,alt+z", "zoom", "whole screen", priority=True, id="panes.zoom"),
        Binding("alt+v", "split(1)", "split right", priority=True, show=False, id="panes.split_right"),
        Binding("alt+s", "split(0)", "split down", priority=True, show=False, id="panes.split_down"),
        Binding("alt+w", "close_pane", "close pane", priority=True, show=False, id="panes.close"),
        Binding("alt+p", "other", "another session", priority=True, show=False, id="panes.other"),
        Binding("alt+b", "broadcast", "to all", priority=True, show=False, id="panes.broadcast"),
    ]

    def __init__(self, desk: Desk) -> None:
        order = [row.session_id for row in in_order(desk.rows, desk.shelf.view)]
        kept = [one for one in desk.shelf.view.panes if one in order]
        count = len(kept) or (1 if len(order) < 2 else 2 if len(order) < 3 else FIRST)
        super().__init__(desk, kept or order[:count])
        self.columns = _columns(desk.shelf.view.layout, len(self.session_ids))
        self.to_all = False

    def on_mount(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        grid = self.query_one(Grid)
        grid.styles.grid_size_columns = self.columns
        grid.styles.grid_size_rows = -(-len(self.session_ids) // self.columns)

    def _others(self) -> list[str]:
        """The sessions that are in no pane."""
        order = [row.session_id for row in in_order(self.desk.rows, self.desk.shelf.view)]
        return [one for one in order if one not in self.session_ids]

    async def _show(self, session_ids: Sequence[str], columns: int) -> None:
        """Other panes from now on, and at the next start; what was in a pane goes on without it."""
        self.session_ids = list(session_ids)
        self.columns = max(1, min(columns, len(self.session_ids)))
        view = self.desk.shelf.view
        self.desk.shelf.put(replace(view, panes=tuple(self.session_ids), layout=str(self.columns)))
        grid = self.query_one(Grid)
        self.workers.cancel_group(self, "tiles")
        await grid.remove_children()
        self._arrange()
        await grid.mount(*self.tiles())
        self.follow_tiles()
        self.choose(self.chosen if self.chosen in self.session_ids else self.session_ids[0])

    async def action_layout(self) -> None:
        """The next number of panes."""
        count = next((one for one in COLUMNS if one > len(self.session_ids)), 1)
        every = [*self.session_ids, *self._others()]
        if len(every) <= len(self.session_ids):
            count = 1
        await self._show(every[:count], COLUMNS[count])

    async def action_split(self, columns: int) -> None:
        place = self.session_ids.index(self.chosen) + 1
        await self._show(
            [*self.session_ids[:place], self._others()[0], *self.session_ids[place:]], self.columns + columns
        )

    async def action_close_pane(self) -> None:
        await self._show([one for one in self.session_ids if one != self.chosen], self.columns)

    async def action_other(self) -> None:
        """Another session into this pane."""
        wanted = self._others()[0]
        shown = [wanted if one == self.chosen else one for one in self.session_ids]
        self.chosen = wanted
        await self._show(shown, self.columns)

    def action_choose_next(self, step: int) -> None:
        place = self.session_ids.index(self.chosen)
        self.choose(self.session_ids[(place + step) % len(self.session_ids)])

    def action_zoom(self) -> None:
        self.house.open_session(self.chosen)

    def action_broadcast(self) -> None:
        """The next line goes to all panes; the prompt says so before."""
        self.to_all = not self.to_all
        self.told()

    def draw(self) -> None:
        super().draw()
        if self.to_all:
            self.prompt.placeholder = (
                f"to ALL {len(self.session_ids)} panes · Enter sends · Alt+B only to the chosen one"
            )

    def hear(self, text: str) -> None:
        if not self.to_all:
            super().hear(text)
            return
        self.to_all = False
        for session_id in self.session_ids:
            self.desk.say(session_id, text, "step")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "choose_next" | "broadcast" | "close_pane":
                return len(self.session_ids) > 1
            case "layout":
                return len(self.session_ids) > 1 or bool(self._others())
            case "split":
                return len(self.session_ids) < MOST and bool(self._others())
            case "other":
                return bool(self._others())
        return super().check_action(action, parameters)


def _columns(kept: str, count: int) -> int:
    """The columns of last time, or those that suit so many panes."""
    usual = next(columns for tiles, columns in COLUMNS.items() if tiles >= min(count, MOST))
    return max(1, min(int(kept), count)) if kept.isdecimal() and int(kept) else usual
