"""The session screen: one session's transcript, the call that waits, what is queued, and a prompt."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from workbench.tui.screens.asking_actions import AskingActions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.conversation_actions import ConversationActions
from workbench.tui.screens.package_actions import PackageActions
from workbench.tui.screens.prompt_commands import PromptCommands
from workbench.tui.screens.setting_actions import SettingActions
from workbench.tui.screens.team_actions import TeamActions
from workbench.tui.screens.transcript_actions import TranscriptActions
from workbench.tui.state.store import Store
from workbench.tui.widgets.session_view import SessionView

TALK_BINDINGS: Final[list[BindingType]] = [
    *AskingActions.BINDINGS,
    *PromptCommands.BINDINGS,
    *TranscriptActions.BINDINGS,
    *ConversationActions.BINDINGS,
    *SettingActions.BINDINGS,
    *PackageActions.BINDINGS,
    *TeamActions.BINDINGS,
]
"""The keys of a screen that is given to `talk`."""


def talk(screen: BaseScreen, view: SessionView) -> PromptCommands:
    """Give a screen the actions of a view's prompt, transcripts and card; a line that is entered is a message or a command."""
    transcript = TranscriptActions(screen, view)
    settings = SettingActions(screen, view)
    packages = PackageActions(screen, view, settings)
    commands = PromptCommands(screen, view, transcript, settings, packages)
    screen.hold(commands, transcript, settings, packages, ConversationActions(screen, view), TeamActions(screen, view))
    screen.hold(AskingActions(screen, view.prompt))
    view.on_line = commands.enter
    return commands


class SessionScreen(BaseScreen):
    """One session."""

    heading = "Session"
    MAIN = frozenset({"talk.write"})
    BINDINGS: ClassVar[list[BindingType]] = TALK_BINDINGS
    view: SessionView

    def __init__(self, store: Store, session_id: str) -> None:
        super().__init__(store)
        self.view = SessionView(store, session_id)
        talk(self, self.view)

    def content(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.begin()

    def on_screen_resume(self) -> None:
        self.view.take_draft()

    def on_key(self, event: events.Key) -> None:
        # One that came before anything had the focus; of any other the view has taken what is for its prompt.
        self.view.on_key(event)

    def visible_sessions(self) -> Collection[str]:
        return self.view.session_ids

    @property
    def follows_clock(self) -> bool:
        return self.view.follows_clock

    def draw(self) -> None:
        self.view.draw()
