"""A list of sessions with a cursor that stays with its session, and the peek beside it, which can answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from workbench.client.errors import EngineAway
from workbench.tui.render.board_lines import age
from workbench.tui.render.call_lines import BESIDE_FROM, prose
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.conversation import Conversation
from workbench.tui.state.rows import WAITING, Row
from workbench.tui.state.store import Store
from workbench.tui.state.troubles import trouble_of
from workbench.tui.widgets.approval_card import ACTIONS, ANSWERS, ApprovalCard
from workbench.tui.widgets.hints import key_of
from workbench.tui.widgets.sheet import Sheet
from workbench.tui.widgets.transcript import Transcript

READ_AFTER_S = 1.0
WIDE = 100
"""From so many columns on, the peek stands beside the list."""


class Rows(Sheet, can_focus=True):
    """Sessions, a line each; the cursor is a session and not a line, so that it stays when lines move."""

    DEFAULT_CSS = "Rows { height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "next", show=False, id="list.next"),
        Binding("up,k", "move(-1)", "previous", show=False, id="list.previous"),
        Binding("home,g", "move(-1000000)", "first", show=False, id="list.first"),
        Binding("end,G", "move(1000000)", "last", show=False, id="list.last"),
        Binding("enter,right", "open", "open", id="list.open"),
    ]

    class Moved(Message):
        """The cursor stands on another session."""

    class Resized(Message):
        """There is another width for the lines than the one that they were made for."""

    class Opened(Message):
        """This session is wanted."""

        def __init__(self, session_id: str) -> None:
            super().__init__()
            self.session_id = session_id

    def __init__(self) -> None:
        super().__init__(id="rows")
        self.cursor = ""
        self._expected = ""
        self._ids: list[str] = []

    def put(self, lines: Sequence[tuple[str, Text]]) -> None:
        """Show these lines; each with its session's id, empty where it is no session's."""
        known = [session_id for session_id, _ in lines if session_id]
        before = self._ids
        self._ids = [session_id for session_id, _ in lines]
        self.show([line for _, line in lines])
        if self._expected in known:
            self.point_at(self._expected)
            self._expected = ""
        if self.cursor not in known:
            place = min(before.index(self.cursor), len(self._ids) - 1) if self.cursor in before else 0
            behind = [session_id for session_id in self._ids[place:] if session_id]
            self.point_at((behind or known[-1:] or [""])[0])
        if before != self._ids and self.size.height and self.cursor in self._ids:
            # What comes above it moves it, also where two lines that read the same change places.
            self.keep_visible(self._ids.index(self.cursor))
            self.refresh()

    def expect(self, session_id: str) -> None:
        """Point at this session when it comes."""
        self._expected = session_id

    def point_at(self, session_id: str) -> None:
        if session_id != self.cursor:
            before, self.cursor = self.cursor, session_id
            top = self.top
            if session_id in self._ids:
                self.keep_visible(self._ids.index(session_id))
            if self.top != top:
                self.refresh()
            for one in (before, session_id):
                if one in self._ids:
                    self.refresh(Region(0, self._ids.index(one) - self.top, self.size.width, 1))
            self.post_message(self.Moved())

    def on_resize(self) -> None:
        if self.cursor in self._ids:
            self.keep_visible(self._ids.index(self.cursor))
        self.post_message(self.Resized())

    def action_move(self, lines: int) -> None:
        known = [session_id for session_id in self._ids if session_id]
        if self.cursor in known:
            place = known.index(self.cursor) + lines
            self.point_at(known[max(0, min(len(known) - 1, place))])

    def action_open(self) -> None:
        if self.cursor:
            self.post_message(self.Opened(self.cursor))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self.cursor) if action == "open" else True

    def on_click(self, event: events.Click) -> None:
        """A click points at a session, two open it."""
        place = event.y + self.top
        if place < len(self._ids) and self._ids[place]:
            self.point_at(self._ids[place])
            if event.chain > 1:
                self.action_open()

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        place = y + self.top
        if place < len(self._ids) and self._ids[place] and self._ids[place] == self.cursor:
            return self.pointed_at(strip)
        return strip

    def pointed_at(self, strip: Strip) -> Strip:
        """The cursor's line; while something else has the focus, a mark in its margin remembers it."""
        if self.has_focus:
            return strip.apply_style(self.get_component_rich_style("rows--cursor"))
        if not strip.text.startswith(" "):
            return strip
        return Strip([Segment("›", self.rich_style), *strip.crop(1)])

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cursor"}


