"""Base of the app: it follows the store, paints in frames, sends requests, and notifies."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from time import time
from typing import Any, Final

from textual.app import App
from textual.filter import ANSIToTruecolor, LineFilter
from textual.notifications import SeverityLevel
from textual.timer import Timer
from textual.widgets._toast import ToastHolder, ToastRack

from workbench.client.errors import ApiError, EngineAway
from workbench.text.display import line, safe
from workbench.tui.config.keys import keymap
from workbench.tui.config.preferences import Preferences
from workbench.tui.config.themes import CONTRAST, LIGHT, look_of
from workbench.tui.render.board_lines import ages
from workbench.tui.render.terminal_text import Door
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.approvals import rule_text
from workbench.tui.state.notifier import Notifier
from workbench.tui.state.said import MOST_AT_ONCE, MOST_KEPT, Said, in_lines
from workbench.tui.state.store import Store
from workbench.tui.terminal import Terminal, has_gone
from workbench.tui.widgets.approval_card import ApprovalCard
from workbench.tui.widgets.hints import key_of
from workbench.tui.widgets.paint_clock import RATE_HZ, PaintClock
from workbench.tui.widgets.transcript import Transcript

KEYS_COME_FROM: Final = 0
MOST_ALIKE: Final = 30
"""Seconds after which all is drawn again, whether something tells or not."""
_DOOR: Final = Door()


class AppBase(App[None]):
    """The app without its screens and keys."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "workbench"
    CSS = """
    Screen { background: $background; }
    ToastRack { dock: top; align: left top; margin: 0; overflow-y: hidden; }
    ToastHolder { align-horizontal: left; }
    Toast { width: 100%; max-width: 100%; margin: 0; padding: 0 1; }
    """

    def __init__(self, store: Store, choices: Preferences, *, animated: bool) -> None:
        super().__init__()
        self.store = store
        self.preferences = choices
        self.terminal: Terminal | None = None
        self.presses = 0
        self._said_at = 0
        """How many keys had come when something was said last."""
        self.said: deque[Said] = deque(maxlen=MOST_KEPT)
        """What was said for a moment, the oldest first."""
        self.frames = PaintClock(self._wake_frames, self._rest_frames, self.redraw)
        self._animated = animated
        self._ticking: Timer | None = None
        self._notifier: Notifier | None = None
        self._a_second_ago: tuple[object, ...] = ()
        self._seconds_alike = 0
        self._said_rule: dict[str, Any] | None = None
        self.register_theme(CONTRAST)
        self.register_theme(LIGHT)
        self._own_filters = tuple(self._filters)
        self.apply_preferences(self.preferences)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every widget's lines go through on their way to the screen."""
        return [_DOOR, *super().get_line_filters()]

    def on_mount(self) -> None:
        self.animation_level = "none"
        self.store.on_change = self.redraw
        self.store.on_news = self.frames.news
        self.store.complain = self._complain
        self.store.advise = self._advise
        self._ticking = self.set_interval(1 / RATE_HZ, self.frames.tick, pause=True)
        if self._animated:
            self.set_interval(1.0, self._every_second)
        self.terminal = Terminal(self._write, os.environ, self.store.view_file.folder)
        self._notifier = Notifier(self.store, self.terminal, self.preferences.notices, self._tell_later)

    def _every_second(self) -> None:
        """Ages move on; and without a terminal nobody is there, even where the signal that says so is ignored."""
        if self._driver is not None and not self.is_headless and has_gone(KEYS_COME_FROM):
            # Nothing can be said or put in order at a terminal that is gone, and every draft is on disk.
            os._exit(0)
        if self._changes_by_time():
            self.redraw()

    def _changes_by_time(self) -> bool:
        """Whether the screen may show something else than a second ago although neither keys nor the engine said anything."""
        if not self.screen_stack or not isinstance(self.screen, BaseScreen) or self.store.debounce.is_due:
            return True
        shown = (self.screen, self.presses, ages(self.store.rows, self.store.clock()))
        same = shown == self._a_second_ago and not self.screen.follows_clock and self._seconds_alike < MOST_ALIKE
        self._seconds_alike = self._seconds_alike + 1 if same else 0
        self._a_second_ago = shown
        return not same

    def redraw(self) -> None:
        """Something may have changed: draw it, and tell a person who looks elsewhere."""
        # What comes while the app ends finds no screen any more, or one whose widgets are being taken away.
        if not self.is_running or not self.screen_stack or not isinstance(self.screen, BaseScreen):
            return
        self.screen.redraw()
        if self._notifier is not None:
            self._notifier.look(self.screen.visible_sessions(), focused=self.app_focus)

    def apply_preferences(self, choices: Preferences) -> None:
        """Have these keys and colours from now on."""
        self.preferences = choices
        self.set_keymap(keymap(choices.profile, choices.keys))
        look = look_of(choices, os.environ)
        self.theme = look.theme
        # Textual's own filter has the sixteen colours of the theme before.
        named = ANSIToTruecolor(self.ansi_theme, enabled=not self.native_ansi_color)
        own = [named if isinstance(one, ANSIToTruecolor) else one for one in self._own_filters]
        self._filters = [*own, *look.filters]
        if not self.is_running:
            return
        self.refresh_css(animate=False)
        # What lies under a dialog is drawn again too, although nothing of it changed.
        for widget in (one for screen in self.screen_stack for one in screen.walk_children(with_self=True)):
            widget.refresh()

    def _write(self, sequence: str) -> None:
        """Past the screen, to the terminal itself."""
        if self._driver is not None:
            self._driver.write(sequence)
            self._driver.flush()

    def _tell_later(self, seconds: float) -> None:
        if self._notifier is not None:
            self.set_timer(seconds, self._notifier.flush)

    def on_unmount(self) -> None:
        if self.terminal is not None:
            self.terminal.restore_title()

    # ── frames ──

    def _wake_frames(self) -> None:
        if self._ticking is not None:
            self._ticking.resume()

    def _rest_frames(self) -> None:
        if self._ticking is not None:
            self._ticking.pause()

    def on_transcript_changed(self, event: Transcript.Changed) -> None:
        self.frames.mark(event.transcript)

    # ── doing ──

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Say something for a moment; never as markup, because words of agents, files and the engine are in it.

        It stands over the header, where it covers nothing that one works with; what is longer is whole among the last notices.
        """
        said = Said(self.store.clock(), safe(title), safe(message))
        self.said.append(said)
        key = key_of(self.screen, "app.notices") if self.screen_stack else ""
        shown = in_lines(said.title, said.text, self.size.width, f"{key} shows all" if key else "")
        if self._said_at != self.presses or len(self._notifications) >= MOST_AT_ONCE:
            # A key has come since, or there are enough: they stand among the last notices.
            self._drop_notices()
        self._said_at = self.presses
        super().notify(shown, severity=severity, timeout=timeout, markup=False)

    def _drop_notices(self, seconds: float | None = None) -> None:
        """Take away what has stood for so long, or all of them, with the rows that they had."""
        old = [one for one in self._notifications if seconds is None or time() - one.raised_at >= seconds]
        if not old:
            return
        rows = {ToastRack._toast_id(one) for one in old}
        for one in old:
            self._unnotify(one, refresh=False)
        for screen in self.screen_stack:
            for row in screen.query(ToastHolder):
                if row.id in rows:
                    row.remove()

    def act(self, doing: Awaitable[Any], then: Callable[[Any], None] | None = None) -> None:
        """Do something at the engine; what it refuses is said on the screen."""
        self.run_worker(self._done(doing, then), group="acts")

    async def _done(self, doing: Awaitable[Any], then: Callable[[Any], None] | None) -> None:
        try:
            answer = await doing
        except (ApiError, EngineAway) as refused:
            self._complain(str(refused))
            return
        if then is not None:
            then(answer)
        self.redraw()

    def _advise(self, said: str) -> None:
        self.notify(said, severity="warning", title="this shell", timeout=30)

    def _complain(self, said: str) -> None:
        self.notify(said, severity="error", title="failed")

    def on_approval_card_answered(self, event: ApprovalCard.Answered) -> None:
        def then(_: object) -> None:
            self._say_rule()
            self._say_all(event)

        self.act(self.store.answer(event.session_id, event.call, event.answer, event.twins), then)

    def _say_all(self, event: ApprovalCard.Answered) -> None:
        """Which sessions were answered together."""
        if event.twins:
            rows = self.store.rows
            ids = [event.session_id, *(session_id for session_id, _ in event.twins)]
            names = ", ".join(rows[one].name if one in rows else one[-6:] for one in ids)
            self.notify(
                line(names, 200), title=f"{'allowed' if event.answer.allow else 'denied'} in {len(ids)} sessions"
            )

    def _say_rule(self) -> None:
        rule = self.store.approvals.last_rule
        if rule is not None and rule is not self._said_rule:
            self._said_rule = rule
            file = rule["file"].replace(os.path.expanduser("~"), "~", 1)
            self.notify(f"{rule_text(rule)} · Alt+U removes it · {file}", title="always allowed", timeout=10)

    def action_undo(self) -> None:
        """Take back the rule that was written last."""
        self.act(self.store.approvals.undo(), lambda rule: self.notify("rule removed: " + rule_text(rule)))

    def copy(self, text: str) -> None:
        """Put a text on the clipboard, and say by which way it went."""
        if self.terminal is not None:
            self.act(asyncio.to_thread(self.terminal.copy, text), self.notify)
