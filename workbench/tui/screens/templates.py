"""Templates: agents and environments with their versions, as YAML in the person's own editor; what would change is shown first."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.text.display import line, safe
from workbench.text.lines import lines_of
from workbench.tui.render.board_lines import DIM, in_place
from workbench.tui.render.call_lines import diff_lines, prose, wrapped
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.trades import Trades
from workbench.tui.state.store import Store
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.sheet import Sheet

Json = dict[str, Any]

NEW: Final = {
    "agents": "name: my-agent\nmodel: offline\nsystem: Say what you do.\ntools:\n- type: agent_toolset_20260401\n",
    "environments": "name: my-environment\nconfig:\n  type: cloud\n  networking:\n    type: limited\n    allowed_hosts: []\n",
}
FIELDS: Final = {
    "agents": ("name", "description", "model", "system", "tools", "mcp_servers", "skills", "multiagent", "metadata"),
    "environments": ("name", "description", "config", "metadata"),
}


class Templates(BaseScreen):
    """The list above, and below it what the chosen one says, or what an edit would change."""

    DEFAULT_CSS = """
    Templates > Rows { height: 40%; }
    Templates > #text { height: 1fr; padding: 0 1; border-top: solid $panel-lighten-2; }
    """
    heading = "Templates"
    MAIN = frozenset({"templates.edit", "templates.apply", "templates.new_agent", "templates.trades"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "edit", id="templates.edit"),
        Binding("n", "new('agents')", "new agent", id="templates.new_agent"),
        Binding("N", "new('environments')", "new environment", id="templates.new_environment"),
        Binding("t", "trades", "agents by trade", id="templates.trades"),
        Binding("y", "apply", "apply", id="templates.apply"),
        Binding("left_square_bracket", "version(-1)", "older version", show=False, id="templates.older"),
        Binding("right_square_bracket", "version(1)", "newer version", show=False, id="templates.newer"),
        Binding("b", "back_to", "restore this version", id="templates.back_to"),
        Binding("pagedown", "scroll(10)", "scroll", show=False, priority=True, id="templates.page_down"),
        Binding("pageup", "scroll(-10)", "scroll up", show=False, priority=True, id="templates.page_up"),
        Binding("escape", "leave", "back", priority=True, id="templates.leave"),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.rows = Rows()
        self.text = Sheet(id="text")
        self.known: dict[str, tuple[str, Json]] = {}
        self.versions: list[Json] = []
        self._at = 0
        self._draft: tuple[str, str | None, str] | None = None
        """Kind, id (none for a new one) and YAML of what was edited and is not applied."""
        self._fault = ""

    def content(self) -> ComposeResult:
        yield from (self.rows, self.text)

    def on_mount(self) -> None:
        self.set_focus(self.rows)
        self.act(self._read(), lambda _: self.redraw())

    def on_screen_resume(self) -> None:
        """What was made on the screen of trades is seen."""
        self.act(self._read(), lambda _: self.redraw())

    def action_trades(self) -> None:
        self.app.push_screen(Trades(self.store))

    async def _read(self) -> None:
        known: dict[str, tuple[str, Json]] = {}
        for kind in NEW:
            page = await self.store.engine.get(f"/v1/{kind}", [("limit", "100")])
            known |= {one["id"]: (kind, one) for one in page["data"]}
        self.known = known

    def draw(self) -> None:
        lines = [
            (one_id, Text(f" {kind[:-1]:<12} {line(one['name'], 30):<30} {_version(one)}"))
            for one_id, (kind, one) in self.known.items()
        ]
        empty = "Nothing yet: t has agents by trade; n makes an agent, N an environment, in your editor."
        self.rows.put(lines or in_place(empty, self.size.width))
        self.text.show(self._lines(self.size.width - 2))

    def _lines(self, width: int) -> list[Text]:
        if self._draft is not None:
            kind, one_id, text = self._draft
            old = as_yaml(kind, self.known[one_id][1]) if one_id in self.known else ""
            taken = "e goes on editing · Esc drops it"
            head = Text(f"This would change:  {taken if self._fault else 'y applies it · ' + taken}", "bold")
            fault = [row for part in self._fault.splitlines() for row in prose(safe(part), width, "bold #D55E00")]
            return [*fault, head, *diff_lines(old, text, width, self.size.width)]
        if self.rows.cursor not in self.known:
            return []
        kind, one = self.known[self.rows.cursor]
        shown = self.versions[self._at] if self.versions else one
        newest = not self.versions or self._at == len(self.versions) - 1
        head = Text(_version(shown) + ("" if newest else "   an older version: b restores it"), DIM)
        if not newest:
            return [head, *diff_lines(as_yaml(kind, shown), as_yaml(kind, one), width, self.size.width)]
        return [head, *(row for part in lines_of(as_yaml(kind, shown)) for row in wrapped(safe(part), width))]

    def on_rows_moved(self) -> None:
        self.versions, self._at, self.text.top = [], 0, 0
        kind = self.known[self.rows.cursor][0] if self.rows.cursor in self.known else ""
        if kind == "agents":
            path = f"{paths.AGENTS}/{self.rows.cursor}/versions"
            self.act(self.store.engine.get(path, [("limit", "100")]), self._show_versions)
        self.redraw()

    def _show_versions(self, page: Json) -> None:
        versions = sorted(page["data"], key=lambda one: int(one["version"]))
        if versions and versions[0]["id"] == self.rows.cursor:
            self.versions, self._at = versions, len(versions) - 1

    def action_version(self, step: int) -> None:
        self._at = max(0, min(len(self.versions) - 1, self._at + step))
        self.redraw()
        self.refresh_bindings()

    def action_back_to(self) -> None:
        """Edit nothing: the older version's words become the draft of a new one."""
        kind, _ = self.known[self.rows.cursor]
        self._propose(kind, self.rows.cursor, as_yaml(kind, self.versions[self._at]))

    # ── editing ──

    def action_new(self, kind: str) -> None:
        self._edit(kind, None, NEW[kind])

    def action_edit(self) -> None:
        if self._draft is not None:
            self._edit(*self._draft)
            return
        kind, one = self.known[self.rows.cursor]
        self._edit(kind, self.rows.cursor, as_yaml(kind, one))

    def _edit(self, kind: str, one_id: str | None, text: str) -> None:
        edited = self.edited(text, [f"# {part}" for part in self._fault.splitlines()])
        if edited is None:
            return
        if one_id in self.known and edited.rstrip() == as_yaml(kind, self.known[one_id][1]).rstrip():
            self._drop()
            self.notify("nothing was changed")
            return
        self._propose(kind, one_id, edited)

    def on_rows_opened(self) -> None:
        self.action_edit()

    def edited(self, text: str, notes: Sequence[str]) -> str | None:
        """The text as the person's editor leaves it; None where it could not be used."""
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "template.yaml"
            file.write_text("\n".join([text.rstrip("\n"), *notes]) + "\n", encoding="utf-8")
            try:
                with self.app.suspend():
                    done = subprocess.run(["/bin/sh", "-c", f'{editor} "$1"', "sh", str(file)], check=False)
                written = file.read_text(encoding="utf-8")
            except (SuspendNotSupported, OSError, UnicodeDecodeError) as error:
                self.notify(f"{editor}: {error or 'this terminal cannot be handed over'}", severity="error")
                return None
        if done.returncode:
            self.notify(f"{editor} ended with {done.returncode}; nothing is changed", severity="warning")
            return None
        return "\n".join(part for part in lines_of(written) if part not in notes) + "\n"

    def _propose(self, kind: str, one_id: str | None, text: str) -> None:
        self._draft, self._fault, self.text.top = (kind, one_id, text), fault_of(kind, text), 0
        self.redraw()
        self.refresh_bindings()

    def action_apply(self) -> None:
        if self._draft is not None:
            self.act(self._apply(*self._draft), lambda _: self.redraw())

    async def _apply(self, kind: str, one_id: str | None, text: str) -> None:
        # Late: YAML is needed here and in what an editor gives back, and nowhere at the start.
        import yaml

        path = f"/v1/{kind}/{one_id}" if one_id else f"/v1/{kind}"
        try:
            made = await self.store.engine.post(path, yaml.safe_load(text))
        except ApiError as refused:
            # The engine names the field; the line is looked for, so that the editor shows both.
            self._fault = f"{_line_of(text, refused.message)}{refused.message}"
            return
        self._draft, self._fault = None, ""
        await self._read()
        self.rows.point_at(made["id"])

    def action_leave(self) -> None:
        """Drop the draft that is open, else leave."""
        if self._draft is not None:
            self._drop()
        else:
            self.workbench.action_out()

    def _drop(self) -> None:
        self._draft, self._fault = None, ""
        self.redraw()
        self.refresh_bindings()

    def action_scroll(self, rows: int) -> None:
        self.text.scroll_rows(rows)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "edit":
                return self._draft is not None or self.rows.cursor in self.known
            case "apply":
                return self._draft is not None and not self._fault
            case "version":
                return self._draft is None and len(self.versions) > 1
            case "back_to":
                return self._draft is None and bool(self.versions) and self._at < len(self.versions) - 1
        return True


