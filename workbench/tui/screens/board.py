"""The Board: every session in an order that never moves by itself, those that need a person on top, and a box for new tasks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from workbench.client.errors import ApiError, EngineAway
from workbench.tui.render.board_lines import (
    MOST_NEEDING,
    Sight,
    board_lines,
    empty_board,
    folder_line,
    name_width,
    needing_lines,
    scope_line,
    waiting_tasks,
)
from workbench.tui.render.search_lines import search_lines
from workbench.tui.screens.asking_actions import AskingActions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.box_files import BoxFiles
from workbench.tui.screens.bulk_actions import BulkActions
from workbench.tui.screens.completion_sources import BoxSource
from workbench.tui.screens.found_places import found_screen
from workbench.tui.screens.peek_actions import PeekActions
from workbench.tui.screens.recap_view import RecapView
from workbench.tui.screens.recovery_actions import RecoveryActions
from workbench.tui.screens.setting_actions import OWN_MODE, choose_mode
from workbench.tui.state.drafts import BOX, draft_of_folder
from workbench.tui.state.key_order import settled_up
from workbench.tui.state.rows import Row, in_order, in_scope, needing_you
from workbench.tui.state.search_hits import SearchHits, wanted_words
from workbench.tui.state.store import Store
from workbench.tui.state.task_line import Task, Unclear, task_of, with_folder_completed
from workbench.tui.widgets.completion import Completion
from workbench.tui.widgets.hints import LOW, key_of
from workbench.tui.widgets.line_input import LineInput
from workbench.tui.widgets.prompt import Prompt
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.session_list import BREAKPOINTS, SessionList, apply_breakpoints
from workbench.tui.widgets.sheet import Sheet


class Board(BaseScreen):
    """All sessions. The box has the focus; Tab, or Esc, goes to the list, where letters are keys."""

    DEFAULT_CSS = """
    Board > #recap { padding: 0 1; background: $panel; }
    Board > #needing { background: $surface; }
    Board > #folder { padding: 0 1; background: $surface; }
    Board > #filter { display: none; }
    Board Peek { display: none; }
    """
    heading = "Board"
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    MAIN = frozenset({"list.open", "board.box", "board.peek", "list.changes", "list.legend", "app.leave"})
    BINDINGS: ClassVar[list[BindingType]] = [
        *AskingActions.BINDINGS,
        *PeekActions.BINDINGS,
        *RecoveryActions.BINDINGS,
        *BulkActions.BINDINGS,
        *BoxFiles.BINDINGS,
        Binding("space", "peek", "peek", id="board.peek"),
        Binding("tab", "box", "new task", priority=True, id="board.box"),
        Binding("enter", "open", "open", priority=True, id="board.open"),
        Binding("tab", "list", "list", priority=True, id="board.list"),
        Binding("up", "point(-1)", "previous", show=False, id="board.previous"),
        Binding("down", "point(1)", "next", show=False, id="board.next"),
        Binding("slash", "filter", "filter", id="board.filter"),
        Binding("at", "mention", "a task with @file or @agent", show=False, id="board.mention"),
        Binding("shift+tab", "mode", "mode of new tasks", show=False, priority=True, id="board.mode"),
        Binding("full_stop", "scope", "this folder", show=False, id="board.scope"),
        Binding("escape", "close", "close", priority=True, id="board.close"),
        Binding("escape", "leave_box", "list", show=False, priority=True, id="board.leave_box"),
        Binding("q", "app.leave", "leave", id="app.leave"),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.sessions = SessionList(store)
        self.line = LineInput(self.sessions.rows)
        self.recovery = RecoveryActions(self, self.sessions, self.line)
        self.bulk = BulkActions(self, self.sessions, self.line, self.listed)
        self.files = BoxFiles(self)
        self.hold(PeekActions(self, self.sessions), self.recovery, self.bulk, self.files)
        self.recap = RecapView(self)
        self.needing = Sheet(id="needing")
        self.wanted = Prompt("s:waiting p:project m:model a:agent t:tag $>1 or any text", keeps=True, name="filter")
        self.hits = SearchHits(store.engine, self.redraw)
        self.folder = Sheet(id="folder")
        self.box = Prompt("task or !command · @agent @environment -C DIR before it", name="box")
        self.draft, self.box.on_text = BOX, self._typed
        self.hold(AskingActions(self, self.box))
        self.completion = Completion(self.box)
        self.completion.source = BoxSource(self, self.completion)

    def content(self) -> ComposeResult:
        apply_breakpoints(self)
        yield from (
            self.recap,
            self.needing,
            self.sessions,
            self.wanted,
            self.line,
            self.folder,
            self.completion,
            self.box,
        )

    def on_mount(self) -> None:
        drafts, self.draft = self.store.drafts, draft_of_folder(self.store.view_file.view.folder)
        begun = drafts.of(self.draft)
        for held in begun.held:
            drafts.release(self.draft, held)
        self.box.set("\n".join([*(held.text for held in begun.held), begun.text]).strip("\n"))
        self.set_focus(self.box)

    def on_unmount(self) -> None:
        self.hits.want(())

    def visible_sessions(self) -> Collection[str]:
        return self.store.rows.keys()

    @property
    def follows_clock(self) -> bool:
        return self.recap.is_open or bool(self.hits.words) or self.sessions.peek.display

    def draw(self) -> None:
        now, rows, width = self.store.clock(), self.store.rows, self.size.width
        self.recap.draw_in(width - 2, self.size.height)
        # In a low terminal a call that is peeked at needs the lines; who else waits is then said in one.
        most = 0 if self.sessions.peek.display and self.size.height < LOW else MOST_NEEDING
        sight = Sight(
            self.recovery.question_of,
            now,
            self.sessions.rows.size.width or width,
            self.store.view_file.view,
            frozenset(self.bulk.marked),
            self._note_of,
        )
        needing, name = needing_you(rows), name_width(sight.width)
        ask, key = self.recovery.cause_of, key_of(self, "app.next")
        self.needing.show(needing_lines(needing, ask, now, width, most=most, name=name, key=key))
        lines = [*board_lines(self.listed(), sight), *search_lines(self.hits, rows, now, sight.width)]
        if sight.view.scoped and rows:
            elsewhere = sum(not row.ended and not in_scope(row, sight.view) for row in rows.values())
            lines.insert(0, ("", scope_line(sight.view.folder, elsewhere, key_of(self, "board.scope"), sight.width)))
        self.sessions.rows.put(
            lines or ([("", line) for line in empty_board()] if self.store.feed.live and not rows else [])
        )
        kept = [held.text for held in self.store.drafts.of(self.draft).held if self.store.trouble]
        above = [*waiting_tasks(kept, width - 2), *self.files.lines(width - 2)]
        self.folder.show([*above, *folder_line(sight.view, width - 2, self.size.height)])
        self.sessions.draw_peek()

    def _note_of(self, session_id: str) -> str:
        """What stands in a row instead of what its session did last."""
        if self.bulk.is_leaving(session_id):
            return f"archived soon · {key_of(self, 'board.undo')} keeps it"
        return self.store.ran_last(session_id)

    def listed(self) -> list[Row]:
        return in_order(self.store.rows, self.store.view_file.view, self.wanted.text)

    def on_rows_opened(self, event: Rows.Opened) -> None:
        if (found := found_screen(self.store, event.session_id)) is not None:
            self.app.push_screen(found)

    # ── keys ──

    def action_mention(self) -> None:
        """Begin a task with a file or an agent, from the list."""
        self.set_focus(self.box)
        self.box.insert("@")
        # Only where the focus has come to the box does it complete anything.
        self.call_after_refresh(self.completion.look)

    def action_peek(self) -> None:
        self.sessions.peek.display = not self.sessions.peek.display
        self.call_after_refresh(self.redraw)

    def action_box(self) -> None:
        self.set_focus(self.box)

    def action_list(self) -> None:
        if self.focused is self.box and (completed := with_folder_completed(self.box.text)) is not None:
            self.box.set(completed)
            return
        self.set_focus(self.sessions.rows)

    def action_leave_box(self) -> None:
        self.set_focus(self.sessions.rows)

    async def action_open(self) -> None:
        """Enter in an empty box: open the session under the cursor; what is typed right behind it is for that session."""
        self.sessions.rows.action_open()
        await settled_up(self.sessions.rows)

    def action_point(self, lines: int) -> None:
        """An arrow in an empty box: move the list's cursor, and stay in the box."""
        self.sessions.rows.action_move(lines)

    def action_filter(self) -> None:
        self.wanted.display = True
        self.set_focus(self.wanted)

    def action_mode(self) -> None:
        """Choose the permission mode of new tasks."""
        view_file = self.store.view_file

        def taken(mode: str) -> None:
            view_file.put(replace(view_file.view, mode="" if mode == OWN_MODE else mode))
            self.redraw()

        self.app.push_screen(choose_mode(view_file.view.mode, taken))

    def action_scope(self) -> None:
        """Show the sessions of the folder that new tasks work on, or again all."""
        self.store.view_file.put(replace(self.store.view_file.view, scoped=not self.store.view_file.view.scoped))
        self.redraw()

    def action_close(self) -> None:
        """Close the innermost thing that is open."""
        if self.sessions.card.is_open:
            self.sessions.card.leave()
        elif self.line.display:
            self.line.close()
        elif self.recap.is_open:
            self.recap.close()
        elif self.bulk.marked:
            self.bulk.unmark()
        elif self.wanted.display:
            self.wanted.set("")
            self.wanted.display = False
            self.set_focus(self.sessions.rows)
        elif self.sessions.peek.display:
            self.action_peek()

    @property
    def _can_close(self) -> bool:
        """Whether there is something open that Esc closes: from the box, it leaves to the list what is open there."""
        if self.box.is_completing:
            return False
        if self.sessions.card.is_open or self.line.display or self.recap.is_open:
            return True
        return self.focused is not self.box and (
            bool(self.bulk.marked) or self.sessions.peek.display or self.wanted.display
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: PLR0911 - one return a key
        listed, row = self.sessions.has_keys, self.sessions.row
        match action:
            case "peek":
                return listed and row is not None
            case "filter" | "scope":
                return listed and bool(self.store.rows)
            case "close":
                return self._can_close
            case "leave_box":
                return self.focused is self.box and not self.box.is_completing and not self._can_close
            case "box" | "mention":
                return listed
            case "list":
                return self.focused in (self.box, self.wanted, self.line) and not self.box.is_completing
            case "open" | "point":
                return self.focused is self.box and not self.box.text.strip() and bool(self.sessions.rows.cursor)
        return super().check_action(action, parameters)

    # ── typing ──

    def _typed(self, text: str) -> None:
        was_empty = not self.store.drafts.of(self.draft).text.strip()
        self.store.drafts.typed(self.draft, text)
        self.files.look(text)
        if was_empty is bool(text.strip()):
            # Enter opens a session from an empty box only.
            self.refresh_bindings()

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted over the list was meant as text, and is none of its keys."""
        if self.sessions.has_keys:
            event.stop()
            self.set_focus(self.box)
            self.box.insert(event.text)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        if event.text_area.id == "filter":
            self.hits.want(wanted_words(event.text_area.text))
            self.redraw()

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        if event.prompt.id == "filter":
            self.set_focus(self.sessions.rows)
            event.prompt.display = bool(event.text.strip())
            return
        if not event.text.strip():
            self.sessions.rows.action_open()
            return
        try:
            view = self.store.view_file.view
            task = task_of(event.text, view.folder or None, is_here=not self.store.place)
            # A person's own command begins no turn.
            files = () if task.command else self.files.of(event.text)
            task = replace(task, mode=view.mode, files=files)
        except Unclear as unclear:
            self.notify(str(unclear), severity="warning")
            self._give_back(event.text)
            return
        self.act(self._begin(task, event.text))

    async def _begin(self, task: Task, line: str) -> None:
        # Kept until the session is there: an app that is killed meanwhile gives it back at the next start.
        held = self.store.drafts.hold(self.draft, line, "step")
        self.store.drafts.typed(self.draft, self.box.text)
        self.files.look(self.box.text)
        try:
            session_id = await self.store.begin(task)
        except (ApiError, EngineAway):
            self._give_back(line)
            raise
        finally:
            self.store.drafts.release(self.draft, held)
        self.store.view_file.put(replace(self.store.view_file.view, folder=task.folder or ""))
        self.sessions.rows.expect(session_id)
        self.redraw()
        if task.command:
            await self._run(session_id, task.command)

    async def _run(self, session_id: str, command: str) -> None:
        """Run a person's command in their new session's sandbox; one that could not be run waits in its prompt."""
        self.notify("in a new sandbox; it is in the session's transcript when it has ended", title=f"!{command}")
        try:
            ran = await self.store.run_command(session_id, command)
        except (ApiError, EngineAway):
            self.store.drafts.typed(session_id, f"!{command}")
            raise
        self.notify(ran.line)
        self.sessions.reread()

    def _give_back(self, line: str) -> None:
        """A line that started nothing stands in the box again, before what was typed meanwhile."""
        self.box.set("\n".join(part for part in (line, self.box.text) if part))
