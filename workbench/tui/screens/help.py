"""Help: the keys of the screen that one came from, every other action with its key, and how the keys are changed."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from workbench.tui.config.preferences import Preferences
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import prose
from workbench.tui.screens.action_table import actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.store import Store
from workbench.tui.widgets.hints import key_name
from workbench.tui.widgets.sheet import Sheet

EXPLAINED: Final = (
    "A session is one agent at work in its own sandbox. It goes on when you leave; nothing here stops it but i and x.",
    "What needs you stands on top of the Board and in the Inbox; no question ever takes a key from what you type.",
    "Keys are changed in app.toml under the ids on the left; workbench keys prints the same list.",
)


class Help(BaseScreen):
    """The keys that work below it first, then all."""

    DEFAULT_CSS = "Help > #keys { height: 1fr; padding: 0 1; }"
    heading = "Help"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", "down", show=False, id="help.down"),
        Binding("up,k", "scroll(-1)", "up", show=False, id="help.up"),
        Binding("pagedown,space", "scroll(10)", "scroll", id="help.page_down"),
        Binding("pageup", "scroll(-10)", "scroll up", show=False, id="help.page_up"),
        Binding("escape,q", "app.out", "back", priority=True, id="help.back"),
    ]

    def __init__(self, store: Store, below: Screen[object], choices: Preferences) -> None:
        super().__init__(store)
        here = [active.binding for active in below.active_bindings.values() if active.binding.id and active.enabled]
        self._ids_here = {binding.id for binding in here}
        self._preferences = choices
        self.keys = Sheet(id="keys")

    def content(self) -> ComposeResult:
        yield self.keys

    def draw(self) -> None:
        every = actions(self._preferences)
        lines = [line for said in EXPLAINED for line in prose(said, self.keys.size.width - 2)]
        for title, wanted in (("here", True), ("elsewhere", False)):
            lines += [Text(), Text(title, "bold")]
            # What works everywhere is known soonest: the screen's own comes first.
            for one in sorted(every, key=lambda one: one.id.startswith("app.")):
                if (one.id in self._ids_here) is wanted:
                    keys = "  ".join(map(key_name, one.keys)) or "none"
                    lines.append(Text.assemble((f"{one.id:<20} ", DIM), (f"{keys:<22} ", "bold"), one.says))
        self.keys.show(lines)

    def action_scroll(self, rows: int) -> None:
        self.keys.scroll_rows(rows)
