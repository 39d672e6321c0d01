"""What every screen shares: the header, the hints, and being told when something changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, cast

from textual.app import ComposeResult
from textual.screen import Screen

from workbench.tui.card import Card
from workbench.tui.desk import Desk
from workbench.tui.drawing import header
from workbench.tui.hints import Hints
from workbench.tui.house import House
from workbench.tui.question import Question
from workbench.tui.rows import Row
from workbench.tui.sheet import Sheet


class Place(Screen[None]):
    """One of the app's screens. `told` is called after every change and once a second."""

    DEFAULT_CSS = "Place > #header { height: 1; background: $panel; padding: 0 1; }"
    name_of_place = ""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.header = Sheet(id="header")

    @property
    def house(self) -> House:
        return cast("House", self.app)

    def compose(self) -> ComposeResult:
        yield self.header
        yield from self.content()
        yield Hints()

    def content(self) -> ComposeResult:
        """What stands between header and hints."""
        yield from ()

    def on_mount(self) -> None:
        # Textual calls this after that of every class below: none of them calls it itself.
        self.told()

    def on_screen_resume(self) -> None:
        self.told()

    def on_resize(self) -> None:
        self.call_after_refresh(self.told)

    def told(self) -> None:
        """Draw again what changed."""
        if not self.is_mounted:
            return
        width = self.size.width - 2
        line = header(self.name_of_place, self.desk.rows, self.desk.trouble, width)
        self.header.show([line])
        self.draw()
        self.refresh_bindings()

    def in_sight(self) -> Collection[str]:
        """The sessions that are before a person's eyes here."""
        return ()

    def draw(self) -> None:
        """Draw the place's own content."""

    def ask(self, card: Card, row: Row | None, waits: str) -> None:
        """Have the card ask about the first call that a session waits for, or about nothing."""
        call = self.desk.asked.first(row)
        if row is None or call is None:
            card.ask(None)
            return
        told = self.desk.asked.told.get(call["id"])
        if told is None and call["type"] != "agent.custom_tool_use":
            self.act(self.desk.asked.explain(row.session_id, call["id"]))
        twins = tuple(self.desk.asked.twins(row, self.desk.rows))
        card.ask(Question(row.session_id, call, waits, row.agent, row.agent_id, told, twins))

    def act(self, doing: Awaitable[Any], then: Callable[[Any], None] | None = None) -> None:
        """Do something at the engine; what it refuses is said on the screen."""
        self.house.act(doing, then)
