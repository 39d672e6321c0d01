"""What a place needs of the app that it stands in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol


class House(Protocol):
    """The app, seen from one of its places."""

    def act(self, doing: Awaitable[Any], then: Callable[[Any], None] | None = None) -> None:
        """Do something at the engine; what it refuses is said on the screen."""

    def open_session(self, session_id: str) -> None: ...

    def action_go(self, name: str) -> None:
        """Go to the place of this name."""

    def action_out(self) -> None:
        """One level out."""
