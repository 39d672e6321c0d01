"""Runs: what starts by itself, with next and last runs, why one failed or is paused, and the way to each session."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.tui.render import run_lines
from workbench.tui.render.board_lines import DIM, in_place
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.store import Store
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.sheet import Sheet

Json = dict[str, Any]

READ_S: Final = 5.0
MOST_RUNS: Final = 100
_EMPTY: Final = (
    "Nothing starts by itself yet: workbench deploy apply -f FILE.yaml makes a deployment, workbench trigger add a trigger"
    " of it; F1 has a page on each."
)


class Runs(BaseScreen):
    """Deployments and triggers above; below, the runs or deliveries of the one under the cursor."""

    DEFAULT_CSS = """
    Runs > Rows { height: 45%; }
    Runs > #listed { height: 1fr; padding: 0 1; border-top: solid $panel-lighten-2; }
    """
    heading = "Runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", "run now", id="runs.run"),
        Binding("p", "pause", "pause", id="runs.pause"),
        Binding("p", "unpause", "go on", id="runs.unpause"),
        Binding("left_square_bracket", "choose(-1)", "newer run", id="runs.newer"),
        Binding("right_square_bracket", "choose(1)", "older run", id="runs.older"),
        Binding("escape", "app.out", "back", priority=True, id="runs.back"),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.rows = Rows()
        self.rows.can_open = lambda: self._session_id() is not None
        self.sheet = Sheet(id="listed")
        self.deployments: dict[str, Json] = {}
        self.triggers: dict[str, Json] = {}
        self.runs: list[Json] = []
        self.deliveries: list[Json] = []
        self._chosen = 0

    def content(self) -> ComposeResult:
        yield from (self.rows, self.sheet)

    def on_mount(self) -> None:
        self.set_focus(self.rows)
        self._read()
        self.set_interval(READ_S, self._read_while_seen)

    # ── reading ──

    def _read_while_seen(self) -> None:
        if self.is_current and self.app.app_focus and not self.store.trouble:
            self._read()

    def _read(self) -> None:
        self.act(self._everything(), lambda _: self.redraw())

    async def _everything(self) -> None:
        engine = self.store.engine
        deployments = (await engine.get(paths.EVERY_DEPLOYMENT))["data"]
        triggers = (await engine.get(paths.TRIGGERS))["data"]
        self.runs = (await engine.get(paths.EVERY_DEPLOYMENT_RUN))["data"]
        self.deliveries = (await engine.get(paths.TRIGGER_DELIVERIES))["data"]
        self.deployments = {one["id"]: one for one in deployments}
        self.triggers = {one["id"]: one for one in triggers}

    # ── drawing ──

    def draw(self) -> None:
        now, width = self.store.clock(), self.rows.size.width or self.size.width
        lines = [(key, run_lines.deployment_line(one, now, width)) for key, one in self.deployments.items()]
        lines += [(key, run_lines.trigger_line(one, now, width)) for key, one in self.triggers.items()]
        self.rows.put(lines or in_place(_EMPTY, width))
        self.sheet.show(self._detail(self.size.width - 2))

    def _detail(self, width: int) -> list[Text]:
        names = {session_id: row.name for session_id, row in self.store.rows.items()}
        listed, detail = self._listed(), list[Text]()
        drawn = run_lines.run_line
        if (deployment := self.deployments.get(self.rows.cursor)) is not None:
            detail = run_lines.deployment_detail(deployment, width)
        elif (trigger := self.triggers.get(self.rows.cursor)) is not None:
            started = self.deployments.get(trigger["deployment_id"])
            whose = str(started["name"] if started else trigger["deployment_id"])
            detail, drawn = run_lines.trigger_detail(trigger, whose, width), run_lines.delivery_line
        if detail and not listed:
            return [*detail, Text(), Text("It has started nothing yet: r does it now.", DIM)]
        runs = [drawn(one, names, is_chosen=at == self._chosen, width=width) for at, one in enumerate(listed)]
        return [*detail, *([Text()] if detail else []), *runs]

    def _listed(self) -> list[Json]:
        """The runs of the deployment under the cursor, or the deliveries of the trigger."""
        cursor = self.rows.cursor
        found = [one for one in self.runs if one["deployment_id"] == cursor]
        return (found or [one for one in self.deliveries if one["trigger_id"] == cursor])[:MOST_RUNS]

    def on_rows_moved(self) -> None:
        self._chosen, self.sheet.top = 0, 0
        self.redraw()

    # ── acting ──

    def on_rows_opened(self) -> None:
        if (session_id := self._session_id()) is not None:
            self.workbench.open_session(session_id)

    def _session_id(self) -> str | None:
        """The session of the chosen run, where it has one that is there."""
        listed = self._listed()
        found = listed[self._chosen]["session_id"] if self._chosen < len(listed) else None
        return found if found in self.store.rows else None

    def action_choose(self, step: int) -> None:
        self._chosen = max(0, min(len(self._listed()) - 1, self._chosen + step))
        self.redraw()
        self.refresh_bindings()

    def action_run(self) -> None:
        """A session of the deployment now, or a delivery of the trigger by hand."""
        cursor = self.rows.cursor
        if cursor in self.deployments:
            self._do(self.store.engine.post(f"{paths.DEPLOYMENTS}/{cursor}/run", {}))
        else:
            self._do(self.store.engine.post(f"{paths.TRIGGERS}/{cursor}/test", {}))

    def action_pause(self) -> None:
        self._do(self.store.engine.post(f"{self._place()}/pause", {}))

    def action_unpause(self) -> None:
        self._do(self.store.engine.post(f"{self._place()}/unpause", {}))

    def _place(self) -> str:
        kind = paths.DEPLOYMENTS if self.rows.cursor in self.deployments else paths.TRIGGERS
        return f"{kind}/{self.rows.cursor}"

    def _do(self, doing: Awaitable[Json]) -> None:
        self.act(self._done(doing), lambda _: self.redraw())

    async def _done(self, doing: Awaitable[Json]) -> None:
        done = await doing
        if done.get("error"):
            self.notify(done["error"]["message"], title="it did not start", severity="error")
        self._chosen = 0
        await self._everything()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        one = self.deployments.get(self.rows.cursor) or self.triggers.get(self.rows.cursor)
        match action:
            case "run":
                return one is not None
            case "pause":
                return one is not None and not one["paused_reason"]
            case "unpause":
                return one is not None and bool(one["paused_reason"])
            case "choose":
                return 0 <= self._chosen + int(str(parameters[0])) < len(self._listed())
        return True
