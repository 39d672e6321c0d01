"""Every action of the app with its id, its keys under a profile, and what it does: collected from the screens themselves."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding
from textual.dom import DOMNode

from workbench.tui import screens
from workbench.tui.config.keys import UNBOUND, keymap
from workbench.tui.config.preferences import Preferences


@dataclass(frozen=True)
class Action:
    """Something that a key does; `keys` are as the file takes them, none where it has none."""

    id: str
    keys: tuple[str, ...]
    says: str


def actions(choices: Preferences) -> list[Action]:
    """All of them, by id; every screen is imported for that, and the app too where this is asked outside of it."""
    importlib.import_module("workbench.tui.app")
    for module in pkgutil.iter_modules(screens.__path__):
        importlib.import_module(f"{screens.__name__}.{module.name}")
    mapped = keymap(choices.profile, choices.keys)
    found: dict[str, tuple[list[str], str]] = {}
    for one in _kinds(DOMNode):
        for binding in Binding.make_bindings(one.__dict__.get("BINDINGS", ())):
            if one.__module__.startswith("workbench.tui") and binding.id:
                # What a hint has no room for stands in the tooltip.
                keys, _ = found.setdefault(binding.id, ([], binding.tooltip or binding.description))
                keys.append(binding.key)
    listed = [
        Action(name, tuple(mapped[name].split(",") if name in mapped else dict.fromkeys(keys)), says)
        for name, (keys, says) in found.items()
    ]
    return sorted((_without_keys(one) for one in listed), key=lambda one: one.id)


def _without_keys(action: Action) -> Action:
    return Action(action.id, tuple(key for key in action.keys if key != UNBOUND), action.says)


def _kinds(parent: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for child in parent.__subclasses__():
        yield child
        yield from _kinds(child)
