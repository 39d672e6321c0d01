"""The last lines of every screen: the keys that work right now, read from the live key map, so that none can lie."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.binding import Binding
from textual.screen import Screen

from workbench.tui.sheet import Sheet

_NAMES = {
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
    "slash": "/",
    "tab": "Tab",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "end": "End",
    "up": "↑",
    "down": "↓",
    "left": "←",
}


class Hints(Sheet):
    """The keys, in as few lines as hold them."""

    DEFAULT_CSS = "Hints { height: auto; dock: bottom; background: $panel; padding: 0 1; }"

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._refresh)
        self._refresh(self.screen)

    def _refresh(self, screen: Screen[object]) -> None:
        if self.is_attached:
            self.show(hint_lines(shown_bindings(screen), screen.size.width - 2))

    def on_resize(self) -> None:
        self._refresh(self.screen)


def shown_bindings(screen: Screen[object]) -> list[Binding]:
    """The bindings that are hinted at on a screen now, innermost first, each action once."""
    found: dict[str, Binding] = {}
    for active in screen.active_bindings.values():
        if active.binding.show and active.enabled:
            found.setdefault(active.binding.action, active.binding)
    return list(found.values())


def hint_lines(bindings: Iterable[Binding], width: int) -> list[Text]:
    """The keys with what they do, none of them cut."""
    lines = [Text()]
    for binding in bindings:
        hint = Text.assemble((key_name(binding.key), "bold"), (f" {binding.description}", "#999999"))
        if lines[-1] and lines[-1].cell_len + 2 + hint.cell_len > width:
            lines.append(Text())
        lines[-1].append_text(Text("  ") + hint if lines[-1] else hint)
    return lines


def key_name(key: str) -> str:
    """The key as it stands on the keyboard."""
    *modifiers, last = key.split("+")
    return "+".join(
        [
            *(one.capitalize() for one in modifiers),
            _NAMES.get(last, last.upper() if modifiers or len(last) > 1 else last),
        ]
    )
