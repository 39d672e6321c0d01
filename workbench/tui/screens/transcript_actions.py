"""Actions on a transcript besides scrolling: find, copy, and open what the session left."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from workbench.client.attachments import Attached
from workbench.text.display import exact
from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state import downloads
from workbench.tui.state.opened_files import OpenedFiles, address_of, shown
from workbench.tui.widgets.session_view import SessionView
from workbench.tui.widgets.tile import Tile


class TranscriptActions(Actions):
    """Keys for the chosen session's transcript; its commands are the same by name."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+y", "copy", "copy the answer", priority=True, show=False, id="talk.copy"),
        Binding("ctrl+f", "find", "find", priority=True, show=False, id="talk.find"),
        Binding("alt+g", "open", "open its last picture or document", priority=True, show=False, id="talk.open"),
        Binding("alt+d", "review", "review its changes", priority=True, show=False, id="talk.changes"),
        Binding("alt+q", "agents", "all agents", priority=True, show=False, id="talk.agents"),
        Binding("alt+e", "details('events')", "events", priority=True, show=False, id="talk.events"),
        Binding("alt+k", "details('files')", "files", priority=True, show=False, id="talk.files"),
        Binding("alt+c", "details('cost')", "cost", priority=True, show=False, id="talk.cost"),
        Binding("alt+r", "details('network')", "network", priority=True, show=False, id="talk.network"),
    ]

    def __init__(self, screen: BaseScreen, view: SessionView) -> None:
        super().__init__(screen)
        self._view = view
        self._copied = 0
        self._wanted = ""
        self._opened = 0
        self._files = OpenedFiles()

    def action_review(self) -> None:
        """Show what the session changed, hunk by hunk."""
        # Late, as every screen that one goes to.
        from workbench.tui.screens.review import ReviewScreen

        self.screen.app.push_screen(ReviewScreen(self.store, self._view.chosen))

    def action_agents(self) -> None:
        """Show all agents and runs of the session, also those that have ended."""
        # Late, as every screen that one goes to.
        from workbench.tui.screens.team import TeamScreen

        self.screen.app.push_screen(TeamScreen(self.store, self._view.chosen))

    def action_details(self, tab: str) -> None:
        """Show what the session left: events, files, cost, network."""
        # Late, as every screen that one goes to.
        from workbench.tui.screens.details import Details

        self.screen.app.push_screen(Details(self.store, self._view.chosen, tab))

    def action_copy(self) -> None:
        """Copy the agent's last answer as it wrote it; again, the one before."""
        blocks = self._view.tile.conversation.blocks if self._view.tile else []
        answers = [block.text for block in reversed(blocks) if block.kind == "agent" and block.text]
        if not answers:
            self.screen.notify("no answer to copy yet")
            return
        self.screen.workbench.copy(answers[self._copied % len(answers)])
        self._copied += 1

    def action_open(self) -> None:
        """Show the last picture or document in the desktop's own viewer; again, the one before."""
        if not (found := self._attached()):
            self.screen.notify("no picture or document in this transcript yet")
            return
        chosen = found[-1 - self._opened % len(found)]
        self._opened += 1
        self.screen.act(self._open(chosen), self._told)

    async def _open(self, chosen: Attached) -> str:
        """What went wrong, in words."""
        content = None
        if (file_id := chosen.source.get("file_id")) and chosen.content is None:
            content = await downloads.content_of(self.store.engine, file_id)
        place: Path | str | None = address_of(chosen) or self._files.placed(chosen, content)
        if place is None:
            return f"{chosen.line}: there is nothing of it that could be opened"
        self.screen.notify(exact(str(place)), title=f"opens {chosen.name}")
        return await shown(place)

    def _told(self, fault: str) -> None:
        if fault:
            self.screen.notify(fault, severity="warning")

    def _attached(self) -> list[Attached]:
        blocks = self._view.tile.conversation.blocks if self._view.tile else []
        return [one for block in blocks for one in block.attached]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._attached()) if action == "open" else True

    def hinted(self) -> Collection[str]:
        """The review, where there is something to review."""
        return ["talk.changes"] if self._view.tile and self._view.tile.conversation.changed_files else ()

    def action_find(self) -> None:
        """Ask for a text to find; with one found already, go to the one before."""
        if self._wanted:
            self.find(self._wanted)
        else:
            self._view.prompt.set("/find ")
            self.screen.set_focus(self._view.prompt)

    def find(self, text: str) -> None:
        """Go to where a text stands."""
        self._wanted = text
        if text and self._view.tile is not None:
            self.screen.act(self._find(self._view.tile, text))

    async def _find(self, tile: Tile, text: str) -> None:
        """Look from the window back to the beginning; pages that are not there yet are fetched."""
        while not tile.transcript.find(text):
            came = await self.store.older(tile.conversation)
            if not came:
                self._wanted = ""
                self.screen.notify(f"{text!r} is not in the transcript above")
                return
            tile.transcript.prepended(came)
