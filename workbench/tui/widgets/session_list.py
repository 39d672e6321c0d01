"""A list of sessions and the peek beside it, which shows the session under the cursor and can answer its call."""

from __future__ import annotations

from typing import Any, ClassVar, Final, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen

from workbench.client.errors import EngineAway
from workbench.tui.app_protocol import AppProtocol
from workbench.tui.render.board_lines import age
from workbench.tui.render.call_lines import BESIDE_FROM, prose
from workbench.tui.render.input_status import progress_lines
from workbench.tui.state.conversation import Conversation
from workbench.tui.state.rows import WAITING, Row
from workbench.tui.state.search_hits import memory_of, place_of
from workbench.tui.state.store import Store
from workbench.tui.state.troubles import trouble_of
from workbench.tui.widgets.approval_card import ApprovalCard
from workbench.tui.widgets.approval_keys import ACTIONS, ANSWERS
from workbench.tui.widgets.hints import key_of
from workbench.tui.widgets.peek import Peek
from workbench.tui.widgets.rows import Rows

READ_AFTER_S: Final = 1.0
WIDE: Final = 100
"""From so many columns on, the peek stands beside the list."""
BREAKPOINTS: Final = [(0, "-narrow"), (WIDE, "-wide")]
"""For the screens with such a list."""


