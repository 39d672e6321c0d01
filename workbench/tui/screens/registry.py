"""Screens besides the Board: one line each, with the key that leads there. A new screen is a new line."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from workbench.tui.screens.base_screen import BaseScreen
    from workbench.tui.state.store import Store


@dataclass(frozen=True)
class ScreenEntry:
    """A screen: its name, its key, its title, and its class, which is made with the store and nothing else."""

    name: str
    key: str
    title: str
    module: str
    made_by: str

    def open(self, store: Store) -> BaseScreen:
        # Late: a screen that nobody goes to costs the start nothing.
        made: Callable[[Store], BaseScreen] = getattr(importlib.import_module(self.module), self.made_by)
        return made(store)


SCREENS: Final = (
    ScreenEntry("panes", "f3", "Panes", "workbench.tui.screens.panes", "Panes"),
    ScreenEntry("inbox", "f4", "Inbox", "workbench.tui.screens.inbox", "Inbox"),
    ScreenEntry("templates", "f5", "Templates", "workbench.tui.screens.templates", "Templates"),
    ScreenEntry("memory", "f6", "Memory", "workbench.tui.screens.memory", "Memory"),
    ScreenEntry("sql", "f7", "SQL", "workbench.tui.screens.sql", "Sql"),
    ScreenEntry("system", "f8", "System", "workbench.tui.screens.system", "System"),
    ScreenEntry("runs", "f10", "Runs", "workbench.tui.screens.runs", "Runs"),
)


def screen_entry(name: str) -> ScreenEntry:
    return next(one for one in SCREENS if one.name == name)
