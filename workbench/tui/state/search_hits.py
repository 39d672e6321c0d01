"""Search in all sessions while a filter is typed: the words, the places that were found, and their lines' ids."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from workbench.client import paths
from workbench.client.app import Engine
from workbench.client.errors import ApiError, EngineAway

Json = dict[str, Any]

PAUSE_S: Final = 0.25
"""A word that is being typed is not asked for letter by letter."""
MOST_FOUND: Final = 20


SEARCH_ONLY: Final = re.compile(r"(?:tool|by|tag):.|t:[<>]")
"""Filters of what was said, which say nothing of a session."""
_SAME: Final = re.compile(r"[pa]:.|t:[<>]")
"""One-letter filters that mean the same of sessions and of what was said in them, and moments."""


class SearchHits:
    """What is looked for, and what was found last; the answer before stays until the next one is there."""

    def __init__(self, engine: Engine, on_change: Callable[[], None]) -> None:
        self._engine = engine
        self._on_change = on_change
        self._asking: asyncio.Task[None] | None = None
        self.words: tuple[str, ...] = ()
        self.found: list[Json] = []
        self.memories: list[Json] = []
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
            self.found, self.memories, self.trouble = [], [], ""

    async def _ask(self, words: tuple[str, ...]) -> None:
        await asyncio.sleep(PAUSE_S)
        try:
            body = {"question": " ".join(words), "limit": MOST_FOUND}
            answer = await self._engine.post(paths.SEARCH, body)
            self.found, self.memories, self.trouble = answer["data"], answer["memories"], ""
        except (ApiError, EngineAway) as refused:
            self.found, self.memories, self.trouble = [], [], " ".join(str(refused).split())
        self._asking = None
        self._on_change()


def wanted_words(filtered: str) -> list[str]:
    """The words of a filter that may have been said, with the filters that a search knows; none where nothing but filters stands there."""
    words = [word for word in filtered.split() if len(word) > 1 and word[1:2] != ":" and word[:1] != "$"]
    is_said = any(not SEARCH_ONLY.match(word) for word in words)
    narrowing = [word for word in filtered.split() if _SAME.match(word)]
    return words + narrowing if is_said else []


def place_of(line_id: str) -> tuple[str, int] | None:
    """The session and the place in it that a line leads to; None for a session's own line."""
    kind, _, rest = line_id.partition(":")
    session_id, _, seq = rest.partition(":")
    return (session_id, int(seq)) if kind == "said" else None


def line_id(hit: Json) -> str:
    """The id of a found place's line, which `place_of` reads."""
    return f"said:{hit['session_id']}:{hit['seq']}"


def memory_of(line_id: str) -> tuple[str, str] | None:
    """The store and the memory that a line leads to; None for any other line."""
    kind, _, rest = line_id.partition(":")
    store_id, _, memory_id = rest.rpartition(":")[0].partition(":")
    return (store_id, memory_id) if kind == "memory" else None


def memory_line_id(hit: Json) -> str:
    """The id of a found memory line's line, which `memory_of` reads."""
    return f"memory:{hit['memory_store_id']}:{hit['memory_id']}:{hit['line']}"
