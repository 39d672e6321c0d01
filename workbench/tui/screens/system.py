"""System: the engine, what there is room for, what the sandboxes take, doctor, and the end of the engine's log."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.client import background, paths
from workbench.client.errors import ApiError
from workbench.text.display import exact, line, safe, span
from workbench.tui.render.board_lines import DIM
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.store import Store
from workbench.tui.widgets.log_tail import LogTail
from workbench.tui.widgets.sheet import Sheet

Json = dict[str, Any]


OTHERS_S: Final = 10.0
"""How often the MCP servers of sessions, and what runs in their background, are read again: they change seldom."""
READ_S: Final = 2.0
"""How often the log and what the sandboxes take are read again, while one looks."""


class System(BaseScreen):
    """What `workbench status` says, what there is room for, and the end of the engine's log."""

    DEFAULT_CSS = """
    System > #status { height: 2fr; padding: 0 1; }
    System > #about-log { height: 1; padding: 0 1; background: $panel; }
    System > #log { height: 1fr; padding: 0 1; }
    """
    heading = "System"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "doctor", "doctor", id="system.doctor"),
        Binding("down,j", "scroll(1)", "scroll", id="system.down"),
        Binding("up,k", "scroll(-1)", "up", show=False, id="system.up"),
        Binding("pageup", "scroll_log(-1)", "scroll the log", id="system.log_up"),
        Binding("pagedown", "scroll_log(1)", "scroll the log down", show=False, id="system.log_down"),
        Binding("end", "follow_log", "follow the log", id="system.log_end"),
        Binding("r", "read", "read again", show=False, id="system.read"),
        Binding("s", "start", "start the engine", id="system.start"),
        Binding("escape", "app.out", "back", priority=True, id="system.back"),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.status = Sheet(id="status")
        self.log_tail = LogTail()
        self._about_log = Sheet(id="about-log")
        self._is_away = False
        self._lines: list[Text] = []
        self._doctor: list[Text] = []
        self._servers: list[Json] = []
        self._background: list[Json] = []
        """What runs in the background of sessions."""
        self._queues: list[Json] = []
        """Of self-hosted environments."""
        self._others_at = float("-inf")

    def content(self) -> ComposeResult:
        yield from (self.status, self._about_log, self.log_tail)

    def on_mount(self) -> None:
        self._about_log.show([Text("the engine's log", DIM)])
        self.action_read()
        self.set_interval(READ_S, self._read_while_seen)

    def _read_while_seen(self) -> None:
        # An engine that is away is said once, in the header, and not again every two seconds.
        if self.is_current and self.app.app_focus and not self.store.trouble:
            self.action_read()

    def draw(self) -> None:
        # An engine that is back is asked at once.
        was_away, self._is_away = self._is_away, bool(self.store.trouble)
        if was_away and not self._is_away:
            self.action_read()

    def action_read(self) -> None:
        if self.store.trouble and not self._lines:
            self.status.show(
                [Text("s starts it: the engine does not answer. Sessions go on where they stopped.", "bold")]
            )
        self.act(self._read(), self._show_all)

    def _show_all(self, read: tuple[list[Text], Json, int | None]) -> None:
        lines, log, after = read
        self._show(lines)
        if self.log_tail.position == after:
            # Else another reading was faster, and has added the same.
            self.log_tail.add(log["lines"], position=log["position"], is_new=log["is_new"])
        self.refresh_bindings()

    async def _read(self) -> tuple[list[Text], Json, int | None]:
        engine = self.store.engine
        status = await engine.get(paths.STATUS)
        sandboxes = await engine.get(paths.SANDBOXES)
        groups = await engine.get(paths.GROUPS)
        names = {session_id: row.name for session_id, row in self.store.rows.items()}
        limits = limit_lines(sandboxes.get("limits") or {}, groups["data"], len(sandboxes["data"]))
        if time.monotonic() - self._others_at > OTHERS_S:
            self._others_at, self._servers = time.monotonic(), (await engine.get(paths.SERVERS))["data"]
            with contextlib.suppress(ApiError):  # an engine that was started before the app was renewed
                self._background = (await engine.get(paths.BACKGROUND))["data"]
            with contextlib.suppress(ApiError):
                self._queues = (await engine.get(paths.WORK))["data"]
        others = [
            *machine_lines((sandboxes.get("limits") or {}).get("machines") or ()),
            *queue_lines(self._queues),
            *background_lines(self._background, names),
            *server_lines(self._servers, names),
        ]
        after = self.log_tail.position
        log = await engine.get("/workbench/v1/log", [("after", str(after))] if after is not None else [])
        return [*status_lines(status), *limits, Text(), *sandbox_lines(sandboxes["data"], names), *others], log, after

    def action_scroll_log(self, pages: int) -> None:
        self.log_tail.scroll_rows(pages * max(1, self.log_tail.size.height - 1))
        self.refresh_bindings()

    def action_follow_log(self) -> None:
        self.log_tail.to_end()
        self.refresh_bindings()

    def action_doctor(self) -> None:
        """Look at the machine as `workbench doctor --quick` does; the whole doctor starts a sandbox and is a word."""
        self._doctor = [Text(), Text("doctor   looking at this machine …", "bold")]
        self._put()
        self.act(self.store.checks(), self._checked)

    def _checked(self, checks: Sequence[Json]) -> None:
        self._doctor = [Text(), Text("doctor   workbench doctor also tries a sandbox", "bold"), *check_lines(checks)]
        self._put()

    def _put(self) -> None:
        self.status.show([*self._lines, *self._doctor])

    def action_scroll(self, rows: int) -> None:
        self.status.scroll_rows(rows)

    def action_start(self) -> None:
        self.act(self.store.start_engine())

    def _show(self, lines: list[Text]) -> None:
        self._lines = lines
        self._put()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "start":
                return bool(self.store.trouble)
            case "scroll":
                return len(self.status.lines) > self.status.size.height
            case "scroll_log":
                return len(self.log_tail.lines) > self.log_tail.size.height
            case "follow_log":
                return not self.log_tail.follows
        return True


