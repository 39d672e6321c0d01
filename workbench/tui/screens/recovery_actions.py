"""Actions for a session that cannot go on: trying again, raising its budget, or looking at its events."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.session_actions import SessionActions
from workbench.tui.state.budgets import BudgetLimit
from workbench.tui.state.rows import Row
from workbench.tui.state.troubles import trouble_of, trouble_text
from workbench.tui.widgets.hints import key_of
from workbench.tui.widgets.line_input import LineInput
from workbench.tui.widgets.session_list import SessionList


class RecoveryActions(Actions):
    """Keys for the session under the cursor of a list; every row in trouble says which of them helps."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "again", "try again", id="list.again"),
        Binding("b", "budget", "raise the budget", id="list.budget"),
        Binding("l", "events", "events", show=False, id="list.events"),
    ]

    def __init__(self, screen: BaseScreen, sessions: SessionList, line: LineInput) -> None:
        super().__init__(screen)
        self._sessions = sessions
        self._line = line
        self._do = SessionActions(screen.store, screen.act)
        self._keymap: object = None
        self._keys: dict[str, str] = {}

    def question_of(self, row: Row, width: int = 200) -> str:
        """The question of a session that needs a person, or its trouble with the key that helps."""
        trouble = trouble_of(row)
        if trouble is None:
            return self.store.approvals.question(row)
        return trouble_text(trouble, self._key(trouble.action), width)

    def cause_of(self, row: Row, width: int = 200) -> str:
        """The same where no cursor stands, and therefore no key helps."""
        trouble = trouble_of(row)
        return self.store.approvals.question(row) if trouble is None else trouble_text(trouble, "", width)

    def _key(self, action: str) -> str:
        """As the live key map has it, which is looked through once as long as it stays."""
        if self._keymap is not self.screen.app._keymap:
            self._keymap, self._keys = self.screen.app._keymap, {}
        if action not in self._keys:
            self._keys[action] = key_of(self.screen, action)
        return self._keys[action]

    def action_again(self) -> None:
        """The next message makes a failed session go on; it is sent once, however often the key comes."""
        if (row := self._sessions.row) is not None:
            self.store.try_again(row.session_id)
            self.screen.notify("asked to go on where it stopped", title=row.name, timeout=2)

    def action_events(self) -> None:
        if (row := self._sessions.row) is not None:
            # Late, as every screen that one goes to.
            from workbench.tui.screens.details import Details

            self.screen.app.push_screen(Details(self.store, row.session_id, "events"))

    def action_budget(self) -> None:
        if (row := self._sessions.row) is not None:
            self._do.find_budget(row.session_id, self._ask_for_budget)

    def _ask_for_budget(self, limit: BudgetLimit) -> None:
        def given(text: str) -> None:
            try:
                # It closes when the engine has taken it: what is refused can be changed.
                self._do.set_budget(limit, text, lambda _: self._line.close())
            except ValueError as unclear:
                self.screen.notify(str(unclear), severity="warning")

        asked = f"dollars, or none · {limit.text} · Enter sets it, Esc leaves it"
        self._line.open(limit.suggested, asked, given)
        self.screen.notify(limit.text, title="budget reached")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        row = self._sessions.row if self._sessions.has_keys else None
        if row is None or action == "events":
            return row is not None
        trouble = trouble_of(row)
        return trouble is not None and trouble.action == f"list.{action}"
