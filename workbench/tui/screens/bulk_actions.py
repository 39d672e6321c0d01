"""Actions on one or several sessions of a list: mark, pin, rename, tag, mute, move, group, stop, archive, fork."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.timer import Timer

from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.session_actions import SessionActions
from workbench.tui.state.rows import IDLE, TO_APPLY, Row, group_of
from workbench.tui.state.view_state import GROUPINGS, View, moved, read_to, toggled
from workbench.tui.widgets.hints import key_of
from workbench.tui.widgets.line_input import LineInput
from workbench.tui.widgets.session_list import SessionList

UNDO_S: Final = 10.0
"""How long a stop can be taken back, and how long an archive waits: the engine itself can undo neither."""


@dataclass
class _Undoable:
    """Something that `undo` takes back until its time is up."""

    session_ids: tuple[str, ...]
    undo: Callable[[], None]
    timer: Timer
    is_archive: bool


LONGEST_NAME: Final = 500
"""Signs of a title, or of all tags."""


class BulkActions(Actions):
    """Keys for the marked sessions, or else for the one under the cursor. They act only while the list has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "choose", "mark", show=False, id="board.mark"),
        Binding("p", "pin", "pin", show=False, id="board.pin"),
        Binding("r", "rename", "rename", show=False, id="board.rename"),
        Binding("t", "tag", "tag", show=False, id="board.tag"),
        Binding("m", "mute", "mute", show=False, id="board.mute"),
        Binding("u", "undo_stop", "undo", id="board.undo"),
        Binding("u", "unread", "read or unread", show=False, id="board.unread"),
        Binding("shift+up", "shift(-1)", "move up", show=False, id="board.move_up"),
        Binding("shift+down", "shift(1)", "move down", show=False, id="board.move_down"),
        Binding("ctrl+s", "group", "group", show=False, id="board.group"),
        Binding("i", "interrupt", "interrupt", id="board.interrupt"),
        Binding("x", "stop", "stop or archive", id="board.stop"),
        Binding("f", "fork", "fork…", show=False, id="board.fork"),
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
        self.undo_s = UNDO_S
        self._undoable: list[_Undoable] = []

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
                view = read_to(view, row.session_id, "" if row.mark in (IDLE, TO_APPLY) else row.rested_at.isoformat())
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
        if (row := self._sessions.row) is None:
            return
        asked = "a name for this session · Enter keeps it, Esc leaves it"

        def renamed(session_ids: Sequence[str], text: str) -> None:
            self._do.rename(session_ids, text)
            self.screen.notify(f"{row.name}, from now on {' '.join(text.split()) or 'without a name'}", title="renamed")

        self._line.open(row.name, asked, self._closing(renamed, (row.session_id,)))
        # A new name takes the place of the old one; an arrow key keeps it, to be changed.
        self._line.select_all()

    def action_tag(self) -> None:
        if (row := self._sessions.row) is not None:
            asked = "tags with blanks between them · t:NAME finds them"
            self._line.open(" ".join(row.tags), asked, self._closing(self._do.tag, self._ids()))

    def _closing(self, do: Callable[[Sequence[str], str], None], session_ids: Sequence[str]) -> Callable[[str], None]:
        """Close the line, and act on the sessions it was opened for: the cursor goes on when its session ends meanwhile."""

        def given(text: str) -> None:
            if len(text) > LONGEST_NAME:
                # The text stays, whatever it was meant for.
                self.screen.notify(f"at most {LONGEST_NAME} signs", title="too long", severity="warning")
                return
            self._line.close()
            do([one for one in session_ids if one in self.store.rows], text)

        return given

    def action_interrupt(self) -> None:
        """Interrupt the session under the cursor."""
        if (row := self._sessions.row) is not None:
            self._interrupt([row])

    def action_stop(self) -> None:
        """Interrupt what works, at once; archive what rests already, when ten seconds have passed. Undo takes back either."""
        targets = [row for row in self.targets() if not self.is_leaving(row.session_id)]
        if working := [row for row in targets if row.busy]:
            self._interrupt(working)
        elif targets:
            self._archive_later(targets)

    def _interrupt(self, rows: Sequence[Row]) -> None:
        ids = tuple(row.session_id for row in rows)
        self._do.interrupt(ids)
        self._can_undo(ids, partial(self._go_on, ids), lambda: None, is_archive=False)
        self._say("stopped", rows, "lets it go on")

    def _go_on(self, session_ids: Sequence[str]) -> None:
        for session_id in session_ids:
            self.store.resume(session_id)
            self.store.try_again(session_id)

    def _archive_later(self, rows: Sequence[Row]) -> None:
        ids = tuple(row.session_id for row in rows)
        self.marked = ()
        self._can_undo(ids, lambda: None, partial(self._do.archive, ids), is_archive=True)
        self._say(f"archived in {self.undo_s:.0f} s: it ends for good, its history stays", rows, "keeps it")

    def _say(self, done: str, rows: Sequence[Row], helps: str) -> None:
        key = key_of(self.screen, "board.undo")
        undo = f"{key} {helps}" if key else ""
        named = ", ".join(row.name for row in rows)
        self.screen.notify(" · ".join(filter(None, (named, undo))), title=done, timeout=self.undo_s)

    def _can_undo(
        self, session_ids: tuple[str, ...], undo: Callable[[], None], after: Callable[[], None], *, is_archive: bool
    ) -> None:
        """Have this taken back by a key until its time is up, and then do what comes after."""

        def over() -> None:
            self._undoable.remove(one)
            after()
            self.screen.redraw()

        one = _Undoable(session_ids, undo, self.screen.set_timer(self.undo_s, over), is_archive)
        self._undoable.append(one)
        self.screen.redraw()

    def action_undo_stop(self) -> None:
        """Take back the last stop or archive."""
        one = self._undoable.pop()
        one.timer.stop()
        one.undo()
        names = ", ".join(self.store.rows[each].name for each in one.session_ids if each in self.store.rows)
        self.screen.notify(names, title="kept" if one.is_archive else "asked to go on where it stopped")
        self.screen.redraw()

    def is_leaving(self, session_id: str) -> bool:
        """Whether a session is archived as soon as it cannot be undone any more."""
        return any(one.is_archive and session_id in one.session_ids for one in self._undoable)

    def action_fork(self) -> None:
        """Ask for the fork's name first: two sessions of one name cannot be told apart."""
        targets = self.targets()
        if len(targets) != 1:
            self._fork({row.session_id: f"{row.name}, fork" for row in targets})
            return
        [row] = targets

        def given(text: str) -> None:
            self._line.close()
            self._fork({row.session_id: " ".join(text.split()) or f"{row.name}, fork"})

        self._line.open(f"{row.name}, fork", "a name for the fork · Enter forks, Esc does not", given)

    def _fork(self, names: Mapping[str, str]) -> None:
        for session_id, name in names.items():
            self._do.fork([session_id], partial(self._named, name))

    def _named(self, name: str, fork: dict[str, Any]) -> None:
        self._do.rename([fork["id"]], name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self._sessions.has_keys:
            return False
        if action == "choose":
            return self._sessions.rows.cursor in self.store.rows
        if action in ("undo_stop", "unread") and (action == "undo_stop") is not bool(self._undoable):
            return False
        if action == "interrupt":
            return self._sessions.row is not None and self._sessions.row.busy
        return action == "group" or self._sessions.row is not None
