"""Agents by trade: the templates that come along, what each needs and would make, and the key that makes one."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.text.display import line, safe
from workbench.text.lines import lines_of
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import prose
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.store import Store
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.sheet import Sheet

Json = dict[str, Any]

_NAME_WIDTH: Final = 20


class Trades(BaseScreen):
    """Templates above, by trade; below, what the one under the cursor needs, makes and is graded by."""

    DEFAULT_CSS = """
    Trades > Rows { height: 45%; }
    Trades > #text { height: 1fr; padding: 0 1; border-top: solid $panel-lighten-2; }
    """
    heading = "Agents by trade"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "make", "make it", id="trades.make"),
        Binding("pagedown", "scroll(10)", "scroll", show=False, priority=True, id="trades.page_down"),
        Binding("pageup", "scroll(-10)", "scroll up", show=False, priority=True, id="trades.page_up"),
        Binding("escape", "app.out", "back", priority=True, id="trades.back"),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.rows = Rows()
        self.rows.can_open = lambda: False
        self.text = Sheet(id="text")
        self.known: dict[str, Json] = {}

    def content(self) -> ComposeResult:
        yield from (self.rows, self.text)

    def on_mount(self) -> None:
        self.set_focus(self.rows)
        self.act(self._read(), lambda _: self.redraw())

    async def _read(self) -> None:
        found = await self.store.engine.get(paths.AGENT_TEMPLATES)
        self.known = {one["name"]: one for one in found["data"]}

    def draw(self) -> None:
        width = self.rows.size.width or self.size.width
        lines: list[tuple[str, Text]] = []
        trade = ""
        for name, one in self.known.items():
            if one["trade"] != trade:
                trade = one["trade"]
                lines.append(("", Text(f" {trade}", "bold")))
            mark = Text("✓ ", "#009E73") if one["made"] else Text("  ")
            shown = Text.assemble(" ", mark, f"{name:<{_NAME_WIDTH}} ", (line(one["summary"], 200), DIM))
            shown.truncate(width, overflow="ellipsis")
            lines.append((name, shown))
        self.rows.put(lines)
        self.text.show(self._lines(self.size.width - 2))

    def _lines(self, width: int) -> list[Text]:
        one = self.known.get(self.rows.cursor)
        if one is None:
            return []
        made = (
            f"made: {', '.join(one['made'])} - begin with @{one['made'][0]} in the Board's box"
            if one["made"]
            else "y makes it"
        )
        room = one["environment"]
        parts = [
            (one["summary"], "bold"),
            (made, "#009E73" if one["made"] else DIM),
            (f"needs: {one['needs']}", ""),
            (f"environment {room['name']}: {room['description']}", ""),
            *([(f"skills: {', '.join(one['skills'])}", "")] if one["skills"] else []),
            (f"its example: {one['example']['task']}", ""),
        ]
        shown = [row for text, style in parts for row in prose(safe(text), width, style)]
        shown += self._section("What it is told", one["agent"]["system"], width)
        return shown + self._section("How its work is graded", one["rubric"], width)

    def _section(self, title: str, text: str, width: int) -> list[Text]:
        return [
            Text(),
            Text(title, "bold"),
            *(row for part in lines_of(text) for row in prose(safe(part), width)),
        ]

    def on_rows_moved(self) -> None:
        self.text.top = 0
        self.redraw()

    def action_make(self) -> None:
        self.act(self._make(self.rows.cursor), lambda _: self.redraw())

    async def _make(self, name: str) -> None:
        model = (await self.store.engine.get(paths.STATUS))["default_model"]
        made = await self.store.engine.post(f"{paths.AGENT_TEMPLATES}/{name}", {"model": model})
        await self._read()
        what = ", ".join(made["created"]) or "it is there already"
        self.notify(f"{what}: begin a task with @{made['agent']['name']} in the Board's box")

    def action_scroll(self, rows: int) -> None:
        self.text.scroll_rows(rows)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "make":
            return self.rows.cursor in self.known
        return super().check_action(action, parameters)
