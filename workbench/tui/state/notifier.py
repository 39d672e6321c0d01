"""Notifier: the window's title with its counts, and notices about sessions that are not on the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence

from workbench.tui.state.notices import Attention, Gathering, Notice, notice_text, noticed
from workbench.tui.state.rows import DONE, Row, needing_you
from workbench.tui.state.store import Store
from workbench.tui.terminal import Terminal


class Notifier:
    """Looks at every change of the store. `later` calls `flush` after so many seconds."""

    def __init__(
        self, store: Store, terminal: Terminal, wanted: Mapping[str, bool], later: Callable[[float], None]
    ) -> None:
        self._store = store
        self._terminal = terminal
        self._wanted = wanted
        self._before: Mapping[str, Row] | None = None
        self._gathering = Gathering(self._tell, later, time.monotonic)

    def look(self, visible: Collection[str], *, focused: bool) -> None:
        """Something may have changed, while this is before the person's eyes."""
        if not self._store.feed.live:
            return
        rows = self._store.rows
        if rows is self._before:
            return
        attention = Attention(visible, focused, self._store.view_file.view.muted, self._wanted)
        # The first picture is no news.
        news = noticed(self._before, rows, attention) if self._before is not None else []
        self._before = rows
        self._terminal.title(title_of(rows))
        self._gathering.add(news)

    def flush(self) -> None:
        self._gathering.flush()

    def _tell(self, notices: Sequence[Notice]) -> None:
        self._terminal.notice(*notice_text(notices, self._store.rows, self._store.approvals.question))


def title_of(rows: Mapping[str, Row]) -> str:
    """The window's name: how many need a person, and how many are done and unread."""
    needing, done = len(needing_you(rows)), sum(row.mark is DONE for row in rows.values())
    return "workbench" + (f" ?{needing}" if needing else "") + (f" ✔{done}" if done else "")
