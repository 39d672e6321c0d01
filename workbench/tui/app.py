"""The terminal app: its screens and the keys between them. It is a client of the engine, and leaving it stops nothing."""

from __future__ import annotations

import gc
import time
from dataclasses import replace
from typing import ClassVar, Literal

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input, TextArea

from workbench.tui.app_base import AppBase
from workbench.tui.config.keys import Chords, mistakes
from workbench.tui.config.preferences import Preferences
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.board import Board
from workbench.tui.screens.registry import SCREENS, screen_entry
from workbench.tui.state.key_order import settled, settled_up
from workbench.tui.state.rows import needing_you
from workbench.tui.state.said import READ_S
from workbench.tui.state.store import Store
from workbench.tui.widgets.hints import shown_chords
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.session_view import SessionView

ScreenName = Literal["board", "panes", "inbox", "review"]
COLLECTED_S = 1.0
"""After the start, when the first picture is whole: collecting takes as long as painting it."""


class WorkbenchApp(AppBase):
    """The Board is always below; every other screen lies over it and is left towards it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,ctrl+q", "board", "Board", priority=True, id="app.board"),
        *(Binding(one.key, f"go('{one.name}')", one.title, priority=True, id=f"app.{one.name}") for one in SCREENS),
        Binding("alt+n", "next", "next waiting", priority=True, id="app.next"),
        Binding("alt+u", "undo", "remove the last rule", priority=True, show=False, id="app.undo"),
        Binding("ctrl+p", "palette", "commands", priority=True, id="app.palette"),
        Binding("f1", "explain", "help", priority=True, id="app.help"),
        Binding("f9", "notices", "what was said", priority=True, show=False, id="app.notices"),
        Binding("ctrl+l", "redraw", "redraw", priority=True, show=False, id="app.redraw"),
        Binding("ctrl+z", "out", "back", priority=True, show=False, id="app.out"),
        Binding("ctrl+c", "leave_twice", "leave", priority=True, show=False, id="app.stop"),
    ]

    def __init__(
        self,
        store: Store,
        choices: Preferences | None = None,
        *,
        place: ScreenName = "board",
        session_id: str = "",
        animated: bool = True,
        welcomes: bool = False,
    ) -> None:
        super().__init__(store, choices or Preferences(), animated=animated)
        self._reviewed = session_id if place == "review" else ""
        """The session whose review is all that is wanted: it lies where the Board does else, and leaving it leaves the app."""
        self._came_for: ScreenName | Literal["session", ""] = "session" if session_id else place
        """What was wanted at the start, until the first picture of the sessions is there."""
        self._first_session = "" if self._reviewed else session_id
        self._early: list[events.Key] = []
        """What was typed for the screen that is to be opened before it was: none of it is for the Board."""
        self._chords = Chords()
        self._welcomes = welcomes

    def get_default_screen(self) -> BaseScreen:
        if not self._reviewed:
            return Board(self.store)
        # Late, as every screen that one goes to.
        from workbench.tui.screens.review import ReviewScreen

        return ReviewScreen(self.store, self._reviewed)

    def on_mount(self) -> None:
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """After the first paint: follow the engine, and go where one wanted to be."""
        self.run_worker(self.store.run(), group="store")
        self.set_timer(COLLECTED_S, _collect)
        for said in (*self.preferences.wrong, *self._mistaken_keys()):
            self.notify(said, severity="warning", title="setting ignored", timeout=15)
        if self._first_session:
            self.open_session(self._first_session)
            self._first_session = ""
            self._type_early()
        elif self._came_for == "board":
            self._welcome()
        elif self._came_for == "inbox":
            self.action_go("inbox")

    def _welcome(self) -> None:
        if self._welcomes and not self.store.view_file.view.welcomed:
            # Late: it is seen once.
            from workbench.tui.screens.welcome import Welcome

            self.push_screen(Welcome(self.store, self.preferences))

    def _type_early(self) -> None:
        for key in self._early:
            self.post_message(key)
        self._early.clear()

    def _mistaken_keys(self) -> list[str]:
        if not self.preferences.keys:
            return []
        # Late: only a person's own keys are held against all screens' actions.
        from workbench.tui.screens.action_table import actions

        return mistakes(self.preferences.keys, [one.id for one in actions(self.preferences)])

    def redraw(self) -> None:
        if self._came_for and self.store.feed.live:
            self._begin_with_picture()
        super().redraw()

    def _begin_with_picture(self) -> None:
        """Now it is known whether there are sessions: without any there are no panes, and who has some is not new here."""
        goes, came_for, self._came_for = self._is_on_its_way, self._came_for, ""
        if came_for != "board" and self._has_sessions():
            self.store.view_file.put(replace(self.store.view_file.view, welcomed=True))
        if came_for == "panes" and goes:
            if self._has_sessions():
                self.action_go("panes")
                self._type_early()
            else:
                self._welcome()

    @property
    def _is_on_its_way(self) -> bool:
        """Whether the screen that was wanted is not there yet, and nobody has gone elsewhere meanwhile."""
        return len(self.screen_stack) == 1 and (bool(self._first_session) or self._came_for == "panes")

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not self.screen_stack:
            # It comes behind the key that left, and there is nothing any more that it could be for.
            return
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.frames.last_key = time.monotonic()
            self.presses += 1
            was_asked = isinstance(self.screen, BaseScreen) and self.screen.question.forget()
            self._drop_notices(READ_S)
            if was_asked and event.key == "escape":
                # It says no to what was asked, and leaves nothing else.
                return
            self.store.presence.came()
            # With Alt a letter is a command; one that does nothing here is no text either.
            is_command = event.key.startswith("alt+")
            is_text = event.is_printable and not is_command
            if is_text and self._is_on_its_way:
                self._early.append(event)
                return
            if isinstance(self.focused, TextArea) and not is_text:
                # Letters are on their way through the prompt, and a line that was sent through it to its screen.
                await settled(self.focused)
                await settled_up(self.focused)
            if await self._took_chord(event) or await self._acted(event):
                return
            if is_text and isinstance(self.focused, TextArea | Input):
                # Text, also where a profile gives this sign to an action of the app, which would come first.
                self.app_focus = True
                self.focused._forward_event(event)
                return
            if is_command and event.is_printable:
                _ = await self._check_bindings(event.key, priority=True) or await self._check_bindings(event.key)
                return
        await super().on_event(event)

    async def _acted(self, event: events.Key) -> bool:
        """Whether a list's key was acted upon, here and now: on its way up from the list it would be overtaken by what is typed
        right behind it, and `/fix` would fork a session and interrupt it."""
        focused = self.focused
        if focused is not None and not isinstance(focused, Rows):
            return False
        acted = await self._check_bindings(event.key, priority=True) or await self._check_bindings(event.key)
        if acted and focused is not None:
            # The screen opens what was chosen, or asks about the next one, before the next key means something there.
            await settled_up(focused)
        return acted

    async def _took_chord(self, event: events.Key) -> bool:
        """Whether this key belongs to several that mean something only together."""
        typing = isinstance(self.focused, TextArea)
        bound = [] if self._keymap_is_plain else list(self.screen.active_bindings)
        chord = self._chords.press(event.key, event.character, bound, typing=typing)
        if chord is None:
            return False
        if chord:
            _ = await self._check_bindings(chord, priority=True) or await self._check_bindings(chord)
        shown_chords(self.screen, self._chords.held)
        return True

    @property
    def _keymap_is_plain(self) -> bool:
        """Whether no action has several keys in a row: then looking for one would cost every key something."""
        return not any(" " in keys for keys in self._keymap.values())

    # ── screens ──

    def open_session(self, session_id: str) -> None:
        self.push_screen(self._session_screen(session_id))

    def _session_screen(self, session_id: str) -> BaseScreen:
        # Late, as every screen that one goes to.
        from workbench.tui.screens.session import SessionScreen

        return SessionScreen(self.store, session_id)

    def _over_the_board(self, place: BaseScreen) -> None:
        self.action_board()
        self.push_screen(place)

    def action_board(self) -> None:
        """The Board, and its box: whoever comes back by its key goes on with a task, and no letter of it is the list's."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if isinstance(self.screen, Board):
            self.screen.action_box()

    def _has_sessions(self) -> bool:
        return any(not row.ended for row in self.store.rows.values())

    def action_go(self, name: str) -> None:
        self._over_the_board(screen_entry(name).open(self.store))

    def action_palette(self) -> None:
        # Late, as every screen that one goes to.
        from workbench.tui.screens.palette import palette

        self.push_screen(palette())

    def action_explain(self) -> None:
        from workbench.tui.screens.help import Help

        self.push_screen(Help(self.store, self.screen, self.preferences))

    def action_notices(self) -> None:
        # Late, as every screen that one goes to.
        from workbench.tui.screens.notices import Notices

        # There they stand whole, and would be covered by themselves.
        self._drop_notices()
        if not isinstance(self.screen, Notices):
            self.push_screen(Notices(self.store))

    def action_redraw(self) -> None:
        self.refresh(layout=True)

    def action_next(self) -> None:
        """Go to the one that has waited longest, and to its question; from there to the next one."""
        view, wanted = self._view, self._next_in_need()
        if view is not None and view.chosen == wanted:
            self.screen.set_focus(view.card)
        elif wanted:
            self._over_the_board(self._session_screen(wanted))

    @property
    def _view(self) -> SessionView | None:
        """Where one talks to sessions on this screen."""
        return self.screen.view if isinstance(self.screen, BaseScreen) else None

    def _next_in_need(self) -> str:
        """Who comes next: here the question that is not looked at yet, then the others, oldest first; empty for nobody."""
        waiting, view = [row.session_id for row in needing_you(self.store.rows)], self._view
        if view is not None and view.chosen in waiting:
            if view.card.display and self.screen.focused is not view.card:
                return view.chosen
            place = waiting.index(view.chosen)
            waiting = waiting[place + 1 :] + waiting[:place]
        return waiting[0] if waiting else ""

    def action_out(self) -> None:
        """One level out; from the Board, out of the app."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self.exit()

    def action_leave(self) -> None:
        self.exit()

    def action_leave_twice(self) -> None:
        """Copy what is selected; with nothing selected, leave when it comes twice."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy(selected)
            self.screen.clear_selection()
            return
        if isinstance(self.focused, TextArea) and self.focused.selected_text:
            self.copy(self.focused.selected_text)
            return
        if not isinstance(self.screen, BaseScreen) or self.screen.question.is_meant("leave"):
            self.exit()
            return
        self.screen.question.ask("leave", "Ctrl+C again leaves; nothing stops", self.presses)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: PLR0911 - one return a key
        match action, parameters:
            case ("board", _):
                return len(self.screen_stack) > 1
            case ("go", ("panes",)) if not self._has_sessions():
                return False
            case ("go", (str(name),)):
                return type(self.screen).__name__ != screen_entry(name).made_by
            case ("palette" | "explain" | "notices", _):
                return isinstance(self.screen, BaseScreen) and self.screen.heading != "Help"
            case ("undo", _):
                return self.store.approvals.last_rule is not None
            case ("next", _):
                return bool(self._next_in_need())
        return True


def _collect() -> None:
    """What the start left behind goes, what it made stays for good and is never looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()
