"""The first run: what a session is, whether this machine is ready, which keys and colours, and a demo that asks one approval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.tui.config.preferences import COLOURS, PROFILES, Preferences
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import prose
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.board import Board
from workbench.tui.screens.system import check_lines
from workbench.tui.state.store import Store
from workbench.tui.widgets.sheet import Sheet

Json = dict[str, Any]


class Welcome(BaseScreen):
    """Seen once; leaving it leads to the Board."""

    DEFAULT_CSS = "Welcome > #welcome { height: 1fr; padding: 0 1; }"
    heading = "Welcome"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "demo", "demo", id="welcome.demo"),
        Binding("enter,escape", "begin", "begin", priority=True, id="welcome.begin"),
        Binding("p", "profile", "keys", id="welcome.profile"),
        Binding("c", "colours", "colours", id="welcome.colours"),
        Binding("down,j,pagedown", "scroll(5)", "down", show=False, id="welcome.down"),
        Binding("up,k,pageup", "scroll(-5)", "up", show=False, id="welcome.up"),
    ]

    def __init__(self, store: Store, choices: Preferences) -> None:
        super().__init__(store)
        self.preferences = choices
        self.sheet = Sheet(id="welcome")
        self._checks: Sequence[Json] | None = None

    def content(self) -> ComposeResult:
        yield self.sheet

    def on_mount(self) -> None:
        self.act(self.store.checks(), self._checked)

    def _checked(self, checks: Sequence[Json]) -> None:
        self._checks = checks
        self.redraw()

    def draw(self) -> None:
        width = self.sheet.size.width - 2
        lines = [
            *prose("A session is one agent working on one task in its own sandbox.", width, "bold"),
            *prose("It keeps running when you leave or close this terminal.", width),
            Text(),
            _choice("Keys    p", PROFILES, self.preferences.profile),
            _choice("Colours c", COLOURS, self.preferences.colours or "dark"),
            Text(),
            Text("d      demo: an agent writes a file in its sandbox", "bold"),
            Text("       needs no API key; asks one approval: y allows", DIM),
            Text("Enter  the Board, whose box takes your first task", "bold"),
            Text("       Ctrl+C twice leaves, here and everywhere; nothing stops", DIM),
            Text(),
            Text("Checks" + ("" if self._checks is not None else "   looking at this machine …"), "bold"),
        ]
        lines += check_lines(self._checks or ())
        if self._checks is not None and all(check["ok"] for check in self._checks):
            lines.append(Text(f" all {len(self._checks)} passed", DIM))
        self.sheet.show(lines)

    def action_profile(self) -> None:
        self._wear(replace(self.preferences, profile=_next(PROFILES, self.preferences.profile)))

    def action_colours(self) -> None:
        self._wear(replace(self.preferences, colours=_next(COLOURS, self.preferences.colours or "dark")))

    def _wear(self, choices: Preferences) -> None:
        self.preferences = choices
        self.workbench.apply_preferences(choices)
        self.redraw()

    def action_scroll(self, rows: int) -> None:
        self.sheet.scroll_rows(rows)

    def action_demo(self) -> None:
        self.act(self.store.demo(), self._point_at)
        self.action_begin()

    def _point_at(self, session_id: str) -> None:
        """On the Board and peeked at, so that what the demo asks is seen whole and y answers it."""
        board = self.app.screen_stack[0]
        if isinstance(board, Board):
            board.sessions.rows.expect(session_id)
            board.sessions.peek.display = True
            if not board.box.text:
                # y is a key of the list, and nobody writes in the box.
                board.action_list()

    def action_begin(self) -> None:
        """Keep what was chosen, and never come again."""
        self.store.view_file.put(replace(self.store.view_file.view, welcomed=True))
        if self.preferences.profile != "direct" or self.preferences.colours:
            self.notify(self.store.choose(self.preferences))
        self.workbench.action_out()


def _next(words: Sequence[str], word: str) -> str:
    return words[(words.index(word) + 1) % len(words)]


def _choice(title: str, words: Sequence[str], chosen: str) -> Text:
    text = Text(f"{title}   ")
    for word in words:
        text.append(f" {word} ", "reverse" if word == chosen else DIM)
    return text
