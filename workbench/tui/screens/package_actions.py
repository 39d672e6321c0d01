"""The key that brings what a session's sandbox lacks: packages for its image, another environment, or the default image's tools."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.client.missing_commands import Missing, packages_of
from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.palette import choose
from workbench.tui.screens.setting_actions import SettingActions
from workbench.tui.state.lacking import lacking
from workbench.tui.widgets.session_view import SessionView

Json = dict[str, Any]

_LATER: Final = "and later sessions of {}"
_HOW: Final = (
    "/packages MANAGER:NAME adds one to its image, as apt:cmake; its transcript names no command that is missing"
)


class PackageActions(Actions):
    """Of the chosen session of a view. What is taken ends its sandbox, and its files stay; the engine refuses it while at work."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+j", "packages", "add what is missing", priority=True, show=False, id="talk.packages"),
    ]

    def __init__(self, screen: BaseScreen, view: SessionView, settings: SettingActions) -> None:
        super().__init__(screen)
        self._view = view
        self._settings = settings

    @property
    def _environment(self) -> str:
        return (self._view.row.environment if self._view.row else "") or ""

    def _missing(self) -> list[Missing]:
        return lacking(self._view.tile.conversation) if self._view.tile else []

    def action_packages(self) -> None:
        """List what its sandbox did not find, with what brings each."""
        said: dict[str, str] = {}
        cures: dict[str, tuple[Missing, str]] = {}
        for one in reversed(self._missing()):
            cures[one.command] = (one, "session")
            said[one.command] = one.says + (", for this session" if one.package else "")
            if one.package and self._environment:
                later = f"{one.command} {_LATER.format(self._environment)}"
                cures[later] = (one, "environment")
                said[later] = one.says
        if not cures:
            self.screen.notify(_HOW)
            return
        self.screen.app.push_screen(choose("what is missing", said, lambda taken: self._bring(*cures[taken])))

    def _bring(self, missing: Missing, scope: str) -> None:
        if missing.package:
            self._add(packages_of([missing.package]), scope)
        else:
            self._settings.set_environment(missing.name or self._environment)

    def add(self, named: str) -> None:
        """Add packages to the image of the chosen session, with blanks between them; none lists what is missing."""
        if not named:
            self.action_packages()
            return
        try:
            self._add(packages_of(named.split()), "session")
        except ValueError as unclear:
            self.screen.notify(str(unclear), severity="warning")
            self._view.prompt.set(f"/packages {named}")

    def _add(self, packages: Json, scope: str) -> None:
        body = {"packages": packages, "scope": scope}
        self.screen.act(self.store.engine.post(paths.own(self._view.chosen, "settings"), body))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._missing())
