"""A call that waits for a person: shown whole, answered by one key, and never by a key that was meant for something else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar, Literal, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from workbench.text.display import exact, safe
from workbench.tui.app_protocol import AppProtocol
from workbench.tui.render.approval_lines import always_lines, offered, risk_lines, twins_words, why_lines
from workbench.tui.render.call_lines import call_lines
from workbench.tui.state.approvals import (
    EDITS,
    Answer,
    Approval,
    Edit,
    Twin,
    asks_to,
    draft_of,
    unfit_reply,
)
from workbench.tui.state.rows import Row
from workbench.tui.state.store import Store
from workbench.tui.widgets.approval_keys import ACTIONS, ANSWERS
from workbench.tui.widgets.prompt import Prompt
from workbench.tui.widgets.sheet import Sheet

Json = dict[str, Any]
Mode = Literal["ask", "comment", "edit", "always"]

GRACE_S = 0.4
"""A card that has just come or changed takes no answer: the key was meant for what was there before."""


class ApprovalCard(Vertical, can_focus=True):
    """Asks about one call; hidden while none waits."""

    DEFAULT_CSS = """
    ApprovalCard { height: auto; border: round $warning; padding: 0 1; display: none; }
    ApprovalCard:focus { border: heavy $warning; }
    ApprovalCard > Prompt { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = ANSWERS

    class Answered(Message):
        """A person decided about this call, and about those that are the same where they chose so."""

        def __init__(self, session_id: str, call: Json, answer: Answer, twins: tuple[Twin, ...]) -> None:
            super().__init__()
            self.session_id = session_id
            self.call = call
            self.answer = answer
            self.twins = twins

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        *,
        beside: int = 3,
        height: Callable[[], int] | None = None,
    ) -> None:
        super().__init__(id="card")
        self.beside = beside
        """The lines that are needed besides the card where there are few."""
        self._height = height or self._height_of_parent
        """The lines that the card shares with what stands beside it."""
        self.approval: Approval | None = None
        self.mode: Mode = "ask"
        self._now = now
        self._shown_at = 0.0
        """When what it asks was painted."""
        self._is_painted = True
        self._comment = ""
        self._for_all = False
        self._seen = 0
        self._needed = 0
        self._return_to: Widget | None = None
        self._next: tuple[Approval | None] | tuple[()] = ()
        """What is asked as soon as the line is closed, in which somebody writes for a call that was answered elsewhere."""
        self._call = Sheet()
        self._box = Prompt("", keeps=True, name="comment")

    def compose(self) -> ComposeResult:
        yield from (self._call, self._box)

    @property
    def call(self) -> Json | None:
        return self.approval.call if self.approval else None

    @property
    def edit(self) -> Edit | None:
        """How a person may change what it asks about."""
        return EDITS.get(self.call["name"]) if self.call is not None else None

    @property
    def answerable(self) -> bool:
        """Whether there is a call that a person, and not a program, can answer."""
        return self.approval is not None and self.approval.is_answerable

    @property
    def scrolls(self) -> bool:
        """Whether the call has more lines than there is room for."""
        return len(self._call.lines) > self._call.size.height

    @property
    def typing(self) -> bool:
        """Whether its line has the focus."""
        return self.is_attached and self.screen.focused is self._box

    @property
    def is_open(self) -> bool:
        """Whether something of the card is open that Escape closes first."""
        return self.mode != "ask"

    def ask(self, approval: Approval | None) -> None:
        """Ask about this call, or about nothing."""
        changed = (approval.call if approval else {}).get("id") != (self.call or {}).get("id")
        if changed and self.typing:
            # Whoever writes goes on: the next letters would be keys of the list.
            self._next = (approval,)
            self._say_state()
            return
        self._next = ()
        same, was_told = approval == self.approval, bool(self.approval and self.approval.explanation)
        self.approval = approval
        self.display = approval is not None
        if changed:
            self._comment, self._for_all, self._seen = "", False, 0
            self._show_anew()
            self._call.top = 0
            self.leave()
            self.screen.refresh_bindings()
        if approval is None or same:
            return
        if approval.explanation and not was_told:
            # What stands there has moved, and has to be seen again.
            self._show_anew()
        self.border_title = Content(f"? {safe(approval.who)} {exact(asks_to(approval.call))} · {approval.waits}")
        self._show()

    def ask_about(self, store: Store, row: Row | None, waits: str) -> None:
        """Ask about the first call that a session waits for, or about nothing; the engine is asked to explain the call."""
        approval = store.approvals.of(row, store.rows, waits)
        if approval is not None and approval.explanation is None and approval.is_explained:
            cast("AppProtocol", self.app).act(store.approvals.explain(approval.session_id, approval.call["id"]))
        self.ask(approval)

    def _height_of_parent(self) -> int:
        return self.parent.size.height if isinstance(self.parent, Widget) else 0

    def _show_anew(self) -> None:
        """Nobody has seen what it asks before that is painted, however long a busy screen takes."""
        self._is_painted = False
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        if not self._is_painted:
            self._is_painted, self._shown_at = True, self._now()

    def on_resize(self) -> None:
        self.fit()

    def fit(self) -> None:
        """There is another room for it."""
        # What had room before says nothing about what is on the screen now.
        self._seen = 0
        self._show()

    # ── what it shows ──

    def _show(self) -> None:
        if self.approval is None or not self.size.width:
            return
        width = max(20, self.size.width - 4)
        if not (height := self._height()):
            # Shown before it was laid out.
            self.call_after_refresh(self._show)
            return
        # The rest of the screen keeps a third, and in a small one what cannot be done without; border and comment their lines.
        kept = self.beside + 3
        self._call.styles.max_height = max(2, height - kept if height < 18 else height * 2 // 3 - 3)
        if self.mode == "always":
            self._call.show(always_lines(self.approval, width))
        else:
            explanation = self.approval.explanation or {}
            lines = [*risk_lines(explanation, width), *call_lines(self.approval.call, width, self.app.size.width)]
            self._needed = len(lines)
            self._call.show([*lines, *why_lines(explanation, width)])
        self.call_after_refresh(self._say_state)

    def scroll_pages(self, pages: int) -> None:
        """Move by what is to be seen at once, less a line that stays."""
        self._call.scroll_rows(pages * max(1, self._call.size.height - 1))
        self._say_state()

    def _unseen(self) -> int:
        """How many lines of the call have not been on the screen yet."""
        self._seen = max(self._seen, self._call.top + self._call.size.height)
        return max(0, self._needed - self._seen)

    def _say_state(self, warning: str = "") -> None:
        said = [warning] if warning else []
        if state := self._state(is_warned=bool(warning)):
            said.append(state)
        if self.approval is not None and self.approval.twins:
            said.append(twins_words(len(self.approval.twins), for_all=self._for_all))
        if self._comment:
            said.append(f"with: {self._comment}")
        self.border_subtitle = Content(" · ".join(said))

    def _state(self, *, is_warned: bool) -> str:
        """What is to be done next, or what stands in the way."""
        unseen = self._unseen() if self.is_attached and self._call.size.height else 0
        if self._next:
            return "it is answered already · Esc"
        if not self.answerable:
            return "only the program that owns this tool can answer"
        if self.mode == "edit":
            return f"{self.edit.enter} · Esc back" if self.edit else "Esc back"
        if unseen and not is_warned:
            return f"{unseen} more lines: PgDn"
        return "y answers · n declines" if self.approval and self.approval.wants_words else ""

    # ── answering ──

    @property
    def is_new(self) -> bool:
        """Whether nobody can have read it yet."""
        return not self._is_painted or self._now() - self._shown_at < GRACE_S

    def _too_soon(self) -> bool:
        """Whether a key came before anybody can have read the card; it then has to wait once more."""
        if self.is_new:
            self._shown_at = self._now()
            self._say_state("too soon to have been read: press it again")
            return True
        return False

    def _decide(self, answer: Answer) -> None:
        if self.approval is not None:
            changed = answer.command is not None or answer.plan is not None
            twins = self.approval.twins if self._for_all and not changed else ()
            self.post_message(self.Answered(self.approval.session_id, self.approval.call, answer, twins))

    def action_answer(self, what: str) -> None:
        """Allow or deny, unless the card has just come or its end was not on the screen; a line that opens sends nothing yet."""
        if not self.answerable or self._too_soon():
            return
        if what == "allow" and self._unseen():
            self._say_state("you have not seen all of it: PgDn")
        else:
            self._decide(Answer(what == "allow", self._comment))

    def action_everyone(self) -> None:
        """Answer those that ask for the same together with this one, or again only this one."""
        self._for_all = not self._for_all
        self._say_state()

    def action_always(self) -> None:
        """Show the rules that would allow such calls for good."""
        if self._too_soon():
            return
        if self._unseen():
            self._say_state("you have not seen all of it: PgDn")
        else:
            self.mode, self._call.top = "always", 0
            self._show()
            self.screen.refresh_bindings()

    def action_pick(self, number: int) -> None:
        """Take one of the rules, and allow this call."""
        rules = offered(self.approval) if self.approval else []
        if number <= len(rules):
            self._decide(Answer(allow=True, comment=self._comment, rule=rules[number - 1][0]))
            self.leave()

    def action_comment(self) -> None:
        """Open the line for a comment."""
        self._open("comment", self._comment, "a comment · Enter keeps it, then y or n sends it")

    def action_edit(self) -> None:
        """Change the command, to run it in place of the call."""
        if self.call is not None and self.edit is not None and not self._too_soon():
            self._open("edit", draft_of(self.call), self.edit.what)
            if self.approval and self.approval.wants_words:
                self._box.move_cursor((0, len(self._box.document.get_line(0))))

    action_reply = action_edit
    """Opens the line for the answer to a question that takes words."""

    def _open(self, mode: Mode, text: str, placeholder: str) -> None:
        self._return_to, self.mode = self.screen.focused, mode
        self._box.placeholder, self._box.display = placeholder, True
        self._box.set(text)
        self.screen.set_focus(self._box)
        self._say_state()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action not in ACTIONS:
            return True
        if action == "pick":
            return self.mode == "always"
        words = self.approval is not None and self.approval.wants_words
        possible = {
            "always": bool(self.approval and (self.approval.explanation or {}).get("offers")),
            "edit": self.edit is not None,
            "everyone": bool(self.approval and self.approval.twins),
            "reply": words,
            "answer": parameters != ("allow",) or not words,
        }
        return self.answerable and self.mode == "ask" and possible.get(action, True)

    def leave(self) -> None:
        """Close what is open in the card, and drop what was typed there."""
        had_focus, was = self.typing, self.mode
        self.mode, self._box.display = "ask", False
        self._box.set("")
        if had_focus and self._return_to is not None:
            self.screen.set_focus(self._return_to)
        if was == "always":
            self._call.top = 0
            self._show()
        if was != "ask":
            self.screen.refresh_bindings()
            self._say_state()
        for approval in self._next:
            self.ask(approval)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        event.stop()
        if self.call is not None and self.mode == "edit" and (unfit := unfit_reply(self.call, event.text)):
            self._say_state(exact(unfit))
            return
        text, mode, is_over = event.text.strip(), self.mode, bool(self._next)
        self.leave()
        if is_over:
            self.notify("it was answered already: nothing was sent", severity="warning")
        elif mode == "comment":
            self._comment = text
            self._say_state()
        elif text and self.edit is not None:
            self._decide(self.edit.answer(text))
