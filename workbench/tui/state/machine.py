"""Blocking calls to the machine, which run on a thread: starting the engine, sessions, checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.tui.config.preferences import Preferences
from workbench.tui.state.task_line import Task

Json = dict[str, Any]


@dataclass(frozen=True)
class Machine:
    """What blocks, and therefore runs on a thread: the start of the engine, and of a session by names.

    `ensure` takes who hears of a slow start and raises `EngineAway`; `begin` gives the new session's id and raises
    `ApiError` or `EngineAway`. `checks` are the lines of `workbench doctor --quick`, `demo` begins a session that asks one
    approval, and `choose` writes a person's first choices into their file, and says where.
    """

    ensure: Callable[[Callable[[str], None]], None]
    begin: Callable[[Task], str]
    checks: Callable[[], Sequence[Json]] = tuple
    demo: Callable[[], str] = str
    choose: Callable[[Preferences], str] = str
    lacks: Callable[[], str] = str
    """What this shell has for models and the engine has not, with its cure; nothing where they agree."""
