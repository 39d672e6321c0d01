"""Events of a session as a list in which each opens to its JSON, with a filter and older pages as they are wanted."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from rich.text import Text
from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.tui.render.board_lines import DIM, in_place
from workbench.tui.render.event_lines import event_line, fits, json_lines, moment_of
from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.event_log import PAGE, EventLog
from workbench.tui.widgets.line_input import LineInput
from workbench.tui.widgets.rows import Rows

Json = dict[str, Any]

OLDER: Final = "older"
"""The id of the first line while there are older events than those above which it stands."""
_WITHIN: Final = " "
"""Between an event's id and the number of a line of its JSON."""


class EventActions(Actions):
    """The list keeps up with the log; a cursor on its last line stays on the last."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "fold", "fold", id="events.fold"),
        Binding("slash", "filter", "filter", id="events.filter"),
    ]

    def __init__(self, screen: BaseScreen, session_id: str, rows: Rows, line: LineInput) -> None:
        super().__init__(screen)
        self.log = EventLog()
        self.wanted = ""
        self._session_id = session_id
        self._rows = rows
        self._line = line
        self._unfolded: set[str] = set()
        self._position = -1
        """Where the session's log was when its newest events were asked for."""
        self._reads_older = False
        self._drawn: object = None

    # ── reading ──

    def keep_up(self) -> None:
        """Read the newest events, unless nothing came since they were read."""
        row = self.store.rows.get(self._session_id)
        position = row.position if row else 0
        if position != self._position:
            self._position = position
            query = [("order", "desc"), ("limit", str(PAGE))]
            self.screen.act(self.store.engine.get(paths.events(self._session_id), query), self._read)

    def _read(self, page: Json) -> None:
        shown = self._ids()
        follows = not self.log.is_read or self._rows.cursor == (shown[-1] if shown else "")
        self.log = self.log.with_newest(page)
        if follows and (now := self._ids()):
            self._rows.expect(now[-1])
        self.screen.redraw()

    def moved(self) -> None:
        """Whoever comes to the first line wants what was before."""
        if self._rows.cursor == OLDER and not self._reads_older:
            self._reads_older = True
            query = [("order", "desc"), ("limit", str(PAGE)), ("page", self.log.older_page)]
            self.screen.act(self._older(query))

    async def _older(self, query: list[tuple[str, str]]) -> None:
        try:
            page = await self.store.engine.get(paths.events(self._session_id), query)
        finally:
            self._reads_older = False
        known = self._ids()
        self.log = self.log.with_older(page)
        come = self._ids()[: len(self._ids()) - len(known)]
        # One goes on upwards from where the list began before.
        if come or known:
            self._rows.expect(come[-1] if come else known[0])
        self.screen.redraw()

    def _ids(self) -> list[str]:
        """The events that fit."""
        return [event["id"] for event in self.log.events if not self.wanted or fits(event, self.wanted)]

    # ── drawing ──

    def draw(self, width: int) -> None:
        seen = (self.log, self.wanted, frozenset(self._unfolded), width)
        if seen != self._drawn:
            self._drawn = seen
            self._rows.put(self._lines(width))

    def _lines(self, width: int) -> list[tuple[str, Text]]:
        if not self.log.is_read:
            return [("", Text(" reading …", DIM))]
        lines: list[tuple[str, Text]] = []
        if self.log.older_page:
            lines.append((OLDER, Text(f" ↑ more before the last {len(self.log.events):,} events", DIM)))
        day = None
        wanted = set(self._ids())
        for event in self.log.events:
            if event["id"] not in wanted:
                continue
            moment = moment_of(event)
            if moment and moment.date() != day:
                day = moment.date()
                lines.append(("", Text(f" {day:%A, %d %B %Y}", DIM)))
            is_open = event["id"] in self._unfolded
            lines.append((event["id"], event_line(event, width, unfolded=is_open)))
            if is_open:
                rows = enumerate(json_lines(event, width))
                lines += [(f"{event['id']}{_WITHIN}{number}", row) for number, row in rows]
        return lines if wanted else [*lines, *in_place(self._empty(), width)]

    def _empty(self) -> str:
        if self.log.events:
            return f"None of these {len(self.log.events):,} events has {self.wanted!r}; Esc shows all of them again."
        return "Nothing has happened in this session yet."

    def about(self) -> str:
        """What is shown, where it is not everything that was read."""
        if not self.wanted:
            return ""
        return f"{len(self._ids()):,} of {len(self.log.events):,} have {self.wanted!r}"

    # ── keys ──

    def toggle(self) -> None:
        """Unfold the event under the cursor, or fold it from anywhere in it."""
        event_id = self._chosen()
        if event_id in ("", OLDER):
            return
        if event_id in self._unfolded:
            self._fold(event_id)
        else:
            self._unfolded.add(event_id)
            self.screen.redraw()

    def action_fold(self) -> None:
        self._fold(self._chosen())

    def _fold(self, event_id: str) -> None:
        self._unfolded.discard(event_id)
        self._rows.point_at(event_id)
        self.screen.redraw()

    def _chosen(self) -> str:
        return self._rows.cursor.partition(_WITHIN)[0]

    def action_filter(self) -> None:
        self._line.on_text = self._filter
        self._line.open(self.wanted, "a type or a text: result, call bash, error …", lambda _: self._line.close())

    def _filter(self, text: str) -> None:
        self.wanted = text.strip()
        self.screen.redraw()

    def clear(self) -> bool:
        """Show all events again; whether there was a filter."""
        if not (self.wanted or self._line.display):
            return False
        self.wanted = ""
        if self._line.display:
            self._line.close()
        self.screen.redraw()
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self._rows.display:
            return False
        return self._chosen() in self._unfolded if action == "fold" else True
