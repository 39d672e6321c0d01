"""Settings of the chosen session by one key each: permission mode, model, effort, environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.contracts import modes
from workbench.model_names import DEFAULT_EFFORT, EFFORTS
from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.palette import Palette, choose
from workbench.tui.widgets.session_view import SessionView

Json = dict[str, Any]

OWN_MODE: Final = "agent"
_SAID: Final = {
    EFFORTS[0]: "answers soonest",
    DEFAULT_EFFORT: "what agents have by default",
    EFFORTS[-1]: "thinks longest, and costs most",
}


class SettingActions(Actions):
    """Each opens a list of what can be chosen, with what is set now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+tab", "mode", "permission mode", priority=True, show=False, id="talk.mode"),
        Binding("alt+o", "model", "model", priority=True, show=False, id="talk.model"),
        Binding("alt+y", "effort", "effort", priority=True, show=False, id="talk.effort"),
        Binding("alt+i", "environment", "environment", priority=True, show=False, id="talk.environment"),
    ]

    def __init__(self, screen: BaseScreen, view: SessionView) -> None:
        super().__init__(screen)
        self._view = view

    def action_mode(self) -> None:
        row = self._view.row
        self.screen.app.push_screen(choose_mode(row.mode if row else "", self.set_mode))

    def action_model(self) -> None:
        self.screen.act(self.store.engine.get("/v1/models", [("limit", "1000")]), self._list_models)

    def _list_models(self, page: Json) -> None:
        row = self._view.row
        said = {one["id"]: one.get("display_name", "") for one in page["data"]}
        self._choose("model", said, row.model if row else "", self.set_model)

    def action_effort(self) -> None:
        row = self._view.row
        self._choose(
            "effort", {effort: _SAID.get(effort, "") for effort in EFFORTS}, row.effort if row else "", self.set_effort
        )

    def action_environment(self) -> None:
        self._with_environments(self._list_environments)

    def _with_environments(self, then: Callable[[Mapping[str, Json]], None]) -> None:
        """Ask for the environments; `then` has those that can be taken, by name."""

        def read(page: Json) -> None:
            then({one["name"]: one for one in page["data"] if not one["archived_at"]})

        self.screen.act(self.store.engine.get(paths.ENVIRONMENTS, [("limit", "100")]), read)

    def _list_environments(self, known: Mapping[str, Json]) -> None:
        row = self._view.row
        said = {name: _explained(one) for name, one in known.items()}
        self._choose("environment", said, row.environment if row else "", self.set_environment)

    def _choose(self, what: str, said: Mapping[str, str], now: str, then: Callable[[str], None]) -> None:
        self.screen.app.push_screen(choose(what, _with_now(said, now), then))

    # ── also by a command of the prompt ──

    def set_mode(self, named: str) -> None:
        """Give the chosen session this mode; what else is written there is refused by the engine in words."""
        mode = None if named in ("", OWN_MODE) else named
        metadata = {modes.KEY: mode, modes.AFTER_PLAN_KEY: None}
        self._put(paths.session(self._view.chosen), {"metadata": metadata})

    def set_model(self, named: str) -> None:
        if not named:
            self.action_model()
            return
        self._put(paths.own(self._view.chosen, "settings"), {"model": named})

    def set_effort(self, named: str) -> None:
        if not named:
            self.action_effort()
            return
        self._put(paths.own(self._view.chosen, "settings"), {"effort": named})

    def set_environment(self, named: str) -> None:
        """Give the chosen session this environment; the engine refuses while it is at work."""
        if not named:
            self.action_environment()
            return

        def move(known: Mapping[str, Json]) -> None:
            if named not in known:
                there = ", ".join(known) or "none yet: F5 makes one"
                self.screen.notify(f"there is no environment {named}; there are: {there}", severity="warning")
                return
            self._put(paths.own(self._view.chosen, "settings"), {"environment_id": known[named]["id"]})

        self._with_environments(move)

    def _put(self, path: str, body: dict[str, object]) -> None:
        self.screen.act(self.store.engine.post(path, body))


def _explained(environment: Json) -> str:
    """What an environment is, in short: its description, its network, what is installed there."""
    config, own = environment["config"], environment["metadata"]
    networking, packages = config.get("networking") or {}, config.get("packages") or {}
    hosts = networking.get("allowed_hosts", [])
    if networking.get("type") == "limited":
        reach = f"network: {len(hosts)} host{'s' * (len(hosts) != 1)}" if hosts else "network: no hosts of its own"
    else:
        reach = "network: everything"
    installed = [name for names in packages.values() if isinstance(names, list) for name in names]
    more = f" and {len(installed) - 3} more" if len(installed) > 3 else ""
    has = f"with {', '.join(installed[:3])}{more}" if installed else ""
    image = "own image" if {"workbench.image", "workbench.containerfile"} & own.keys() else ""
    return " · ".join(filter(None, (environment["description"], reach, has, image)))


def choose_mode(now: str, then: Callable[[str], None]) -> Palette:
    """The list of permission modes."""
    said = {**modes.MODES, OWN_MODE: "the agent's own policies count"}
    return choose("permission mode", _with_now(said, now or OWN_MODE), then)


def _with_now(said: Mapping[str, str], now: str) -> dict[str, str]:
    return {name: " · ".join(filter(None, (explained, "now" * (name == now)))) for name, explained in said.items()}
