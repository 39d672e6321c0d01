"""Panes: up to sixteen sessions that divide the screen, and one prompt for the chosen one, or for all where a person says so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Final, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.session import TALK_BINDINGS, talk
from workbench.tui.state.rows import fits, in_order, in_scope
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
from workbench.tui.widgets.session_view import SessionView

COLUMNS: Final = {1: 1, 2: 2, 4: 2, 6: 3, 9: 3, 16: 4}
"""How many tiles a layout has → its columns."""
FIRST: Final = 4
MOST: Final = 16


class Panes(BaseScreen):
    """The panes of last time; at first, the first sessions of the Board."""

    DEFAULT_CSS = """
    Panes Tile { border-left: solid $panel; }
    """
    heading = "Panes"
    view: SessionView
    MAIN = frozenset({"panes.layout", "panes.next"})
    BINDINGS: ClassVar[list[BindingType]] = [
        *TALK_BINDINGS,
        Binding("f3", "layout", "layout", priority=True, id="panes.layout"),
        Binding("ctrl+n", "choose_next(1)", "next pane", priority=True, id="panes.next"),
        Binding("ctrl+b", "choose_next(-1)", "previous pane", show=False, priority=True, id="panes.previous"),
        Binding("alt+h,alt+left", "go_to('left')", "pane at the left", show=False, priority=True, id="panes.left"),
        Binding("alt+l,alt+right", "go_to('right')", "pane at the right", show=False, priority=True, id="panes.right"),
        Binding("alt+up", "go_to('up')", "pane above", show=False, priority=True, id="panes.up"),
        Binding("alt+down", "go_to('down')", "pane below", show=False, priority=True, id="panes.down"),
        Binding("ctrl+e,alt+z", "zoom", "full screen", priority=True, id="panes.zoom"),
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
        super().__init__(store)
        self.view = SessionView(store, kept(store.view_file.view.panes, order) or grid(order[:count], COLUMNS[count]))
        self._commands = talk(self, self.view)
        self.view.on_line = self._enter

    def content(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.begin()

    def on_screen_resume(self) -> None:
        self.view.take_draft()

    def on_key(self, event: events.Key) -> None:
        # One that came before anything had the focus; of any other the view has taken what is for its prompt.
        self.view.on_key(event)

    def visible_sessions(self) -> Collection[str]:
        return self.view.session_ids

    def _others(self) -> list[str]:
        """The sessions that are in no pane."""
        order = [row.session_id for row in in_order(self.store.rows, self.store.view_file.view)]
        return [one for one in order if one not in self.view.session_ids]

    def _has_others(self) -> bool:
        """Asked for every key at every change of a session, so not put in order first."""
        shown, view = self.view.session_ids, self.store.view_file.view
        others = (row for row in self.store.rows.values() if not row.ended and row.session_id not in shown)
        return any(in_scope(row, view) and fits(row, "") for row in others)

    async def _show(self, tree: Tree, *, chosen: str = "") -> None:
        """Other panes from now on, and at the next start; what was in a pane goes on without it."""
        self.store.view_file.put(replace(self.store.view_file.view, panes=tree))
        self.view.chosen = chosen or self.view.chosen
        await self.view.divide(tree)

    def _has_room(self, tree: Tree) -> bool:
        """Whether every pane could be read; a person is told where not."""
        width, height = self.view.tiling.size
        small = cramped(tree, width, height)
        if small is not None:
            asked = f"{len(leaves(tree))} panes: one would be {small.width}x{small.height}"
            self.notify(f"{asked}, and the smallest is {SMALLEST[0]}x{SMALLEST[1]}", severity="warning")
        return small is None

    async def action_layout(self) -> None:
        """The next number of panes, in even rows."""
        count = next((one for one in COLUMNS if one > len(self.view.session_ids)), 1)
        every = [*self.view.session_ids, *self._others()]
        if len(every) <= len(self.view.session_ids):
            count = 1
        tree = grid(every[:count], COLUMNS[count])
        await self._show(tree if self._has_room(tree) else every[0])

    async def action_split(self, beside: bool) -> None:
        """Half of this pane for the next session, at its right or below it."""
        tree = split(self.view.splits, self.view.chosen, self._others()[0], beside=beside)
        if self._has_room(tree):
            await self._show(tree)

    async def action_close_pane(self) -> None:
        """The room goes to what it was split from."""
        place = self.view.session_ids.index(self.view.chosen)
        tree = kept(self.view.splits, [one for one in self.view.session_ids if one != self.view.chosen])
        if tree is not None:
            await self._show(tree, chosen=leaves(tree)[max(0, place - 1)])

    async def action_other(self) -> None:
        """Another session into this pane."""
        wanted = self._others()[0]
        await self._show(put(self.view.splits, self.view.chosen, wanted), chosen=wanted)

    def action_choose_next(self, step: int) -> None:
        place = self.view.session_ids.index(self.view.chosen)
        self.view.choose(self.view.session_ids[(place + step) % len(self.view.session_ids)])

    def _beside(self, direction: str) -> str:
        panes = rectangles(self.view.splits, *self.view.tiling.size)
        return neighbour(panes, self.view.chosen, cast("Direction", direction))

    def action_go_to(self, direction: str) -> None:
        self.view.choose(self._beside(direction))

    def action_zoom(self) -> None:
        self.workbench.open_session(self.view.chosen)

    def action_broadcast(self) -> None:
        """The next line goes to all panes; the prompt says so before."""
        self.view.to_all = not self.view.to_all
        self.redraw()

    @property
    def follows_clock(self) -> bool:
        return self.view.follows_clock

    def draw(self) -> None:
        self.view.draw()

    def _enter(self, text: str) -> None:
        if self.view.to_all:
            self.view.send_to_all(text)
        else:
            self._commands.enter(text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "choose_next" | "broadcast" | "close_pane":
                return len(self.view.session_ids) > 1
            case "go_to":
                return bool(self._beside(str(parameters[0])))
            case "layout":
                return len(self.view.session_ids) > 1 or self._has_others()
            case "split":
                return len(self.view.session_ids) < MOST and self._has_others()
            case "other":
                return self._has_others()
        return super().check_action(action, parameters)
