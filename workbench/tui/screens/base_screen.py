"""Base of the screens: header, hints, the smallest size, and the actions that a screen holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, ClassVar, Final, Self, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from workbench.tui.app_protocol import AppProtocol
from workbench.tui.render.board_lines import engine_line, session_counts
from workbench.tui.screens.actions import Actions
from workbench.tui.state.store import Store
from workbench.tui.widgets.drawn_once import KeptLines
from workbench.tui.widgets.header import Header
from workbench.tui.widgets.hints import Hints
from workbench.tui.widgets.question import Question
from workbench.tui.widgets.session_view import SessionView
from workbench.tui.widgets.sheet import Sheet

SMALLEST: Final = (40, 12)
"""Columns and rows under which a screen would hide what it asks about."""


class BaseScreen(Screen[None]):
    """One of the app's screens. `redraw` is called after every change and once a second."""

    DEFAULT_CSS = """
    BaseScreen { layers: default above; }
    BaseScreen > #enlarge { layer: above; dock: top; width: 100%; height: 100%; background: $background; display: none; }
    BaseScreen.-tiny > #enlarge { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "app.explain", "keys and marks", show=False, id="help.open"),
    ]
    heading = ""
    MAIN: ClassVar[Collection[str]] = ()
    """Ids of the keys that the screen is for: where there is no room for all hints, theirs stay."""
    view: SessionView | None = None
    """Where one talks to sessions, on the screens where one does."""

    def __init__(self, store: Store) -> None:
        self._kept = KeptLines(self)
        super().__init__()
        self.store = store
        self.header = Header()
        self.question = Question()
        self._enlarge = Sheet(id="enlarge")
        self._focus_before: Widget | None = None
        self._held: dict[str, Actions] = {}
        self._holding: tuple[Actions, ...] = ()

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        self._kept.forget()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        return self._kept.of(crop, super().render_lines)

    @property
    def workbench(self) -> AppProtocol:
        return cast("AppProtocol", self.app)

    def compose(self) -> ComposeResult:
        yield self.header
        yield from self.content()
        yield self.question
        yield Hints(self._told_places)
        yield self._enlarge

    def content(self) -> ComposeResult:
        """What stands between header and hints."""
        yield from ()

    def _told_places(self, places: list[Binding]) -> None:
        if places != self.header.places:
            self.header.places = places
            self.call_after_refresh(self.redraw)

    def on_mount(self) -> None:
        # Textual calls this after that of every class below: none of them calls it itself.
        self.redraw()

    def on_screen_resume(self) -> None:
        self.redraw()

    def on_resize(self) -> None:
        self.call_after_refresh(self.redraw)

    def redraw(self) -> None:
        """Draw again what changed; below another screen nothing is seen, and nothing can be called painted."""
        if not self.is_mounted or not self.is_current:
            return
        self._fit()
        width = self.size.width - 2
        feed = self.store.feed
        right = engine_line(self.store.rows, self.store.trouble or feed.trouble, feed.model)
        heading = f"{self.heading} on {self.store.place}" if self.store.place else self.heading
        self.header.draw_in(heading, session_counts(self.store.rows), right, width, self.size.height)
        self.draw()
        self.refresh_bindings()

    def _fit(self) -> None:
        """Below the smallest size nothing is shown but that, and no key can answer what is not seen."""
        tiny = self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]
        if tiny is self.has_class("-tiny") or not self.size.width:
            return
        self.set_class(tiny, "-tiny")
        columns, rows = SMALLEST
        self._enlarge.show([Text(f"enlarge to {columns}x{rows}"), Text("sessions go on", "#999999")])
        if tiny:
            self._focus_before = self.focused
            self.set_focus(None)
        elif self.focused is None:
            self.set_focus(self._focus_before)

    def visible_sessions(self) -> Collection[str]:
        """The sessions that are before a person's eyes here."""
        return ()

    @property
    def follows_clock(self) -> bool:
        """Whether there is more here that changes by time alone than `board_lines.ages` of the sessions."""
        return True

    def draw(self) -> None:
        """Draw the screen's own content."""

    def hold(self, *held: Actions) -> None:
        """Have these actions: Textual looks for `action_NAME` on the screen, and asks the screen whether it can be done."""
        self._holding = (*self._holding, *held)
        for one in held:
            for name in one.names():
                setattr(self, f"action_{name}", getattr(one, f"action_{name}"))
                self._held[name] = one

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        held = self._held.get(action)
        return True if held is None else held.check_action(action, parameters)

    def hinted(self) -> Collection[str]:
        """Ids of keys that are hinted at now although they are not always."""
        named = [one for actions in self._holding for one in actions.hinted()]
        return [*named, "prompt.queue"] if self.view is not None and self.view.can_wait else named

    def act(self, doing: Awaitable[Any], then: Callable[[Any], None] | None = None) -> None:
        """Do something at the engine; what it refuses is said on the screen."""
        self.workbench.act(doing, then)
