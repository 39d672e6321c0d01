"""The app as its screens and widgets see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from workbench.tui.config.preferences import Preferences
from workbench.tui.state.said import Said


class AppProtocol(Protocol):
    """What a screen asks of the app."""

    @property
    def presses(self) -> int:
        """How many keys have come."""

    @property
    def said(self) -> Sequence[Said]:
        """What was said for a moment, the oldest first."""

    def act(self, doing: Awaitable[Any], then: Callable[[Any], None] | None = None) -> None:
        """Do something at the engine; what it refuses is said on the screen."""

    def open_session(self, session_id: str) -> None: ...

    def copy(self, text: str) -> None:
        """Put a text on the clipboard, and say by which way it went."""

    def apply_preferences(self, choices: Preferences) -> None:
        """Have these keys and colours from now on."""

    def redraw(self) -> None:
        """Draw the screen again, because something changed."""

    def action_explain(self) -> None:
        """Show the keys, the marks and the manual."""

    def action_out(self) -> None:
        """One level out."""
