"""What every screen shares: the header, the hints, and being told when something changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from workbench.tui.app_protocol import AppProtocol
from workbench.tui.render.board_lines import header
from workbench.tui.state.approvals import Approval
from workbench.tui.state.rows import Row
from workbench.tui.state.store import Store
from workbench.tui.widgets.approval_card import ApprovalCard
from workbench.tui.widgets.hints import Hints
from workbench.tui.widgets.sheet import Sheet

SMALLEST: Final = (40, 12)
"""Columns and rows under which a place would hide what it asks about."""


class BaseScreen(Screen[None]):
    """One of the app's screens. `told` is called after every change and once a second."""

    DEFAULT_CSS = """
    BaseScreen { layers: default above; }
    BaseScreen > #header { height: 1; background: $panel; padding: 0 1; }
    BaseScreen > #enlarge { layer: above; dock: top; width: 100%; height: 100%; background: $background; display: none; }
    BaseScreen.-tiny > #enlarge { display: block; }
    """
    heading = ""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.header = Sheet(id="header")
        self._enlarge = Sheet(id="enlarge")
        self._focus_before: Widget | None = None

    @property
    def workbench(self) -> AppProtocol:
        return cast("AppProtocol", self.app)

    def compose(self) -> ComposeResult:
        yield self.header
        yield from self.content()
        yield Hints()
        yield self._enlarge

    def content(self) -> ComposeResult:
        """What stands between header and hints."""
        yield from ()

    def on_mount(self) -> None:
        # Textual calls this after that of every class below: none of them calls it itself.
        self.redraw()

    def on_screen_resume(self) -> None:
        self.redraw()

    def on_resize(self) -> None:
        self.call_after_refresh(self.redraw)

    def redraw(self) -> None:
        """Draw again what changed; below another place nothing is seen, and nothing can be called painted."""
        if not self.is_mounted or not self.is_current:
            return
        self._fit()
        width = self.size.width - 2
        feed = self.store.feed
        line = header(self.heading, self.store.rows, self.store.trouble or feed.trouble, width, feed.model)
        self.header.show([line])
        self.draw()
        self.refresh_bindings()

    def _fit(self) -> None:
        """Below the smallest size nothing is shown but that, and no key can answer what is not seen."""
        tiny = self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]
        if tiny is self.has_class("-tiny") or not self.size.width:
            return
        self.set_class(tiny, "-tiny")
        columns, rows = SMALLEST
        self._enlarge.show([Text(f"enlarge to {columns}x{rows}"), Text("everything goes on", "#999999")])
        if tiny:
            self._focus_before = self.focused
            self.set_focus(None)
        elif self.focused is None:
            self.set_focus(self._focus_before)

    def visible_sessions(self) -> Collection[str]:
        """The sessions that are before a person's eyes here."""
        return ()

    def draw(self) -> None:
        """Draw the place's own content."""

    def ask(self, card: ApprovalCard, row: Row | None, waits: str) -> None:
        """Have the card ask about the first call that a session waits for, or about nothing."""
        call = self.store.approvals.first(row)
        if row is None or call is None:
            card.ask(None)
            return
        told = self.store.approvals.explanations.get(call["id"])
        if told is None and call["type"] != "agent.custom_tool_use":
            self.act(self.store.approvals.explain(row.session_id, call["id"]))
        twins = tuple(self.store.approvals.twins(row, self.store.rows))
        card.ask(Approval(row.session_id, call, waits, row.agent, row.agent_id, told, twins))

    def act(self, doing: Awaitable[Any], then: Callable[[Any], None] | None = None) -> None:
        """Do something at the engine; what it refuses is said on the screen."""
        self.workbench.act(doing, then)
