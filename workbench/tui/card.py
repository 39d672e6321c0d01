"""A call that waits for a person: shown whole, answered by one key, and never by a key that was meant for something else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar, Final

from rich.cells import chop_cells
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from workbench.text import call_text, safe
from workbench.tui.prompt import Prompt
from workbench.tui.sheet import Sheet

Json = dict[str, Any]

GRACE_S = 0.4
"""A card that has just come or changed takes no answer: the key was meant for what was there before."""

ANSWERS: Final[list[BindingType]] = [
    Binding("y", "answer('allow')", "allow", id="card.allow"),
    Binding("n", "answer('deny')", "deny", id="card.deny"),
    Binding("c", "comment", "comment", id="card.comment"),
]


class Card(Vertical, can_focus=True):
    """Asks about one call; hidden while none waits."""

    DEFAULT_CSS = """
    Card { height: auto; border: round #E69F00; padding: 0 1; display: none; }
    Card:focus { border: heavy #E69F00; }
    Card > #comment { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = ANSWERS

    class Answered(Message):
        """A person decided about this call."""

        def __init__(self, session_id: str, call: Json, *, allow: bool, comment: str) -> None:
            super().__init__()
            self.session_id = session_id
            self.call = call
            self.allow = allow
            self.comment = comment

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(id="card")
        self.call: Json | None = None
        self._session_id = ""
        self._now = now
        self._shown_at = 0.0
        self._comment = ""
        self._seen = 0
        self._return_to: Widget | None = None
        self._call = Sheet()
        self._box = Prompt("a comment · Enter keeps it, then y or n sends it", keeps=True, name="comment")

    def compose(self) -> ComposeResult:
        yield from (self._call, self._box)

    @property
    def answerable(self) -> bool:
        """Whether there is a call that a person, and not a program, can answer."""
        return self.call is not None and self.call["type"] != "agent.custom_tool_use"

    @property
    def scrolls(self) -> bool:
        """Whether the call has more lines than there is room for."""
        return len(self._call.lines) > self._call.size.height

    @property
    def commenting(self) -> bool:
        return self.is_attached and self.screen.focused is self._box

    def ask(self, session_id: str, call: Json | None, waits: str, who: str) -> None:
        """Ask about this call, or about nothing."""
        changed = (call or {}).get("id") != (self.call or {}).get("id")
        self.call, self._session_id = call, session_id
        self.display = call is not None
        if changed:
            self._shown_at, self._comment, self._seen = self._now(), "", 0
            self._call.top = 0
            self._close_comment()
            self.screen.refresh_bindings()
        if call is None:
            return
        self.border_title = Content(f"? {safe(who)} wants to use {safe(call['name'])} · {waits}")
        self._show_call()

    def on_resize(self) -> None:
        self._show_call()

    def _show_call(self) -> None:
        if self.call is not None and self.size.width:
            # The rest of the place keeps a third, and border and comment their lines.
            self._call.styles.max_height = max(2, self.container_size.height * 2 // 3 - 3)
            self._call.show(_wrapped(call_text(self.call), max(20, self.size.width - 4)))
            self.call_after_refresh(self._say_state)

    def scroll_rows(self, rows: int) -> None:
        self._call.scroll_rows(rows)
        self._say_state()

    def answer(self, what: str) -> None:
        """Allow or deny, unless the card has just come or its end was not on the screen."""
        if not self.answerable or self.call is None:
            return
        if self._now() - self._shown_at < GRACE_S:
            self._shown_at = self._now()
            return
        if what == "allow" and self._unseen():
            self._say_state("you have not seen all of it: PgDn")
            return
        self.post_message(self.Answered(self._session_id, self.call, allow=what == "allow", comment=self._comment))

    def comment(self) -> None:
        """Open the line for a comment."""
        if not self.answerable:
            return
        self._return_to = self.screen.focused
        self._box.display = True
        self._box.set(self._comment)
        self.screen.set_focus(self._box)

    def action_answer(self, what: str) -> None:
        self.answer(what)

    def action_comment(self) -> None:
        self.comment()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.answerable and not self.commenting if action in ("answer", "comment") else True

    def leave_comment(self) -> None:
        """Drop what was typed as a comment."""
        self._close_comment()

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        event.stop()
        self._comment = event.text.strip()
        self._close_comment()
        self._say_state()

    def _close_comment(self) -> None:
        had_focus = self.commenting
        self._box.display = False
        self._box.set("")
        if had_focus and self._return_to is not None:
            self.screen.set_focus(self._return_to)

    def _unseen(self) -> int:
        """How many lines of the call have not been on the screen yet."""
        self._seen = max(self._seen, self._call.top + self._call.size.height)
        return max(0, len(self._call.lines) - self._seen)

    def _say_state(self, warning: str = "") -> None:
        unseen = self._unseen() if self.is_attached and self._call.size.height else 0
        said = [warning] if warning else []
        if not self.answerable:
            said.append("only the program that owns this tool can answer")
        elif unseen and not warning:
            said.append(f"{unseen} more lines: PgDn")
        if self._comment:
            said.append(f"with: {self._comment}")
        self.border_subtitle = Content(" · ".join(said))


def _wrapped(text: str, width: int) -> list[Text]:
    """Every line of the text, none of them cut."""
    lines: list[Text] = []
    for line in text.expandtabs(4).splitlines() or [""]:
        lines += [Text(piece) for piece in chop_cells(line, width) or [""]]
    return lines
