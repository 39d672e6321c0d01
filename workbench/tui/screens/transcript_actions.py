"""What one does with a transcript besides scrolling: find, copy, and open what the session left."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from workbench.tui.screens.prompt_commands import Writing
from workbench.tui.state.store import Store
from workbench.tui.widgets.tile import Tile


class Reading(Writing):
    """A place with transcripts, of which one is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+y", "copy", "copy the answer", priority=True, show=False, id="talk.copy"),
        Binding("ctrl+f", "find", "find", priority=True, show=False, id="talk.find"),
        Binding("alt+d", "papers('changes')", "changes", priority=True, show=False, id="talk.changes"),
        Binding("alt+e", "papers('events')", "events", priority=True, show=False, id="talk.events"),
        Binding("alt+c", "papers('cost')", "cost", priority=True, show=False, id="talk.cost"),
        Binding("alt+r", "papers('network')", "network", priority=True, show=False, id="talk.network"),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._copied = 0
        self._wanted = ""

    @property
    def tile(self) -> Tile | None:
        """The chosen session's."""
        return None

    def ran(self) -> None:
        self.redraw()

    def open_papers(self, tab: str) -> None:
        # Late, as every place that one goes to.
        from workbench.tui.screens.details import Details

        self.app.push_screen(Details(self.store, self.chosen, tab))

    def copy(self) -> None:
        """The agent's last answer as it wrote it; again, the one before."""
        blocks = self.tile.conversation.blocks if self.tile else []
        answers = [block.text for block in reversed(blocks) if block.kind == "agent" and block.text]
        if not answers:
            self.notify("the agent has said nothing yet")
            return
        self.workbench.copy(answers[self._copied % len(answers)])
        self._copied += 1

    def action_copy(self) -> None:
        self.copy()

    def action_find(self) -> None:
        """Ask for a text to find; with one found already, go to the one before."""
        if self._wanted:
            self.find(self._wanted)
        else:
            self.prompt.set("/find ")
            self.set_focus(self.prompt)

    def find(self, text: str) -> None:
        self._wanted = text
        if text and self.tile is not None:
            self.act(self._find(self.tile, text))

    async def _find(self, tile: Tile, text: str) -> None:
        """Look from the window back to the beginning; pages that are not there yet are fetched."""
        while not tile.transcript.find(text):
            came = await self.store.older(tile.conversation)
            if not came:
                self._wanted = ""
                self.notify(f"{text!r} stands nowhere before this")
                return
            tile.transcript.prepended(came)

    def action_papers(self, tab: str) -> None:
        self.open_papers(tab)
