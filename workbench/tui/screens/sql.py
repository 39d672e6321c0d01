"""The SQL screen: a catalogue, an editor, and rows that lead back into their sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from workbench.client import paths
from workbench.client.errors import ApiError, EngineAway
from workbench.client.saved_questions import SAVED
from workbench.client.zoned_rows import zoned_rows
from workbench.tui.render import sql_lines
from workbench.tui.render.board_lines import DIM, in_place
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.excerpt import Excerpt
from workbench.tui.state.exports import NotWritten, cell_text, export, free_name
from workbench.tui.state.store import Store
from workbench.tui.widgets.hints import LOW
from workbench.tui.widgets.prompt import Prompt
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.sheet import Sheet
from workbench.tui.widgets.sql_editor import Editor
from workbench.tui.widgets.table import Table

Json = dict[str, Any]

MOST_ROWS: Final = 100_000
MOST_BYTES: Final = 8 << 20
"""What a person looks through, as it lies in the engine; more is exported."""
HISTORY: Final = "SELECT asked_at, seconds, rows, error, sql FROM asked ORDER BY asked_at DESC"
_ON_ROWS: Final = ("whole", "copy_cell", "copy_row", "column", "export", "plot")


class Sql(BaseScreen):
    """Asks the log. Enter on a row with a session opens it at that event."""

    DEFAULT_CSS = """
    Sql #catalogue { width: 25%; min-width: 30; max-width: 48; height: 1fr; border-right: solid $panel-lighten-2; }
    Sql.-narrow Horizontal { layout: vertical; }
    Sql.-narrow #catalogue { display: none; width: 100%; border-right: none; }
    Sql.-narrow.-choosing #catalogue { display: block; }
    Sql.-narrow.-choosing #answer { height: auto; }
    Sql.-narrow.-choosing #answer Editor, Sql.-narrow.-choosing #answer Table { display: none; }
    Sql #catalogue Rows, Sql #answer Table { height: 1fr; }
    Sql Editor { height: 7; border: none; border-bottom: solid $panel-lighten-2; }
    Sql.-low Editor { height: 3; }
    Sql.-low #whole { height: 5; }
    Sql #status { height: auto; max-height: 8; padding: 0 1; }
    Sql #whole { height: 50%; border-top: solid $panel-lighten-2; padding: 0 1; }
    Sql Rows > .rows--cursor, Sql Table > .rows--cursor { background: $primary-muted; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]  # noqa: RUF012 - Textual declares it so
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW, "-high")]  # noqa: RUF012 - Textual declares it so
    heading = "SQL"
    MAIN = frozenset({"sql.run", "sql.pane", "sql.next", "sql.copy_cell", "sql.export"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "whole", "whole cell", id="sql.whole"),
        Binding("left", "column(-1)", "column", show=False, id="sql.column_left"),
        Binding("right", "column(1)", "column", show=False, priority=True, id="sql.column_right"),
        Binding("y", "copy_cell", "copy cell", id="sql.copy_cell"),
        Binding("Y", "copy_row", "copy row", id="sql.copy_row"),
        Binding("p", "plot", "plot", id="sql.plot"),
        Binding("e", "export", "export", id="sql.export"),
        Binding("ctrl+r", "history", "history", priority=True, id="sql.history"),
        Binding("tab", "next", "next pane", priority=True, id="sql.pane"),
        Binding("escape", "stop", "cancel, back", priority=True, id="sql.stop"),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.catalogue = Rows()
        self.editor = Editor()
        self.rows = Table()
        self.line = Prompt("a new file, in this folder or elsewhere: .csv, .json or .parquet", keeps=True, name="line")
        self.wide: list[int] = []
        self.status = Sheet(id="status")
        self.whole = Sheet(id="whole")
        self.known: list[list[Any]] = []
        self.opened: frozenset[str] = frozenset()
        self.result: Json | None = None
        self._as_kept: Json = {}
        """The answer with moments as the log has them, which is what is exported."""
        self.answered = ""
        self.column = 0
        self._studied = self._plots = False
        self._said: tuple[Text, ...] = (Text(),)
        self._asking: asyncio.Task[None] | None = None

    def content(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="catalogue"):
                yield self.catalogue
            with Vertical(id="answer"):
                yield self.editor
                yield self.status
                yield self.rows
                yield self.whole
                yield self.line

    def on_mount(self) -> None:
        self.whole.display = self.line.display = False
        self.set_focus(self.editor)
        super().on_mount()

    def _study(self) -> None:
        """Ask for the catalogue, as soon as there is an engine to ask."""
        was, self._studied = self._studied, self.store.feed.live
        if self._studied and not was:
            self.act(self.store.engine.post(paths.SQL, {"sql": sql_lines.CATALOGUE, "unlisted": True}), self._learn)

    def _learn(self, result: Json) -> None:
        self.known = result["rows"]
        self.editor.known = sql_lines.names_of(self.known)
        self.catalogue.cursor = ""
        self.redraw()
        # Before there was room for the list, it moved to its first entry and its head out of sight.
        self.catalogue.top = 0

    def draw(self) -> None:
        self._study()
        # Where there is no room for it beside the rest, the catalogue comes in its place.
        self.set_class(self.focused is self.catalogue, "-choosing")
        about = sql_lines.comment(self.known, self.catalogue.cursor) if self.focused is self.catalogue else ""
        self.status.show([Text(about, DIM)] if about else self._said)
        self.catalogue.put(sql_lines.catalogue(self.known, self.opened))
        if self.result is None:
            tip = "Tab goes to views and saved questions, Enter takes one. Rows with a session open it."
            self.rows.put_said([line for _, line in in_place(tip, self.size.width)])
        else:
            result, wide, first = self.result, self.wide, self._first()
            head = sql_lines.head_line(result, wide, self.column, first)
            key = (id(result), self.column, first)
            self.rows.put_rows(
                head, len(result["rows"]), lambda place: sql_lines.row_line(result, place, wide, first), key
            )
        if self.whole.display and self.result is not None and self.number is not None:
            width, number, chosen = self.rows.size.width, self.number, self.column
            plot, cell = sql_lines.plot_lines, sql_lines.cell_lines
            self.whole.show(plot(self.result, width, chosen) if self._plots else cell(self.result, number, chosen))

    def _first(self) -> int:
        """The first column that is shown, so that the chosen one is on the screen."""
        wide, first = self.wide, 0
        while first < self.column and sum(wide[first : self.column + 1]) > self.rows.size.width:
            first += 1
        return first

    @property
    def number(self) -> int | None:
        """The row under the cursor."""
        return self.rows.number

    def _say(self, *said: Text) -> None:
        self._said = said
        self.status.show(said)

    # ── asking ──

    def action_run(self) -> None:
        if self.editor.text.strip():
            self.ask_log(self.editor.text)

    def ask_log(self, statement: str) -> None:
        """Ask, in place of what was being asked."""
        self._cancel()
        self._asking = asyncio.create_task(self._ask(statement))
        self._say(Text("running … Esc cancels", DIM))

    async def _ask(self, statement: str) -> None:
        try:
            body = {"sql": statement, "rows": MOST_ROWS, "bytes": MOST_BYTES}
            result = await self.store.engine.post(paths.SQL, body)
        except (ApiError, EngineAway) as refused:
            self._say(*sql_lines.refused(str(refused), self.editor.size.width - 2))
            return
        finally:
            self._asking = None
        self._as_kept, self.result = result, result | {"rows": zoned_rows(result)}
        self.column, self.answered = 0, statement
        self.wide = sql_lines.widths(result["columns"], self.result["rows"])
        self.rows.rewind()
        self.whole.display = False
        self._say(sql_lines.status(result))
        self.redraw()

    def _cancel(self) -> bool:
        """Hang up on the running question, which ends it at the engine as well."""
        if self._asking is None:
            return False
        self._asking.cancel()
        self._asking = None
        self._say(Text("cancelled", DIM))
        return True

    def on_unmount(self) -> None:
        self._cancel()

    def action_history(self) -> None:
        self.editor.text = HISTORY
        self.ask_log(HISTORY)

    # ── going ──

    def on_rows_moved(self) -> None:
        self.redraw()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        kind, _, name = event.session_id.partition(":")
        match kind:
            case "view":
                self.opened ^= {name}
            case "column":
                self.editor.insert(name.partition(".")[2])
                if self.has_class("-narrow"):
                    self.set_focus(self.editor)
            case "saved":
                self.editor.text = next(saved.sql for saved in SAVED if saved.name == name)
                self.set_focus(self.editor)
            case "row":
                self._jump(int(name))
        self.redraw()

    def _jump(self, number: int) -> None:
        """To the session that a row names, at the event that it names."""
        assert self.result is not None
        row = dict(zip(self.result["columns"], self.result["rows"][number], strict=True))
        session_id, seq = row.get("session_id"), row.get("seq")
        if not isinstance(session_id, str):
            self.notify("this row has no session: select session_id, and seq for the event")
        elif isinstance(seq, int):
            self.app.push_screen(Excerpt(self.store, session_id, seq))
        else:
            self.workbench.open_session(session_id)

    def action_next(self) -> None:
        panes = (self.editor, self.rows, self.catalogue)
        here = next((place for place, pane in enumerate(panes) if pane is self.focused), -1)
        self.set_focus(panes[(here + 1) % len(panes)])
        self.redraw()

    def action_stop(self) -> None:
        if self._cancel():
            return
        if self.line.display:
            self._close_line()
        elif self.focused is self.catalogue and self.has_class("-narrow"):
            self.set_focus(self.editor)
            self.redraw()
        elif self.whole.display:
            self.whole.display = False
        else:
            self.workbench.action_out()

    # ── with the rows ──

    def action_whole(self) -> None:
        self._open(plots=False)

    def _open(self, *, plots: bool) -> None:
        """Open the place below the rows, or close it when it shows this already."""
        self.whole.display = not self.whole.display or plots != self._plots
        self._plots = plots
        self.redraw()

    def action_column(self, step: int) -> None:
        assert self.result is not None
        self.column = max(0, min(len(self.result["columns"]) - 1, self.column + step))
        self.redraw()

    def action_copy_cell(self) -> None:
        if self.result is not None and self.number is not None:
            self.app.copy_to_clipboard(cell_text(self.result["rows"][self.number][self.column]))
            self.notify("the cell is copied")

    def action_copy_row(self) -> None:
        if self.result is not None and self.number is not None:
            row = self.result["rows"][self.number]
            self.app.copy_to_clipboard("\t".join(cell_text(cell).replace("\t", " ") for cell in row))
            self.notify("the row is copied, with tabs between its cells")

    def action_plot(self) -> None:
        self._open(plots=True)

    def action_export(self) -> None:
        """Ask for the name of the file; its ending says what is written."""
        self.line.display = True
        self.line.set(f"{free_name(Path.cwd())}.csv")
        self.set_focus(self.line)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        assert self.result is not None
        self.act(self._export(export(self.store.engine, self.answered, event.text, self._as_kept)))

    async def _export(self, writing: Awaitable[str]) -> None:
        self._say(Text("writing …", DIM))
        try:
            said = await writing
        except NotWritten as why:
            self._say(Text(str(why), sql_lines.WRONG))
            return
        self._close_line()
        self._say(Text(said, DIM))

    def _close_line(self) -> None:
        self.line.display = False
        self.set_focus(self.rows)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _ON_ROWS:
            return self.focused is self.rows and bool(self.result and self.result["rows"])
        return True