def _version(one: Json) -> str:
    return f"version {one['version']}" if "version" in one else ""


def as_yaml(kind: str, one: Json) -> str:
    """What a person edits of a stored thing: its own fields, without those that say nothing."""
    import yaml

    fields = {name: one[name] for name in FIELDS[kind] if one.get(name) not in (None, [], {}, "")}
    return str(yaml.safe_dump(fields, sort_keys=False, allow_unicode=True))


def fault_of(kind: str, text: str) -> str:
    """What is wrong with a text before the engine sees it, with its line; empty where nothing is."""
    import yaml

    try:
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        number = error.problem_mark.line + 1 if error.problem_mark else 1
        return f"line {number}: not YAML: {error.problem}"
    if not isinstance(content, dict) or not isinstance(content.get("name"), str):
        return f"line 1: an {kind[:-1]} is a mapping with a name"
    unknown = next((name for name in content if name not in FIELDS[kind]), None)
    if unknown is not None:
        return f"{_line_of(text, str(unknown))}{unknown}: no such field; there are {', '.join(FIELDS[kind])}"
    return ""


def _line_of(text: str, message: str) -> str:
    """The line of the deepest field that a message names at its beginning, as `tools.0.name: …` does."""
    for name in reversed(message.partition(":")[0].split(".")):
        for number, one in enumerate(lines_of(text), 1):
            if one.lstrip(" -").startswith(f"{name}:"):
                return f"line {number}: "
    return ""
