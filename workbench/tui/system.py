"""System: the engine's own status, and its start when it has gone."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.text import span
from workbench.tui.desk import Desk
from workbench.tui.drawing import DIM
from workbench.tui.place import Place
from workbench.tui.sheet import Sheet

Json = dict[str, Any]


class System(Place):
    """What `workbench status` says."""

    DEFAULT_CSS = "System > #status { height: 1fr; padding: 1 2; }"
    name_of_place = "System"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "read", "read again", id="system.read"),
        Binding("s", "start", "start the engine", id="system.start"),
        Binding("escape", "app.out", "back", priority=True, id="system.back"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.status = Sheet(id="status")

    def content(self) -> ComposeResult:
        yield self.status

    def on_mount(self) -> None:
        self.action_read()

    def action_read(self) -> None:
        self.act(self.desk.engine.get("/workbench/v1/status"), self._show)

    def action_start(self) -> None:
        self.act(self.desk.start_engine())

    def _show(self, status: Json) -> None:
        self.status.show(status_lines(status))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "start":
            return bool(self.desk.trouble)
        return True


def status_lines(status: Json) -> list[Text]:
    """The engine's status, a line each."""
    counts = ", ".join(f"{count} {name}" for name, count in sorted(status["sessions"].items())) or "none"
    facts = [
        ("engine", f"pid {status['pid']}, up {span(status['uptime_s'])}"),
        ("sessions", counts),
        ("model", f"{status['default_model']}" + (f" at {status['endpoint']}" if status["endpoint"] else "")),
        ("serving", f"127.0.0.1:{status['port']}" if status["port"] else "no (workbench serve)"),
        ("data", status["data"]),
        ("log file", status["engine_log"]),
        *(("notice", notice) for notice in status["notices"]),
    ]
    return [Text.assemble((f"{name:<10}", DIM), str(said)) for name, said in facts]
