"""Evidence of a memory, line by line: where the line under the cursor comes from, and its history."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from workbench.text.display import safe
from workbench.tui.render import memory_lines
from workbench.tui.render.board_lines import in_place
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.excerpt import Excerpt
from workbench.tui.state.store import Store
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.sheet import Sheet

Json = dict[str, Any]


class Evidence(BaseScreen):
    """The lines of one memory; Enter jumps to where a line comes from."""

    DEFAULT_CSS = """
    Evidence #body { height: 1fr; layout: vertical; }
    Evidence #body > Rows { height: 50%; }
    Evidence #body > #detail { height: 1fr; border-top: solid $panel-lighten-2; padding: 0 1; }
    Evidence Rows > .rows--cursor { background: $primary-muted; }
    Evidence #about { height: 1; padding: 0 1; background: $panel; }
    """
    heading = "Evidence"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "evidence", "next evidence", id="belief.evidence"),
        Binding("escape", "app.out", "back", priority=True, id="belief.back"),
    ]

    def __init__(self, store: Store, memory_store: Json, memory: Json) -> None:
        super().__init__(store)
        self.memory_store = memory_store
        self.memory = memory
        self.about = Sheet(id="about")
        self.rows = Rows()
        self.detail = Sheet(id="detail")
        self._said = [text for text in (memory.get("content") or "").split("\n") if text.strip()]
        self._why: Json | None = None
        self._evidence = 0

    def content(self) -> ComposeResult:
        yield self.about
        with Container(id="body"):
            yield self.rows
            yield self.detail

    def on_mount(self) -> None:
        self.set_focus(self.rows)
        self.about.show([Text.assemble((f"{safe(self.memory_store['name'])}{safe(self.memory['path'])}", "bold"))])
        lines = [(str(number), Text(" " + safe(text))) for number, text in enumerate(self._said)]
        self.rows.put(lines or in_place("This memory is empty.", self.size.width))
        super().on_mount()

    def draw(self) -> None:
        why = self._why
        self.detail.show(memory_lines.why_lines(why, self._evidence, self.store.name_of) if why else [])

    def on_rows_moved(self) -> None:
        self._why, self._evidence = None, 0
        if self.rows.cursor:
            self.act(self._ask(self.rows.cursor))

    async def _ask(self, cursor: str) -> None:
        line = self._said[int(cursor)].strip().removeprefix("- ").strip()
        query = [("path", self.memory["path"]), ("line", line)]
        found = await self.store.engine.get(f"/workbench/v1/memory_stores/{self.memory_store['id']}/why", query)
        if cursor == self.rows.cursor:
            self._why = found

    @property
    def _places(self) -> list[Json]:
        return list(self._why["evidence"]) if self._why else []

    def action_evidence(self) -> None:
        self._evidence = (self._evidence + 1) % len(self._places)
        self.redraw()

    def on_rows_opened(self) -> None:
        if self._places:
            place = self._places[self._evidence]
            self.app.push_screen(Excerpt(self.store, place["session_id"], place["seq"]))
        else:
            self.notify("no event to open: a person or an agent wrote this line")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return len(self._places) > 1 if action == "evidence" else True
