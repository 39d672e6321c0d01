"""What one does with sessions in a list: mark several, pin, rename, tag, mute, move, group, stop; on the chosen ones or on one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.tui.screens.recovery_actions import Mending
from workbench.tui.state.rows import IDLE, Row, group_of
from workbench.tui.state.store import Store
from workbench.tui.state.view_state import GROUPINGS, View, moved, read_to, toggled

TAGS_KEY: Final = "workbench.tags"
TWICE_S: Final = 2.0


class Tending(Mending):
    """A list whose sessions can be tended. Letters act only while the list has the focus."""

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

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.chosen: tuple[str, ...] = ()
        self._stopped_at = -TWICE_S
        self._stopping: tuple[str, ...] = ()
        self._named: tuple[str, ...] = ()

    def targets(self) -> list[Row]:
        """The sessions that are marked, or else the one under the cursor."""
        marked = [self.store.rows[one] for one in self.chosen if one in self.store.rows]
        return marked or ([self.row] if self.row else [])

    def _ids(self) -> list[str]:
        return [row.session_id for row in self.targets()]

    def _view(self, view: View) -> None:
        self.store.view_file.put(view)
        self.redraw()

    # ── the view ──

    def action_choose(self) -> None:
        self.chosen = toggled(self.chosen, [self.rows.cursor])
        self.rows.action_move(1)
        self.redraw()

    def action_pin(self) -> None:
        self._view(replace(self.store.view_file.view, pinned=toggled(self.store.view_file.view.pinned, self._ids())))

    def action_mute(self) -> None:
        self._view(replace(self.store.view_file.view, muted=toggled(self.store.view_file.view.muted, self._ids())))

    def action_unread(self) -> None:
        """Make what was read unread, and what was unread read."""
        view = self.store.view_file.view
        for row in self.targets():
            if row.rested_at is not None:
                view = read_to(view, row.session_id, "" if row.mark is IDLE else row.rested_at.isoformat())
        self._view(view)

    def action_shift(self, step: int) -> None:
        row = self.row
        if row is None:
            return
        view = self.store.view_file.view
        group = [one.session_id for one in self.listed() if group_of(one, view) == group_of(row, view)]
        self._view(moved(view, group, row.session_id, step))

    def action_group(self) -> None:
        view = self.store.view_file.view
        grouping = GROUPINGS[(GROUPINGS.index(view.grouping) + 1) % len(GROUPINGS)]
        self._view(replace(view, grouping=grouping))
        self.notify(f"grouped by {grouping}")

    def listed(self) -> list[Row]:
        """The rows as they stand in the list."""
        return []

    # ── the session's own ──

    def action_rename(self) -> None:
        if self.row is not None:
            self._named = (self.row.session_id,)
            self.ask_for("rename", self.row.name, "a name for this session · Enter keeps it, Esc leaves it")

    def action_tag(self) -> None:
        if self.row is not None:
            self._named = tuple(self._ids())
            self.ask_for("tag", " ".join(self.row.tags), "tags with blanks between them · t:NAME finds them")

    def named(self, text: str) -> None:
        """What was typed for a name or for tags."""
        if self.asked_for not in ("rename", "tag"):
            super().named(text)
            return
        said = " ".join(text.split())
        body: dict[str, Any] = (
            {"metadata": {TAGS_KEY: said or None}} if self.asked_for == "tag" else {"title": said or None}
        )
        # Not those under the cursor, which goes on to the next one when its session ends meanwhile.
        rows = [self.store.rows[one] for one in self._named if one in self.store.rows]
        self.close_line()
        self._on_each(rows, lambda row: (paths.session(row.session_id), body))

    def action_stop(self) -> None:
        """Stop what works; what rests already is archived when the key comes twice."""
        ids = tuple(self._ids())
        working = [row for row in self.targets() if row.busy]
        if working:
            for row in working:
                self.act(self.store.interrupt(row.session_id))
            self.notify(", ".join(row.name for row in working), title="stopped")
        elif self._stopping == ids and time.monotonic() - self._stopped_at < TWICE_S:
            self._on_each(self.targets(), lambda row: (f"{paths.session(row.session_id)}/archive", {}))
            self.chosen = ()
        else:
            self._stopping, self._stopped_at = ids, time.monotonic()
            names = ", ".join(row.name for row in self.targets())
            self.notify(f"x again archives {names}: it ends for good, its history stays", severity="warning")

    def action_fork(self) -> None:
        self._on_each(self.targets(), lambda row: (paths.own(row.session_id, "fork"), {}))

    def _on_each(self, rows: Sequence[Row], request: Callable[[Row], tuple[str, dict[str, Any]]]) -> None:
        for row in rows:
            path, body = request(row)
            self.act(self.store.engine.post(path, body))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("choose", "pin", "rename", "tag", "mute", "unread", "shift", "stop", "fork"):
            return self.focused is self.rows and self.row is not None
        if action == "group":
            return self.focused is self.rows
        return super().check_action(action, parameters)
