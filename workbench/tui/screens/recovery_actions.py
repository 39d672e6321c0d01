"""What helps a session that cannot go on: trying again, raising its budget, or looking at what happened to it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from workbench.client import budgets
from workbench.tui.state.budgets import BudgetLimit, budget_limit
from workbench.tui.state.rows import Row
from workbench.tui.state.store import Store
from workbench.tui.state.troubles import trouble_of, trouble_text
from workbench.tui.widgets.hints import key_of
from workbench.tui.widgets.prompt import Prompt
from workbench.tui.widgets.session_list import ListPlace


class Mending(ListPlace):
    """A list with a line to type into; every row in trouble says which key helps."""

    DEFAULT_CSS = "Mending > #line { display: none; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "again", "try again", id="list.again"),
        Binding("b", "budget", "raise the budget", id="list.budget"),
        Binding("l", "events", "its events", show=False, id="list.events"),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.line = Prompt("", keeps=True, name="line")
        self.asked_for = ""
        self._ceiling: BudgetLimit | None = None
        self._keys_of: object = None
        self._keys: dict[str, str] = {}

    def question_of(self, row: Row, width: int = 200) -> str:
        """What a session that needs a person says: its question, or its trouble with the key that helps."""
        trouble = trouble_of(row)
        if trouble is None:
            return self.store.approvals.question(row)
        return trouble_text(trouble, self._key(trouble.action), width)

    def _key(self, action: str) -> str:
        """As the live key map has it, which is looked through once as long as it stays."""
        if self._keys_of is not self.app._keymap:
            self._keys_of, self._keys = self.app._keymap, {}
        if action not in self._keys:
            self._keys[action] = key_of(self, action)
        return self._keys[action]

    def cause_of(self, row: Row, width: int = 200) -> str:
        """The same where no cursor stands, and therefore no key helps."""
        trouble = trouble_of(row)
        return self.store.approvals.question(row) if trouble is None else trouble_text(trouble, "", width)

    def action_again(self) -> None:
        """The next message makes a failed session go on; it is sent once, however often the key comes."""
        if self.row is not None:
            self.store.try_again(self.row.session_id)
            self.notify("it is asked to go on where it stopped", title=self.row.name, timeout=2)

    def action_events(self) -> None:
        if self.row is not None:
            # Late, as every place that one goes to.
            from workbench.tui.screens.details import Details

            self.app.push_screen(Details(self.store, self.row.session_id, "events"))

    def action_budget(self) -> None:
        if self.row is not None:
            self.act(budget_limit(self.store.engine, self.row.session_id), self._ask_for_budget)

    def _ask_for_budget(self, found: BudgetLimit) -> None:
        self._ceiling = found
        self.ask_for("budget", found.suggested, f"dollars, or none · {found.text} · Enter sets it, Esc leaves it")
        self.notify(found.text, title="its budget is reached")

    def ask_for(self, what: str, text: str, placeholder: str) -> None:
        """Open the line."""
        self.asked_for = what
        self.line.placeholder, self.line.display = Content(placeholder), True
        self.line.set(text)
        self.set_focus(self.line)

    def close_line(self) -> None:
        self.line.display = False
        self.set_focus(self.rows)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        if event.prompt is self.line:
            self.named(event.text)

    def named(self, text: str) -> None:
        """What was typed into the line."""
        if self.asked_for != "budget" or self._ceiling is None:
            return
        try:
            budget = budgets.budget(text.strip())
        except ValueError as unclear:
            self.notify(str(unclear), severity="warning")
            return
        # It closes when the engine has taken it: what is refused can be changed.
        self.act(self.store.engine.post(self._ceiling.path, {"budget": budget}), lambda _: self.close_line())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("again", "budget"):
            trouble = trouble_of(self.row) if self.focused is self.rows and self.row else None
            return trouble is not None and trouble.action == f"list.{action}"
        if action == "events":
            return self.focused is self.rows and self.row is not None
        return super().check_action(action, parameters)
