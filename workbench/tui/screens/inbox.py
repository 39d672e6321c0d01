"""The Inbox: every approval and failure, oldest first, each whole beside the list and answered there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.tui.render.board_lines import DIM, QuestionText, needing_line
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.peek_actions import PeekActions
from workbench.tui.screens.recovery_actions import RecoveryActions
from workbench.tui.state.approvals import same
from workbench.tui.state.rows import WORKING, Row, needing_you
from workbench.tui.state.store import Store
from workbench.tui.widgets.line_input import LineInput
from workbench.tui.widgets.session_list import BREAKPOINTS, SessionList, apply_breakpoints


class Inbox(BaseScreen):
    """The sessions that need a person."""

    heading = "Inbox"
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = [
        *PeekActions.BINDINGS,
        *RecoveryActions.BINDINGS,
        Binding("escape", "close", "back", priority=True, id="inbox.close"),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.sessions = SessionList(store)
        self.line = LineInput(self.sessions.rows)
        self.recovery = RecoveryActions(self, self.sessions, self.line)
        self.hold(PeekActions(self, self.sessions), self.recovery)

    def content(self) -> ComposeResult:
        apply_breakpoints(self)
        yield from (self.sessions, self.line)

    def on_mount(self) -> None:
        self.set_focus(self.sessions.rows)

    def visible_sessions(self) -> Collection[str]:
        return self.store.rows.keys()

    def draw(self) -> None:
        now, needing = self.store.clock(), needing_you(self.store.rows)
        width = self.sessions.rows.size.width or self.size.width
        lines = [
            (rows[0].session_id, needing_line(rows[0], self._counted(len(rows)), now, width))
            for rows in self._folded(needing)
        ]
        working = sum(row.mark is WORKING for row in self.store.rows.values())
        self.sessions.peek.display = bool(needing)
        self.sessions.rows.put(lines or [("", Text(f" Nothing needs you. {working} working.", DIM))])
        self.sessions.draw_peek()

    def _counted(self, alike: int) -> QuestionText:
        """What a row says, after how many ask the same."""
        counted = f"×{alike} " if alike > 1 else ""
        return lambda row, width: counted + self.recovery.question_of(row, width - len(counted))

    def _folded(self, needing: Sequence[Row]) -> list[list[Row]]:
        """The rows, those that ask for exactly the same together, behind the oldest of them."""
        folded: list[list[Row]] = []
        for row in needing:
            call = self.store.approvals.first(row)
            calls = [self.store.approvals.first(group[0]) for group in folded]
            place = next((n for n, one in enumerate(calls) if call and one and same(call, one)), None)
            if place is None:
                folded.append([row])
            else:
                folded[place].append(row)
        return folded

    def action_close(self) -> None:
        if self.sessions.card.is_open:
            self.sessions.card.leave()
        elif self.line.display:
            self.line.close()
        else:
            self.workbench.action_out()
