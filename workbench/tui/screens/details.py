"""Details of a session in tabs: every event, its cost, its network requests."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.text.display import exact, safe
from workbench.text.display import line as shortened
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import wrapped
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.store import Store
from workbench.tui.widgets.sheet import Sheet

Json = dict[str, Any]

TABS: Final = ("events", "cost", "network")
MOST_EVENTS: Final = 1000


class Details(BaseScreen):
    """Three tabs about one session."""

    DEFAULT_CSS = """
    Details > #tabs { height: 1; padding: 0 1; background: $surface; }
    Details > #paper { height: 1fr; padding: 0 1; }
    """
    heading = "Details"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,right", "turn(1)", "next", priority=True, id="papers.next"),
        Binding("shift+tab,left", "turn(-1)", "previous", show=False, priority=True, id="papers.previous"),
        Binding("down,j", "scroll(1)", "down", show=False, id="papers.down"),
        Binding("up,k", "scroll(-1)", "up", show=False, id="papers.up"),
        Binding("pagedown,space", "scroll(20)", "scroll", id="papers.page_down"),
        Binding("pageup", "scroll(-20)", "scroll up", show=False, id="papers.page_up"),
        Binding("a", "allow('session')", "allow the refused host", id="papers.allow"),
        Binding("e", "allow('environment')", "allow it in the environment", id="papers.allow_in_environment"),
        Binding("escape,q", "app.out", "back", priority=True, id="papers.back"),
    ]

    def __init__(self, store: Store, session_id: str, tab: str) -> None:
        super().__init__(store)
        self.session_id = session_id
        self.tab = tab
        self.refused_host = ""
        self.tabs = Sheet(id="tabs")
        self.paper = Sheet(id="paper")

    def content(self) -> ComposeResult:
        yield from (self.tabs, self.paper)

    def on_mount(self) -> None:
        self._read()

    def draw(self) -> None:
        row = self.store.rows.get(self.session_id)
        # However long the name is, the tabs have their room.
        room = max(8, self.size.width - 5 - sum(len(tab) + 2 for tab in TABS))
        line = Text(f"{shortened(row.name, room) if row else 'a deleted session'}   ", "bold")
        for tab in TABS:
            line.append(f" {tab} ", "reverse" if tab == self.tab else DIM)
        self.tabs.show([line])

    def _read(self) -> None:
        self.paper.top = 0
        self.paper.show([Text("reading …", DIM)])
        self.draw()
        match self.tab:
            case "events":
                query = [("order", "desc"), ("limit", str(MOST_EVENTS))]
                self._ask(self.store.engine.get(paths.events(self.session_id), query), self._show_events)
            case "network":
                self._ask(self.store.engine.get(paths.own(self.session_id, "network")), self._show_network)
            case _:
                self._ask(self.store.engine.get(paths.session(self.session_id)), self._show_cost)

    def _ask(self, doing: Awaitable[Any], show: Callable[[Any], None]) -> None:
        """Show the answer, unless somebody has turned to another tab before it came."""
        asked_by = self.tab
        self.act(doing, lambda answer: show(answer) if self.tab == asked_by else None)

    def _show(self, lines: list[Text]) -> None:
        self.paper.show(lines)
        self.refresh_bindings()

    def _show_events(self, page: Json) -> None:
        events = page["data"][::-1]
        more = [Text(f"the last {MOST_EVENTS}; workbench logs --json has all", DIM)] if page.get("next_page") else []
        width = self.size.width - 2
        self._show(
            [*more, *(line for one in events for line in wrapped(safe(json.dumps(one, ensure_ascii=False)), width))]
        )

    def _show_cost(self, session: Json) -> None:
        usage = json.dumps({"usage": session["usage"], "stats": session["stats"]}, indent=2, ensure_ascii=False)
        cents = float(session["usage"]["list_cost"]["amount"])
        self._show([Text(f"${cents / 100:.2f} at list prices", "bold"), Text(), *map(Text, usage.splitlines())])

    def _show_network(self, page: Json) -> None:
        """The last decision stands first; of the refused hosts, the last one can be allowed."""
        decisions = page["data"][::-1]
        refused = [one["host"] for one in decisions if one["reason"] == "host_not_allowed"]
        self.refused_host = refused[0] if refused else ""
        lines = [_decision_line(one) for one in decisions] or [Text("No network requests.", DIM)]
        if self.refused_host:
            lines = [Text(f"a allows {self.refused_host} for this session, e for its environment", DIM), *lines]
        self._show(lines)

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
        self.paper.scroll_rows(rows)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "allow":
            return self.tab == "network" and bool(self.refused_host)
        if action == "scroll":
            return len(self.paper.lines) > self.paper.size.height
        return True


def _decision_line(one: Json) -> Text:
    place = exact(f"{one['method']} {one['host']}:{one['port']}".strip())
    line = Text(
        f"{'✓' if one['allowed'] else '✗'} {one['decided_at'][11:19]} {place}", "" if one["allowed"] else "bold"
    )
    said = [f"secret put into the {one['where']}"] if one["where"] else []
    said += [one["reason"].replace("_", " ")] if one["reason"] else []
    return line.append(f"  {' · '.join(said)}", DIM)
