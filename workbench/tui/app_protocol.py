"""What a place needs of the app that it stands in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from workbench.tui.config.preferences import Preferences


class AppProtocol(Protocol):
    """The app, seen from one of its places."""

    def act(self, doing: Awaitable[Any], then: Callable[[Any], None] | None = None) -> None:
        """Do something at the engine; what it refuses is said on the screen."""

    def open_session(self, session_id: str) -> None: ...

    def copy(self, text: str) -> None:
        """Put a text on the clipboard, and say by which way it went."""

    def apply_preferences(self, choices: Preferences) -> None:
        """Have these keys and colours from now on."""

    def action_go(self, name: str) -> None:
        """Go to the place of this name."""

    def action_out(self) -> None:
        """One level out."""
