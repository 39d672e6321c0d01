"""Details of a session in tabs: every event, its cost, its network requests, its files, what it was given of memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.client.session_cost import SessionCost, cost_of
from workbench.text.display import exact
from workbench.text.display import line as shortened
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import prose
from workbench.tui.render.cost_lines import cost_lines
from workbench.tui.render.memory_lines import given_lines
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.event_actions import EventActions
from workbench.tui.screens.file_actions import FileActions
from workbench.tui.state.store import Store
from workbench.tui.widgets.line_input import LineInput
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.sheet import Sheet

Json = dict[str, Any]

TABS: Final = ("events", "cost", "network", "files", "memory")


class Details(BaseScreen):
    """Five tabs about one session: events and files are lists with a cursor, the others pages to read."""

    DEFAULT_CSS = """
    Details > #tabs { height: 1; padding: 0 1; background: $surface; }
    Details > #paper { height: 1fr; padding: 0 1; }
    Details Rows > .rows--cursor { background: $primary-muted; }
    """
    heading = "Details"
    MAIN = frozenset({"papers.next", "papers.allow", "files.save", "files.open"})
    BINDINGS: ClassVar[list[BindingType]] = [
        *EventActions.BINDINGS,
        *FileActions.BINDINGS,
        Binding("tab", "turn(1)", "next tab", priority=True, id="papers.next"),
        Binding("shift+tab", "turn(-1)", "previous tab", show=False, priority=True, id="papers.previous"),
        Binding("down,j", "scroll(1)", "down", show=False, id="papers.down"),
        Binding("up,k", "scroll(-1)", "up", show=False, id="papers.up"),
        Binding("pagedown,space", "scroll(20)", "scroll", id="papers.page_down"),
        Binding("pageup", "scroll(-20)", "scroll up", show=False, id="papers.page_up"),
        Binding("a", "allow('session')", "allow the refused host", id="papers.allow"),
        Binding("e", "allow('environment')", "allow it in the environment", id="papers.allow_in_environment"),
        Binding("escape", "back", "back", priority=True, id="papers.back"),
        Binding("q", "app.out", "back", show=False, id="papers.leave"),
    ]

    def __init__(self, store: Store, session_id: str, tab: str) -> None:
        super().__init__(store)
        self.session_id = session_id
        self.tab = tab
        self.refused_host = ""
        self.tabs = Sheet(id="tabs")
        self.rows = Rows()
        self.paper = Sheet(id="paper")
        self.line = LineInput(self.rows)
        self.event_list = EventActions(self, session_id, self.rows, self.line)
        self.file_rows = Rows("file-rows")
        self.file_line = LineInput(self.file_rows, "file-line")
        self.file_list = FileActions(self, session_id, self.file_rows, self.file_line)
        self.hold(self.event_list, self.file_list)
        self._cost: SessionCost | None = None

    def content(self) -> ComposeResult:
        yield from (self.tabs, self.rows, self.file_rows, self.paper, self.line, self.file_line)

    def on_mount(self) -> None:
        self._read()

    def draw(self) -> None:
        row = self.store.rows.get(self.session_id)
        about = self.event_list.about() if self.tab == "events" else ""
        # However long the name is, the tabs have their room.
        room = max(8, self.size.width - 5 - sum(len(tab) + 2 for tab in TABS) - len(about) - 2)
        line = Text(f"{shortened(row.name, room) if row else 'a deleted session'}   ", "bold")
        for tab in TABS:
            line.append(f" {tab} ", "reverse" if tab == self.tab else DIM)
        self.tabs.show([line.append(f"  {about}", DIM)])
        if self.tab == "events":
            self.event_list.keep_up()
            self.event_list.draw(self.rows.size.width or self.size.width)
        elif self.tab == "files":
            self.file_list.keep_up()
            self.file_list.draw(self.file_rows.size.width or self.size.width)
        elif self.tab == "cost" and self._cost is not None:
            self.paper.show(cost_lines(self._cost, self.size.width - 2, self.store.clock()))

    def _read(self) -> None:
        rows = self._list
        for one in (self.rows, self.file_rows, self.paper):
            one.display = one is (rows or self.paper)
        self.set_focus(rows)
        if self.tab == "files":
            self.file_list.forget()
        self.paper.top = 0
        self.paper.show([Text("reading …", DIM)])
        self.redraw()
        engine = self.store.engine
        if self.tab == "network":
            self._ask(engine.get(paths.own(self.session_id, "network")), self._show_network)
        elif self.tab == "cost":
            self._ask(cost_of(engine.get, engine.post, self.session_id), self._show_cost)
        elif self.tab == "memory":
            self._ask(
                engine.get(paths.own(self.session_id, "memory")), lambda page: self._show(given_lines(page["data"]))
            )

    @property
    def _list(self) -> Rows | None:
        """The list of this tab, where it has one."""
        return {"events": self.rows, "files": self.file_rows}.get(self.tab)

    def _ask(self, doing: Awaitable[Any], show: Callable[[Any], None]) -> None:
        """Show the answer, unless somebody has turned to another tab before it came."""
        asked_by = self.tab
        self.act(doing, lambda answer: show(answer) if self.tab == asked_by else None)

    def _show(self, lines: list[Text]) -> None:
        self.paper.show(lines)
        self.refresh_bindings()

    def _show_cost(self, cost: SessionCost) -> None:
        self._cost = cost
        self.redraw()

    def _show_network(self, page: Json) -> None:
        """The last decision stands first; of the refused hosts, the last one can be allowed."""
        decisions = page["data"][::-1]
        refused = [one["host"] for one in decisions if one["reason"] == "host_not_allowed"]
        self.refused_host = refused[0] if refused else ""
        nothing = "No network requests yet: what the sandbox asks for, and what is refused, stands here."
        lines = [_decision_line(one) for one in decisions] or prose(nothing, self.size.width - 2, DIM)
        if self.refused_host:
            lines = [Text(f"a allows {self.refused_host} for this session, e for its environment", DIM), *lines]
        self._show(lines)

    def on_rows_moved(self) -> None:
        if self.tab == "events":
            self.event_list.moved()
        self.refresh_bindings()

    def on_rows_opened(self) -> None:
        (self.event_list if self.tab == "events" else self.file_list).toggle()

    def on_rows_resized(self) -> None:
        self.redraw()

    # ── keys ──

    def action_allow(self, scope: str) -> None:
        """Let the session reach the host that was refused last, from now on."""
        host, path = self.refused_host, paths.own(self.session_id, "network")

        def allowed(_: Json) -> None:
            self.notify(f"{host} is allowed for this {scope}")
            self._read()

        self.act(self.store.engine.post(path, {"host": host, "scope": scope}), allowed)

    def action_turn(self, step: int) -> None:
        self.tab = TABS[(TABS.index(self.tab) + step) % len(TABS)]
        self._read()

    def action_scroll(self, rows: int) -> None:
        if (shown := self._list) is not None:
            shown.action_move(rows)
        else:
            self.paper.scroll_rows(rows)

    def action_back(self) -> None:
        is_closed = self.file_list.clear() if self.tab == "files" else self.event_list.clear()
        if not is_closed:
            self.workbench.action_out()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "turn":
            return not (self.line.display or self.file_line.display)
        if action == "allow":
            return self.tab == "network" and bool(self.refused_host)
        if action == "scroll":
            if (shown := self._list) is not None:
                return shown.can_move(int(str(parameters[0])))
            return len(self.paper.lines) > self.paper.size.height
        return super().check_action(action, parameters)


def _decision_line(one: Json) -> Text:
    place = exact(f"{one['method']} {one['host']}:{one['port']}".strip())
    line = Text(
        f"{'✓' if one['allowed'] else '✗'} {one['decided_at'][11:19]} {place}", "" if one["allowed"] else "bold"
    )
    said = [f"secret put into the {one['where']}"] if one["where"] else []
    said += [one["reason"].replace("_", " ")] if one["reason"] else []
    return line.append(f"  {' · '.join(said)}", DIM)
