"""Help: the keys that work on the screen below, every other action with its key, and the manual, page by page."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.console import Console
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from workbench import docs
from workbench.tui.config.preferences import Preferences
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import prose
from workbench.tui.render.manual_lines import manual_lines
from workbench.tui.render.mark_legend import legend_lines
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

KEYS: Final = "keys here"
PAGES: Final = (KEYS, *docs.TOPICS)


def _contents(page: int, width: int) -> list[Text]:
    """The names of all pages, the one that is open in bold."""
    names = Text()
    for number, name in enumerate(PAGES):
        names.append(name, "bold reverse" if number == page else DIM)
        names.append("  ")
    return list(names.wrap(Console(width=max(20, width)), max(20, width)))


class Help(BaseScreen):
    """The keys that work below it first, then all; to the right of them the pages of the manual."""

    DEFAULT_CSS = "Help > #keys { height: 1fr; padding: 0 1; }"
    heading = "Help"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", "down", show=False, id="help.down"),
        Binding("up,k", "scroll(-1)", "up", show=False, id="help.up"),
        Binding("pagedown,space", "scroll(10)", "scroll", id="help.page_down"),
        Binding("pageup", "scroll(-10)", "scroll up", show=False, id="help.page_up"),
        Binding("right,l", "turn(1)", "next page", id="help.next"),
        Binding("left,h", "turn(-1)", "page before", show=False, id="help.previous"),
        Binding("escape,q", "app.out", "back", priority=True, id="help.back"),
    ]

    def __init__(self, store: Store, below: Screen[object], choices: Preferences) -> None:
        super().__init__(store)
        here = [active.binding for active in below.active_bindings.values() if active.binding.id and active.enabled]
        self._ids_here = {binding.id for binding in here}
        self._preferences = choices
        self.keys = Sheet(id="keys")
        self.page = 0

    def content(self) -> ComposeResult:
        yield self.keys

    def draw(self) -> None:
        width = self.keys.size.width - 2
        topic = PAGES[self.page]
        lines = self._keys() if topic == KEYS else manual_lines(docs.text(topic), width)
        self.keys.show([*_contents(self.page, width), Text(), *lines])

    def _keys(self) -> list[Text]:
        every = actions(self._preferences)
        lines = [line for said in EXPLAINED for line in prose(said, self.keys.size.width - 2)]
        for title, wanted in (("here", True), ("elsewhere", False)):
            # The marks come before what works on other screens, which is long.
            lines += [Text(), *([] if wanted else [*legend_lines(), Text()]), Text(title, "bold")]
            # What works everywhere is known soonest: the screen's own comes first.
            for one in sorted(every, key=lambda one: one.id.startswith("app.")):
                if (one.id in self._ids_here) is wanted:
                    keys = "  ".join(map(key_name, one.keys)) or "none"
                    lines.append(Text.assemble((f"{one.id:<20} ", DIM), (f"{keys:<22} ", "bold"), one.says))
        return lines

    def action_turn(self, pages: int) -> None:
        """Go so many pages to the right."""
        self.page = (self.page + pages) % len(PAGES)
        self.keys.top = 0
        self.draw()

    def action_scroll(self, rows: int) -> None:
        self.keys.scroll_rows(rows)