class SessionList(Container):
    """The list keeps the focus, and while a call is shown its keys answer."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    SessionList { height: 1fr; layout: vertical; }
    SessionList.-asking Rows { height: 1fr; }
    SessionList.-asking Peek { height: 5fr; }
    .-wide SessionList { layout: horizontal; }
    SessionList Peek { height: 60%; width: 100%; }
    .-wide SessionList Peek { height: 100%; width: 50%; border-top: none; border-left: solid $panel-lighten-2; }
    SessionList.-beside.-asking Peek { width: 60%; }
    SessionList Rows > .rows--cursor { background: $primary-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = ANSWERS

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.rows = Rows()
        self.peek = Peek()
        self._store = store
        self._peeked: tuple[str, int] = ("", -1)
        self._reads = 0
        self._shown_read = 0
        self._listening = ""
        self._heard = Conversation("")

    def compose(self) -> ComposeResult:
        yield from (self.rows, self.peek)

    @property
    def _workbench(self) -> AppProtocol:
        return cast("AppProtocol", self.app)

    @property
    def row(self) -> Row | None:
        """The session under the cursor, or the one in which the line under it was said."""
        found = place_of(self.rows.cursor)
        return self._store.rows.get(found[0] if found else self.rows.cursor)

    @property
    def card(self) -> ApprovalCard:
        return self.peek.card

    @property
    def has_keys(self) -> bool:
        """Whether letters are keys of the list."""
        return self.screen.focused is self.rows

    # ── the peek ──

    def draw_peek(self) -> None:
        """Show what the session under the cursor did last; asked of the engine again only when it did something."""
        row = self.row
        self.set_class(self.screen.size.width >= BESIDE_FROM, "-beside")
        self.set_class(self.peek.display and self._store.approvals.first(row) is not None, "-asking")
        if not self.peek.display or row is None:
            self.card.ask(None)
            return
        waits = age(row.last_event_at, self._store.clock())
        stands = f"waits {waits}" if row.mark is WAITING else row.mark.word
        about = Text.assemble((f"{row.mark.shape} {row.name}", "bold"), f"  {stands}  {row.agent}  {row.project}")
        progress = progress_lines(row, self._store.clock(), self.peek.size.width)
        self.peek.about.show([about, *progress, *self._trouble_lines(row)])
        self.card.ask_about(self._store, row, f"waits {waits}")
        if self._peeked != (row.session_id, row.position):
            self._peeked = (row.session_id, row.position)
            self._reads += 1
            self._workbench.act(self._read(row.session_id, self._reads))
            self.set_timer(READ_AFTER_S, lambda: self._was_read(row))
        self._listen(row)

    def _trouble_lines(self, row: Row) -> list[Text]:
        """What is affected and the cause, whole, and the key that helps."""
        trouble = trouble_of(row)
        if trouble is None:
            return []
        lines = prose(f"{trouble.place}: {trouble.cause}", self.peek.size.width, "bold")
        if helps := key_of(self.screen, trouble.action):
            events = key_of(self.screen, "list.events")
            lines.append(Text.assemble((helps, "bold"), f" {trouble.says}  ", (events, "bold"), " events"))
        return lines

    def reread(self) -> None:
        """Read again what the session did last: something came that no event tells of."""
        self._peeked = ("", -1)
        self._workbench.redraw()

    def _was_read(self, row: Row) -> None:
        """After a moment under somebody's eyes, what a session said last is read."""
        seen = self.peek.display and self.screen.is_current and self.app.app_focus
        if seen and self.row is not None and (self.row.session_id, self.row.position) == (row.session_id, row.position):
            self._store.look_at(row.session_id)
            self._workbench.redraw()

    async def _read(self, session_id: str, number: int) -> None:
        """Show what the session did last, unless a younger answer was faster; without an engine, as soon as it is back."""
        try:
            conversation = await self._store.recent(session_id)
        except EngineAway:
            self._peeked = ("", -1)
            return
        if session_id == self._peeked[0] and number > self._shown_read:
            self._shown_read = number
            self._show_tail(conversation)

    def _listen(self, row: Row) -> None:
        """Hear what a session at work says under the cursor; each event it writes is read by itself."""
        wanted = row.session_id if row.busy or self._store.running_commands[row.session_id] else ""
        if wanted != self._listening:
            self._listening = wanted
            self.run_worker(self._hear(wanted), group="peek", exclusive=True)

    async def _hear(self, session_id: str) -> None:
        if not session_id:
            return
        self._heard = heard = Conversation(session_id, cursor=self._peeked[1], is_begun=True)
        await self._store.follow(heard, lambda: self._show_tail(self.peek.transcript.conversation))

    def _show_tail(self, conversation: Conversation) -> None:
        """Show a conversation with what its session is saying and printing, unless it has that already as a message."""
        is_heard = self._heard.session_id == conversation.session_id
        tail = self._heard.tail if is_heard else None
        if tail is not None and any(block.id == tail.id for block in conversation.blocks):
            tail = None
        conversation.tail = tail
        conversation.outputs = self._heard.outputs if is_heard else {}
        if is_heard:
            conversation.show_commands(self._heard)
        self.peek.transcript.show(conversation)

    # ── the list ──

    def on_rows_moved(self) -> None:
        """Only the peek and the keys depend on the cursor: the list, which may be long, stays as it is."""
        self.draw_peek()
        self.screen.refresh_bindings()

    def on_rows_resized(self) -> None:
        self._workbench.redraw()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        # A line that was found in a session or a store is its screen's to open.
        if place_of(event.session_id) is None and memory_of(event.session_id) is None:
            event.stop()
            self._workbench.open_session(event.session_id)

    # ── answers ──

    def action_answer(self, what: str) -> None:
        self.card.action_answer(what)

    def action_reply(self) -> None:
        self.card.action_reply()

    def action_always(self) -> None:
        self.card.action_always()

    def action_pick(self, number: int) -> None:
        self.card.action_pick(number)

    def action_everyone(self) -> None:
        self.card.action_everyone()

    def action_comment(self) -> None:
        self.card.action_comment()

    def action_edit(self) -> None:
        self.card.action_edit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action not in ACTIONS:
            return True
        # While the card still asks about the one that the cursor has left, no key is an answer.
        row, approval = self.row, self.card.approval
        here = row is not None and approval is not None and approval.session_id == row.session_id
        return self.has_keys and here and self.card.check_action(action, parameters)


def apply_breakpoints(screen: Screen[Any]) -> None:
    """Say at once what the first resize would say of the width, before anything is styled for another one."""
    width = screen.app.size.width
    screen.set_class(width < WIDE, "-narrow").set_class(width >= WIDE, "-wide")
