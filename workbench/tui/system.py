"""System: the engine's own status, and its start when it has gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.text import line, safe, span
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
        Binding("d", "doctor", "doctor", id="system.doctor"),
        Binding("down,j,pagedown", "scroll(5)", "down", show=False, id="system.down"),
        Binding("up,k,pageup", "scroll(-5)", "up", show=False, id="system.up"),
        Binding("s", "start", "start the engine", id="system.start"),
        Binding("escape", "app.out", "back", priority=True, id="system.back"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.status = Sheet(id="status")
        self._lines: list[Text] = []
        self._doctor: list[Text] = []

    def content(self) -> ComposeResult:
        yield self.status

    def on_mount(self) -> None:
        self.action_read()

    def action_read(self) -> None:
        self.act(self._read(), self._show)

    async def _read(self) -> list[Text]:
        status = await self.desk.engine.get("/workbench/v1/status")
        sandboxes = await self.desk.engine.get("/workbench/v1/sandboxes")
        names = {session_id: row.name for session_id, row in self.desk.rows.items()}
        return [*status_lines(status), Text(), *sandbox_lines(sandboxes["data"], names)]

    def action_doctor(self) -> None:
        """Look at the machine as `workbench doctor --quick` does; the whole doctor starts a sandbox and is a word."""
        self._doctor = [Text(), Text("doctor   looking at this machine …", "bold")]
        self._put()
        self.act(self.desk.checks(), self._checked)

    def _checked(self, checks: Sequence[Json]) -> None:
        self._doctor = [Text(), Text("doctor   workbench doctor also tries a sandbox", "bold"), *check_lines(checks)]
        self._put()

    def _put(self) -> None:
        self.status.show([*self._lines, *self._doctor])

    def action_scroll(self, rows: int) -> None:
        self.status.scroll_rows(rows)

    def action_start(self) -> None:
        self.act(self.desk.start_engine())

    def _show(self, lines: list[Text]) -> None:
        self._lines = lines
        self._put()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "start":
            return bool(self.desk.trouble)
        return True


def sandbox_lines(sandboxes: Sequence[Json], names: Mapping[str, str]) -> list[Text]:
    """What each sandbox takes."""
    if not sandboxes:
        return [Text("no sandbox runs; the first call of a session starts its own", DIM)]
    head = f"{'sandbox':<24} {'processes':>9} {'processor':>11} {'memory':>10}  image"
    rows = [
        f"{line(names.get(one['session_id'], one['session_id']), 24):<24} {one['processes']:>9} "
        f"{one['cpu_s']:>9.1f} s {one['memory_bytes'] / 1_048_576:>6.0f} MiB  {one['image']}"
        for one in sandboxes
    ]
    return [Text(head, DIM), *map(Text, rows)]


def check_lines(checks: Sequence[Json]) -> list[Text]:
    """Doctor's answers, each failure with its cure."""
    lines: list[Text] = []
    for check in checks:
        mark, style = ("✓", DIM) if check["ok"] else ("✗", "bold #D55E00") if check.get("serious", True) else ("·", "")
        lines.append(Text(f" {mark} {safe(check['name'])}: {safe(str(check['found']))}", style))
        if not check["ok"] and check.get("cure"):
            lines.append(Text(f"   {safe(check['cure'])}"))
    return lines


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
