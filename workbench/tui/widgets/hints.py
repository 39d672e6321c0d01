"""Key hints: the last line of every screen, with the keys that work now, read from the live key map."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, ClassVar, Final, Protocol, runtime_checkable

from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.keys import key_to_character
from textual.screen import Screen

from workbench.tui.config.keys import UNBOUND
from workbench.tui.widgets.sheet import Sheet

_NAMES: Final = {
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
    "tab": "Tab",
    "slash": "/",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "backspace": "Backspace",
    "delete": "Del",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


@runtime_checkable
class HintedScreen(Protocol):
    """A screen with keys that it is for, and keys that are hinted at for a time."""

    MAIN: ClassVar[Collection[str]]

    def hinted(self) -> Collection[str]: ...


BETWEEN: Final = 2
"""Columns between two hints."""
_ALWAYS: Final = frozenset({"app.help", "card.allow", "card.deny"})
LOW: Final = 20
"""A terminal with fewer rows than this has no line to spend on what is the same everywhere."""


class Hints(Sheet):
    """The keys that fit; the last one leads to all of them. The ways to other screens are for the header."""

    DEFAULT_CSS = "Hints { height: auto; dock: bottom; background: $panel; padding: 0 1; }"

    def __init__(self, tell_places: Callable[[list[Binding]], None] = lambda _: None) -> None:
        super().__init__()
        self._tell_places = tell_places
        self.bindings: list[Binding] = []
        self._all: list[Binding] = []
        self.held: tuple[str, ...] = ()

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self.read)
        self.read(self.screen)

    def read(self, screen: Screen[object]) -> None:
        if self.is_attached:
            width = screen.size.width - 2
            if self.app.screen is screen or not self._all:
                # Under a palette, the keys that work are the palette's.
                self._all = following(screen, self.held) if self.held else shown_bindings(screen)
            if not self.held:
                self._tell_places([one for one in self._all if _is_place(one)])
            main = screen.MAIN if isinstance(screen, HintedScreen) else ()
            self.bindings = fitting([one for one in self._all if not _is_place(one)], width, main)
            self.show(hint_lines(self.bindings, width))

    def on_resize(self) -> None:
        self.read(self.screen)

    def on_click(self, event: events.Click) -> None:
        """A click on a hint is its key."""
        # Its padding is a column at the left.
        binding = hint_at(self.bindings, self.size.width, event.x - 1, event.y)
        if binding is not None and " " not in binding.key:
            self.app.simulate_key(binding.key.split(",")[0])


def shown_bindings(screen: Screen[object]) -> list[Binding]:
    """The bindings that are hinted at on a screen now, innermost first, each action once."""
    found: dict[str, Binding] = {}
    named = screen.hinted() if isinstance(screen, HintedScreen) else ()
    for active in screen.active_bindings.values():
        if (active.binding.show or active.binding.id in named) and active.enabled and active.binding.key != UNBOUND:
            known = found.setdefault(active.binding.action, active.binding)
            if "+" in known.key and "+" not in active.binding.key:
                # Of two keys for the same, the one that needs one finger.
                found[active.binding.action] = active.binding
    return sorted(found.values(), key=_rank)


def _is_place(binding: Binding) -> bool:
    """Whether it leads to another screen, from everywhere."""
    return (binding.id or "").startswith("app.") and (binding.action == "board" or binding.action.startswith("go("))


def _rank(binding: Binding) -> tuple[int, int]:
    """A call's answers must not fall off the end; the ways to other screens, the same everywhere, are the first that may."""
    kind = (binding.id or "").partition(".")[0]
    number = binding.key[1:]
    of_place = int(number) if kind == "app" and binding.key.startswith("f") and number.isdecimal() else 99
    return (0 if kind == "card" else 2 if kind == "app" else 1), of_place


def key_of(screen: Screen[Any], action_id: str) -> str:
    """The key of an action in the live key map, as it stands on the keyboard; empty where it has none."""
    own = screen.app._keymap
    nodes = [*screen.query("*"), screen, screen.app]
    keys = own.get(action_id) or next(
        (
            binding.key
            for node in nodes
            for bindings in node._bindings.key_to_bindings.values()
            for binding in bindings
            if binding.id == action_id
        ),
        UNBOUND,
    )
    first = keys.split(",")[0]
    return "" if first == UNBOUND else key_name(first)


def shown_chords(screen: Screen[object], held: Sequence[str]) -> None:
    """While the first keys of a chord are held, the hints are what the next one can be."""
    for hints in screen.query(Hints):
        hints.held = tuple(held)
        hints.read(screen)


def following(screen: Screen[object], held: Sequence[str]) -> list[Binding]:
    """The chords that go on from these keys."""
    begun = " ".join(held) + " "
    return [
        Binding(key, active.binding.action, active.binding.description)
        for key, active in screen.active_bindings.items()
        if key.startswith(begun)
    ]


def fitting(bindings: list[Binding], width: int, main: Collection[str] = ()) -> list[Binding]:
    """As many as one line holds: help, yes, no and the way back, then what the screen is for, then the others."""
    shown = sorted(bindings, key=lambda one: one.id == "app.help")
    room, kept = width + BETWEEN, set[int]()
    for place in sorted(range(len(shown)), key=lambda place: _need(shown[place], main)):
        length = BETWEEN + _hint(shown[place]).cell_len
        if length <= room:
            room -= length
            kept.add(place)
    return [binding for place, binding in enumerate(shown) if place in kept]


def _need(binding: Binding, main: Collection[str]) -> int:
    """Which comes first where there is no room for all."""
    if binding.id in _ALWAYS or _is_way_back(binding):
        return 0
    return 1 if binding.id in main or (binding.id or "").startswith("card.") else 2


def _is_way_back(binding: Binding) -> bool:
    return "escape" in binding.key.split(",") or binding.description == "back"


def hint_lines(bindings: Iterable[Binding], width: int) -> list[Text]:
    """The keys with what they do, none of them cut."""
    lines = [Text()]
    for binding in bindings:
        hint = _hint(binding)
        if lines[-1] and lines[-1].cell_len + 2 + hint.cell_len > width:
            lines.append(Text())
        lines[-1].append_text(Text("  ") + hint if lines[-1] else hint)
    return lines


def hint_at(bindings: Iterable[Binding], width: int, column: int, line: int) -> Binding | None:
    """The binding whose hint stands there, as `hint_lines` lays them out."""
    x, y = 0, 0
    for binding in bindings:
        length = _hint(binding).cell_len
        if x and x + 2 + length > width:
            x, y = 0, y + 1
        x += 2 if x else 0
        if y == line and x <= column < x + length:
            return binding
        x += length
    return None


def _hint(binding: Binding) -> Text:
    return Text.assemble((key_name(binding.key), "bold"), (f" {binding.description}", "#999999"))


def key_name(key: str) -> str:
    """The key as it stands on the keyboard; of a chord, one after the other."""
    return " ".join(_one_name(one) for one in key.split(" "))


def _one_name(key: str) -> str:
    *modifiers, last = key.split("+")
    # A letter alone is itself: k is not K.
    shown = _NAMES.get(last) or (last if len(last) == 1 else key_to_character(last) or last)
    if last not in _NAMES and (modifiers or len(shown) > 1):
        shown = shown.upper()
    return "+".join([*(one.capitalize() for one in modifiers), shown])
