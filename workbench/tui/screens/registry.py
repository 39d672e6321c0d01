"""The places besides the Board: one line each, with the key that leads there. A new screen is a new line."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from workbench.tui.screens.base_screen import Place
    from workbench.tui.state.store import Desk


@dataclass(frozen=True)
class Entrance:
    """A place: its name, its key, its title, and its class, which is made with the desk and nothing else."""

    name: str
    key: str
    title: str
    module: str
    made_by: str

    def open(self, desk: Desk) -> Place:
        # Late: a place that nobody goes to costs the start nothing.
        made: Callable[[Desk], Place] = getattr(importlib.import_module(self.module), self.made_by)
        return made(desk)


ENTRANCES: Final = (
    Entrance("panes", "f3", "Panes", "workbench.tui.screens.panes", "Panes"),
    Entrance("inbox", "f4", "Inbox", "workbench.tui.screens.inbox", "Inbox"),
    Entrance("templates", "f5", "Templates", "workbench.tui.screens.templates", "Templates"),
    Entrance("memory", "f6", "Memory", "workbench.tui.screens.memory", "Memory"),
    Entrance("sql", "f7", "SQL", "workbench.tui.screens.sql", "Sql"),
    Entrance("system", "f8", "System", "workbench.tui.screens.system", "System"),
)


def entrance(name: str) -> Entrance:
    return next(one for one in ENTRANCES if one.name == name)