class Peek(Vertical):
    """The last messages of a session and, when it waits, the whole call."""

    DEFAULT_CSS = """
    Peek { border-top: solid $panel-lighten-2; }
    Peek > #about { max-height: 8; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.about = Sheet(id="about")
        self.transcript = Transcript()
        self.card = ApprovalCard(beside=1)

    def compose(self) -> ComposeResult:
        yield from (self.about, self.transcript, self.card)

    def on_resize(self) -> None:
        # How much room the card has is said by the peek, also where the card itself stays as large as it was.
        self.card.fit()


class ListPlace(BaseScreen):
    """A list and its peek. The list keeps the focus, and while a call is shown its keys answer."""

    DEFAULT_CSS = """
    ListPlace #body { height: 1fr; layout: vertical; }
    ListPlace.-asking Rows { height: 1fr; }
    ListPlace.-asking Peek { height: 5fr; }
    ListPlace.-wide #body { layout: horizontal; }
    ListPlace Peek { height: 60%; width: 100%; }
    ListPlace.-wide Peek { height: 100%; width: 50%; border-top: none; border-left: solid $panel-lighten-2; }
    ListPlace.-beside.-asking Peek { width: 60%; }
    ListPlace Rows > .rows--cursor { background: $primary-muted; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        *ANSWERS,
        Binding("pageup", "scroll_peek(-1)", "scroll up", show=False, priority=True, id="list.scroll_up"),
        Binding("pagedown", "scroll_peek(1)", "scroll down", show=False, priority=True, id="list.scroll_down"),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.rows = Rows()
        self.peek = Peek()
        self._peeked: tuple[str, int] = ("", -1)
        self._reads = 0
        self._shown_read = 0
        self._listening = ""
        self._heard = Conversation("")

    def body(self) -> ComposeResult:
        # What the first resize would say of the width, said before anything is styled for another one.
        self.set_class(self.app.size.width < WIDE, "-narrow").set_class(self.app.size.width >= WIDE, "-wide")
        with Container(id="body"):
            yield self.rows
            yield self.peek

    @property
    def row(self) -> Row | None:
        """The session under the cursor."""
        return self.store.rows.get(self.rows.cursor)

    def visible_sessions(self) -> Collection[str]:
        return self.store.rows.keys()

    @property
    def card(self) -> ApprovalCard:
        return self.peek.card

    def draw_peek(self) -> None:
        """Show what the session under the cursor did last; asked of the engine again only when it did something."""
        row = self.row
        self.set_class(self.size.width >= BESIDE_FROM, "-beside")
        self.set_class(self.peek.display and self.store.approvals.first(row) is not None, "-asking")
        if not self.peek.display or row is None:
            self.card.ask(None)
            return
        waits = age(row.last_event_at, self.store.clock())
        said = f"waits {waits}" if row.mark is WAITING else row.mark.word
        about = Text.assemble((f"{row.mark.shape} {row.name}", "bold"), f"  {said}  {row.agent}  {row.project}")
        self.peek.about.show([about, *self._trouble_lines(row)])
        self.ask(self.card, row, f"waits {waits}")
        if self._peeked != (row.session_id, row.position):
            self._peeked = (row.session_id, row.position)
            self._reads += 1
            self.act(self._read(row.session_id, self._reads))
            self._listen(row)
            self.set_timer(READ_AFTER_S, lambda: self._was_read(row))

    def _trouble_lines(self, row: Row) -> list[Text]:
        """What is affected and the cause, whole, and the key that helps."""
        trouble = trouble_of(row)
        if trouble is None:
            return []
        lines = prose(f"{trouble.place}: {trouble.cause}", self.peek.size.width, "bold")
        if helps := key_of(self, trouble.action):
            events = key_of(self, "list.events")
            lines.append(Text.assemble((helps, "bold"), f" {trouble.says}  ", (events, "bold"), " its events"))
        return lines

    def tell_peek(self) -> None:
        """Something came that no event tells of: read again what the session did last."""
        self._peeked = ("", -1)
        self.redraw()

    def _was_read(self, row: Row) -> None:
        """After a moment under somebody's eyes, what a session said last is read."""
        seen = self.peek.display and self.is_current and self.app.app_focus
        if seen and self.row is not None and (self.row.session_id, self.row.position) == (row.session_id, row.position):
            self.store.look_at(row.session_id)
            self.redraw()

    async def _read(self, session_id: str, number: int) -> None:
        """Show what the session did last, unless a younger answer was faster; without an engine, as soon as it is back."""
        try:
            conversation = await self.store.recent(session_id)
        except EngineAway:
            self._peeked = ("", -1)
            return
        if session_id == self._peeked[0] and number > self._shown_read:
            self._shown_read = number
            self._show_tail(conversation)

    def _listen(self, row: Row) -> None:
        """Hear what a session at work says under the cursor; each event it writes is read by itself."""
        wanted = row.session_id if row.busy else ""
        if wanted != self._listening:
            self._listening = wanted
            self.run_worker(self._hear(wanted), group="peek", exclusive=True)

    async def _hear(self, session_id: str) -> None:
        if not session_id:
            return
        self._heard = heard = Conversation(session_id, cursor=self._peeked[1], is_begun=True)
        await self.store.follow(heard, lambda: self._show_tail(self.peek.transcript.conversation))

    def _show_tail(self, conversation: Conversation) -> None:
        """Show a conversation with what its session is saying, unless it has that already as a message."""
        tail = self._heard.tail if self._heard.session_id == conversation.session_id else None
        if tail is not None and any(block.id == tail.id for block in conversation.blocks):
            tail = None
        conversation.tail = tail
        self.peek.transcript.show(conversation)

    def on_rows_moved(self) -> None:
        """Only the peek and the keys depend on the cursor: the list, which may be long, stays as it is."""
        self.draw_peek()
        self.refresh_bindings()

    def on_rows_resized(self) -> None:
        self.redraw()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        self.workbench.open_session(event.session_id)

    def action_answer(self, what: str) -> None:
        self.card.action_answer(what)

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

    def action_scroll_peek(self, pages: int) -> None:
        if self.card.display:
            self.card.scroll_pages(pages)
        else:
            transcript = self.peek.transcript
            transcript.scroll_by(pages * max(1, transcript.size.height - 1))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ACTIONS:
            # While the card still asks about the one that the cursor has left, no key is an answer.
            row, asked = self.row, self.card.approval
            here = row is not None and asked is not None and asked.session_id == row.session_id
            return self.focused is self.rows and here and self.card.check_action(action, parameters)
        if action == "scroll_peek":
            return bool(self.peek.display)
        return True
