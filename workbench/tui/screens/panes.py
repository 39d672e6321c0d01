"""Panes: up to sixteen sessions that divide the screen, and one prompt for the chosen one, or for all where a person says so."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Final, cast

from rich.text import Text
from textual.binding import Binding, BindingType

from workbench.tui.screens.session import SessionScreen
from workbench.tui.state.rows import in_order
from workbench.tui.state.splits import (
    SMALLEST,
    Direction,
    Tree,
    cramped,
    grid,
    kept,
    leaves,
    neighbour,
    put,
    rectangles,
    split,
)
from workbench.tui.state.store import Store
from workbench.tui.widgets.hints import key_of

COLUMNS: Final = {1: 1, 2: 2, 4: 2, 6: 3, 9: 3, 16: 4}
"""How many tiles a layout has → its columns."""
FIRST: Final = 4
MOST: Final = 16


class Panes(SessionScreen):
    """The panes of last time; at first, the first sessions of the Board."""

    DEFAULT_CSS = """
    Panes Tile { border-left: solid $panel; }
    """
    heading = "Panes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3", "layout", "layout", priority=True, id="panes.layout"),
        Binding("ctrl+n", "choose_next(1)", "next pane", priority=True, id="panes.next"),
        Binding("ctrl+b", "choose_next(-1)", "previous pane", show=False, priority=True, id="panes.previous"),
        Binding("alt+h,alt+left", "go_to('left')", "pane at the left", show=False, priority=True, id="panes.left"),
        Binding("alt+l,alt+right", "go_to('right')", "pane at the right", show=False, priority=True, id="panes.right"),
        Binding("alt+up", "go_to('up')", "pane above", show=False, priority=True, id="panes.up"),
        Binding("alt+down", "go_to('down')", "pane below", show=False, priority=True, id="panes.down"),
        Binding("ctrl+e,alt+z", "zoom", "whole screen", priority=True, id="panes.zoom"),
        Binding("alt+v", "split(True)", "split right", priority=True, id="panes.split_right"),
        Binding("alt+s", "split(False)", "split down", priority=True, id="panes.split_down"),
        Binding("alt+w", "close_pane", "close pane", priority=True, id="panes.close"),
        Binding("alt+p", "other", "another session", priority=True, show=False, id="panes.other"),
        # Not Alt+B, which terminals send for the cursor a word to the left.
        Binding("alt+t", "broadcast", "to all", priority=True, show=False, id="panes.broadcast"),
    ]

    def __init__(self, store: Store) -> None:
        order = [row.session_id for row in in_order(store.rows, store.view_file.view)]
        count = 1 if len(order) < 2 else 2 if len(order) < 3 else FIRST
        super().__init__(store, kept(store.view_file.view.panes, order) or grid(order[:count], COLUMNS[count]))
        self.to_all = False

    def _others(self) -> list[str]:
        """The sessions that are in no pane."""
        order = [row.session_id for row in in_order(self.store.rows, self.store.view_file.view)]
        return [one for one in order if one not in self.session_ids]

    async def _show(self, tree: Tree, *, chosen: str = "") -> None:
        """Other panes from now on, and at the next start; what was in a pane goes on without it."""
        self.store.view_file.put(replace(self.store.view_file.view, panes=tree))
        self.chosen = chosen or self.chosen
        await self.divide(tree)

    def _has_room(self, tree: Tree) -> bool:
        """Whether every pane could be read; a person is told where not."""
        width, height = self.tiling.size
        small = cramped(tree, width, height)
        if small is not None:
            asked = f"{len(leaves(tree))} panes: one would be {small.width}x{small.height}"
            self.notify(f"{asked}, and the smallest is {SMALLEST[0]}x{SMALLEST[1]}", severity="warning")
        return small is None

    async def action_layout(self) -> None:
        """The next number of panes, in even rows."""
        count = next((one for one in COLUMNS if one > len(self.session_ids)), 1)
        every = [*self.session_ids, *self._others()]
        if len(every) <= len(self.session_ids):
            count = 1
        tree = grid(every[:count], COLUMNS[count])
        await self._show(tree if self._has_room(tree) else every[0])

    async def action_split(self, beside: bool) -> None:
        """Half of this pane for the next session, at its right or below it."""
        tree = split(self.splits, self.chosen, self._others()[0], beside=beside)
        if self._has_room(tree):
            await self._show(tree)

    async def action_close_pane(self) -> None:
        """The room goes to what it was split from."""
        place = self.session_ids.index(self.chosen)
        tree = kept(self.splits, [one for one in self.session_ids if one != self.chosen])
        if tree is not None:
            await self._show(tree, chosen=leaves(tree)[max(0, place - 1)])

    async def action_other(self) -> None:
        """Another session into this pane."""
        wanted = self._others()[0]
        await self._show(put(self.splits, self.chosen, wanted), chosen=wanted)

    def action_choose_next(self, step: int) -> None:
        place = self.session_ids.index(self.chosen)
        self.choose(self.session_ids[(place + step) % len(self.session_ids)])

    def _beside(self, direction: str) -> str:
        panes = rectangles(self.splits, *self.tiling.size)
        return neighbour(panes, self.chosen, cast("Direction", direction))

    def action_go_to(self, direction: str) -> None:
        self.choose(self._beside(direction))

    def action_zoom(self) -> None:
        self.workbench.open_session(self.chosen)

    def action_broadcast(self) -> None:
        """The next line goes to all panes; the prompt says so before."""
        self.to_all = not self.to_all
        self.redraw()

    def draw(self) -> None:
        super().draw()
        if self.to_all:
            self.prompt.placeholder = f"to ALL {len(self.session_ids)} panes"

    def warnings(self) -> list[Text]:
        key = key_of(self, "panes.broadcast")
        said = f"Enter sends to ALL {len(self.session_ids)} panes · {key} only to the chosen one"
        # Above the prompt, and not in it: there may be a draft in it already.
        return [*([Text(said, "bold #E69F00")] if self.to_all else []), *super().warnings()]

    def hear(self, text: str) -> None:
        if not self.to_all:
            super().hear(text)
            return
        self.to_all = False
        for session_id in self.session_ids:
            if over := self.over(session_id):
                self.notify(over, severity="warning")
            else:
                self.store.send(session_id, text, "step")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "choose_next" | "broadcast" | "close_pane":
                return len(self.session_ids) > 1
            case "go_to":
                return bool(self._beside(str(parameters[0])))
            case "layout":
                return len(self.session_ids) > 1 or bool(self._others())
            case "split":
                return len(self.session_ids) < MOST and bool(self._others())
            case "other":
                return bool(self._others())
        return super().check_action(action, parameters)
