"""The peek beside a list of sessions: the last messages of one session, and the call that it waits for."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from workbench.tui.widgets.approval_card import ApprovalCard
from workbench.tui.widgets.sheet import Sheet
from workbench.tui.widgets.transcript import Transcript


class Peek(Vertical):
    """The last messages of a session and, when it waits, the whole call."""

    DEFAULT_CSS = """
    Peek { border-top: solid $panel-lighten-2; }
    Peek > #about { max-height: 8; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.about = Sheet(id="about")
        self.transcript = Transcript()
        self.card = ApprovalCard(beside=1)

    def compose(self) -> ComposeResult:
        yield from (self.about, self.transcript, self.card)

    def scroll_pages(self, pages: int) -> None:
        """Scroll the call where one is shown, else the messages."""
        if self.card.display:
            self.card.scroll_pages(pages)
        else:
            self.transcript.scroll_by(pages * max(1, self.transcript.size.height - 1))

    def on_resize(self) -> None:
        # How much room the card has is said by the peek, also where the card itself stays as large as it was.
        self.card.fit()