def server_lines(servers: Sequence[Json], names: Mapping[str, str]) -> list[Text]:
    """The MCP servers of each session: how they stand, what they offer, and what that takes in every request."""
    lines = [Text(), Text("MCP servers", "bold")] if servers else []
    for one in servers:
        size = f"{len(one['tools'])} tools, about {one['tokens']} tokens" if one["tools"] else ""
        said = line(safe(one["fault"] or ", ".join(tool["name"] for tool in one["tools"])), 160)
        head = " · ".join(part for part in (exact(one["name"]), one["state"], size) if part)
        lines += [Text(f"  {safe(names.get(one['session_id'], one['session_id'][-6:]))}  {head}")]
        lines += [Text(f"      {said}", DIM)] if said else []
    return lines


def queue_lines(queues: Sequence[Json]) -> list[Text]:
    """One row a self-hosted environment: what waits, what workers have, and how many of them ask for work."""
    lines = []
    for one in queues:
        waiting, polling = one["depth"] + one["pending"], one["workers_polling"]
        told = f"{waiting} waiting · {one['active']} at work · {polling} polling"
        alarm = "yellow" if waiting and not polling and not one["active"] else ""
        lines.append(Text.assemble((f"{line(one['name'], 24):24}  ", ""), (told, alarm)))
    return [Text(), Text("workers", "bold"), *lines] if lines else []


def machine_lines(machines: Sequence[Json]) -> list[Text]:
    """One row a machine that is reached by ssh: where it is, what it is good for, and how many sandboxes run there."""
    lines = [
        Text(
            f"{line(one['name'], 24):24}  {one['sandboxes']} sandbox{'es' * (one['sandboxes'] != 1)} · {line(one['target'], 40)}"
            f"{' · ' + line(', '.join(one['labels']), 40) if one['labels'] else ''}"
        )
        for one in machines
    ]
    return [Text(), Text("machines", "bold"), *lines] if lines else []


def background_lines(commands: Sequence[Json], names: Mapping[str, str]) -> list[Text]:
    """What runs in the background of which session, with the last line of each."""
    lines = [Text(), Text("commands in the background", "bold")] if commands else []
    for session_id, said in background.by_session(commands).items():
        lines.append(Text(f"  {safe(names.get(session_id, session_id[-6:]))}  {said}"))
    return lines


def limit_lines(limits: Json, groups: Sequence[Json], running: int) -> list[Text]:
    """What there is room for; an engine that was started before the app was renewed tells less."""
    sandbox, lines = limits.get("sandbox") or {}, list[tuple[str, str]]()
    if sandbox:
        lines += [
            ("sandbox", f"each {size(sandbox['memory_bytes'])} of memory, {sandbox['processes']} processes"),
            ("", f"{sandbox['open_files']} open files, {size(sandbox['temporary_bytes'])} in /tmp"),
            ("at once", f"any number of sessions; sandboxes running: {running}"),
            ("", f"at most {sandbox['starting_at_once']} of them start together"),
            *(("notice", said) for said in sandbox["not_enforced"]),
        ]
    if "disk_free_bytes" in limits:
        lines += [
            ("disk", f"{size(limits['disk_free_bytes'])} free of {size(limits['disk_bytes'])}"),
            ("rewind", f"to {limits['checkpoints']} checkpoints a session, at most {size(limits['checkpoint_bytes'])}"),
            ("context", f"compacted at {limits['compact_at']:.0%} of the model's window"),
        ]
    budgets = [f"group {one['name']} {_spent(one)}" for one in groups if one["budget"]]
    lines.append(("budgets", ", ".join(budgets) or "no group has a budget"))
    return [Text.assemble((f"{name:<10}", DIM), safe(said)) for name, said in lines]


def _spent(group: Json) -> str:
    spent, of = (int(float(one["amount"])) / 100 for one in (group["spent"], group["budget"]["max_list_cost"]))
    return f"${spent:.2f} of ${of:.2f}"


def size(count: int) -> str:
    return f"{count / (1 << 30):.0f} GiB" if count >= 1 << 30 else f"{count / (1 << 20):.0f} MiB"


def sandbox_lines(sandboxes: Sequence[Json], names: Mapping[str, str]) -> list[Text]:
    """What each sandbox takes."""
    if not sandboxes:
        return [Text("no sandbox runs; the first tool call of a session starts one", DIM)]
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
        *([("vault", "does not start; nothing leaves this machine")] if status.get("vault") == "failed" else []),
        ("serving", f"127.0.0.1:{status['port']}" if status["port"] else "no (workbench serve)"),
        ("data", status["data"]),
        ("log file", status["engine_log"]),
        *(("notice", notice) for notice in status["notices"]),
    ]
    return [Text.assemble((f"{name:<10}", DIM), str(said)) for name, said in facts]
