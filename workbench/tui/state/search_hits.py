"""What was said in any session, while somebody types a filter: asked of the engine, and drawn as rows below the sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.text import Text

from workbench.client.app import Engine
from workbench.client.errors import ApiError, EngineAway
from workbench.text.display import safe
from workbench.tui.render.board_lines import DIM, age
from workbench.tui.state.rows import Row
from workbench.tui.widgets.sheet import cells

Json = dict[str, Any]

SEARCH: Final = "/workbench/v1/search"
PAUSE_S: Final = 0.25
"""A word that is being typed is not asked for letter by letter."""
MOST_FOUND: Final = 20


class Said:
    """What is looked for, and what was found last; the answer before stays until the next one is there."""

    def __init__(self, engine: Engine, told: Callable[[], None]) -> None:
        self._engine = engine
        self._told = told
        self._asking: asyncio.Task[None] | None = None
        self.words: tuple[str, ...] = ()
        self.found: list[Json] = []
        self.trouble = ""

    @property
    def is_asking(self) -> bool:
        return self._asking is not None

    def want(self, words: Sequence[str]) -> None:
        """Look for these words in a moment, and for no others any more."""
        if tuple(words) == self.words:
            return
        self.words = tuple(words)
        if self._asking is not None:
            self._asking.cancel()
        self._asking = asyncio.create_task(self._ask(self.words)) if words else None
        if not words:
            self.found, self.trouble = [], ""

    async def _ask(self, words: tuple[str, ...]) -> None:
        await asyncio.sleep(PAUSE_S)
        try:
            body = {"words": " ".join(words), "limit": MOST_FOUND}
            self.found, self.trouble = (await self._engine.post(SEARCH, body))["data"], ""
        except (ApiError, EngineAway) as refused:
            self.found, self.trouble = [], " ".join(str(refused).split())
        self._asking = None
        self._told()

    def lines(self, rows: Mapping[str, Row], now: datetime, width: int) -> list[tuple[str, Text]]:
        """A heading and a line for each place, with an id that `place_of` reads; nothing where no words are wanted."""
        if not self.words:
            return []
        count = f"{len(self.found)}{'+' * (len(self.found) == MOST_FOUND)}" if self.found else "nothing"
        how = self.trouble or ("looking …" if self.is_asking else f"{count} with {' '.join(self.words)}")
        head = Text(f"said in any session · {how} ".ljust(width, "─"), DIM)
        return [("", head), *((_id(one), self._line(one, rows, now, width)) for one in self.found)]

    def _line(self, one: Json, rows: Mapping[str, Row], now: datetime, width: int) -> Text:
        row = rows.get(one["session_id"])
        name = 12 if width < 60 else 16 if width < 100 else 24
        moment = datetime.fromisoformat(one["processed_at"]) if one["processed_at"] else None
        text = cells(
            [
                (" ", 3, ""),
                (_sender(one, row), 9, DIM),
                (row.name if row else one["session_id"], name, ""),
                (" ", 1, ""),
                (" ".join(safe(one["said"]).split()), max(4, width - name - 20), ""),
                (" ", 1, ""),
                (age(moment, now), -6, DIM),
            ]
        )
        text.highlight_words(self.words, "bold underline", case_sensitive=False)
        return text


def wanted_words(filtered: str) -> list[str]:
    """The words of a filter that may have been said: none with a key before it, no amount, no single letter."""
    return [word for word in filtered.split() if len(word) > 1 and word[1:2] != ":" and word[:1] != "$"]


def place_of(line_id: str) -> tuple[str, int] | None:
    """The session and the place in it that a line leads to; None for a session's own line."""
    kind, _, rest = line_id.partition(":")
    session_id, _, seq = rest.partition(":")
    return (session_id, int(seq)) if kind == "said" else None


def _id(one: Json) -> str:
    return f"said:{one['session_id']}:{one['seq']}"


def _sender(one: Json, row: Row | None) -> str:
    match one["type"].partition(".")[0], one["tool"]:
        case "user", _:
            return "you"
        case _, str(tool):
            return tool
        case "agent", _ if one["type"].endswith("result"):
            return "output"
        case "agent", _:
            return row.agent if row else "agent"
    return str(one["type"].partition(".")[0])
