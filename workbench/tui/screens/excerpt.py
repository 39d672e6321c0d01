"""Excerpt of a session's past: the events before one of them; Enter goes on to the session as it is now."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.tui.render.board_lines import DIM
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.conversation import Conversation
from workbench.tui.state.store import Store
from workbench.tui.widgets.sheet import Sheet
from workbench.tui.widgets.transcript import Transcript

Json = dict[str, Any]

BEFORE = 12
"""How many events are shown before the one that is meant, which is the last."""


def question(session_id: str, seq: int) -> Json:
    """What the engine is asked for the events up to a place in a session's log."""
    quoted = session_id.replace("'", "''")
    sql = f"SELECT body FROM events WHERE session_id = '{quoted}' AND seq BETWEEN {seq - BEFORE} AND {seq + 1} ORDER BY seq"
    return {"sql": sql, "unlisted": True}


class Excerpt(BaseScreen):
    """The transcript of a session up to one event."""

    DEFAULT_CSS = "Excerpt > #about { height: 1; padding: 0 1; background: $panel; }"
    heading = "Excerpt"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open the session as it is now", id="moment.open"),
        Binding("pageup", "page(-1)", "scroll", id="moment.scroll_up"),
        Binding("pagedown", "page(1)", "scroll down", show=False, id="moment.scroll_down"),
        Binding("escape", "app.out", "back", priority=True, id="moment.back"),
    ]

    def __init__(self, store: Store, session_id: str, seq: int) -> None:
        super().__init__(store)
        self.session_id = session_id
        self.seq = seq
        self.about = Sheet(id="about")
        self.transcript = Transcript()

    def content(self) -> ComposeResult:
        yield from (self.about, self.transcript)

    def on_mount(self) -> None:
        super().on_mount()
        self.about.show(
            [Text.assemble((self.store.name_of(self.session_id), "bold"), (f"  up to event {self.seq}", DIM))]
        )
        self.act(self.store.engine.post(paths.SQL, question(self.session_id, self.seq)), self._show)

    def _show(self, result: Json) -> None:
        conversation = Conversation(self.session_id)
        for (body,) in result["rows"]:
            conversation.take(json.loads(body))
        self.transcript.show(conversation)
        if not result["rows"]:
            self.about.show(
                [
                    Text(
                        f"{self.store.name_of(self.session_id)} has no event {self.seq}: it was deleted or never existed",
                        DIM,
                    )
                ]
            )

    def action_open(self) -> None:
        self.workbench.open_session(self.session_id)

    def action_page(self, pages: int) -> None:
        self.transcript.scroll_by(pages * max(1, self.transcript.size.height - 1))
