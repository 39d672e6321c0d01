"""Actions that a screen holds: an object for each kind, with its keys, what they do, and when they act."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

if TYPE_CHECKING:
    from workbench.tui.screens.base_screen import BaseScreen

_PREFIX = "action_"


class Actions:
    """Actions of one kind. A screen lists their `BINDINGS` among its own and gives the object to `BaseScreen.hold`."""

    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, screen: BaseScreen) -> None:
        self.screen = screen
        self.store = screen.store

    @classmethod
    def names(cls) -> list[str]:
        """The names under which bindings call these actions."""
        return [name.removeprefix(_PREFIX) for name in dir(cls) if name.startswith(_PREFIX)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action can be done now; its key is not hinted at while it cannot."""
        return True

    def hinted(self) -> Collection[str]:
        """Ids of keys that are worth a hint now, besides those that always are."""
        return ()
