"""Actions on one or several sessions of a list: mark, pin, rename, tag, mute, move, group, stop, fork."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.session_actions import SessionActions
from workbench.tui.state.rows import IDLE, Row, group_of
from workbench.tui.state.view_state import GROUPINGS, View, moved, read_to, toggled
from workbench.tui.widgets.line_input import LineInput
from workbench.tui.widgets.session_list import SessionList

TWICE_S: Final = 2.0


class BulkActions(Actions):
    """Keys for the marked sessions, or else for the one under the cursor. They act only while the list has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "choose", "mark", show=False, id="board.mark"),
        Binding("p", "pin", "pin", show=False, id="board.pin"),
        Binding("r", "rename", "rename", show=False, id="board.rename"),
        Binding("t", "tag", "tag", show=False, id="board.tag"),
        Binding("m", "mute", "mute", show=False, id="board.mute"),
        Binding("u", "unread", "read or unread", show=False, id="board.unread"),
        Binding("shift+up", "shift(-1)", "move up", show=False, id="board.move_up"),
        Binding("shift+down", "shift(1)", "move down", show=False, id="board.move_down"),
        Binding("ctrl+s", "group", "group", show=False, id="board.group"),
        Binding("x", "stop", "stop", id="board.stop"),
        Binding("f", "fork", "fork", show=False, id="board.fork"),
    ]

    def __init__(
        self, screen: BaseScreen, sessions: SessionList, line: LineInput, listed: Callable[[], list[Row]]
    ) -> None:
        super().__init__(screen)
        self.marked: tuple[str, ...] = ()
        self._sessions = sessions
        self._line = line
        self._listed = listed
        self._do = SessionActions(screen.store, screen.act)
        self._stopped_at = -TWICE_S
        self._stopping: tuple[str, ...] = ()

    def targets(self) -> list[Row]:
        """The sessions that are marked, or else the one under the cursor."""
        marked = [self.store.rows[one] for one in self.marked if one in self.store.rows]
        return marked or ([self._sessions.row] if self._sessions.row else [])

    def _ids(self) -> tuple[str, ...]:
        return tuple(row.session_id for row in self.targets())

    def _put(self, view: View) -> None:
        self.store.view_file.put(view)
        self.screen.redraw()

    # ── the view ──

    def action_choose(self) -> None:
        self.marked = toggled(self.marked, [self._sessions.rows.cursor])
        self._sessions.rows.action_move(1)
        self.screen.redraw()

    def unmark(self) -> None:
        self.marked = ()
        self.screen.redraw()

    def action_pin(self) -> None:
        view = self.store.view_file.view
        self._put(replace(view, pinned=toggled(view.pinned, self._ids())))

    def action_mute(self) -> None:
        view = self.store.view_file.view
        self._put(replace(view, muted=toggled(view.muted, self._ids())))

    def action_unread(self) -> None:
        """Make what was read unread, and what was unread read."""
        view = self.store.view_file.view
        for row in self.targets():
            if row.rested_at is not None:
                view = read_to(view, row.session_id, "" if row.mark is IDLE else row.rested_at.isoformat())
        self._put(view)

    def action_shift(self, step: int) -> None:
        row, view = self._sessions.row, self.store.view_file.view
        if row is not None:
            group = [one.session_id for one in self._listed() if group_of(one, view) == group_of(row, view)]
            self._put(moved(view, group, row.session_id, step))

    def action_group(self) -> None:
        view = self.store.view_file.view
        grouping = GROUPINGS[(GROUPINGS.index(view.grouping) + 1) % len(GROUPINGS)]
        self._put(replace(view, grouping=grouping))
        self.screen.notify(f"grouped by {grouping}")

    # ── the sessions ──

    def action_rename(self) -> None:
        if (row := self._sessions.row) is not None:
            asked = "a name for this session · Enter keeps it, Esc leaves it"
            self._line.open(row.name, asked, self._closing(self._do.rename, (row.session_id,)))

    def action_tag(self) -> None:
        if (row := self._sessions.row) is not None:
            asked = "tags with blanks between them · t:NAME finds them"
            self._line.open(" ".join(row.tags), asked, self._closing(self._do.tag, self._ids()))

    def _closing(self, do: Callable[[Sequence[str], str], None], session_ids: Sequence[str]) -> Callable[[str], None]:
        """Close the line, and act on the sessions it was opened for: the cursor goes on when its session ends meanwhile."""

        def given(text: str) -> None:
            self._line.close()
            do([one for one in session_ids if one in self.store.rows], text)

        return given

    def action_stop(self) -> None:
        """Stop what works; what rests already is archived when the key comes twice."""
        ids, working = self._ids(), [row for row in self.targets() if row.busy]
        if working:
            self._do.interrupt([row.session_id for row in working])
            self.screen.notify(", ".join(row.name for row in working), title="stopped")
        elif self._stopping == ids and time.monotonic() - self._stopped_at < TWICE_S:
            self._do.archive(ids)
            self.marked = ()
        else:
            self._stopping, self._stopped_at = ids, time.monotonic()
            names = ", ".join(row.name for row in self.targets())
            self.screen.notify(f"x again archives {names}: it ends for good, its history stays", severity="warning")

    def action_fork(self) -> None:
        self._do.fork(self._ids())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self._sessions.has_keys:
            return False
        if action == "choose":
            return self._sessions.rows.cursor in self.store.rows
        return action == "group" or self._sessions.row is not None
